//! The updates kept of one participant: the bytes they travel in, in version order.
//!
//! A delta is then a copy of a suffix, and what was received is stored and forwarded as it is. A
//! small log is one blob that is scanned; a larger one has an index beside it. What a log does
//! *not* know: generations, limits, and who owns it.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::index::{Cut, Index, KeyHasher, Scan, entry_at, grow};
use crate::wire::entry::Entry;

/// Above this many updates a log gets an index. A scan of so few costs about as much as a hash
/// probe, and most participants stay below it.
const SMALL: usize = 16;

/// One update as a reader sees it: participant and generation are known from the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Update<'a> {
    /// The owner's version of this change.
    pub version: u64,
    /// The key that was set.
    pub key: &'a [u8],
    /// The value it was set to.
    pub value: &'a [u8],
}

impl<'a> From<Entry<'a>> for Update<'a> {
    fn from(entry: Entry<'a>) -> Self {
        Update { version: entry.version, key: entry.key, value: entry.value }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Log {
    bytes: Vec<u8>,
    /// Distinct keys.
    keys: usize,
    index: Option<Box<Index>>,
}

impl Log {
    /// Distinct keys held.
    pub(crate) fn keys(&self) -> usize {
        self.keys
    }

    /// Bytes of the updates kept.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.index.as_ref().map_or(0, |index| index.holes())
    }

    /// Append one update with a version above all others. Without `history` the same key's older
    /// update is no longer kept.
    pub(crate) fn append(&mut self, entry: &Entry<'_>, history: bool, hasher: &KeyHasher) {
        match &mut self.index {
            Some(index) => {
                let is_new = index.append(&self.bytes, entry, history, hasher);
                self.keys += usize::from(is_new);
                grow(&mut self.bytes, entry.bytes);
                if index.holes() > self.bytes.len() / 2 {
                    index.squeeze(&mut self.bytes);
                }
            }
            None => self.append_small(entry, history, hasher),
        }
    }

    fn append_small(&mut self, entry: &Entry<'_>, history: bool, hasher: &KeyHasher) {
        let mut count = 1;
        let mut older = None;
        for (at, held) in Scan::new(&self.bytes) {
            count += 1;
            if held.key == entry.key {
                older = Some(at..at + held.bytes.len());
            }
        }
        self.keys += usize::from(older.is_none());
        if let (false, Some(older)) = (history, older) {
            self.bytes.drain(older);
            count -= 1;
        }
        // Exactly as much as needed: there may be very many small participants.
        self.bytes.reserve_exact(entry.bytes.len());
        self.bytes.extend_from_slice(entry.bytes);
        if count > SMALL {
            self.index = Some(Box::new(Index::build(&self.bytes, hasher)));
        }
    }

    /// The newest update of `key`.
    pub(crate) fn get(&self, key: &[u8], hasher: &KeyHasher) -> Option<Entry<'_>> {
        match &self.index {
            Some(index) => {
                let at = index.find(&self.bytes, key, hasher)?;
                Some(index.entry(&self.bytes, at))
            }
            None => {
                let held = Scan::new(&self.bytes).filter(|(_, held)| held.key == key);
                held.last().map(|(_, held)| held)
            }
        }
    }

    /// All kept updates of `key`, newest first.
    pub(crate) fn history(&self, key: &[u8], hasher: &KeyHasher) -> Vec<Update<'_>> {
        let mut found = Vec::new();
        match &self.index {
            Some(index) => {
                let mut next = index.find(&self.bytes, key, hasher);
                while let Some(at) = next {
                    found.push(index.entry(&self.bytes, at).into());
                    next = index.older(at);
                }
            }
            None => {
                let held = Scan::new(&self.bytes).filter(|(_, held)| held.key == key);
                found.extend(held.map(|(_, held)| Update::from(held)));
                found.reverse();
            }
        }
        found
    }

    /// The newest update of each key, sorted by key.
    pub(crate) fn newest(&self) -> Vec<Update<'_>> {
        let mut found: Vec<Update<'_>> = match &self.index {
            Some(index) => index.newest(&self.bytes).map(Update::from).collect(),
            None => Scan::new(&self.bytes).map(|(_, held)| held.into()).collect(),
        };
        // Newest first within a key, so that the duplicates of a scanned log go.
        found.sort_unstable_by(|a, b| a.key.cmp(b.key).then(b.version.cmp(&a.version)));
        found.dedup_by(|next, kept| next.key == kept.key);
        found
    }

    /// The kept updates with versions above `version`, in version order.
    pub(crate) fn after(&self, version: u64) -> After<'_> {
        After { log: self, at: self.position(version) }
    }

    /// How many updates `after(version)` gives.
    pub(crate) fn count_after(&self, version: u64) -> usize {
        match &self.index {
            Some(index) => index.count(self.position(version)),
            None => self.after(version).count(),
        }
    }

    /// The longest prefix of `after(version)` that takes at most `room` bytes.
    pub(crate) fn cut(&self, version: u64, room: usize) -> Cut {
        if let Some(index) = self.index.as_ref().filter(|index| index.holes() == 0) {
            return index.cut(&self.bytes, self.position(version), room);
        }
        let mut cut = Cut::default();
        for entry in self.after(version) {
            if cut.len + entry.bytes.len() > room {
                cut.refused = Some(entry.bytes.len());
                break;
            }
            cut.len += entry.bytes.len();
            cut.last = entry.version;
        }
        cut
    }

    /// Append the bytes of all updates with versions in (from, to] to `out`.
    pub(crate) fn copy(&self, from: u64, to: u64, out: &mut Vec<u8>) {
        let (from, to) = (self.position(from), self.position(to));
        match &self.index {
            Some(index) => index.copy(&self.bytes, from..to, out),
            None => out.extend_from_slice(&self.bytes[from..to]),
        }
    }

    /// Where the first update above `version` is: a position in the index, or in `bytes`.
    fn position(&self, version: u64) -> usize {
        match &self.index {
            Some(index) => index.position(&self.bytes, version),
            None => {
                let mut scan = Scan::new(&self.bytes);
                let above = scan.find(|(_, held)| held.version > version);
                above.map_or(self.bytes.len(), |(at, _)| at)
            }
        }
    }
}

/// Iterator over a log from some version on.
#[derive(Clone, Debug)]
pub(crate) struct After<'a> {
    log: &'a Log,
    at: usize,
}

impl<'a> Iterator for After<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        let bytes = &self.log.bytes;
        let Some(index) = &self.log.index else {
            let entry = (self.at < bytes.len()).then(|| entry_at(bytes, self.at))?;
            self.at += entry.bytes.len();
            return Some(entry);
        };
        self.at = index.kept(self.at)? + 1;
        Some(index.entry(bytes, self.at - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::entry;
    use crate::wire::reader::Reader;

    /// A log and, beside it, a list of (version, key, value) that is kept the slow way.
    fn check(log: &Log, model: &[(u64, u8, u8)], hasher: &KeyHasher, rng: &mut fastrand::Rng) {
        let kept = |from: u64| model.iter().filter(move |update| update.0 > from);
        let plain = |entry: Entry<'_>| (entry.version, entry.key[0], entry.value[0]);
        let from = rng.u64(..=model.last().map_or(0, |last| last.0));
        assert!(log.after(from).map(plain).eq(kept(from).copied()));
        assert_eq!(log.count_after(from), kept(from).count());

        let key = rng.u8(..20);
        let of_key: Vec<_> = kept(0).rev().filter(|update| update.1 == key).collect();
        let newest = log.get(&[key], hasher).map(plain);
        assert_eq!(newest.as_ref(), of_key.first().copied());
        let history = log.history(&[key], hasher);
        assert!(history.iter().map(|held| held.version).eq(of_key.iter().map(|held| held.0)));
        assert_eq!(log.newest().len(), log.keys());

        let room = rng.usize(..=log.len() + 3);
        let cut = log.cut(from, room);
        let mut bytes = Vec::new();
        let to = from.max(cut.last);
        log.copy(from, to, &mut bytes);
        assert!(cut.len == bytes.len() && cut.len <= room);
        let mut reader = Reader::new(&bytes);
        let copied = core::iter::from_fn(|| Entry::read(&mut reader).ok());
        assert!(copied.map(plain).eq(kept(from).take_while(|u| u.0 <= to).copied()));
        let next = log.after(to).next().map(|entry| entry.bytes.len());
        assert_eq!(cut.refused, next);
        assert!(next.is_none_or(|next| cut.len + next > room));
    }

    #[test]
    fn a_log_agrees_with_a_list() {
        let mut rng = fastrand::Rng::with_seed(7);
        for round in 0..200 {
            let history = round % 2 == 0;
            let hasher = KeyHasher::with_seed(round);
            let (mut log, mut model) = (Log::default(), Vec::new());
            let mut version = 0;
            for _ in 0..rng.usize(..120) {
                version += rng.u64(1..200);
                let (key, value) = (rng.u8(..20), rng.u8(..));
                let mut bytes = Vec::new();
                entry::put_set(&mut bytes, version, &[key], &[value; 3][..rng.usize(1..=3)]);
                let entry = Entry::read(&mut Reader::new(&bytes)).expect("it was just written");
                log.append(&entry, history, &hasher);
                model.retain(|held: &(u64, u8, u8)| history || held.1 != key);
                model.push((version, key, value));
                check(&log, &model, &hasher, &mut rng);
            }
        }
    }

    #[test]
    fn without_history_what_is_overwritten_for_ever_takes_no_more_room() {
        const KEYS: u64 = 20;
        let hasher = KeyHasher::with_seed(1);
        let mut log = Log::default();
        let mut bytes = Vec::new();
        for version in 1..=100_000 {
            bytes.clear();
            entry::put_set(&mut bytes, version, &[(version % KEYS) as u8], b"value");
            let entry = Entry::read(&mut Reader::new(&bytes)).expect("it was just written");
            log.append(&entry, false, &hasher);
            // Holes are at most half of the bytes, so of the updates too: all are of like size.
            assert!(log.bytes.len() <= 2 * log.len() + bytes.len());
            let slots = log.position(u64::MAX);
            assert!(log.index.is_none() || slots as u64 <= 3 * KEYS, "{slots} slots");
        }
        assert_eq!(log.newest().len() as u64, KEYS);
        assert!(log.bytes.capacity() <= 4 * log.len(), "memory is given back");
    }
}

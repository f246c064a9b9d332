//! In which order copies changed *here*, so that a reader can go on where it stopped.
//!
//! A cursor is a place in the journal. A participant that changes is recorded once between two
//! places where a cursor may stand, with where its copy was before; so the journal grows with what
//! readers have not seen, and not with what was written.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};

use crate::state::participant::{Participant, Status};
use crate::wire::bounds::MAX_VERSION;
use crate::wire::short::ShortId;

/// Where a copy was: unknown, or in some generation, status and version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) generation: u64,
    /// `None`: the participant was not known here.
    pub(crate) status: Option<Status>,
    pub(crate) version: u64,
}

impl Standing {
    pub(crate) const UNKNOWN: Standing = Standing { generation: 0, status: None, version: 0 };

    pub(crate) fn of(held: &Participant) -> Self {
        Standing {
            generation: held.generation,
            status: Some(held.status),
            version: held.max_version,
        }
    }
}

/// Where somebody's copy was, in as few bytes as that takes: there may be very many of them.
#[derive(Clone, Copy, Debug)]
struct Record {
    short: ShortId,
    generation: u64,
    /// The version, and above its 60 bits the status.
    version: u64,
}

impl Record {
    const STATUS: [Option<Status>; 4] =
        [None, Some(Status::Present), Some(Status::Left), Some(Status::Evicted)];

    fn new(short: ShortId, standing: Standing) -> Self {
        let Standing { generation, status, version } = standing;
        let status = status.map_or(0, |status| status as u64 + 1);
        Record { short, generation, version: status << 60 | version }
    }

    fn standing(&self) -> Standing {
        let Record { generation, version, .. } = *self;
        let status = Record::STATUS[(version >> 60) as usize % 4];
        Standing { generation, status, version: version & MAX_VERSION }
    }
}

#[derive(Debug)]
pub(crate) struct Journal {
    records: VecDeque<Record>,
    /// The number of the first record, from 1.
    first: u64,
    /// Cursors were handed out up to this place.
    issued: u64,
    max: usize,
    /// The place at which the last conflict was noted; 0 if there was none.
    conflict: u64,
    /// Participants that are gone and were forgotten, by the place where that was.
    forgotten: VecDeque<(u64, Forgotten)>,
    /// The last place of those that are no longer known.
    forgotten_before: u64,
}

/// Somebody who is gone, and of whom nothing is held any more.
#[derive(Debug)]
pub(crate) struct Forgotten {
    pub(crate) id: Box<[u8]>,
    pub(crate) generation: u64,
    pub(crate) status: Status,
}

impl Journal {
    pub(crate) fn new(max: u64) -> Self {
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        Journal {
            records: VecDeque::new(),
            first: 1,
            issued: 0,
            max,
            conflict: 0,
            forgotten: VecDeque::new(),
            forgotten_before: 0,
        }
    }

    /// The number of the last record.
    pub(crate) fn end(&self) -> u64 {
        self.first + self.records.len() as u64 - 1
    }

    /// A copy is about to change; it was recorded last at `changed_at`. Gives the place to remember
    /// in its stead.
    pub(crate) fn note(&mut self, short: ShortId, changed_at: u64, before: Standing) -> u64 {
        if changed_at > self.issued {
            return changed_at;
        }
        self.push(short, before);
        let place = self.end();
        self.trim();
        place
    }

    /// Somebody else writes under the host's own id. Recorded with the own copy.
    pub(crate) fn note_conflict(&mut self, own: ShortId, changed_at: u64, before: Standing) -> u64 {
        let place = self.note(own, changed_at, before);
        self.conflict = place;
        place
    }

    /// Somebody is gone and forgotten: readers that knew it are still to be told.
    pub(crate) fn note_forgotten(&mut self, id: &[u8], generation: u64, status: Status) {
        let place = self.end() + 1;
        // An empty record, so that the place is one that no cursor has passed.
        self.push(0, Standing::UNKNOWN);
        self.forgotten.push_back((place, Forgotten { id: id.into(), generation, status }));
        if self.forgotten.len() > self.max
            && let Some((place, _)) = self.forgotten.pop_front()
        {
            self.forgotten_before = place;
        }
        self.trim();
    }

    /// Who was forgotten after that place; `None` if that is not known any more.
    pub(crate) fn forgotten_since(&self, place: u64) -> Option<impl Iterator<Item = &Forgotten>> {
        let since = self.forgotten.iter().filter(move |(at, _)| *at > place);
        (place >= self.forgotten_before).then(|| since.map(|(_, forgotten)| forgotten))
    }

    fn push(&mut self, short: ShortId, before: Standing) {
        if self.records.len() == self.records.capacity() {
            // With a quarter of slack, not twice the size.
            self.records.reserve_exact(self.records.len() / 4 + 1);
        }
        self.records.push_back(Record::new(short, before));
    }

    fn trim(&mut self) {
        if self.records.len() > self.max {
            self.records.pop_front();
            self.first += 1;
        }
    }

    /// Whether a conflict was noted after that place.
    pub(crate) const fn has_conflict_since(&self, place: u64) -> bool {
        self.conflict > place
    }

    /// Hand out the place where the journal ends.
    pub(crate) fn issue(&mut self) -> u64 {
        self.issued = self.end();
        self.issued
    }

    /// Whether everything after that place is recorded.
    pub(crate) const fn reaches(&self, place: u64) -> bool {
        self.first <= place + 1
    }

    /// Where every copy that changed after that place was then, as far as the journal reaches back.
    pub(crate) fn since(&self, place: u64) -> BTreeMap<ShortId, Standing> {
        let skip = usize::try_from((place + 1).saturating_sub(self.first)).unwrap_or(usize::MAX);
        let mut changed = BTreeMap::new();
        for record in self.records.iter().skip(skip) {
            let before = record.standing();
            let first = changed.entry(record.short).or_insert(before);
            // It was forgotten in between: whoever reads was told that it is gone.
            if before.status.is_none() {
                *first = before;
            }
        }
        changed
    }
}

/// Deletes that no tombstone tells of any more, for readers that have not seen them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deletes {
    list: VecDeque<Deleted>,
    /// The greatest version of what was forgotten, and the last place in the journal.
    forgotten: (u64, u64),
    /// Bytes of the keys.
    keys_len: usize,
}

/// One of them.
#[derive(Clone, Debug)]
pub(crate) struct Deleted {
    pub(crate) key: Box<[u8]>,
    /// The version of the deletion; where nobody told it, that of the copy when it came to light.
    pub(crate) version: u64,
    /// Where the journal was when it came to light, of what nobody told the version of; else 0.
    pub(crate) place: u64,
}

impl Deletes {
    /// Remember one; of more than `max` the oldest is forgotten.
    pub(crate) fn push(&mut self, deleted: Deleted, max: u64) {
        self.keys_len += deleted.key.len();
        self.list.push_back(deleted);
        if self.list.len() as u64 > max
            && let Some(oldest) = self.list.pop_front()
        {
            self.note_forgotten(&oldest);
        }
    }

    /// Forget all.
    pub(crate) fn forget(&mut self) {
        while let Some(deleted) = self.list.pop_front() {
            self.note_forgotten(&deleted);
        }
        self.list.shrink_to_fit();
    }

    fn note_forgotten(&mut self, oldest: &Deleted) {
        self.keys_len -= oldest.key.len();
        let version = if oldest.place == 0 { oldest.version } else { 0 };
        self.forgotten.0 = self.forgotten.0.max(version);
        self.forgotten.1 = self.forgotten.1.max(oldest.place);
    }

    /// Bytes that they take.
    pub(crate) fn len(&self) -> usize {
        self.keys_len + self.list.len() * size_of::<Deleted>()
    }

    /// Whether all deletes after that version, and after that place, are remembered.
    pub(crate) const fn reach(&self, version: u64, place: u64) -> bool {
        self.forgotten.0 <= version && self.forgotten.1 <= place
    }

    /// The deletes after that version, and those that came to light after that place.
    pub(crate) fn since(&self, version: u64, place: u64) -> impl Iterator<Item = &Deleted> {
        self.list.iter().filter(move |deleted| match deleted.place {
            0 => deleted.version > version,
            at => at > place,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_participant_is_recorded_once_between_two_cursors() {
        let mut journal = Journal::new(3);
        let mut at = 0;
        for version in 0..10 {
            at = journal.note(7, at, Standing { version, ..Standing::UNKNOWN });
        }
        assert_eq!((journal.end(), at), (1, 1));
        let cursor = journal.issue();
        assert!(journal.since(cursor).is_empty());
        for version in 10..20 {
            at = journal.note(7, at, Standing { version, ..Standing::UNKNOWN });
        }
        let changed = journal.since(cursor);
        assert_eq!(changed.get(&7).map(|before| before.version), Some(10));
    }

    #[test]
    fn a_record_tells_where_a_copy_was() {
        let statuses = [None, Some(Status::Present), Some(Status::Left), Some(Status::Evicted)];
        for status in statuses {
            for version in [0, 1, MAX_VERSION] {
                let standing = Standing { generation: u64::MAX, status, version };
                assert_eq!(Record::new(7, standing).standing(), standing);
            }
        }
    }

    #[test]
    fn a_journal_that_is_full_does_not_reach_back() {
        let mut journal = Journal::new(3);
        let cursor = journal.issue();
        for short in 0..3 {
            journal.note(short, 0, Standing::UNKNOWN);
        }
        assert!(journal.reaches(cursor) && journal.since(cursor).len() == 3);
        journal.note(3, 0, Standing::UNKNOWN);
        assert!(!journal.reaches(cursor));
        assert!(journal.reaches(cursor + 1) && journal.since(cursor + 1).len() == 3);
    }
}

//! The rules of the protocol as pure functions on small numbers: what a host answers to a digest,
//! and what it makes of a message. They follow the design's "Catching up past a compaction" line by
//! line, and nothing of the library is used: this is what the library is to do.

use crate::guards::{Guard, Rules};
use crate::slot::{Clean, Log, Slot, within};

/// What a host says that it has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Digest {
    /// The generation of the copy, 0 where there is none.
    pub(crate) generation: u8,
    /// Whether the slot is an evicted one.
    pub(crate) evicted: bool,
    /// How far the copy has come.
    pub(crate) max: u8,
    /// Its unfinished check.
    pub(crate) clean: Option<Clean>,
}

impl Digest {
    /// The digest of `slot` as it is now.
    pub(crate) fn of(slot: &Slot) -> Digest {
        let Slot { generation, evicted, max, clean, .. } = *slot;
        Digest { generation, evicted, max, clean }
    }
}

/// The versions that are still in the sender's log within (`clean.checked`, `to`].
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct KeepList {
    /// The check that the list belongs to, as the receiver's digest told it or as it is opened.
    pub(crate) clean: Clean,
    /// How far the list goes.
    pub(crate) to: u8,
    /// The versions as bits.
    pub(crate) versions: u64,
}

/// A delta about the participant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Message {
    /// The generation of the sender's copy.
    pub(crate) generation: u8,
    /// The slot is evicted: nothing below matters.
    pub(crate) evicted: bool,
    /// The participant left with version `to`.
    pub(crate) left: bool,
    /// The page starts after this version.
    pub(crate) from: u8,
    /// The page is complete up to and with this version.
    pub(crate) to: u8,
    /// The entries.
    pub(crate) page: Log,
    /// The sender's `gc_version`.
    pub(crate) gc: u8,
    /// The sender's horizon, or its `max_version` if that is greater.
    pub(crate) horizon: u8,
    /// The keep list, if there is something to check.
    pub(crate) list: Option<KeepList>,
}

/// What `sender` says to a host that told it `digest`. A narrow message carries one entry at
/// most and a keep list about one version, a wide one everything.
pub(crate) fn answer(
    sender: &Slot,
    digest: &Digest,
    narrow: bool,
    rules: Rules,
) -> Option<Message> {
    let ranked = rules.keep(Guard::Generations);
    if sender.generation == 0 || (ranked && sender.generation < digest.generation) {
        return None;
    }
    let outranked = digest.evicted && rules.keep(Guard::EvictedOutranks);
    let same = digest.generation != 0 && (sender.generation == digest.generation || !ranked);
    let (max, clean) = if same { (digest.max, digest.clean) } else { (0, None) };
    let mut message = Message {
        generation: sender.generation,
        evicted: sender.evicted,
        left: sender.left,
        from: max,
        to: sender.max,
        page: Log::default(),
        gc: sender.gc,
        horizon: sender.max,
        list: None,
    };
    if sender.evicted {
        return (!same || !digest.evicted).then_some(Message { from: 0, ..message });
    }
    if same && outranked {
        return None;
    }
    if sender.left {
        return (!same || max < sender.max).then_some(message);
    }
    // Rule 3.
    if sender.clean.is_some() && rules.keep(Guard::UncleanIsSilent) {
        return None;
    }
    // Rule 2, of the sender.
    if clean.is_some_and(|clean| sender.gc < clean.up_to) && rules.keep(Guard::BehindIsSilent) {
        return None;
    }
    if same && !digest.evicted && sender.max <= max && clean.is_none() {
        return None;
    }
    if rules.keep(Guard::HorizonIsRelayed) {
        message.horizon = sender.max.max(sender.horizon);
    }
    let log = sender.served(rules);
    message.list = keep_list(&log, sender.gc, max, clean, narrow);
    let pending = log.versions() & !within(0, max);
    let page = if narrow { pending & pending.wrapping_neg() } else { pending };
    message.page = log.only(page);
    message.to = if page == pending { max.max(sender.max) } else { page.ilog2() as u8 };
    Some(message)
}

/// The next keep list for a copy at `max` with the unfinished check `clean`, if there is one to
/// bring: it opens a check where the sender's compaction is beyond all that the copy has.
fn keep_list(log: &Log, gc: u8, max: u8, clean: Option<Clean>, narrow: bool) -> Option<KeepList> {
    let opens = max < gc && clean.is_none_or(|clean| clean.up_to < gc);
    let opened = Clean { up_to: gc, checked: 0, held: max };
    let clean = if opens { opened } else { clean? };
    if !opens && clean.checked >= clean.held {
        return None;
    }
    let to = if narrow { clean.held.min(clean.checked + 1) } else { clean.held };
    let versions = log.versions() & within(clean.checked, to);
    Some(KeepList { clean, to, versions })
}

/// What became of a message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was taken, though it may have brought nothing new.
    Taken,
    /// The slot here outranks it.
    Outranked,
    /// It starts above what is held here (rule 1).
    Gap,
    /// It brings no keep list for what is held here (rule 1).
    NoKeepList,
    /// Its sender has not done the compaction that is being caught up with (rule 2).
    Behind,
}

/// A host that is not the owner receives `message`.
pub(crate) fn receive(slot: &mut Slot, message: &Message, rules: Rules) -> Outcome {
    let ranked = rules.keep(Guard::Generations);
    if ranked && message.generation < slot.generation {
        return Outcome::Outranked;
    }
    let is_newer = slot.generation == 0 || (ranked && message.generation > slot.generation);
    if !is_newer && slot.evicted && (rules.keep(Guard::EvictedOutranks) || message.evicted) {
        return Outcome::Outranked;
    }
    if message.evicted {
        *slot = Slot::evicted(message.generation);
        return Outcome::Taken;
    }
    // A newer generation replaces the copy whole, at once.
    let afresh = is_newer || slot.evicted;
    let mut copy = if afresh { Slot::new(message.generation) } else { *slot };
    if message.from > copy.max && rules.keep(Guard::NoGap) {
        return Outcome::Gap;
    }
    if copy.left || (message.left && !afresh && message.to <= copy.max) {
        return Outcome::Outranked;
    }
    if message.left {
        copy.leave(message.to);
    } else {
        let outcome = catch_up(&mut copy, message, rules);
        if outcome != Outcome::Taken {
            return outcome;
        }
    }
    *slot = copy;
    Outcome::Taken
}

/// Apply a page and a keep list to a copy of the same generation.
fn catch_up(copy: &mut Slot, message: &Message, rules: Rules) -> Outcome {
    // Rule 2, of the receiver.
    let behind = copy.clean.is_some_and(|clean| message.gc < clean.up_to);
    if behind && rules.keep(Guard::BehindIsRefused) {
        return Outcome::Behind;
    }
    // Rule 1: a compaction beyond all that is held here needs the list that opens the check.
    if message.gc > copy.max && copy.clean.is_none_or(|clean| clean.up_to < message.gc) {
        let opening = message.list.filter(|list| {
            list.clean.up_to == message.gc
                && list.clean.checked == 0
                && (list.clean.held >= copy.max || rules.lack(Guard::ListOfAllHeld))
        });
        match opening {
            Some(list) => copy.clean = Some(list.clean),
            None if rules.keep(Guard::ListOpens) => return Outcome::NoKeepList,
            None => {}
        }
    }
    if let (Some(list), Some(clean)) = (message.list, &mut copy.clean) {
        let continues = clean.up_to == list.clean.up_to && clean.held == list.clean.held;
        if continues && list.clean.checked <= clean.checked && clean.checked < list.to {
            let missing = within(list.clean.checked, list.to) & !list.versions;
            for (key, entry) in copy.log.keys.iter().enumerate() {
                copy.suspects |= u8::from(missing & (1 << entry.version) != 0) << key;
            }
            clean.checked = list.to;
        }
    }
    let before = copy.max;
    for (key, entry) in message.page.keys.iter().enumerate() {
        if entry.version > before {
            copy.log.keys[key] = *entry;
            copy.suspects &= !(1 << key);
        }
    }
    if message.page.compact.version > before {
        copy.log.compact = message.page.compact;
    }
    copy.max = before.max(message.to);
    copy.horizon = copy.horizon.max(message.horizon);
    // Rule 4: the check ends when all is checked and the compaction itself is covered.
    if let Some(clean) = copy.clean {
        let checked = clean.checked >= clean.held || rules.lack(Guard::CleanWhenChecked);
        let covered = copy.max >= clean.up_to || rules.lack(Guard::CleanWhenCovered);
        if checked && covered {
            copy.clean = None;
            if rules.keep(Guard::CleanCompacts) {
                copy.gc = copy.gc.max(clean.up_to);
            }
        }
    }
    copy.sweep(rules);
    Outcome::Taken
}

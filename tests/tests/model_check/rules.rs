//! The rules of the protocol as pure functions on small numbers: what a host tells one that lacks
//! something, and what that makes of it. They follow the design's "Catching up past a compaction"
//! line by line, and nothing of the library is used: this is what the library is to do.

use crate::guards::{Guard, Rules};
use crate::says::Theirs;
use crate::slot::{Clean, EVICTED, Log, Slot, within};

/// How much a delta carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Width {
    /// One entry at most and a keep list about one version.
    Narrow,
    /// Everything.
    Wide,
    /// Half of an entry, and a keep list about one version.
    Half,
}

/// Which half of its entry a message brings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Half {
    /// The first.
    First,
    /// The second, to one that said that it holds the first.
    Second,
}

/// The versions that are still in the sender's log within (`clean.checked`, `to`].
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct KeepList {
    /// The check that the list belongs to, as the receiver told it or as it is opened.
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
    /// The page is no more than a half of one entry after `to`.
    pub(crate) half: Option<Half>,
    /// The sender's `gc_version`.
    pub(crate) gc: u8,
    /// The sender's horizon, or its `max_version` if that is greater.
    pub(crate) horizon: u8,
    /// The keep list, if there is something to check.
    pub(crate) list: Option<KeepList>,
}

impl Message {
    /// What the sender's copy has reached for certain.
    pub(crate) fn reaches(&self, rules: Rules) -> (u8, u8) {
        let is_empty = self.from == self.to && rules.keep(Guard::EmptyClaimsNothing);
        let version = if is_empty { self.gc } else { self.to };
        (self.generation, if self.evicted { EVICTED } else { version })
    }

    /// Whether it is no more than the news of a generation.
    fn is_bare(&self) -> bool {
        self.to == 0 && !self.evicted && self.half.is_none()
    }

    /// Whether it brings something to `copy`, which is of its generation.
    fn advances(&self, copy: &Slot) -> bool {
        let goes_on = |list: KeepList| {
            let opens = copy.clean.is_none_or(|clean| clean.up_to < list.clean.up_to);
            opens || copy.is_checked_on_by(&list)
        };
        let version = self.page.versions();
        let is_new = self.half.is_some() && version & !within(0, copy.max) != 0;
        self.to > copy.max || self.list.is_some_and(goes_on) || is_new
    }
}

impl Slot {
    /// Whether the check of this copy goes on with that list.
    fn is_checked_on_by(&self, list: &KeepList) -> bool {
        self.clean.is_some_and(|clean| {
            (clean.up_to, clean.held) == (list.clean.up_to, list.clean.held)
                && list.clean.checked <= clean.checked
                && clean.checked < list.to
        })
    }
}

/// What `sender` tells a host that has what `theirs` says.
pub(crate) fn answer(
    sender: &Slot,
    theirs: &Theirs,
    width: Width,
    rules: Rules,
) -> Option<Message> {
    let ranked = rules.keep(Guard::Generations);
    if sender.generation == 0 || (theirs.line.is_none() && sender.reached().1 == 0) {
        return None;
    }
    let line = theirs.line.unwrap_or_default();
    if ranked && sender.generation < line.0 {
        return None;
    }
    let is_evicted = line.1 == EVICTED;
    let same = line.0 != 0 && (sender.generation == line.0 || !ranked);
    let (max, clean) =
        if same { (if is_evicted { 0 } else { line.1 }, theirs.clean) } else { (0, None) };
    let mut message = Message {
        generation: sender.generation,
        evicted: sender.evicted,
        left: sender.left,
        from: max,
        to: sender.max,
        page: Log::default(),
        half: None,
        gc: sender.gc,
        horizon: sender.max,
        list: None,
    };
    // Rule 3.
    let is_older = line.0 != 0 && !same;
    let is_outlived = is_older && theirs.is_owner && rules.keep(Guard::OutlivedAreTold);
    if sender.clean.is_some() && !is_outlived && rules.keep(Guard::UncleanIsSilent) {
        return None;
    }
    if sender.evicted {
        return (!same || !is_evicted).then_some(Message { from: 0, ..message });
    }
    if same && is_evicted && rules.keep(Guard::EvictedOutranks) {
        return None;
    }
    if is_older && (theirs.is_owner || sender.max == 0) {
        // An owner takes in nothing of itself: that there is a newer generation is all it can use.
        return Some(Message { left: false, to: 0, gc: 0, horizon: 0, ..message });
    }
    if sender.left {
        return (!same || max < sender.max).then_some(message);
    }
    // Rule 2, of the sender.
    if clean.is_some_and(|clean| sender.gc < clean.up_to) && rules.keep(Guard::BehindIsSilent) {
        return None;
    }
    if rules.keep(Guard::HorizonIsRelayed) {
        message.horizon = sender.max.max(sender.horizon);
    }
    let log = sender.served(rules);
    message.list = keep_list(&log, sender.gc, max, clean, width);
    if same && !is_evicted && sender.max <= max && message.list.is_none() {
        return None;
    }
    let pending = log.versions() & !within(0, max);
    let first = pending & pending.wrapping_neg();
    if width == Width::Half && pending != 0 {
        let is_begun = theirs.staged > 0 && first == 1 << theirs.staged;
        message.page = log.only(first);
        message.half = Some(if is_begun { Half::Second } else { Half::First });
        message.to = max;
        return Some(message);
    }
    let page = if width == Width::Wide { pending } else { first };
    message.page = log.only(page);
    message.to = if page == pending { max.max(sender.max) } else { page.ilog2() as u8 };
    Some(message)
}

/// The next keep list for a copy at `max` with the unfinished check `clean`, if there is one to
/// bring: it opens a check where the sender's compaction is beyond all that the copy has.
fn keep_list(log: &Log, gc: u8, max: u8, clean: Option<Clean>, width: Width) -> Option<KeepList> {
    let opens = max < gc && clean.is_none_or(|clean| clean.up_to < gc);
    let opened = Clean { up_to: gc, checked: 0, held: max };
    let clean = if opens { opened } else { clean? };
    if !opens && clean.checked >= clean.held {
        return None;
    }
    let is_wide = width == Width::Wide;
    let to = if is_wide { clean.held } else { clean.held.min(clean.checked + 1) };
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
    // Nobody is made known by the news of a generation.
    if slot.generation == 0 && message.is_bare() {
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
    } else if afresh || message.advances(&copy) {
        let outcome = catch_up(&mut copy, message, rules);
        if outcome != Outcome::Taken {
            return outcome;
        }
    }
    // Of somebody who has nothing here nothing is remembered.
    if slot.generation > 0 || copy.max > 0 || copy.staged > 0 {
        *slot = copy;
    }
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
    if let Some(list) = message.list.filter(|list| copy.is_checked_on_by(list)) {
        let missing = within(list.clean.checked, list.to) & !list.versions;
        for (key, entry) in copy.log.keys.iter().enumerate() {
            copy.suspects |= u8::from(missing & (1 << entry.version) != 0) << key;
        }
        copy.clean = copy.clean.map(|clean| Clean { checked: list.to, ..clean });
    }
    match message.half {
        None => take_in(copy, &message.page, message.to),
        Some(half) => take_half(copy, &message.page, half),
    }
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

/// Apply a page that is complete up to and with `to`.
fn take_in(copy: &mut Slot, page: &Log, to: u8) {
    let before = copy.max;
    for (key, entry) in page.keys.iter().enumerate() {
        if entry.version > before {
            copy.log.keys[key] = *entry;
            copy.suspects &= !(1 << key);
        }
    }
    if page.compact.version > before {
        copy.log.compact = page.compact;
    }
    copy.max = before.max(to);
    if copy.staged <= copy.max {
        copy.staged = 0;
    }
}

/// Hold the first half of the entry in `page`, or apply the entry if the second is what is missing.
fn take_half(copy: &mut Slot, page: &Log, half: Half) {
    let version = page.versions().ilog2() as u8;
    match half {
        Half::First if copy.staged == 0 => copy.staged = version,
        Half::Second if copy.staged == version => take_in(copy, page, version),
        // A part of another update is given up when it is in the way for long, or at any time for
        // want of room: that is an event of its own.
        Half::First | Half::Second => {}
    }
}

//! What a store keeps of a host: all that it holds at one moment, and later what came to its copies
//! of others.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::host::Host;
use crate::host::record::{self, Growth, Life, Time};
use crate::state::participant::{PARTICIPANT_COST, Participant};
use crate::state::view::View;
use crate::wire::short::ShortId;

/// About as many bytes of a checkpoint are kept together.
const TOGETHER: usize = 64 << 10;

/// What a copy takes in a checkpoint beside its id and its entries.
const COPY_LEN: usize = 24;

impl Host {
    /// All that a store is to keep at this moment, in the place of all that it has: every change
    /// that is durable by now. Of a relaxed host those are that wait, too: they do not any more.
    pub fn checkpoint(&mut self) -> Checkpoint {
        let mut checkpoint = Checkpoint {
            view: self.view(),
            nonces: self.identity.earlier.clone(),
            untold: self.clock.untold,
            is_relaxed: false,
        };
        checkpoint.nonces.push(self.config.nonce);
        if let Some(durable) = &mut self.durable {
            checkpoint.is_relaxed = durable.is_relaxed();
            if durable.is_relaxed() {
                durable.forget_waiting();
            }
        }
        checkpoint
    }

    /// About as many bytes as a [`checkpoint`](Host::checkpoint) takes now.
    pub fn kept_len(&self) -> usize {
        let others = self.state.count() - 1;
        let copies = self.state.others_len - others * (PARTICIPANT_COST - COPY_LEN);
        self.state.own().log.len() + copies - self.state.deletes_len
    }
}

/// All that a store is to keep of a host, as it was at one moment ([`Host::checkpoint`]).
#[derive(Debug)]
pub struct Checkpoint {
    view: View,
    /// Of the processes that had the host in this generation.
    nonces: Vec<u64>,
    /// No process told the time since the own map was at that version.
    untold: Option<u64>,
    is_relaxed: bool,
}

impl Checkpoint {
    /// What was held then.
    pub const fn view(&self) -> &View {
        &self.view
    }

    /// The records, many small ones together.
    pub fn records(&self) -> impl Iterator<Item = Vec<u8>> {
        let Checkpoint { view, nonces, untold, is_relaxed } = self;
        let mut next = Vec::new();
        for nonce in nonces {
            let (cluster, id) = (view.cluster, &view.own().id);
            Life { cluster, id, nonce: *nonce, is_relaxed: *is_relaxed }.put(&mut next);
        }
        record::put_copy(&mut next, view.own());
        if let Some(time) = Time::of(view) {
            time.put(&mut next);
        }
        if let Some(version) = untold {
            record::put_untold(&mut next, *version);
        }
        if !view.expiry.is_empty() {
            record::put_deadlines(&mut next, &view.expiry);
        }
        let mut others = view.others();
        core::iter::from_fn(move || {
            while next.len() < TOGETHER
                && let Some((_, held)) = others.next()
            {
                record::put_copy(&mut next, held);
            }
            (!next.is_empty()).then(|| core::mem::take(&mut next))
        })
    }
}

/// Where a copy was when it was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    reached: (u64, u64),
    gc_version: u64,
    /// All of it is in its entries.
    is_plain: bool,
}

impl Mark {
    fn of(held: &Participant) -> Self {
        let is_plain = held.is_plain();
        Mark { reached: held.reached(), gc_version: held.gc_version, is_plain }
    }
}

/// What a store has of the copies of others, to know what it lacks.
#[derive(Debug, Default)]
pub struct Kept {
    marks: BTreeMap<ShortId, Mark>,
    /// The time that it has.
    time: Option<Time>,
}

impl Kept {
    /// The store has all that is in that view.
    pub fn all_of(view: &View) -> Self {
        let marks = view.others().map(|(short, held)| (short, Mark::of(held))).collect();
        Kept { marks, time: Time::of(view) }
    }

    /// Records of what is in `view` and the store lacks, who is not there any more, and the time;
    /// empty if it lacks nothing. It has them from now on.
    pub fn catch_up(&mut self, view: &View) -> Vec<u8> {
        let mut out = Vec::new();
        self.marks.retain(|short, _| {
            let is_held = view.at(*short).is_some();
            if !is_held {
                record::put_forgotten(&mut out, *short);
            }
            is_held
        });
        for (short, held) in view.others() {
            let now = Mark::of(held);
            let before = self.marks.insert(short, now);
            if before == Some(now) {
                continue;
            }
            match before {
                Some(before) if now.continues(&before) => put_growth(&mut out, held, before),
                _ => record::put_copy(&mut out, held),
            }
        }
        let time = Time::of(view).filter(|time| Some(*time) != self.time);
        if let Some(time) = time {
            time.put(&mut out);
            self.time = Some(time);
        }
        out
    }
}

impl Mark {
    /// Whether there are only more entries.
    fn continues(&self, before: &Mark) -> bool {
        let is_more = self.reached.0 == before.reached.0 && self.reached.1 > before.reached.1;
        is_more && self.is_plain && before.is_plain && self.gc_version == before.gc_version
    }
}

fn put_growth(out: &mut Vec<u8>, held: &Participant, before: Mark) {
    let from = before.reached.1;
    let mut entries = Vec::new();
    held.log.after(from).for_each(|entry| entries.extend_from_slice(entry.bytes));
    let growth = Growth {
        id: &held.id,
        generation: held.generation,
        from,
        to: held.max_version,
        horizon: held.horizon.max(held.max_version),
        entries: &entries,
    };
    growth.put(out);
}

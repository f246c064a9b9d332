//! Every participant's copy, and what has to be counted and remembered when one changes. What is
//! *not* here: what is changed (apply, own), how copies are read (view) and told (pending, reply).

pub(crate) mod catch_up;
pub(crate) mod change;
pub(crate) mod expiry;
pub(crate) mod heard;
pub(crate) mod id;
pub(crate) mod journal;
mod kept;
pub(crate) mod participant;
pub(crate) mod rare;
pub(crate) mod staging;
pub(crate) mod table;
pub(crate) mod view;

use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use core::cmp::Reverse;
use core::ops::Deref;

use crate::config::Config;
use crate::log::index::KeyHasher;
use crate::sketch::live::Sketches;
use crate::state::change::OwnChange;
use crate::state::journal::{Journal, Standing};
use crate::state::participant::{Participant, Status};
use crate::state::staging::Staged;
use crate::state::table::Table;
use crate::state::view::View;
use crate::wire::bounds::EVICTED;
use crate::wire::entry::{Body, Entry};
use crate::wire::short::{ShortId, cluster_hash, short_id};

/// After so many pieces that found no room, for each update that is under way, what nobody went on
/// with in that time is given up.
const MAX_REFUSALS: u64 = 16;

/// What all other copies take, while one is changed.
#[derive(Debug)]
pub(crate) struct Counted {
    pub(crate) others_len: usize,
    pub(crate) staged_len: usize,
    /// How many pieces found no room.
    pub(crate) refusals: u64,
}

impl Counted {
    /// Bytes that all copies may still take, beside the one that is changed as it is now.
    pub(crate) fn room(&self, held: &Participant, config: &Config) -> u64 {
        config.limits.state_bytes.saturating_sub((self.others_len + held.cost()) as u64)
    }
}

#[derive(Debug)]
pub(crate) struct State {
    /// What can be read of it. It is written here only.
    pub(crate) view: View,
    /// Bytes that the copies of others cost together.
    pub(crate) others_len: usize,
    /// Of those, what deletes take that their logs do not tell of any more.
    pub(crate) deletes_len: usize,
    /// Bytes of partly received updates.
    pub(crate) staged_len: usize,
    /// Those of whose next update a part is held.
    staged: BTreeSet<ShortId>,
    /// How many pieces found no room.
    refusals: u64,
    /// Those that left or were evicted, by generation; never the own participant.
    departed: BTreeSet<(u64, ShortId)>,
    pub(crate) journal: Journal,
    /// The generation in which somebody says that this host's own participant was evicted.
    pub(crate) own_evicted: Option<u64>,
}

impl State {
    pub(crate) fn new(own: Participant, config: &Config, seed: u64) -> Self {
        let cluster = cluster_hash(&config.cluster);
        let short = short_id(cluster, &own.id);
        let mut journal = Journal::new(config.limits.change_records);
        let changed_at = journal.note(short, 0, Standing::UNKNOWN);
        State {
            view: View {
                own: Participant { changed_at, ..own },
                own_short: short,
                others: Table::default(),
                cluster,
                hasher: KeyHasher::with_seed(seed),
                now_ms: None,
                told_ms: 0,
                most_ms: 0,
                forgotten: 0,
                expiry: Arc::default(),
                unfinished: Arc::default(),
                sketches: Arc::default(),
            },
            others_len: 0,
            deletes_len: 0,
            staged_len: 0,
            staged: BTreeSet::new(),
            refusals: 0,
            departed: BTreeSet::new(),
            journal,
            own_evicted: None,
        }
    }

    /// The host's own participant, to be changed.
    pub(crate) fn change_own<R>(
        &mut self,
        change: impl FnOnce(&mut Participant, &KeyHasher) -> R,
    ) -> R {
        let changed = self.change(self.own_short, |own, hasher, _| change(own, hasher));
        changed.expect("a host has its own participant")
    }

    /// A copy whose change no reader sees.
    pub(crate) fn get_mut(&mut self, short: ShortId) -> Option<&mut Participant> {
        let View { own, own_short, others, .. } = &mut self.view;
        if short == *own_short { Some(own) } else { others.get_mut(short) }
    }

    /// Put the host's clock there, as it was kept.
    pub(crate) fn set_clock(&mut self, now_ms: u64, told_ms: u64, most_ms: u64) {
        self.view.now_ms = Some(now_ms);
        (self.view.told_ms, self.view.most_ms) = (told_ms, most_ms);
    }

    /// Make a change of the own participant.
    pub(crate) fn make(&mut self, change: &OwnChange<'_>, config: &Config) {
        if let OwnChange::Entry(entry) = change {
            return self.append(entry, config);
        }
        let View { own, expiry, hasher, .. } = &mut self.view;
        change.apply_to_expiry(expiry, own, hasher);
        self.change_own(|own, hasher| change.apply(own, config, hasher));
    }

    /// Append an entry to the own map.
    #[inline(always)]
    pub(crate) fn append(&mut self, entry: &Entry<'_>, config: &Config) {
        let View { own, expiry, hasher, .. } = &mut self.view;
        change::cancel(expiry, own, entry, hasher);
        self.change_own(|own, hasher| change::append(own, entry, config, hasher));
        if let Body::Evict { participant, generation } = entry.body {
            self.evict(participant, generation, config);
        }
    }

    /// The copy at that short id, to be changed: what it costs is counted, and where it was is put
    /// into the journal first.
    pub(crate) fn change<R>(
        &mut self,
        short: ShortId,
        change: impl FnOnce(&mut Participant, &KeyHasher, &mut Counted) -> R,
    ) -> Option<R> {
        let View { own, own_short, others, hasher, unfinished, sketches, .. } = &mut self.view;
        let is_own = short == *own_short;
        let held = if is_own { own } else { others.get_mut(short)? };
        let before = Standing::of(held);
        held.changed_at = self.journal.note(short, held.changed_at, before);
        let (mut others_len, mut staged_len) = (self.others_len, self.staged_len);
        if !is_own {
            others_len -= held.cost();
            self.deletes_len -= held.deletes_len();
            staged_len -= held.rare.staged.as_ref().map_or(0, |staged| staged.len());
        }
        let (before_counted, refusals) = (held.counted(), self.refusals);
        let mut counted = Counted { others_len, staged_len, refusals };
        let result = change(held, hasher, &mut counted);
        if is_own {
            // It changes often, and is put into the sketches when they are looked at.
            return Some(result);
        }
        self.others_len = others_len + held.cost();
        self.deletes_len += held.deletes_len();
        let staged = held.rare.staged.as_ref().map(|staged| staged.len());
        self.staged_len = staged_len + staged.unwrap_or(0);
        match staged {
            Some(_) => self.staged.insert(short),
            None => self.staged.remove(&short),
        };
        let (is_unfinished, counted) = (held.is_unfinished(), held.counted());
        if is_unfinished != unfinished.contains(&short) {
            let unfinished = Arc::make_mut(unfinished);
            if is_unfinished {
                unfinished.insert(short)
            } else {
                unfinished.remove(&short)
            };
        }
        if counted != before_counted {
            Arc::make_mut(sketches).shift(short, before_counted, counted);
        }
        if (held.status, held.generation) != (before.status.unwrap_or_default(), before.generation)
        {
            self.departed.remove(&(before.generation, short));
            if held.status != Status::Present {
                self.departed.insert((held.generation, short));
            }
        }
        Some(result)
    }

    /// Add somebody, who has nothing yet.
    pub(crate) fn insert(&mut self, short: ShortId, id: &[u8], generation: u64) {
        let changed_at = self.journal.note(short, 0, Standing::UNKNOWN);
        let held = Participant { changed_at, ..Participant::new(id, generation) };
        self.others_len += held.cost();
        self.view.others.insert(short, held);
    }

    /// Forget somebody else.
    pub(crate) fn remove(&mut self, short: ShortId) {
        if let Some(held) = self.view.others.remove(short) {
            self.others_len -= held.cost();
            self.deletes_len -= held.deletes_len();
            self.staged_len -= held.rare.staged.as_ref().map_or(0, |staged| staged.len());
            self.staged.remove(&short);
            if self.view.unfinished.contains(&short) {
                Arc::make_mut(&mut self.view.unfinished).remove(&short);
            }
            Arc::make_mut(&mut self.view.sketches).shift(short, held.counted(), (0, 0));
            self.departed.remove(&(held.generation, short));
        }
    }

    /// Bring the sketches level with what is here, to be used.
    pub(crate) fn level_sketches(&mut self) -> &mut Sketches {
        let View { own, own_short, others, sketches, cluster, .. } = &mut self.view;
        let sketches = Arc::make_mut(sketches);
        let own = (*own_short, own.counted());
        let others = others.range(0, ShortId::MAX);
        sketches.level(*cluster, own, others.map(|(short, held)| (short, held.counted())));
        sketches
    }

    /// Do with the sketches what may change the epoch, among so many participants: they are level
    /// before it and after.
    pub(crate) fn turn_sketches(&mut self, turn: impl FnOnce(&mut Sketches, usize)) {
        let participants = self.count();
        turn(self.level_sketches(), participants);
        self.level_sketches();
    }

    /// Set somebody else's slot to evicted in that generation, if that outranks what is held.
    pub(crate) fn evict(&mut self, id: &[u8], generation: u64, config: &Config) {
        let short = self.short(id);
        if short == self.own_short {
            if *self.own().id == *id {
                self.own_evicted = self.own_evicted.max(Some(generation));
            }
            return;
        }
        let held = self.at(short);
        let outranks =
            held.is_none_or(|held| *held.id == *id && held.reached() < (generation, EVICTED));
        if !outranks || (held.is_none() && !self.remembers(generation, short, config)) {
            return;
        }
        if held.is_none() {
            self.insert(short, id, generation);
        }
        self.change(short, |held, _, _| {
            if held.generation < generation {
                held.restart(generation);
            }
            held.depart(Status::Evicted);
            held.max_version = 0;
        });
        self.forget_departed(config);
    }

    /// A generation in which one more that is gone is remembered, at least that one.
    pub(crate) fn remembered(&self, generation: u64, short: ShortId, config: &Config) -> u64 {
        if self.remembers(generation, short, config) {
            return generation;
        }
        self.departed.last().map_or(generation, |(last, _)| generation.max(last + 1))
    }

    /// Whether one more that is gone would be remembered: those of the lowest generation are not.
    pub(crate) fn remembers(&self, generation: u64, short: ShortId, config: &Config) -> bool {
        let is_full = self.departed.len() as u64 >= config.limits.departed;
        let first = self.departed.first();
        !is_full || first.is_some_and(|first| *first < (generation, short))
    }

    /// Forget those of the lowest generations of the departed, down to the limit.
    pub(crate) fn forget_departed(&mut self, config: &Config) {
        while self.departed.len() as u64 > config.limits.departed
            && let Some((_, short)) = self.departed.pop_first()
        {
            if let Some(held) = self.view.others.get(short) {
                self.journal.note_forgotten(&held.id, held.generation, held.status);
            }
            self.remove(short);
            self.view.forgotten += 1;
        }
    }

    /// A piece of that participant found no room: give up what has come least far of another's, so
    /// that in the end something becomes whole. It is not given up for one that has come less far,
    /// unless nobody has gone on with it for long. Tells whether anything was given up.
    pub(crate) fn give_up_staged(&mut self, short: ShortId) -> bool {
        self.refusals += 1;
        let staged = |short: ShortId| self.at(short).and_then(|held| held.rare.staged.as_deref());
        let rank = |short: ShortId| (staged(short).map_or(0, Staged::len), Reverse(short));
        // Everybody's refusals count, so the more are under way the more it takes.
        let most = MAX_REFUSALS * self.staged.len() as u64;
        let is_idle = |short: ShortId| {
            staged(short).is_some_and(|staged| self.refusals - staged.touched() > most)
        };
        let others = self.staged.iter().copied().filter(|other| *other != short);
        let idle = others.clone().find(|other| is_idle(*other));
        let least = || others.min_by_key(|other| rank(*other));
        let victim = idle.or_else(|| least().filter(|least| rank(*least) < rank(short)));
        if let Some(victim) = victim {
            self.change(victim, |held, _, _| held.rare.clear(|rare| rare.staged = None));
        }
        victim.is_some()
    }

    /// How many are present, as far as is known; the host itself counts.
    pub(crate) fn present(&self) -> usize {
        self.count() - self.departed.len()
    }
}

impl Deref for State {
    type Target = View;

    fn deref(&self) -> &View {
        &self.view
    }
}

#[cfg(test)]
mod tests {
    use core::hash::BuildHasher as _;

    use super::*;

    /// Otherwise keys chosen to collide in one host would collide in all.
    #[test]
    fn hosts_of_other_seeds_hash_keys_otherwise() {
        let hash = |seed| {
            let state = State::new(Participant::new(b"a", 1), &Config::default(), seed);
            state.hasher.hash_one(&b"key"[..])
        };
        assert_eq!(hash(1), hash(1));
        assert_ne!(hash(1), hash(2));
    }
}

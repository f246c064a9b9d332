//! What time does to a host: the program tells it, and nothing else moves it.

use alloc::vec::Vec;

use crate::host::Host;
use crate::host::record::Time;
use crate::state::State;
use crate::state::change::OwnChange;
use crate::state::heard::Evidence;
use crate::state::participant::Status;
use crate::state::view::View;
use crate::wire::bounds::MAX_GENERATION;
use crate::wire::short::{ShortId, short_id};

/// Less than this is not worth an entry that says so, bytes.
const MIN_COMPACTED: usize = 4096;

/// The last time that a program can mean, in 8,900 years: there is time left to go on from it.
const LAST_MS: u64 = 1 << 48;

/// How the host keeps its own log small, and what it remembers of time for that.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    /// No compaction while the log is below this many bytes: the last one freed too little.
    next_compaction: usize,
    /// Where the own map was at some times, oldest first: (time, version).
    marks: Vec<(u64, u64)>,
    /// Since when the program has told the time without a long pause.
    awake_since: u64,
    /// When participants were last looked at for their silence.
    looked_at: u64,
    /// The host was taken up again, and no process told the time since: own versions above this one
    /// were written meanwhile.
    pub(crate) untold: Option<u64>,
}

impl Clock {
    /// The host of this state was taken up again, as it may have been before without being told the
    /// time.
    pub(crate) fn take_up(&mut self, state: &State, untold: Option<u64>) {
        self.untold = state.now_ms.map(|_| untold.unwrap_or(state.own().max_version));
    }
}

impl Host {
    /// Tell the host what time it is: milliseconds since 1970, as generations have them. It is the
    /// only clock there is here. If it is set back, time goes on here from where it was. Call it
    /// once a second or so.
    ///
    /// What has come to its end ([`set_expiring`](Host::set_expiring)) is deleted, tombstones that
    /// are old are compacted ([`Config::tombstone_age_ms`](crate::Config::tombstone_age_ms)), and
    /// who was silent for too long is evicted
    /// ([`Config::evict_after_ms`](crate::Config::evict_after_ms), off by default).
    pub fn tick(&mut self, now_ms: u64) {
        let before = self.state.now_ms;
        let told = now_ms.min(LAST_MS);
        let last = core::mem::replace(&mut self.state.view.told_ms, told);
        let now_ms = before.map_or(told, |before| {
            // A clock that was set back goes on from where it was; when it is where it has been
            // before, or was there by mistake only, what counts is what it is beyond that.
            let most = self.state.most_ms;
            let from = if last < most && told >= most { most } else { last };
            before.saturating_add(told.saturating_sub(from))
        });
        self.state.view.most_ms = self.state.most_ms.max(told);
        // A length of time then fits into a message.
        let now_ms = now_ms.min(MAX_GENERATION);
        self.state.view.now_ms = Some(now_ms);
        if let Some((before, version)) = before.zip(self.clock.untold.take()) {
            self.put_off(version, now_ms - before);
        }
        match before {
            None => self.start(now_ms),
            // A process that slept heard nobody; that says nothing about them.
            Some(before) if now_ms - before > self.config.evict_after_ms / 4 => {
                self.clock.awake_since = now_ms;
            }
            Some(_) => {}
        }
        self.expire(now_ms);
        self.compact_old_tombstones(now_ms);
        self.evict_silent(now_ms);
    }

    /// The host's clock, ms: what it was told of the time, but never going back. `None` before the
    /// first [`tick`](Host::tick).
    pub fn now_ms(&self) -> Option<u64> {
        self.state.now_ms
    }

    fn start(&mut self, now_ms: u64) {
        self.clock.awake_since = now_ms;
        self.make(&OwnChange::Start { now_ms, told_ms: self.state.told_ms });
    }

    /// What was set above that version, before this process told the time, counts from now on.
    fn put_off(&mut self, version: u64, by: u64) {
        if self.is_over() {
            return;
        }
        let Host { state, durable, .. } = self;
        if let Some((durable, time)) = durable.as_mut().zip(Time::of(state)) {
            durable.push(|out| time.put(out));
        }
        for (version, deadline) in self.own_expiry().above(version) {
            let deadline = deadline.saturating_add(by);
            self.make(&OwnChange::Deadline { version, deadline });
        }
    }

    fn expire(&mut self, now_ms: u64) {
        while let Some(version) = self.own_expiry().due(now_ms) {
            let own = self.own();
            let entry = own.log.after(version - 1).next().filter(|e| e.version == version);
            let op = entry.and_then(|entry| entry.ops().next());
            let Some(key) = op.map(|op| op.key.to_vec()) else {
                self.cancel_expiry(version);
                continue;
            };
            // What cannot be written now, because of a twin or a limit, is tried again later.
            if self.delete(&key).is_err() {
                break;
            }
            if self.own_expiry().has(version) {
                // Nothing was there to be deleted.
                self.cancel_expiry(version);
            }
        }
    }

    fn compact_old_tombstones(&mut self, now_ms: u64) {
        let age = self.config.tombstone_age_ms;
        if age == 0 || !self.config.auto_compact {
            return;
        }
        let own = self.own();
        let is_due = |last: &(u64, u64)| now_ms - last.0 > age / 8;
        if own.log.dead() > 0 && self.clock.marks.last().is_none_or(is_due) {
            self.clock.marks.push((now_ms, own.max_version));
        }
        let old = self.clock.marks.iter().take_while(|mark| now_ms - mark.0 >= age).count();
        let newest_old = self.clock.marks.drain(..old).next_back();
        if let Some((_, version)) = newest_old {
            self.compact_by_policy(Some(version));
        }
    }

    fn evict_silent(&mut self, now_ms: u64) {
        let after = self.config.evict_after_ms;
        if after == 0 || now_ms - self.clock.looked_at < after / 16 {
            return;
        }
        self.clock.looked_at = now_ms;
        let (mut unheard, mut silent): (Vec<ShortId>, Vec<(u64, Vec<u8>)>) = Default::default();
        let (own, awake_since) = (self.state.own_short(), self.clock.awake_since);
        let (mut present, mut quiet) = (0, 0);
        for (short, held) in self.state.iter() {
            if short == own || held.status != Status::Present {
                continue;
            }
            let evidence = held.rare.evidence.unwrap_or(Evidence::new(now_ms));
            if held.rare.evidence.is_none() {
                unheard.push(short);
            }
            let last = evidence.heard_at.unwrap_or(evidence.since).max(awake_since);
            present += 1;
            quiet += u64::from(now_ms - last > after / 2);
            // Not all at once: who hears that somebody else did it need not do it too.
            let turn = short_id(own, &held.id) % 8;
            if now_ms - last > after.saturating_add(after / 8 * turn) {
                silent.push((now_ms - last, held.id.to_vec()));
            }
        }
        for short in unheard {
            self.state.await_evidence(short, now_ms);
        }
        // If many are quiet, it is more likely that news of them is what is missing.
        let least = if quiet > 1.max(present / 8) { after.saturating_mul(4) } else { after };
        for (_, id) in silent.into_iter().filter(|(silence, _)| *silence > least) {
            // Refused only where nothing may be written.
            let _ = self.evict(&id);
        }
    }

    /// Compact up to there, and let no batch be in the way of it.
    fn compact_by_policy(&mut self, up_to: Option<u64>) {
        if let Some(up_to) = up_to
            && self.own().status == Status::Present
            && !self.identity.is_fenced
        {
            self.untangle(up_to);
        }
        // Refused only where nothing may be written.
        let _ = self.compact(up_to);
    }

    /// The policy that keeps the own log small: superseded bytes may be half of all. It waits for
    /// those that met this host to have seen what goes, while superseded bytes are below four times
    /// the live ones.
    pub(crate) fn compact_if_worth(&mut self) {
        let own = self.own();
        let (len, dead) = (own.log.len(), own.log.dead());
        if !self.config.auto_compact || dead < MIN_COMPACTED || dead < len / 2 {
            return;
        }
        let is_urgent = dead / 4 >= len - dead;
        if !is_urgent && len < self.clock.next_compaction {
            return;
        }
        // Who never wrote is unknown, and there.
        let since = |short| match self.state.at(short) {
            None => Some(0),
            Some(held) => (held.status == Status::Present).then_some(held.generation),
        };
        let acked = if is_urgent { None } else { self.acked.least(own.generation, since) };
        let up_to = acked.filter(|acked| *acked < own.max_version);
        self.compact_by_policy(up_to);
        let len = self.own().log.len();
        self.clock.next_compaction = len + len / 4;
    }

    /// Milliseconds since the last evidence that a participant lives, by this host's clock: a
    /// message it sent here, or to somebody who said so. 0 for oneself; `None` if it is unknown or
    /// gone, or there is no evidence, or no clock ([`tick`](Host::tick)).
    pub fn last_heard(&self, participant: &[u8]) -> Option<u64> {
        self.state.last_heard(participant)
    }

    /// Milliseconds since this copy was last known to hold all that the participant had written:
    /// what is read of it here is at most that old. 0 for oneself; `None` as for
    /// [`last_heard`](Host::last_heard).
    pub fn staleness(&self, participant: &[u8]) -> Option<u64> {
        self.state.staleness(participant)
    }
}

impl View {
    /// As [`Host::last_heard`], by the clock as it was.
    pub fn last_heard(&self, participant: &[u8]) -> Option<u64> {
        self.since(participant, |evidence, _| evidence.heard_at)
    }

    /// As [`Host::staleness`], by the clock as it was.
    pub fn staleness(&self, participant: &[u8]) -> Option<u64> {
        self.since(participant, Evidence::level_at)
    }

    fn since(
        &self,
        participant: &[u8],
        at: impl FnOnce(&Evidence, u64) -> Option<u64>,
    ) -> Option<u64> {
        let now = self.now_ms?;
        let held = self.copy(participant)?;
        if *participant == *self.id() {
            return Some(0);
        }
        let at = at(held.rare.evidence.as_ref()?, held.max_version)?;
        Some(now.saturating_sub(at))
    }
}

//! When participants were last known to live. It is said by everybody, but never part of what is
//! reconciled: nothing that changes by itself may be.

use alloc::vec::Vec;

use fastrand::Rng;

use crate::state::State;
use crate::state::participant::Status;
use crate::state::view::View;
use crate::wire::lines::{HeardLine, Line as _};
use crate::wire::short::ShortId;

/// The most bytes of a sample.
pub(crate) const MAX_SAMPLE_LEN: usize = 64;

/// How many participants are looked at for a sample, however few of them were heard of.
const LOOKED_AT: usize = 16;

/// What is known of the life of a participant in its present generation, by the host's own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// Since when it is known here.
    pub(crate) since: u64,
    /// When it was last known to live.
    pub(crate) heard_at: Option<u64>,
    /// When it was last known to live, and how far it was then.
    seen: Option<(u64, u64)>,
    /// The last time of which this copy is known to have been level.
    level_at: Option<u64>,
}

impl Evidence {
    pub(crate) const fn new(now: u64) -> Self {
        Evidence { since: now, heard_at: None, seen: None, level_at: None }
    }

    /// It lived at that time, and at that version if that is known; the copy is at `reached`.
    fn hear(&mut self, at: u64, version: Option<u64>, reached: u64) {
        self.heard_at = self.heard_at.max(Some(at));
        if let Some(version) = version
            && self.seen.is_none_or(|(seen, _)| seen < at)
        {
            self.level_at = self.level_at(reached);
            self.seen = Some((at, version));
        }
    }

    /// The last time of which a copy at `reached` is known to have been level.
    pub(crate) fn level_at(&self, reached: u64) -> Option<u64> {
        let seen = self.seen.filter(|(_, version)| *version <= reached);
        self.level_at.max(seen.map(|(at, _)| at))
    }
}

impl State {
    /// Somebody in that generation lived `age_ms` ago, and at that version if that is known.
    pub(crate) fn hear(
        &mut self,
        short: ShortId,
        generation: u16,
        age_ms: u64,
        version: Option<u64>,
    ) {
        let Some(now) = self.now_ms else {
            return;
        };
        if short == self.own_short() {
            return;
        }
        if self.at(short).is_some_and(|held| held.generation as u16 == generation) {
            self.note_evidence(short, now, now.saturating_sub(age_ms), version);
        }
    }

    /// Somebody wrote something new: it lived, if nobody knows when.
    pub(crate) fn hear_of_writing(&mut self, short: ShortId) {
        if let Some(now) = self.now_ms {
            self.note_evidence(short, now, now, None);
        }
    }

    /// Somebody who is present lived at that time.
    fn note_evidence(&mut self, short: ShortId, now: u64, at: u64, version: Option<u64>) {
        let Some(held) = self.at(short).filter(|held| held.status == Status::Present) else {
            return;
        };
        let mut evidence = held.rare.evidence.unwrap_or(Evidence::new(now));
        evidence.hear(at, version, held.max_version);
        // Much of what is heard is known: then nothing is written, which a view could share.
        if held.rare.evidence != Some(evidence)
            && let Some(held) = self.get_mut(short)
        {
            held.rare.change(|rare| rare.evidence = Some(evidence));
        }
    }

    /// Evidence of somebody's life is waited for from now on.
    pub(crate) fn await_evidence(&mut self, short: ShortId, now: u64) {
        if let Some(held) = self.get_mut(short) {
            held.rare.change(|rare| rare.evidence = Some(Evidence::new(now)));
        }
    }
}

impl View {
    /// A sample of who was last known to live, at most `room` bytes; empty without a clock. It can
    /// begin with the host's own participant.
    pub(crate) fn heard_sample(&self, rng: &mut Rng, room: usize, with_own: bool) -> Vec<u8> {
        let mut body = Vec::new();
        let Some(now) = self.now_ms else {
            return body;
        };
        let mut lines: Vec<HeardLine> = Vec::new();
        if with_own {
            let (short, own) = (self.own_short(), self.own());
            let (generation, version) = (own.generation as u16, own.max_version);
            lines.push(HeardLine { short, generation, age_ms: 0, version });
        }
        // A participant is drawn, not a point of the circle: ids that crowd then silence nobody.
        let nth = rng.usize(..self.count());
        let first = self.nth(nth).unwrap_or(0);
        for (short, held) in self.circle(first).take(LOOKED_AT) {
            let seen = held.rare.evidence.as_ref().and_then(|evidence| evidence.seen);
            if let Some((at, version)) = seen {
                let age_ms = now.saturating_sub(at);
                let generation = held.generation as u16;
                lines.push(HeardLine { short, generation, age_ms, version });
            }
        }
        let mut len = 0;
        lines.retain(|line| {
            body.clear();
            line.put(&mut body);
            let fits = len + body.len() <= room.min(MAX_SAMPLE_LEN);
            len += if fits { body.len() } else { 0 };
            fits
        });
        // A sample is told in the order of a whole circle, wherever it began.
        lines.sort_unstable_by_key(|line| line.short);
        body.clear();
        lines.iter().for_each(|line| line.put(&mut body));
        body
    }
}

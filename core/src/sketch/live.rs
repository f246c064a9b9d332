//! The sketches of one host, kept level with what it has: made when one is first asked for, and
//! from then on moved along with every change.

use alloc::boxed::Box;

use crate::sketch::{Counted, Sketch};
use crate::wire::short::ShortId;

/// How many participants may be put in place anew for each message, when the epoch changes: it
/// takes some microseconds, so that nobody can keep a large host busy with it.
const PLACED_PER_MESSAGE: u64 = 64;

/// And at least so many messages from one change to the next, however few they are: that is some
/// rounds, and so an epoch has come to everybody before there can be another one.
const MESSAGES_APART: u64 = 64;

/// So many messages more in other epochs than in those that are here are no chance.
const APART: u8 = 8;

/// Later epochs there are none: who claims one by mistake ends rotation, and nothing else.
const MAX_EPOCH: u64 = u32::MAX as u64;

/// Sketches under the salt of this epoch and of the one before, so that hosts can follow one after
/// the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sketches {
    epoch: u64,
    current: Option<Box<Sketch>>,
    previous: Option<Box<Sketch>>,
    /// What they count of the host's own participant: it changes often, and is looked at seldom.
    own: Counted,
    /// Messages since the last change of the epoch.
    messages: u64,
    /// How many more of them were in an epoch that is not here than in one that is.
    apart: u8,
}

impl Sketches {
    /// The copy of somebody else is elsewhere.
    pub(crate) fn shift(&mut self, short: ShortId, before: Counted, after: Counted) {
        if before == after {
            return;
        }
        for sketch in [&mut self.current, &mut self.previous].into_iter().flatten() {
            sketch.shift(short, before, after);
        }
    }

    /// Bring them level with the host's own participant, and make the current one if there is none:
    /// `others` gives what is counted of all others then.
    pub(crate) fn level(
        &mut self,
        cluster: u64,
        own: (ShortId, Counted),
        others: impl Iterator<Item = (ShortId, Counted)>,
    ) {
        if self.current.is_none() {
            let mut sketch = Sketch::new(cluster, self.epoch);
            others.for_each(|(short, counted)| sketch.shift(short, (0, 0), counted));
            sketch.shift(own.0, (0, 0), self.own);
            self.current = Some(Box::new(sketch));
        }
        let before = core::mem::replace(&mut self.own, own.1);
        self.shift(own.0, before, own.1);
    }

    /// Which salt places now.
    pub(crate) const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The current one, if it was made.
    pub(crate) fn current(&self) -> Option<&Sketch> {
        self.current.as_deref()
    }

    /// The one of that epoch, if it is there.
    pub(crate) fn of(&self, epoch: u64) -> Option<&Sketch> {
        let both = [&self.current, &self.previous].into_iter().flatten();
        both.map(|sketch| &**sketch).find(|sketch| sketch.epoch == epoch)
    }

    /// A peer places by that epoch. The next one is followed at once, and others when more peers
    /// are in such than can be read: one that leads a host away leads nobody after it, and the host
    /// comes back. Only unless it was changed just now: with `participants` to put in place anew it
    /// takes a while.
    pub(crate) fn follow(&mut self, epoch: u64, participants: usize) {
        self.messages = self.messages.saturating_add(1);
        if self.of(epoch).is_some() {
            self.apart = self.apart.saturating_sub(1);
            return;
        }
        self.apart = self.apart.saturating_add(1);
        let enough = match epoch {
            _ if epoch == self.epoch + 1 => 0,
            // Of two that are apart the earlier one moves.
            _ if epoch > self.epoch => APART,
            _ => 2 * APART,
        };
        if self.apart > enough && epoch <= MAX_EPOCH && self.is_due(participants) {
            self.change_to(epoch);
        }
    }

    fn is_due(&self, participants: usize) -> bool {
        let is_first = self.previous.is_none();
        (is_first || self.messages >= MESSAGES_APART)
            && self.messages.saturating_mul(PLACED_PER_MESSAGE) >= participants as u64
    }

    /// Place anew: what fell together does not any more.
    pub(crate) fn rotate(&mut self, participants: usize) {
        if self.epoch < MAX_EPOCH && self.is_due(participants) {
            self.change_to(self.epoch + 1);
        }
    }

    fn change_to(&mut self, epoch: u64) {
        self.previous = self.current.take();
        self.epoch = epoch;
        self.messages = 0;
        self.apart = 0;
    }
}

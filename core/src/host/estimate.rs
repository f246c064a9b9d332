//! In how many numbers two hosts of this fleet differ when they meet: it decides how large the next
//! sketch is.
//!
//! It does not depend on how many participants there are, only on how much is written in the time
//! between two exchanges; so what was found before tells what to expect.

use crate::wire::sketch::MAX_CELLS;

/// Before anything was found.
const UNKNOWN: u64 = 64;

/// Means are kept in parts of this.
const PART: u64 = 256;

/// Below this mean, in parts, most exchanges find nothing: one sum tells that, and a single
/// difference too.
const IDLE: u64 = 77;

/// Cells for one number that differs, and some beside: with four rows, almost everything that fills
/// half of the cells comes out.
const CELLS_EACH: u64 = 2;
const CELLS_BESIDE: u64 = 4;

/// Every so many messages a host says what it has in lines, and nothing that sums hide, by chance
/// or because somebody wants it, stays hidden.
const LINES_EVERY: u64 = 64;

/// Bytes of them, and of more participants a part each time.
const LINES_ROOM: usize = 2048;

/// So many sketches more that left a rest, with room for all, than were read are no chance.
const STUCK: u8 = 8;

/// What was found before.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Estimate {
    /// The mean, in parts; `None` before the first.
    mean: Option<u64>,
    /// Something was found since this host last said what it has.
    is_answered: bool,
    /// How often it did.
    said: u64,
    /// Bytes for those met since then who take lines only; 0 if there were none.
    plain: usize,
    /// How many sketches more left a rest for no reason than were read.
    stuck: u8,
}

impl Estimate {
    /// Hosts of a fleet take turns with lines.
    pub(crate) fn new(own: u64) -> Self {
        Estimate { said: own / 16 % LINES_EVERY, ..Estimate::default() }
    }

    /// This host begins an exchange. Tells how many bytes of lines it should say, if it is time for
    /// lines.
    pub(crate) fn begin(&mut self) -> Option<usize> {
        if !self.is_answered
            && let Some(mean) = self.mean
        {
            // Who is level says nothing.
            self.mean = Some(mean - mean * 15 / 100);
        }
        self.is_answered = false;
        self.said += 1;
        let plain = core::mem::take(&mut self.plain);
        let is_time = plain > 0 || self.said.is_multiple_of(LINES_EVERY);
        is_time.then_some(plain.max(LINES_ROOM))
    }

    /// Somebody takes lines only, and said so many bytes of them. Nobody knows whom the next
    /// message is for, but where there is one there may be more. It gets twice as many back at
    /// most, for it may lack some: so nobody has others say much by saying little.
    pub(crate) fn meet_plain(&mut self, len: usize) {
        self.plain = self.plain.max(2 * len);
    }

    /// An exchange found so many. No peer can do more than double what is expected, or there would
    /// be one that has everybody send much for nothing.
    pub(crate) fn found(&mut self, differ: usize) {
        // More no sketch shows, however many are claimed.
        let found = differ.min(MAX_CELLS) as u64 * PART;
        self.is_answered = true;
        self.mean = Some(match self.mean {
            None => found.min(UNKNOWN * PART),
            Some(mean) if found > mean => (mean + (found - mean) / 2).min((2 * mean).max(8 * PART)),
            Some(mean) => mean - (mean - found) * 15 / 100,
        });
    }

    /// A sketch of `size` cells showed `found` numbers, and about `left` more are in it. Tells
    /// whether so much is left so often that it is no chance.
    pub(crate) fn is_stuck(&mut self, size: usize, found: usize, left: usize) -> bool {
        let room = cells_for((found + left) as u64 * PART);
        match left {
            // Where hardly anything differs nothing can fall together.
            0 if found > 1 => self.stuck = self.stuck.saturating_sub(1),
            // One that had no room tells nothing, neither way; but larger ones there are none.
            1.. if room <= size || size == MAX_CELLS => self.stuck += 1,
            _ => {}
        }
        let is_stuck = self.stuck == STUCK;
        if is_stuck {
            self.stuck = 0;
        }
        is_stuck
    }

    /// How many cells the next sketch should have.
    pub(crate) fn cells(&self) -> usize {
        match self.mean.unwrap_or(UNKNOWN * PART) {
            mean if mean < IDLE => 1,
            mean => cells_for(mean),
        }
    }
}

/// How many cells show so many numbers, in parts.
const fn cells_for(numbers: u64) -> usize {
    (numbers * CELLS_EACH / PART + CELLS_BESIDE) as usize
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn it_follows_what_is_found() {
        let mut estimate = Estimate::default();
        assert_eq!(estimate.cells(), 132);
        estimate.found(0);
        assert_eq!(estimate.cells(), 1);
        for _ in 0..20 {
            estimate.found(100);
        }
        assert_eq!(estimate.cells(), 203);
        for _ in 0..60 {
            estimate.found(0);
        }
        assert_eq!(estimate.cells(), 1);
    }

    #[test]
    fn one_exchange_at_most_doubles_it() {
        let mut estimate = Estimate::default();
        estimate.found(20);
        let before = estimate.cells() - CELLS_BESIDE as usize;
        estimate.found(usize::MAX);
        assert_eq!(estimate.cells() - CELLS_BESIDE as usize, 2 * before);
    }

    #[test]
    fn who_is_not_answered_expects_less() {
        let mut estimate = Estimate::default();
        estimate.found(10);
        for _ in 0..40 {
            estimate.begin();
        }
        assert_eq!(estimate.cells(), 1);
    }

    #[test]
    fn lines_come_now_and_then() {
        let mut estimate = Estimate::new(0);
        let turns: Vec<_> = (0..640).filter_map(|_| estimate.begin()).collect();
        assert_eq!(turns, [LINES_ROOM; 10]);
    }

    #[test]
    fn who_takes_lines_only_gets_twice_as_many() {
        let mut estimate = Estimate::new(0);
        estimate.meet_plain(10_000);
        estimate.meet_plain(10);
        assert_eq!([(); 2].map(|()| estimate.begin()), [Some(20_000), None]);
    }
}

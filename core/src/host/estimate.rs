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
/// or because somebody wants it, stays hidden. A prime, so that who calls some peers in turn does
/// not say it to the same ones each time.
const LINES_EVERY: u64 = 67;

/// So many exchanges in a row that left a rest, where there was room for all, are no chance.
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
    /// Somebody answered last who takes lines only.
    in_lines: bool,
    /// How many exchanges in a row left a rest for no reason.
    stuck: u8,
}

impl Estimate {
    /// Hosts of a fleet take turns with lines.
    pub(crate) fn new(own: u64) -> Self {
        Estimate { said: own / 16 % LINES_EVERY, ..Estimate::default() }
    }

    /// This host begins an exchange. Tells whether it is time to say it in lines.
    pub(crate) fn begin(&mut self) -> bool {
        if !self.is_answered
            && let Some(mean) = self.mean
        {
            // Who is level says nothing.
            self.mean = Some(mean - mean * 15 / 100);
        }
        self.is_answered = false;
        self.said += 1;
        self.said.is_multiple_of(LINES_EVERY)
    }

    /// Somebody takes lines only. Nobody knows whom the next message is for, but where there is one
    /// there may be more.
    pub(crate) fn meet_plain(&mut self) {
        self.in_lines = true;
    }

    /// Whether to say it in lines because of whom this host met last.
    pub(crate) fn is_among_plain(&mut self) -> bool {
        core::mem::take(&mut self.in_lines)
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

    /// There was room for what was found, and something is left all the same; or there is not.
    /// Tells whether that happened so often that it is no chance.
    pub(crate) fn is_stuck(&mut self, is_rest: bool) -> bool {
        self.stuck = if is_rest { self.stuck + 1 } else { 0 };
        if self.stuck == STUCK {
            self.stuck = 0;
            return true;
        }
        false
    }

    /// How many cells the next sketch should have.
    pub(crate) fn cells(&self) -> usize {
        match self.mean.unwrap_or(UNKNOWN * PART) {
            mean if mean < IDLE => 1,
            mean => (mean * CELLS_EACH / PART + CELLS_BESIDE) as usize,
        }
    }
}

#[cfg(test)]
mod tests {
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
        let turns = (0..10 * LINES_EVERY).filter(|_| estimate.begin()).count();
        assert_eq!(turns, 10);
    }
}

//! Timing side by side: each run times ours, then the yardstick, and the ratio is taken run by run,
//! so that what else the machine does falls out of it.

use std::hint::black_box;
use std::time::{Duration, Instant};

use plasmid::Error;

use crate::clock::median;

/// Runs of each row; the medians are reported.
const RUNS: usize = 9;

/// What one row measured.
pub(crate) struct Measured {
    /// Median time of one operation, nanoseconds.
    pub(crate) ours_ns: f64,
    /// Median time to copy the same bytes once, nanoseconds.
    pub(crate) memcpy_ns: f64,
    /// Median of the ratios taken run by run.
    pub(crate) ratio: f64,
}

/// Time `run` against copies of `bytes` bytes. A run makes its own input, outside the clock, and
/// answers how long its operations took in all; `operations` is how many those were.
pub(crate) fn beside_memcpy(
    operations: usize,
    bytes: usize,
    mut run: impl FnMut() -> Duration,
) -> Measured {
    let source = vec![0x5a_u8; bytes];
    let mut target = vec![0_u8; bytes];
    let mut runs = Vec::new();
    // The first run warms caches and the allocator, and is not counted.
    for count in 0..=RUNS {
        let ours = run().as_secs_f64() * 1e9 / operations as f64;
        let memcpy = copy_ns(&source, &mut target);
        if count > 0 {
            runs.push((ours, memcpy, ours / memcpy));
        }
    }
    Measured {
        ours_ns: median(runs.iter().map(|run| run.0)),
        memcpy_ns: median(runs.iter().map(|run| run.1)),
        ratio: median(runs.iter().map(|run| run.2)),
    }
}

/// Time one operation for each of `count` inputs.
pub(crate) fn each(
    count: usize,
    mut operation: impl FnMut(usize) -> Result<(), Error>,
) -> Duration {
    let start = Instant::now();
    for at in 0..count {
        operation(at).expect("the benchmark stays within the limits");
    }
    start.elapsed()
}

/// One copy, nanoseconds, averaged over enough of them that the clock's own cost does not show.
fn copy_ns(source: &[u8], target: &mut [u8]) -> f64 {
    let copies = (16_000_000 / source.len().max(1)).clamp(1, 100_000);
    let start = Instant::now();
    for _ in 0..copies {
        black_box(&mut *target).copy_from_slice(black_box(source));
    }
    start.elapsed().as_secs_f64() * 1e9 / copies as f64
}

/// What it took until a reader had all that it lacked.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Journey {
    pub(crate) exchanges: usize,
    pub(crate) messages: usize,
    /// Of all messages, whatever they carry.
    pub(crate) bytes: usize,
    /// The fewest messages that could carry what the reader lacked.
    pub(crate) least: usize,
    pub(crate) ns: f64,
}

/// The medians of a journey made with so many seeds as a row has runs, from 1.
pub(crate) fn over_seeds(
    mut journey: impl FnMut(u64) -> Result<Journey, Error>,
) -> Result<Journey, Error> {
    let all = (1..=RUNS as u64).map(&mut journey).collect::<Result<Vec<Journey>, Error>>()?;
    let count = |of: fn(&Journey) -> usize| median(all.iter().map(|one| of(one) as f64)) as usize;
    Ok(Journey {
        exchanges: count(|one| one.exchanges),
        messages: count(|one| one.messages),
        bytes: count(|one| one.bytes),
        least: count(|one| one.least),
        ns: median(all.iter().map(|one| one.ns)),
    })
}

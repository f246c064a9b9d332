//! The clock of every measurement, and the median of several.

use std::time::Instant;

/// Do `work`, and tell how many nanoseconds it took.
///
/// It is never inlined, so that callgrind can count the instructions between its first and its last
/// and nothing else (`--toggle-collect`).
#[inline(never)]
pub(crate) fn clocked<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    let done = work();
    (done, start.elapsed().as_secs_f64() * 1e9)
}

pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

//! One update and no protocol: no host that calls one other in each round can be told sooner.

use super::{Schedule, Spread};

/// How one update spreads through so many hosts if each exchange brings it, the means of so many
/// runs.
pub fn one_update(count: usize, runs: u64) -> Spread {
    let mut means = Spread::default();
    for seed in 0..runs {
        let (last, mean) = one_run(Schedule::new(seed, count), count);
        means.last += last / runs as f64;
        means.mean += mean / runs as f64;
    }
    Spread { all: means.last, ..means }
}

/// The point of time at which the last host has it, and the mean of all others.
fn one_run(mut schedule: Schedule, count: usize) -> (f64, f64) {
    let mut has = vec![false; count];
    let (mut missing, mut sum) = (count - 1, 0.0);
    has[schedule.rng.usize(..count)] = true;
    for round in 0.. {
        for turn in 0..count {
            let (caller, now) = schedule.turn(round, turn);
            let called = schedule.other(caller);
            if has[caller] == has[called] {
                continue;
            }
            (has[caller], has[called]) = (true, true);
            sum += now;
            missing -= 1;
            if missing == 0 {
                return (now, sum / (count - 1) as f64);
            }
        }
    }
    unreachable!("rounds do not end")
}

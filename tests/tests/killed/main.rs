//! Processes that write to a durable host and are killed, at any moment: while they write, answer,
//! open the state, make its file anew, or lay the host down. What they were promised is there when
//! the next process opens the state, and nothing else; no version is ever given twice; and the
//! peer that met all of them holds what the last one does.
//!
//! And when the power fails, that takes away all that was not synced: there is a file system for
//! it, with the feature `fuse`.
//!
//! To look further: `KILLS=5000 CUTS=1000 SEED=7 cargo test -p plasmid-tests --features fuse --test
//! killed`, or `make soak`.

mod figures;
mod in_use;
mod ledger;
mod life;
mod moment;
#[cfg(all(feature = "fuse", target_os = "linux"))]
mod power;
#[cfg(not(all(feature = "fuse", target_os = "linux")))]
mod powerless;
mod process;
mod state;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use std::{env, thread};

use plasmid_tests::writer::careless::Fault;

use crate::figures::Figures;
use crate::state::{Mode, State, folder};

/// How many kills there are by default.
const KILLS: u64 = 400;

/// So many states at a time.
const AT_ONCE: usize = 4;

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |value| value.parse().expect("a number"))
}

/// Have `states` lived through side by side, and print what there was.
fn run_all(
    what: &str,
    states: u64,
    run: impl Fn(u64) -> Result<Figures, String> + Sync,
) -> Figures {
    let begun = Instant::now();
    let (next, sum) = (AtomicU64::new(0), Mutex::new(Figures::default()));
    let (next, sum, run) = (&next, &sum, &run);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(move || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= states {
                        return;
                    }
                    let figures = run(at).unwrap_or_else(|error| panic!("state {at}: {error}"));
                    sum.lock().expect("a sum").add(figures);
                }
            });
        }
    });
    let (sum, seconds) = (*sum.lock().expect("a sum"), begun.elapsed().as_secs_f64());
    println!("{what} in {seconds:.1} s: {sum:?}");
    sum
}

/// Lives of a state until so many were killed.
fn lives(state: &mut State, kills: u64) -> Result<(), String> {
    while state.figures.kills < kills {
        state.live()?;
    }
    Ok(())
}

#[test]
fn what_was_promised_outlives_every_kill() {
    let (kills, seed) = (number("KILLS", KILLS), number("SEED", 1));
    let folder = folder("kills");
    let states = kills.div_ceil(50).max(12);
    let sum = run_all("killed", states, |at| {
        let mode = [Mode::Sync, Mode::Relaxed, Mode::Mixed][at as usize % 3];
        let path = folder.join(at.to_string());
        let mut state = State::new(&path, seed << 32 | at, mode, Fault::None);
        lives(&mut state, kills.div_ceil(states))?;
        state.end()
    });
    assert!(sum.kills >= kills && sum.acknowledged > kills && sum.shown > kills, "{sum:?}");
    assert!(kills < KILLS || (sum.opening > 0 && sum.rewriting > 0 && sum.closing > 0), "{sum:?}");
}

/// If it is found out of one that breaks its promise, it is true of others that they keep it.
#[test]
fn a_state_that_is_written_late_is_found_out() {
    let path = folder("late").join("state");
    let mut state = State::new(&path, 1, Mode::Sync, Fault::Late);
    let found = lives(&mut state, 100).expect_err("it loses what it promised");
    assert!(found.contains("lost"), "{found}");
}

//! The power fails: the process is killed, and the file system forgets what was not synced.

mod forgetful;
mod fuse;

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use fastrand::Rng;
use plasmid_tests::writer::careless::Fault;

use crate::figures::Figures;
use crate::state::{Mode, State};
use crate::{number, run_all};

use self::fuse::Mounted;

/// How many power cuts there are by default.
const CUTS: u64 = 200;

/// Where a file system is mounted.
fn place(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("plasmid-killed-{}-{name}", std::process::id()))
}

/// Whether there can be file systems here. If not, that is told.
fn is_possible(what: &str) -> bool {
    let mounted = Mounted::new(&place(what));
    if let Err(error) = &mounted {
        // Not by `eprintln!`, which the test runner keeps to itself.
        let _ =
            writeln!(std::io::stderr(), "SKIPPED: {what}: no file system of one's own: {error}");
    }
    mounted.is_ok()
}

/// Lives of a state, most of which end with a power cut; how many cuts lost anything. What was read
/// after a kill alone may not have been durable, and must be before anybody sees it.
fn lives(
    name: &str,
    cuts: u64,
    seed: u64,
    mode: Mode,
    fault: Fault,
) -> Result<(Figures, u64), String> {
    let text = |error: std::io::Error| format!("the file system: {error}");
    let at = place(name);
    let mut mounted = Mounted::new(&at).map_err(text)?;
    let mut rng = Rng::with_seed(!seed);
    let mut state = State::new(&at.join("state"), seed, mode, fault);
    let mut losses = 0;
    let mut left = cuts;
    while left > 0 {
        state.live()?;
        if rng.u8(..3) == 0 {
            continue;
        }
        left -= 1;
        losses += u64::from(mounted.cut_power(&mut rng).map_err(text)?);
    }
    Ok((state.end()?, losses))
}

#[test]
fn what_was_promised_outlives_every_power_cut() {
    if !is_possible("power cuts") {
        return;
    }
    let (cuts, seed) = (number("CUTS", CUTS), number("SEED", 1));
    let states = cuts.div_ceil(50).max(6);
    let losses = AtomicU64::new(0);
    let sum = run_all("power cuts", states, |at| {
        let mode = [Mode::Sync, Mode::Relaxed, Mode::Mixed][at as usize % 3];
        let cuts = cuts.div_ceil(states);
        let (figures, lost) = lives(&at.to_string(), cuts, seed << 32 | at, mode, Fault::None)?;
        losses.fetch_add(lost, Ordering::Relaxed);
        Ok(figures)
    });
    let losses = losses.into_inner();
    println!("{losses} of {cuts} power cuts lost something that was not synced");
    assert!(sum.lives >= cuts && sum.acknowledged > cuts, "{sum:?}");
    assert!(cuts < CUTS || losses > 0, "nothing was ever lost that was not synced");
}

/// If it is found out of those that do not sync, it is true of others that they do.
#[test]
fn states_that_are_not_synced_are_found_out() {
    if !is_possible("power cuts of careless states") {
        return;
    }
    for fault in [Fault::NoSync, Fault::NoSyncOfPlace] {
        let name = format!("{fault:?}");
        // What is left may not even be a state.
        let mut found = (1..=20).map(|seed| {
            lives(&name, 200, seed, Mode::Sync, fault).expect_err("it breaks its promise")
        });
        assert!(found.any(|error| error.contains("lost")), "{fault:?} loses nothing");
    }
}

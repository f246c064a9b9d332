//! W5: how an update spreads through a fleet, what that costs, and how stale copies are under load.

use std::error::Error;

use plasmid_tests::fleet::plain::one_update;

use super::contestant::{Contestant, Figures, Who};
use super::plots::Plots;
use super::table::{Rows, Target, Unit};

/// Rounds may be more by as much than with no protocol.
const NEAR: f64 = 1.05;
/// Runs of that.
const RUNS: u64 = 1_000;

/// Simulations are the same each time, so each is made once.
pub(crate) fn fleets(rows: &mut Rows, _: &mut Plots) -> Result<(), Box<dyn Error>> {
    let mut ours = Contestant::start(Who::Ours);
    let chitchat = Contestant::start(Who::Chitchat).ask("w5 128");
    for (kind, count, name) in
        [("hosts", 128, "128"), ("hosts", 2_000, "2,000"), ("model", 10_000, "10,000 (model)")]
    {
        let figures = ours.ask(&format!("w5 spreading {kind} {count}"));
        let of = |figure| figures.as_ref().and_then(|figures: &Figures| figures.get(figure));
        let row = |what| format!("W5 N = {name}, {what}");
        let best = ("one update, no protocol", Some(one_update(count, RUNS).last));
        let rounds = row("rounds until the last has it");
        rows.against(rounds, Unit::Rounds, of("last"), best, Target::Times(1.0 / NEAR));
        if let Some(chitchat) = chitchat.as_ref().filter(|_| count == 128) {
            // It compresses all that it says.
            let ours = ours.ask(&format!("w5 spreading compressed {count}"));
            let ours = |figure| ours.as_ref().and_then(|ours: &Figures| ours.get(figure));
            let theirs = |figure| ("chitchat", chitchat.get(figure));
            let all = row("rounds until all have everything");
            rows.against(all, Unit::Rounds, ours("all"), theirs("all"), Target::Nothing);
            let bytes = row("bytes of each host, compressed");
            rows.against(bytes, Unit::Bytes, ours("bytes"), theirs("bytes"), Target::Nothing);
        }
        let (serf_rounds, serf_bytes) = serf(count);
        let serf_rounds = ("Serf's formula, fan-out 3", Some(serf_rounds));
        let all = row("rounds until all have everything");
        rows.against(all, Unit::Rounds, of("all"), serf_rounds, Target::Nothing);
        let bytes = row("bytes of each host");
        let serf_bytes = ("Serf's formula, fan-out 3", Some(serf_bytes));
        rows.against(bytes, Unit::Bytes, of("bytes"), serf_bytes, Target::Nothing);
    }
    for (kind, count, name) in [("hosts", 2_000, "2,000"), ("model", 10_000, "10,000 (model)")] {
        // With digests the model brings just what hosts do, in a small part of the time.
        let [sketches, exact] =
            [kind, "exact"].map(|kind| ours.ask(&format!("w5 loaded {kind} {count}")));
        let of = |figures: &Option<Figures>, figure| figures.as_ref()?.get(figure);
        let stale = format!("W5 N = {name}, 10 updates a round, versions behind");
        let theirs = ("exact digests", of(&exact, "stale"));
        let near = Target::Times(1.0 / 1.02);
        rows.against(stale, Unit::Small, of(&sketches, "stale"), theirs, near);
        let bytes = format!("W5 N = {name}, 10 updates a round, all but deltas");
        let told = of(&sketches, "reconciliation");
        rows.alone(bytes, Unit::Bytes, told, Target::AtMost(900.0));
    }
    Ok(())
}

/// What the convergence simulator of Serf shows for 99.99 %: rounds, and bytes of each host, which
/// sends and receives three messages of 1,400 bytes in each. It is about one update, where ours are
/// as many as hosts: that is no contest of bytes.
fn serf(count: usize) -> (f64, f64) {
    const FAN_OUT: f64 = 3.0;
    let share: f64 = 0.9999;
    let rounds = 2.0 / FAN_OUT * ((count as f64 + 1.0) * share / (1.0 - share)).ln();
    (rounds, rounds * FAN_OUT * 1400.0 * 2.0)
}

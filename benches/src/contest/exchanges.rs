//! What two hosts do together: a cold sync, idle exchanges, and exchanges after some changes.

use std::error::Error;

use super::contestant::{Runs, Who, heats, heats_of, start};
use super::plots::{Plot, Plots};
use super::table::{Rows, Target, Unit};

const NS: (Unit, &str) = (Unit::Time, "ns");
const BYTES: (Unit, &str) = (Unit::Bytes, "bytes");

/// W2.
pub(crate) fn cold_sync(rows: &mut Rows, _: &mut Plots) -> Result<(), Box<dyn Error>> {
    let name = "W2 cold sync, 1,000 x 100 keys, one entry";
    let whos = [Who::Ours, Who::Chitchat, Who::Pycrdt, Who::Npm, Who::Automerge];
    let runs = heats(&mut start(&whos), "w2 plain");
    let [ours, chitchat, pycrdt, npm, automerge] = &runs[..] else { unreachable!("as many") };
    rows.beside(name, NS, (ours, chitchat), Target::Times(35.0));
    rows.beside(name, NS, (ours, pycrdt), Target::Times(10.0));
    rows.beside(name, NS, (ours, npm), Target::Nothing);
    rows.beside(name, NS, (ours, automerge), Target::Nothing);
    rows.beside(name, BYTES, (ours, chitchat), Target::AtMost(90.0));
    rows.beside(name, BYTES, (ours, pycrdt), Target::Nothing);
    rows.beside(name, BYTES, (ours, npm), Target::Nothing);

    let runs = heats_of(&mut start(&[Who::Ours, Who::Chitchat]), &["w2 datagrams", "w2 plain"]);
    let name = "W2 the same, both in messages of 65,507 bytes";
    rows.beside(name, NS, (&runs[0], &runs[1]), Target::Nothing);
    rows.beside(name, BYTES, (&runs[0], &runs[1]), Target::Nothing);

    let runs = heats(&mut start(&[Who::Ours]), "w2 stream");
    rows.alone("W2 the same over a stream", Unit::Time, runs[0].median("ns"), Target::Nothing);
    let runs = heats(&mut start(&[Who::Ours]), "w2 compressed");
    let name = "W2 the same over a stream, compressed";
    rows.alone(name, Unit::Time, runs[0].median("ns"), Target::Nothing);
    rows.beside(name, BYTES, (&runs[0], chitchat), Target::Less);
    rows.beside(name, BYTES, (&runs[0], automerge), Target::Less);
    Ok(())
}

/// W3 and W4, which ask the same processes, because a million participants are not made in no time.
pub(crate) fn meetings(rows: &mut Rows, plots: &mut Plots) -> Result<(), Box<dyn Error>> {
    const IDLE: [usize; 5] = [10, 1_000, 10_000, 100_000, 1_000_000];
    // What a peer can do at all, or in a time that anybody would wait for.
    const MOST_OF_PEERS: usize = 10_000;
    let mut few = None;
    for participants in IDLE {
        let whos = [Who::Ours, Who::Chitchat, Who::Pycrdt];
        let mut contestants =
            start(if participants > MOST_OF_PEERS { &whos[..1] } else { &whos[..] });
        let runs = heats(&mut contestants, &format!("w3 {participants}"));
        let name = format!("W3 idle exchange, N = {participants}");
        rows.alone(&name, Unit::Bytes, runs[0].median("bytes"), Target::AtMost(160.0));
        idle_time(rows, &name, &runs[0], &mut few);
        for one in &runs {
            let x = participants as f64;
            plots.point(Plot::IdleBytes, one.who.name(), x, one.median("bytes"));
            plots.point(Plot::IdleTime, one.who.name(), x, one.median("ns"));
            if one.who != Who::Ours {
                rows.beside(&name, NS, (&runs[0], one), Target::Nothing);
            }
        }
        if [1_000, 10_000, 1_000_000].contains(&participants) {
            for changed in [1, 10, 100, 500] {
                // A peer is asked for what is compared: its exchange is much the same in the rest.
                let asked = if (participants, changed) == (1_000, 10) { 3 } else { 1 };
                let request = format!("w4 {participants} {changed}");
                let runs = heats(&mut contestants[..asked], &request);
                after_changes(rows, plots, participants, changed, &runs);
            }
        }
    }
    Ok(())
}

/// The same time at every N, beside that at the smallest.
fn idle_time(rows: &mut Rows, name: &str, ours: &Runs, few: &mut Option<f64>) {
    /// What noise and caches may do.
    const SAME: f64 = 0.5;
    let time = ours.median("ns");
    match few {
        Some(few) => {
            let at = ("itself at N = 10", Some(*few));
            rows.against(name, Unit::Time, time, at, Target::Times(SAME));
        }
        None => {
            rows.alone(name, Unit::Time, time, Target::Nothing);
            *few = time;
        }
    }
}

fn after_changes(
    rows: &mut Rows,
    plots: &mut Plots,
    participants: usize,
    changed: usize,
    runs: &[Runs],
) {
    let ours = &runs[0];
    let name = format!("W4 N = {participants}, {changed} changed");
    let (told, most) = (ours.median("reconciliation"), 65.0 * changed as f64 + 400.0);
    rows.alone(format!("{name}, all but the entries"), Unit::Bytes, told, Target::AtMost(most));
    let share = ours.median("one_round_trip");
    rows.alone(format!("{name}, one round trip"), Unit::Share, share, Target::AtLeast(0.95));
    let (line, x) = (format!("N = {participants}"), changed as f64);
    plots.point(Plot::ChangedBytes, &line, x, told);
    plots.point(Plot::ChangedTime, &line, x, ours.median("ns"));
    let mut peers: Vec<&Runs> = runs[1..].iter().filter(|one| one.median("ns").is_some()).collect();
    peers.sort_by(|a, b| a.median("ns").partial_cmp(&b.median("ns")).expect("they are numbers"));
    match peers.first() {
        Some(fastest) => {
            rows.beside(&name, NS, (ours, fastest), Target::Times(40.0));
            for one in peers {
                rows.beside(&name, BYTES, (ours, one), Target::AtMost(2_000.0));
            }
        }
        None => rows.alone(&name, Unit::Time, ours.median("ns"), Target::Nothing),
    }
}

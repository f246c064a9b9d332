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

/// How many participants, and how that is written.
const PARTICIPANTS: [(usize, &str); 5] = [
    (10, "10"),
    (1_000, "1,000"),
    (10_000, "10,000"),
    (100_000, "100,000"),
    (1_000_000, "1,000,000"),
];
const CHANGED: [usize; 4] = [1, 10, 100, 500];
/// More than that a peer cannot do, or not in a time that anybody would wait for.
const MOST_OF_PEERS: usize = 10_000;
/// The same time for more participants is at most twice: caches are only so large.
const SAME: Target = Target::Times(0.5);

/// W3 and W4, which ask the same processes, because a million participants are not made in no time.
pub(crate) fn meetings(rows: &mut Rows, plots: &mut Plots) -> Result<(), Box<dyn Error>> {
    let whos = [Who::Ours, Who::Chitchat, Who::Pycrdt];
    let (mut idle_of_few, mut changed_of_few) = (None, [None; CHANGED.len()]);
    for (participants, count) in PARTICIPANTS {
        let asked = if participants > MOST_OF_PEERS { &whos[..1] } else { &whos[..] };
        let mut contestants = start(asked);
        let runs = heats(&mut contestants, &format!("w3 {participants}"));
        idle(rows, plots, (participants, count), &runs, &mut idle_of_few);
        if ![1_000, 10_000, 1_000_000].contains(&participants) {
            continue;
        }
        for (changed, few) in CHANGED.into_iter().zip(&mut changed_of_few) {
            // Peers are asked for what is compared; the rest would tell the same again.
            let asked = if (participants, changed) == (1_000, 10) { whos.len() } else { 1 };
            let request = format!("w4 {participants} {changed}");
            let runs = heats(&mut contestants[..asked], &request);
            after_changes(rows, plots, (count, changed), &runs, few);
        }
    }
    Ok(())
}

fn idle(
    rows: &mut Rows,
    plots: &mut Plots,
    (participants, count): (usize, &str),
    runs: &[Runs],
    few: &mut Option<f64>,
) {
    const MOST: f64 = 160.0;
    let (name, ours, x) = (format!("W3 idle exchange, N = {count}"), &runs[0], participants as f64);
    rows.alone(&name, Unit::Bytes, ours.median("bytes"), Target::AtMost(MOST));
    same_time(rows, &name, ours, few, "itself at N = 10");
    plots.point(Plot::IdleBytes, "target", x, Some(MOST));
    for one in runs {
        plots.point(Plot::IdleBytes, one.who.name(), x, one.median("bytes"));
        plots.point(Plot::IdleTime, one.who.name(), x, one.median("ns"));
    }
    for peer in &runs[1..] {
        rows.beside(&name, NS, (ours, peer), Target::Nothing);
    }
}

fn after_changes(
    rows: &mut Rows,
    plots: &mut Plots,
    (count, changed): (&str, usize),
    runs: &[Runs],
    few: &mut Option<f64>,
) {
    let (name, ours, x) = (format!("W4 N = {count}, {changed} changed"), &runs[0], changed as f64);
    let (told, most) = (ours.median("reconciliation"), 65.0 * x + 400.0);
    rows.alone(format!("{name}, all but the deltas"), Unit::Bytes, told, Target::AtMost(most));
    let share = ours.median("one_round_trip");
    rows.alone(format!("{name}, one round trip"), Unit::Share, share, Target::AtLeast(0.95));
    same_time(rows, &name, ours, few, "itself at N = 1,000");
    let line = format!("N = {count}");
    plots.point(Plot::ChangedBytes, &line, x, told);
    plots.point(Plot::ChangedBytes, "target", x, Some(most));
    plots.point(Plot::ChangedTime, &line, x, ours.median("ns"));

    let mut peers: Vec<&Runs> = runs[1..].iter().filter(|one| one.median("ns").is_some()).collect();
    peers.sort_by(|a, b| a.median("ns").partial_cmp(&b.median("ns")).expect("they are numbers"));
    for (at, peer) in peers.iter().enumerate() {
        // The first is the fastest.
        let target = if at == 0 { Target::Times(40.0) } else { Target::Nothing };
        rows.beside(&name, NS, (ours, peer), target);
        rows.beside(&name, BYTES, (ours, peer), Target::AtMost(2_000.0));
    }
}

/// Our time, beside that for the fewest participants.
fn same_time(rows: &mut Rows, name: &str, ours: &Runs, few: &mut Option<f64>, fewest: &str) {
    let time = ours.median("ns");
    if few.is_some() {
        rows.against(name, Unit::Time, time, (fewest, *few), SAME);
    } else {
        rows.alone(name, Unit::Time, time, Target::Nothing);
        *few = time;
    }
}

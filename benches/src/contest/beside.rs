//! Calls on a host while exchanges go on, from one thread and from several.

use std::error::Error;

use super::contestant::{Runs, Who, heats_of, start};
use super::plots::Plots;
use super::table::{Rows, Target, Unit};

const THREADS: [usize; 3] = [1, 2, 4];
/// A call is not held up for longer than a scheduler holds up threads for each other.
const SOON: Target = Target::AtMost(1e6);

/// W10.
pub(crate) fn calls(rows: &mut Rows, _: &mut Plots) -> Result<(), Box<dyn Error>> {
    for threads in THREADS {
        get(rows, threads);
    }
    let beside = ["alone", "elsewhere", "turns", "locked"];
    let runs = ask(Who::Ours, "set 1", &beside);
    let name = "W10 set, one thread";
    latencies(rows, name, &runs[..3]);
    let (turns, locked) = (&runs[2], runs[3].median("max"));
    rows.against(name, Unit::Time, turns.median("max"), ("one lock, longest", locked), SOON);
    for threads in THREADS {
        let request = format!("get {threads}");
        let runs = ask(Who::OursInPython, &request, &beside[..3]);
        latencies(rows, &format!("W10 get through Python, {}", of(threads)), &runs);
    }
    let runs = ask(Who::OursInPython, "set 1", &beside[..3]);
    latencies(rows, "W10 set through Python, one thread", &runs);
    Ok(())
}

fn get(rows: &mut Rows, threads: usize) {
    let runs =
        ask(Who::Ours, &format!("get {threads}"), &["alone", "elsewhere", "turns", "locked"]);
    let name = format!("W10 get, {}", of(threads));
    latencies(rows, &name, &runs[..3]);
    let (turns, locked) = (&runs[2], &runs[3]);
    for (figure, word) in [("p99", "one lock, 99 %"), ("max", "one lock, longest")] {
        let theirs = (word, locked.median(figure));
        rows.against(name.as_str(), Unit::Time, turns.median(figure), theirs, Target::Nothing);
    }
    let each = ("alone", runs[0].median("each"));
    let name = format!("{name}, time for each of all");
    rows.against(name, Unit::Time, turns.median("each"), each, Target::Nothing);
    let name = format!("W10 cold sync beside get, {}", of(threads));
    let sync = ("one lock", locked.median("sync"));
    rows.against(name, Unit::Time, turns.median("sync"), sync, Target::Nothing);
}

/// The same beside exchanges of this host, beside those of others, and beside nothing.
fn latencies(rows: &mut Rows, name: &str, runs: &[Runs]) {
    let [alone, elsewhere, turns] = runs else { return };
    for (figure, word, target) in [
        ("p50", "half", Target::Nothing),
        ("p99", "99 %", SOON),
        ("max", "longest", Target::Nothing),
    ] {
        let (name, time) = (format!("{name}, {word}"), turns.median(figure));
        let others = ("beside others' syncs", elsewhere.median(figure));
        rows.against(name.as_str(), Unit::Time, time, others, target);
        rows.against(name, Unit::Time, time, ("alone", alone.median(figure)), Target::Nothing);
    }
}

fn ask(who: Who, what: &str, beside: &[&str]) -> Vec<Runs> {
    let requests: Vec<String> = beside.iter().map(|how| format!("w10 {what} {how}")).collect();
    let requests: Vec<&str> = requests.iter().map(String::as_str).collect();
    heats_of(&mut start(&vec![who; beside.len()]), &requests)
}

fn of(threads: usize) -> String {
    if threads == 1 { "one thread".to_owned() } else { format!("{threads} threads") }
}

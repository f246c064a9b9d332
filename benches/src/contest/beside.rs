//! Calls on a host while exchanges go on, from one thread and from several.

use std::error::Error;

use super::contestant::{Runs, Who, heats, heats_of, start};
use super::plots::Plots;
use super::table::{Rows, Target, Unit};

const THREADS: [usize; 3] = [1, 2, 4];
/// A call is not held up for longer than a scheduler holds up threads for each other.
const SOON: Target = Target::AtMost(1e6);

/// W10.
pub(crate) fn calls(rows: &mut Rows, _: &mut Plots) -> Result<(), Box<dyn Error>> {
    let turns = heats(&mut start(&[Who::Ours]), "w10 turns");
    for (figure, word) in [("p50", "half"), ("max", "longest")] {
        let name = format!("W10 turns of a cold sync, {word}");
        rows.alone(name, Unit::Time, turns[0].median(figure), Target::Nothing);
    }
    for (who, how) in [(Who::Ours, ""), (Who::OursInPython, " through Python")] {
        for threads in THREADS {
            let name = format!("W10 get{how}, {}", of(threads));
            latencies(rows, &name, who, &format!("get {threads}"));
        }
        latencies(rows, &format!("W10 set{how}, one thread"), who, "set 1");
        for threads in THREADS {
            let runs = ask(who, &format!("flood {threads}"), &["alone", "turns"]);
            let name = format!("W10 get{how} without a pause, {}", of(threads));
            let alone = ("alone", runs[0].median("each"));
            rows.against(name, Unit::Time, runs[1].median("each"), alone, Target::Nothing);
        }
    }
    Ok(())
}

/// How long a call takes beside exchanges of this host, beside those of others, beside nothing, and
/// under one lock.
fn latencies(rows: &mut Rows, name: &str, who: Who, what: &str) {
    let runs = ask(who, what, &["alone", "elsewhere", "turns", "locked"]);
    let [alone, elsewhere, turns, locked] = &runs[..] else { return };
    for (figure, word) in [("p50", "half"), ("p99", "99 %"), ("max", "longest")] {
        let (name, time) = (format!("{name}, {word}"), turns.median(figure));
        for (other, runs) in [("alone", alone), ("beside others' syncs", elsewhere)] {
            let other = (other, runs.median(figure));
            rows.against(name.as_str(), Unit::Time, time, other, Target::Nothing);
        }
        let target = if figure == "p99" { SOON } else { Target::Nothing };
        rows.against(name, Unit::Time, time, ("one lock", locked.median(figure)), target);
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

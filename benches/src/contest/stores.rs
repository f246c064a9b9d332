//! The durable state beside stores that other programs use, and beside a bare file.

use std::error::Error;

use super::contestant::{Contestant, Figures, Runs, Who, heats_of, start};
use super::plots::Plots;
use super::table::{Rows, Target, Unit};

const STORES: [(Who, &str); 4] =
    [(Who::Ours, "plasmid"), (Who::BareFile, "file"), (Who::Redb, "redb"), (Who::Sqlite, "sqlite")];

const NS: (Unit, &str) = (Unit::Time, "ns");

pub(crate) fn stores(rows: &mut Rows, _: &mut Plots) -> Result<(), Box<dyn Error>> {
    let mut all = start(&STORES.map(|(who, _)| who));
    for (writers, name) in [(1, "one writer"), (16, "16 writers")] {
        let runs = ask(&mut all, &format!("commit {writers}"));
        beside(rows, &format!("stores: a durable entry, {name}"), NS, &runs);
    }
    for count in [100_000, 1_000_000] {
        for (end, how) in [("closed", "plain"), ("closed", "checked"), ("killed", "plain")] {
            for (one, (_, name)) in all.iter_mut().zip(STORES) {
                one.ask(&format!("stores {name} make {count} {end}"));
            }
            let runs = ask(&mut all, &format!("open {count} {end} {how}"));
            beside(rows, &format!("stores: open and read {count}, {end}, {how}"), NS, &runs);
        }
    }
    space(rows, &mut all);
    damage(rows, &mut all);
    relaxed(rows);
    for (one, (_, name)) in all.iter_mut().zip(STORES) {
        one.ask(&format!("stores {name} clear"));
    }
    Ok(())
}

fn ask(all: &mut [Contestant], what: &str) -> Vec<Runs> {
    let requests = STORES.map(|(_, name)| format!("stores {name} {what}"));
    heats_of(all, &requests.each_ref().map(|request| &**request))
}

/// Ours beside each other.
fn beside(rows: &mut Rows, name: &str, figure: (Unit, &str), runs: &[Runs]) {
    let [ours, others @ ..] = runs else { return };
    for other in others {
        rows.beside(name, figure, (ours, other), Target::Nothing);
    }
}

/// Once each: it is nearly the same each time.
fn space(rows: &mut Rows, all: &mut [Contestant]) {
    for keys in [1_000, 10_000] {
        // Of the bare file nothing is ever dropped.
        let figures = once(all, &format!("space {keys}"), &["redb", "sqlite"]);
        for (figure, when) in [("most", "most"), ("closed", "when closed")] {
            let name = format!("stores: on disk for a live byte, {keys} keys, {when}");
            let get = |figures: &Option<Figures>| figures.as_ref()?.get(figure);
            compare(rows, &name, Unit::Times, &figures, &get, Target::AtMost(3.0));
        }
    }
}

/// Once each: the same bits are flipped each time.
fn damage(rows: &mut Rows, all: &mut [Contestant]) {
    for end in ["closed", "killed"] {
        for (how, others) in
            [("plain", &["file", "redb", "sqlite"][..]), ("checked", &["redb", "sqlite"])]
        {
            let figures = once(all, &format!("damage {end} {how}"), others);
            for (ways, verdicts, target) in [
                ("wrong or crashed", &["wrong", "crashed", "hung"][..], Target::AtMost(0.0)),
                ("refused", &["error"], Target::Nothing),
                ("some lost", &["earlier", "empty"], Target::Nothing),
            ] {
                let sum = |figures: &Option<Figures>| {
                    let of = |verdict: &&str| {
                        let of = |kind| figures.as_ref()?.get(&format!("{kind} {verdict}"));
                        Some(of("flipped")? + of("cut")?)
                    };
                    verdicts.iter().map(of).sum()
                };
                let name = format!("stores: 2,500 files damaged, {end}, {how}: {ways}");
                compare(rows, &name, Unit::Count, &figures, &sum, target);
            }
        }
    }
}

/// The figures of ours and of these others.
fn once(
    all: &mut [Contestant],
    what: &str,
    others: &[&str],
) -> Vec<(&'static str, Option<Figures>)> {
    let asked = all.iter_mut().zip(STORES);
    let asked = asked.filter(|(_, (who, name))| *who == Who::Ours || others.contains(name));
    asked
        .map(|(one, (who, name))| (who.name(), one.ask(&format!("stores {name} {what}"))))
        .collect()
}

fn compare(
    rows: &mut Rows,
    name: &str,
    unit: Unit,
    figures: &[(&'static str, Option<Figures>)],
    of: &impl Fn(&Option<Figures>) -> Option<f64>,
    target: Target,
) {
    let [(_, ours), others @ ..] = figures else { return };
    for (who, theirs) in others {
        rows.against(name, unit, of(ours), (who, of(theirs)), target);
    }
}

/// W1 of a host that is kept, but not waited for.
fn relaxed(rows: &mut Rows) {
    let requests = ["stores sets relaxed", "stores sets memory", "w1 off"];
    let runs = heats_of(&mut start(&[Who::Ours; 3]), &requests);
    let time = runs[0].median("ns");
    for (runs, other) in runs[1..].iter().zip(["in memory", "in memory, no lock"]) {
        let other = (other, runs.median("ns"));
        rows.against("stores: W1, no history, relaxed", Unit::Time, time, other, Target::Nothing);
    }
}

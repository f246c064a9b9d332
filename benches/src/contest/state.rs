//! What one host does by itself: writing, holding, and turning state into bytes and back.

use std::error::Error;

use super::contestant::{Who, fresh_heats, heats, heats_of, start};
use super::plots::Plots;
use super::table::{Rows, Target, Unit};
use crate::callgrind;

const NS: (Unit, &str) = (Unit::Time, "ns");
const BYTES: (Unit, &str) = (Unit::Bytes, "bytes");

/// W1.
pub(crate) fn writing(rows: &mut Rows, _: &mut Plots) -> Result<(), Box<dyn Error>> {
    let name = "W1 set, 100,000 over 10,000 keys, no history";
    let runs = heats(&mut start(&[Who::Ours, Who::Chitchat]), "w1 off");
    rows.beside(name, NS, (&runs[0], &runs[1]), Target::Times(3.0));
    let name = "W1 set, 100,000 over 10,000 keys, history";
    let runs = heats(&mut start(&[Who::Ours, Who::Npm]), "w1 on");
    rows.beside(name, NS, (&runs[0], &runs[1]), Target::Times(2.0));
    Ok(())
}

/// W6.
pub(crate) fn memory(rows: &mut Rows, _: &mut Plots) -> Result<(), Box<dyn Error>> {
    let whos = [Who::Ours, Who::Chitchat];
    let runs = fresh_heats(&whos, "w6 1000 1000 16");
    let name = "W6 1,000 participants x 1,000 keys, values of 16 bytes, one entry";
    rows.beside(name, BYTES, (&runs[0], &runs[1]), Target::AtMost(84.0));
    let runs = fresh_heats(&whos, "w6 10000 10 64");
    let name = "W6 10,000 participants x 10 keys, one entry";
    rows.beside(name, BYTES, (&runs[0], &runs[1]), Target::AtMost(120.0));
    let runs = fresh_heats(&whos, "w6 10000 1 16");
    let name = "W6 10,000 participants x 1 key, values of 16 bytes, one entry";
    rows.beside(name, BYTES, (&runs[0], &runs[1]), Target::Nothing);
    for (history, name) in [
        ("on", "W6 100,000 keys set 20 times each, most for one key, history"),
        ("off", "W6 100,000 keys set 20 times each, most for one key, no history"),
    ] {
        let runs = fresh_heats(&whos[..1], &format!("w6 overwritten {history}"));
        rows.alone(name, BYTES.0, runs[0].median("bytes"), Target::Nothing);
    }
    Ok(())
}

/// W7.
pub(crate) fn coding(rows: &mut Rows, _: &mut Plots) -> Result<(), Box<dyn Error>> {
    let mut ours = start(&[Who::Ours, Who::Ours]);
    for (what, target) in
        [("encode", Target::Times(0.3)), ("decode", Target::Nothing), ("apply", Target::Nothing)]
    {
        let runs = heats_of(&mut ours, &[&format!("w7 {what}"), "w7 copy"]);
        let (time, copy) = (runs[0].median("ns"), runs[1].median("ns"));
        let name = format!("W7 {what} a delta of 10,000 entries");
        rows.against(name, Unit::Time, time, ("memcpy", copy), target);
    }
    let count = callgrind::count("w7 decode")?;
    // The process decodes it as often as a run does.
    let decoded = ours[0]
        .ask("w7 decode")
        .and_then(|figures| Some(figures.get("times")? * figures.get("entries")?));
    let entry = count.zip(decoded).map(|(count, decoded)| count as f64 / decoded);
    let name = "W7 decode and validate, instructions for one entry";
    rows.alone(name, Unit::Instructions, entry, Target::AtMost(60.0));
    Ok(())
}

/// W8.
pub(crate) fn newest(rows: &mut Rows, _: &mut Plots) -> Result<(), Box<dyn Error>> {
    let runs = heats(&mut start(&[Who::Ours, Who::Chitchat]), "w8");
    let name = "W8 an exchange that brings the newest 10 of 100,000 keys";
    rows.beside(name, NS, (&runs[0], &runs[1]), Target::Times(1_000.0));
    // Of an exchange of chitchat nobody can see a part.
    let name = "W8 of that, the answer that has them";
    rows.alone(name, Unit::Time, runs[0].median("delta"), Target::Nothing);
    Ok(())
}

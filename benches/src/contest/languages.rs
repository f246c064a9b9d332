//! What the bindings cost: the same workloads through C and through Python.

use std::error::Error;

use super::contestant::{Who, heats, start};
use super::plots::Plots;
use super::table::{Rows, Target, Unit};

const NS: (Unit, &str) = (Unit::Time, "ns");
/// C takes at most a tenth more time than Rust, and Python a fifth more where the work is in Rust.
const C: Target = Target::Times(0.91);
const PYTHON: Target = Target::Times(0.83);

/// W9.
pub(crate) fn bindings(rows: &mut Rows, _: &mut Plots) -> Result<(), Box<dyn Error>> {
    let whos = [Who::Ours, Who::OursInC, Who::OursInPython, Who::Pycrdt];
    let runs = heats(&mut start(&whos), "w1 on");
    rows.beside("W9 set through C, history", NS, (&runs[1], &runs[0]), C);
    rows.beside("W9 set through Python, history", NS, (&runs[2], &runs[0]), Target::Nothing);
    rows.beside("W9 set through Python, history", NS, (&runs[2], &runs[3]), Target::Times(5.0));
    for (name, request, python) in [
        ("W9 cold sync", "w2 plain", PYTHON),
        ("W9 exchange of 1,200-byte datagrams", "w9", Target::Nothing),
    ] {
        let runs = heats(&mut start(&whos[..3]), request);
        rows.beside(format!("{name} through C"), NS, (&runs[1], &runs[0]), C);
        rows.beside(format!("{name} through Python"), NS, (&runs[2], &runs[0]), python);
    }
    Ok(())
}

//! The two tables that are printed.

use std::fmt;

use comfy_table::{CellAlignment, Table, presets};

use super::measure::{Journey, Measured};

/// Times, beside copies of the same bytes.
pub(crate) struct Costs(Table);

impl Costs {
    pub(crate) fn new() -> Self {
        Costs(table(&["workload", "bytes", "ours", "memcpy", "ours : memcpy"]))
    }

    pub(crate) fn row(&mut self, workload: &str, bytes: usize, measured: Measured) {
        self.0.add_row([
            workload.to_owned(),
            bytes.to_string(),
            time(measured.ours_ns),
            time(measured.memcpy_ns),
            format!("{:.1}", measured.ratio),
        ]);
    }
}

impl fmt::Display for Costs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.0)?;
        writeln!(f, "16-byte keys, 64-byte values; medians of 9 runs, ratios taken run by run.")
    }
}

/// How much travels, beside the fewest messages that could carry what must.
pub(crate) struct Journeys(Table);

impl Journeys {
    pub(crate) fn new() -> Self {
        Journeys(table(&[
            "workload",
            "exchanges",
            "messages",
            "bytes",
            "least",
            "exchanges : least",
            "time",
        ]))
    }

    pub(crate) fn row(&mut self, workload: &str, journey: Journey) {
        self.0.add_row([
            workload.to_owned(),
            journey.exchanges.to_string(),
            journey.messages.to_string(),
            journey.bytes.to_string(),
            journey.least.to_string(),
            format!("{:.2}", journey.exchanges as f64 / journey.least as f64),
            time(journey.ns),
        ]);
    }
}

impl fmt::Display for Journeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.0)?;
        writeln!(
            f,
            "The reader initiates, so one message of each exchange can bring it something."
        )?;
        writeln!(f, "Least: the bytes of what it lacks at the start, divided by the budget.")?;
        writeln!(f, "Medians of 9 seeds; the time is that of both hosts together.")
    }
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header(header);
    for column in 1..header.len() {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn time(ns: f64) -> String {
    match ns {
        ns if ns < 1e3 => format!("{ns:.1} ns"),
        ns if ns < 1e6 => format!("{:.1} us", ns / 1e3),
        ns => format!("{:.1} ms", ns / 1e6),
    }
}

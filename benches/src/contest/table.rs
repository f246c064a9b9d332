//! What is reported: ours, theirs, how many times better, what was aimed at, and whether it is so.

use std::fmt;

use comfy_table::{CellAlignment, Table, presets};

use super::contestant::Runs;

/// What a figure must be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// Theirs is at least so many times ours.
    Times(f64),
    AtMost(f64),
    AtLeast(f64),
    /// Less than theirs.
    Less,
    /// It is there for comparison.
    Nothing,
}

impl Target {
    fn is_met(self, ours: f64, ratio: Option<f64>) -> Option<bool> {
        match self {
            Target::Times(times) => ratio.map(|ratio| ratio >= times),
            Target::AtMost(most) => Some(ours <= most),
            Target::AtLeast(least) => Some(ours >= least),
            Target::Less => ratio.map(|ratio| ratio > 1.0),
            Target::Nothing => None,
        }
    }
}

/// In what a figure is told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unit {
    Time,
    Bytes,
    Share,
    Rounds,
    Small,
    Instructions,
    /// So many times something else.
    Times,
    Count,
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Unit::Time if value < 1e3 => format!("{value:.1} ns"),
            Unit::Time if value < 1e6 => format!("{:.1} us", value / 1e3),
            Unit::Time => format!("{:.1} ms", value / 1e6),
            Unit::Bytes if value < 1e3 => format!("{value:.1} B"),
            Unit::Bytes => format!("{value:.0} B"),
            Unit::Share => format!("{:.0} %", value * 100.0),
            Unit::Rounds => format!("{value:.2}"),
            Unit::Small => format!("{value:.5}"),
            Unit::Instructions => format!("{value:.1}"),
            Unit::Times => format!("{value:.2}x"),
            Unit::Count => format!("{value:.0}"),
        }
    }
}

/// One line of the table.
struct Row {
    workload: String,
    unit: Unit,
    ours: Option<f64>,
    theirs: Option<(String, Option<f64>)>,
    ratio: Option<f64>,
    target: Target,
}

#[derive(Default)]
pub(crate) struct Rows(Vec<Row>);

impl Rows {
    /// A figure of ours alone.
    pub(crate) fn alone(
        &mut self,
        workload: impl Into<String>,
        unit: Unit,
        ours: Option<f64>,
        target: Target,
    ) {
        let workload = workload.into();
        self.0.push(Row { workload, unit, ours, theirs: None, ratio: None, target });
    }

    /// A figure beside that of a peer, as it was in the same runs.
    pub(crate) fn beside(
        &mut self,
        workload: impl Into<String>,
        (unit, figure): (Unit, &str),
        (ours, theirs): (&Runs, &Runs),
        target: Target,
    ) {
        self.0.push(Row {
            workload: workload.into(),
            unit,
            ours: ours.median(figure),
            theirs: Some((theirs.who.name().to_owned(), theirs.median(figure))),
            ratio: ours.ratio(theirs, figure),
            target,
        });
    }

    /// A figure beside another of ours, or beside one that no peer has.
    pub(crate) fn against(
        &mut self,
        workload: impl Into<String>,
        unit: Unit,
        ours: Option<f64>,
        (name, other): (&str, Option<f64>),
        target: Target,
    ) {
        self.0.push(Row {
            workload: workload.into(),
            unit,
            ours,
            theirs: Some((name.to_owned(), other)),
            ratio: ours.zip(other).map(|(ours, other)| other / ours).filter(|r| r.is_finite()),
            target,
        });
    }

    /// Whether each row with a target is met; none where somebody took no part.
    fn met(&self) -> impl Iterator<Item = Option<bool>> {
        self.0.iter().filter(|row| !matches!(row.target, Target::Nothing)).map(Row::is_met)
    }
}

impl fmt::Display for Rows {
    /// As Markdown, and how many targets are met.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN);
        table.set_header(["workload", "ours", "theirs", "of", "ratio", "target", "met"]);
        for column in [1, 2, 4] {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        for row in &self.0 {
            table.add_row(row.cells());
        }
        let count = |what| self.met().filter(|met| *met == what).count();
        let (yes, no, skipped) = (count(Some(true)), count(Some(false)), count(None));
        write!(f, "{table}\n\nTargets: {yes} met, {no} not met, {skipped} skipped.")
    }
}

impl Row {
    fn is_met(&self) -> Option<bool> {
        self.target.is_met(self.ours?, self.ratio)
    }

    fn cells(&self) -> [String; 7] {
        let show = |value: Option<f64>| match value {
            Some(value) => self.unit.show(value),
            None => "skipped".to_owned(),
        };
        let (name, theirs) = match &self.theirs {
            Some((name, theirs)) => (name.clone(), show(*theirs)),
            None => (String::new(), String::new()),
        };
        let target = match self.target {
            Target::Times(times) => format!(">= {times}x"),
            Target::AtMost(most) => format!("<= {}", self.unit.show(most)),
            Target::AtLeast(least) => format!(">= {}", self.unit.show(least)),
            Target::Less => "less".to_owned(),
            Target::Nothing => String::new(),
        };
        let met = match self.is_met() {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "",
        };
        let ratio = match self.ratio {
            Some(ratio) if ratio < 10.0 => format!("{ratio:.2}x"),
            Some(ratio) => format!("{ratio:.0}x"),
            None => String::new(),
        };
        [self.workload.clone(), show(self.ours), theirs, name, ratio, target, met.to_owned()]
    }
}

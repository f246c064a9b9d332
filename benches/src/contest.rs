//! The contest: every workload, ours and theirs in turn, and what it must show.

mod beside;
mod contestant;
mod exchanges;
mod fleets;
mod languages;
mod plots;
mod state;
mod stores;
mod table;

use std::error::Error;
use std::path::Path;

pub(crate) use plots::Plots;
pub(crate) use table::Rows;

/// A workload of the contest, and its figures in what is reported.
type Workload = fn(&mut Rows, &mut Plots) -> Result<(), Box<dyn Error>>;

/// By the names that `ONLY` knows them by; W4 is part of w3.
const WORKLOADS: [(&str, Workload); 10] = [
    ("w1", state::writing),
    ("w2", exchanges::cold_sync),
    ("w3", exchanges::meetings),
    ("w5", fleets::fleets),
    ("w6", state::memory),
    ("w7", state::coding),
    ("w8", state::newest),
    ("w9", languages::bindings),
    ("w10", beside::calls),
    ("stores", stores::stores),
];

/// Run the workloads whose names are in `only`, or all; plots go into `folder`.
pub(crate) fn run(only: &[&str], folder: &Path) -> Result<Rows, Box<dyn Error>> {
    if let Some(unknown) = only.iter().find(|only| WORKLOADS.iter().all(|(name, _)| name != *only))
    {
        return Err(format!("no workload is called {unknown:?}").into());
    }
    let (mut rows, mut plots) = (Rows::default(), Plots::default());
    for (name, workload) in WORKLOADS {
        if only.is_empty() || only.contains(&name) {
            eprintln!("{name} ...");
            workload(&mut rows, &mut plots)?;
        }
    }
    plots.draw(folder)?;
    Ok(rows)
}

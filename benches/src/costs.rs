//! What each thing costs, as a multiple of what nobody can do without: copying the same bytes, or
//! the fewest messages that could carry them.
//!
//! 16-byte keys and 64-byte values, where nothing else is said. Ratios hold from machine to
//! machine; the times beside them are this machine's, in this run.

use plasmid::Error;

mod catching_up;
mod changes;
mod compaction;
mod fleet;
mod measure;
mod pieces;
mod report;
mod writing;

use report::{Costs, Journeys};

/// Two tables, of times and of what travels.
pub(crate) fn run() -> Result<String, Error> {
    let mut costs = Costs::new();
    writing::report(&mut costs)?;
    compaction::report(&mut costs)?;
    changes::report(&mut costs)?;

    let mut journeys = Journeys::new();
    catching_up::report(&mut journeys)?;
    pieces::report(&mut journeys)?;

    Ok(format!("{costs}\n{journeys}"))
}

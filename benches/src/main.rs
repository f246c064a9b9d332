//! What each thing costs, as a multiple of what nobody can do without: copying the same bytes, or
//! the fewest messages that could carry them.
//!
//! 16-byte keys and 64-byte values, where nothing else is said. Ratios hold from machine to
//! machine; the times beside them are this machine's, in this run.

use std::alloc::System;

use cap::Cap;
use plasmid::Error;

mod catching_up;
mod changes;
mod compaction;
mod exchanging;
mod fleet;
mod measure;
mod memory;
mod pieces;
mod report;
mod writing;

use report::{Costs, Journeys, Sizes};

/// Counts what is allocated, and limits nothing.
#[global_allocator]
static ALLOCATED: Cap<System> = Cap::new(System, usize::MAX);

fn main() -> Result<(), Error> {
    // First, while the process is small.
    let mut sizes = Sizes::new();
    memory::report(&mut sizes, || ALLOCATED.allocated())?;

    let mut costs = Costs::new();
    writing::report(&mut costs)?;
    exchanging::report(&mut costs)?;
    compaction::report(&mut costs)?;
    changes::report(&mut costs)?;

    let mut journeys = Journeys::new();
    catching_up::report(&mut journeys)?;
    pieces::report(&mut journeys)?;

    println!("{costs}\n{journeys}\n{sizes}");
    Ok(())
}

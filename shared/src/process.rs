//! Forks. A child inherits every host of its parent, id and nonce and all; were both to write, not
//! even a conflict would be noticed. So what a file keeps belongs to the process that made it.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many forks led from the first process that used this to the one that runs. Asking the system
/// which process this is would take as long as a change.
static FORKS: AtomicU64 = AtomicU64::new(0);

/// The process that made something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process(u64);

impl Process {
    /// The one that runs.
    pub fn this() -> Self {
        Process(FORKS.load(Ordering::Relaxed))
    }

    /// To be called in every child that was forked, before anything else of it uses a host.
    pub fn was_forked() {
        FORKS.fetch_add(1, Ordering::Relaxed);
    }
}

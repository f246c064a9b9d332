//! What most copies have nothing of, behind one pointer: there may be very many participants.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::ops::Deref;

use crate::state::catch_up::CatchUp;
use crate::state::heard::Evidence;
use crate::state::journal::Deletes;
use crate::state::staging::Staged;

/// What a copy has of that. Read it as [`Parts`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Rare(Option<Box<Parts>>);

#[derive(Clone, Debug, Default)]
pub(crate) struct Parts {
    /// What is unfinished of a compaction that was missed.
    pub(crate) catch_up: Option<Box<CatchUp>>,
    /// The owner compacted up to here, and the copy has not followed yet; else 0.
    pub(crate) compacted: u64,
    /// A part of the next update.
    pub(crate) staged: Option<Arc<Staged>>,
    /// When it was known to live; only where the host has a clock.
    pub(crate) evidence: Option<Evidence>,
    /// Deletes that the log does not tell of any more.
    pub(crate) deletes: Option<Arc<Deletes>>,
}

static NOTHING: Parts =
    Parts { catch_up: None, compacted: 0, staged: None, evidence: None, deletes: None };

impl Rare {
    /// Change it. What has become nothing takes no room.
    pub(crate) fn change<R>(&mut self, change: impl FnOnce(&mut Parts) -> R) -> R {
        let parts = self.0.get_or_insert_default();
        let result = change(parts);
        if parts.is_nothing() {
            self.0 = None;
        }
        result
    }

    /// Take something out of it, if there is anything.
    pub(crate) fn clear(&mut self, clear: impl FnOnce(&mut Parts)) {
        if self.0.is_some() {
            self.change(clear);
        }
    }
}

impl Parts {
    fn is_nothing(&self) -> bool {
        let Parts { catch_up, compacted, staged, evidence, deletes } = self;
        let is_unfinished = catch_up.is_some() || staged.is_some() || *compacted > 0;
        !is_unfinished && evidence.is_none() && deletes.is_none()
    }
}

impl Deref for Rare {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        self.0.as_deref().unwrap_or(&NOTHING)
    }
}

//! How failures become Python exceptions. The classes are defined in Python (`plasmid/errors.py`),
//! because some of them are a `ValueError` too.

use plasmid_shared::SharedError;
use plasmid_store::StoreError as Unkept;
use pyo3::import_exception;
use pyo3::prelude::*;

import_exception!(plasmid.errors, BudgetError);
import_exception!(plasmid.errors, BusyError);
import_exception!(plasmid.errors, ClosedError);
import_exception!(plasmid.errors, ConflictError);
import_exception!(plasmid.errors, CursorError);
import_exception!(plasmid.errors, DamagedError);
import_exception!(plasmid.errors, DecodeError);
import_exception!(plasmid.errors, ForeignError);
import_exception!(plasmid.errors, InUseError);
import_exception!(plasmid.errors, InternalError);
import_exception!(plasmid.errors, LeftError);
import_exception!(plasmid.errors, LimitError);
import_exception!(plasmid.errors, OwnParticipantError);
import_exception!(plasmid.errors, StoreError);
import_exception!(plasmid.errors, UnknownParticipantError);

/// Why a call failed, told without Python, so that it can be carried out of a lock.
pub(crate) enum Fault {
    /// The core refused; nothing changed.
    Refused(plasmid::Error),
    /// The file that keeps the host is not to be had, or not any more; or the host was closed.
    Unkept(Unkept),
    /// Another thread is in a call on the same stream; nothing happened.
    Busy,
    /// The host was made before a fork that led to this process; nothing happened.
    Inherited,
    /// The core panicked, in this call or in an earlier one on the same object.
    Panicked,
}

impl From<plasmid::Error> for Fault {
    fn from(error: plasmid::Error) -> Self {
        Fault::Refused(error)
    }
}

impl From<Unkept> for Fault {
    fn from(error: Unkept) -> Self {
        match error {
            // The file knows of forks that Python does not.
            Unkept::Inherited => Fault::Inherited,
            error => Fault::Unkept(error),
        }
    }
}

impl From<SharedError> for Fault {
    fn from(error: SharedError) -> Self {
        match error {
            SharedError::Broken => Fault::Panicked,
            SharedError::Store(error) => error.into(),
        }
    }
}

impl From<Fault> for PyErr {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused(error) => refused(error),
            Fault::Unkept(error) => unkept(error),
            Fault::Busy => BusyError::new_err("another thread is in a call on this stream"),
            Fault::Inherited => ConflictError::new_err(
                "this host was made before a fork: two processes would write under its id; make a \
                 new one here",
            ),
            Fault::Panicked => InternalError::new_err(
                "a defect of plasmid was caught; this object cannot be used any more",
            ),
        }
    }
}

fn refused(error: plasmid::Error) -> PyErr {
    let text = error.to_string();
    match error {
        plasmid::Error::Malformed(_) => DecodeError::new_err(text),
        plasmid::Error::Foreign => ForeignError::new_err(text),
        plasmid::Error::Limit { limit, value, max } => {
            LimitError::new_err((text, limit.name(), value, max))
        }
        plasmid::Error::BudgetTooSmall { needed } => BudgetError::new_err((text, needed)),
        plasmid::Error::Conflict => ConflictError::new_err(text),
        plasmid::Error::Left => LeftError::new_err(text),
        plasmid::Error::Cursor => CursorError::new_err(text),
        plasmid::Error::UnknownParticipant => UnknownParticipantError::new_err(text),
        plasmid::Error::OwnParticipant => OwnParticipantError::new_err(text),
        plasmid::Error::Store => StoreError::new_err(text),
        // An error that the core has learnt and this file has not is a defect of this file.
        _ => InternalError::new_err(text),
    }
}

fn unkept(error: Unkept) -> PyErr {
    let text = error.to_string();
    match error {
        Unkept::InUse => InUseError::new_err(text),
        Unkept::Closed => ClosedError::new_err(text),
        Unkept::NotAState
        | Unkept::Newer { .. }
        | Unkept::Damaged { .. }
        | Unkept::Host(plasmid::Error::Malformed(_)) => DamagedError::new_err(text),
        Unkept::Host(plasmid::Error::Foreign) => ForeignError::new_err(text),
        Unkept::Host(error) => refused(error),
        _ => StoreError::new_err(text),
    }
}

//! The numbers that functions answer, and what stands behind them inside the library.

use std::borrow::Cow;
use std::ffi::{CStr, c_char};

use plasmid::Error;
use plasmid_shared::SharedError;
use plasmid_store::StoreError;

/// What a function answers: `PLASMID_OK` or one of the numbers below. Treat a number that you do
/// not know as a failure: later versions add some. A number never changes its meaning.
pub type plasmid_status = i32;

/// Done.
pub const PLASMID_OK: plasmid_status = 0;

/// What was asked for is not there: no such key, an unknown participant, the end of an iteration.
pub const PLASMID_NOT_FOUND: plasmid_status = 1;

/// The output buffer is too short. `*out_len` is the capacity that is needed; nothing else was
/// written, nothing was consumed and nothing changed.
pub const PLASMID_BUFFER_TOO_SHORT: plasmid_status = 2;

/// An argument has no meaning: NULL where something is needed, an unknown option.
pub const PLASMID_INVALID_ARGUMENT: plasmid_status = 3;

/// The bytes are not messages of this protocol, no whole snapshot, or no sound state
/// (`plasmid_config_set_path`): the fault of the peer, the transport or the store. The host is as
/// it was; a stream or exchange that answers this is over, so close its connection. A file is left
/// as it is.
pub const PLASMID_MALFORMED: plasmid_status = 4;

/// Something is over a limit, which the error text names. Nothing changed.
pub const PLASMID_LIMIT: plasmid_status = 5;

/// Another thread is in a call on this stream, exchange, batch or iterator. Nothing happened; call
/// again.
pub const PLASMID_BUSY: plasmid_status = 6;

/// The message, snapshot or file belongs to another cluster, or the file to another participant.
/// Nothing changed.
pub const PLASMID_FOREIGN: plasmid_status = 7;

/// Another process is certain to live under this participant's id, so nothing is written until
/// `plasmid_host_renew`. Two processes that share an id are a fault of their configuration: end the
/// other first, or it is the next that answers this. So does a host with a file in the process that
/// a fork made, of which the file is not. Nothing changed.
pub const PLASMID_CONFLICT: plasmid_status = 8;

/// A defect of the library (a panic) was caught, or the system gave no random bytes. After a
/// panic the handle answers this for ever; its error text can still be read, and it is to be freed.
pub const PLASMID_INTERNAL: plasmid_status = 9;

/// The file that keeps the host failed: it could not be opened, or a change could not be made
/// durable. In the latter case the host writes nothing any more, for good, reading goes on, and
/// whether that last change is there is known when the file is opened again, by a new host. The
/// error text has the words of the system.
pub const PLASMID_STORE: plasmid_status = 10;

/// The participant has left (`plasmid_host_leave`), so nothing is written until
/// `plasmid_host_renew`. Nothing changed.
pub const PLASMID_LEFT: plasmid_status = 11;

/// The bytes are no cursor of this host, in this life of it, or one that is so old that nobody can
/// tell who is gone since. Forget all that was told, and begin anew with an empty cursor.
pub const PLASMID_CURSOR: plasmid_status = 12;

/// The host was closed (`plasmid_host_close`): it neither changes nor takes part in exchanges any
/// more. Nothing changed.
pub const PLASMID_CLOSED: plasmid_status = 14;

/// Another process has the file, or another host of this process. Nothing changed.
pub const PLASMID_IN_USE: plasmid_status = 15;

// Reserved for what is to come; never reuse a number, not even of a status that is gone.
//   13  SIGNATURE  a signature or key does not match

/// The name of a status, such as `"PLASMID_NOT_FOUND"`; `"unknown status"` for a number that this
/// version does not know. The text is static and ends in a zero byte.
#[unsafe(no_mangle)]
pub extern "C" fn plasmid_status_name(status: plasmid_status) -> *const c_char {
    name(status).as_ptr()
}

const fn name(status: plasmid_status) -> &'static CStr {
    match status {
        PLASMID_OK => c"PLASMID_OK",
        PLASMID_NOT_FOUND => c"PLASMID_NOT_FOUND",
        PLASMID_BUFFER_TOO_SHORT => c"PLASMID_BUFFER_TOO_SHORT",
        PLASMID_INVALID_ARGUMENT => c"PLASMID_INVALID_ARGUMENT",
        PLASMID_MALFORMED => c"PLASMID_MALFORMED",
        PLASMID_LIMIT => c"PLASMID_LIMIT",
        PLASMID_BUSY => c"PLASMID_BUSY",
        PLASMID_FOREIGN => c"PLASMID_FOREIGN",
        PLASMID_CONFLICT => c"PLASMID_CONFLICT",
        PLASMID_INTERNAL => c"PLASMID_INTERNAL",
        PLASMID_STORE => c"PLASMID_STORE",
        PLASMID_LEFT => c"PLASMID_LEFT",
        PLASMID_CURSOR => c"PLASMID_CURSOR",
        PLASMID_CLOSED => c"PLASMID_CLOSED",
        PLASMID_IN_USE => c"PLASMID_IN_USE",
        _ => c"unknown status",
    }
}

/// Why a call fails: the number for the caller and the sentence for the handle.
pub(crate) struct Failure {
    pub(crate) status: plasmid_status,
    pub(crate) text: Cow<'static, str>,
}

/// How the body of a call ends.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    pub(crate) fn new(status: plasmid_status, text: impl Into<Cow<'static, str>>) -> Failure {
        Failure { status, text: text.into() }
    }

    pub(crate) fn not_found(text: &'static str) -> Failure {
        Failure::new(PLASMID_NOT_FOUND, text)
    }

    pub(crate) fn invalid(text: impl Into<Cow<'static, str>>) -> Failure {
        Failure::new(PLASMID_INVALID_ARGUMENT, text)
    }

    pub(crate) fn poisoned() -> Failure {
        Failure::new(PLASMID_INTERNAL, "a defect of the library was caught: free this handle")
    }
}

impl From<SharedError> for Failure {
    fn from(error: SharedError) -> Failure {
        match error {
            SharedError::Broken => Failure::poisoned(),
            SharedError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        let status = match error {
            StoreError::InUse => PLASMID_IN_USE,
            StoreError::Inherited => PLASMID_CONFLICT,
            StoreError::Closed => PLASMID_CLOSED,
            StoreError::NotAState | StoreError::Newer { .. } | StoreError::Damaged { .. } => {
                PLASMID_MALFORMED
            }
            StoreError::Host(error) => Failure::from(error).status,
            // What a store may say beside these is that it does not keep the host.
            _ => PLASMID_STORE,
        };
        Failure::new(status, error.to_string())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        let status = match error {
            Error::Malformed(_) => PLASMID_MALFORMED,
            Error::Foreign => PLASMID_FOREIGN,
            Error::Limit { .. } => PLASMID_LIMIT,
            Error::BudgetTooSmall { .. } => PLASMID_BUFFER_TOO_SHORT,
            Error::Conflict => PLASMID_CONFLICT,
            Error::Left => PLASMID_LEFT,
            Error::Store => PLASMID_STORE,
            Error::Cursor => PLASMID_CURSOR,
            Error::UnknownParticipant => PLASMID_NOT_FOUND,
            Error::OwnParticipant => PLASMID_INVALID_ARGUMENT,
            // The core may grow errors before this crate has a number for them.
            _ => PLASMID_INTERNAL,
        };
        Failure::new(status, error.to_string())
    }
}

//! `plasmid_host`: making a host, and the messages of an exchange.

use std::ffi::c_void;
use std::sync::Arc;

use plasmid::{Error, Host, Turns as _, View};
use plasmid_shared::{InTurns, SharedHost};

use crate::boundary::{self, Buffer, Handle, Input, LastFailure, Out, Ref, Room};
use crate::config::{plasmid_config, with_settings};
use crate::status::{Outcome, plasmid_status};

/// Least budget of a message, in bytes.
pub const PLASMID_MIN_BUDGET: usize = 512;

/// Greatest length of a participant's id, in bytes.
pub const PLASMID_MAX_ID_BYTES: usize = 128;

// cbindgen needs the numbers written out.
const _: () = assert!(PLASMID_MIN_BUDGET == plasmid::MIN_BUDGET);
const _: () = assert!(PLASMID_MAX_ID_BYTES == plasmid::MAX_ID_BYTES);

/// One participant's view of all: its own map, which only it writes, and a copy of everyone else's.
/// Any thread may call it at any time. Calls that read go on side by side, and one that changes the
/// host waits until it has it alone; an exchange never has it for long, so that nobody waits for
/// one, and shows what it brings bit by bit. What was made from a host (streams, exchanges,
/// batches, iterators) outlives it: what they need of it stays until the last of them is freed.
pub struct plasmid_host {
    pub(crate) host: Arc<SharedHost>,
    last_failure: LastFailure,
}

impl plasmid_host {
    pub(crate) fn of(host: SharedHost) -> plasmid_host {
        plasmid_host { host: Arc::new(host), last_failure: LastFailure::default() }
    }
}

impl Handle for plasmid_host {
    fn last_failure(&self) -> Option<&LastFailure> {
        Some(&self.last_failure)
    }
}

impl Ref<'_, plasmid_host> {
    /// Read something short of the host, beside others, and answer its status.
    pub(crate) fn read(self, body: impl FnOnce(&Host) -> Outcome) -> plasmid_status {
        self.answer(|handle| handle.host.read(body)?)
    }

    /// Read what the host holds now, however long it takes, and answer its status.
    pub(crate) fn view(self, body: impl FnOnce(&View) -> Outcome) -> plasmid_status {
        self.answer(|handle| handle.host.view(body)?)
    }

    /// Read what takes the host alone, and answer its status.
    pub(crate) fn write(self, body: impl FnOnce(&mut Host) -> Outcome) -> plasmid_status {
        self.answer(|handle| handle.host.write(body)?)
    }

    /// Take turns on the host, and answer its status.
    fn in_turns(self, body: impl FnOnce(&mut InTurns<'_>) -> Outcome) -> plasmid_status {
        self.answer(|handle| handle.host.in_turns(body)?)
    }
}

/// Make the host of participant `id`, 1 to `PLASMID_MAX_ID_BYTES` bytes of any kind, unique in the
/// cluster. `config` may be NULL: every option then has its default. If it names a file
/// (`plasmid_config_set_path`) it is the host that the file keeps.
///
/// `*host` is to be freed with `plasmid_host_free`. `PLASMID_LIMIT`: the id, the generation or a
/// limit of the config is out of range. What is wrong with a file: `PLASMID_IN_USE`, another host
/// has it; `PLASMID_STORE`, the system refuses; `PLASMID_FOREIGN`, it is that of another
/// participant or cluster; `PLASMID_MALFORMED`, it is no state, or damaged, or of a newer version.
/// It is left as it is then. `plasmid_config_error` says more.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_new(
    id: *const c_void,
    id_len: usize,
    config: *const plasmid_config,
    host: *mut *mut plasmid_host,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (id, config, host) =
        unsafe { (Input::new("id", id, id_len), Ref::new(config), Out::new("host", host)) };
    with_settings(config, |settings| {
        let place = host.required()?;
        place.put_handle(plasmid_host::of(settings.host(id.bytes()?)?));
        Ok(())
    })
}

/// Free a host; NULL is fine. No other call on it may be under way. If a file keeps it, it is laid
/// down as by `plasmid_host_close`, once all that was made from it is freed, too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_free(host: *mut plasmid_host) {
    // SAFETY: the caller keeps the header's rules for handles.
    unsafe { boundary::free(host) };
}

/// Copy out the text of the last failure on this host: one English sentence without a final zero
/// byte, empty if nothing has failed. Every answer but `PLASMID_OK` leaves one.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_error(
    host: *const plasmid_host,
    out: *mut c_void,
    out_cap: usize,
    out_len: *mut usize,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (host, out) = unsafe { (Ref::new(host), Buffer::new(out, out_cap, out_len)) };
    host.tell(out)
}

/// Begin an exchange: write the first message, for any peer, of at most `out_cap` bytes.
///
/// The capacity is the budget of the message: give 1,200 for a datagram,
/// `plasmid_host_message_bytes` for a connection. Give the bytes to the peer's
/// `plasmid_host_receive`, its answer to one's own, and so on until an answer is empty: four
/// messages at most. A message may be lost, repeated or late.
///
/// An update larger than the budget of the answers goes in pieces, over several exchanges, and
/// later updates of the same participant wait for it; other participants go on.
/// `PLASMID_BUFFER_TOO_SHORT`: a budget below `PLASMID_MIN_BUDGET`, which `*out_len` then is.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_initiate(
    host: *mut plasmid_host,
    out: *mut c_void,
    out_cap: usize,
    out_len: *mut usize,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (host, out) = unsafe { (Ref::new(host), Buffer::new(out, out_cap, out_len)) };
    host.in_turns(|host| {
        let room = out.check()?;
        let message = host.initiate(room.capacity);
        put_message(room, message)
    })
}

/// Apply a peer's message and write the answer, of at most `out_cap` bytes: the capacity is the
/// budget, as in `plasmid_host_initiate`. `out` may overlap `data` in any way.
///
/// An answer that is not empty is to be delivered: the peer learns nothing of what this host has
/// but from it. If it is lost no state is lost with it: the next exchange brings what was in it.
///
/// `*out_len` 0: there is nothing to say and the exchange is over; an empty `data` says nothing,
/// too. A host without news answers all the same the first few times, to say that it has all. With
/// `out_cap` 0, and `out` NULL or not, the message is applied and nothing is said.
/// `PLASMID_BUFFER_TOO_SHORT`: a budget from 1 to 511. `PLASMID_MALFORMED`, `PLASMID_FOREIGN`,
/// `PLASMID_LIMIT` (longer than the message limit): the message is not for us. After any failure
/// nothing of the message was applied.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_receive(
    host: *mut plasmid_host,
    data: *const c_void,
    data_len: usize,
    out: *mut c_void,
    out_cap: usize,
    out_len: *mut usize,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (host, data, out) = unsafe {
        (Ref::new(host), Input::new("data", data, data_len), Buffer::new(out, out_cap, out_len))
    };
    host.in_turns(|host| {
        let room = out.check()?;
        let answer = host.receive(data.bytes()?, room.capacity);
        put_message(room, answer)
    })
}

/// Write a message, or what the core has against the budget or the bytes.
fn put_message(room: Room, message: Result<Vec<u8>, Error>) -> Outcome {
    match message {
        Ok(message) => room.put(&message),
        Err(Error::BudgetTooSmall { needed }) => Err(room.too_short(needed)),
        Err(error) => Err(error.into()),
    }
}

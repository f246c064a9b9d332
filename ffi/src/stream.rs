//! `plasmid_stream`: the initiator's end of a byte stream.

use std::ffi::c_void;
use std::sync::{Arc, Mutex, MutexGuard};

use plasmid::{Mode, Stream};
use plasmid_shared::SharedHost;

use crate::boundary::{self, Alone, Buffer, Handle, Input, LastFailure, Out, Ref, claim, flag};
use crate::host::plasmid_host;
use crate::status::{Failure, Outcome, plasmid_status};

/// Only the initiator learns in a round (default): it says what it has, the responder answers with
/// what it lacks.
pub const PLASMID_PULL: u32 = 0;

/// Both learn from each other in a round.
pub const PLASMID_PUSH_PULL: u32 = 1;

/// The initiator's end of one connection: bytes that arrive go into `plasmid_stream_receive`, bytes
/// to send come out of `plasmid_stream_transmit`; the peer does the same with a `plasmid_exchange`.
/// One connection, one stream. A second thread in a call on it is answered `PLASMID_BUSY`.
pub struct plasmid_stream {
    initiator: Mutex<Initiator>,
    last_failure: LastFailure,
}

pub(crate) struct Initiator {
    pub(crate) host: Arc<SharedHost>,
    stream: Stream,
    end: bool,
    /// Nothing but `set_mode` was called: the stream can still be made anew.
    untouched: bool,
}

impl Handle for plasmid_stream {
    fn last_failure(&self) -> Option<&LastFailure> {
        Some(&self.last_failure)
    }
}

impl Alone for plasmid_stream {
    type State = Initiator;

    fn enter(&self) -> Outcome<MutexGuard<'_, Initiator>> {
        claim(&self.initiator)
    }
}

/// Make the initiator's end of a connection. `end` 1: one round, which needs no
/// `plasmid_stream_gossip`, and then the stream is finished. `end` 0: a round for each
/// `plasmid_stream_gossip`, until the connection is closed.
///
/// `*stream` is to be freed with `plasmid_stream_free`, before or after the host.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_stream_new(
    host: *const plasmid_host,
    end: u32,
    stream: *mut *mut plasmid_stream,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (host, stream) = unsafe { (Ref::new(host), Out::new("stream", stream)) };
    host.answer(|handle| {
        let stream = stream.required()?;
        let end = flag("end", end)?;
        let initiator = Initiator {
            stream: handle.host.read(|host| host.create_stream(end, Mode::Pull))?,
            host: Arc::clone(&handle.host),
            end,
            untouched: true,
        };
        stream.put_handle(plasmid_stream {
            initiator: Mutex::new(initiator),
            last_failure: LastFailure::default(),
        });
        Ok(())
    })
}

/// Free a stream; NULL is fine. No other call on it may be under way.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_stream_free(stream: *mut plasmid_stream) {
    // SAFETY: the caller keeps the header's rules for handles.
    unsafe { boundary::free(stream) };
}

/// Copy out the text of the last failure on this stream, as `plasmid_host_error` does.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_stream_error(
    stream: *const plasmid_stream,
    out: *mut c_void,
    out_cap: usize,
    out_len: *mut usize,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (stream, out) = unsafe { (Ref::new(stream), Buffer::new(out, out_cap, out_len)) };
    stream.tell(out)
}

/// Who learns in a round: `PLASMID_PULL` (default) or `PLASMID_PUSH_PULL`. To be called first.
///
/// `PLASMID_INVALID_ARGUMENT`: there is no such mode, or the stream was already asked to gossip,
/// receive or transmit.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_stream_set_mode(
    stream: *mut plasmid_stream,
    mode: u32,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    let stream = unsafe { Ref::new(stream) };
    stream.call(|initiator| {
        let mode = match mode {
            PLASMID_PULL => Mode::Pull,
            PLASMID_PUSH_PULL => Mode::PushPull,
            _ => return Err(Failure::invalid(format!("there is no mode {mode}"))),
        };
        if !initiator.untouched {
            return Err(Failure::invalid("the mode is set before the first byte"));
        }
        let end = initiator.end;
        initiator.stream = initiator.host.read(|host| host.create_stream(end, mode))?;
        Ok(())
    })
}

/// Ask for a round. It begins with the next `plasmid_stream_transmit`, or when the round under way
/// is over. A stream made with `end` 1 does its one round unasked, and this changes nothing.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_stream_gossip(stream: *mut plasmid_stream) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    let stream = unsafe { Ref::new(stream) };
    stream.call(|initiator| {
        initiator.untouched = false;
        initiator.stream.gossip();
        Ok(())
    })
}

/// Take in bytes that arrived, split anywhere.
///
/// `PLASMID_MALFORMED`, `PLASMID_FOREIGN`, `PLASMID_LIMIT`: the peer is at fault. What was whole
/// before the fault is applied, nothing of the message at fault is. The stream is over, and the
/// connection is to be closed. Only this function repeats the failure, at every later call:
/// `plasmid_stream_transmit` answers `PLASMID_OK` and 0 bytes, and `plasmid_stream_gossip` and
/// `plasmid_stream_is_finished` answer `PLASMID_OK`, which then means nothing.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_stream_receive(
    stream: *mut plasmid_stream,
    data: *const c_void,
    data_len: usize,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (stream, data) = unsafe { (Ref::new(stream), Input::new("data", data, data_len)) };
    stream.call(|initiator| {
        let bytes = data.bytes()?;
        initiator.untouched = false;
        let Initiator { host, stream, .. } = initiator;
        Ok(host.in_turns(|host| stream.receive_in_turns(host, bytes))??)
    })
}

/// Write the next bytes to send, as many as there are and fit, and consume them: what is left of
/// one round and the beginning of the next go together. `*out_len` 0: there are none now. Any
/// capacity will do; call again while the buffer comes back full.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_stream_transmit(
    stream: *mut plasmid_stream,
    out: *mut c_void,
    out_cap: usize,
    out_len: *mut usize,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (stream, out) = unsafe { (Ref::new(stream), Buffer::new(out, out_cap, out_len)) };
    stream.call(|initiator| {
        let room = out.check()?;
        initiator.untouched = false;
        let Initiator { host, stream, .. } = initiator;
        let bytes = host.in_turns(|host| stream.transmit_in_turns(host, room.capacity))??;
        room.put(&bytes)
    })
}

/// Whether the one round of a stream made with `end` 1 is over and all was transmitted: `*flag` is
/// then 1, otherwise 0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_stream_is_finished(
    stream: *const plasmid_stream,
    flag: *mut u32,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (stream, flag) = unsafe { (Ref::new(stream), Out::new("flag", flag)) };
    stream.call(|initiator| {
        flag.required()?.put(initiator.stream.is_finished().into());
        Ok(())
    })
}

/// How many rounds were answered. A round counts as soon as its answer was taken in, even while the
/// last message of a push-pull round is not transmitted yet.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_stream_rounds(
    stream: *const plasmid_stream,
    rounds: *mut u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (stream, rounds) = unsafe { (Ref::new(stream), Out::new("rounds", rounds)) };
    stream.call(|initiator| {
        rounds.required()?.put(initiator.stream.rounds());
        Ok(())
    })
}

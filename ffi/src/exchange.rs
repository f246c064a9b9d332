//! `plasmid_exchange`: the responder's end of a byte stream.

use std::ffi::c_void;
use std::sync::{Arc, Mutex, MutexGuard};

use plasmid::Exchange;
use plasmid_shared::SharedHost;

use crate::boundary::{self, Alone, Buffer, Handle, Input, LastFailure, Out, Ref, claim, flag};
use crate::host::plasmid_host;
use crate::status::{Outcome, plasmid_status};

/// The responder's end of one connection, which answers the `plasmid_stream` at the other. One
/// connection, one exchange. A second thread in a call on it is answered `PLASMID_BUSY`.
pub struct plasmid_exchange {
    responder: Mutex<Responder>,
    last_failure: LastFailure,
}

pub(crate) struct Responder {
    host: Arc<SharedHost>,
    exchange: Exchange,
}

impl Handle for plasmid_exchange {
    fn last_failure(&self) -> Option<&LastFailure> {
        Some(&self.last_failure)
    }
}

impl Alone for plasmid_exchange {
    type State = Responder;

    fn enter(&self) -> Outcome<MutexGuard<'_, Responder>> {
        claim(&self.responder)
    }
}

/// Make the responder's end of a connection. `end` 1: one round, and then the exchange is finished.
/// `end` 0: any number of rounds, until the connection is closed.
///
/// `*exchange` is to be freed with `plasmid_exchange_free`, before or after the host.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_exchange_new(
    host: *const plasmid_host,
    end: u32,
    exchange: *mut *mut plasmid_exchange,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (host, exchange) = unsafe { (Ref::new(host), Out::new("exchange", exchange)) };
    host.answer(|handle| {
        let exchange = exchange.required()?;
        let end = flag("end", end)?;
        let responder = Responder {
            exchange: handle.host.read(|host| host.exchange(end))?,
            host: Arc::clone(&handle.host),
        };
        exchange.put_handle(plasmid_exchange {
            responder: Mutex::new(responder),
            last_failure: LastFailure::default(),
        });
        Ok(())
    })
}

/// Free an exchange; NULL is fine. No other call on it may be under way.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_exchange_free(exchange: *mut plasmid_exchange) {
    // SAFETY: the caller keeps the header's rules for handles.
    unsafe { boundary::free(exchange) };
}

/// Copy out the text of the last failure on this exchange, as `plasmid_host_error` does.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_exchange_error(
    exchange: *const plasmid_exchange,
    out: *mut c_void,
    out_cap: usize,
    out_len: *mut usize,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (exchange, out) = unsafe { (Ref::new(exchange), Buffer::new(out, out_cap, out_len)) };
    exchange.tell(out)
}

/// Take in bytes that arrived, split anywhere. It fails as `plasmid_stream_receive` does, and after
/// that `plasmid_exchange_transmit` answers `PLASMID_OK` and 0 bytes.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_exchange_receive(
    exchange: *mut plasmid_exchange,
    data: *const c_void,
    data_len: usize,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (exchange, data) = unsafe { (Ref::new(exchange), Input::new("data", data, data_len)) };
    exchange.call(|responder| {
        let bytes = data.bytes()?;
        let Responder { host, exchange } = responder;
        Ok(host.in_turns(|host| exchange.receive_in_turns(host, bytes))??)
    })
}

/// Write the next bytes to send, as `plasmid_stream_transmit` does.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_exchange_transmit(
    exchange: *mut plasmid_exchange,
    out: *mut c_void,
    out_cap: usize,
    out_len: *mut usize,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (exchange, out) = unsafe { (Ref::new(exchange), Buffer::new(out, out_cap, out_len)) };
    exchange.call(|responder| {
        let room = out.check()?;
        let Responder { host, exchange } = responder;
        let bytes = host.in_turns(|_| exchange.transmit(room.capacity))?;
        room.put(&bytes)
    })
}

/// Whether the one round of an exchange made with `end` 1 is over and all was transmitted: `*flag`
/// is then 1, otherwise 0.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_exchange_is_finished(
    exchange: *const plasmid_exchange,
    flag: *mut u32,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (exchange, flag) = unsafe { (Ref::new(exchange), Out::new("flag", flag)) };
    exchange.call(|responder| {
        flag.required()?.put(responder.exchange.is_finished().into());
        Ok(())
    })
}

/// How many rounds are over. A round counts as soon as its last message was taken in; one whose
/// last message is the answer, as soon as the answer is there, even if it is not transmitted yet.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_exchange_rounds(
    exchange: *const plasmid_exchange,
    rounds: *mut u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (exchange, rounds) = unsafe { (Ref::new(exchange), Out::new("rounds", rounds)) };
    exchange.call(|responder| {
        rounds.required()?.put(responder.exchange.rounds());
        Ok(())
    })
}

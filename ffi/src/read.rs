//! Reading a host: values, versions and the numbers it keeps.

use std::ffi::c_void;

use plasmid::Host;

use crate::boundary::{Buffer, Input, Out, Ref};
use crate::host::plasmid_host;
use crate::status::{Failure, Outcome, plasmid_status};

/// Copy out the value of one's own `key`.
///
/// `PLASMID_NOT_FOUND`: no such key, or it was deleted. `PLASMID_BUFFER_TOO_SHORT`: the value has
/// `*out_len` bytes.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_get(
    host: *const plasmid_host,
    key: *const c_void,
    key_len: usize,
    out: *mut c_void,
    out_cap: usize,
    out_len: *mut usize,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (host, key, out) = unsafe {
        (Ref::new(host), Input::new("key", key, key_len), Buffer::new(out, out_cap, out_len))
    };
    host.read(|host| {
        let room = out.check()?;
        room.put(found(host.get(key.bytes()?), "no such key")?)
    })
}

/// Copy out the value of a participant's `key`; one's own id reads one's own map.
///
/// `PLASMID_NOT_FOUND`: the participant is unknown, or has no such key.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_get_from(
    host: *const plasmid_host,
    participant: *const c_void,
    participant_len: usize,
    key: *const c_void,
    key_len: usize,
    out: *mut c_void,
    out_cap: usize,
    out_len: *mut usize,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (host, participant, key, out) = unsafe {
        (
            Ref::new(host),
            Input::new("participant", participant, participant_len),
            Input::new("key", key, key_len),
            Buffer::new(out, out_cap, out_len),
        )
    };
    host.read(|host| {
        let room = out.check()?;
        let value = host.get_from(participant.bytes()?, key.bytes()?);
        room.put(found(value, "no such participant or key")?)
    })
}

/// The version of a participant's newest change that is held here, 0 if it was evicted; one's own
/// id is fine, too.
///
/// `PLASMID_NOT_FOUND`: the participant is unknown.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_max_version(
    host: *const plasmid_host,
    participant: *const c_void,
    participant_len: usize,
    version: *mut u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (host, participant, version) = unsafe {
        (
            Ref::new(host),
            Input::new("participant", participant, participant_len),
            Out::new("version", version),
        )
    };
    host.read(|host| {
        let version = version.required()?;
        version.put(found(host.max_version(participant.bytes()?), UNKNOWN)?);
        Ok(())
    })
}

/// How many keys of a participant are held here; those that were deleted do not count.
///
/// `PLASMID_NOT_FOUND`: the participant is unknown.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_len(
    host: *const plasmid_host,
    participant: *const c_void,
    participant_len: usize,
    len: *mut usize,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (host, participant, len) = unsafe {
        (
            Ref::new(host),
            Input::new("participant", participant, participant_len),
            Out::new("len", len),
        )
    };
    host.read(|host| {
        let len = len.required()?;
        let participant = participant.bytes()?;
        known(host, participant)?;
        len.put(host.len(participant));
        Ok(())
    })
}

/// Copy out the id of this host's participant.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_id(
    host: *const plasmid_host,
    out: *mut c_void,
    out_cap: usize,
    out_len: *mut usize,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (host, out) = unsafe { (Ref::new(host), Buffer::new(out, out_cap, out_len)) };
    host.read(|host| out.check()?.put(host.id()))
}

/// The generation of this host's participant. It is what the host was made with until the host
/// takes a higher one: to outrank a trace of its earlier life or an eviction, or by
/// `plasmid_host_renew`.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_generation(
    host: *const plasmid_host,
    generation: *mut u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    unsafe { number(host, Out::new("generation", generation), Host::generation) }
}

/// The length of the greatest message that this host makes or takes, in bytes: what
/// `plasmid_config_set_message_bytes` set. It is the best capacity to give `plasmid_host_initiate`
/// and `plasmid_host_receive` over a connection; more is never used.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_message_bytes(
    host: *const plasmid_host,
    bytes: *mut u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    unsafe { number(host, Out::new("bytes", bytes), |host| host.config().limits.message_bytes) }
}

/// The capacity in bytes that `plasmid_host_receive` would have needed so that the largest update
/// goes out whole for which the last answer had no room; 0 when none waits. With less it goes in
/// pieces, over several exchanges, and later updates of the same participant wait for it.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_room_needed(
    host: *const plasmid_host,
    bytes: *mut usize,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    unsafe { number(host, Out::new("bytes", bytes), Host::room_needed) }
}

/// How many messages were evidence that another process speaks under this participant's id. A few
/// come from an earlier life of one's own; more and more mean that two processes share one id,
/// which is a fault of their configuration and what writes then say with `PLASMID_CONFLICT`. 0 is
/// no proof that there is no other: after a fork parent and child have the same generation and
/// nonce, too, and cannot be told apart.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_conflicts(
    host: *const plasmid_host,
    count: *mut u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    unsafe { number(host, Out::new("count", count), Host::conflicts) }
}

/// How many participants' parts of received messages were not wholly applied, because of a gap
/// before them, a limit of this host or a generation too far above its clock. A later exchange
/// brings what is missing, except over a limit.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_skipped(
    host: *const plasmid_host,
    count: *mut u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    unsafe { number(host, Out::new("count", count), Host::skipped) }
}

/// How many participants that had left or were evicted were forgotten because more of them were
/// known than `plasmid_config_set_departed` allows.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_forgotten(
    host: *const plasmid_host,
    count: *mut u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    unsafe { number(host, Out::new("count", count), Host::forgotten) }
}

pub(crate) const UNKNOWN: &str = "no such participant";

/// Refuse a participant that the host has not heard of.
pub(crate) fn known(host: &Host, participant: &[u8]) -> Outcome {
    found(host.max_version(participant), UNKNOWN).map(drop)
}

pub(crate) fn found<T>(value: Option<T>, otherwise: &'static str) -> Outcome<T> {
    value.ok_or_else(|| Failure::not_found(otherwise))
}

/// Write one number of the host. The caller promises what `Ref::new` asks.
unsafe fn number<T>(
    host: *const plasmid_host,
    out: Out<T>,
    read: impl FnOnce(&Host) -> T,
) -> plasmid_status {
    // SAFETY: promised by the caller.
    let host = unsafe { Ref::new(host) };
    host.read(|host| {
        out.required()?.put(read(host));
        Ok(())
    })
}

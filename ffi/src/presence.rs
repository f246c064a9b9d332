//! Who is there, since when not, and who has one's own map.

use std::ffi::c_void;

use plasmid::{Host, Status};

use crate::boundary::{Input, Out, Ref};
use crate::host::plasmid_host;
use crate::read::{UNKNOWN, found};
use crate::status::{Failure, Outcome, plasmid_status};

/// For `plasmid_participants_new`: every participant that is known, whatever became of it.
pub const PLASMID_PARTICIPANT_ANY: u32 = 0;

/// The participant is there, as far as is known: it neither left nor was evicted.
pub const PLASMID_PARTICIPANT_PRESENT: u32 = 1;

/// The participant has left (`plasmid_host_leave`). It is remembered, its keys are gone.
pub const PLASMID_PARTICIPANT_LEFT: u32 = 2;

/// The participant was evicted by another (`plasmid_host_evict`). It is remembered, its keys are
/// gone.
pub const PLASMID_PARTICIPANT_EVICTED: u32 = 3;

/// Whether a participant is there: `*status` is `PLASMID_PARTICIPANT_PRESENT`,
/// `PLASMID_PARTICIPANT_LEFT` or `PLASMID_PARTICIPANT_EVICTED`. Treat a number that you do not know
/// as gone. One's own is evicted only if it had left before.
///
/// `PLASMID_NOT_FOUND`: the participant is unknown.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_status(
    host: *const plasmid_host,
    participant: *const c_void,
    participant_len: usize,
    status: *mut u32,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (host, participant, status) = unsafe {
        (
            Ref::new(host),
            Input::new("participant", participant, participant_len),
            Out::new("status", status),
        )
    };
    tell(host, participant, status, UNKNOWN, |host, participant| {
        host.status(participant).map(|status| match status {
            Status::Present => PLASMID_PARTICIPANT_PRESENT,
            Status::Left => PLASMID_PARTICIPANT_LEFT,
            Status::Evicted => PLASMID_PARTICIPANT_EVICTED,
        })
    })
}

/// The participants that a caller asks for: those of one status, or `None` for all.
pub(crate) fn wanted(status: u32) -> Outcome<Option<Status>> {
    match status {
        PLASMID_PARTICIPANT_ANY => Ok(None),
        PLASMID_PARTICIPANT_PRESENT => Ok(Some(Status::Present)),
        PLASMID_PARTICIPANT_LEFT => Ok(Some(Status::Left)),
        PLASMID_PARTICIPANT_EVICTED => Ok(Some(Status::Evicted)),
        _ => Err(Failure::invalid(format!("there is no status {status} of participants"))),
    }
}

/// How many milliseconds ago a participant gave its last sign of life, to this host or to another
/// that passed it on; 0 for one's own. Only hosts whose clock moves (`plasmid_host_tick`) tell of
/// it.
///
/// `PLASMID_NOT_FOUND`: the participant is unknown or gone, or there was no sign yet, or this host
/// was never told the time.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_last_heard(
    host: *const plasmid_host,
    participant: *const c_void,
    participant_len: usize,
    ms: *mut u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (host, participant, ms) = unsafe {
        (
            Ref::new(host),
            Input::new("participant", participant, participant_len),
            Out::new("ms", ms),
        )
    };
    tell(host, participant, ms, "nothing was heard of it", Host::last_heard)
}

/// How old this host's copy of a participant may be: how many milliseconds ago it was last known to
/// hold all that the participant had written; 0 for one's own.
///
/// `PLASMID_NOT_FOUND`: the participant is unknown or gone, or the copy was never known to be
/// whole, or this host was never told the time.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_staleness(
    host: *const plasmid_host,
    participant: *const c_void,
    participant_len: usize,
    ms: *mut u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (host, participant, ms) = unsafe {
        (
            Ref::new(host),
            Input::new("participant", participant, participant_len),
            Out::new("ms", ms),
        )
    };
    tell(host, participant, ms, "its copy was never known to be whole", Host::staleness)
}

/// How far a peer is known to be with this host's map, in its present generation, as the peer said
/// itself in an exchange with this host, whoever of the two began it: once `*version` is not below
/// what `plasmid_host_set` gave, the peer has that change. It takes one exchange more than the one
/// that brought the change.
///
/// `PLASMID_NOT_FOUND`: the peer is unknown, or has not yet said how far it is.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_acked_version(
    host: *const plasmid_host,
    peer: *const c_void,
    peer_len: usize,
    version: *mut u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (host, peer, version) = unsafe {
        (Ref::new(host), Input::new("peer", peer, peer_len), Out::new("version", version))
    };
    tell(host, peer, version, "it has not said how far it is", Host::acked_version)
}

/// The generation of a participant as it is known here; one's own id is fine, too.
///
/// `PLASMID_NOT_FOUND`: the participant is unknown.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_generation_of(
    host: *const plasmid_host,
    participant: *const c_void,
    participant_len: usize,
    generation: *mut u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (host, participant, generation) = unsafe {
        (
            Ref::new(host),
            Input::new("participant", participant, participant_len),
            Out::new("generation", generation),
        )
    };
    tell(host, participant, generation, UNKNOWN, Host::generation_of)
}

/// Up to which version a participant's superseded values and deletions are compacted away here; 0
/// if none are. One's own id is fine, too.
///
/// `PLASMID_NOT_FOUND`: the participant is unknown.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_gc_version(
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
    tell(host, participant, version, UNKNOWN, Host::gc_version)
}

/// Write what `read` knows of a participant, or say that it knows nothing, in the words of
/// `otherwise`.
fn tell<T>(
    host: Ref<'_, plasmid_host>,
    participant: Input<'_>,
    out: Out<T>,
    otherwise: &'static str,
    read: impl FnOnce(&Host, &[u8]) -> Option<T>,
) -> plasmid_status {
    host.read(|host| {
        let out = out.required()?;
        out.put(found(read(host, participant.bytes()?), otherwise)?);
        Ok(())
    })
}

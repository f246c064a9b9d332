//! Writing a host's own map, leaving and coming back, evicting others, and the host's clock.

use std::ffi::c_void;

use plasmid::Host;

use crate::boundary::{Input, Out, Ref};
use crate::host::plasmid_host;
use crate::status::{Outcome, plasmid_status};

/// For `plasmid_host_compact`: all that the participant has written so far.
pub const PLASMID_ALL: u64 = u64::MAX;

/// Set one's own `key` to `value`. Setting the same value again is a change like any other.
///
/// `*version` is the version of this change, one above the last; NULL if it is not wanted.
/// `PLASMID_LIMIT`: the key is empty, or something is over a limit. `PLASMID_CONFLICT`,
/// `PLASMID_LEFT`: nothing is written before `plasmid_host_renew`. After any failure nothing has
/// changed.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_set(
    host: *mut plasmid_host,
    key: *const c_void,
    key_len: usize,
    value: *const c_void,
    value_len: usize,
    version: *mut u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (host, key, value, version) = unsafe {
        (
            Ref::new(host),
            Input::new("key", key, key_len),
            Input::new("value", value, value_len),
            Out::new("version", version),
        )
    };
    change(host, version, |host| Ok(host.set(key.bytes()?, value.bytes()?)?))
}

/// Set one's own `key` to `value` as `plasmid_host_set` does, for `ttl_ms` milliseconds: the first
/// `plasmid_host_tick` at or after that time deletes the key, as `plasmid_host_delete` does, and so
/// for everyone. Only the owner's clock counts. A later change of the key cancels it. Before the
/// first `plasmid_host_tick` of this host, restored or opened again or new, the time counts from
/// that one.
///
/// `*version` is the version of this change; NULL if it is not wanted. It fails as
/// `plasmid_host_set` does.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_set_expiring(
    host: *mut plasmid_host,
    key: *const c_void,
    key_len: usize,
    value: *const c_void,
    value_len: usize,
    ttl_ms: u64,
    version: *mut u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (host, key, value, version) = unsafe {
        (
            Ref::new(host),
            Input::new("key", key, key_len),
            Input::new("value", value, value_len),
            Out::new("version", version),
        )
    };
    change(host, version, |host| Ok(host.set_expiring(key.bytes()?, value.bytes()?, ttl_ms)?))
}

/// Delete one's own `key`, for everyone. Deleting a key that is not there changes nothing and is no
/// failure.
///
/// `*version` is the version of this change, or of the newest one if nothing changed; NULL if it is
/// not wanted. It fails as `plasmid_host_set` does.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_delete(
    host: *mut plasmid_host,
    key: *const c_void,
    key_len: usize,
    version: *mut u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (host, key, version) =
        unsafe { (Ref::new(host), Input::new("key", key, key_len), Out::new("version", version)) };
    change(host, version, |host| Ok(host.delete(key.bytes()?)?))
}

/// Forget one's own superseded values and deletions up to version `up_to`, here and everywhere:
/// `PLASMID_ALL` for all of them. What the keys hold now stays. A host does this by itself unless
/// `plasmid_config_set_auto_compact` says otherwise.
///
/// What was written in one batch is kept whole for as long as one of its keys still has its value,
/// and with it the deletion of any other. So `up_to` stops before the first such deletion;
/// `PLASMID_ALL` writes anew what those batches still say, and then forgets them. That and the
/// compaction itself are changes like any other, each with a version.
///
/// `*version` is the version up to which all is compacted afterwards (`plasmid_host_gc_version`),
/// which never falls; NULL if it is not wanted. Where there is nothing to forget, nothing changes.
/// `PLASMID_LIMIT`: an `up_to` above the newest version, and not `PLASMID_ALL`. `PLASMID_CONFLICT`,
/// `PLASMID_LEFT`: as for `plasmid_host_set`.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_compact(
    host: *mut plasmid_host,
    up_to: u64,
    version: *mut u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (host, version) = unsafe { (Ref::new(host), Out::new("version", version)) };
    let up_to = Some(up_to).filter(|up_to| *up_to != PLASMID_ALL);
    change(host, version, |host| Ok(host.compact(up_to)?))
}

/// Leave: the host's own map becomes empty, and everyone learns that this participant is gone. Go
/// on exchanging until a peer has heard of it: until its `plasmid_host_acked_version` is at least
/// `*version`. Nothing more is written, `PLASMID_LEFT` says so, until `plasmid_host_renew`.
///
/// `*version` is the version of the leave; NULL if it is not wanted. Leaving again changes nothing,
/// and gives the same.
/// `PLASMID_CONFLICT`, `PLASMID_LIMIT`: as for `plasmid_host_set`.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_leave(
    host: *mut plasmid_host,
    version: *mut u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (host, version) = unsafe { (Ref::new(host), Out::new("version", version)) };
    change(host, version, |host| Ok(host.leave()?))
}

/// Take a new generation, above every one that was seen of this participant. It ends
/// `PLASMID_CONFLICT`, for when the other process is gone, and `PLASMID_LEFT`, to come back. The
/// keys stay, of which there are none after a leave, and the numbers of the versions go on.
///
/// `*generation` is the new generation; NULL if it is not wanted. `PLASMID_LIMIT`: there is none
/// left above.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_renew(
    host: *mut plasmid_host,
    generation: *mut u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (host, generation) = unsafe { (Ref::new(host), Out::new("generation", generation)) };
    change(host, generation, |host| Ok(host.renew()?))
}

/// Remove another participant, and its keys, at every host: it is gone for good. One that lives
/// after all comes back by itself, in a new generation, unless it has left.
///
/// `*version` is the version of this change of one's own map, or of the newest one if the
/// participant was evicted already; NULL if it is not wanted. `PLASMID_NOT_FOUND`: the participant
/// is unknown. `PLASMID_INVALID_ARGUMENT`: it is this host's own. `PLASMID_CONFLICT`,
/// `PLASMID_LEFT`, `PLASMID_LIMIT`: as for `plasmid_host_set`.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_evict(
    host: *mut plasmid_host,
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
    change(host, version, |host| Ok(host.evict(participant.bytes()?)?))
}

/// Tell the host the time, in milliseconds since 1970: once a second, or before each exchange. The
/// host has no other clock; if it is set back, what passes from then on counts. Keys expire here,
/// old deletions are compacted away, and silent participants are evicted if they are to be
/// (`plasmid_config_set_evict_after_ms`). A host that is never told the time does without all that.
///
/// A clock that begins with the machine will not do: for a host that lives in 1970 all others come
/// from the future, and are refused (`plasmid_config_set_generation_ahead_ms`).
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_tick(host: *mut plasmid_host, now_ms: u64) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    let host = unsafe { Ref::new(host) };
    host.answer(|handle| Ok(handle.host.tick(now_ms)?))
}

/// Change the host and write the number that says how it is now, if C wants it: once the change is
/// durable, if it is to be.
fn change(
    host: Ref<'_, plasmid_host>,
    out: Out<u64>,
    make: impl FnOnce(&mut Host) -> Outcome<u64>,
) -> plasmid_status {
    host.answer(|handle| {
        let made = handle.host.change(make)??;
        if let Some(out) = out.optional() {
            out.put(made);
        }
        Ok(())
    })
}

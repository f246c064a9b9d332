//! Iterators over participants and over one participant's entries.

use std::ffi::c_void;
use std::sync::{Mutex, MutexGuard};

use crate::boundary::{self, Handle, Input, LastFailure, Out, Ref, claim};
use crate::host::plasmid_host;
use crate::read::known;
use crate::snapshot::Snapshot;
use crate::status::{Failure, Outcome, plasmid_status};

/// The newest value of every key, in the order of the keys' bytes.
pub const PLASMID_BY_KEY: u32 = 0;

/// Every value that is kept, superseded ones included, oldest first.
pub const PLASMID_BY_VERSION: u32 = 1;

/// An iterator over the participants that a host knew when the iterator was made. It may outlive
/// the host. A second thread in a call on it is answered `PLASMID_BUSY`.
pub struct plasmid_participants {
    snapshot: Mutex<Snapshot>,
}

/// An iterator over entries that a host held when the iterator was made. It may outlive the host. A
/// second thread in a call on it is answered `PLASMID_BUSY`.
pub struct plasmid_entries {
    snapshot: Mutex<Snapshot>,
}

impl Handle for plasmid_participants {
    type State = Snapshot;

    fn enter(&self) -> Outcome<MutexGuard<'_, Snapshot>> {
        claim(&self.snapshot)
    }

    fn last_failure(&self) -> Option<&LastFailure> {
        None
    }
}

impl Handle for plasmid_entries {
    type State = Snapshot;

    fn enter(&self) -> Outcome<MutexGuard<'_, Snapshot>> {
        claim(&self.snapshot)
    }

    fn last_failure(&self) -> Option<&LastFailure> {
        None
    }
}

/// Iterate over all participants known to `host` now, its own included, in the order of the ids'
/// bytes; later changes do not show. A participant that never set a key is known to nobody else:
/// set one key to be seen.
///
/// `*participants` is to be freed with `plasmid_participants_free`.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_participants_new(
    host: *const plasmid_host,
    participants: *mut *mut plasmid_participants,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (host, participants) = unsafe { (Ref::new(host), Out::new("participants", participants)) };
    host.call(|host| {
        let participants = participants.required()?;
        let mut snapshot = Snapshot::default();
        for id in host.participants() {
            snapshot.push(id, &[], 0);
        }
        participants.put_handle(plasmid_participants { snapshot: Mutex::new(snapshot) });
        Ok(())
    })
}

/// Lend the next participant's id, until the next call on this iterator. `PLASMID_NOT_FOUND`: there
/// are no more.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_participants_next(
    participants: *mut plasmid_participants,
    id: *mut *const u8,
    id_len: *mut usize,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (participants, id, id_len) =
        unsafe { (Ref::new(participants), Out::new("id", id), Out::new("id_len", id_len)) };
    participants.call(|snapshot| {
        let (id, id_len) = (id.required()?, id_len.required()?);
        let (next, _, _) = snapshot.next().ok_or_else(end)?;
        id.put(next.as_ptr());
        id_len.put(next.len());
        Ok(())
    })
}

/// Free an iterator over participants; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_participants_free(participants: *mut plasmid_participants) {
    // SAFETY: the caller keeps the header's rules for handles.
    unsafe { boundary::free(participants) };
}

/// Iterate over a participant's entries as they are now, in one of two orders: `PLASMID_BY_KEY` or
/// `PLASMID_BY_VERSION`. Later changes do not show.
///
/// `*entries` is to be freed with `plasmid_entries_free`. `PLASMID_NOT_FOUND`: the participant is
/// unknown.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_entries_new(
    host: *const plasmid_host,
    participant: *const c_void,
    participant_len: usize,
    order: u32,
    entries: *mut *mut plasmid_entries,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (host, participant, entries) = unsafe {
        (
            Ref::new(host),
            Input::new("participant", participant, participant_len),
            Out::new("entries", entries),
        )
    };
    host.call(|host| {
        let entries = entries.required()?;
        let participant = participant.bytes()?;
        let mut snapshot = Snapshot::default();
        match order {
            PLASMID_BY_KEY => {
                for update in host.entries(participant) {
                    snapshot.push(update.key, update.value, update.version);
                }
            }
            PLASMID_BY_VERSION => {
                for update in host.updates(participant) {
                    snapshot.push(update.key, update.value, update.version);
                }
            }
            _ => return Err(Failure::invalid(format!("there is no order {order}"))),
        }
        known(host, participant)?;
        entries.put_handle(plasmid_entries { snapshot: Mutex::new(snapshot) });
        Ok(())
    })
}

/// Iterate over all values of one key of a participant that are kept now, newest first; there are
/// none if the key is not held. Later changes do not show.
///
/// `*entries` is to be freed with `plasmid_entries_free`. `PLASMID_NOT_FOUND`: the participant is
/// unknown.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_history_new(
    host: *const plasmid_host,
    participant: *const c_void,
    participant_len: usize,
    key: *const c_void,
    key_len: usize,
    entries: *mut *mut plasmid_entries,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (host, participant, key, entries) = unsafe {
        (
            Ref::new(host),
            Input::new("participant", participant, participant_len),
            Input::new("key", key, key_len),
            Out::new("entries", entries),
        )
    };
    host.call(|host| {
        let entries = entries.required()?;
        let (participant, key) = (participant.bytes()?, key.bytes()?);
        known(host, participant)?;
        let mut snapshot = Snapshot::default();
        for update in host.history(participant, key) {
            snapshot.push(update.key, update.value, update.version);
        }
        entries.put_handle(plasmid_entries { snapshot: Mutex::new(snapshot) });
        Ok(())
    })
}

/// Lend the next entry's key and value, until the next call on this iterator, and give its version.
/// `PLASMID_NOT_FOUND`: there are no more.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_entries_next(
    entries: *mut plasmid_entries,
    key: *mut *const u8,
    key_len: *mut usize,
    value: *mut *const u8,
    value_len: *mut usize,
    version: *mut u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (entries, key, key_len, value, value_len, version) = unsafe {
        (
            Ref::new(entries),
            Out::new("key", key),
            Out::new("key_len", key_len),
            Out::new("value", value),
            Out::new("value_len", value_len),
            Out::new("version", version),
        )
    };
    entries.call(|snapshot| {
        let (key, key_len) = (key.required()?, key_len.required()?);
        let (value, value_len) = (value.required()?, value_len.required()?);
        let version = version.required()?;
        let (next_key, next_value, next_version) = snapshot.next().ok_or_else(end)?;
        key.put(next_key.as_ptr());
        key_len.put(next_key.len());
        value.put(next_value.as_ptr());
        value_len.put(next_value.len());
        version.put(next_version);
        Ok(())
    })
}

/// Free an iterator over entries; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_entries_free(entries: *mut plasmid_entries) {
    // SAFETY: the caller keeps the header's rules for handles.
    unsafe { boundary::free(entries) };
}

fn end() -> Failure {
    Failure::not_found("there are no more")
}

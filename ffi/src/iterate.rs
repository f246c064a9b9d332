//! Iterators over participants and over one participant's entries.

use std::ffi::c_void;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard};

use plasmid::Update;

use crate::boundary::{self, Alone, Handle, Input, LastFailure, Lend, Out, Ref, claim};
use crate::host::plasmid_host;
use crate::presence::wanted;
use crate::read::{UNKNOWN, found};
use crate::rows::Rows;
use crate::status::{Failure, Outcome, plasmid_status};

/// The newest value of every key, in the order of the keys' bytes. Keys that were deleted are left
/// out.
pub const PLASMID_BY_KEY: u32 = 0;

/// Every value and deletion that is kept, superseded ones included, oldest first. What was written
/// in one batch has one version, in the order of the keys' bytes.
pub const PLASMID_BY_VERSION: u32 = 1;

/// An iterator over the participants that a host knew when the iterator was made. It may outlive
/// the host. A second thread in a call on it is answered `PLASMID_BUSY`.
pub struct plasmid_participants {
    ids: Mutex<Rows<Range<usize>>>,
}

/// An iterator over entries that a host held when the iterator was made. It may outlive the host. A
/// second thread in a call on it is answered `PLASMID_BUSY`.
pub struct plasmid_entries {
    entries: Mutex<Rows<Entry>>,
}

pub(crate) struct Entry {
    key: Range<usize>,
    /// `None`: the key was deleted.
    value: Option<Range<usize>>,
    version: u64,
}

impl plasmid_entries {
    fn of<'a>(updates: impl IntoIterator<Item = Update<'a>>) -> plasmid_entries {
        let mut entries = Rows::new();
        for update in updates {
            let key = entries.keep(update.key);
            let value = update.value.map(|value| entries.keep(value));
            entries.push(Entry { key, value, version: update.version });
        }
        plasmid_entries { entries: Mutex::new(entries) }
    }
}

impl Handle for plasmid_participants {
    fn last_failure(&self) -> Option<&LastFailure> {
        None
    }
}

impl Alone for plasmid_participants {
    type State = Rows<Range<usize>>;

    fn enter(&self) -> Outcome<MutexGuard<'_, Rows<Range<usize>>>> {
        claim(&self.ids)
    }
}

impl Handle for plasmid_entries {
    fn last_failure(&self) -> Option<&LastFailure> {
        None
    }
}

impl Alone for plasmid_entries {
    type State = Rows<Entry>;

    fn enter(&self) -> Outcome<MutexGuard<'_, Rows<Entry>>> {
        claim(&self.entries)
    }
}

/// Iterate over the participants that `host` knows now, its own included, in the order of the ids'
/// bytes; later changes do not show. A participant that never wrote is known to nobody else: set
/// one key to be seen.
///
/// `status` says which: `PLASMID_PARTICIPANT_PRESENT` those that are there, which is what most
/// programs want, `PLASMID_PARTICIPANT_LEFT` or `PLASMID_PARTICIPANT_EVICTED` those that are gone,
/// `PLASMID_PARTICIPANT_ANY` all.
///
/// `*participants` is to be freed with `plasmid_participants_free`. `PLASMID_INVALID_ARGUMENT`:
/// there is no such status.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_participants_new(
    host: *const plasmid_host,
    status: u32,
    participants: *mut *mut plasmid_participants,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (host, participants) = unsafe { (Ref::new(host), Out::new("participants", participants)) };
    host.view(|host| {
        let participants = participants.required()?;
        let mut ids = Rows::new();
        for id in host.participants(wanted(status)?) {
            let id = ids.keep(id);
            ids.push(id);
        }
        participants.put_handle(plasmid_participants { ids: Mutex::new(ids) });
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
    let (participants, id) =
        unsafe { (Ref::new(participants), Lend::new(["id", "id_len"], id, id_len)) };
    participants.call(|ids| {
        let id = id.required()?;
        let (next, bytes) = ids.next().ok_or_else(end)?;
        id.put(Some(&bytes[next.clone()]));
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
    host.view(|host| {
        let entries = entries.required()?;
        let participant = participant.bytes()?;
        let made = match order {
            PLASMID_BY_KEY => plasmid_entries::of(host.entries(participant)),
            PLASMID_BY_VERSION => plasmid_entries::of(host.updates(participant)),
            _ => return Err(Failure::invalid(format!("there is no order {order}"))),
        };
        found(host.max_version(participant), UNKNOWN)?;
        entries.put_handle(made);
        Ok(())
    })
}

/// Iterate over all values and deletions of one key of a participant that are kept now, newest
/// first; there are none if nothing is kept of the key. Later changes do not show.
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
    host.view(|host| {
        let entries = entries.required()?;
        let (participant, key) = (participant.bytes()?, key.bytes()?);
        found(host.max_version(participant), UNKNOWN)?;
        entries.put_handle(plasmid_entries::of(host.history(participant, key)));
        Ok(())
    })
}

/// Lend the next entry's key and value, until the next call on this iterator, and give its version.
/// `*value` NULL: the key was deleted; an empty value is not NULL. `PLASMID_NOT_FOUND`: there are
/// no more.
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
    let (entries, key, value, version) = unsafe {
        (
            Ref::new(entries),
            Lend::new(["key", "key_len"], key, key_len),
            Lend::new(["value", "value_len"], value, value_len),
            Out::new("version", version),
        )
    };
    entries.call(|entries| {
        let (key, value, version) = (key.required()?, value.required()?, version.required()?);
        let (next, bytes) = entries.next().ok_or_else(end)?;
        key.put(Some(&bytes[next.key.clone()]));
        value.put(next.value.clone().map(|value| &bytes[value]));
        version.put(next.version);
        Ok(())
    })
}

/// Free an iterator over entries; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_entries_free(entries: *mut plasmid_entries) {
    // SAFETY: the caller keeps the header's rules for handles.
    unsafe { boundary::free(entries) };
}

/// The end of an iteration.
pub(crate) fn end() -> Failure {
    Failure::not_found("there are no more")
}

//! Following what changes, with a cursor.

use std::ffi::c_void;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard};

use plasmid::{Change, ChangeKind, Filter};

use crate::boundary::{self, Alone, Buffer, Handle, Input, LastFailure, Lend, Out, Ref, claim};
use crate::host::plasmid_host;
use crate::iterate::end;
use crate::rows::Rows;
use crate::status::{Outcome, plasmid_status};

/// A key was set.
pub const PLASMID_CHANGE_SET: u32 = 1;

/// A key was deleted.
pub const PLASMID_CHANGE_DELETE: u32 = 2;

/// A participant became known, or came back after it had left or was evicted; its keys follow, each
/// as a `PLASMID_CHANGE_SET`.
pub const PLASMID_CHANGE_JOIN: u32 = 3;

/// A participant has left; its keys are gone. It may be one of which nothing was told before.
pub const PLASMID_CHANGE_LEAVE: u32 = 4;

/// A participant was evicted; its keys are gone. It may be one of which nothing was told before.
pub const PLASMID_CHANGE_EVICT: u32 = 5;

/// Forget all keys of the participant: those that it has now follow, each as a
/// `PLASMID_CHANGE_SET`. It has a new generation, or the cursor is too old to tell what was
/// deleted.
pub const PLASMID_CHANGE_REPLACE: u32 = 6;

/// Another process was found to speak under this host's own id (`plasmid_host_conflicts`). The
/// participant is this host's own.
pub const PLASMID_CHANGE_CONFLICT: u32 = 7;

/// Greatest length of a cursor, in bytes.
pub const PLASMID_MAX_CURSOR_BYTES: usize = 128;

const _: () = assert!(PLASMID_MAX_CURSOR_BYTES == plasmid::MAX_CURSOR_BYTES);

/// What has changed at a host since a cursor, and the cursor to go on from. It may outlive the
/// host. A second thread in a call on it is answered `PLASMID_BUSY`.
pub struct plasmid_changes {
    page: Mutex<Page>,
}

pub(crate) struct Page {
    changes: Rows<Row>,
    cursor: Vec<u8>,
    more: bool,
}

struct Row {
    kind: u32,
    participant: Range<usize>,
    key: Option<Range<usize>>,
    value: Option<Range<usize>>,
    version: u64,
    generation: u64,
}

impl Handle for plasmid_changes {
    fn last_failure(&self) -> Option<&LastFailure> {
        None
    }
}

impl Alone for plasmid_changes {
    type State = Page;

    fn enter(&self) -> Outcome<MutexGuard<'_, Page>> {
        claim(&self.page)
    }
}

/// Ask what has changed since `cursor`, which `plasmid_changes_cursor` gave: the newest value of
/// every key that was set, deletions, and participants that joined, left or were evicted, one's own
/// included. With an empty cursor it begins with everything that is held: a `PLASMID_CHANGE_JOIN`
/// for each participant that is there, then its keys, and who is known to be gone. Apply all in the
/// order in which it is told, keep the cursor of the page, and ask again: at once while
/// `plasmid_changes_more` says so, otherwise when something may have happened, such as after an
/// exchange.
///
/// Nothing is kept for readers, of whom there may be any number. A cursor may be used as often and
/// as late as one likes, with the host that gave it and as long as that lives: one that is too old
/// gets `PLASMID_CHANGE_REPLACE`. What changes while pages are read may be told twice.
///
/// `limit` is how many changes are wanted at once, such as 1,024; 0 is taken as 1, and what was
/// written in one batch comes together, even over the limit. `prefix` chooses the keys that begin
/// with it; what happens to participants is told whatever it is. `participant` chooses what
/// concerns that one. Both may be empty and are then no condition. A cursor does not know them:
/// what they left out is not told later.
///
/// `*changes` is to be freed with `plasmid_changes_free`. `PLASMID_CURSOR`: the bytes are no cursor
/// of this host, or of an earlier life of it (one restored has a new one), or so old that nobody
/// can tell who is gone since. Forget all that was told, and begin anew with an empty cursor.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_changes(
    host: *const plasmid_host,
    cursor: *const c_void,
    cursor_len: usize,
    limit: usize,
    prefix: *const c_void,
    prefix_len: usize,
    participant: *const c_void,
    participant_len: usize,
    changes: *mut *mut plasmid_changes,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (host, cursor, prefix, participant, changes) = unsafe {
        (
            Ref::new(host),
            Input::new("cursor", cursor, cursor_len),
            Input::new("prefix", prefix, prefix_len),
            Input::new("participant", participant, participant_len),
            Out::new("changes", changes),
        )
    };
    host.write(|host| {
        let changes = changes.required()?;
        // Neither a cursor nor an id is ever empty.
        let cursor = Some(cursor.bytes()?).filter(|cursor| !cursor.is_empty());
        let participant = Some(participant.bytes()?).filter(|id| !id.is_empty());
        let filter = Filter { prefix: prefix.bytes()?, participant };
        let page = host.changes(cursor, limit, filter)?;
        let mut rows = Rows::new();
        for change in &page.list {
            keep(&mut rows, change);
        }
        let page = Page { changes: rows, cursor: page.cursor, more: page.more };
        changes.put_handle(plasmid_changes { page: Mutex::new(page) });
        Ok(())
    })
}

fn keep(rows: &mut Rows<Row>, change: &Change<'_>) {
    let (kind, has_key) = match change.kind {
        ChangeKind::Set => (PLASMID_CHANGE_SET, true),
        ChangeKind::Delete => (PLASMID_CHANGE_DELETE, true),
        ChangeKind::Join => (PLASMID_CHANGE_JOIN, false),
        ChangeKind::Leave => (PLASMID_CHANGE_LEAVE, false),
        ChangeKind::Evict => (PLASMID_CHANGE_EVICT, false),
        ChangeKind::Replace => (PLASMID_CHANGE_REPLACE, false),
        ChangeKind::Conflict => (PLASMID_CHANGE_CONFLICT, false),
    };
    let has_value = kind == PLASMID_CHANGE_SET;
    let row = Row {
        kind,
        participant: rows.keep(change.participant),
        key: has_key.then(|| rows.keep(change.key)),
        value: has_value.then(|| rows.keep(change.value)),
        version: change.version,
        generation: change.generation,
    };
    rows.push(row);
}

/// Give the next change, and lend its bytes until the next call on `changes`. Any output may be
/// NULL if it is not wanted.
///
/// `*kind` is a `PLASMID_CHANGE_…`; pass over a number that you do not know. `*key` is NULL unless
/// a key was set or deleted, and `*value` unless one was set; an empty value is not NULL.
/// `*version` is that of the change of the key, and otherwise how far the participant has come, 0
/// where that is not known any more; `*generation` is the participant's. `PLASMID_NOT_FOUND`: there
/// are no more on this page; `plasmid_changes_more` says whether to ask for the next one at once.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_changes_next(
    changes: *mut plasmid_changes,
    kind: *mut u32,
    participant: *mut *const u8,
    participant_len: *mut usize,
    key: *mut *const u8,
    key_len: *mut usize,
    value: *mut *const u8,
    value_len: *mut usize,
    version: *mut u64,
    generation: *mut u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (changes, numbers, participant, key, value) = unsafe {
        (
            Ref::new(changes),
            (
                Out::new("kind", kind),
                Out::new("version", version),
                Out::new("generation", generation),
            ),
            Lend::new(["participant", "participant_len"], participant, participant_len),
            Lend::new(["key", "key_len"], key, key_len),
            Lend::new(["value", "value_len"], value, value_len),
        )
    };
    changes.call(|page| {
        let (next, bytes) = page.changes.next().ok_or_else(end)?;
        let lent = |range: &Option<Range<usize>>| range.clone().map(|range| &bytes[range]);
        participant.optional().put(Some(&bytes[next.participant.clone()]));
        key.optional().put(lent(&next.key));
        value.optional().put(lent(&next.value));
        let (kind, version, generation) = numbers;
        if let Some(kind) = kind.optional() {
            kind.put(next.kind);
        }
        if let Some(version) = version.optional() {
            version.put(next.version);
        }
        if let Some(generation) = generation.optional() {
            generation.put(next.generation);
        }
        Ok(())
    })
}

/// Copy out the cursor with which the next `plasmid_host_changes` goes on after these changes,
/// whether they were read or not: at most `PLASMID_MAX_CURSOR_BYTES`. Keep it once they are dealt
/// with.
///
/// `PLASMID_BUFFER_TOO_SHORT`: the cursor has `*out_len` bytes.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_changes_cursor(
    changes: *const plasmid_changes,
    out: *mut c_void,
    out_cap: usize,
    out_len: *mut usize,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (changes, out) = unsafe { (Ref::new(changes), Buffer::new(out, out_cap, out_len)) };
    changes.call(|page| out.check()?.put(&page.cursor))
}

/// Whether there is more already: `*flag` is then 1, otherwise 0. `limit` left something out, or
/// something has changed since the first page of these; that may be nothing that is asked for.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_changes_more(
    changes: *const plasmid_changes,
    flag: *mut u32,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (changes, flag) = unsafe { (Ref::new(changes), Out::new("flag", flag)) };
    changes.call(|page| {
        flag.required()?.put(page.more.into());
        Ok(())
    })
}

/// Free changes; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_changes_free(changes: *mut plasmid_changes) {
    // SAFETY: the caller keeps the header's rules for handles.
    unsafe { boundary::free(changes) };
}

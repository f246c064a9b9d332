//! `plasmid_batch`: several sets and deletes that are one change.

use std::ffi::c_void;
use std::sync::{Arc, Mutex, MutexGuard};

use plasmid::Batch;
use plasmid_shared::SharedHost;

use crate::boundary::{self, Alone, Buffer, Handle, Input, LastFailure, Out, Ref, claim};
use crate::host::plasmid_host;
use crate::status::{Outcome, plasmid_status};

/// Several sets and deletes of a host's own keys, which become one change with one version: no
/// reader, here or anywhere, sees some of them without the others. It may outlive the host. A
/// second thread in a call on it is answered `PLASMID_BUSY`.
pub struct plasmid_batch {
    work: Mutex<Work>,
    last_failure: LastFailure,
}

pub(crate) struct Work {
    host: Arc<SharedHost>,
    batch: Batch,
}

impl Handle for plasmid_batch {
    fn last_failure(&self) -> Option<&LastFailure> {
        Some(&self.last_failure)
    }
}

impl Alone for plasmid_batch {
    type State = Work;

    fn enter(&self) -> Outcome<MutexGuard<'_, Work>> {
        claim(&self.work)
    }
}

/// Make an empty batch for `host`. Nothing changes before `plasmid_batch_commit`; the host may be
/// used meanwhile.
///
/// `*batch` is to be freed with `plasmid_batch_free`, before or after the host.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_batch_new(
    host: *mut plasmid_host,
    batch: *mut *mut plasmid_batch,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (host, batch) = unsafe { (Ref::new(host), Out::new("batch", batch)) };
    host.answer(|handle| {
        let batch = batch.required()?;
        // A host that is out of order says so now, and not first when all is put together.
        handle.host.read(|_| ())?;
        let work = Work { host: Arc::clone(&handle.host), batch: Batch::new() };
        batch.put_handle(plasmid_batch {
            work: Mutex::new(work),
            last_failure: LastFailure::default(),
        });
        Ok(())
    })
}

/// Free a batch, and with it what was not committed; NULL is fine. No other call on it may be under
/// way.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_batch_free(batch: *mut plasmid_batch) {
    // SAFETY: the caller keeps the header's rules for handles.
    unsafe { boundary::free(batch) };
}

/// Copy out the text of the last failure on this batch, as `plasmid_host_error` does.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_batch_error(
    batch: *const plasmid_batch,
    out: *mut c_void,
    out_cap: usize,
    out_len: *mut usize,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (batch, out) = unsafe { (Ref::new(batch), Buffer::new(out, out_cap, out_len)) };
    batch.tell(out)
}

/// Have the batch set `key` to `value`; of several calls with one key the last counts. Limits are
/// checked by `plasmid_batch_commit`.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_batch_set(
    batch: *mut plasmid_batch,
    key: *const c_void,
    key_len: usize,
    value: *const c_void,
    value_len: usize,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (batch, key, value) = unsafe {
        (Ref::new(batch), Input::new("key", key, key_len), Input::new("value", value, value_len))
    };
    batch.call(|work| {
        work.batch.set(key.bytes()?, value.bytes()?);
        Ok(())
    })
}

/// Have the batch delete `key`; of several calls with one key the last counts. A key that is not
/// there when the batch is committed is left out.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_batch_delete(
    batch: *mut plasmid_batch,
    key: *const c_void,
    key_len: usize,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (batch, key) = unsafe { (Ref::new(batch), Input::new("key", key, key_len)) };
    batch.call(|work| {
        work.batch.delete(key.bytes()?);
        Ok(())
    })
}

/// Make all of the batch one change of the host's map. The batch is then empty, and may be used
/// again.
///
/// `*version` is the version of the change, or of the newest one if there was nothing to change;
/// NULL if it is not wanted. It fails as `plasmid_host_set` does, for the batch as a whole: then
/// nothing has changed, and the batch is as it was. The text is the batch's, not the host's.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_batch_commit(
    batch: *mut plasmid_batch,
    version: *mut u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (batch, version) = unsafe { (Ref::new(batch), Out::new("version", version)) };
    batch.call(|work| {
        let committed = work.host.change(|host| host.commit(&work.batch))??;
        work.batch.clear();
        if let Some(version) = version.optional() {
            version.put(committed);
        }
        Ok(())
    })
}

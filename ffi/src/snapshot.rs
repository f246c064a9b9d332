//! A host as bytes, and a host from bytes.

use std::ffi::c_void;
use std::sync::{Mutex, MutexGuard};

use plasmid::Host;
use plasmid_shared::SharedHost;

use crate::boundary::{self, Alone, Handle, Input, LastFailure, Lend, Out, Ref, wait};
use crate::config::{plasmid_config, with_settings};
use crate::host::plasmid_host;
use crate::status::{Failure, Outcome, plasmid_status};

/// Bytes that the library made and keeps until they are freed. Any thread may read them.
pub struct plasmid_bytes {
    bytes: Mutex<Vec<u8>>,
}

impl Handle for plasmid_bytes {
    fn last_failure(&self) -> Option<&LastFailure> {
        None
    }
}

impl Alone for plasmid_bytes {
    type State = Vec<u8>;

    fn enter(&self) -> Outcome<MutexGuard<'_, Vec<u8>>> {
        wait(&self.bytes)
    }
}

/// Write down the whole host: its own map, its copies of all others, deadlines and the time. What
/// is learnt anew soon is left out, such as signs of life. Keep it where it survives the process,
/// whole and not changed, and give it to `plasmid_host_restore`.
///
/// `*bytes` is to be read with `plasmid_bytes_data` and freed with `plasmid_bytes_free`.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_snapshot(
    host: *const plasmid_host,
    bytes: *mut *mut plasmid_bytes,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (host, bytes) = unsafe { (Ref::new(host), Out::new("bytes", bytes)) };
    host.view(|host| {
        let bytes = bytes.required()?;
        bytes.put_handle(plasmid_bytes { bytes: Mutex::new(host.snapshot()) });
        Ok(())
    })
}

/// Make a host of the bytes that `plasmid_host_snapshot` gave. Its id and its keys are those of the
/// snapshot, its options those of `config`, which may be NULL: every option then has its default.
/// It takes a generation above that of the snapshot, and not below that of the config; one that had
/// left is back, without keys. Cursors of `plasmid_host_changes` from before are not its cursors.
/// Two hosts made of one snapshot are twins, as any two of one id are.
///
/// `*host` is to be freed with `plasmid_host_free`. `PLASMID_MALFORMED`: the bytes are no snapshot,
/// or not whole. `PLASMID_FOREIGN`: it is one of another cluster. `PLASMID_LIMIT`: an option of the
/// config is out of range; what the snapshot holds is taken whatever the limits are, which are for
/// what comes after. `PLASMID_INVALID_ARGUMENT`: the config names a file; put the bytes there
/// instead. `plasmid_config_error` says more.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_restore(
    data: *const c_void,
    data_len: usize,
    config: *const plasmid_config,
    host: *mut *mut plasmid_host,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (data, config, host) =
        unsafe { (Input::new("data", data, data_len), Ref::new(config), Out::new("host", host)) };
    with_settings(config, |settings| {
        let place = host.required()?;
        if settings.path.is_some() {
            return Err(Failure::invalid("a host that is restored is in memory: set no path"));
        }
        let host = Host::restore(data.bytes()?, settings.draw()?)?;
        place.put_handle(plasmid_host::of(SharedHost::new(host)));
        Ok(())
    })
}

/// Lend the bytes, until they are freed.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_bytes_data(
    bytes: *const plasmid_bytes,
    data: *mut *const u8,
    data_len: *mut usize,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (bytes, data) =
        unsafe { (Ref::new(bytes), Lend::new(["data", "data_len"], data, data_len)) };
    bytes.call(|bytes| {
        data.required()?.put(Some(bytes));
        Ok(())
    })
}

/// Free bytes; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_bytes_free(bytes: *mut plasmid_bytes) {
    // SAFETY: the caller keeps the header's rules for handles.
    unsafe { boundary::free(bytes) };
}

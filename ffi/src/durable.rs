//! A host that a file keeps: what was acknowledged is there again after the process, however it
//! ended.

use std::ffi::c_void;
use std::path::PathBuf;

use plasmid::Host;
use plasmid_shared::SharedHost;
use plasmid_store::DurableState;

use crate::boundary::{Input, Ref, flag};
use crate::config::{Settings, plasmid_config};
use crate::host::plasmid_host;
use crate::process;
use crate::status::{Failure, Outcome, plasmid_status};

impl Settings {
    /// A new host, or the one that the file keeps.
    pub(crate) fn host(&self, id: &[u8]) -> Outcome<SharedHost> {
        let config = self.draw()?;
        let Some(path) = &self.path else {
            return Ok(SharedHost::new(Host::new(id, config)?));
        };
        process::watch();
        let (host, state) = DurableState::open(path, id, config, self.is_relaxed)?;
        Ok(SharedHost::durable(host, state))
    }
}

/// The file that keeps a host: any bytes but 0 where the system takes such, elsewhere UTF-8; empty
/// (default): none, the host is in memory. A relative path counts from the current directory of the
/// `plasmid_host_new` that is given the config.
///
/// `plasmid_host_new` then gives the host that the file holds, in the same generation, with its
/// copies of others as they were a few seconds before the end, with deadlines and time; if there is
/// no file it makes both. What such a host writes is durable before the call returns, and nobody
/// sees it before that, neither readers here nor peers. Threads that write at once share what a
/// disk takes, and nobody who reads or exchanges waits for it. The config's generation counts only
/// where the host is new, or was relaxed and not closed, or is made from a snapshot.
///
/// The file is one host's at a time, kept apart by a lock on `PATH.plasmid-lock` beside it, and is
/// replaced at times, and whenever it is opened, by one that was `PATH.plasmid-new`; so it is to be
/// in a directory of a file system that can lock and rename and has room for both. A path that ends
/// like one of these is refused. A host that was given an older copy of the file takes a new
/// generation when it meets somebody who knows more. A snapshot (`plasmid_host_snapshot`) in the
/// place of the file is taken, and becomes a state. A forked process may read the host, and not
/// change it or exchange with it.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_set_path(
    config: *mut plasmid_config,
    path: *const c_void,
    path_len: usize,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (config, path) = unsafe { (Ref::new(config), Input::new("path", path, path_len)) };
    config.call(|settings| {
        let path = path.bytes()?;
        settings.path = if path.is_empty() { None } else { Some(path_of(path)?) };
        Ok(())
    })
}

/// 1: a host with a file (`plasmid_config_set_path`) shows what it writes at once, and
/// `plasmid_host_tick` makes it durable: tick once a second. No other call waits for a disk, unless
/// very much is written between two ticks. What came after the last tick may be lost with the
/// process or the power, and after any end but `plasmid_host_close` or `plasmid_host_free` the host
/// is in a new generation, so that nobody takes the old state for the new one. A change that is
/// answered with `PLASMID_STORE` may have been made, and is shown then. 0 (default): nothing
/// acknowledged is ever lost. The same file may be opened either way, from one time to the next.
/// Without a path it means nothing.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_set_relaxed(
    config: *mut plasmid_config,
    relaxed: u32,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    let config = unsafe { Ref::new(config) };
    config.call(|settings| {
        settings.is_relaxed = flag("relaxed", relaxed)?;
        Ok(())
    })
}

/// Lay a host down: all of it is kept by its file, if it has one, which is then free for the next
/// host. From here on all that changes the host or exchanges with it answers `PLASMID_CLOSED`, also
/// through what was made from it; reading goes on. Closing it again does nothing.
///
/// A host that nobody closes is laid down when it and all that was made from it are freed; what
/// fails then is told to nobody. `PLASMID_STORE`: not all could be made durable; it is closed all
/// the same. Of a host that is not relaxed nothing acknowledged is lost even then.
/// `PLASMID_CONFLICT`: the file is that of the process before a fork.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_close(host: *mut plasmid_host) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    let host = unsafe { Ref::new(host) };
    host.answer(|handle| Ok(handle.host.close()?))
}

fn path_of(bytes: &[u8]) -> Outcome<PathBuf> {
    if bytes.contains(&0) {
        return Err(Failure::invalid("a path has no zero byte"));
    }
    system_path(bytes).ok_or_else(|| Failure::invalid("a path is UTF-8 on this system"))
}

#[cfg(unix)]
fn system_path(bytes: &[u8]) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt as _;
    Some(std::ffi::OsStr::from_bytes(bytes).into())
}

#[cfg(not(unix))]
fn system_path(bytes: &[u8]) -> Option<PathBuf> {
    std::str::from_utf8(bytes).ok().map(PathBuf::from)
}

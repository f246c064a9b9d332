//! Being told of forks.

use std::sync::Once;

use plasmid_shared::Process;

/// Have the system tell of every fork from here on.
pub(crate) fn watch() {
    static WATCH: Once = Once::new();
    WATCH.call_once(register);
}

#[cfg(unix)]
fn register() {
    extern "C" fn forked() {
        Process::was_forked();
    }
    // SAFETY: the function lives as long as the library, and does what a child may do in which the
    // other threads are gone: it takes no lock and no memory. That there is no memory left to note
    // it is no reason to fail: the file itself is asked again before anything is written there.
    unsafe { libc::pthread_atfork(None, None, Some(forked)) };
}

#[cfg(not(unix))]
fn register() {}

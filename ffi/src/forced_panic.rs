//! For the tests alone: a defect on demand, to show what becomes of it.

use crate::boundary::Ref;
use crate::host::plasmid_host;
use crate::status::plasmid_status;
use crate::stream::plasmid_stream;

/// Panic in a call on a host.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_host_force_panic(host: *mut plasmid_host) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    let host = unsafe { Ref::new(host) };
    host.write(|_| panic!("forced"))
}

/// Panic in a call on a stream, while it is in its host.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_stream_force_panic(stream: *mut plasmid_stream) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    let stream = unsafe { Ref::new(stream) };
    stream.call(|initiator| initiator.host.in_turns(|_| panic!("forced"))?)
}

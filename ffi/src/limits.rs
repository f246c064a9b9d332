//! The limits of `plasmid_config`, each by its setter.

use plasmid::Limits;

use crate::config::{plasmid_config, set};
use crate::status::plasmid_status;

/// Greatest length of a key, in bytes: 1 to 65,535, default 1,024. Keys are compared and searched,
/// so they stay small.
///
/// As for all limits, `plasmid_host_new` tells of one that is out of range, and not this function.
/// One's own change over a limit is refused with `PLASMID_LIMIT`. What a peer sends is applied up
/// to the first update over a limit; the rest of that participant is left out and counted
/// (`plasmid_host_skipped`). Give all hosts of a cluster the same limits: peers do not know each
/// other's, and send again and again what was left out.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_set_key_bytes(
    config: *mut plasmid_config,
    limit: u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    unsafe { set_limit(config, |limits| limits.key_bytes = limit) }
}

/// Greatest length of a value, in bytes: 0 to 256 MiB, default 1 MiB. What is written at once, a
/// batch too, is bounded by `plasmid_config_set_message_bytes` as well.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_set_value_bytes(
    config: *mut plasmid_config,
    limit: u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    unsafe { set_limit(config, |limits| limits.value_bytes = limit) }
}

/// Greatest length of a message, received or made, and of what is written at once, a batch too, in
/// bytes: 512 to 256 MiB, default 16 MiB. It bounds the memory that one peer can claim. A longer
/// message is refused whole, so give all hosts of a cluster the same.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_set_message_bytes(
    config: *mut plasmid_config,
    limit: u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    unsafe { set_limit(config, |limits| limits.message_bytes = limit) }
}

/// Greatest number of participants known at once, the host's own included: 1 to 2^32 - 1, default
/// 65,536. It bounds what made-up ids can claim; the digest of so many is about 1.5 MB, still one
/// message.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_set_participants(
    config: *mut plasmid_config,
    limit: u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    unsafe { set_limit(config, |limits| limits.participants = limit) }
}

/// Greatest number of keys held of one participant, one's own included: 1 to 2^31 - 1, default
/// 131,072. It bounds the index over the keys, which takes a few MiB for so many.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_set_keys_per_participant(
    config: *mut plasmid_config,
    limit: u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    unsafe { set_limit(config, |limits| limits.keys_per_participant = limit) }
}

/// Greatest size of the updates kept of one participant, history and one's own included, in bytes:
/// 1 to 1 GiB, default 256 MiB. It keeps one participant from taking the room of all. A host that
/// compacts by itself does so before it refuses a change; deletions of what is kept are let in
/// beyond the limit. The index takes about 8 bytes more for each update, and 10 for each key.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_set_participant_bytes(
    config: *mut plasmid_config,
    limit: u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    unsafe { set_limit(config, |limits| limits.participant_bytes = limit) }
}

/// Greatest size of what is kept of all other participants together, ids included, in bytes: any
/// number, default 1 GiB; 0 keeps nothing of others. It bounds the memory that all peers together
/// can claim. One's own map does not count, so that no peer can use up the room for one's own
/// changes.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_set_state_bytes(
    config: *mut plasmid_config,
    limit: u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    unsafe { set_limit(config, |limits| limits.state_bytes = limit) }
}

/// Greatest number of left and evicted participants that are remembered, beside those that are
/// there: 0 to 2^32 - 1, default 16,384. As long as one is remembered nobody can bring it back.
/// Over the limit the one with the lowest generation is forgotten, and counted
/// (`plasmid_host_forgotten`).
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_set_departed(
    config: *mut plasmid_config,
    limit: u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    unsafe { set_limit(config, |limits| limits.departed = limit) }
}

/// Greatest size of all updates together of which only a part has arrived, in bytes: any number,
/// default 64 MiB. An update larger than the budget comes in pieces over several exchanges; one
/// that finds no room here is counted (`plasmid_host_skipped`) and comes again.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_set_fragment_bytes(
    config: *mut plasmid_config,
    limit: u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    unsafe { set_limit(config, |limits| limits.fragment_bytes = limit) }
}

/// Greatest number of deletions of one participant that are remembered for `plasmid_host_changes`
/// after they were compacted away: 0 to 2^32 - 1, default 1,024. An older cursor is shown
/// `PLASMID_CHANGE_REPLACE` and what is left instead.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_set_remembered_deletes(
    config: *mut plasmid_config,
    limit: u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    unsafe { set_limit(config, |limits| limits.remembered_deletes = limit) }
}

/// How far back the cursors of `plasmid_host_changes` reach: 0 to 2^32 - 1, default 65,536. A
/// participant that has changed counts once for each time that somebody asks, however much of it
/// has changed. An older cursor is shown `PLASMID_CHANGE_REPLACE` and what is there instead. As
/// many participants that were forgotten (`plasmid_host_forgotten`) are told as gone; a cursor
/// older than that is answered `PLASMID_CURSOR`.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_set_change_records(
    config: *mut plasmid_config,
    limit: u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    unsafe { set_limit(config, |limits| limits.change_records = limit) }
}

/// Change a limit. The caller promises what `Ref::new` asks.
unsafe fn set_limit(
    config: *const plasmid_config,
    change: impl FnOnce(&mut Limits),
) -> plasmid_status {
    // SAFETY: promised by the caller.
    unsafe { set(config, |settings| change(&mut settings.config.limits)) }
}

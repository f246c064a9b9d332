//! `plasmid_config`: the options of hosts, each by its setter.

use std::ffi::c_void;
use std::sync::{Mutex, MutexGuard};
use std::time::{SystemTime, UNIX_EPOCH};

use plasmid::{Config, Limits, Ordering};

use crate::boundary::{self, Buffer, Handle, Input, LastFailure, Out, Ref, flag, wait};
use crate::status::{Failure, Outcome, PLASMID_INTERNAL, plasmid_status};

/// The participants with the most pending updates go first when not all fit; ties at random.
pub const PLASMID_ORDERING_DEPTH: u32 = 0;

/// The oldest pending update of every participant goes first, then the second oldest, and so on.
pub const PLASMID_ORDERING_BREADTH: u32 = 1;

/// The options of hosts. One config may make any number of hosts; each copies what it needs, so the
/// config can be changed or freed right after `plasmid_host_new`. Any thread may use it.
pub struct plasmid_config {
    settings: Mutex<Settings>,
    last_failure: LastFailure,
}

/// What was set. What was not is drawn anew for every host.
#[derive(Default)]
pub(crate) struct Settings {
    /// All that has a constant default; its seed, nonce and generation are not used.
    config: Config,
    seed: Option<u64>,
    nonce: Option<u64>,
    generation: Option<u64>,
}

impl Handle for plasmid_config {
    type State = Settings;

    fn enter(&self) -> Outcome<MutexGuard<'_, Settings>> {
        wait(&self.settings)
    }

    fn last_failure(&self) -> Option<&LastFailure> {
        Some(&self.last_failure)
    }
}

impl Settings {
    /// The configuration of one new host.
    pub(crate) fn draw(&self) -> Outcome<Config> {
        Ok(Config {
            seed: self.seed.map_or_else(random, Ok)?,
            nonce: self.nonce.map_or_else(random, Ok)?,
            generation: self.generation.map_or_else(generation_now, Ok)?,
            ..self.config.clone()
        })
    }
}

fn random() -> Outcome<u64> {
    getrandom::u64().map_err(|error| {
        Failure::new(PLASMID_INTERNAL, format!("the system gave no random bytes: {error}"))
    })
}

/// Milliseconds since 1970 × 2¹⁶ + 16 random bits: it grows from start to start, and two starts in
/// one millisecond still differ.
fn generation_now() -> Outcome<u64> {
    // A clock before 1970 is wrong, and the random bits are then all there is.
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let milliseconds = u64::try_from(since_1970.as_millis()).unwrap_or(0);
    // A generation has 63 bits, which is enough for 4,000 years.
    Ok(((milliseconds << 16) | (random()? & 0xffff)) & (u64::MAX >> 1))
}

/// Make a config with every option at its default.
///
/// `*config` is to be freed with `plasmid_config_free`.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_new(config: *mut *mut plasmid_config) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for pointers.
    let config = unsafe { Out::new("config", config) };
    boundary::guard(|| {
        config.required()?.put_handle(plasmid_config {
            settings: Mutex::default(),
            last_failure: LastFailure::default(),
        });
        Ok(())
    })
}

/// Free a config; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_free(config: *mut plasmid_config) {
    // SAFETY: the caller keeps the header's rules for handles.
    unsafe { boundary::free(config) };
}

/// Copy out the text of the last failure on this config, or of the last `plasmid_host_new` that was
/// given it: one English sentence without a final zero byte, empty if nothing has failed.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_error(
    config: *const plasmid_config,
    out: *mut c_void,
    out_cap: usize,
    out_len: *mut usize,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (config, out) = unsafe { (Ref::new(config), Buffer::new(out, out_cap, out_len)) };
    config.tell(out)
}

/// Which updates go first when not all fit in a message: `PLASMID_ORDERING_DEPTH` (default) or
/// `PLASMID_ORDERING_BREADTH`.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_set_ordering(
    config: *mut plasmid_config,
    ordering: u32,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    let config = unsafe { Ref::new(config) };
    config.call(|settings| {
        settings.config.ordering = match ordering {
            PLASMID_ORDERING_DEPTH => Ordering::Depth,
            PLASMID_ORDERING_BREADTH => Ordering::Breadth,
            _ => return Err(Failure::invalid(format!("there is no ordering {ordering}"))),
        };
        Ok(())
    })
}

/// 1 (default): keep and send superseded values too. 0: keep and send only the newest value of each
/// key, one's own and everyone else's.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_set_history(
    config: *mut plasmid_config,
    history: u32,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    let config = unsafe { Ref::new(config) };
    config.call(|settings| {
        settings.config.state.history = flag("history", history)?;
        Ok(())
    })
}

/// The seed of all randomness in the host: the same seed and the same calls give the same bytes.
/// Default: drawn from the system for each host.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_set_seed(
    config: *mut plasmid_config,
    seed: u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    unsafe { set(config, |settings| settings.seed = Some(seed)) }
}

/// A number that no other process with this id and generation has: it tells one's own message come
/// back from a twin. Default: drawn from the system for each host, which is what programs want; set
/// it only where runs must repeat byte for byte.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_set_nonce(
    config: *mut plasmid_config,
    nonce: u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    unsafe { set(config, |settings| settings.nonce = Some(nonce)) }
}

/// The generation of the participant, below 2^63. It must grow each time the participant starts
/// without its earlier state: a newer generation replaces the older one everywhere. Default: the
/// milliseconds since 1970 times 2^16, plus 16 random bits.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_set_generation(
    config: *mut plasmid_config,
    generation: u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    unsafe { set(config, |settings| settings.generation = Some(generation)) }
}

/// The name of the cluster, any bytes; default empty. Messages of another cluster are refused with
/// `PLASMID_FOREIGN`.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_set_cluster(
    config: *mut plasmid_config,
    name: *const c_void,
    name_len: usize,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles and pointers.
    let (config, name) = unsafe { (Ref::new(config), Input::new("name", name, name_len)) };
    config.call(|settings| {
        settings.config.cluster = name.bytes()?.to_vec();
        Ok(())
    })
}

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

/// Greatest length of a value, in bytes: 0 to 256 MiB, default 1 MiB. A value travels whole in one
/// message, whose limit bounds it as well.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_set_value_bytes(
    config: *mut plasmid_config,
    limit: u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    unsafe { set_limit(config, |limits| limits.value_bytes = limit) }
}

/// Greatest length of a message, received or made, in bytes: 512 to 256 MiB, default 16 MiB. It
/// bounds the memory that one peer can claim. A longer message is refused whole, so give all hosts
/// of a cluster the same.
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
/// 1 to 1 GiB, default 256 MiB. It keeps one participant from taking the room of all. The index
/// takes about 8 bytes more for each update, and 10 for each key.
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

/// Change a setting that may have any value. The caller promises what `Ref::new` asks.
unsafe fn set(config: *const plasmid_config, change: impl FnOnce(&mut Settings)) -> plasmid_status {
    // SAFETY: promised by the caller.
    let config = unsafe { Ref::new(config) };
    config.call(|settings| {
        change(settings);
        Ok(())
    })
}

/// Change a limit. The caller promises what `Ref::new` asks.
unsafe fn set_limit(
    config: *const plasmid_config,
    change: impl FnOnce(&mut Limits),
) -> plasmid_status {
    // SAFETY: promised by the caller.
    unsafe { set(config, |settings| change(&mut settings.config.limits)) }
}

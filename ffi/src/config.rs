//! `plasmid_config`: the options of hosts, each by its setter.

use std::ffi::c_void;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};
use std::time::{SystemTime, UNIX_EPOCH};

use plasmid::{Config, Digests, Ordering};

use crate::boundary::{self, Alone, Buffer, Handle, Input, LastFailure, Out, Ref, flag, wait};
use crate::status::{Failure, Outcome, PLASMID_INTERNAL, plasmid_status};

/// The participants with the most pending updates go first when not all fit; ties at random.
pub const PLASMID_ORDERING_DEPTH: u32 = 0;

/// The oldest pending update of every participant goes first, then the second oldest, and so on.
pub const PLASMID_ORDERING_BREADTH: u32 = 1;

/// What a host has is said in lines or in sums, whichever takes less.
pub const PLASMID_DIGESTS_SMALLEST: u32 = 0;

/// It is said in lines only, and sums of others are not understood. An exchange costs bytes and
/// time for every participant.
pub const PLASMID_DIGESTS_PLAIN: u32 = 1;

/// It is said in sums wherever they fit, also of few participants. It serves tests.
pub const PLASMID_DIGESTS_SKETCH: u32 = 2;

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
    pub(crate) config: Config,
    seed: Option<u64>,
    nonce: Option<u64>,
    generation: Option<u64>,
    /// The file that keeps the host.
    pub(crate) path: Option<PathBuf>,
    pub(crate) is_relaxed: bool,
}

impl Handle for plasmid_config {
    fn last_failure(&self) -> Option<&LastFailure> {
        Some(&self.last_failure)
    }
}

impl Alone for plasmid_config {
    type State = Settings;

    fn enter(&self) -> Outcome<MutexGuard<'_, Settings>> {
        wait(&self.settings)
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

/// Run `make` with the settings of `config`, or with the defaults if that is NULL, and answer its
/// status; the text of a failure stays on the config.
pub(crate) fn with_settings(
    config: Ref<'_, plasmid_config>,
    make: impl FnOnce(&Settings) -> Outcome,
) -> plasmid_status {
    if config.is_null() {
        boundary::guard(|| make(&Settings::default()))
    } else {
        config.call(|settings| make(settings))
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

/// Copy out the text of the last failure on this config, or of the last `plasmid_host_new` or
/// `plasmid_host_restore` that was given it: one English sentence without a final zero byte, empty
/// if nothing has failed.
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

/// How a host says what it has: `PLASMID_DIGESTS_SMALLEST` (default), `PLASMID_DIGESTS_PLAIN` or
/// `PLASMID_DIGESTS_SKETCH`. Hosts that differ in this understand each other.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_set_digests(
    config: *mut plasmid_config,
    digests: u32,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    let config = unsafe { Ref::new(config) };
    config.call(|settings| {
        settings.config.digests = match digests {
            PLASMID_DIGESTS_SMALLEST => Digests::Smallest,
            PLASMID_DIGESTS_PLAIN => Digests::Plain,
            PLASMID_DIGESTS_SKETCH => Digests::Sketch,
            _ => return Err(Failure::invalid(format!("there are no digests {digests}"))),
        };
        Ok(())
    })
}

/// 1: compress streams (Zstandard), if the other end does so too. 0 (default): do not. It pays
/// where bytes are dear: it takes several times as long as all else that is done with them.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_set_compress(
    config: *mut plasmid_config,
    compress: u32,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    let config = unsafe { Ref::new(config) };
    config.call(|settings| {
        settings.config.compress = flag("compress", compress)?;
        Ok(())
    })
}

/// 1 (default): keep and send superseded values and deletions too, until their owner compacts. 0:
/// keep and send only what is newest of each key, one's own and everyone else's.
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
/// without its earlier state, or with one that is relaxed: a newer generation replaces the older
/// one everywhere. Default: the milliseconds since 1970 times 2^16, plus 16 random bits.
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

/// 1 (default): the host compacts its own map by itself, when superseded values and deletions take
/// more than half of it, and by age (`plasmid_config_set_tombstone_age_ms`). It waits for the peers
/// to have seen what goes, but not for ever. 0: only `plasmid_host_compact` does, and without it
/// the map grows with every change.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_set_auto_compact(
    config: *mut plasmid_config,
    auto_compact: u32,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    let config = unsafe { Ref::new(config) };
    config.call(|settings| {
        settings.config.auto_compact = flag("auto_compact", auto_compact)?;
        Ok(())
    })
}

/// After how many milliseconds `plasmid_host_tick` compacts the host's own deletions away, if the
/// host compacts by itself: default 3,600,000, an hour; 0 never. A host that was away for longer
/// learns of them all the same, it only takes it a few bytes more for each key that is left.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_set_tombstone_age_ms(
    config: *mut plasmid_config,
    age_ms: u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    unsafe { set(config, |settings| settings.config.tombstone_age_ms = age_ms) }
}

/// After how many milliseconds of silence `plasmid_host_tick` evicts a participant, as
/// `plasmid_host_evict` does; default 0, which is never. One that lives after all comes back by
/// itself. Tick far more often than that, at every host: those with a clock pass signs of life on,
/// and a longer pause than a quarter of it counts as sleep, after which the silence begins anew.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_set_evict_after_ms(
    config: *mut plasmid_config,
    silence_ms: u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    unsafe { set(config, |settings| settings.config.evict_after_ms = silence_ms) }
}

/// How far above this host's clock, in milliseconds, the generation of another participant may lie
/// before it is refused: default 31,536,000,000, a year; 0 refuses none. Nothing outranks an absurd
/// generation, so it would be there for ever. It holds from the first `plasmid_host_tick` on, and
/// means something only where generations are made of the time, as they are by default.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plasmid_config_set_generation_ahead_ms(
    config: *mut plasmid_config,
    ahead_ms: u64,
) -> plasmid_status {
    // SAFETY: the caller keeps the header's rules for handles.
    unsafe { set(config, |settings| settings.config.generation_ahead_ms = ahead_ms) }
}

/// Change a setting that may have any value. The caller promises what `Ref::new` asks.
pub(crate) unsafe fn set(
    config: *const plasmid_config,
    change: impl FnOnce(&mut Settings),
) -> plasmid_status {
    // SAFETY: promised by the caller.
    let config = unsafe { Ref::new(config) };
    config.call(|settings| {
        change(settings);
        Ok(())
    })
}

//! What a host is told when it is made: options, limits, and every source of chance.

use alloc::vec::Vec;

use crate::error::{Error, Limit};
use crate::wire::bounds::{MAX_GENERATION, MIN_BUDGET};
use crate::wire::entry::Op;

/// Options of a [`Host`](crate::Host). The defaults suit a test; a real program sets `seed`,
/// `nonce` and `generation` (the C and Python bindings draw them from the system).
#[derive(Clone, Debug)]
pub struct Config {
    /// Which updates go first when not all fit. Default: [`Ordering::Depth`].
    pub ordering: Ordering,
    /// How the state is kept. Default: with history.
    pub state: LocalState,
    /// Seed of all randomness in the host: the same seed and inputs give the same bytes, on
    /// machines of one word size. Hosts of one fleet should differ, or they will prefer the same
    /// participants at the same time.
    pub seed: u64,
    /// A number of this process, different in every process that ever used this id and generation:
    /// it tells a loop in the network (my own message came back) from a twin with my id.
    pub nonce: u64,
    /// Grows each time this participant starts without its earlier state, or with one that a store
    /// kept of a relaxed host, and is below 2⁶³. It outranks versions: the copy of an older
    /// generation is replaced whole.
    pub generation: u64,
    /// Name of the cluster. Messages of another cluster are refused.
    pub cluster: Vec<u8>,
    /// Whether the host compacts its own map by itself. Default: `true`. It does when superseded
    /// bytes and tombstones are more than half of all (and 4 KiB), up to what all present peers
    /// that it met have acknowledged; when they are four times the rest, whatever was acknowledged.
    pub auto_compact: bool,
    /// Tombstones older than that are compacted by the same policy, milliseconds; 0 is off.
    /// Default: an hour.
    pub tombstone_age_ms: u64,
    /// Participants that nobody has heard of for that long are evicted, milliseconds; 0 is off.
    /// Default: off. It needs a clock ([`Host::tick`](crate::Host::tick)), told at least four times
    /// in that time, and counts only time in which this process ran. Hosts take it in turns, up to
    /// twice that time; if many are quiet it takes four times as long. News of one of N hosts is
    /// about N/4 exchanges old: allow for many times that.
    pub evict_after_ms: u64,
    /// Generations farther ahead of the host's clock than that are refused, milliseconds: they are
    /// a broken clock or memory, and nothing could outrank them. 0 is off, and so is a host without
    /// a clock ([`Host::tick`](crate::Host::tick)). Default: a year. It supposes that generations
    /// are milliseconds since 1970 × 2¹⁶, or less.
    pub generation_ahead_ms: u64,
    /// Whether streams are compressed (Zstandard), if the other end does so too. Default: `false`.
    /// It pays where bytes are dear: it takes several times as long as all else that is done with
    /// them. Large deltas are compressed, and nothing else. It has no effect where the library for
    /// it cannot be built (no operating system, `WebAssembly`).
    pub compress: bool,
    /// How the host says what it has. Default: [`Digests::Smallest`].
    pub digests: Digests,
    /// Limits on what is accepted, sent and kept.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            ordering: Ordering::default(),
            state: LocalState::default(),
            seed: 0,
            nonce: 0,
            generation: 0,
            cluster: Vec::new(),
            auto_compact: true,
            tombstone_age_ms: 3_600_000,
            evict_after_ms: 0,
            generation_ahead_ms: 365 * 24 * 3_600_000,
            compress: false,
            digests: Digests::default(),
            limits: Limits::default(),
        }
    }
}

/// Which updates go first when not everything fits into a message (paper, §3 "scuttle-depth" and
/// "scuttle-breadth").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ordering {
    /// The participants with the most pending updates first, ties in random order.
    #[default]
    Depth,
    /// The oldest pending update of every participant first, then the second oldest, and so on; the
    /// participants are shuffled anew for each rank.
    Breadth,
}

/// How a host says what it has to a peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Digests {
    /// In lines or in a sketch, whichever takes less. A sketch takes as much as there are
    /// differences, however many participants there are. Now and then lines, all the same, so that
    /// nothing stays hidden.
    #[default]
    Smallest,
    /// In lines only, and sketches of others are not understood: what the least implementation of
    /// the protocol does. An exchange costs bytes and time for every participant.
    Plain,
    /// In sketches wherever they fit, also of few participants. It serves tests.
    Sketch,
}

/// How a host keeps updates, its own and those of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalState {
    /// `true` keeps and sends superseded values too; `false` keeps and sends the newest value of
    /// each key only. Default: `true`.
    pub history: bool,
}

impl Default for LocalState {
    fn default() -> Self {
        LocalState { history: true }
    }
}

/// Limits of one host. Own changes over a limit are refused with [`Error::Limit`]. What a peer
/// sends is applied up to the first update over a limit; the rest of that participant is left for
/// later and counted ([`Host::skipped`](crate::Host::skipped)), other participants in the message
/// apply.
///
/// While a copy catches up past a compaction, what may have been deleted of it does not count: it
/// can take twice as much for that time.
///
/// Peers do not know these limits, and offer again what was refused. With [`Ordering::Depth`] and
/// a small budget, a long backlog that is refused for ever can take the room of others for as long:
/// give the hosts of a cluster the same limits, or use [`Ordering::Breadth`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a key. Default 1,024, at most 65,535: keys are compared and scanned, so they stay
    /// small.
    pub key_bytes: u64,
    /// Bytes of a value. Default 1 MiB, at most 256 MiB: gossip is for small state. What is larger
    /// than a message travels in pieces.
    pub value_bytes: u64,
    /// Bytes of the greatest message, received or made. Default 16 MiB, from 512 to 256 MiB: it
    /// bounds the memory that one peer can claim. Peers do not know it: give all hosts of a cluster
    /// the same, and budgets below it.
    pub message_bytes: u64,
    /// Participants known at once, this host included. Default 65,536, at most 2³²−1: a plain
    /// digest of so many is about 1.5 MB, still one message.
    pub participants: u64,
    /// Keys held of one participant. Default 131,072, at most 2³¹−1: the index over so many takes a
    /// few MiB.
    pub keys_per_participant: u64,
    /// Bytes of the updates kept of one participant, history included; deletions of what is kept
    /// are let in beyond that. Default 256 MiB, at most 1 GiB: a quarter of what all may have, so
    /// that one that runs wild leaves room for others. The index takes about 8 bytes more for each
    /// update, and 20 for each key.
    pub participant_bytes: u64,
    /// Bytes kept of all other participants together, ids included. Default 1 GiB: small state is
    /// far below, and a flood stays within what a server can spare. The own map does not count, so
    /// that no peer can use up the room for one's own writes.
    pub state_bytes: u64,
    /// Participants remembered that left or were evicted, beside those that are present. Default
    /// 16,384: as long as they are remembered nobody can bring them back. Of more than that the
    /// lowest generations are forgotten, and counted ([`Host::forgotten`](crate::Host::forgotten)).
    /// Give all hosts of a cluster the same, or they tell each other for ever what one forgot.
    pub departed: u64,
    /// Bytes of updates that arrive in pieces and are not whole yet, of all participants together.
    /// Default 64 MiB: an update of up to `message_bytes` of four participants at once. One that
    /// finds no room is counted as skipped, and comes again.
    pub fragment_bytes: u64,
    /// Deletes remembered of each participant after a compaction, for readers that follow changes.
    /// Default 1,024: a cursor that is older gets all of that participant anew.
    pub remembered_deletes: u64,
    /// Records of which copies changed, for readers that follow changes. Default 65,536, about
    /// 40 bytes each: a cursor that is older gets all of every participant that changed since.
    pub change_records: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            key_bytes: 1024,
            value_bytes: 1 << 20,
            message_bytes: 16 << 20,
            participants: 65_536,
            keys_per_participant: 131_072,
            participant_bytes: 256 << 20,
            state_bytes: 1 << 30,
            departed: 16_384,
            fragment_bytes: 64 << 20,
            remembered_deletes: 1024,
            change_records: 65_536,
        }
    }
}

impl Limits {
    /// Refuse a change of a key that is over the limits on one.
    pub(crate) fn admit(&self, op: Op<'_>) -> Result<(), Error> {
        within(Limit::KeyBytes, op.key.len() as u64, 1, self.key_bytes)?;
        let value = op.value.unwrap_or_default();
        within(Limit::ValueBytes, value.len() as u64, 0, self.value_bytes)
    }

    /// Refuse limits that the format or the storage could not honour.
    fn validate(&self) -> Result<(), Error> {
        within(Limit::KeyBytes, self.key_bytes, 1, 65_535)?;
        within(Limit::MessageBytes, self.message_bytes, MIN_BUDGET as u64, 256 << 20)?;
        within(Limit::ValueBytes, self.value_bytes, 0, 256 << 20)?;
        within(Limit::Participants, self.participants, 1, u64::from(u32::MAX))?;
        within(Limit::KeysPerParticipant, self.keys_per_participant, 1, u64::from(u32::MAX >> 1))?;
        within(Limit::Departed, self.departed, 0, u64::from(u32::MAX))?;
        within(Limit::RememberedDeletes, self.remembered_deletes, 0, u64::from(u32::MAX))?;
        within(Limit::ChangeRecords, self.change_records, 0, u64::from(u32::MAX))?;
        within(Limit::ParticipantBytes, self.participant_bytes, 1, 1 << 30)
    }
}

impl Config {
    pub(crate) fn validate(&self) -> Result<(), Error> {
        within(Limit::Generation, self.generation, 0, MAX_GENERATION)?;
        self.limits.validate()
    }
}

/// `Ok` if `min <= value <= max`, otherwise the error that names `limit`.
pub(crate) fn within(limit: Limit, value: u64, min: u64, max: u64) -> Result<(), Error> {
    if value < min {
        return Err(Error::Limit { limit, value, max: min });
    }
    if value > max {
        return Err(Error::Limit { limit, value, max });
    }
    Ok(())
}

//! A host from what a store kept of it.
//!
//! A store has records one after the other: a checkpoint ([`Host::checkpoint`]), which says all at
//! one moment, then the own changes since ([`Host::unsaved`]), and between them, when it pleases,
//! what is held of others by then ([`Kept`](crate::Kept)). That of others may be old: they tell it
//! again. What is read is not trusted: whatever is no record, or cannot follow what came before it,
//! is refused.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::config::Config;
use crate::error::Error;
use crate::host::Host;
use crate::host::durable::Durable;
use crate::host::record::{Growth, Life, Record, Time};
use crate::state::State;
use crate::state::change::OwnChange;
use crate::state::expiry::Expiry;
use crate::state::participant::Participant;
use crate::wire::entries::Entries;
use crate::wire::entry::Body;
use crate::wire::reader::Reader;

/// So many earlier processes of one generation are remembered. A message of one before them that
/// is still under way is taken for one of a twin, and costs a generation.
const MAX_EARLIER: usize = 16;

const UNSOUND: Error = Error::Malformed("records of a host that contradict each other");

/// A host that is being made of records.
///
/// ```
/// # use plasmid::{Config, Host, Recovery};
/// # fn main() -> Result<(), plasmid::Error> {
/// let config = |nonce| Config { generation: 1, nonce, ..Config::default() };
/// let mut host = Recovery::new(b"a", config(1), false)?.finish()?;
/// let mut kept: Vec<Vec<u8>> = host.checkpoint().records().collect(); // a file, in a program
///
/// host.set(b"color", b"red")?;
/// assert_eq!(host.get(b"color"), None);
/// while let Some(unsaved) = host.unsaved() {
///     kept.push(unsaved.bytes().to_vec());
///     host.saved(unsaved); // it is durable, and shown
/// }
/// assert_eq!(host.get(b"color"), Some(&b"red"[..]));
///
/// drop(host); // the process ends, in whatever way
/// let mut recovery = Recovery::new(b"a", config(2), false)?;
/// for records in &kept {
///     recovery.take(records)?;
/// }
/// let host = recovery.finish()?;
/// assert_eq!(host.get(b"color"), Some(&b"red"[..]));
/// assert_eq!(host.generation(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Recovery {
    host: Host,
    is_relaxed: bool,
    /// The own participant was among the records.
    has_own: bool,
    /// What the last process was: relaxed or not; `None` if there was none.
    last: Option<bool>,
    /// It laid the host down.
    has_ended: bool,
    /// How many of those who are gone may be remembered.
    departed: u64,
    /// No process told the time since the own map was at that version.
    untold: Option<u64>,
}

impl Recovery {
    /// Begin, for the participant `id`. A host that `is_relaxed` shows what is written at once.
    ///
    /// # Errors
    ///
    /// As [`Host::new`].
    pub fn new(id: &[u8], config: Config, is_relaxed: bool) -> Result<Self, Error> {
        let host = Host::new(id, config)?;
        Ok(Recovery::of(host, is_relaxed))
    }

    /// Begin with a [`snapshot`](Host::snapshot) in the place of records: the host that
    /// [`Host::restore`] makes of it, in a new generation. No records follow.
    ///
    /// # Errors
    ///
    /// As [`Host::restore`], and [`Error::Foreign`] if it is one of another participant than `id`.
    pub fn restore(
        id: &[u8],
        snapshot: &[u8],
        config: Config,
        is_relaxed: bool,
    ) -> Result<Self, Error> {
        let host = Host::restore(snapshot, config)?;
        if *host.id() != *id {
            return Err(Error::Foreign);
        }
        Ok(Recovery {
            has_own: true,
            last: Some(false),
            has_ended: true,
            ..Recovery::of(host, is_relaxed)
        })
    }

    fn of(mut host: Host, is_relaxed: bool) -> Self {
        // In between there may be more of those who are gone than there ever were at once.
        let limits = &mut Arc::make_mut(&mut host.config).limits;
        let departed = core::mem::replace(&mut limits.departed, u64::MAX);
        let (has_own, last, has_ended, untold) = (false, None, false, None);
        Recovery { host, is_relaxed, has_own, last, has_ended, departed, untold }
    }

    /// Take the next records, which were kept together.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] if these are no records, or none that can follow those before;
    /// [`Error::Foreign`] if they are of another participant, or of one in another cluster. There
    /// is no way on from here.
    pub fn take(&mut self, records: &[u8]) -> Result<(), Error> {
        let mut reader = Reader::new(records);
        while !reader.is_empty() {
            self.take_next(&mut reader)?;
        }
        Ok(())
    }

    fn take_next(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        let record = Record::read(reader)?;
        let Host { state, config, identity, .. } = &mut self.host;
        // First of all it is said whose records these are, and then all that was held.
        let can_come = match record {
            Record::Life(_) => true,
            Record::Copy => self.last.is_some() && !self.has_ended,
            _ => self.has_own && !self.has_ended,
        };
        if !can_come {
            return Err(UNSOUND);
        }
        match record {
            Record::Life(life) => {
                if life.cluster != state.cluster || *life.id != *state.own().id {
                    return Err(Error::Foreign);
                }
                remember(&mut identity.earlier, life.nonce);
                (self.last, self.has_ended) = (Some(life.is_relaxed), false);
            }
            Record::Own(change) => {
                if !change.follows(state.own()) {
                    return Err(UNSOUND);
                }
                if let OwnChange::Standing { generation, .. } = change
                    && generation > state.own().generation
                {
                    // The last process took it, and goes on in it.
                    let last = identity.earlier.len().saturating_sub(1);
                    identity.earlier.drain(..last);
                }
                if let OwnChange::Start { now_ms, told_ms } = change {
                    state.set_clock(now_ms, told_ms, told_ms);
                }
                state.make(&change, config);
            }
            Record::Copy => {
                let held = Participant::read(reader, config, &state.hasher)?;
                let is_own = *held.id == *state.own().id;
                if is_own && self.has_own {
                    return Err(UNSOUND);
                }
                if is_own {
                    self.has_own = true;
                    state.adopt_own(held)?;
                    return Ok(());
                }
                let short = state.short(&held.id);
                if state.at(short).is_some_and(|other| *other.id != *held.id) {
                    // That one was forgotten, and the other came in its place.
                    state.remove(short);
                }
                if !state.adopt(held, config) {
                    return Err(UNSOUND);
                }
            }
            Record::Deadlines => {
                let max_version = state.own().max_version;
                state.view.expiry = Expiry::read(reader, max_version)?.into();
            }
            Record::Growth(growth) => grow(state, config, growth)?,
            Record::Forgotten(short) => {
                if short != state.own_short() {
                    state.remove(short);
                }
            }
            Record::Time(Time { now_ms, told_ms, most_ms }) => {
                state.set_clock(now_ms, told_ms, most_ms);
                self.untold = None;
            }
            Record::Untold(version) => self.untold = Some(version),
            Record::End => self.has_ended = true,
        }
        Ok(())
    }

    /// Whether the last process laid the host down ([`Host::end`]).
    pub const fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// The host. Nobody is to see it before what it has to say first is kept: either what is
    /// [`unsaved`](Host::unsaved) now, or a [`checkpoint`](Host::checkpoint).
    ///
    /// It is in the generation that it was in, unless the last process was relaxed and did not
    /// [`end`](Host::end): then it is in a new one, not below that of its config.
    ///
    /// # Errors
    ///
    /// [`Error::Limit`] if there is no newer generation; [`Error::Malformed`] if the records end
    /// before they say what was held.
    pub fn finish(self) -> Result<Host, Error> {
        let Recovery { mut host, is_relaxed, has_own, last, has_ended, departed, untold } = self;
        if last.is_some() != has_own {
            return Err(UNSOUND);
        }
        let is_anew = last == Some(true) && !has_ended;
        if is_anew {
            let generation = host.next_generation()?.max(host.config.generation);
            host.take_generation(generation, host.own().status);
        }
        // Who is gone is forgotten as it was: there are as many as there may be.
        Arc::make_mut(&mut host.config).limits.departed = departed;
        host.state.forget_departed(&host.config);
        host.clock.take_up(&host.state, untold);
        if has_own && !is_anew {
            host.identity.taken_up = Some((host.generation(), host.state.own().max_version));
        }
        host.life = Host::life_of(host.config.nonce, host.generation());
        Durable::begin(&mut host, is_relaxed);
        let Host { state, config, durable, .. } = &mut host;
        if let Some(durable) = durable {
            let (own, nonce) = (state.own(), config.nonce);
            let life = Life { cluster: state.cluster, id: &own.id, nonce, is_relaxed };
            let (generation, status) = (own.generation, own.status);
            let standing = OwnChange::Standing { generation, status, farewell: None };
            durable.push(|out| {
                life.put(out);
                if is_anew {
                    standing.put(out);
                }
            });
        }
        Ok(host)
    }
}

/// What came to a copy since it was kept. It is left out where it does not follow: the copy may
/// have been forgotten in between, by an own change, and known again.
fn grow(state: &mut State, config: &Config, growth: Growth<'_>) -> Result<(), Error> {
    let Growth { id, generation, from, to, horizon, entries } = growth;
    let short = state.short(id);
    let held = state.at(short).filter(|held| *held.id == *id && short != state.own_short());
    let follows = held.is_some_and(|held| {
        held.generation == generation && held.max_version == from && held.is_plain()
    });
    let entries = Entries::new(entries);
    let has_left = entries.check(from, to)?;
    if to <= from || horizon < to || has_left {
        return Err(UNSOUND);
    }
    if !follows {
        return Ok(());
    }
    state.change(short, |held, hasher, _| {
        for entry in entries {
            held.log.append(&entry, config.state.history, hasher);
            if let Body::Compact { up_to } = entry.body {
                held.is_to_compact(up_to);
            }
        }
        held.max_version = to;
        held.horizon = horizon;
    });
    Ok(())
}

/// The nonce of one more process, the last one.
fn remember(earlier: &mut Vec<u64>, nonce: u64) {
    earlier.retain(|other| *other != nonce);
    if earlier.len() >= MAX_EARLIER {
        earlier.remove(0);
    }
    earlier.push(nonce);
}

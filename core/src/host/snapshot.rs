//! A whole host as bytes, for those who have a store of their own.
//!
//! `Snapshot := "plasmid" <version (Byte = 1)> <cluster (U64)> <now (Byte, Varint)> <Copy>+
//! <Expiry> <crc>`; the first copy is that of the host itself. What is in a message in another form
//! is here as there: ids, generations, versions and entries.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::config::Config;
use crate::error::Error;
use crate::host::Host;
use crate::log::index::KeyHasher;
use crate::state::State;
use crate::state::catch_up::CatchUp;
use crate::state::participant::{Participant, Status};
use crate::state::view::View;
use crate::wire::bounds::MAX_GENERATION;
use crate::wire::checksum::crc32c;
use crate::wire::entry::{Body, Entry};
use crate::wire::keep::Clean;
use crate::wire::reader::Reader;
use crate::wire::varint;

const MAGIC: &[u8] = b"plasmid\x01";

const TORN: Error = Error::Malformed("it is not a whole snapshot");

impl Host {
    /// The whole host as bytes: its own map and its copies of all others, deadlines and the time.
    /// What is learnt anew soon is left out: who was heard of when, how far peers are, updates that
    /// arrived in part, and what readers of changes missed.
    ///
    /// ```
    /// # use plasmid::{Config, Host};
    /// # fn main() -> Result<(), plasmid::Error> {
    /// let mut host = Host::new(b"a", Config { generation: 1, ..Config::default() })?;
    /// host.set(b"color", b"red")?;
    /// let bytes = host.snapshot();
    ///
    /// let restored = Host::restore(&bytes, Config { nonce: 1, ..Config::default() })?;
    /// assert_eq!(restored.get(b"color"), Some(&b"red"[..]));
    /// assert!(restored.generation() > host.generation());
    /// # Ok(())
    /// # }
    /// ```
    pub fn snapshot(&self) -> Vec<u8> {
        self.state.snapshot()
    }

    /// A host from the bytes that [`snapshot`](Host::snapshot) gave, whose participant it is again.
    /// It always takes a generation above that of the snapshot, and not below that of `config`:
    /// what was written after the snapshot was taken may be known to others, and its version
    /// numbers are used a second time now.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] if the bytes are torn, damaged or no snapshot; [`Error::Foreign`] if it
    /// is one of another cluster than `config` names; [`Error::Limit`] as [`Host::new`]. What was
    /// within the limits of the host that it was taken of is restored whatever those of `config`
    /// are: they are for what comes after.
    pub fn restore(data: &[u8], config: Config) -> Result<Host, Error> {
        let (body, crc) = data.split_last_chunk::<4>().ok_or(TORN)?;
        if crc32c(body) != u32::from_le_bytes(*crc) {
            return Err(TORN);
        }
        let mut reader = Reader::new(body.strip_prefix(MAGIC).ok_or(TORN)?);
        let cluster = reader.u64()?;
        let has_clock = reader.byte()?;
        let now = reader.varint()?;
        let count = reader.varint()?;
        let mut host = Host::new(Reader::new(reader.rest()).id()?, config)?;
        let own = Participant::read(&mut reader, &host.config, &host.state.hasher)?;
        if cluster != host.state.cluster {
            return Err(Error::Foreign);
        }
        if has_clock > 1 || (has_clock == 0 && now > 0) {
            return Err(TORN);
        }
        host.state.view.now_ms = (has_clock == 1).then_some(now);
        host.state.view.told_ms = now;
        host.adopt(own)?;
        for _ in 1..count {
            let held = Participant::read(&mut reader, &host.config, &host.state.hasher)?;
            host.state.adopt(held, &host.config)?;
        }
        let mut last = 0;
        for _ in 0..reader.varint()? {
            let (version, deadline) = (reader.version()?, reader.varint()?);
            if version <= last || version > host.state.own().max_version {
                return Err(TORN);
            }
            last = version;
            host.state.change_expiry().insert(version, deadline);
        }
        if reader.is_empty() { Ok(host) } else { Err(TORN) }
    }

    /// Take the own participant of a snapshot, in a new generation.
    fn adopt(&mut self, own: Participant) -> Result<(), Error> {
        if own.clean().is_some() {
            return Err(TORN);
        }
        let generation = self.generation();
        self.state.change_own(|held, _| {
            let changed_at = held.changed_at;
            *held = Participant { changed_at, ..own };
        });
        self.renew()?;
        self.state.change_own(|own, _| own.generation = own.generation.max(generation));
        self.life = Host::life_of(self.config.nonce, self.generation());
        Ok(())
    }
}

impl View {
    /// As [`Host::snapshot`].
    pub fn snapshot(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend_from_slice(&self.cluster.to_be_bytes());
        out.push(u8::from(self.now_ms.is_some()));
        varint::put(&mut out, self.now_ms.unwrap_or(0).min(MAX_GENERATION));
        varint::put(&mut out, self.count() as u64);
        put_copy(&mut out, self.own());
        let others = self.iter().filter(|(short, _)| *short != self.own_short());
        others.for_each(|(_, held)| put_copy(&mut out, held));
        varint::put(&mut out, self.expiry.iter().count() as u64);
        for (version, deadline) in self.expiry.iter() {
            varint::put(&mut out, version);
            varint::put(&mut out, deadline.min(MAX_GENERATION));
        }
        let crc = crc32c(&out);
        out.extend_from_slice(&crc.to_le_bytes());
        out
    }
}

impl State {
    /// Take a copy of somebody else as a snapshot kept it.
    fn adopt(&mut self, held: Participant, config: &Config) -> Result<(), Error> {
        let short = self.short(&held.id);
        if self.at(short).is_some() {
            return Err(TORN);
        }
        self.insert(short, &held.id, held.generation);
        self.change(short, |place, _, _| {
            let changed_at = place.changed_at;
            *place = Participant { changed_at, ..held };
        });
        self.forget_departed(config);
        Ok(())
    }
}

/// `Copy := <Id> <generation> <status (Byte)> <max_version> <gc_version> <horizon> <clean (Byte,
/// Clean?)> <suspects> <entries (Bytes)>`.
fn put_copy(out: &mut Vec<u8>, held: &Participant) {
    varint::put(out, held.id.len() as u64);
    out.extend_from_slice(&held.id);
    varint::put(out, held.generation);
    out.push(held.status as u8);
    for version in [held.max_version, held.gc_version, held.horizon] {
        varint::put(out, version);
    }
    out.push(u8::from(held.clean().is_some()));
    if let Some(clean) = held.clean() {
        clean.put(out);
    }
    let none = BTreeSet::new();
    let suspects = held.rare.catch_up.as_ref().map_or(&none, |catch_up| catch_up.suspects());
    varint::put(out, suspects.len() as u64);
    suspects.iter().for_each(|version| varint::put(out, *version));
    varint::put(out, held.log.len() as u64);
    held.log.after(0).copy(held.log.len(), out);
}

impl Participant {
    fn read(reader: &mut Reader<'_>, config: &Config, hasher: &KeyHasher) -> Result<Self, Error> {
        let mut held = Participant::new(reader.id()?, reader.generation()?);
        held.status = match reader.byte()? {
            0 => Status::Present,
            1 => Status::Left,
            2 => Status::Evicted,
            _ => return Err(TORN),
        };
        let (max_version, gc_version, horizon) =
            (reader.version()?, reader.version()?, reader.version()?);
        let clean = match reader.byte()? {
            0 => None,
            1 => Some(Clean::read(reader)?),
            _ => return Err(TORN),
        };
        let mut suspects = BTreeSet::new();
        for _ in 0..reader.varint()? {
            let version = reader.version()?;
            if suspects.last().map_or(0, |last| *last) >= version {
                return Err(TORN);
            }
            suspects.insert(version);
        }
        let mut entries = Reader::new(reader.slice()?);
        while !entries.is_empty() {
            let entry = Entry::read(&mut entries)?;
            let is_farewell = (entry.body == Body::Leave) == (held.status == Status::Left);
            if entry.version <= held.max_version || entry.version > max_version || !is_farewell {
                return Err(TORN);
            }
            held.log.append(&entry, config.state.history, hasher);
            held.max_version = entry.version;
            if let Body::Compact { up_to } = entry.body {
                held.is_to_compact(up_to);
            }
        }
        let is_gone = held.status != Status::Present;
        let keeps =
            gc_version > 0 || horizon > max_version || clean.is_some() || !suspects.is_empty();
        // The only entry of one that left is its farewell, and of one that was evicted there is
        // none.
        let ends = match held.status {
            Status::Present => true,
            Status::Left => held.max_version == max_version && max_version > 0,
            Status::Evicted => held.max_version == 0,
        };
        if gc_version > max_version || !ends || (is_gone && keeps) {
            return Err(TORN);
        }
        held.max_version = max_version;
        held.have_compacted(gc_version);
        held.horizon = horizon;
        held.rare.change(|rare| rare.catch_up = CatchUp::restored(clean, suspects));
        Ok(held)
    }
}

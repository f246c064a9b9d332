//! A copy as bytes, for whoever keeps it beyond the life of a process.
//!
//! `Copy := <Id> <generation> <status (Byte)> <max_version> <gc_version> <horizon> <clean (Byte,
//! Clean?)> <suspects> <entries (Bytes)>`. What is in a message in another form is here as there:
//! ids, generations, versions and entries.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::config::Config;
use crate::error::Error;
use crate::log::index::KeyHasher;
use crate::state::State;
use crate::state::catch_up::CatchUp;
use crate::state::participant::{Participant, Status};
use crate::wire::entry::{Body, Entry};
use crate::wire::keep::Clean;
use crate::wire::reader::Reader;
use crate::wire::varint;

const UNSOUND: Error = Error::Malformed("it is not a whole copy of a participant");

impl Status {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        match reader.byte()? {
            0 => Ok(Status::Present),
            1 => Ok(Status::Left),
            2 => Ok(Status::Evicted),
            _ => Err(UNSOUND),
        }
    }
}

impl Participant {
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        varint::put(out, self.id.len() as u64);
        out.extend_from_slice(&self.id);
        varint::put(out, self.generation);
        out.push(self.status as u8);
        for version in [self.max_version, self.gc_version, self.horizon] {
            varint::put(out, version);
        }
        out.push(u8::from(self.clean().is_some()));
        if let Some(clean) = self.clean() {
            clean.put(out);
        }
        let none = BTreeSet::new();
        let suspects = self.rare.catch_up.as_ref().map_or(&none, |catch_up| catch_up.suspects());
        varint::put(out, suspects.len() as u64);
        suspects.iter().for_each(|version| varint::put(out, *version));
        varint::put(out, self.log.len() as u64);
        self.log.after(0).copy(self.log.len(), out);
    }

    pub(crate) fn read(
        reader: &mut Reader<'_>,
        config: &Config,
        hasher: &KeyHasher,
    ) -> Result<Self, Error> {
        let mut held = Participant::new(reader.id()?, reader.generation()?);
        held.status = Status::read(reader)?;
        let (max_version, gc_version, horizon) =
            (reader.version()?, reader.version()?, reader.version()?);
        let clean = match reader.byte()? {
            0 => None,
            1 => Some(Clean::read(reader)?),
            _ => return Err(UNSOUND),
        };
        let mut suspects = BTreeSet::new();
        for _ in 0..reader.varint()? {
            let version = reader.version()?;
            if suspects.last().map_or(0, |last| *last) >= version {
                return Err(UNSOUND);
            }
            suspects.insert(version);
        }
        let mut entries = Reader::new(reader.slice()?);
        while !entries.is_empty() {
            let entry = Entry::read(&mut entries)?;
            let is_farewell = (entry.body == Body::Leave) == (held.status == Status::Left);
            if entry.version <= held.max_version || entry.version > max_version || !is_farewell {
                return Err(UNSOUND);
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
            return Err(UNSOUND);
        }
        held.max_version = max_version;
        held.have_compacted(gc_version);
        held.horizon = horizon;
        held.rare.change(|rare| rare.catch_up = CatchUp::restored(clean, suspects));
        Ok(held)
    }
}

impl State {
    /// Take the own participant as it was kept.
    pub(crate) fn adopt_own(&mut self, own: Participant) -> Result<(), Error> {
        if own.clean().is_some() {
            return Err(UNSOUND);
        }
        self.change_own(|held, _| {
            let changed_at = held.changed_at;
            *held = Participant { changed_at, ..own };
        });
        Ok(())
    }

    /// Take a copy of somebody else as it was kept, in the place of what is held of that one.
    /// `false` if it cannot be told apart from another.
    pub(crate) fn adopt(&mut self, held: Participant, config: &Config) -> bool {
        let short = self.short(&held.id);
        match self.at(short) {
            Some(other) if *other.id != *held.id || short == self.own_short() => return false,
            Some(_) => {}
            None => self.insert(short, &held.id, held.generation),
        }
        self.change(short, |place, _, _| {
            let changed_at = place.changed_at;
            *place = Participant { changed_at, ..held };
        });
        self.forget_departed(config);
        true
    }
}

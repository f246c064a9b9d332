//! What a store keeps of a host, in records: what happened, one after the other.
//!
//! `Record := <kind (Byte)> <body>`, in which numbers, ids and entries are as in a message:
//!
//! | kind | body |
//! |---|---|
//! | 1 entry | `<Entry>` |
//! | 2 standing | `<generation> <status (Byte)> <has entry (Byte)> <Entry?>` |
//! | 3 start | `<now (Varint)> <told (Varint)>` |
//! | 4 time | `<now (Varint)> <told (Varint)> <most (Varint)>` |
//! | 5 copy | `<Copy>`, as in a snapshot |
//! | 6 deadlines | `<count> (<version> <deadline (Varint)>)*` |
//! | 7 growth | `<Id> <generation> <from> <to> <horizon> <entries (Bytes)>` |
//! | 8 life | `<cluster (U64)> <Id> <nonce (U64)> <is relaxed (Byte)>` |
//! | 9 end | |
//! | 10 deadline | `<version> <deadline (Varint)>` |
//! | 11 forgotten | `<short id (U64)>` |
//! | 12 untold | `<version>` |
//!
//! Own changes are an entry, the deadline of what was just set, a standing (the host took a new
//! generation, left by that entry, or came back), and the start of the host's clock, the time of
//! which is told now and then. Where it is untold, own versions above that one were set since it
//! was last told, and their deadlines do not count yet. A copy is all that is held of a
//! participant, deadlines are all that there are of own keys, growth is what came to a copy since
//! it was kept, and who is forgotten is not held any more. In a life a process took the host up,
//! and at its end it laid it down with nothing lost.
//!
//! Own changes are applied by one function, when they are made as well as when they are read again.

use alloc::vec::Vec;

use crate::error::Error;
use crate::state::change::OwnChange;
use crate::state::expiry::Expiry;
use crate::state::participant::{Participant, Status};
use crate::state::view::View;
use crate::wire::bounds::MAX_GENERATION;
use crate::wire::entry::Entry;
use crate::wire::reader::Reader;
use crate::wire::short::ShortId;
use crate::wire::varint;

const ENTRY: u8 = 1;
const STANDING: u8 = 2;
const START: u8 = 3;
const TIME: u8 = 4;
const COPY: u8 = 5;
const DEADLINES: u8 = 6;
const GROWTH: u8 = 7;
const LIFE: u8 = 8;
const END: u8 = 9;
const DEADLINE: u8 = 10;
const FORGOTTEN: u8 = 11;
const UNTOLD: u8 = 12;

const UNSOUND: Error = Error::Malformed("it is no record of a host");

/// What came to a copy since it was kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Growth<'a> {
    pub(crate) id: &'a [u8],
    pub(crate) generation: u64,
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) horizon: u64,
    pub(crate) entries: &'a [u8],
}

/// The host's clock: what it is, what it was told last, and the most that it was ever told, ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time {
    pub(crate) now_ms: u64,
    pub(crate) told_ms: u64,
    pub(crate) most_ms: u64,
}

/// A process that took the host up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Life<'a> {
    pub(crate) cluster: u64,
    pub(crate) id: &'a [u8],
    pub(crate) nonce: u64,
    /// What it wrote was shown before it was durable.
    pub(crate) is_relaxed: bool,
}

#[derive(Debug)]
pub(crate) enum Record<'a> {
    Own(OwnChange<'a>),
    Time(Time),
    /// What it holds stands at the start of the bytes; what follows it, behind.
    Copy,
    /// Likewise.
    Deadlines,
    Growth(Growth<'a>),
    Forgotten(ShortId),
    Untold(u64),
    Life(Life<'a>),
    End,
}

impl<'a> Record<'a> {
    /// The next record. Of a copy and of deadlines only the kind.
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        Ok(match reader.byte()? {
            ENTRY => Record::Own(OwnChange::Entry(Entry::read(reader)?)),
            DEADLINE => {
                let (version, deadline) = (reader.version()?, reader.varint()?);
                Record::Own(OwnChange::Deadline { version, deadline })
            }
            STANDING => {
                let generation = reader.generation()?;
                let status = Status::read(reader)?;
                let farewell = flag(reader)?.then(|| Entry::read(reader)).transpose()?;
                Record::Own(OwnChange::Standing { generation, status, farewell })
            }
            START => {
                let (now_ms, told_ms) = (reader.varint()?, reader.varint()?);
                Record::Own(OwnChange::Start { now_ms, told_ms })
            }
            TIME => Record::Time(Time {
                now_ms: reader.varint()?,
                told_ms: reader.varint()?,
                most_ms: reader.varint()?,
            }),
            COPY => Record::Copy,
            DEADLINES => Record::Deadlines,
            GROWTH => Record::Growth(Growth {
                id: reader.id()?,
                generation: reader.generation()?,
                from: reader.version()?,
                to: reader.version()?,
                horizon: reader.version()?,
                entries: reader.slice()?,
            }),
            LIFE => Record::Life(Life {
                cluster: reader.u64()?,
                id: reader.id()?,
                nonce: reader.u64()?,
                is_relaxed: flag(reader)?,
            }),
            END => Record::End,
            FORGOTTEN => Record::Forgotten(reader.u64()?),
            UNTOLD => Record::Untold(reader.version()?),
            _ => return Err(UNSOUND),
        })
    }
}

fn flag(reader: &mut Reader<'_>) -> Result<bool, Error> {
    match reader.byte()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(UNSOUND),
    }
}

impl Time {
    /// That of a host that has one.
    pub(crate) fn of(view: &View) -> Option<Self> {
        let View { told_ms, most_ms, .. } = *view;
        view.now_ms.map(|now_ms| Time { now_ms, told_ms, most_ms })
    }

    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        out.push(TIME);
        for time in [self.now_ms, self.told_ms, self.most_ms] {
            varint::put(out, time.min(MAX_GENERATION));
        }
    }
}

pub(crate) fn put_untold(out: &mut Vec<u8>, version: u64) {
    out.push(UNTOLD);
    varint::put(out, version);
}

pub(crate) fn put_copy(out: &mut Vec<u8>, held: &Participant) {
    out.push(COPY);
    held.put(out);
}

pub(crate) fn put_deadlines(out: &mut Vec<u8>, expiry: &Expiry) {
    out.push(DEADLINES);
    expiry.put(out);
}

pub(crate) fn put_forgotten(out: &mut Vec<u8>, short: ShortId) {
    out.push(FORGOTTEN);
    out.extend_from_slice(&short.to_be_bytes());
}

pub(crate) fn put_end(out: &mut Vec<u8>) {
    out.push(END);
}

impl Life<'_> {
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        out.push(LIFE);
        out.extend_from_slice(&self.cluster.to_be_bytes());
        put_id(out, self.id);
        out.extend_from_slice(&self.nonce.to_be_bytes());
        out.push(u8::from(self.is_relaxed));
    }
}

impl Growth<'_> {
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        out.push(GROWTH);
        put_id(out, self.id);
        for number in [self.generation, self.from, self.to, self.horizon] {
            varint::put(out, number);
        }
        varint::put(out, self.entries.len() as u64);
        out.extend_from_slice(self.entries);
    }
}

fn put_id(out: &mut Vec<u8>, id: &[u8]) {
    varint::put(out, id.len() as u64);
    out.extend_from_slice(id);
}

impl OwnChange<'_> {
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        match self {
            OwnChange::Entry(entry) => {
                out.push(ENTRY);
                out.extend_from_slice(entry.bytes);
            }
            OwnChange::Deadline { version, deadline } => {
                out.push(DEADLINE);
                varint::put(out, *version);
                varint::put(out, (*deadline).min(MAX_GENERATION));
            }
            OwnChange::Standing { generation, status, farewell } => {
                out.push(STANDING);
                varint::put(out, *generation);
                out.push(*status as u8);
                out.push(u8::from(farewell.is_some()));
                out.extend_from_slice(farewell.map_or(&[], |farewell| farewell.bytes));
            }
            OwnChange::Start { now_ms, told_ms } => {
                out.push(START);
                varint::put(out, (*now_ms).min(MAX_GENERATION));
                varint::put(out, (*told_ms).min(MAX_GENERATION));
            }
        }
    }
}

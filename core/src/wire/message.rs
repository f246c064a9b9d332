//! `Message := <version> <kind> <cluster> <Sender> <section>* <crc>`: the frame around what a host
//! has, what it wants, and a delta.

use alloc::vec::Vec;

use super::checksum::crc32c;
use super::delta::Delta;
use super::digest::{Digest, Range};
use super::lines::{self, Acked, CleanLine, HeardLine, Lines, StagedLine};
use super::reader::{Reader, TRUNCATED};
use super::sketch::Sketch;
use super::varint;
use super::want::Want;
use crate::error::Error;

/// The first byte of every message: this grammar. Another grammar gets another number.
const WIRE_VERSION: u8 = 1;

/// Section tags. An odd tag is critical: who does not know it refuses the message. An even one can
/// be skipped. Reserved, and not built yet: 2 rates, 6 signed head.
pub(crate) mod tag {
    pub(crate) const DIGEST: u64 = 1;
    pub(crate) const PULL: u64 = 3;
    pub(crate) const HEARD: u64 = 4;
    pub(crate) const DELTA: u64 = 5;
    pub(crate) const CAPABILITIES: u64 = 8;
    pub(crate) const ACKED: u64 = 10;
    pub(crate) const WANT: u64 = 11;
    pub(crate) const SKETCH: u64 = 12;
    pub(crate) const CLEAN: u64 = 17;
    pub(crate) const STAGED: u64 = 19;
}

/// More sections than there will ever be tags: it bounds what decoding allocates.
const MAX_SECTIONS: usize = 32;

const CRC_LEN: usize = 4;

/// What a host can do beside the least, as bits of the section that says so.
pub(crate) mod capability {
    /// It takes sketches and wants.
    pub(crate) const SKETCH: u64 = 1;
    /// It takes compressed frames, on this stream.
    pub(crate) const PACKED: u64 = 2;
}

/// Which message of an exchange this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// From the initiator: what it has.
    Syn = 1,
    /// From the responder: the delta that this asked for, and what it wants or has itself.
    SynAck = 2,
    /// The delta that was asked for, and from the initiator what it wants.
    Ack = 3,
}

/// Who made a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sender<'a> {
    /// The id of the sending host's participant.
    pub id: &'a [u8],
    /// Its generation.
    pub generation: u64,
    /// The number of the sending process.
    pub nonce: u64,
}

/// A decoded message, borrowed from its bytes.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    /// Which message of the exchange.
    pub kind: Kind,
    /// The sender's cluster, as [`cluster_hash`](super::cluster_hash) names it.
    pub cluster: u64,
    /// Who made it.
    pub sender: Sender<'a>,
    /// In a Syn: the initiator wants updates only, so the answer carries no digest.
    pub pull: bool,
    /// What the sender has.
    pub digest: Option<Digest<'a>>,
    /// A sample of who was last known to live, and when.
    pub heard: Option<Lines<'a, HeardLine>>,
    /// What the receiver lacked.
    pub delta: Option<Delta<'a>>,
    /// What the sender can do beside the least, as bits: 1 is that it takes sketches and wants, 2
    /// that it takes compressed frames on this stream.
    pub capabilities: Option<u64>,
    /// How far the sender is with the receiver's map.
    pub acked: Option<Acked>,
    /// What the sender wants to have of the receiver.
    pub want: Option<Want<'a>>,
    /// What the sender has, as sums.
    pub sketch: Option<Sketch<'a>>,
    /// Of the copies spoken of: those that missed a compaction and are not level yet.
    pub clean: Option<Lines<'a, CleanLine>>,
    /// Of the copies spoken of: those that hold a part of their next update.
    pub staged: Option<Lines<'a, StagedLine>>,
    /// Sections that this version does not know and may skip, as (tag, body).
    pub skipped: Vec<(u64, &'a [u8])>,
}

impl<'a> Message<'a> {
    /// Decode a whole message and check every rule of the grammar. Allocates nothing that grows
    /// with the input.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] names the first rule that was found broken.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Error> {
        match bytes.first() {
            None => return Err(TRUNCATED),
            Some(&WIRE_VERSION) => {}
            Some(_) => return Err(Error::Malformed("the wire version is unknown")),
        }
        let (body, crc) = bytes.split_last_chunk::<CRC_LEN>().ok_or(TRUNCATED)?;
        if crc32c(body) != u32::from_le_bytes(*crc) {
            return Err(Error::Malformed("the checksum does not match"));
        }
        let mut reader = Reader::new(body);
        reader.byte()?;
        let kind = match reader.byte()? {
            1 => Kind::Syn,
            2 => Kind::SynAck,
            3 => Kind::Ack,
            _ => return Err(Error::Malformed("the kind of message is unknown")),
        };
        let cluster = reader.u64()?;
        let sender =
            Sender { id: reader.id()?, generation: reader.generation()?, nonce: reader.u64()? };
        let mut message = Message {
            kind,
            cluster,
            sender,
            pull: false,
            digest: None,
            heard: None,
            delta: None,
            capabilities: None,
            acked: None,
            want: None,
            sketch: None,
            clean: None,
            staged: None,
            skipped: Vec::new(),
        };
        message.read_sections(reader)?;
        message.check_shape()?;
        Ok(message)
    }

    fn read_sections(&mut self, mut reader: Reader<'a>) -> Result<(), Error> {
        let mut least = 0;
        for _ in 0..MAX_SECTIONS {
            if reader.is_empty() {
                return Ok(());
            }
            let tag = reader.varint()?;
            if tag < least {
                return Err(Error::Malformed("sections do not ascend"));
            }
            least = tag + 1;
            let body = reader.slice()?;
            match tag {
                tag::DIGEST => self.digest = Some(Digest::decode(body)?),
                tag::PULL if body.is_empty() => self.pull = true,
                tag::PULL => return Err(Error::Malformed("a pull section is not empty")),
                tag::HEARD => self.heard = Some(lines::decode(body, Range::COMPLETE)?),
                tag::DELTA => self.delta = Some(Delta::decode(body)?),
                tag::CAPABILITIES => self.capabilities = Some(single(body)?),
                tag::ACKED => self.acked = Some(Acked::decode(body)?),
                tag::WANT => self.want = Some(Want::decode(body)?),
                tag::SKETCH => self.sketch = Some(Sketch::decode(body)?),
                tag::CLEAN => self.clean = Some(lines::decode(body, self.range())?),
                tag::STAGED => self.staged = Some(lines::decode(body, self.range())?),
                _ if tag % 2 == 0 => self.skipped.push((tag, body)),
                _ => return Err(Error::Malformed("a critical section is unknown")),
            }
        }
        if reader.is_empty() {
            return Ok(());
        }
        Err(Error::Malformed("there are more than 32 sections"))
    }

    /// What the digest speaks of. It comes before the sections that need to know.
    fn range(&self) -> Range {
        self.digest.map_or(Range::COMPLETE, |digest| digest.range)
    }

    /// Whether the sender says what it has.
    pub(crate) const fn describes(&self) -> bool {
        self.digest.is_some() || self.sketch.is_some()
    }

    /// Whether the sender asks for something.
    pub(crate) const fn is_answered(&self) -> bool {
        matches!(self.kind, Kind::Syn) || self.describes() || self.want.is_some()
    }

    /// Whether a SynAck says that its sender did not understand.
    pub(crate) fn is_refusal(&self) -> bool {
        let is_said = self.capabilities.is_some() && !self.can(capability::SKETCH);
        is_said && self.delta.is_none() && !self.is_answered()
    }

    /// What the sender can do beside the least.
    pub(crate) fn can(&self, capability: u64) -> bool {
        let said = self.capabilities.unwrap_or_default() & capability > 0;
        said || (capability == capability::SKETCH && (self.sketch.is_some() || self.want.is_some()))
    }

    /// What each kind must and may carry.
    fn check_shape(&self) -> Result<(), Error> {
        let spoken = [self.digest.is_some(), self.sketch.is_some(), self.want.is_some()];
        let spoken = spoken.iter().filter(|said| **said).count();
        // What is skipped may be what they add to.
        let adds = self.clean.is_some() || self.staged.is_some();
        if adds && spoken == 0 && self.skipped.is_empty() {
            return Err(Error::Malformed("there is nothing said to add to"));
        }
        let beside = self.heard.is_some() || self.acked.is_some() || self.capabilities.is_some();
        let fits = match self.kind {
            Kind::Syn => self.delta.is_none() && self.want.is_none(),
            Kind::SynAck => !self.pull && (spoken > 0 || self.delta.is_some() || beside),
            Kind::Ack => {
                !self.pull && !self.describes() && (self.delta.is_some() || self.want.is_some())
            }
        };
        let fits = fits && spoken <= 1;
        if fits { Ok(()) } else { Err(Error::Malformed("the sections do not fit the kind")) }
    }

    /// Encode again. For every `bytes` that decodes, this gives back exactly `bytes`.
    pub fn encode(&self) -> Vec<u8> {
        let mut sections: Vec<(u64, Vec<u8>)> =
            self.skipped.iter().map(|(tag, body)| (*tag, body.to_vec())).collect();
        let mut add = |tag, body: Option<Vec<u8>>| sections.extend(body.map(|body| (tag, body)));
        add(tag::DIGEST, self.digest.map(|digest| written(|out| digest.put(out))));
        add(tag::PULL, self.pull.then(Vec::new));
        add(tag::HEARD, self.heard.map(|heard| written(|out| lines::put(out, heard))));
        add(tag::DELTA, self.delta.map(|delta| written(|out| delta.put(out))));
        add(tag::CAPABILITIES, self.capabilities.map(|bits| written(|out| varint::put(out, bits))));
        add(tag::ACKED, self.acked.map(|acked| written(|out| acked.put(out))));
        add(tag::WANT, self.want.map(|want| written(|out| want.put(out))));
        add(tag::SKETCH, self.sketch.map(|sketch| written(|out| sketch.put(out))));
        add(tag::CLEAN, self.clean.map(|clean| written(|out| lines::put(out, clean))));
        add(tag::STAGED, self.staged.map(|staged| written(|out| lines::put(out, staged))));
        sections.sort_by_key(|(tag, _)| *tag);

        let mut out = Vec::new();
        put_header(&mut out, self.kind, self.cluster, self.sender);
        for (tag, body) in sections {
            put_section(&mut out, tag, &body);
        }
        finish(&mut out);
        out
    }
}

/// A body that is one number.
fn single(body: &[u8]) -> Result<u64, Error> {
    let mut reader = Reader::new(body);
    let number = reader.varint()?;
    if reader.is_empty() { Ok(number) } else { Err(Error::Malformed("a section is too long")) }
}

fn written(put: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out);
    out
}

/// Bytes of a message without sections.
pub(crate) const fn frame_len(sender: Sender<'_>) -> usize {
    frame_len_of(sender.id.len(), varint::len(sender.generation))
}

const fn frame_len_of(id: usize, generation: usize) -> usize {
    1 + 1 + 8 + varint::len(id as u64) + id + generation + 8 + CRC_LEN
}

/// Bytes of a section: tag, length, body. The tags in use take one byte.
pub(crate) const fn section_len(body: usize) -> usize {
    1 + varint::prefixed_len(body)
}

/// The longest body of a section that fits into `room`.
pub(crate) const fn section_room(room: usize) -> usize {
    let Some(room) = room.checked_sub(1) else {
        return 0;
    };
    match varint::prefixed_room(room) {
        Some(body) => body,
        None => 0,
    }
}

/// Append everything that stands before the sections.
pub(crate) fn put_header(out: &mut Vec<u8>, kind: Kind, cluster: u64, sender: Sender<'_>) {
    out.push(WIRE_VERSION);
    out.push(kind as u8);
    out.extend_from_slice(&cluster.to_be_bytes());
    varint::put(out, sender.id.len() as u64);
    out.extend_from_slice(sender.id);
    varint::put(out, sender.generation);
    out.extend_from_slice(&sender.nonce.to_be_bytes());
}

/// Append the tag and length of a section; `len` bytes of body follow. Tags ascend.
pub(crate) fn put_section_head(out: &mut Vec<u8>, tag: u64, len: usize) {
    varint::put(out, tag);
    varint::put(out, len as u64);
}

/// Append a whole section. Tags ascend.
pub(crate) fn put_section(out: &mut Vec<u8>, tag: u64, body: &[u8]) {
    put_section_head(out, tag, body.len());
    out.extend_from_slice(body);
}

/// Append the checksum over everything before it.
pub(crate) fn finish(out: &mut Vec<u8>) {
    let crc = crc32c(out);
    out.extend_from_slice(&crc.to_le_bytes());
}

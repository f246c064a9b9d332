//! The file of a state: a header, and frames one behind the other.
//!
//! ```text
//! File   := <Header> <Frame>* <zeros>
//! Header := "plasmid state\n\0\0" <format (4) = 1> <number (8)> <nonce (8)> <checksum (4)>
//! Frame  := F1 6C 6F 67 <len (4)> <at (8)> <synced (8)> <previous (4)> <checksum (4)> <payload>
//! ```
//!
//! First come the frames of a checkpoint, and an empty one: the file took its place when all of
//! that was durable, so that a file in which any of it is missing is damaged.
//!
//! Numbers are little-endian; checksums are CRC-32C. That of a frame is over the header's, the
//! frame without it, and the payload, so that a frame of another file is none here. `at` is where
//! the frame begins, and `previous` the checksum of the frame before it, or of the header: frames
//! are read only as a chain without a gap. `synced` is up to where the file was durable when the
//! frame was written. So two things are told apart that look alike: behind the last sound frame
//! there is what was never acknowledged, unless a later one says that it was durable. That is
//! damage, and the file is refused.
//!
//! The last frame of all has no later one. If it goes bad the file is that of a moment before, as a
//! copy from then would be, and heals as such: others know more of this participant, and it takes a
//! new generation.

use crc_fast::{CrcAlgorithm, Digest};

use crate::disk::Disk;
use crate::error::StoreError;

const MAGIC: [u8; 16] = *b"plasmid state\n\0\0";

/// The format that is written. Others that are read: none yet, beside snapshots.
const FORMAT: u32 = 1;

const HEADER_LEN: usize = 40;

/// Not zeros, which is what a hole in a file is filled with.
const FRAME_MAGIC: [u8; 4] = *b"\xf1log";

const FRAME_HEADER_LEN: usize = 32;

/// The file grows by so many bytes at a time, all zeros: a system that need not note a new length
/// for each change is a third faster.
const GROWTH: u64 = 16 << 10;

/// A log that is being written, at its end.
#[derive(Debug)]
pub(crate) struct Log {
    disk: Box<dyn Disk>,
    /// One more than that of the file which it took the place of.
    number: u64,
    /// The checksum of the header: it is in that of every frame.
    file: u32,
    end: u64,
    previous: u32,
    synced: u64,
    /// Up to here the file is written, behind the end with zeros.
    grown: u64,
}

/// A file that was read.
#[derive(Debug)]
pub(crate) struct Contents<'a> {
    pub(crate) number: u64,
    /// What the frames hold, in order.
    pub(crate) payloads: Vec<&'a [u8]>,
}

impl Log {
    /// Write a new file of those payloads, and put it in the place of the one before.
    pub(crate) fn create(
        mut disk: Box<dyn Disk>,
        number: u64,
        nonce: u64,
        payloads: impl Iterator<Item = Vec<u8>>,
    ) -> Result<Self, StoreError> {
        disk.create().map_err(|error| StoreError::io("creating the file", &error))?;
        let header = header(number, nonce);
        let checksum = checksum(&[&header]);
        let (file, previous) = (checksum, checksum);
        let mut log = Log { disk, number, file, end: 0, previous, synced: 0, grown: 0 };
        let begun = log.begin([&header[..], &checksum.to_le_bytes()].concat(), payloads);
        begun.inspect_err(|_| log.disk.discard())?;
        let place = log.disk.sync_place();
        place.map_err(|error| StoreError::io("making the file's place durable", &error))?;
        Ok(log)
    }

    /// Write what the file begins with, and put it in place.
    fn begin(
        &mut self,
        header: Vec<u8>,
        payloads: impl Iterator<Item = Vec<u8>>,
    ) -> Result<(), StoreError> {
        self.write(&header)?;
        // Many small frames are one write.
        let mut buffer = Vec::new();
        for payload in payloads {
            self.frame(&payload, &mut buffer)?;
            if buffer.len() >= 1 << 20 {
                self.write(&buffer)?;
                buffer.clear();
            }
        }
        self.write(&buffer)?;
        // Nobody reads this before it is so.
        self.synced = self.end;
        buffer.clear();
        self.frame(&[], &mut buffer)?;
        self.write(&buffer)?;
        self.sync()?;
        self.disk.replace().map_err(|error| StoreError::io("putting the file in place", &error))
    }

    /// A new file in the place of this one.
    pub(crate) fn rewrite(
        self,
        nonce: u64,
        payloads: impl Iterator<Item = Vec<u8>>,
    ) -> Result<Self, StoreError> {
        Log::create(self.disk, self.number.wrapping_add(1), nonce, payloads)
    }

    /// Append one frame.
    pub(crate) fn append(&mut self, payload: &[u8]) -> Result<(), StoreError> {
        let mut frame = Vec::with_capacity(FRAME_HEADER_LEN + payload.len());
        self.frame(payload, &mut frame)?;
        self.write(&frame)?;
        self.grow()
    }

    /// Make durable all that was appended.
    pub(crate) fn sync(&mut self) -> Result<(), StoreError> {
        let synced = self.disk.sync();
        synced.map_err(|error| StoreError::io("making changes durable", &error))?;
        self.synced = self.end;
        Ok(())
    }

    pub(crate) fn is_synced(&self) -> bool {
        self.synced == self.end
    }

    /// Bytes of the file.
    pub(crate) fn len(&self) -> u64 {
        self.grown.max(self.end)
    }

    /// Put a frame behind what is in `buffer`, which goes to the end of the file.
    fn frame(&mut self, payload: &[u8], buffer: &mut Vec<u8>) -> Result<(), StoreError> {
        let Ok(len) = u32::try_from(payload.len()) else {
            let error = std::io::Error::from(std::io::ErrorKind::FileTooLarge);
            return Err(StoreError::io("writing a change of over 4 GiB", &error));
        };
        let at = self.end + buffer.len() as u64;
        let mut head = [0; FRAME_HEADER_LEN - 4];
        head[..4].copy_from_slice(&FRAME_MAGIC);
        head[4..8].copy_from_slice(&len.to_le_bytes());
        head[8..16].copy_from_slice(&at.to_le_bytes());
        head[16..24].copy_from_slice(&self.synced.to_le_bytes());
        head[24..].copy_from_slice(&self.previous.to_le_bytes());
        let checksum = checksum(&[&self.file.to_le_bytes(), &head, payload]);
        buffer.extend_from_slice(&head);
        buffer.extend_from_slice(&checksum.to_le_bytes());
        buffer.extend_from_slice(payload);
        self.previous = checksum;
        Ok(())
    }

    /// Have the file reach beyond the end again.
    fn grow(&mut self) -> Result<(), StoreError> {
        if self.end > self.grown {
            let grown = self.end.next_multiple_of(GROWTH);
            let zeros = vec![0; usize::try_from(grown - self.end).unwrap_or(0)];
            let written = self.disk.write(self.end, &zeros);
            written.map_err(|error| StoreError::io("making the file longer", &error))?;
            self.grown = grown;
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let written = self.disk.write(self.end, bytes);
        written.map_err(|error| StoreError::io("writing changes", &error))?;
        self.end += bytes.len() as u64;
        Ok(())
    }
}

impl<'a> Contents<'a> {
    /// Read a file.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, StoreError> {
        if !bytes.starts_with(&MAGIC) {
            let is_torn = MAGIC.starts_with(bytes);
            return Err(if is_torn {
                StoreError::Damaged { at: 0 }
            } else {
                StoreError::NotAState
            });
        }
        let header = bytes.first_chunk::<HEADER_LEN>().ok_or(StoreError::Damaged { at: 0 })?;
        let format = number(&header[..20], 16) as u32;
        if format > FORMAT {
            return Err(StoreError::Newer { format });
        }
        let checksum = checksum(&[&header[..HEADER_LEN - 4]]);
        if checksum != number(header, HEADER_LEN - 4) as u32 || format == 0 {
            return Err(StoreError::Damaged { at: 0 });
        }
        let (mut at, mut previous, mut is_begun) = (HEADER_LEN, checksum, false);
        let mut payloads = Vec::new();
        while let Some(frame) = Frame::at(bytes, at, checksum).filter(|f| f.previous == previous) {
            at += FRAME_HEADER_LEN + frame.payload.len();
            previous = frame.checksum;
            is_begun |= frame.payload.is_empty();
            payloads.push(frame.payload);
        }
        let mut later = (at + 1..bytes.len()).filter_map(|at| Frame::at(bytes, at, checksum));
        if !is_begun || later.any(|frame| frame.synced > at as u64) {
            return Err(StoreError::Damaged { at: at as u64 });
        }
        Ok(Contents { number: number(header, 20), payloads })
    }
}

/// A sound frame, wherever it stands in a chain.
struct Frame<'a> {
    synced: u64,
    previous: u32,
    checksum: u32,
    payload: &'a [u8],
}

impl<'a> Frame<'a> {
    fn at(bytes: &'a [u8], at: usize, file: u32) -> Option<Self> {
        let rest = bytes.get(at..).filter(|rest| rest.starts_with(&FRAME_MAGIC))?;
        let head = rest.first_chunk::<FRAME_HEADER_LEN>()?;
        if number(head, 8) != at as u64 {
            return None;
        }
        let len = number(&head[..8], 4) as usize;
        let payload = rest[FRAME_HEADER_LEN..].get(..len)?;
        let stored = number(head, 28) as u32;
        let found = checksum(&[&file.to_le_bytes(), &head[..FRAME_HEADER_LEN - 4], payload]);
        (found == stored).then(|| Frame {
            synced: number(head, 16),
            previous: number(&head[..28], 24) as u32,
            checksum: stored,
            payload,
        })
    }
}

fn header(number: u64, nonce: u64) -> [u8; HEADER_LEN - 4] {
    let mut header = [0; HEADER_LEN - 4];
    header[..16].copy_from_slice(&MAGIC);
    header[16..20].copy_from_slice(&FORMAT.to_le_bytes());
    header[20..28].copy_from_slice(&number.to_le_bytes());
    header[28..].copy_from_slice(&nonce.to_le_bytes());
    header
}

/// The number that begins there, of up to eight bytes or as many as there are.
fn number(bytes: &[u8], at: usize) -> u64 {
    let bytes = bytes[at..].iter().take(8);
    bytes.rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn checksum(parts: &[&[u8]]) -> u32 {
    let mut digest = Digest::new(CrcAlgorithm::Crc32Iscsi);
    parts.iter().for_each(|part| digest.update(part));
    digest.finalize() as u32
}

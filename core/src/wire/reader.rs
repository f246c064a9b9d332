//! A cursor over bytes from a peer: every read is checked against what remains.

use crate::error::Error;

pub(crate) const TRUNCATED: Error = Error::Malformed("it ends too early");

#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes }
    }

    #[inline]
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// A minimal LEB128 number below 2⁶³.
    #[inline]
    pub(crate) fn varint(&mut self) -> Result<u64, Error> {
        match *self.rest {
            // Nearly every length and most versions of small states are one byte, and of larger
            // ones two or three.
            [first, ref rest @ ..] if first < 0x80 => {
                self.rest = rest;
                Ok(u64::from(first))
            }
            [first, last @ 1..0x80, ref rest @ ..] => {
                self.rest = rest;
                Ok(u64::from(first & 0x7f) | u64::from(last) << 7)
            }
            [first, second, last @ 1..0x80, ref rest @ ..] if second >= 0x80 => {
                self.rest = rest;
                let low = u64::from(first & 0x7f) | u64::from(second & 0x7f) << 7;
                Ok(low | u64::from(last) << 14)
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Result<u64, Error> {
        let mut value = 0u64;
        for (at, byte) in self.rest.iter().copied().enumerate().take(9) {
            value |= u64::from(byte & 0x7f) << (7 * at);
            if byte < 0x80 {
                if byte == 0 && at > 0 {
                    return Err(Error::Malformed("a number is not in its shortest form"));
                }
                self.rest = &self.rest[at + 1..];
                return Ok(value);
            }
        }
        if self.rest.len() < 9 {
            return Err(TRUNCATED);
        }
        Err(Error::Malformed("a number is 2^63 or more"))
    }

    #[inline]
    pub(crate) fn byte(&mut self) -> Result<u8, Error> {
        let (first, rest) = self.rest.split_first().ok_or(TRUNCATED)?;
        self.rest = rest;
        Ok(*first)
    }

    #[inline]
    pub(crate) fn take(&mut self, len: u64) -> Result<&'a [u8], Error> {
        let len = usize::try_from(len).map_err(|_| TRUNCATED)?;
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(TRUNCATED)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Go on after that many bytes, which were looked at.
    #[inline]
    pub(crate) fn skip(&mut self, len: usize) {
        self.rest = &self.rest[len..];
    }

    /// A length, then that many bytes.
    #[inline]
    pub(crate) fn slice(&mut self) -> Result<&'a [u8], Error> {
        let len = self.varint()?;
        self.take(len)
    }

    /// Eight bytes, most significant first.
    #[inline]
    pub(crate) fn u64(&mut self) -> Result<u64, Error> {
        let (bytes, rest) = self.rest.split_first_chunk::<8>().ok_or(TRUNCATED)?;
        self.rest = rest;
        Ok(u64::from_be_bytes(*bytes))
    }

    /// Four bytes, most significant first.
    #[inline]
    pub(crate) fn u32(&mut self) -> Result<u32, Error> {
        let (bytes, rest) = self.rest.split_first_chunk::<4>().ok_or(TRUNCATED)?;
        self.rest = rest;
        Ok(u32::from_be_bytes(*bytes))
    }

    /// A participant id with its length in front.
    pub(crate) fn id(&mut self) -> Result<&'a [u8], Error> {
        let id = self.slice()?;
        if id.is_empty() || id.len() > super::bounds::MAX_ID_BYTES {
            return Err(Error::Malformed("an id is not 1 to 128 bytes long"));
        }
        Ok(id)
    }

    pub(crate) fn generation(&mut self) -> Result<u64, Error> {
        self.varint()
    }

    /// A version, or what an evicted slot has in its place.
    #[inline]
    pub(crate) fn reached(&mut self) -> Result<u64, Error> {
        let version = self.varint()?;
        if version > super::bounds::EVICTED {
            return Err(Error::Malformed("a version is above 2^60"));
        }
        Ok(version)
    }

    #[inline]
    pub(crate) fn version(&mut self) -> Result<u64, Error> {
        let version = self.varint()?;
        if version > super::bounds::MAX_VERSION {
            return Err(Error::Malformed("a version is 2^60 or more"));
        }
        Ok(version)
    }
}

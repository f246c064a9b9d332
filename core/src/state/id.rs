//! The id of a participant, where copies have it: most are so short that they need no memory of
//! their own.

use alloc::boxed::Box;
use core::ops::Deref;

/// As many bytes as take no more room than a pointer, a length and what tells them apart.
const SHORT: usize = 22;

/// One id. Read it as bytes.
#[derive(Clone, Debug)]
pub(crate) enum Id {
    Short { len: u8, bytes: [u8; SHORT] },
    Long(Box<[u8]>),
}

impl Default for Id {
    fn default() -> Self {
        Id::Short { len: 0, bytes: [0; SHORT] }
    }
}

impl From<&[u8]> for Id {
    fn from(id: &[u8]) -> Self {
        let mut bytes = [0; SHORT];
        match bytes.get_mut(..id.len()) {
            Some(place) => place.copy_from_slice(id),
            None => return Id::Long(id.into()),
        }
        Id::Short { len: id.len() as u8, bytes }
    }
}

impl Deref for Id {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Id::Short { len, bytes } => &bytes[..usize::from(*len)],
            Id::Long(bytes) => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_any_length_is_its_bytes() {
        let all = [7; 128];
        for len in 0..=all.len() {
            assert_eq!(*Id::from(&all[..len]), all[..len]);
        }
        assert!(Id::default().is_empty());
        assert_eq!(size_of::<Id>(), 8 + size_of::<Box<[u8]>>());
    }
}

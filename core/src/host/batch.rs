//! Several changes that happen at once.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::wire::entry::Op;

/// Changes of several keys, to be made at once under one version ([`Host::commit`]): no reader,
/// here or anywhere, ever sees a part of them.
///
/// ```
/// # fn main() -> Result<(), plasmid::Error> {
/// let mut host = plasmid::Host::new(b"a", plasmid::Config::default())?;
/// host.set(b"old", b"1")?;
/// let mut batch = plasmid::Batch::new();
/// batch.set(b"new", b"1").delete(b"old");
/// assert_eq!(host.commit(&batch)?, 2);
/// assert_eq!((host.get(b"old"), host.get(b"new")), (None, Some(&b"1"[..])));
/// # Ok(())
/// # }
/// ```
///
/// [`Host::commit`]: crate::Host::commit
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    ops: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl Batch {
    /// Nothing yet.
    pub const fn new() -> Self {
        Batch { ops: BTreeMap::new() }
    }

    /// Set a key. The last change of a key in a batch counts.
    pub fn set(&mut self, key: &[u8], value: &[u8]) -> &mut Self {
        self.ops.insert(key.to_vec(), Some(value.to_vec()));
        self
    }

    /// Delete a key; if it has no value when the batch is committed, nothing.
    pub fn delete(&mut self, key: &[u8]) -> &mut Self {
        self.ops.insert(key.to_vec(), None);
        self
    }

    /// How many keys it changes.
    pub fn len(&self) -> usize {
        self.ops.len()
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// Take all changes out again.
    pub fn clear(&mut self) {
        self.ops.clear();
    }

    /// The changes, in ascending order of the keys.
    pub(crate) fn ops(&self) -> impl Iterator<Item = Op<'_>> {
        self.ops.iter().map(|(key, value)| Op { key, value: value.as_deref() })
    }
}

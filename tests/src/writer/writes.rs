//! What a thread of the program writes: the same from the same seed. So whoever watches knows what
//! it wrote, and what it was about to write when it died.

use fastrand::Rng;
use plasmid::{Batch, Error, Host};

/// A key and what it was set to; `None` if it was deleted.
pub type Op = (Vec<u8>, Option<Vec<u8>>);

/// One call on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Changes of keys, in ascending order: one, or several at once.
    Ops(Vec<Op>),
    /// Drop what is superseded.
    Compact,
}

impl Write {
    /// Make it. Gives the version of the change; of a compaction, how far the map is compacted.
    ///
    /// # Errors
    ///
    /// What the host says.
    pub fn make(&self, host: &mut Host) -> Result<u64, Error> {
        match self {
            Write::Compact => host.compact(None),
            Write::Ops(ops) => match &ops[..] {
                [(key, Some(value))] => host.set(key, value),
                [(key, None)] => host.delete(key),
                ops => {
                    let mut batch = Batch::new();
                    for (key, value) in ops {
                        match value {
                            Some(value) => batch.set(key, value),
                            None => batch.delete(key),
                        };
                    }
                    host.commit(&batch)
                }
            },
        }
    }
}

/// How much is written.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// How many keys there are; all threads have the same.
    pub keys: u8,
    /// Most bytes of a value, mostly.
    pub value: usize,
}

/// What one thread of one process writes, for ever. No two values are the same.
#[derive(Clone, Debug)]
pub struct Writes {
    rng: Rng,
    load: Load,
    life: u64,
    thread: u64,
    number: u64,
}

impl Writes {
    /// From the start.
    pub fn new(load: Load, life: u64, thread: u64) -> Self {
        let rng = Rng::with_seed(life << 8 | thread);
        Writes { rng, load, life, thread, number: 0 }
    }

    fn value(&mut self, at: usize) -> Vec<u8> {
        let Writes { life, thread, number, .. } = *self;
        let mut value = format!("{life}.{thread}.{number}.{at} ").into_bytes();
        // Now and then one that takes several sectors, pages and writes of the system.
        let most = if self.rng.u8(..) == 0 { 40_000 } else { self.load.value };
        let start = value.len();
        value.resize(start + self.rng.usize(..most), 0);
        self.rng.fill(&mut value[start..]);
        value
    }
}

impl Iterator for Writes {
    type Item = Write;

    fn next(&mut self) -> Option<Write> {
        self.number += 1;
        if self.rng.u8(..64) == 0 {
            return Some(Write::Compact);
        }
        let count = if self.rng.u8(..5) == 0 { self.rng.usize(2..5) } else { 1 };
        let mut keys: Vec<u8> = (0..self.load.keys).collect();
        self.rng.shuffle(&mut keys);
        keys.truncate(count);
        keys.sort_unstable();
        let op = |(at, key): (usize, &u8)| {
            let is_set = self.rng.u8(..5) > 0;
            (vec![b'a' + key], is_set.then(|| self.value(at)))
        };
        Some(Write::Ops(keys.iter().enumerate().map(op).collect()))
    }
}

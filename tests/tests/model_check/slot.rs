//! What a host keeps of the participant.

use crate::guards::{Guard, Rules};

/// How many keys the participant has.
pub(crate) const KEYS: usize = 2;
/// What an evicted slot has reached, above every version.
pub(crate) const EVICTED: u8 = 15;

/// The newest of one key: nothing at all (version 0), a value, or the tombstone of a delete. The
/// value itself is left out: a version is issued once, so it names its value.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The owner's version of the change, 0 where there is none.
    pub(crate) version: u8,
    /// Whether the change is a delete.
    pub(crate) deleted: bool,
}

/// The newest `Compact` entry, version 0 where there is none.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Compact {
    /// The owner's version of the entry.
    pub(crate) version: u8,
    /// Tombstones up to this version are dropped.
    pub(crate) up_to: u8,
}

/// Entries in version order: what a copy holds, or a page of it in a message.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Log {
    /// The newest entry of each key.
    pub(crate) keys: [Entry; KEYS],
    /// The newest compaction.
    pub(crate) compact: Compact,
}

impl Log {
    /// The versions in the log as a set of bits.
    pub(crate) fn versions(&self) -> u64 {
        let keys = self.keys.iter().fold(0, |set, entry| set | (1 << entry.version));
        (keys | (1 << self.compact.version)) & !1
    }

    /// The part of the log whose versions are in `set`.
    pub(crate) fn only(&self, set: u64) -> Log {
        let mut log = *self;
        for entry in &mut log.keys {
            if set & (1 << entry.version) == 0 {
                *entry = Entry::default();
            }
        }
        if set & (1 << log.compact.version) == 0 {
            log.compact = Compact::default();
        }
        log
    }
}

/// The bits of the versions in (`from`, `to`].
pub(crate) fn within(from: u8, to: u8) -> u64 {
    ((2 << to) - 1) & !((2 << from) - 1)
}

/// The unfinished check of what is held here: deletes up to `up_to` may be missing for versions up
/// to `held`, of which those up to `checked` have been compared with a keep list.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Clean {
    /// g: the compaction that was missed.
    pub(crate) up_to: u8,
    /// p: how far the check has come.
    pub(crate) checked: u8,
    /// m0: how far it must come.
    pub(crate) held: u8,
}

/// What one host keeps of the participant, its owner's own state included.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Slot {
    /// 0 where the participant is unknown.
    pub(crate) generation: u8,
    /// Whether this generation was evicted: then nothing else is kept.
    pub(crate) evicted: bool,
    /// Whether the participant left: then only the version of that is kept.
    pub(crate) left: bool,
    /// `max_version`.
    pub(crate) max: u8,
    /// `gc_version`.
    pub(crate) gc: u8,
    /// The entries.
    pub(crate) log: Log,
    /// Bit k: a keep list did not name the entry of key k.
    pub(crate) suspects: u8,
    /// The unfinished check, if any.
    pub(crate) clean: Option<Clean>,
    /// t: the highest version that may have superseded something that is not held here.
    pub(crate) horizon: u8,
    /// The version of the next update, if the first half of it is held; 0 if none is.
    pub(crate) staged: u8,
}

impl Slot {
    /// A generation of which nothing is held yet.
    pub(crate) fn new(generation: u8) -> Slot {
        Slot { generation, ..Slot::default() }
    }

    /// A generation that was evicted.
    pub(crate) fn evicted(generation: u8) -> Slot {
        Slot { generation, evicted: true, ..Slot::default() }
    }

    /// How far it has come: generation, and version or `EVICTED`. This only ever grows.
    pub(crate) fn reached(&self) -> (u8, u8) {
        (self.generation, if self.evicted { EVICTED } else { self.max })
    }

    /// What it adds to a sketch: one that wrote nothing adds nothing.
    pub(crate) fn counted(&self) -> (u8, u8) {
        let reached = self.reached();
        if reached.1 == 0 { (0, 0) } else { reached }
    }

    /// Whether it is not clean, or holds a part of its next update.
    pub(crate) fn is_unfinished(&self) -> bool {
        self.clean.is_some() || self.staged > 0
    }

    /// The version of the value that a reader is shown for `key`, 0 for none.
    pub(crate) fn shown(&self, key: usize) -> u8 {
        let entry = self.log.keys[key];
        if entry.deleted { 0 } else { entry.version }
    }

    /// Whether the entry of `key` is suspect.
    pub(crate) fn is_suspect(&self, key: usize) -> bool {
        self.suspects & (1 << key) != 0
    }

    /// The owner sets or deletes `key`.
    pub(crate) fn write(&mut self, key: usize, deleted: bool) {
        self.max += 1;
        self.log.keys[key] = Entry { version: self.max, deleted };
    }

    /// The owner compacts.
    pub(crate) fn compact(&mut self, up_to: u8) {
        self.max += 1;
        self.log.compact = Compact { version: self.max, up_to };
        self.collect(up_to);
    }

    /// The owner leaves, or its leaving is heard of: the slot is emptied but for the version.
    pub(crate) fn leave(&mut self, version: u8) {
        *self = Slot { left: true, max: version, ..Slot::new(self.generation) };
    }

    /// Drop the tombstones up to `up_to`.
    pub(crate) fn collect(&mut self, up_to: u8) {
        self.gc = self.gc.max(up_to);
        for entry in &mut self.log.keys {
            if entry.deleted && entry.version <= self.gc {
                *entry = Entry::default();
            }
        }
    }

    /// Rule 4: what no keep list named is gone as soon as whatever superseded it must be here; and
    /// so is what the owner compacted.
    pub(crate) fn sweep(&mut self, rules: Rules) {
        let is_level = self.max >= self.horizon && self.clean.is_none();
        if is_level || rules.lack(Guard::SuspectsWait) {
            for key in 0..KEYS {
                if self.is_suspect(key) {
                    self.log.keys[key] = Entry::default();
                }
            }
            self.suspects = 0;
            self.collect(self.log.compact.up_to);
        }
    }

    /// What may be served and listed: all but the suspects (rule 3).
    pub(crate) fn served(&self, rules: Rules) -> Log {
        let mut log = self.log;
        for (key, entry) in log.keys.iter_mut().enumerate() {
            if self.is_suspect(key) && rules.keep(Guard::SuspectsAreHidden) {
                *entry = Entry::default();
            }
        }
        log
    }
}

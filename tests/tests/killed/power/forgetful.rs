//! A folder in memory. When the power fails it forgets what was not synced: parts of files, and
//! which names they have.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use fastrand::Rng;
use plasmid_tests::contents::Contents;

/// The folder.
#[derive(Debug, Default)]
pub(crate) struct Folder {
    files: BTreeMap<u64, Contents>,
    names: BTreeMap<OsString, u64>,
    /// The names that are there for certain after a power cut.
    durable: BTreeMap<OsString, u64>,
    /// What happened to names since.
    unsynced: Vec<Naming>,
    made: u64,
}

/// Something that happens to names as one.
#[derive(Clone, Debug)]
struct Naming {
    /// The name that is gone.
    old: Option<OsString>,
    /// The name that there is, and for which file.
    new: Option<(OsString, u64)>,
}

impl Naming {
    fn apply(self, names: &mut BTreeMap<OsString, u64>) {
        if let Some(old) = self.old {
            names.remove(&old);
        }
        names.extend(self.new);
    }
}

impl Folder {
    pub(crate) fn find(&self, name: &OsStr) -> Option<u64> {
        self.names.get(name).copied()
    }

    pub(crate) fn file(&mut self, number: u64) -> Option<&mut Contents> {
        self.files.get_mut(&number)
    }

    /// Make a file; its number.
    pub(crate) fn create(&mut self, name: &OsStr) -> u64 {
        self.made += 1;
        self.files.insert(self.made, Contents::default());
        self.name(Naming { old: None, new: Some((name.to_owned(), self.made)) });
        self.made
    }

    /// Give a file that name in the place of another one; `None` if there is no such file.
    pub(crate) fn rename(&mut self, old: &OsStr, new: &OsStr) -> Option<()> {
        let file = self.find(old)?;
        self.name(Naming { old: Some(old.to_owned()), new: Some((new.to_owned(), file)) });
        Some(())
    }

    fn name(&mut self, naming: Naming) {
        naming.clone().apply(&mut self.names);
        self.unsynced.push(naming);
    }

    /// The names are durable from here on.
    pub(crate) fn sync(&mut self) {
        self.durable.clone_from(&self.names);
        self.unsynced.clear();
    }

    /// The power fails; whether anything was lost by that.
    pub(crate) fn cut_power(&mut self, rng: &mut Rng) -> bool {
        let before = self.seen();
        let survives = *rng.choice(&[0.0, 0.5, 1.0]).expect("a choice");
        for naming in std::mem::take(&mut self.unsynced) {
            if rng.f64() < survives {
                naming.apply(&mut self.durable);
            }
        }
        self.names.clone_from(&self.durable);
        let all: Vec<Vec<u8>> = self.files.values().map(|file| file.after_cut().to_vec()).collect();
        let names = &self.names;
        self.files.retain(|number, _| names.values().any(|named| named == number));
        for file in self.files.values_mut() {
            let stale = rng.choice(&all).map_or(&[][..], |stale| stale);
            file.lose(rng, stale);
        }
        self.seen() != before
    }

    /// What anybody can see.
    fn seen(&self) -> BTreeMap<OsString, Vec<u8>> {
        let held = |number: &u64| self.files.get(number).map_or(&[][..], Contents::now).to_vec();
        self.names.iter().map(|(name, number)| (name.clone(), held(number))).collect()
    }
}

//! Catching up past a compaction, without ever starting over.
//!
//! A copy that stands below the sender's gc_version may hold keys whose tombstones are gone. The
//! sender says which versions it still holds (keep lists); what is held here and not listed is
//! *suspect*, and dropped once everything has arrived that may have superseded it (the horizon).
//!
//! 1. A delta is accepted if it starts at or below my max_version, and its sender's gc_version is
//!    at or below my max_version or it brings the keep list that opens the obligation.
//! 2. A sender that has not compacted up to the `g` of a copy tells it nothing, and is not
//!    believed: it may hold superseded values whose tombstones others have dropped.
//! 3. A copy that is not clean serves nothing, but tells its owner of a newer generation than the
//!    owner's own; suspects are never served nor listed.
//! 4. Suspects are dropped only when max_version has reached the horizon; a copy is clean again
//!    when all of it was checked and it has reached `g`, which then is its gc_version. What the
//!    owner compacts meanwhile is dropped at the same moment, tombstones at least: until then a
//!    value may be the newest of its key here only because what superseded it is missing.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::config::Config;
use crate::log::After;
use crate::log::index::KeyHasher;
use crate::log::scan::Cut;
use crate::log::subject::Subject;
use crate::state::journal::Deleted;
use crate::state::participant::Participant;
use crate::wire::delta::ParticipantDelta;
use crate::wire::entry::{Entry, Op};
use crate::wire::keep::{Clean, KeepList};

/// What is unfinished of a compaction that was missed.
#[derive(Clone, Debug, Default)]
pub(crate) struct CatchUp {
    /// What is still to be checked; `None` when the copy is clean again.
    clean: Option<Clean>,
    /// Versions of what may have been deleted.
    suspects: BTreeSet<u64>,
    /// How many values that is, and how many bytes, at most.
    size: (u64, u64),
}

impl CatchUp {
    /// As a snapshot kept it.
    pub(crate) fn restored(clean: Option<Clean>, suspects: BTreeSet<u64>) -> Option<Box<Self>> {
        let is_needed = clean.is_some() || !suspects.is_empty();
        is_needed.then(|| Box::new(CatchUp { clean, suspects, size: (0, 0) }))
    }

    /// Versions of what may have been deleted, ascending.
    pub(crate) const fn suspects(&self) -> &BTreeSet<u64> {
        &self.suspects
    }
}

/// Whether a section may be taken in by a copy that is at `has` with the obligation `clean`, and
/// the obligation afterwards (rules 1 and 2).
pub(crate) fn admits(
    section: &ParticipantDelta<'_>,
    has: u64,
    clean: Option<Clean>,
    has_left: bool,
) -> Option<Option<Clean>> {
    if has_left {
        // Whatever was held, it is gone.
        return (section.from <= has).then_some(None);
    }
    let gc_version = section.gc_version;
    if section.from > has || clean.is_some_and(|clean| gc_version < clean.g) {
        return None;
    }
    if gc_version <= has || clean.is_some_and(|clean| clean.g >= gc_version) {
        return Some(clean);
    }
    // What opens an obligation must ask for a check of all that is held here.
    let opening = section.keep?.clean;
    let opens = opening.g == gc_version && opening.p == 0 && opening.m0 >= has;
    opens.then_some(Some(opening))
}

impl Participant {
    /// The unfinished obligation of the copy.
    pub(crate) fn clean(&self) -> Option<Clean> {
        self.rare.catch_up.as_ref()?.clean
    }

    /// Take on an obligation.
    pub(crate) fn oblige(&mut self, clean: Option<Clean>) {
        if clean.is_some() || self.rare.catch_up.is_some() {
            self.rare.change(|rare| rare.catch_up.get_or_insert_default().clean = clean);
        }
    }

    /// Whether a keep list tells this copy something new.
    pub(crate) fn wants(&self, keep: &KeepList<'_>) -> bool {
        self.clean().is_some_and(|clean| {
            (clean.g, clean.m0) == (keep.clean.g, keep.clean.m0)
                && keep.clean.p <= clean.p
                && clean.p < keep.to
        })
    }

    /// Hold what is here against a keep list: what is not listed becomes suspect.
    pub(crate) fn check(&mut self, keep: &KeepList<'_>) {
        if !self.wants(keep) {
            return;
        }
        let Participant { log, rare, .. } = self;
        rare.change(|rare| {
            let catch_up = rare.catch_up.get_or_insert_default();
            let mut listed = keep.versions().peekable();
            for held in log.after(keep.clean.p).take_while(|held| held.version <= keep.to) {
                while listed.next_if(|listed| *listed < held.version).is_some() {}
                if listed.peek() != Some(&held.version) && catch_up.suspects.insert(held.version) {
                    let values = held.ops().filter(|op| op.value.is_some()).count();
                    catch_up.size.0 += values as u64;
                    catch_up.size.1 += held.bytes.len() as u64;
                }
            }
            catch_up.clean = catch_up.clean.map(|clean| Clean { p: keep.to, ..clean });
        });
    }

    /// End the obligation if it is fulfilled, and drop suspects if nothing can save them any more.
    pub(crate) fn settle(&mut self, config: &Config, hasher: &KeyHasher) {
        if let Some(Clean { g, p, m0 }) = self.clean()
            && p >= m0
            && self.max_version >= g
        {
            self.oblige(None);
            // What was compacted up to g never came, and what was held of it is suspect.
            self.have_compacted(g);
        }
        // Before that, a batch may live here only because what superseded it is missing.
        if self.max_version >= self.horizon && self.clean().is_none() {
            self.sweep(config, hasher);
            if self.rare.compacted > self.gc_version {
                self.compact(self.rare.compacted, config, hasher);
            }
        }
        let catch_up = self.rare.catch_up.as_ref();
        if catch_up.is_some_and(|c| c.clean.is_none() && c.suspects.is_empty()) {
            self.rare.clear(|rare| rare.catch_up = None);
        }
    }

    /// How many suspect values there are, and how many bytes they are, at most.
    pub(crate) fn suspect_size(&self) -> (u64, u64) {
        self.rare.catch_up.as_ref().map_or((0, 0), |catch_up| catch_up.size)
    }

    fn sweep(&mut self, config: &Config, hasher: &KeyHasher) {
        if self.rare.catch_up.as_ref().is_none_or(|c| c.suspects.is_empty()) {
            return;
        }
        let suspects = self.rare.change(|rare| {
            let catch_up = rare.catch_up.get_or_insert_default();
            catch_up.size = (0, 0);
            core::mem::take(&mut catch_up.suspects)
        });
        let mut shown: Vec<Deleted> = Vec::new();
        for version in &suspects {
            let Some(held) =
                self.log.after(version.saturating_sub(1)).next().filter(|e| e.version == *version)
            else {
                continue;
            };
            Subject::each(&held, |subject, op| {
                if let Some(Op { key, value }) = op
                    && self.log.is_newest(subject, *version, hasher)
                {
                    // A deletion that was told already has a version of its own.
                    let (version, place) = match value {
                        Some(_) => (self.max_version, self.changed_at),
                        None => (*version, 0),
                    };
                    shown.push(Deleted { key: key.into(), version, place });
                }
            });
        }
        self.log.retain(hasher, |entry| !suspects.contains(&entry.version));
        self.remember(shown, config);
    }

    /// What of the log above that version may be told to others.
    pub(crate) fn served_after(&self, version: u64) -> Served<'_> {
        let suspects = self.rare.catch_up.as_ref().map(|catch_up| &catch_up.suspects);
        let suspects = suspects.filter(|suspects| !suspects.is_empty());
        Served { after: self.log.after(version), suspects }
    }
}

/// Iterator over what a log has above some version, without its suspects.
#[derive(Clone, Debug)]
pub(crate) struct Served<'a> {
    after: After<'a>,
    suspects: Option<&'a BTreeSet<u64>>,
}

impl<'a> Served<'a> {
    /// The first, again and again.
    pub(crate) fn first(&self) -> Option<Entry<'a>> {
        self.clone().next()
    }

    /// How many there are.
    pub(crate) fn left(&self) -> usize {
        match self.suspects {
            None => self.after.left(),
            Some(_) => self.clone().count(),
        }
    }

    /// The longest prefix that takes at most `room` bytes.
    pub(crate) fn cut(&self, room: usize) -> Cut {
        match self.suspects {
            None => self.after.cut(room),
            Some(_) => Cut::of(self.clone(), room),
        }
    }

    /// Append the bytes of the first ones to `out`, which take `len`.
    pub(crate) fn copy(&self, len: usize, out: &mut Vec<u8>) {
        if self.suspects.is_none() {
            return self.after.copy(len, out);
        }
        let (mut served, end) = (self.clone(), out.len() + len);
        while out.len() < end
            && let Some(entry) = served.next()
        {
            out.extend_from_slice(entry.bytes);
        }
    }
}

impl<'a> Iterator for Served<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        let suspects = self.suspects;
        let is_served =
            |entry: &Entry<'_>| suspects.is_none_or(|all| !all.contains(&entry.version));
        self.after.find(is_served)
    }
}

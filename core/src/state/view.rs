//! Everything that is held at one moment: what readers see, and what messages are made from.

use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use core::fmt;

use crate::config::Config;
use crate::log::index::KeyHasher;
use crate::sketch::live::Sketches;
use crate::state::expiry::Expiry;
use crate::state::participant::Participant;
use crate::state::table::Table;
use crate::wire::digest::{DigestLine, Range};
use crate::wire::short::{ShortId, short_id};

/// What a host held at one moment, to be read while the host goes on.
///
/// A clone shares everything that is large, and so does what [`Host::view`](crate::Host::view)
/// gives: it takes about a microsecond for 10,000 participants. So a program that locks its host
/// need not do so while it reads for long.
///
/// While there is a view, the first change of a participant copies what is held of it: a
/// microsecond where that is little, and one or two milliseconds for 100,000 keys of 80 bytes. The
/// next change copies nothing, until there is a new view.
///
/// ```
/// # use plasmid::{Config, Host};
/// # fn main() -> Result<(), plasmid::Error> {
/// let mut host = Host::new(b"a", Config::default())?;
/// host.set(b"color", b"red")?;
/// let view = host.view();
/// host.set(b"color", b"blue")?;
/// assert_eq!(view.get(b"color"), Some(&b"red"[..]));
/// assert_eq!(host.get(b"color"), Some(&b"blue"[..]));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct View {
    /// The host's own copy stands apart: most of what a program does is to write and read it.
    pub(super) own: Participant,
    pub(super) own_short: ShortId,
    pub(super) others: Table,
    pub(crate) cluster: u64,
    pub(crate) hasher: KeyHasher,
    /// The host's clock, ms: what it was told of the time, but never going back.
    pub(crate) now_ms: Option<u64>,
    /// What that clock was told last, ms since 1970.
    pub(crate) told_ms: u64,
    /// The most that it was ever told.
    pub(crate) most_ms: u64,
    /// How many of those that left or were evicted were forgotten.
    pub(crate) forgotten: u64,
    /// Deadlines of own updates.
    pub(crate) expiry: Arc<Expiry>,
    /// Those whose copies are not clean, or of whose next update a part is held.
    pub(crate) unfinished: Arc<BTreeSet<ShortId>>,
    pub(crate) sketches: Arc<Sketches>,
}

impl View {
    pub(crate) fn short(&self, id: &[u8]) -> ShortId {
        short_id(self.cluster, id)
    }

    pub(crate) const fn own_short(&self) -> ShortId {
        self.own_short
    }

    pub(crate) const fn own(&self) -> &Participant {
        &self.own
    }

    /// The copy of the participant with that id.
    pub(crate) fn copy(&self, id: &[u8]) -> Option<&Participant> {
        if *id == *self.own.id {
            return Some(&self.own);
        }
        self.at(self.short(id)).filter(|held| *held.id == *id)
    }

    pub(crate) fn at(&self, short: ShortId) -> Option<&Participant> {
        if short == self.own_short { Some(&self.own) } else { self.others.get(short) }
    }

    /// How many participants are known, the host itself included.
    pub(crate) const fn count(&self) -> usize {
        self.others.len() + 1
    }

    /// The short id that so many are below.
    pub(crate) fn nth(&self, nth: usize) -> Option<ShortId> {
        let own = self.others.rank(self.own_short);
        if nth == own {
            Some(self.own_short)
        } else {
            self.others.nth(nth - usize::from(nth > own))
        }
    }

    /// Those from `first` to `last`, both included; none if that is no range.
    fn range(
        &self,
        first: ShortId,
        last: ShortId,
    ) -> impl Iterator<Item = (ShortId, &Participant)> {
        let own = self.own_short;
        let is_in = first <= own && own <= last;
        let below = self.others.range(first, last.min(own));
        let above = self.others.range(first.max(own), last);
        below.chain(is_in.then_some((own, &self.own))).chain(above)
    }

    /// Everybody but the host's own participant.
    pub(crate) fn others(&self) -> impl Iterator<Item = (ShortId, &Participant)> {
        self.others.range(0, ShortId::MAX)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (ShortId, &Participant)> {
        self.range(0, ShortId::MAX)
    }

    /// The participants in that range, going up from its start around the circle.
    pub(crate) fn in_range(&self, range: Range) -> impl Iterator<Item = (ShortId, &Participant)> {
        let Range { first, last } = range;
        let wraps = first > last;
        let head = self.range(first, if wraps { ShortId::MAX } else { last });
        head.chain(wraps.then(|| self.range(0, last)).into_iter().flatten())
    }

    /// Those from that short id on, up to the end of the circle.
    pub(crate) fn from(&self, first: ShortId) -> impl Iterator<Item = (ShortId, &Participant)> {
        self.range(first, ShortId::MAX)
    }

    /// Everybody, going up from `first` around the circle.
    pub(crate) fn circle(&self, first: ShortId) -> impl Iterator<Item = (ShortId, &Participant)> {
        self.in_range(Range { first, last: first.wrapping_sub(1) })
    }

    /// Whether a generation is farther ahead of the host's clock than any start can be.
    pub(crate) fn is_absurd(&self, generation: u64, config: &Config) -> bool {
        let bound = self.told_ms.saturating_add(config.generation_ahead_ms);
        self.now_ms.is_some() && config.generation_ahead_ms > 0 && generation >> 16 > bound
    }

    /// That participant's line in a digest.
    pub(crate) fn line((short, held): (ShortId, &Participant)) -> DigestLine {
        let (generation, max_version) = held.reached();
        DigestLine { short, generation, max_version }
    }
}

impl fmt::Debug for View {
    /// Who this is and how far; not the state, which can be large.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View")
            .field("id", &self.own.id.escape_ascii())
            .field("generation", &self.own.generation)
            .field("max_version", &self.own.max_version)
            .field("participants", &self.count())
            .finish_non_exhaustive()
    }
}

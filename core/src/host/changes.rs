//! What changed since a reader last looked: the newest value of each key, once.
//!
//! Nothing is queued for anybody. A reader holds a cursor, and what it missed is read off the
//! copies; where they no longer tell, the participant is shown anew, whole.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::error::Error;
use crate::host::Host;
use crate::host::cursor::{Cursor, Done, From};
use crate::log::subject::Subject;
use crate::state::State;
use crate::state::journal::Standing;
use crate::state::participant::{Participant, Status};
use crate::wire::entry::Entry;
use crate::wire::short::{ShortId, short_id};

/// One change of what is held here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change<'a> {
    /// What happened.
    pub kind: ChangeKind,
    /// To whom, or to whose key.
    pub participant: &'a [u8],
    /// The key that was set or deleted, else empty.
    pub key: &'a [u8],
    /// The value that it was set to, else empty.
    pub value: &'a [u8],
    /// The owner's version of this change. Of a deletion that was learnt only by what is no longer
    /// there, and of all that is no key's, the version that the copy had reached.
    pub version: u64,
    /// The generation of the copy.
    pub generation: u64,
}

/// What happened to a participant or a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// A key has a new value.
    Set,
    /// A key has no value any more.
    Delete,
    /// The participant became known, or came back after it had left or was evicted: its keys
    /// follow.
    Join,
    /// The participant left: its keys are gone.
    Leave,
    /// The participant was evicted: its keys are gone.
    Evict,
    /// The copy was replaced, by one of a newer generation; or what this reader missed is no longer
    /// known. Every key follows, and what does not is gone.
    Replace,
    /// Another process writes, or wrote, under this host's own id.
    Conflict,
}

impl ChangeKind {
    /// `set`, `delete`, `join`, `leave`, `evict`, `replace` or `conflict`.
    pub const fn name(self) -> &'static str {
        match self {
            ChangeKind::Set => "set",
            ChangeKind::Delete => "delete",
            ChangeKind::Join => "join",
            ChangeKind::Leave => "leave",
            ChangeKind::Evict => "evict",
            ChangeKind::Replace => "replace",
            ChangeKind::Conflict => "conflict",
        }
    }
}

/// Which changes a reader wants. The default is all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter<'a> {
    /// Only keys that begin so. What happens to participants is told whatever this is.
    pub prefix: &'a [u8],
    /// Only this participant.
    pub participant: Option<&'a [u8]>,
}

/// A page of changes.
#[derive(Clone, Debug)]
pub struct Changes<'a> {
    /// In order of participants, and within one in order of versions.
    pub list: Vec<Change<'a>>,
    /// Where to go on, as bytes to be kept anywhere: it outlives the reader.
    pub cursor: Vec<u8>,
    /// Whether there are more already.
    pub more: bool,
}

impl Host {
    /// What changed since `cursor`, at most about `limit` changes; `None` begins with everything
    /// that is held. Each key is told once, with its newest value, and its deletion if it has none.
    ///
    /// Go on with the cursor that is returned, at once if there are `more`, else when something may
    /// have happened. Nothing is kept for readers: they may stop, come back and be many. One that
    /// comes back too late is told that a participant is replaced
    /// ([`Replace`](ChangeKind::Replace)). What changes while pages are read may be told twice.
    ///
    /// A batch is never split, so a page may be longer than `limit`.
    ///
    /// ```
    /// # use plasmid::{Change, ChangeKind, Config, Filter, Host};
    /// # fn main() -> Result<(), plasmid::Error> {
    /// let mut host = Host::new(b"a", Config::default())?;
    /// let cursor = host.changes(None, 100, Filter::default())?.cursor;
    /// host.set(b"color", b"red")?;
    /// host.set(b"color", b"blue")?;
    /// let changes = host.changes(Some(&cursor), 100, Filter::default())?;
    /// assert_eq!(changes.list.len(), 1);
    /// assert_eq!(changes.list[0].kind, ChangeKind::Set);
    /// assert_eq!(changes.list[0].value, b"blue");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Cursor`] if `cursor` is not one of this host: another made it, or this one before
    /// it was restored or started anew; or so much was forgotten since that nobody can tell who is
    /// gone. Forget all that was told, and begin anew with `None`.
    pub fn changes(
        &mut self,
        cursor: Option<&[u8]>,
        limit: usize,
        filter: Filter<'_>,
    ) -> Result<Changes<'_>, Error> {
        let life = self.life;
        let end = self.state.journal.end();
        let begun = match cursor {
            None => Cursor { life, from: From::Nothing, to: end, done: None },
            Some(bytes) => match Cursor::decode(bytes)? {
                cursor if cursor.life != life || cursor.is_beyond(end) => {
                    return Err(Error::Cursor);
                }
                // A pass begins where the last one did, at the end of the journal.
                cursor if cursor.done.is_none() => Cursor { to: end, ..cursor },
                cursor => cursor,
            },
        };
        let begun = match begun.from {
            From::Place(place) if !self.state.journal.reaches(place) => {
                Cursor { from: From::Stale(place), to: end, done: None, ..begun }
            }
            _ => begun,
        };
        if let From::Place(place) | From::Stale(place) = begun.from
            && self.state.journal.forgotten_since(place).is_none()
        {
            return Err(Error::Cursor);
        }
        // What changes from here on gets a record of its own.
        self.state.journal.issue();
        let mut page =
            Page { state: &self.state, begun, filter, limit: limit.max(1), list: Vec::new() };
        let done = page.fill();
        let list = page.list;
        let cursor = match done {
            Some(done) => Cursor { done: Some(done), ..begun },
            None => Cursor { life, from: From::Place(begun.to), to: begun.to, done: None },
        };
        let more = done.is_some() || begun.to < end;
        Ok(Changes { list, cursor: cursor.encode(), more })
    }

    /// A number for this life of the host: what was said by another one is not said by this.
    pub(crate) fn life_of(nonce: u64, generation: u64) -> u64 {
        short_id(nonce, &generation.to_be_bytes())
    }
}

/// A page that is being filled.
struct Page<'a, 'f> {
    state: &'a State,
    begun: Cursor,
    filter: Filter<'f>,
    limit: usize,
    list: Vec<Change<'a>>,
}

/// What a reader is told of one participant.
#[derive(Clone, Copy)]
struct Telling {
    /// What happened to it, if that is to be told.
    header: Option<ChangeKind>,
    /// Every key, not only what is newer than `after`.
    is_whole: bool,
    after: u64,
    /// Deletions that came to light after that place in the journal.
    place: u64,
}

impl<'a> Page<'a, '_> {
    /// Fill the page, and tell where it stopped if there is more.
    fn fill(&mut self) -> Option<Done> {
        let state = self.state;
        if self.begun.done.is_none() {
            self.conflict();
            self.forgotten();
        }
        match self.begun.from {
            From::Place(place) => self.changed(place, &state.journal.since(place)),
            From::Stale(place) => self.all(|held| {
                (held.changed_at > place).then(|| Telling::anew(held, ChangeKind::Replace))
            }),
            From::Nothing => self.all(|held| Some(Telling::anew(held, ChangeKind::Join))),
        }
    }

    /// Somebody else under the own id, once.
    fn conflict(&mut self) {
        let own = self.state.own();
        if let From::Place(place) | From::Stale(place) = self.begun.from
            && self.state.journal.has_conflict_since(place)
            && self.wants(own)
        {
            self.list.push(change(own, ChangeKind::Conflict));
        }
    }

    /// Those that are gone and no longer remembered.
    fn forgotten(&mut self) {
        let (From::Place(place) | From::Stale(place)) = self.begun.from else {
            return;
        };
        for forgotten in self.state.journal.forgotten_since(place).into_iter().flatten() {
            if self.filter.participant.is_none_or(|id| *id == *forgotten.id) {
                let kind = match forgotten.status {
                    Status::Evicted => ChangeKind::Evict,
                    Status::Present | Status::Left => ChangeKind::Leave,
                };
                self.list.push(Change {
                    kind,
                    participant: &forgotten.id,
                    key: &[],
                    value: &[],
                    version: 0,
                    generation: forgotten.generation,
                });
            }
        }
    }

    fn wants(&self, held: &Participant) -> bool {
        self.filter.participant.is_none_or(|id| *id == *held.id)
    }

    /// Those that changed, where the journal knows where they were.
    fn changed(&mut self, place: u64, changed: &BTreeMap<ShortId, Standing>) -> Option<Done> {
        let from = self.begun.done.map_or(0, |done| done.short);
        for (short, before) in changed.range(from..) {
            let Some(held) = self.state.at(*short) else {
                continue;
            };
            let telling = Telling::since(held, *before, place);
            if let Some(done) = self.participant(*short, held, &telling) {
                return Some(done);
            }
        }
        None
    }

    /// Everybody of whom there is something to tell.
    fn all(&mut self, telling: impl Fn(&Participant) -> Option<Telling>) -> Option<Done> {
        let from = self.begun.done.map_or(0, |done| done.short);
        let state = self.state;
        for (short, held) in state.from(from) {
            if let Some(telling) = telling(held)
                && let Some(done) = self.participant(short, held, &telling)
            {
                return Some(done);
            }
        }
        None
    }

    /// Tell of one participant, and where that stopped if the page is full.
    fn participant(
        &mut self,
        short: ShortId,
        held: &'a Participant,
        telling: &Telling,
    ) -> Option<Done> {
        if !self.wants(held) {
            return None;
        }
        let generation = held.generation;
        let resumed = self.begun.done.filter(|done| done.short == short);
        let anew = Telling::anew(held, ChangeKind::Replace);
        let (telling, mut at) = match resumed {
            // The page before ended with it.
            Some(Done { version: u64::MAX, .. }) => return None,
            Some(done) if done.generation == generation && telling.resumes(held, &done) => {
                let after = telling.after.max(done.version);
                self.deletes(held, &Telling { header: None, after, place: u64::MAX, ..*telling });
                (telling, after)
            }
            // What was told before of it is no longer so.
            Some(_) => self.begin(held, &anew),
            None => {
                if let (true, Some(before)) = (self.list.len() >= self.limit, short.checked_sub(1))
                {
                    // Nothing of it yet: it is begun on the next page.
                    return Some(Done {
                        short: before,
                        generation: 0,
                        version: u64::MAX,
                        is_whole: false,
                    });
                }
                self.begin(held, telling)
            }
        };
        let begun = at;
        for entry in held.log.after(at) {
            // At least one entry a page: what comes before them may fill it each time.
            if self.list.len() >= self.limit && at > begun {
                return Some(Done { short, generation, version: at, is_whole: telling.is_whole });
            }
            self.entry(held, &entry, telling.is_whole);
            at = entry.version;
        }
        None
    }

    /// What comes before the keys of a participant; they follow from that version on.
    fn begin<'t>(&mut self, held: &'a Participant, telling: &'t Telling) -> (&'t Telling, u64) {
        self.list.extend(telling.header.map(|kind| change(held, kind)));
        self.deletes(held, telling);
        (telling, telling.after)
    }

    /// Deletions of which no tombstone tells any more.
    fn deletes(&mut self, held: &'a Participant, telling: &Telling) {
        let Some(deletes) = held.rare.deletes.as_ref().filter(|_| !telling.is_whole) else {
            return;
        };
        // An older deletion can be all that is left of it, in a batch.
        let is_told = |key: &[u8]| {
            let newest = held.log.get(key, &self.state.hasher);
            newest.is_some_and(|held| held.value.is_some() || held.version > telling.after)
        };
        let since = deletes.since(telling.after, telling.place);
        let gone = since.filter(|deleted| {
            deleted.key.starts_with(self.filter.prefix) && !is_told(&deleted.key)
        });
        // A key deleted twice is told once, by its last deletion.
        let mut newest: BTreeMap<&[u8], u64> = BTreeMap::new();
        newest.extend(gone.map(|deleted| (&*deleted.key, deleted.version)));
        self.list.extend(newest.into_iter().map(|(key, version)| Change {
            key,
            version,
            ..change(held, ChangeKind::Delete)
        }));
    }

    /// What an entry says that nothing newer does.
    fn entry(&mut self, held: &'a Participant, entry: &Entry<'a>, is_whole: bool) {
        for op in entry.ops() {
            let is_newest =
                || held.log.is_newest(Subject::Key(op.key), entry.version, &self.state.hasher);
            let is_told = op.value.is_some() || !is_whole;
            if is_told && op.key.starts_with(self.filter.prefix) && is_newest() {
                let (kind, value) = match op.value {
                    Some(value) => (ChangeKind::Set, value),
                    None => (ChangeKind::Delete, &[][..]),
                };
                let version = entry.version;
                self.list.push(Change { key: op.key, value, version, ..change(held, kind) });
            }
        }
    }
}

/// That this happened to a participant.
fn change(held: &Participant, kind: ChangeKind) -> Change<'_> {
    Change {
        kind,
        participant: &held.id,
        key: &[],
        value: &[],
        version: held.max_version,
        generation: held.generation,
    }
}

impl Telling {
    /// Whether it can be gone on with after that version.
    fn resumes(&self, held: &Participant, done: &Done) -> bool {
        if self.is_whole {
            // What was told of what is newer is no part of it: deletions were forgotten since.
            return done.is_whole;
        }
        let deletes = held.rare.deletes.as_ref();
        deletes.is_none_or(|deletes| deletes.reach(done.version, u64::MAX))
    }

    /// All of it, to somebody who knows nothing of it, or nothing any more.
    fn anew(held: &Participant, kind: ChangeKind) -> Self {
        let header = match held.status {
            Status::Present => kind,
            Status::Left => ChangeKind::Leave,
            Status::Evicted => ChangeKind::Evict,
        };
        Telling { header: Some(header), is_whole: true, after: 0, place: 0 }
    }

    /// What happened to it since it stood there.
    fn since(held: &Participant, before: Standing, place: u64) -> Self {
        let is_same = before.generation == held.generation;
        match before.status {
            Some(Status::Present) if is_same && held.status == Status::Present => {
                let deletes = held.rare.deletes.as_ref();
                if deletes.is_none_or(|deletes| deletes.reach(before.version, place)) {
                    let after = before.version;
                    Telling { header: None, is_whole: false, after, place }
                } else {
                    Telling::anew(held, ChangeKind::Replace)
                }
            }
            Some(status) if is_same && held.status == status => {
                Telling { header: None, is_whole: true, after: u64::MAX, place }
            }
            Some(Status::Present) => Telling::anew(held, ChangeKind::Replace),
            None | Some(Status::Left | Status::Evicted) => Telling::anew(held, ChangeKind::Join),
        }
    }
}

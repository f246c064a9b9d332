//! The owner, its disk, its peers, and what it may hold.

use std::collections::{BTreeMap, HashMap, HashSet};

use fastrand::Rng;
use plasmid::{Batch, Config, Error, Host, Turns};
use plasmid_store::{Disk, DurableState, StoreError};
use plasmid_tests::disk::{Faults, SimDisk};

/// Values by key, as they are printed: a key is a letter, a value a number many times over.
pub(crate) type Map = BTreeMap<String, String>;

fn key_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn value_of(bytes: &[u8]) -> String {
    let sum = bytes.iter().fold(0u64, |sum, byte| sum.rotate_left(7) ^ u64::from(*byte));
    format!("{sum:x}/{}", bytes.len())
}

/// How far the owner was, and what it held then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) reached: (u64, u64),
    pub(crate) map: Map,
}

impl Moment {
    fn of(host: &Host, id: &[u8]) -> Self {
        let version = host.max_version(id).unwrap_or(0);
        let entries = host.entries(id).into_iter();
        let pair = |update: plasmid::Update<'_>| {
            (key_of(update.key), value_of(update.value.unwrap_or_default()))
        };
        let generation = host.generation_of(id).unwrap_or(0);
        Moment { reached: (generation, version), map: entries.map(pair).collect() }
    }
}

/// How a state is opened: a planted bug may stand between it and the disk.
pub(crate) type Between = fn(SimDisk) -> Box<dyn Disk>;

/// An open state.
struct Open {
    host: Host,
    state: DurableState,
}

/// How an exchange gets at the owner: what it writes in answer to a message is made durable.
impl Turns for Open {
    fn turn<R>(&mut self, work: impl FnOnce(&mut Host) -> R) -> R {
        work(&mut self.host)
    }

    fn settle(&mut self) {
        // That it failed is found when the next change is to be made.
        let _ = self.state.commit(&mut self.host);
    }
}

/// How often something happened, so that a run that did nothing is noticed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) cuts: u64,
    pub(crate) acknowledged: u64,
    pub(crate) failures: u64,
    pub(crate) rotten: u64,
    pub(crate) rollbacks: u64,
    pub(crate) ends: u64,
}

/// What went wrong.
pub(crate) type Wrong = String;

/// How the world itself is wrong: what no disk can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mistake {
    #[default]
    None,
    /// Only what the disk has made durable counts as acknowledged, and all else is shown.
    Shows,
    /// An older file is put back, and goes on in front of somebody who knows no more.
    Forgets,
}

pub(crate) struct World {
    pub(crate) mistake: Mistake,
    rng: Rng,
    disk: SimDisk,
    between: Between,
    is_relaxed: bool,
    open: Option<Open>,
    peers: Vec<Host>,
    nonce: u64,
    /// What the owner holds when all that it wrote is durable.
    now: Map,
    /// What was acknowledged, from the first moment on.
    acked: Vec<Moment>,
    /// What was to be made durable when something failed.
    attempts: Vec<Map>,
    /// What was shown last, and counts as acknowledged only with the next.
    shown_last: Option<Moment>,
    /// An older file may be in place: its owner may be behind what it showed.
    is_rolled_back: bool,
    /// Every update that anybody was ever shown: by generation, version and key.
    shown: HashMap<(u64, u64, String), Option<String>>,
    pub(crate) tally: Tally,
}

fn config(nonce: u64, seed: u64) -> Config {
    Config { generation: 1 << 20, nonce, seed, ..Config::default() }
}

impl World {
    pub(crate) fn new(seed: u64, is_relaxed: bool, between: Between) -> World {
        let peer = |n: u8| Host::new(&[b'p', n], config(u64::from(n), seed)).expect("a host");
        let mut world = World {
            mistake: Mistake::None,
            rng: Rng::with_seed(seed),
            disk: SimDisk::default(),
            between,
            is_relaxed,
            open: None,
            peers: vec![peer(b'0'), peer(b'1')],
            nonce: 100,
            now: Map::new(),
            acked: Vec::new(),
            attempts: Vec::new(),
            shown_last: None,
            is_rolled_back: false,
            shown: HashMap::new(),
            tally: Tally::default(),
        };
        for (n, peer) in world.peers.iter_mut().enumerate() {
            peer.set(b"who", &[n as u8]).expect("room");
        }
        world
    }

    /// So many steps of a life.
    pub(crate) fn run(&mut self, steps: u64) -> Result<(), Wrong> {
        for _ in 0..steps {
            self.step()?;
        }
        self.settle()
    }

    fn step(&mut self) -> Result<(), Wrong> {
        if self.open.is_none() {
            return self.reopen();
        }
        match self.rng.u8(..100) {
            0..45 => self.write(),
            45..60 => self.meet(),
            60..66 => self.tick(),
            // In the middle of whatever comes next.
            66..86 => {
                let stop = Some(self.rng.u64(..8));
                self.disk.set_faults(Faults { stop, ..Faults::default() });
                self.write()?;
                if self.rng.bool() {
                    self.tick()?;
                }
                self.cut()
            }
            86..90 => self.fail(),
            90..94 => self.cut(),
            94..96 => self.kill(),
            96..98 => self.close(),
            98 => self.rot(),
            _ => self.roll_back(),
        }
    }

    /// Write a few changes, and have them acknowledged together.
    pub(crate) fn write(&mut self) -> Result<(), Wrong> {
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        for _ in 0..self.rng.usize(1..4) {
            let mut after = self.now.clone();
            match change(&mut self.rng, &mut open.host, &mut after) {
                Ok(()) => self.now = after,
                // It failed when there was nothing to refuse.
                Err(Error::Store) => return self.acknowledge(),
                // It has a twin in what an older file forgot.
                Err(Error::Conflict) => {
                    let renewed = open.host.renew();
                    renewed.map_err(|error| format!("not renewed: {error}"))?;
                }
                Err(error) => return Err(format!("a change was refused: {error}")),
            }
        }
        self.acknowledge()
    }

    fn acknowledge(&mut self) -> Result<(), Wrong> {
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        match open.state.commit(&mut open.host) {
            Ok(()) => {
                let moment = Moment::of(&open.host, b"owner");
                if moment.map != self.now {
                    return Err("what is durable is not what was written".to_owned());
                }
                self.tally.acknowledged += 1;
                self.note_shown_by_owner()?;
                if self.mistake == Mistake::Shows {
                    // One later, which is when that disk has it.
                    self.acked.extend(self.shown_last.replace(moment));
                } else {
                    self.acked.push(moment);
                }
                Ok(())
            }
            Err(error) => self.poisoned(&error),
        }
    }

    /// A failure is for good: nothing is written, what was shown can be read, and messages go on.
    fn poisoned(&mut self, error: &StoreError) -> Result<(), Wrong> {
        let Some(mut open) = self.open.take() else {
            return Ok(());
        };
        self.tally.failures += 1;
        self.attempts.push(self.now.clone());
        let last = self.acked.last().map(|moment| moment.map.clone()).unwrap_or_default();
        let shown = Moment::of(&open.host, b"owner").map;
        if !self.is_relaxed && self.mistake != Mistake::Shows && shown != last {
            return Err(format!("a failed change is shown: {shown:?}, not {last:?}"));
        }
        if open.host.set(b"k", b"v") != Err(Error::Store) {
            return Err(format!("a host whose store failed ({error}) goes on writing"));
        }
        if open.state.commit(&mut open.host).as_ref() != Err(error) {
            return Err("a store that failed works again".to_owned());
        }
        let syn = open.host.initiate(1 << 16).map_err(|error| error.to_string())?;
        self.peers[0].receive(&syn, 1 << 16).map_err(|error| error.to_string())?;
        Ok(())
    }

    /// Meet a peer, or have the peers meet.
    pub(crate) fn meet(&mut self) -> Result<(), Wrong> {
        let at = self.rng.usize(..self.peers.len());
        if self.rng.u8(..4) == 0 {
            let (first, rest) = self.peers.split_at_mut(1);
            exchange(&mut first[0], &mut rest[0]);
        } else if let Some(open) = &mut self.open {
            let peer = &mut self.peers[at];
            if self.rng.u8(..4) == 0 {
                peer.set(b"at", &self.rng.u64(..).to_be_bytes()).expect("room");
            }
            match self.rng.bool() {
                true => exchange(open, peer),
                false => exchange(peer, open),
            }
            // It may have taken a new generation.
            self.acknowledge()?;
        }
        self.look(at)
    }

    /// Nobody is shown anything else under the same name.
    fn look(&mut self, at: usize) -> Result<(), Wrong> {
        let generation = self.peers[at].generation_of(b"owner").unwrap_or(0);
        for update in self.peers[at].updates(b"owner") {
            note(&mut self.shown, generation, &update)?;
        }
        Ok(())
    }

    fn note_shown_by_owner(&mut self) -> Result<(), Wrong> {
        let Some(open) = &self.open else {
            return Ok(());
        };
        // What was written over an older file is found out when somebody is met who knows more.
        if self.is_rolled_back {
            return Ok(());
        }
        let generation = open.host.generation();
        for update in open.host.updates(b"owner") {
            note(&mut self.shown, generation, &update)?;
        }
        Ok(())
    }

    fn tick(&mut self) -> Result<(), Wrong> {
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        let now = open.host.now_ms().unwrap_or(1 << 40) + self.rng.u64(..4000);
        open.host.tick(now);
        match open.state.upkeep(&mut open.host) {
            Ok(()) => self.acknowledge(),
            Err(error) => self.poisoned(&error),
        }
    }

    /// Something on the disk fails, but the power stays.
    fn fail(&mut self) -> Result<(), Wrong> {
        let after = self.rng.u64(..3);
        let kind = *self
            .rng
            .choice(&[std::io::ErrorKind::StorageFull, std::io::ErrorKind::Other])
            .expect("a choice");
        let faults = match self.rng.bool() {
            true => Faults { write: Some((after, kind)), ..Faults::default() },
            false => Faults { sync: Some(after), ..Faults::default() },
        };
        self.disk.set_faults(faults);
        for _ in 0..4 {
            self.write()?;
        }
        self.disk.set_faults(Faults::default());
        Ok(())
    }

    /// The power fails.
    pub(crate) fn cut(&mut self) -> Result<(), Wrong> {
        if self.open.take().is_some() {
            self.attempts.push(self.now.clone());
        }
        self.tally.cuts += 1;
        self.disk.cut_power(&mut self.rng);
        self.reopen()
    }

    /// The process ends, and the machine goes on.
    fn kill(&mut self) -> Result<(), Wrong> {
        if self.open.take().is_some() {
            self.attempts.push(self.now.clone());
        }
        self.reopen()
    }

    fn close(&mut self) -> Result<(), Wrong> {
        let Some(mut open) = self.open.take() else {
            return Ok(());
        };
        self.tally.ends += 1;
        open.state.close(&mut open.host).map_err(|error| format!("not closed: {error}"))?;
        let before = Moment::of(&open.host, b"owner").reached;
        drop(open);
        if self.rng.bool() {
            self.tally.cuts += 1;
            self.disk.cut_power(&mut self.rng);
        }
        // Once more and without a fault: even so a relaxed host goes on as it was.
        self.open = Some(self.try_open().map_err(|error| format!("not opened: {error}"))?);
        let after = self.open.as_ref().map(|open| Moment::of(&open.host, b"owner").reached);
        if after.is_some_and(|after| after != before) {
            return Err(format!("closed at {before:?}, opened at {after:?}"));
        }
        self.kill()
    }

    /// A bit goes bad while nobody has the state open: it is an error, or harmless, or the file is
    /// that of a moment before.
    fn rot(&mut self) -> Result<(), Wrong> {
        self.open = None;
        self.attempts.push(self.now.clone());
        let Some(sound) = self.disk.contents() else {
            return Ok(());
        };
        let mut bytes = sound.clone();
        let at = self.rng.usize(..bytes.len());
        bytes[at] ^= 1 << self.rng.u8(..8);
        self.disk.put(bytes);
        self.tally.rotten += 1;
        match self.try_open() {
            Ok(open) => {
                let moment = Moment::of(&open.host, b"owner");
                let is_known = self.acked.iter().any(|acked| acked.map == moment.map)
                    || self.attempts.contains(&moment.map);
                if !is_known {
                    return Err(format!("a bad bit made {moment:?}"));
                }
                drop(open);
                self.disk.put(sound);
            }
            Err(_) => self.disk.put(sound),
        }
        self.reopen()
    }

    /// Somebody puts a copy of the file back that is some changes old.
    fn roll_back(&mut self) -> Result<(), Wrong> {
        if self.is_relaxed || self.is_rolled_back || self.open.is_none() {
            return Ok(());
        }
        self.tally.rollbacks += 1;
        self.kill()?;
        let Some(old) = self.disk.contents() else {
            return Ok(());
        };
        let (then, map) = (self.acked.len(), self.now.clone());
        for _ in 0..self.rng.usize(1..5) {
            self.write()?;
        }
        for at in 0..self.peers.len() {
            if let Some(open) = &mut self.open {
                exchange(open, &mut self.peers[at]);
                self.acknowledge()?;
                self.look(at)?;
            }
        }
        let Some(last) = self.acked.last().cloned() else {
            return Ok(());
        };
        self.open = None;
        self.disk.put(old);
        self.acked.truncate(then);
        self.now = map;
        self.attempts.clear();
        self.is_rolled_back = true;
        self.reopen()?;
        // It goes on writing before it meets anybody: as many changes as were lost, or more.
        for _ in 0..self.rng.usize(..6) {
            self.write()?;
        }
        let at = self.rng.usize(..self.peers.len());
        if self.mistake == Mistake::Forgets {
            self.peers[at] = Host::new(b"new", config(99, 1)).map_err(|error| error.to_string())?;
        }
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        let before = open.host.generation();
        exchange(&mut self.peers[at], open);
        exchange(open, &mut self.peers[at]);
        self.is_rolled_back = false;
        if self.mistake == Mistake::Forgets {
            return self.look(at);
        }
        let was_behind = last.reached.0 == before
            && self.acked.get(then.saturating_sub(1)).is_none_or(|m| m.reached < last.reached);
        if was_behind && open.host.generation() == before {
            return Err(format!("an older file came back, and {before} goes on"));
        }
        if open.host.generation() != before && open.host.conflicts() != 1 {
            return Err(format!("{} conflicts for one older file", open.host.conflicts()));
        }
        self.acknowledge()
    }

    fn try_open(&mut self) -> Result<Open, StoreError> {
        self.nonce += 1;
        let config = config(self.nonce, self.rng.u64(..));
        let disk = (self.between)(self.disk.clone());
        let (host, state) = DurableState::open_on(disk, b"owner", config, self.is_relaxed)?;
        Ok(Open { host, state })
    }

    /// Open the state again and compare it with what was acknowledged.
    pub(crate) fn reopen(&mut self) -> Result<(), Wrong> {
        // The power may fail while it is opened, as often as it likes.
        while self.rng.u8(..4) == 0 {
            let stop = Some(self.rng.u64(..6));
            self.disk.set_faults(Faults { stop, ..Faults::default() });
            drop(self.try_open());
            self.tally.cuts += 1;
            self.disk.cut_power(&mut self.rng);
        }
        self.disk.set_faults(Faults::default());
        let open = self.try_open().map_err(|error| format!("not opened: {error}"))?;
        let found = Moment::of(&open.host, b"owner");
        let acked = self.acked.last().cloned();
        let reached = acked.as_ref().map_or((0, 0), |acked| acked.reached);
        let is_acked = acked.as_ref().map_or(found.map.is_empty(), |acked| found.map == acked.map);
        self.attempts.extend(self.shown_last.take().map(|shown| shown.map));
        let is_attempt = self.attempts.contains(&found.map);
        if self.is_relaxed {
            // Any moment of before, as long as it does not go on under the same name.
            let is_earlier = self.acked.iter().any(|acked| acked.map == found.map);
            if !is_acked && !is_attempt && !is_earlier && !found.map.is_empty() {
                return Err(format!("there is {found:?}, which never was"));
            }
        } else {
            if !is_acked && !is_attempt {
                return Err(format!("lost: there is {found:?}, acknowledged was {acked:?}"));
            }
            if found.reached < reached || (found.reached == reached && !is_acked) {
                return Err(format!("opened at {:?}, was at {reached:?}", found.reached));
            }
            if found.reached.0 != reached.0 && acked.is_some() && !self.is_rolled_back {
                let is_raised = self.attempts.is_empty();
                if is_raised {
                    return Err(format!("a new generation {found:?} after {reached:?}"));
                }
            }
            for (at, peer) in self.peers.iter().enumerate() {
                let shown = Moment::of(peer, b"owner").reached;
                if shown > found.reached && !self.is_rolled_back {
                    return Err(format!("peer {at} has {shown:?}, there is {:?}", found.reached));
                }
            }
        }
        self.copies_are_sound(&open.host)?;
        self.now.clone_from(&found.map);
        self.attempts.clear();
        self.acked.push(found);
        self.open = Some(open);
        self.note_shown_by_owner()
    }

    /// What is held of others is what they have, or had.
    fn copies_are_sound(&self, host: &Host) -> Result<(), Wrong> {
        for peer in &self.peers {
            let id = peer.id();
            let (kept, real) = (Moment::of(host, id), Moment::of(peer, id));
            if kept.reached > real.reached || (kept.reached == real.reached && kept.map != real.map)
            {
                return Err(format!("of a peer at {real:?} there is {kept:?}"));
            }
        }
        Ok(())
    }

    /// The faults end: in the end all hold what the owner acknowledged.
    fn settle(&mut self) -> Result<(), Wrong> {
        self.disk.set_faults(Faults::default());
        self.kill()?;
        let Some(mut open) = self.open.take() else {
            return Ok(());
        };
        for _ in 0..8 {
            for at in 0..self.peers.len() {
                exchange(&mut open, &mut self.peers[at]);
                exchange(&mut self.peers[at], &mut open);
            }
        }
        open.state.commit(&mut open.host).map_err(|error| error.to_string())?;
        for at in 0..self.peers.len() {
            exchange(&mut open, &mut self.peers[at]);
            let (own, peer) =
                (Moment::of(&open.host, b"owner"), Moment::of(&self.peers[at], b"owner"));
            if own != peer && own.reached.1 > 0 {
                return Err(format!("peer {at} ends at {peer:?}, the owner at {own:?}"));
            }
            if own.map != self.now {
                return Err(format!("the owner ends at {own:?}, not at {:?}", self.now));
            }
            self.look(at)?;
        }
        Ok(())
    }
}

/// One exchange, whole.
fn exchange(a: &mut impl Turns, b: &mut impl Turns) {
    let mut message = a.initiate(1 << 16).expect("a budget");
    for turn in 0..4 {
        if message.is_empty() {
            return;
        }
        message = match turn % 2 {
            0 => b.receive(&message, 1 << 16).expect("a message"),
            _ => a.receive(&message, 1 << 16).expect("a message"),
        };
    }
}

fn note(
    shown: &mut HashMap<(u64, u64, String), Option<String>>,
    generation: u64,
    update: &plasmid::Update<'_>,
) -> Result<(), Wrong> {
    let name = (generation, update.version, key_of(update.key));
    let value = update.value.map(value_of);
    match shown.get(&name) {
        Some(other) if *other != value => {
            Err(format!("{name:?} was {other:?} and is {value:?}: a version was used twice"))
        }
        _ => {
            shown.insert(name, value);
            Ok(())
        }
    }
}

/// One change of the owner's map, there and in `map`.
fn change(rng: &mut Rng, host: &mut Host, map: &mut Map) -> Result<(), Error> {
    let key = |rng: &mut Rng| vec![b'a' + rng.u8(..6)];
    let value = |rng: &mut Rng| {
        // Most are short, some longer than a sector or many.
        let len = *rng.choice(&[1, 8, 8, 8, 100, 700, 5000]).expect("a choice");
        std::iter::repeat_with(|| rng.u8(..)).take(len).collect::<Vec<u8>>()
    };
    match rng.u8(..20) {
        0..11 => {
            let (key, value) = (key(rng), value(rng));
            host.set(&key, &value)?;
            map.insert(key_of(&key), value_of(&value));
        }
        11..15 => {
            let key = key(rng);
            host.delete(&key)?;
            map.remove(&key_of(&key));
        }
        15..18 => {
            let (mut batch, mut touched) = (Batch::new(), HashSet::new());
            for _ in 0..rng.usize(1..4) {
                let (key, value) = (key(rng), value(rng));
                if touched.insert(key.clone()) && rng.bool() {
                    batch.set(&key, &value);
                    map.insert(key_of(&key), value_of(&value));
                } else {
                    batch.delete(&key);
                    map.remove(&key_of(&key));
                }
            }
            host.commit(&batch)?;
        }
        18 => drop(host.compact(None)?),
        _ => {
            host.leave()?;
            map.clear();
            host.renew()?;
        }
    }
    Ok(())
}

/// A number from the environment.
pub(crate) fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

//! The owner, its disk, its peers, and what it may hold.

use std::collections::{BTreeMap, HashMap};

use fastrand::Rng;
use plasmid::{Config, Error, Host, Turns};
use plasmid_store::{Disk, DurableState, StoreError};
use plasmid_tests::disk::{Faults, SimDisk};

use crate::changes::change;

/// Values by key, as they are printed: a key is a letter, a value a number many times over.
pub(crate) type Map = BTreeMap<String, String>;

pub(super) fn key_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(super) fn value_of(bytes: &[u8]) -> String {
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
    pub(super) fn of(host: &Host, id: &[u8]) -> Self {
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
pub(super) struct Open {
    pub(super) host: Host,
    pub(super) state: DurableState,
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
    pub(super) rng: Rng,
    pub(super) disk: SimDisk,
    pub(super) between: Between,
    pub(super) is_relaxed: bool,
    /// Each process is given a greater generation, as a clock gives, or all are given the same.
    pub(super) is_growing: bool,
    /// Several peers know generations that a relaxed host took and lost. It goes on in a new one
    /// when it hears of the first, and takes the second for a twin: then the program decides.
    pub(super) may_conflict: bool,
    pub(super) open: Option<Open>,
    pub(super) peers: Vec<Host>,
    pub(super) nonce: u64,
    /// What the owner holds when all that it wrote is durable.
    pub(super) now: Map,
    /// What was acknowledged, from the first moment on.
    pub(super) acked: Vec<Moment>,
    /// What was to be made durable when something failed.
    pub(super) attempts: Vec<Map>,
    /// What was shown last, and counts as acknowledged only with the next.
    pub(super) shown_last: Option<Moment>,
    /// Where the owner was when the file that is in place was begun, or before.
    pub(super) begun: (u64, u64),
    /// An older file may be in place: its owner may be behind what it showed.
    pub(super) is_rolled_back: bool,
    /// Every update that anybody was ever shown: by generation, version and key.
    pub(super) shown: HashMap<(u64, u64, String), Option<String>>,
    pub(crate) tally: Tally,
}

pub(super) fn config(nonce: u64, seed: u64) -> Config {
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
            is_growing: seed.is_multiple_of(2),
            may_conflict: false,
            open: None,
            peers: vec![peer(b'0'), peer(b'1')],
            nonce: 100,
            now: Map::new(),
            acked: Vec::new(),
            attempts: Vec::new(),
            shown_last: None,
            begun: (0, 0),
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
                Err(Error::Conflict) if self.may_conflict => {
                    let renewed = open.host.renew();
                    renewed.map_err(|error| format!("not renewed: {error}"))?;
                }
                Err(error) => return Err(format!("a change was refused: {error}")),
            }
        }
        self.acknowledge()
    }

    pub(super) fn acknowledge(&mut self) -> Result<(), Wrong> {
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
    pub(super) fn poisoned(&mut self, error: &StoreError) -> Result<(), Wrong> {
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

    fn have_all_meet(&mut self, open: &mut Open) {
        for _ in 0..8 {
            for peer in &mut self.peers {
                exchange(open, peer);
                exchange(peer, open);
            }
        }
    }

    /// The faults end: in the end all hold what the owner acknowledged.
    fn settle(&mut self) -> Result<(), Wrong> {
        self.disk.set_faults(Faults::default());
        self.kill()?;
        let Some(mut open) = self.open.take() else {
            return Ok(());
        };
        self.have_all_meet(&mut open);
        match open.host.delete(b"nothing") {
            Ok(_) => {}
            Err(Error::Conflict) if self.may_conflict => {
                open.host.renew().map_err(|error| format!("not renewed: {error}"))?;
                self.have_all_meet(&mut open);
            }
            Err(error) => return Err(format!("a change was refused in the end: {error}")),
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
pub(super) fn exchange(a: &mut impl Turns, b: &mut impl Turns) {
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

/// A number from the environment.
pub(crate) fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

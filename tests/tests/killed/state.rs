//! One state, the processes that have it one after the other, and the peer that lives through all
//! of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use plasmid::{Config, Host, LocalState};
use plasmid_tests::dump::Copy;
use plasmid_tests::writer::ID;
use plasmid_tests::writer::careless::Fault;
use plasmid_tests::writer::line::Opened;
use plasmid_tests::writer::orders::Orders;
use plasmid_tests::writer::writes::Load;

use crate::figures::Figures;
use crate::ledger::Ledger;
use crate::life::{Heard, Life, say};
use crate::moment::Moment;
use crate::process::Process;

/// How often the peer meets the process, at least.
const MEET: Duration = Duration::from_millis(3);

/// So many changes are acknowledged before what is not counted in them happens.
const WARM: usize = 50;

/// How long a process writes at most.
const LONGEST: Duration = Duration::from_millis(200);

/// What a state is to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mode {
    Sync,
    Relaxed,
    /// Now so, now so.
    Mixed,
}

/// A state.
pub(crate) struct State {
    rng: Rng,
    mode: Mode,
    fault: Fault,
    path: PathBuf,
    config: Config,
    load: Load,
    ledger: Ledger,
    peer: Host,
    /// How long it took to open it.
    opening: Duration,
    /// How many processes there were.
    lives: u64,
    pub(crate) figures: Figures,
}

impl State {
    pub(crate) fn new(path: &Path, seed: u64, mode: Mode, fault: Fault) -> State {
        let mut rng = Rng::with_seed(seed);
        let state = LocalState { history: rng.bool() };
        let config = Config { nonce: u64::MAX, state, ..Config::default() };
        // Small, so that the file is made anew again and again.
        let load = Load { keys: rng.u8(2..16), value: *rng.choice(&[20, 200, 2000]).expect("one") };
        State {
            mode,
            fault,
            path: path.to_owned(),
            load,
            ledger: Ledger::new(config.state.history),
            peer: Host::new(b"peer", config.clone()).expect("an id"),
            config,
            opening: Duration::from_millis(10),
            lives: 0,
            figures: Figures::default(),
            rng,
        }
    }

    /// One process from its start to its end, in whatever way that comes.
    pub(crate) fn live(&mut self) -> Result<(), String> {
        let moment = Moment::any(&mut self.rng, self.opening);
        self.live_to(moment)
    }

    /// One process, and when it is killed.
    fn live_to(&mut self, moment: Moment) -> Result<(), String> {
        let is_relaxed = match self.mode {
            Mode::Sync => false,
            Mode::Relaxed => true,
            Mode::Mixed => self.rng.bool(),
        };
        let most = if self.rng.bool() { 16 } else { 3 };
        self.lives += 1;
        let orders = Orders {
            path: self.path.clone(),
            life: self.lives,
            threads: self.rng.u64(1..=most),
            is_relaxed,
            has_history: self.config.state.history,
            load: self.load,
            pause_us: *self.rng.choice(&[0, 0, 200]).expect("one"),
            fault: self.fault,
        };
        let context = format!("life {} of {}, {moment:?}", self.lives, self.path.display());
        let mut life = Life::start(orders);
        let result = self.watch(&mut life, moment);
        let result = result.and_then(|()| {
            self.figures.acknowledged += life.did.len() as u64;
            self.figures.shown += life.shown.len() as u64;
            self.ledger.end(life)
        });
        self.figures.lives += 1;
        self.figures.generations = self.ledger.generations;
        self.figures.lost = self.ledger.lost;
        result.map_err(|error| format!("{context}: {error}"))
    }

    fn watch(&mut self, life: &mut Life, moment: Moment) -> Result<(), String> {
        let started = Instant::now();
        if let Moment::Opening(time) = moment {
            // It may be open already, or not yet.
            while let Heard::Line(_) = life.listen(started + time)? {}
            return self.kill(life);
        }
        let heard = life.listen(Process::deadline())?;
        let (Heard::Line(_), Some(opened)) = (heard, life.opened) else {
            return Err("it does not open".to_owned());
        };
        self.opening = started.elapsed();
        self.meet(life, opened)?;
        if let Moment::Open = moment {
            return self.kill(life);
        }
        life.tell("go");
        self.await_moment(life, moment)?;
        match moment {
            Moment::Never => return life.close(),
            Moment::Hearing(time) => {
                life.call(&mut self.peer)?;
                thread::sleep(time);
            }
            Moment::Rewriting(time) => thread::sleep(time),
            Moment::Closing(time) => {
                life.is_ending = true;
                life.tell("close");
                thread::sleep(time);
            }
            _ => {}
        }
        self.kill(life)
    }

    /// What the state holds is what must be there, a newcomer learns all of it, and the peer that
    /// was there before holds the same in the end.
    fn meet(&mut self, life: &mut Life, opened: Opened) -> Result<(), String> {
        self.ledger.open(opened)?;
        life.is_met = true;
        let mut newcomer = Host::new(b"newcomer", self.config.clone()).map_err(say)?;
        life.agree(&mut newcomer, opened)?;
        self.ledger.check(&Copy::of(&newcomer, ID))?;
        self.peer.set(b"met", &self.lives.to_le_bytes()).map_err(say)?;
        life.agree(&mut self.peer, opened)
    }

    /// Listen to it while it writes, and meet it, until it is time for what is to happen.
    fn await_moment(&mut self, life: &mut Life, moment: Moment) -> Result<(), String> {
        let begun = Instant::now();
        let mut met = begun;
        loop {
            let now = Instant::now();
            let is_time = match moment {
                Moment::Acknowledged(count) => life.did.len() >= count,
                Moment::Writing(time) => now >= begun + time,
                Moment::Rewriting(_) => self.is_rewriting(),
                _ => life.did.len() >= WARM,
            };
            // It may be that what is waited for does not happen.
            if is_time || now > begun + LONGEST {
                return Ok(());
            }
            if now >= met + MEET && !matches!(moment, Moment::Rewriting(_)) {
                met = now;
                life.exchange(&mut self.peer)?;
            }
            life.listen(now + Duration::from_micros(50))?;
        }
    }

    /// Whether there is a new file beside the old one.
    fn is_rewriting(&self) -> bool {
        let mut name = self.path.clone().into_os_string();
        name.push(".plasmid-new");
        Path::new(&name).exists()
    }

    fn kill(&mut self, life: &mut Life) -> Result<(), String> {
        life.kill()?;
        if let (Some(opened), false) = (life.opened, life.is_met) {
            self.ledger.open(opened)?;
        }
        self.figures.kills += 1;
        self.figures.opening += u64::from(life.opened.is_none());
        self.figures.rewriting += u64::from(self.is_rewriting());
        self.figures.closing += u64::from(life.is_ending && !life.has_ended);
        Ok(())
    }

    /// It is opened once more after the last one, laid down, and opened again: it is what it was.
    pub(crate) fn end(mut self) -> Result<Figures, String> {
        self.mode = Mode::Sync;
        for _ in 0..2 {
            self.live_to(Moment::Never)?;
        }
        self.figures.lives -= 2;
        Ok(self.figures)
    }
}

/// A folder for states, which is empty.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("killed").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

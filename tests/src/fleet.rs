//! A fleet in simulation: each host calls another one, drawn uniformly, once in each round, at a
//! point of the round that is its own; an exchange takes no time. The same seed gives the same
//! calls and the same writes, whatever the hosts are.

pub mod hosts;
pub mod model;
pub mod plain;

use fastrand::Rng;

/// What hosts are to the simulation.
pub trait Fleet {
    /// How many there are.
    fn count(&self) -> usize;

    /// That host changes its key.
    fn write(&mut self, who: usize);

    /// One exchange, begun by `caller`; what was brought is told in `brought`.
    fn meet(&mut self, caller: usize, called: usize, brought: &mut Vec<Brought>) -> Said;
}

/// News of one participant that an exchange brought.
#[derive(Clone, Copy, Debug)]
pub struct Brought {
    /// Whose.
    pub whose: usize,
    /// How many versions.
    pub versions: u64,
}

/// What was said in one exchange, or in many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Exchanges.
    pub exchanges: u64,
    /// Messages.
    pub messages: u64,
    /// Bytes of all messages.
    pub bytes: u64,
    /// Of those, bytes of the delta sections.
    pub delta: u64,
    /// Sketches and digests that answered one that could not be read.
    pub again: u64,
}

impl Said {
    /// With what was said in another exchange.
    pub fn add(&mut self, other: Said) {
        self.exchanges += other.exchanges;
        self.messages += other.messages;
        self.bytes += other.bytes;
        self.delta += other.delta;
        self.again += other.again;
    }

    /// Bytes per exchange of everything but deltas.
    pub fn reconciliation(&self) -> f64 {
        (self.bytes - self.delta) as f64 / self.exchanges as f64
    }
}

/// Who calls whom, and who writes, when.
struct Schedule {
    rng: Rng,
    /// The hosts in the order in which their turns come, in every round.
    turns: Vec<usize>,
    /// The points of the round at which they come.
    phases: Vec<f64>,
}

impl Schedule {
    fn new(seed: u64, count: usize) -> Schedule {
        let mut rng = Rng::with_seed(seed);
        let mut turns: Vec<usize> = (0..count).collect();
        rng.shuffle(&mut turns);
        let mut phases: Vec<f64> = (0..count).map(|_| rng.f64()).collect();
        phases.sort_by(f64::total_cmp);
        Schedule { rng, turns, phases }
    }

    /// Whose turn it is, and at which point of time, in rounds.
    fn turn(&self, round: u32, nth: usize) -> (usize, f64) {
        (self.turns[nth], f64::from(round) + self.phases[nth])
    }

    fn other(&mut self, than: usize) -> usize {
        (than + self.rng.usize(1..self.turns.len())) % self.turns.len()
    }
}

/// How one update of each host spread to all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spread {
    /// Rounds from the writing of an update until the last host has it, the mean of all updates.
    pub last: f64,
    /// Rounds until a host has it, the mean of all hosts and updates.
    pub mean: f64,
    /// Rounds until everybody has everything.
    pub all: f64,
    /// What was said until then.
    pub said: Said,
}

/// Every host writes once, just before its first turn or after, and nobody knows anybody yet.
pub fn spread(fleet: &mut impl Fleet, seed: u64) -> Spread {
    let count = fleet.count();
    let mut schedule = Schedule::new(seed, count);
    for who in 0..count {
        fleet.write(who);
    }
    let (mut spread, mut brought) = (Spread::default(), Vec::new());
    let (mut missing, mut open) = (vec![count - 1; count], count);
    for round in 0.. {
        for turn in 0..count {
            let (caller, now) = schedule.turn(round, turn);
            let called = schedule.other(caller);
            brought.clear();
            spread.said.add(fleet.meet(caller, called, &mut brought));
            for news in &brought {
                spread.mean += now;
                missing[news.whose] -= 1;
                if missing[news.whose] == 0 {
                    open -= 1;
                    spread.last += now;
                    spread.all = now;
                }
            }
            if open == 0 {
                spread.last /= count as f64;
                spread.mean /= (count * count - count) as f64;
                return spread;
            }
        }
    }
    unreachable!("rounds do not end")
}

/// A fleet under a steady load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Load {
    /// Updates that a host lacks of another one, the mean over time, hosts and others.
    pub stale: f64,
    /// What was said.
    pub said: Said,
}

/// So many updates in each round, each of a host drawn uniformly, at any point of the round. The
/// first `warm_up` rounds are not counted.
pub fn load(
    fleet: &mut impl Fleet,
    seed: u64,
    updates: usize,
    (warm_up, rounds): (usize, usize),
) -> Load {
    let count = fleet.count();
    let mut schedule = Schedule::new(seed, count);
    let (mut load, mut brought, mut lacking) = (Load::default(), Vec::new(), 0);
    for round in 0..warm_up + rounds {
        let mut writes: Vec<usize> = (0..updates).map(|_| schedule.rng.usize(..count)).collect();
        writes.sort_unstable();
        for turn in 0..count {
            while writes.last().is_some_and(|last| count - 1 - last <= turn) {
                writes.pop();
                let owner = schedule.rng.usize(..count);
                fleet.write(owner);
                lacking += count as u64 - 1;
            }
            let caller = schedule.turns[turn];
            let called = schedule.other(caller);
            brought.clear();
            let said = fleet.meet(caller, called, &mut brought);
            lacking -= brought.iter().map(|news| news.versions).sum::<u64>();
            if round >= warm_up {
                load.said.add(said);
                load.stale += lacking as f64;
            }
        }
    }
    load.stale /= (rounds * count * count * (count - 1)) as f64;
    load
}

//! Members who choose ids whose versions fall into the same cells in every row, which no peeling
//! takes apart: it costs a second sketch, hides nothing, and the next epoch ends it.

use std::collections::HashMap;

use plasmid::Host;
use plasmid_tests::sums::{MOST, Salt};

use crate::pair::{bytes, cluster, host, id, ids, lead, meet, short, sketch_in, teach};

const BUDGET: usize = 65_507;
const UPDATES: usize = 50;

/// A host says what it has in lines so often.
const LINES_EVERY: usize = 67;

/// Pairs of ids of which both versions fall into the same cells of a sketch of `size`, and so of
/// every smaller one, found among `tries` ids.
fn twins(epoch: u64, size: usize, tries: u64) -> Vec<[u64; 2]> {
    let salt = Salt::new(cluster(), epoch);
    let (mut seen, mut found) = (HashMap::new(), Vec::new());
    for number in 0..tries {
        let key = cells(&salt, &number.to_be_bytes(), size);
        // Each id in one pair.
        match seen.remove(&key) {
            Some(other) => found.push([other, number]),
            None => drop(seen.insert(key, number)),
        }
    }
    found
}

/// The four cells among `size` that the version of a participant falls into, as one number.
fn cells(salt: &Salt, id: &[u8], size: usize) -> u64 {
    let cells = salt.cells_of(short(id), size);
    cells.into_iter().fold(0, |all, cell| all * size as u64 + cell as u64)
}

/// Rounds until an update is everywhere, and bytes and second sketches per exchange.
#[derive(Debug)]
struct Cost {
    rounds: f64,
    bytes: f64,
    retries: f64,
    epoch: u64,
}

fn teach_twins(host: &mut Host, twins: &[[u64; 2]], version: u64) {
    teach(host, twins.iter().flatten().map(|id| id.to_be_bytes()).collect(), version);
}

/// Hosts that know honest participants and those of the attackers, and meet at random.
struct Fleet {
    rng: fastrand::Rng,
    hosts: Vec<Host>,
    twins: Vec<[u64; 2]>,
    version: u64,
    /// Over all exchanges.
    bytes: usize,
    exchanges: usize,
    retries: usize,
}

impl Fleet {
    fn new(hosts: usize, participants: usize, twins: Vec<[u64; 2]>) -> Fleet {
        let mut hosts: Vec<_> =
            (0..hosts).map(|number| host(&[b'a' + number as u8], number as u64)).collect();
        for host in &mut hosts {
            teach(host, ids(participants), 1);
        }
        let rng = fastrand::Rng::with_seed(5);
        let mut fleet = Fleet { rng, hosts, twins, version: 1, bytes: 0, exchanges: 0, retries: 0 };
        for _ in 0..20 {
            fleet.round();
        }
        (fleet.bytes, fleet.exchanges, fleet.retries) = (0, 0, 0);
        fleet
    }

    /// The attackers have changed, as every second host hears from them. The difference stays while
    /// nobody can read it.
    fn attack(&mut self) {
        self.version += 1;
        for host in self.hosts.iter_mut().step_by(2) {
            teach_twins(host, &self.twins, self.version);
        }
    }

    /// Each host calls another one.
    fn round(&mut self) {
        for caller in 0..self.hosts.len() {
            let other = self.rng.usize(1..self.hosts.len());
            let called = (caller + other) % self.hosts.len();
            let [a, b] = self.hosts.get_disjoint_mut([caller, called]).expect("two hosts");
            let said = meet(a, b, BUDGET);
            let sketches = said.iter().filter(|said| sketch_in(said).is_some()).count();
            self.retries += sketches.saturating_sub(1);
            self.exchanges += 1;
            self.bytes += bytes(&said);
        }
    }

    /// One host changes a key; the rounds until all know it.
    fn spread(&mut self) -> usize {
        let owner = self.rng.usize(..self.hosts.len());
        self.hosts[owner].set(b"k", b"honest").expect("a small value");
        let id = self.hosts[owner].id().to_vec();
        let version = self.hosts[owner].max_version(&id);
        let mut rounds = 0;
        while !self.hosts.iter().all(|host| host.max_version(&id) == version) {
            self.round();
            rounds += 1;
        }
        rounds
    }

    /// What honest updates cost while there is an attack before each, or none.
    fn cost(&mut self, is_attacked: bool) -> Cost {
        (self.bytes, self.exchanges, self.retries) = (0, 0, 0);
        let mut rounds = 0;
        for _ in 0..UPDATES {
            if is_attacked {
                self.attack();
            }
            rounds += self.spread();
        }
        let per_exchange = |count| count as f64 / self.exchanges as f64;
        Cost {
            rounds: rounds as f64 / UPDATES as f64,
            bytes: per_exchange(self.bytes),
            retries: per_exchange(self.retries),
            epoch: self.epoch(),
        }
    }

    fn epoch(&mut self) -> u64 {
        let mut syns = self.hosts.iter_mut().map(|host| host.initiate(BUDGET).expect("a budget"));
        syns.find_map(|syn| sketch_in(&syn)).expect("they say it in sketches").0
    }
}

/// Of cells up to 384, that is: a second sketch of a small one does not help either.
#[test]
fn ids_that_fall_together_delay_nothing_and_the_next_epoch_ends_it() {
    let all = twins(0, 384, 800_000);
    for (participants, pairs) in [(300, 1), (300, 2), (300, 8), (5_000, 16), (5_000, 100)] {
        let mut fleet = Fleet::new(8, participants, all[..pairs].to_vec());
        let calm = fleet.cost(false);
        fleet.cost(true);
        let attacked = fleet.cost(true);
        println!("{pairs} pairs: {calm:?}, attacked {attacked:?}");
        assert_eq!(attacked.epoch, 1, "{pairs} pairs: they place anew, once");
        assert!(attacked.rounds <= calm.rounds * 1.2, "{pairs} pairs: {attacked:?}, {calm:?}");
        // Each of these participants changes all the time: that costs two numbers a pair.
        let most = calm.bytes + 4.0 * 44.0 * pairs as f64 + 100.0;
        assert!(attacked.bytes <= most, "{pairs} pairs: {attacked:?}, {calm:?}");
    }
}

/// Lines take less than a second sketch, or than the first, and show all.
#[test]
fn ids_that_fall_together_in_a_small_fleet_cost_lines_at_most() {
    const PARTICIPANTS: usize = 300;
    for (pairs, epoch) in [(16, 1), (32, 1), (100, 0)] {
        let mut fleet = Fleet::new(8, PARTICIPANTS, twins(0, 384, 800_000)[..pairs].to_vec());
        let calm = fleet.cost(false);
        let attacked = fleet.cost(true);
        println!("{pairs} pairs: {calm:?}, attacked {attacked:?}");
        assert!(attacked.rounds <= calm.rounds * 1.2, "{pairs} pairs: {attacked:?}, {calm:?}");
        assert_eq!(attacked.epoch, epoch, "{pairs} pairs: what is in sums is placed anew, once");
        // A line takes 11 bytes, and each of theirs is told as well.
        let lines = 11 * (PARTICIPANTS + 2 * pairs) + 44 * pairs;
        assert!(attacked.bytes <= calm.bytes + lines as f64, "{pairs} pairs: {attacked:?}");
    }
}

/// Even in the largest sketch.
#[test]
fn ids_that_fall_together_in_every_sketch_cost_no_more() {
    // Any two of these many are such a pair with a probability of 1 in 768⁴.
    let all = twins(0, MOST, 2_000_000);
    assert!(all.len() >= 3, "{} pairs", all.len());
    let pairs = all.len();
    let mut fleet = Fleet::new(8, 5_000, all);
    let calm = fleet.cost(false);
    let before = fleet.cost(true);
    let attacked = fleet.cost(true);
    println!("{pairs} pairs: {calm:?}, attacked {before:?}, then {attacked:?}");
    assert_eq!(attacked.epoch, 1, "they place anew, once");
    assert!(before.rounds <= calm.rounds * 1.25, "{before:?}, {calm:?}");
    assert!(before.bytes <= calm.bytes + 5.0 * (20.0 * 8.0 + 2.0 * 44.0 * pairs as f64));
    assert!(attacked.rounds <= calm.rounds * 1.2, "{attacked:?}, {calm:?}");
    assert!(attacked.bytes <= calm.bytes + 4.0 * 44.0 * pairs as f64 + 100.0);
}

/// How long updates of one honest participant take while others change all the time, differently
/// at each host, so that in every exchange all of those differ.
#[derive(Debug)]
struct Hidden {
    /// How many took more than six rounds.
    late: usize,
    /// Per exchange.
    bytes: usize,
    epoch: u64,
}

fn hide(fleet: &mut Fleet, honest: [u8; 4], shadows: &[[u8; 8]], most: usize) -> Hidden {
    let (mut late, mut news) = (0, 1);
    for version in 2..2 + UPDATES as u64 {
        teach(&mut fleet.hosts[0], vec![honest], version);
        let mut rounds = 0;
        while !fleet.hosts.iter().all(|host| host.max_version(&honest) == Some(version)) {
            for host in &mut fleet.hosts {
                news += 1;
                teach(host, shadows.to_vec(), news);
            }
            fleet.round();
            rounds += 1;
            assert!(rounds <= most, "it is hidden after {most} rounds still");
        }
        late += usize::from(rounds > 6);
    }
    Hidden { late, bytes: fleet.bytes / fleet.exchanges, epoch: fleet.epoch() }
}

/// Hosts that place by that epoch.
fn placed(hosts: usize, participants: usize, epoch: u64) -> Fleet {
    let mut fleet = Fleet::new(hosts, participants, Vec::new());
    fleet.hosts.iter_mut().for_each(|host| lead(host, epoch));
    fleet
}

/// The last epoch.
const LAST: u64 = u32::MAX as u64;

/// One id that falls into the same cells as an honest one, and changes all the time, so that the
/// two are never read: the honest updates come all the same, by lines until the next epoch.
#[test]
fn an_id_that_falls_together_with_an_honest_one_hides_it_for_no_longer_than_lines_take() {
    // More is not needed: a sketch of four times the size has fewer than these, too.
    const SIZE: usize = 192;
    for (hosts, epoch) in [(8, 0), (2, LAST)] {
        let salt = Salt::new(cluster(), epoch);
        let honest = id(7);
        let its = cells(&salt, &honest, SIZE);
        let shadow = (0..u64::MAX).find(|id| cells(&salt, &id.to_be_bytes(), SIZE) == its);
        let shadow = shadow.expect("one in 48⁴").to_be_bytes();
        let hidden = hide(&mut placed(hosts, 90, epoch), honest, &[shadow], LINES_EVERY);
        println!("epoch {epoch}: {hidden:?}");
        // A sketch, one of four times its size, and what they tell.
        assert!(hidden.bytes <= 20 * (32 + 4 * 32) + 500, "{hidden:?}");
        let is_ended = hidden.epoch != epoch && hidden.late <= 8;
        assert_eq!(is_ended, epoch == 0, "they placed anew: {hidden:?}");
    }
}

/// Many that crowd into every eighth cell of each row, where one honest one falls as well: in no
/// size is that one alone in any of its cells. This needs no luck, even in the largest sketch.
#[test]
fn ids_that_crowd_around_an_honest_one_hide_it_for_no_longer_than_lines_take() {
    const EVERY: usize = 8;
    for (hosts, participants, shadows, epoch) in
        [(8, 400, 60, 0), (8, 5_000, 400, 0), (2, 400, 60, LAST)]
    {
        let salt = Salt::new(cluster(), epoch);
        let honest = id(7);
        let place = |id: &[u8]| -> Vec<usize> {
            salt.cells_of(short(id), MOST).into_iter().map(|cell| cell % EVERY).collect()
        };
        let its = place(&honest);
        let crowd = (0..u64::MAX).map(u64::to_be_bytes).filter(|id| place(id) == its);
        let crowd: Vec<_> = crowd.take(shadows).collect();
        // Lines of a part each time, from one drawn at random on.
        let all = 11 * (participants + shadows);
        let most = 12 * (all / 2048 + 1) * LINES_EVERY;
        let hidden = hide(&mut placed(hosts, participants, epoch), honest, &crowd, most);
        println!("{participants} participants, epoch {epoch}: {hidden:?}");
        // A sketch, one of four times its size or lines of all, and what is told of the crowd.
        assert!(hidden.bytes <= 2 * all + 44 * shadows, "{hidden:?}");
        let is_ended = hidden.epoch != epoch && hidden.late <= 8;
        assert_eq!(is_ended, epoch == 0, "they placed anew: {hidden:?}");
    }
}

/// So many that each of the cells of the honest one, in the largest sketch, has some of them: easy
/// to find, but they come out of their other cells, and so it does, too.
#[test]
fn ids_that_cover_the_cells_of_an_honest_one_do_not_hide_it() {
    const EACH: usize = 40;
    for (hosts, epoch) in [(8, 0), (2, LAST)] {
        let salt = Salt::new(cluster(), epoch);
        let honest = id(7);
        let mut cover = Vec::new();
        for cell in salt.cells_of(short(&honest), MOST) {
            let ids = (0..u64::MAX).map(u64::to_be_bytes);
            let such = ids.filter(|id| salt.cells_of(short(id), MOST).contains(&cell));
            cover.extend(such.take(EACH));
        }
        let hidden = hide(&mut placed(hosts, 1_500, epoch), honest, &cover, 12);
        assert!(hidden.late <= 1, "{hidden:?}");
        // A sketch with two cells for each of them, or three, and what is told both ways.
        assert!(hidden.bytes <= (20 * 3 + 2 * 44) * cover.len(), "{hidden:?}");
        assert_eq!(hidden.epoch, epoch, "there is nothing to be placed anew");
    }
}

/// Where there is no next epoch, or not yet: a second sketch, and no more.
#[test]
fn ids_that_fall_together_cost_one_more_sketch_where_no_epoch_follows() {
    let all = twins(LAST, 384, 200_000);
    for pairs in [1, 2, 8] {
        let mut fleet = Fleet::new(8, 300, all[..pairs].to_vec());
        let calm = fleet.cost(false);
        for host in &mut fleet.hosts {
            lead(host, LAST);
        }
        let attacked = fleet.cost(true);
        println!("{pairs} pairs: {calm:?}, attacked {attacked:?}");
        assert_eq!(attacked.epoch, LAST);
        assert!(attacked.rounds <= calm.rounds * 1.25, "{pairs} pairs: {attacked:?}, {calm:?}");
        assert!(attacked.retries <= 1.0, "{pairs} pairs: {attacked:?}");
        // The second has four times as many cells as the first, which has room for these pairs.
        let most = calm.bytes + 5.0 * (20.0 * 8.0 + 2.0 * 44.0 * pairs as f64);
        assert!(attacked.bytes <= most, "{pairs} pairs: {attacked:?}, {calm:?}");
    }
}

//! The clock of a host and the deadlines of its keys, from one process to the next.

use plasmid::{Config, Host, Turns};
use plasmid_store::DurableState;
use plasmid_tests::disk::{Faults, SimDisk};

const HOUR: u64 = 3_600_000;
const START: u64 = 500_000 * HOUR;

fn open(disk: &SimDisk, nonce: u64) -> (Host, DurableState) {
    let config = Config { generation: 1, nonce, ..Config::default() };
    DurableState::open_on(Box::new(disk.clone()), b"a", config, false).expect("a state")
}

fn tick(host: &mut Host, state: &mut DurableState, at: u64) {
    host.tick(START + at);
    state.upkeep(host).expect("a disk");
}

/// A host whose clock was set back goes on from where it was, in the next process, too.
#[test]
fn time_does_not_go_back() {
    let disk = SimDisk::default();
    let (mut host, mut state) = open(&disk, 1);
    for at in [0, 10 * HOUR, 5 * HOUR, 5 * HOUR + 1] {
        tick(&mut host, &mut state, at);
    }
    host.set_expiring(b"lease", b"mine", HOUR).expect("room");
    state.close(&mut host).expect("a disk");
    let before = host.now_ms();
    assert_eq!(before, Some(START + 10 * HOUR + 1));
    drop((host, state));
    let (mut host, mut state) = open(&disk, 2);
    assert_eq!(host.now_ms(), before);
    tick(&mut host, &mut state, 6 * HOUR);
    assert_eq!(host.get(b"lease"), Some(&b"mine"[..]));
    tick(&mut host, &mut state, 6 * HOUR + 1);
    assert_eq!(host.get(b"lease"), None);
}

/// A clock that was wrong for a while, or set back, and is right again, is where it would be
/// without that, if the host was taken up in between, too.
#[test]
fn a_clock_that_is_right_again_is_right() {
    // At what times of day a process told the time, after one at the start.
    for wrong in [&[5 * HOUR][..], &[3 * HOUR, 4 * HOUR], &[]] {
        let disk = SimDisk::default();
        let (mut host, mut state) = open(&disk, 1);
        tick(&mut host, &mut state, 10 * HOUR);
        host.set_expiring(b"lease", b"mine", 4 * HOUR).expect("room");
        for at in wrong {
            tick(&mut host, &mut state, *at);
        }
        state.close(&mut host).expect("a disk");
        let snapshot = host.snapshot();
        drop((host, state));
        let (mut host, mut state) = open(&disk, 2);
        if wrong.is_empty() {
            // It begins in 1970, as where there is no clock before the network.
            let mut restored = Host::restore(&snapshot, Config::default()).expect("a snapshot");
            for at in [1000, 2000, START + 11 * HOUR] {
                restored.tick(at);
                host.tick(at);
            }
            assert_eq!(restored.now_ms(), Some(START + 11 * HOUR + 1000));
            assert!(restored.get(b"lease").is_some());
        }
        tick(&mut host, &mut state, 11 * HOUR);
        let now = host.now_ms().expect("a clock") - START;
        assert!((11 * HOUR..14 * HOUR).contains(&now), "{wrong:?}: {now}");
        assert!(host.get(b"lease").is_some(), "{wrong:?}");
    }
}

/// A process sets a lease and ends before it told the time. The next one does.
#[test]
fn deadlines_wait_for_a_process_that_tells_the_time() {
    for is_closed in [false, true] {
        let disk = SimDisk::default();
        let (mut host, mut state) = open(&disk, 1);
        tick(&mut host, &mut state, 0);
        drop((host, state));
        let (mut host, mut state) = open(&disk, 2);
        host.set_expiring(b"lease", b"mine", HOUR).expect("room");
        state.commit(&mut host).expect("a disk");
        if is_closed {
            state.close(&mut host).expect("a disk");
        }
        drop((host, state));
        drop(open(&disk, 3));
        let (mut host, mut state) = open(&disk, 4);
        host.tick(START + 2 * HOUR);
        state.commit(&mut host).expect("a disk");
        drop((host, state));
        // It has begun to count: another process goes on with that.
        let (mut host, mut state) = open(&disk, 5);
        tick(&mut host, &mut state, 3 * HOUR - 1);
        assert!(host.get(b"lease").is_some());
        tick(&mut host, &mut state, 3 * HOUR);
        assert_eq!(host.get(b"lease"), None);
    }
}

/// The disk fails when the host is told the time for the first time. Lengths of time are no
/// deadlines in a snapshot of it.
#[test]
fn a_failed_start_is_none() {
    let disk = SimDisk::default();
    let (mut host, mut state) = open(&disk, 1);
    host.set_expiring(b"lease", b"mine", HOUR).expect("room");
    state.commit(&mut host).expect("a disk");
    host.tick(START);
    disk.set_faults(Faults { sync: Some(0), ..Faults::default() });
    state.commit(&mut host).expect_err("a disk that fails");
    let mut restored = Host::restore(&host.snapshot(), Config::default()).expect("a snapshot");
    restored.tick(START + 1);
    assert!(restored.get(b"lease").is_some());
}

/// A deadline that is set before a process tells the time counts from when it does; those that were
/// set before count on.
#[test]
fn deadlines_count_from_the_first_tick_of_a_process() {
    let disk = SimDisk::default();
    let (mut host, mut state) = open(&disk, 1);
    tick(&mut host, &mut state, 0);
    host.set_expiring(b"old", b"mine", 3 * HOUR).expect("room");
    state.close(&mut host).expect("a disk");
    let snapshot = host.snapshot();
    drop((host, state));

    let restored = Host::restore(&snapshot, Config::default()).expect("a snapshot");
    let (opened, mut state) = open(&disk, 2);
    for (mut host, is_kept) in [(restored, false), (opened, true)] {
        let mut settle = |host: &mut Host| {
            if is_kept {
                state.upkeep(host).expect("a disk");
            }
        };
        host.set_expiring(b"new", b"mine", HOUR).expect("room");
        settle(&mut host);
        for (at, held) in [(2 * HOUR, "new old"), (3 * HOUR - 1, "new old"), (3 * HOUR, "")] {
            host.tick(START + at);
            settle(&mut host);
            let keys: Vec<_> = host.entries(host.id()).iter().map(|e| e.key.to_vec()).collect();
            assert_eq!(String::from_utf8_lossy(&keys.join(&b' ')), held, "kept: {is_kept}");
        }
    }
    drop(state);
    assert_eq!(open(&disk, 3).0.len(b"a"), 0);
}

/// A host that is told the time after every turn, by another thread.
struct Ticking {
    host: Host,
    now: u64,
}

impl Turns for Ticking {
    fn turn<R>(&mut self, work: impl FnOnce(&mut Host) -> R) -> R {
        let result = work(&mut self.host);
        self.now += 10;
        self.host.tick(self.now);
        result
    }
}

/// The first tick comes while copies are kept: what was set before counts from then on, and not
/// from 1970.
#[test]
fn the_first_tick_may_come_at_any_time() {
    let disk = SimDisk::default();
    let (mut host, mut state) = open(&disk, 1);
    host.set_expiring(b"lease", b"mine", 2 * HOUR).expect("room");
    state.upkeep(&mut Ticking { host, now: START }).expect("a disk");
    drop(state);
    let (mut host, mut state) = open(&disk, 2);
    tick(&mut host, &mut state, HOUR);
    assert_eq!(host.get(b"lease"), Some(&b"mine"[..]));
    tick(&mut host, &mut state, 4 * HOUR);
    assert_eq!(host.get(b"lease"), None);
}

/// A host that is told the time after so many turns, by another thread.
struct TickingOnce {
    host: Host,
    turns: u32,
}

impl Turns for TickingOnce {
    fn turn<R>(&mut self, work: impl FnOnce(&mut Host) -> R) -> R {
        let result = work(&mut self.host);
        if self.turns == 0 {
            self.host.tick(START + HOUR);
        }
        self.turns = self.turns.wrapping_sub(1);
        result
    }
}

/// Nothing comes after the end of a host, and its file is opened again.
#[test]
fn a_tick_may_come_while_a_host_is_laid_down() {
    for turns in 0..10 {
        let disk = SimDisk::default();
        let (mut host, mut state) = open(&disk, 1);
        tick(&mut host, &mut state, 0);
        drop((host, state));
        let (mut host, mut state) = open(&disk, 2);
        host.set_expiring(b"lease", b"mine", HOUR).expect("room");
        state.close(&mut TickingOnce { host, turns }).expect("a disk");
        drop(state);
        assert!(open(&disk, 3).0.get(b"lease").is_some(), "{turns} turns");
    }
}

/// A key comes to its end just before the file is written anew, which keeps what was shown. It ends
/// in the next process.
#[test]
fn no_key_outlives_its_deadline_for_ever() {
    let disk = SimDisk::default();
    let number = || disk.contents().map(|file| file[20..28].to_vec());
    let (mut host, mut state) = open(&disk, 1);
    tick(&mut host, &mut state, 0);
    let (mut host, before, mut round) = (Ticking { host, now: START }, number(), 0);
    while number() == before {
        host.host.set(b"k", &[1; 300]).expect("room");
        for n in 0..4u64 {
            let key = format!("lease {n} {round}");
            host.host.set_expiring(key.as_bytes(), b"mine", 10 * (n + 1)).expect("room");
        }
        state.commit(&mut host).expect("a disk");
        round += 1;
    }
    drop((host, state));
    let (mut host, mut state) = open(&disk, 2);
    tick(&mut host, &mut state, HOUR);
    assert_eq!(host.len(b"a"), 1, "{round} rounds");
}

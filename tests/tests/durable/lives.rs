//! Single lives.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use plasmid::{Config, Error, Host, Limits, Turns};
use plasmid_shared::{SharedError, SharedHost};
use plasmid_store::{Disk, DurableState, StoreError};
use plasmid_tests::disk::SimDisk;

fn config(nonce: u64) -> Config {
    Config { generation: 1, nonce, ..Config::default() }
}

/// A host that somebody else writes to after every turn.
struct Busy {
    host: Host,
    /// The version of the last change that was not refused.
    version: u64,
}

impl Turns for Busy {
    fn turn<R>(&mut self, work: impl FnOnce(&mut Host) -> R) -> R {
        let result = work(&mut self.host);
        self.version = self.host.set(b"color", b"red").unwrap_or(self.version);
        result
    }
}

/// A relaxed host shows what it writes, and its generation stays the same when it was laid down.
#[test]
fn what_is_written_while_a_host_is_laid_down_is_kept_or_refused() {
    let disk = SimDisk::default();
    let open = |nonce| {
        let disk = Box::new(disk.clone());
        DurableState::open_on(disk, b"a", config(nonce), true).expect("a state")
    };
    let (host, mut state) = open(1);
    let mut busy = Busy { host, version: 0 };
    state.close(&mut busy).expect("a disk");
    let (host, _state) = open(2);
    assert_eq!(host.generation(), 1);
    assert_eq!(host.max_version(b"a"), Some(busy.version));
    assert!(busy.version > 0);
}

/// A disk that waits in each sync until it is told to go on.
#[derive(Debug)]
struct Waiting {
    disk: SimDisk,
    begun: Sender<()>,
    go_on: Arc<Mutex<Receiver<()>>>,
}

impl Disk for Waiting {
    fn read(&mut self) -> io::Result<Option<Vec<u8>>> {
        self.disk.read()
    }

    fn create(&mut self) -> io::Result<()> {
        self.disk.create()
    }

    fn write(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.disk.write(at, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        // Nobody may be there to be told.
        let _ = self.begun.send(());
        let go_on = self.go_on.lock().expect("no call panicked");
        let _ = go_on.recv_timeout(Duration::from_secs(60));
        self.disk.sync()
    }

    fn replace(&mut self) -> io::Result<()> {
        self.disk.replace()
    }

    fn sync_place(&mut self) -> io::Result<()> {
        self.disk.sync_place()
    }
}

/// While a disk takes its time nobody sees what is on the way, and nobody waits but who wrote it.
/// What others write meanwhile is durable with one more sync.
#[test]
fn nobody_waits_for_a_disk_but_who_writes() {
    let (begun, is_begun) = channel();
    let (goes_on, go_on) = channel();
    let disk = SimDisk::default();
    let waiting = Waiting { disk: disk.clone(), begun, go_on: Arc::new(Mutex::new(go_on)) };
    // What it takes to open it.
    for _ in 0..2 {
        goes_on.send(()).expect("a disk");
    }
    let opened = DurableState::open_on(Box::new(waiting), b"a", config(1), false);
    let (host, state) = opened.expect("a state");
    let shared = SharedHost::durable(host, state);
    while is_begun.try_recv().is_ok() {}
    let mut peer = Host::new(b"b", config(50)).expect("a host");
    let mut meet = || {
        let syn = peer.initiate(4096).expect("a budget");
        let answer = shared.in_turns(|host| host.receive(&syn, 4096)).expect("a host");
        peer.receive(&answer.expect("a message"), 4096).expect("a message");
        peer.get_from(b"a", b"0").map(<[u8]>::to_vec)
    };
    let read = |key: &[u8]| shared.read(|host| host.get(key).map(<[u8]>::to_vec)).expect("a host");
    let set = |n: u8| shared.change(|host| host.set(&[b'0' + n], b"v")).expect("a disk");

    std::thread::scope(|scope| {
        let first = scope.spawn(|| set(0));
        is_begun.recv().expect("a sync");
        assert_eq!(read(b"0"), None);
        assert_eq!(meet(), None);
        let others: Vec<_> = (1..9).map(|n| scope.spawn(move || set(n))).collect();
        while shared.read(Host::written).expect("a host") < 10 {
            std::thread::yield_now();
        }
        assert_eq!(read(b"1"), None);
        assert!(!first.is_finished() && others.iter().all(|other| !other.is_finished()));

        goes_on.send(()).expect("a disk");
        assert_eq!(first.join().expect("no panic").expect("room"), 1);
        assert_eq!(read(b"0"), Some(b"v".to_vec()));
        // One for all of the others.
        is_begun.recv().expect("a sync");
        goes_on.send(()).expect("a disk");
        let mut versions: Vec<u64> = others
            .into_iter()
            .map(|other| other.join().expect("no panic").expect("room"))
            .collect();
        versions.sort_unstable();
        assert_eq!(versions, (2..10).collect::<Vec<_>>());
    });
    assert_eq!(meet(), Some(b"v".to_vec()));
    goes_on.send(()).expect("a disk");
    shared.close().expect("a disk");
}

/// The end of a host could not be synced, and is read from memory all the same. It is no proof that
/// what came before it is durable, and the system does not write that again by itself.
#[test]
fn an_end_that_is_read_proves_nothing() {
    for (seed, is_relaxed) in (0..50).flat_map(|seed| [(seed, false), (seed, true)]) {
        let disk = SimDisk::default();
        let open = |nonce| {
            DurableState::open_on(Box::new(disk.clone()), b"a", config(nonce), is_relaxed)
                .expect("a state")
        };
        let (mut host, mut state) = open(1);
        let mut peer = Host::new(b"b", config(50)).expect("a host");
        // What is kept of it takes several pages.
        for n in 0..200u8 {
            peer.set(&[n], &[n; 100]).expect("room");
        }
        host.set(b"k", b"v").expect("room");
        state.upkeep(&mut host).expect("a disk");
        let syn = host.initiate(1 << 16).expect("a budget");
        let answer = peer.receive(&syn, 1 << 16).expect("a message");
        host.receive(&answer, 0).expect("a message");
        disk.set_faults(plasmid_tests::disk::Faults { sync: Some(0), ..Default::default() });
        state.close(&mut host).expect_err("a disk that fails");
        disk.set_faults(Default::default());
        drop((host, state));

        let (mut host, mut state) = open(2);
        for n in 0..5u8 {
            host.set(&[n], b"acknowledged").expect("room");
            state.commit(&mut host).expect("a disk");
            state.upkeep(&mut host).expect("a disk");
        }
        let before = host.entries(b"a").len();
        drop((host, state));
        disk.cut_power(&mut fastrand::Rng::with_seed(seed));
        assert_eq!(open(3).0.entries(b"a").len(), before);
    }
}

/// The file could not be written anew, after a change that is durable: the next one is told why.
#[test]
fn a_failure_between_changes_is_told() {
    let run = |fails_at: Option<usize>| {
        let disk = SimDisk::default();
        let opened = DurableState::open_on(Box::new(disk.clone()), b"a", config(1), false);
        let (host, state) = opened.expect("a state");
        let shared = SharedHost::durable(host, state);
        let number = || disk.contents().map(|file| file[20..28].to_vec());
        let before = number();
        for round in 0.. {
            if fails_at == Some(round) {
                let sync = Some(1);
                disk.set_faults(plasmid_tests::disk::Faults { sync, ..Default::default() });
            }
            shared.change(|host| host.set(b"k", &[1; 1000])).expect("a disk").expect("room");
            if fails_at == Some(round) || number() != before {
                return (round, shared);
            }
        }
        unreachable!("the file grows")
    };
    let (round, _) = run(None);
    let (_, shared) = run(Some(round));
    let told = shared.change(|host| host.set(b"k", b"2")).expect_err("it failed");
    let SharedError::Store(StoreError::Io { doing, .. }) = &told else { panic!("{told:?}") };
    assert_eq!(*doing, "making changes durable");
    assert_eq!(shared.tick(1), Err(told));
}

/// After a failure reading goes on, and so do messages; after the end only reading.
#[test]
fn a_failure_is_told_for_good() {
    let disk = SimDisk::default();
    let opened = DurableState::open_on(Box::new(disk.clone()), b"a", config(1), false);
    let (host, state) = opened.expect("a state");
    let shared = SharedHost::durable(host, state);
    shared.change(|host| host.set(b"k", b"1")).expect("a disk").expect("room");
    disk.set_faults(plasmid_tests::disk::Faults { sync: Some(0), ..Default::default() });
    let told = shared.change(|host| host.set(b"k", b"2")).expect_err("a disk that fails");
    disk.set_faults(Default::default());
    assert_eq!(shared.change(|host| host.set(b"k", b"3")).expect_err("for good"), told);
    assert_eq!(shared.tick(1).expect_err("for good"), told);
    assert_eq!(shared.read(|host| host.get(b"k") == Some(b"1")), Ok(true));
    let syn = shared.in_turns(|host| host.initiate(4096)).expect("messages go on");
    assert!(!syn.expect("a budget").is_empty());
    assert_eq!(shared.close().expect_err("for good"), told);
    assert_eq!(shared.close(), Ok(()));
    assert!(shared.in_turns(|host| host.initiate(4096)).is_err());
    assert_eq!(shared.read(|host| host.get(b"k") == Some(b"1")), Ok(true));
}

/// The limits hold for what is written, whether it is shown by now or not.
#[test]
fn limits_count_what_is_on_the_way() {
    let limits = Limits { keys_per_participant: 3, ..Limits::default() };
    let config = Config { limits, ..config(1) };
    let disk = SimDisk::default();
    let opened = DurableState::open_on(Box::new(disk), b"a", config, false);
    let (mut host, mut state) = opened.expect("a state");
    for key in [b"1", b"2", b"3"] {
        host.set(key, b"v").expect("room");
    }
    assert!(matches!(host.set(b"4", b"v"), Err(Error::Limit { .. })));
    // What is deleted on the way is a change, what is not there is none.
    assert_eq!(host.delete(b"1"), Ok(4));
    assert_eq!(host.delete(b"1"), Ok(4));
    assert_eq!(host.delete(b"5"), Ok(4));
    assert_eq!(host.set(b"4", b"v"), Ok(5));
    assert_eq!(host.len(b"a"), 0);
    state.commit(&mut host).expect("a disk");
    assert_eq!(host.len(b"a"), 3);
}

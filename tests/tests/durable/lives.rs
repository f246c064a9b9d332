//! Single lives, on real files where the file system matters.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use plasmid::{Config, Error, Host, Limits, LocalState, Turns};
use plasmid_shared::SharedHost;
use plasmid_store::{Disk, DurableState, StoreError};
use plasmid_tests::disk::SimDisk;

/// A folder that is gone when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("plasmid-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("state")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn config(nonce: u64) -> Config {
    Config { generation: 1, nonce, ..Config::default() }
}

fn open(path: &Path, nonce: u64) -> Result<(Host, DurableState), StoreError> {
    DurableState::open(path, b"a", config(nonce), false)
}

fn written(path: &Path) -> Host {
    let (mut host, mut state) = open(path, 1).expect("a state");
    host.set(b"color", b"red").expect("room");
    state.commit(&mut host).expect("a disk");
    host
}

#[test]
fn a_state_is_open_once() {
    let folder = Folder::new("once");
    let (mut host, mut state) = open(&folder.file(), 1).expect("a state");
    assert_eq!(open(&folder.file(), 2).expect_err("it is in use"), StoreError::InUse);
    state.close(&mut host).expect("a disk");
    let (_, second) = open(&folder.file(), 3).expect("it is free");
    assert_eq!(state.commit(&mut host), Err(StoreError::Closed));
    assert_eq!(host.set(b"k", b"v"), Err(Error::Store));
    drop(second);
    open(&folder.file(), 4).expect("it is free");
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

#[test]
fn what_is_not_its_state_is_refused_and_left_alone() {
    let folder = Folder::new("foreign");
    let path = folder.file();
    written(&path);
    let sound = fs::read(&path).expect("a file");
    let refused = |bytes: &[u8]| {
        fs::write(&path, bytes).expect("a file");
        let error = open(&path, 2).expect_err("it is refused");
        assert_eq!(fs::read(&path).expect("a file"), bytes);
        error
    };
    assert_eq!(refused(b"key = value\n"), StoreError::NotAState);
    assert_eq!(refused(b""), StoreError::Damaged { at: 0 });
    assert_eq!(refused(&sound[..30]), StoreError::Damaged { at: 0 });
    let mut newer = sound.clone();
    newer[16] = 2;
    assert_eq!(refused(&newer), StoreError::Newer { format: 2 });
    // A bit in what was durable before the last change.
    let mut damaged = sound.clone();
    damaged[80] ^= 1;
    assert_eq!(refused(&damaged), StoreError::Damaged { at: 40 });
    fs::write(&path, &sound).expect("a file");

    let foreign = StoreError::Host(Error::Foreign);
    let other = DurableState::open(&path, b"b", config(2), false);
    assert_eq!(other.expect_err("it is another's"), foreign);
    let cluster = Config { cluster: b"other".to_vec(), ..config(2) };
    let other = DurableState::open(&path, b"a", cluster, false);
    assert_eq!(other.expect_err("it is of another cluster"), foreign);
    let (host, _state) = open(&path, 2).expect("its own");
    assert_eq!(host.get(b"color"), Some(&b"red"[..]));
}

#[test]
fn what_the_system_refuses_is_told() {
    let folder = Folder::new("missing");
    let error = open(&folder.0.join("no/such/folder"), 1).expect_err("there is no such folder");
    assert!(matches!(error, StoreError::Io { kind: io::ErrorKind::NotFound, .. }), "{error}");
}

/// However often a thousand keys are set anew, their file is at most three times as large.
#[test]
fn endless_overwriting_does_not_fill_the_disk() {
    for history in [true, false] {
        let disk = SimDisk::default();
        let state = LocalState { history };
        let config = Config { state, ..config(1) };
        let (mut host, mut state) =
            DurableState::open_on(Box::new(disk.clone()), b"a", config, false).expect("a state");
        let (keys, value) = (1000u64, [7; 100]);
        let live = keys * (16 + 100);
        let mut most = 0;
        for round in 0..40 * keys {
            let key = format!("{:016}", round % keys);
            host.set(key.as_bytes(), &value).expect("room");
            if round % 10 == 9 {
                state.commit(&mut host).expect("a disk");
                most = most.max(disk.contents().map_or(0, |bytes| bytes.len() as u64));
            }
        }
        println!("history {history}: {most} bytes for {live}");
        assert!(most <= 3 * live, "{most} bytes for {live}");
    }
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

//! Files of before: copies that somebody puts back, and formats of earlier versions.

use std::fs;
use std::path::Path;

use plasmid::{Config, Error, Host};
use plasmid_store::DurableState;
use plasmid_tests::disk::SimDisk;

fn config(nonce: u64) -> Config {
    Config { generation: 1, nonce, ..Config::default() }
}

fn meet(host: &mut Host, peer: &mut Host) {
    for _ in 0..2 {
        let syn = host.initiate(4096).expect("a budget");
        let answer = peer.receive(&syn, 4096).expect("a message");
        let ack = host.receive(&answer, 4096).expect("a message");
        peer.receive(&ack, 4096).expect("a message");
        let syn = peer.initiate(4096).expect("a budget");
        let answer = host.receive(&syn, 4096).expect("a message");
        let ack = peer.receive(&answer, 4096).expect("a message");
        host.receive(&ack, 4096).expect("a message");
    }
}

/// Peers know what an older copy of the file does not: the host takes one new generation, and all
/// hold what it holds, with nothing left of what was forgotten.
#[test]
fn an_older_copy_of_the_file_is_healed_by_one_generation() {
    for rewritten in 0..8 {
        let disk = SimDisk::default();
        let mut peer = Host::new(b"b", config(50)).expect("a host");
        let reopen = |nonce| {
            DurableState::open_on(Box::new(disk.clone()), b"a", config(nonce), false)
                .expect("a state")
        };
        let (mut host, mut state) = reopen(1);
        let write = |host: &mut Host, state: &mut DurableState, key: &str, times: u64| {
            for n in 0..times {
                host.set(format!("{key}{n}").as_bytes(), b"v").expect("room");
                state.commit(host).expect("a disk");
            }
        };
        write(&mut host, &mut state, "kept", 3);
        let old = disk.contents().expect("a file");
        write(&mut host, &mut state, "forgotten", 4);
        meet(&mut host, &mut peer);
        drop((host, state));

        disk.put(old);
        let (mut host, mut state) = reopen(2);
        // Fewer changes than were forgotten, as many, or more.
        write(&mut host, &mut state, "new", rewritten);
        assert_eq!(host.generation(), 1);
        meet(&mut host, &mut peer);
        state.commit(&mut host).expect("a disk");
        assert!(host.generation() > 1, "after {rewritten} changes");
        assert_eq!(host.conflicts(), 1);
        meet(&mut host, &mut peer);
        assert_eq!(host.entries(b"a"), peer.entries(b"a"));
        assert_eq!(host.len(b"a") as u64, 3 + rewritten);

        // It is settled for good.
        drop((host, state));
        let (mut host, _state) = reopen(3);
        meet(&mut host, &mut peer);
        assert_eq!(host.conflicts(), 0);
        assert_eq!(host.entries(b"a"), peer.entries(b"a"));
    }
}

/// A relaxed host took two generations and lost both, and each is with somebody. One that its
/// config gives above them settles it; else the second looks like a twin, and the program has to
/// decide.
#[test]
fn generations_that_were_lost_are_outranked_by_a_greater_one() {
    for is_growing in [true, false] {
        let disk = SimDisk::default();
        let mut peers =
            [b"b", b"c"].map(|id| Host::new(id, config(50 + u64::from(id[0]))).expect("a host"));
        let reopen = |nonce: u64| {
            let generation = if is_growing { nonce << 16 } else { 1 };
            let config = Config { generation, ..config(nonce) };
            DurableState::open_on(Box::new(disk.clone()), b"a", config, true).expect("a state")
        };
        drop(reopen(1));
        let old = disk.contents().expect("a file");
        for (peer, nonce) in peers.iter_mut().zip(2..) {
            disk.put(old.clone());
            let (mut host, _state) = reopen(nonce);
            host.set(b"k", b"lost").expect("room");
            // By itself it takes no more than a little above the one that it knows.
            while !is_growing && host.generation() < nonce << 20 {
                host.renew().expect("a generation");
            }
            meet(&mut host, peer);
            assert_eq!(peer.get_from(b"a", b"k"), Some(&b"lost"[..]));
        }

        disk.put(old);
        let (mut host, _state) = reopen(4);
        host.set(b"k", b"v").expect("room");
        for peer in &mut peers {
            meet(&mut host, peer);
        }
        assert_eq!(host.conflicts() > 0, !is_growing);
        let written = host.set(b"k", b"v");
        if !is_growing {
            assert_eq!(written, Err(Error::Conflict));
            host.renew().expect("a generation");
        }
        for peer in &mut peers {
            meet(&mut host, peer);
            assert_eq!(peer.get_from(b"a", b"k"), Some(&b"v"[..]));
            assert_eq!(peer.generation_of(b"a"), Some(host.generation()));
        }
    }
}

/// Files that versions before this one wrote are read for ever. `UPDATE=1` writes the last of them
/// anew, if it is not of a released version.
#[test]
fn files_of_every_format_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/states");
    let script = |disk: &SimDisk| {
        let opened = DurableState::open_on(Box::new(disk.clone()), b"a", config(1), false);
        let (mut host, mut state) = opened.expect("a state");
        host.tick(1_000_000);
        host.set(b"color", b"red").expect("room");
        host.set_expiring(b"lease", b"mine", 5_000).expect("room");
        state.commit(&mut host).expect("a disk");
        host.delete(b"color").expect("room");
        let mut peer = Host::new(b"b", config(50)).expect("a host");
        peer.set(b"shape", b"round").expect("room");
        meet(&mut host, &mut peer);
        state.upkeep(&mut host).expect("a disk");
        peer.set(b"shape", b"square").expect("room");
        meet(&mut host, &mut peer);
        host.evict(b"b").expect("known");
        host.leave().expect("room");
        host.renew().expect("a generation");
        host.set(b"last", b"1").expect("room");
        state.commit(&mut host).expect("a disk");
        host.snapshot()
    };
    let disk = SimDisk::default();
    let snapshot = script(&disk);
    let file = disk.contents().expect("a file");
    for (name, bytes) in [("format_1", &file), ("snapshot_1", &snapshot)] {
        let path = folder.join(name);
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(&folder).expect("a folder");
            fs::write(&path, bytes).expect("a file");
        }
        let golden = fs::read(&path).expect("a golden file");
        assert!(golden == **bytes, "{name} is written otherwise now");
        let disk = SimDisk::default();
        disk.put(golden);
        let (host, _state) = DurableState::open_on(Box::new(disk.clone()), b"a", config(2), false)
            .expect("a file of that format");
        assert_eq!(host.get(b"last"), Some(&b"1"[..]));
        assert_eq!((host.len(b"a"), host.max_version(b"a")), (1, Some(6)));
        assert_eq!(host.status(b"b"), Some(plasmid::Status::Evicted));
        // From here on it is a file of the newest format, whatever it was.
        let upgraded = disk.contents().expect("a file");
        assert_eq!(&upgraded[..20], b"plasmid state\n\0\0\x01\0\0\0");
    }
}

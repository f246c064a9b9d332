//! What a file keeps of others: a copy is after its end what it was before, or is told anew.

use plasmid::{Config, Host, Limits, Status};
use plasmid_store::DurableState;
use plasmid_tests::disk::SimDisk;

fn config(nonce: u64, departed: u64) -> Config {
    let limits = Limits { departed, ..Limits::default() };
    Config { generation: 1, nonce, auto_compact: false, limits, ..Config::default() }
}

fn open(disk: &SimDisk, nonce: u64, departed: u64) -> (Host, DurableState) {
    let config = config(nonce, departed);
    DurableState::open_on(Box::new(disk.clone()), b"a", config, false).expect("a state")
}

fn peer(id: &[u8], generation: u64) -> Host {
    let mut peer = Host::new(id, Config { generation, ..config(generation, 9) }).expect("a host");
    peer.set(b"k", b"v").expect("room");
    peer
}

/// Until nobody has an answer.
fn meet(one: &mut Host, other: &mut Host, budget: usize) {
    let mut message = one.initiate(budget).expect("a budget");
    let (mut next, mut last) = (other, one);
    while !message.is_empty() {
        message = next.receive(&message, budget).expect("a message");
        std::mem::swap(&mut next, &mut last);
    }
}

/// What may have been deleted is dropped when a copy has caught up past a compaction. It stays so.
#[test]
fn deleted_keys_do_not_come_back() {
    for budget in [512, 600, 700, 900, 1200] {
        let disk = SimDisk::default();
        let (mut host, mut state) = open(&disk, 1, 9);
        let mut now = 1 << 40;
        let mut writer = peer(b"w", 5);
        for n in 1..=30 {
            writer.set(format!("k{n}").as_bytes(), &[7; 40]).expect("room");
        }
        meet(&mut host, &mut writer, 1 << 16);
        for n in 1..=10 {
            writer.delete(format!("k{n}").as_bytes()).expect("room");
        }
        writer.compact(None).expect("room");
        for n in 20..=29 {
            writer.set(format!("k{n}").as_bytes(), &[8; 90]).expect("room");
        }
        while host.max_version(b"w") != writer.max_version(b"w") {
            now += 6000;
            host.tick(now);
            meet(&mut host, &mut writer, budget);
            state.upkeep(&mut host).expect("a disk");
        }
        assert_eq!(host.entries(b"w"), writer.entries(b"w"));
        state.close(&mut host).expect("a disk");
        drop((host, state));
        let (host, _state) = open(&disk, 2, 9);
        assert_eq!(host.entries(b"w"), writer.entries(b"w"), "budget {budget}");
    }
}

/// Who left and was forgotten, because there are too many of those, is not there again.
#[test]
fn the_forgotten_stay_forgotten() {
    let disk = SimDisk::default();
    let (mut host, mut state) = open(&disk, 1, 2);
    let mut peers = [peer(b"p", 10), peer(b"q", 20), peer(b"r", 30)];
    peers.iter_mut().for_each(|peer| meet(peer, &mut host, 1 << 16));
    state.upkeep(&mut host).expect("a disk");
    for id in [b"q", b"r"] {
        host.evict(id).expect("known");
    }
    peers[0].leave().expect("room");
    state.commit(&mut host).expect("a disk");
    meet(&mut peers[0], &mut host, 1 << 16);
    assert_eq!((host.status(b"p"), host.forgotten()), (None, 1));
    state.close(&mut host).expect("a disk");
    drop((host, state));
    let (host, _state) = open(&disk, 2, 2);
    assert_eq!(host.status(b"p"), None);
}

/// One comes back and another leaves: in whatever order copies are kept, there never were too many.
#[test]
fn nobody_is_forgotten_who_was_remembered() {
    for n in 0..20u8 {
        let disk = SimDisk::default();
        let (mut host, mut state) = open(&disk, 1, 2);
        let mut peers = [peer(&[b'p', n], 10), peer(&[b'q', n], 20), peer(&[b'r', n], 5)];
        peers.iter_mut().for_each(|peer| meet(peer, &mut host, 1 << 16));
        for peer in &mut peers[..2] {
            peer.leave().expect("room");
            meet(peer, &mut host, 1 << 16);
        }
        state.upkeep(&mut host).expect("a disk");
        peers[0].renew().expect("a generation");
        peers[0].set(b"k", b"again").expect("room");
        peers[2].leave().expect("room");
        for at in [0, 2] {
            meet(&mut peers[at], &mut host, 1 << 16);
        }
        let status = |host: &Host| peers.each_ref().map(|peer| host.status(peer.id()));
        let before = status(&host);
        assert_eq!(before, [Some(Status::Present), Some(Status::Left), Some(Status::Left)]);
        state.close(&mut host).expect("a disk");
        drop((host, state));
        assert_eq!(status(&open(&disk, 2, 2).0), before);
    }
}

/// Somebody is evicted and forgotten, and known again, before copies are kept. An own change took
/// away what its growth follows.
#[test]
fn growth_of_what_was_forgotten_is_left_out() {
    let disk = SimDisk::default();
    let (mut host, mut state) = open(&disk, 1, 0);
    let (mut x, mut z) = (peer(b"x", 9), peer(b"z", 19));
    meet(&mut x, &mut host, 1 << 16);
    state.upkeep(&mut host).expect("a disk");
    host.evict(b"x").expect("known");
    state.commit(&mut host).expect("a disk");
    assert_eq!(host.status(b"x"), None);
    // It has not heard of that, and goes on; nor has who tells of it.
    x.set(b"k", b"w").expect("room");
    meet(&mut x, &mut z, 1 << 16);
    let syn = host.initiate(1 << 16).expect("a budget");
    host.receive(&z.receive(&syn, 1 << 16).expect("a message"), 0).expect("a message");
    assert_eq!((host.status(b"x"), host.max_version(b"x")), (Some(Status::Present), Some(2)));
    state.close(&mut host).expect("a disk");
    drop((host, state));
    let (mut host, _state) = open(&disk, 2, 0);
    assert_eq!(host.status(b"x"), None);
    // It hears of it now, and is there in a newer generation.
    for _ in 0..2 {
        meet(&mut x, &mut host, 1 << 16);
    }
    assert_eq!(host.entries(b"x"), x.entries(b"x"));
    assert!(!x.entries(b"x").is_empty());
}

/// Whoever is level falls silent. A process that takes its peer up again does not know that, and is
/// told.
#[test]
fn who_was_told_is_told_again_in_the_next_process() {
    let disk = SimDisk::default();
    let (mut host, mut state) = open(&disk, 1, 9);
    let mut other = peer(b"o", 50);
    host.set(b"k", b"v").expect("room");
    state.commit(&mut host).expect("a disk");
    (0..10).for_each(|_| meet(&mut host, &mut other, 1 << 16));
    assert_eq!(host.acked_version(b"o"), Some(1));
    state.close(&mut host).expect("a disk");
    drop((host, state));
    let (mut host, _state) = open(&disk, 2, 9);
    (0..10).for_each(|_| meet(&mut host, &mut other, 1 << 16));
    assert_eq!(host.acked_version(b"o"), Some(1));
}

/// A process that was killed had a copy that its file has not. The owner hears of it.
#[test]
fn what_a_copy_lost_counts_as_not_seen() {
    let disk = SimDisk::default();
    let (mut host, mut state) = open(&disk, 1, 9);
    let mut owner = peer(b"o", 50);
    host.set(b"k", b"v").expect("room");
    state.upkeep(&mut host).expect("a disk");
    for _ in 0..3 {
        meet(&mut owner, &mut host, 1 << 16);
        meet(&mut host, &mut owner, 1 << 16);
    }
    assert_eq!(owner.acked_version(b"a"), Some(1));
    drop((host, state));
    let (mut host, _state) = open(&disk, 2, 9);
    assert_eq!(host.max_version(b"o"), None);
    let syn = host.initiate(1 << 16).expect("a budget");
    owner.receive(&syn, 1 << 16).expect("a message");
    assert_ne!(owner.acked_version(b"a"), Some(1));
    meet(&mut host, &mut owner, 1 << 16);
    meet(&mut owner, &mut host, 1 << 16);
    assert_eq!(owner.acked_version(b"a"), Some(1));
}

//! How long a file is, and how often it is written anew.

use plasmid::{Config, Host, LocalState};
use plasmid_store::DurableState;
use plasmid_tests::disk::SimDisk;

fn open(disk: &SimDisk, state: LocalState) -> (Host, DurableState) {
    let config = Config { generation: 1, nonce: 1, state, ..Config::default() };
    DurableState::open_on(Box::new(disk.clone()), b"a", config, false).expect("a state")
}

/// However often a thousand keys are set anew, their file is at most three times as large.
#[test]
fn endless_overwriting_does_not_fill_the_disk() {
    for history in [true, false] {
        let disk = SimDisk::default();
        let (mut host, mut state) = open(&disk, LocalState { history });
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

/// How often the file was written anew: a new one has the number after that of the one before it.
fn rewrites(disk: &SimDisk) -> u64 {
    let file = disk.contents().expect("a file");
    u64::from_le_bytes(*file[20..].first_chunk().expect("a header"))
}

/// A host that holds what `fill` gives it makes few changes: its file is not written anew for each.
fn is_seldom_written_anew(fill: impl Fn(&mut Host)) {
    let disk = SimDisk::default();
    let (mut host, mut state) = open(&disk, LocalState::default());
    host.tick(1 << 40);
    fill(&mut host);
    state.upkeep(&mut host).expect("a disk");
    let before = rewrites(&disk);
    for round in 0..200u32 {
        host.set(b"k", &round.to_le_bytes()).expect("room");
        state.commit(&mut host).expect("a disk");
    }
    let times = rewrites(&disk) - before;
    assert!(times <= 1, "{times} times");
}

#[test]
fn deadlines_count_as_what_is_held() {
    is_seldom_written_anew(|host| {
        for key in 0..20_000u32 {
            host.set_expiring(&key.to_le_bytes(), b"", 1 << 40).expect("room");
        }
    });
}

#[test]
fn small_participants_count_as_what_is_held() {
    // They come in groups, so that nobody meets all of them one by one.
    is_seldom_written_anew(|host| {
        for group in 0..64u32 {
            let mut hub = peer(64 * group);
            (1..64).for_each(|id| meet(&mut hub, &mut peer(64 * group + id)));
            meet(host, &mut hub);
        }
        assert_eq!(host.participants(None).len(), 1 + 64 * 64);
    });
}

/// What readers may still be told of deletes is in no file, and makes none longer.
#[test]
fn remembered_deletes_do_not_count() {
    let disk = SimDisk::default();
    let (mut host, mut state) = open(&disk, LocalState::default());
    let (mut writer, mut now) = (peer(1), 1 << 40);
    for round in 0..60 {
        let keys: Vec<String> = (0..20).map(|key| format!("{:01000}", round * 20 + key)).collect();
        for key in &keys {
            writer.set(key.as_bytes(), b"").expect("room");
        }
        meet(&mut host, &mut writer);
        for key in &keys {
            writer.delete(key.as_bytes()).expect("room");
        }
        meet(&mut host, &mut writer);
        writer.compact(None).expect("room");
        for _ in 0..2 {
            meet(&mut host, &mut writer);
            now += 5_000;
            host.tick(now);
            state.upkeep(&mut host).expect("a disk");
        }
    }
    let (file, kept) = (disk.contents().map_or(0, |file| file.len()), host.kept_len());
    assert!(kept < 3000 && file < 150_000, "{file} bytes of {kept}");
}

fn peer(id: u32) -> Host {
    let config = Config { generation: 1 << 40, nonce: 2, ..Config::default() };
    let mut peer = Host::new(&id.to_le_bytes(), config).expect("a host");
    peer.set(b"k", b"").expect("room");
    peer
}

fn meet(host: &mut Host, peer: &mut Host) {
    let syn = peer.initiate(1 << 16).expect("a budget");
    let answer = host.receive(&syn, 1 << 16).expect("a message");
    let ack = peer.receive(&answer, 1 << 16).expect("a message");
    host.receive(&ack, 1 << 16).expect("a message");
}

//! Files that were changed by whatever: a clear error or a sound state, and never a panic, nor
//! anything that was not written.

use std::collections::BTreeSet;

use fastrand::Rng;
use plasmid::{Batch, Config, Host};
use plasmid_store::{DurableState, StoreError};
use plasmid_tests::disk::SimDisk;

use crate::world::number;

const HEADER_LEN: usize = 40;
const FRAME_HEADER_LEN: usize = 32;

fn config(nonce: u64) -> Config {
    Config { generation: 7, nonce, ..Config::default() }
}

fn open(disk: &SimDisk, nonce: u64) -> Result<(Host, DurableState), StoreError> {
    DurableState::open_on(Box::new(disk.clone()), b"owner", config(nonce), false)
}

/// What a host holds of everybody, as it can be told from another's.
type Held = BTreeSet<(Vec<u8>, u64, Vec<u8>, Option<Vec<u8>>)>;

fn held(host: &Host) -> Held {
    let ids = host.participants(None);
    let all = ids.into_iter().flat_map(|id| {
        let key = |update: plasmid::Update<'_>| {
            (id.to_vec(), update.version, update.key.to_vec(), update.value.map(<[u8]>::to_vec))
        };
        host.updates(id).map(key).collect::<Vec<_>>()
    });
    all.collect()
}

/// A file with a bit of everything in it, and all that was ever held by its host.
fn file() -> (Vec<u8>, Held) {
    let disk = SimDisk::default();
    let mut all = Held::new();
    let mut peers: Vec<Host> =
        (0..4u8).map(|n| Host::new(&[b'p', n], config(u64::from(n))).expect("a host")).collect();
    for life in 0..3u64 {
        let (mut host, mut state) = open(&disk, 10 + life).expect("a state");
        for round in 0..12u64 {
            let now = 1_000_000 + life * 100_000 + round * 3_000;
            host.tick(now);
            let value = (life * 100 + round).to_be_bytes();
            host.set(b"key", &value).expect("room");
            host.set_expiring(&[b'x', round as u8], &value, 5_000).expect("room");
            host.commit(Batch::new().set(b"one", &value).set(b"two", b"2").delete(b"key"))
                .expect("room");
            for peer in &mut peers {
                peer.set(b"round", &value).expect("room");
                let syn = peer.initiate(4096).expect("a budget");
                state.commit(&mut host).expect("a sound disk");
                let answer = host.receive(&syn, 4096).expect("a message");
                let ack = peer.receive(&answer, 4096).expect("a message");
                host.receive(&ack, 4096).expect("a message");
                all.extend(held(&host));
            }
            match round {
                5 => drop(host.compact(None).expect("room")),
                7 => drop(host.evict(b"p\x03").expect("known")),
                9 => drop(host.renew().expect("a generation")),
                _ => {}
            }
            state.upkeep(&mut host).expect("a sound disk");
            all.extend(held(&host));
        }
        peers.pop();
        if life == 1 {
            state.close(&mut host).expect("a sound disk");
        }
    }
    (disk.contents().expect("a file"), all)
}

/// The payloads of the frames of a sound file.
fn payloads(file: &[u8]) -> Vec<Vec<u8>> {
    let (mut at, mut payloads) = (HEADER_LEN, Vec::new());
    while file[at..].starts_with(b"\xf1log") {
        let len = file[at + 4..at + 8].try_into().map(u32::from_le_bytes).expect("a length");
        at += FRAME_HEADER_LEN;
        payloads.push(file[at..at + len as usize].to_vec());
        at += len as usize;
    }
    payloads
}

/// A sound file of these payloads, with the header of that one.
fn frame(file: &[u8], payloads: &[Vec<u8>]) -> Vec<u8> {
    let mut out = file[..HEADER_LEN - 4].to_vec();
    let header = crc32c::crc32c(&out).to_le_bytes();
    out.extend(header);
    let mut previous = header;
    for payload in payloads {
        let mut head = b"\xf1log".to_vec();
        head.extend((payload.len() as u32).to_le_bytes());
        head.extend((out.len() as u64).to_le_bytes());
        head.extend(0u64.to_le_bytes());
        head.extend(previous);
        let sum = crc32c::crc32c(&[&header[..], &head, payload].concat());
        previous = sum.to_le_bytes();
        out.extend([&head[..], &previous, payload].concat());
    }
    out
}

fn mutate(rng: &mut Rng, bytes: &mut Vec<u8>) {
    for _ in 0..*rng.choice(&[1, 1, 1, 2, 5]).expect("a choice") {
        if bytes.is_empty() {
            return;
        }
        let at = rng.usize(..bytes.len());
        let to = (at + rng.usize(1..64)).min(bytes.len());
        match rng.u8(..8) {
            0..3 => bytes[at] ^= 1 << rng.u8(..8),
            3 => bytes[at] = rng.u8(..),
            4 => bytes.truncate(at),
            5 => drop(bytes.drain(at..to)),
            6 => bytes[at..to].fill(0),
            _ => {
                let piece = bytes[at..to].to_vec();
                let into = rng.usize(..bytes.len());
                bytes.splice(into..into, piece);
            }
        }
    }
}

/// A host that was recovered from whatever does all that a host does.
fn use_it(host: &mut Host, state: &mut DurableState) {
    let mut peer = Host::new(b"peer", config(1)).expect("a host");
    let _ = host.set(b"new", b"value");
    host.tick(host.now_ms().unwrap_or(0).saturating_add(10_000));
    let _ = host.compact(None);
    state.upkeep(host).expect("a sound disk");
    let syn = host.initiate(4096).expect("a budget");
    let answer = peer.receive(&syn, 4096).expect("a message");
    let ack = host.receive(&answer, 4096).expect("a message");
    peer.receive(&ack, 4096).expect("a message");
    let _ = host.changes(None, 100, plasmid::Filter::default());
    let _ = host.snapshot();
    state.close(host).expect("a sound disk");
}

#[test]
fn whatever_becomes_of_a_file() {
    let (file, all) = file();
    let mut rng = Rng::with_seed(number("SEED", 1));
    let (mut errors, mut sound) = (0, 0);
    for round in 0..number("FILES", 3_000) {
        let mut bytes = file.clone();
        mutate(&mut rng, &mut bytes);
        let disk = SimDisk::default();
        disk.put(bytes.clone());
        match open(&disk, 100) {
            Err(StoreError::Io { .. }) => panic!("round {round}: the disk is sound"),
            Err(_) => {
                errors += 1;
                assert_eq!(disk.contents(), Some(bytes), "a file that is refused is left alone");
            }
            Ok((mut host, mut state)) => {
                sound += 1;
                let found = held(&host);
                let invented: Vec<_> = found.difference(&all).collect();
                assert!(invented.is_empty(), "round {round}: {invented:?}");
                assert!(host.len(host.id()) > 0, "round {round}: it was begun with more");
                use_it(&mut host, &mut state);
            }
        }
    }
    println!("{errors} refused, {sound} opened");
    assert!(errors > 500 && sound > 100);
}

/// The same behind sums that are right, as a defective version of the library might write them, or
/// somebody who means it: then only the records themselves are left to be looked at.
#[test]
fn whatever_is_in_sound_frames() {
    let (mut file, _) = file();
    let frames = payloads(&file);
    assert!(!held(&open_bytes(frame(&file, &frames)).expect("a sound file").0).is_empty());
    let mut rng = Rng::with_seed(number("SEED", 1));
    let (mut errors, mut sound) = (0, 0);
    for _ in 0..number("FILES", 3_000) {
        // Which file it is.
        file[20..28].copy_from_slice(rng.choice(&[[0; 8], [0xff; 8]]).expect("a choice"));
        let mut frames = frames.clone();
        match rng.u8(..4) {
            0 => rng.shuffle(&mut frames),
            1 => drop(frames.remove(rng.usize(..frames.len()))),
            _ => {
                let at = rng.usize(..frames.len());
                mutate(&mut rng, &mut frames[at]);
            }
        }
        match open_bytes(frame(&file, &frames)) {
            Err(StoreError::Host(_)) => errors += 1,
            // Nothing says that the checkpoint is whole.
            Err(StoreError::Damaged { .. }) if !frames.iter().any(Vec::is_empty) => errors += 1,
            Err(other) => panic!("{other}"),
            Ok((mut host, mut state)) => {
                sound += 1;
                use_it(&mut host, &mut state);
            }
        }
    }
    println!("{errors} refused, {sound} opened");
    assert!(errors > 500 && sound > 100);
}

/// All that a checkpoint holds was durable when its file took its place.
#[test]
fn a_checkpoint_of_which_anything_is_missing_is_refused() {
    let (file, _) = file();
    let checkpoint: usize = payloads(&file)
        .iter()
        .take_while(|payload| !payload.is_empty())
        .map(|payload| FRAME_HEADER_LEN + payload.len())
        .sum();
    let end = HEADER_LEN + checkpoint + FRAME_HEADER_LEN;
    assert!(checkpoint > 500 && open_bytes(file[..end].to_vec()).is_ok());
    for at in 0..end {
        assert!(open_bytes(file[..at].to_vec()).is_err(), "it was cut at {at}");
        for file in [&file[..], &file[..end]] {
            let mut file = file.to_vec();
            file[at] ^= 1;
            assert!(open_bytes(file).is_err(), "a bit was flipped at {at}");
        }
    }
}

fn open_bytes(bytes: Vec<u8>) -> Result<(Host, DurableState), StoreError> {
    let disk = SimDisk::default();
    disk.put(bytes);
    open(&disk, 100)
}

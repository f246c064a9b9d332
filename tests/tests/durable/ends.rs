//! A host is after its end what it was before: with whatever it held, its own and of others.

use std::collections::BTreeMap;

use fastrand::Rng;
use plasmid::{Batch, Config, Host, Limits, LocalState, Status};
use plasmid_store::DurableState;
use plasmid_tests::disk::SimDisk;

use crate::world::number;

/// Worlds that are looked at.
const WORLDS: u64 = 120;

const PEERS: [&[u8]; 4] = [b"p0", b"p1", b"p2", b"p3"];

/// What is held of one: its status, generation and versions, and the updates that count.
#[derive(Debug, PartialEq, Eq)]
struct Held {
    status: Option<Status>,
    reached: [Option<u64>; 3],
    updates: Vec<(u64, Vec<u8>, Option<Vec<u8>>)>,
}

/// Of oneself that is all, of others what is not superseded: superseded values that were given up
/// for a limit may be there again.
fn all(host: &Host) -> BTreeMap<Vec<u8>, Held> {
    let of = |id: &[u8]| {
        let as_one = |one: plasmid::Update<'_>| {
            (one.version, one.key.to_vec(), one.value.map(<[u8]>::to_vec))
        };
        let is_own = id == host.id();
        Held {
            status: host.status(id),
            reached: [host.generation_of(id), host.max_version(id), host.gc_version(id)],
            updates: if is_own {
                host.updates(id).map(as_one).collect()
            } else {
                host.entries(id).into_iter().map(as_one).collect()
            },
        }
    };
    host.participants(None).into_iter().map(|id| (id.to_vec(), of(id))).collect()
}

struct World {
    rng: Rng,
    disk: SimDisk,
    config: Config,
    is_relaxed: bool,
    peers: Vec<Host>,
    /// Whether participants leave and are evicted.
    depart: bool,
}

impl World {
    fn new(seed: u64) -> World {
        let mut rng = Rng::with_seed(seed);
        let peers = PEERS.iter().zip(1..).map(|(id, nonce)| {
            let state = LocalState { history: rng.bool() };
            let auto_compact = rng.bool();
            let config =
                Config { generation: 5, nonce, seed, auto_compact, state, ..Config::default() };
            Host::new(id, config).expect("a host")
        });
        let peers = peers.collect();
        let participant_bytes = if rng.bool() { 1500 } else { 1 << 20 };
        let limits = Limits { participant_bytes, ..Limits::default() };
        let state = LocalState { history: rng.bool() };
        let auto_compact = rng.bool();
        let (generation, nonce) = (5, 100);
        let config =
            Config { generation, nonce, seed, auto_compact, limits, state, ..Config::default() };
        let (is_relaxed, depart) = (rng.bool(), rng.bool());
        World { rng, disk: SimDisk::default(), config, is_relaxed, peers, depart }
    }

    fn open(&mut self) -> (Host, DurableState) {
        self.config.nonce += 1;
        let disk = Box::new(self.disk.clone());
        DurableState::open_on(disk, b"me", self.config.clone(), self.is_relaxed).expect("a state")
    }

    /// Some change, if there is room for it.
    fn write(&mut self, host: &mut Host) {
        let rng = &mut self.rng;
        let key = |rng: &mut Rng| [b'a' + rng.u8(..12)];
        let _ = match rng.u8(..100) {
            0..50 => host.set(&key(rng), &vec![7; rng.usize(..120)]),
            50..75 => host.delete(&key(rng)),
            75..83 => {
                let mut batch = Batch::new();
                batch.set(&key(rng), b"batch").delete(&key(rng)).set(&key(rng), b"batch");
                host.commit(&batch)
            }
            83..89 => host.compact(None),
            89..94 => {
                let most = host.max_version(host.id()).unwrap_or(0);
                host.compact(Some(rng.u64(..=most)))
            }
            94..96 => host.set_expiring(&key(rng), b"lease", rng.u64(..20_000)),
            96 if self.depart => host.leave(),
            97 if self.depart => host.evict(PEERS[rng.usize(..PEERS.len())]),
            _ => host.renew().map(|_| 0),
        };
        if host.status(host.id()) != Some(Status::Present) && rng.bool() {
            host.renew().expect("a generation");
        }
    }

    /// Messages of any size, of which any may get lost.
    fn meet(&mut self, one: &mut Host, other: &mut Host) {
        let budget = *self.rng.choice(&[512, 600, 900, 4096]).expect("a choice");
        let mut message = one.initiate(budget).expect("a budget");
        let (mut next, mut last) = (other, one);
        while !message.is_empty() && self.rng.u8(..8) > 0 {
            message = next.receive(&message, budget).expect("a message");
            std::mem::swap(&mut next, &mut last);
        }
    }

    /// Some peer, to do something with.
    fn with_peer(&mut self, work: impl FnOnce(&mut World, &mut Host)) {
        let at = self.rng.usize(..self.peers.len());
        let mut peer = self.peers.swap_remove(at);
        work(self, &mut peer);
        self.peers.push(peer);
    }

    /// Live for a while, and end now and then. Gives how often it ended.
    fn run(&mut self) -> u64 {
        let (mut host, mut state) = self.open();
        let (mut now, mut ends) = (1u64 << 40, 0);
        for step in 0..400 {
            match self.rng.u8(..100) {
                0..45 => self.with_peer(|world, peer| world.write(peer)),
                45..55 => {
                    self.write(&mut host);
                    if self.rng.bool() {
                        state.commit(&mut host).expect("a disk");
                    }
                }
                55..63 => self.with_peer(|world, peer| world.meet(&mut host, peer)),
                63..71 => self.with_peer(|world, peer| world.meet(peer, &mut host)),
                71..80 => self.with_peer(|world, one| {
                    world.with_peer(|world, other| world.meet(one, other));
                }),
                80..92 => {
                    now += self.rng.u64(..6000);
                    host.tick(now);
                    self.peers.iter_mut().for_each(|peer| peer.tick(now));
                    state.upkeep(&mut host).expect("a disk");
                }
                92..96 => {
                    state.close(&mut host).expect("a disk");
                    let before = (all(&host), host.now_ms());
                    drop((host, state));
                    (host, state) = self.open();
                    assert_eq!((all(&host), host.now_ms()), before, "step {step}");
                    ends += 1;
                }
                _ => {
                    // It is killed: of itself all is there.
                    state.commit(&mut host).expect("a disk");
                    let before = all(&host).remove(&b"me"[..]).map(|own| own.updates);
                    drop((host, state));
                    (host, state) = self.open();
                    let after = all(&host).remove(&b"me"[..]).map(|own| own.updates);
                    assert!(self.is_relaxed || after == before, "step {step}");
                    ends += 1;
                }
            }
        }
        assert_eq!(host.conflicts(), 0);
        ends
    }
}

#[test]
fn a_host_is_after_its_end_what_it_was_before() {
    let (first, mut ends) = (number("SEED", 1), 0);
    for seed in first..first + number("WORLDS", WORLDS) {
        println!("world {seed}");
        ends += World::new(seed).run();
    }
    assert!(ends > 10 * WORLDS);
}

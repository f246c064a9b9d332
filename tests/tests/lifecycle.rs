//! What only shows over a long life: fleets that restart, twins that stay, owners that never stop
//! writing, readers that lag behind, and values far larger than a datagram. Short stories of the
//! same are in the transcripts.

use std::collections::BTreeMap;

use peak_alloc::PeakAlloc;
use plasmid::{Config, Digests, Error, Filter, Host, Limits, LocalState, Status};

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

const ROOMY: usize = 1 << 20;
const DATAGRAM: usize = 512;

/// Hosts that meet at random, each once a round.
struct Fleet {
    hosts: Vec<Host>,
    rng: fastrand::Rng,
    budget: usize,
    /// How many hosts were made: each has another nonce.
    made: u64,
}

impl Fleet {
    fn new(seed: u64, budget: usize) -> Fleet {
        Fleet { hosts: Vec::new(), rng: fastrand::Rng::with_seed(seed), budget, made: 0 }
    }

    fn make(&mut self, id: &[u8], config: Config) -> Host {
        self.made += 1;
        Host::new(id, Config { nonce: self.made, seed: self.made, ..config }).expect("an id")
    }

    fn join(&mut self, id: &[u8], config: Config) {
        let host = self.make(id, config);
        self.hosts.push(host);
    }

    /// Everyone meets somebody. Answers the bytes that it took.
    fn round(&mut self) -> usize {
        (0..self.hosts.len()).map(|at| self.meet_somebody(at)).sum()
    }

    fn meet_somebody(&mut self, at: usize) -> usize {
        let other = (at + self.rng.usize(1..self.hosts.len())) % self.hosts.len();
        let [a, b] = self.hosts.get_disjoint_mut([at, other]).expect("two hosts");
        exchange(a, b, self.budget, || false)
    }

    fn is_level(&self) -> bool {
        let view = |host: &Host| -> Vec<_> {
            let ids = host.participants(None);
            let status = |id| (host.status(id), host.generation_of(id), host.max_version(id));
            ids.into_iter().map(|id| (id.to_vec(), status(id))).collect()
        };
        self.hosts.iter().all(|host| view(host) == view(&self.hosts[0]))
    }

    /// Meet until all hold the same. Answers the rounds that it took.
    fn converge(&mut self, most: usize) -> usize {
        let rounds = (0..most).find(|_| {
            self.round();
            self.is_level()
        });
        rounds.expect("everyone knows the same")
    }
}

/// One exchange, any message of which may get lost. Answers its bytes.
fn exchange(a: &mut Host, b: &mut Host, budget: usize, mut is_lost: impl FnMut() -> bool) -> usize {
    let mut message = a.initiate(budget).expect("a good budget");
    let mut bytes = message.len();
    for turn in 0..4 {
        assert!(message.len() <= budget);
        if message.is_empty() || is_lost() {
            break;
        }
        let to = if turn % 2 == 0 { &mut *b } else { &mut *a };
        message = to.receive(&message, budget).expect("a sound message");
        bytes += message.len();
    }
    bytes
}

fn live(host: &Host, id: &[u8]) -> BTreeMap<Vec<u8>, (u64, Vec<u8>)> {
    let entries = host.entries(id).into_iter();
    let entry = |update: plasmid::Update<'_>| {
        let value = update.value.expect("a live key").to_vec();
        (update.key.to_vec(), (update.version, value))
    };
    entries.map(entry).collect()
}

#[test]
fn a_thousand_restarts_of_fifty_ids_leave_fifty_participants() {
    const IDS: usize = 50;
    let id = |at: usize| format!("worker{at}").into_bytes();
    let mut fleet = Fleet::new(1, ROOMY);
    for at in 0..IDS {
        fleet.join(&id(at), Config { generation: 1, ..Config::default() });
    }
    for restart in 0..1_000u64 {
        let at = fleet.rng.usize(..IDS);
        match restart % 10 {
            0 => assert!(fleet.hosts[at].leave().is_ok()),
            1 => {
                let result = fleet.hosts[(at + 1) % IDS].evict(&id(at));
                assert!(result.is_ok() || result == Err(Error::UnknownParticipant));
            }
            _ => {}
        }
        fleet.meet_somebody((at + 2) % IDS);
        // Milliseconds and chance, as the bindings do: two starts in one of them are in any order.
        let generation = ((1 + restart / 2) << 16) | u64::from(fleet.rng.u16(..));
        let config = Config { generation, ..Config::default() };
        fleet.hosts[at] = fleet.make(&id(at), config);
        fleet.hosts[at].set(b"restart", restart.to_string().as_bytes()).expect("a small value");
        fleet.meet_somebody(at);
        fleet.meet_somebody(at);
    }
    fleet.converge(100);
    for host in &fleet.hosts {
        assert_eq!(host.participants(None).len(), IDS);
        assert_eq!(host.participants(Some(Status::Present)).len(), IDS);
        assert_eq!(host.forgotten(), 0);
        for owner in &fleet.hosts {
            assert_eq!(host.entries(owner.id()), owner.entries(owner.id()));
        }
    }
}

#[test]
fn twins_are_both_told_and_never_storm_the_fleet() {
    let mut fleet = Fleet::new(2, ROOMY);
    for at in 0..16u8 {
        fleet.join(&[b'p', at], Config { generation: 1, ..Config::default() });
        fleet.hosts[usize::from(at)].set(b"k", b"1").expect("a small value");
    }
    fleet.join(b"twin", Config { generation: 7, ..Config::default() });
    fleet.hosts[16].set(b"k", b"1").expect("a small value");
    fleet.converge(50);
    let idle: usize = (0..20).map(|_| fleet.round()).sum();

    fleet.join(b"twin", Config { generation: 7, ..Config::default() });
    let twins = [16, 17];
    for at in twins {
        for key in 0..100u8 {
            fleet.hosts[at].set(&[key], &[at as u8; 100]).expect("nobody was told yet");
        }
    }
    // Each goes on in a newer generation, once; the one that is outbid then knows, and stops.
    let is_fenced = |host: &mut Host| host.set(b"k", b"1") == Err(Error::Conflict);
    let mut rounds = 0;
    while !fleet.hosts[twins[0]..].iter_mut().any(is_fenced) {
        fleet.round();
        rounds += 1;
        assert!(rounds < 100, "nobody is told");
    }
    assert!(twins.iter().all(|at| fleet.hosts[*at].conflicts() > 0), "both are told");
    for _ in 0..20 {
        fleet.round();
    }
    let generations = twins.map(|at| fleet.hosts[at].generation());

    // Nothing more happens: no generation grows, and what travels is digests. The maps of the twins
    // are 10,000 bytes each: had one of them gone once in two rounds, it would be over the bound.
    let bytes: usize = (0..20).map(|_| fleet.round()).sum();
    assert_eq!(twins.map(|at| fleet.hosts[at].generation()), generations);
    let raises = 7 + 2 * (1 << 17);
    assert!(generations.iter().all(|generation| *generation <= raises), "{generations:?}");
    assert!(bytes < idle * 3 / 2, "{bytes} bytes in 20 rounds, {idle} without twins");

    // One of them is stopped, the other goes on.
    fleet.hosts.pop();
    fleet.hosts[16].renew().expect("a generation");
    fleet.hosts[16].set(b"k", b"settled").expect("it is alone");
    fleet.converge(100);
    assert!(fleet.hosts.iter().all(|host| host.get_from(b"twin", b"k") == Some(b"settled")));
}

#[test]
fn endless_overwriting_with_history_stays_bounded() {
    const VALUE: usize = 4096;
    const WRITES: usize = 100_000;
    let config = || Config { generation: 1, ..Config::default() };
    let mut owner = Host::new(b"owner", Config { nonce: 1, ..config() }).expect("an id");
    let mut reader = Host::new(b"reader", Config { nonce: 2, ..config() }).expect("an id");
    // It met the owner once, acknowledged, and never came back.
    let mut gone = Host::new(b"gone", Config { nonce: 3, ..config() }).expect("an id");
    assert!(owner.config().state.history && owner.config().auto_compact);
    exchange(&mut gone, &mut owner, ROOMY, || false);
    exchange(&mut gone, &mut owner, ROOMY, || false);

    let before = ALLOCATED.current_usage();
    let kept = |host: &Host| host.updates(b"owner").filter_map(|u| u.value).map(<[u8]>::len).sum();
    let mut most: usize = 0;
    for write in 0..WRITES {
        owner.set(&[(write % 10) as u8], &vec![write as u8; VALUE]).expect("room for it");
        if write % 100 == 0 {
            exchange(&mut reader, &mut owner, ROOMY, || false);
            most = most.max(kept(&owner)).max(kept(&reader));
        }
    }
    // Ten live values, superseded ones of four times as much, and what came after the last look.
    assert!(most <= VALUE * (10 + 4 * 10 + 10), "{most} bytes kept of {} live ones", 10 * VALUE);
    let grown = ALLOCATED.current_usage().saturating_sub(before);
    // 400 MB were written. Other tests run beside this one.
    assert!(grown < 64 << 20, "{grown} bytes allocated");
    exchange(&mut reader, &mut owner, ROOMY, || false);
    assert!(reader.updates(b"owner").eq(owner.updates(b"owner")));
    assert_eq!(reader.gc_version(b"owner"), owner.gc_version(b"owner"));
}

/// An owner, and what it ever did to its keys.
struct Owner {
    host: Host,
    /// Versions at which a key was deleted.
    deleted: BTreeMap<Vec<u8>, Vec<u64>>,
}

impl Owner {
    fn delete(&mut self, key: &[u8]) {
        if self.host.get(key).is_some() {
            let version = self.host.delete(key).expect("a short key");
            self.deleted.entry(key.to_vec()).or_default().push(version);
        }
    }

    /// What a reader saw, and sees now: nothing older than before, and nothing gone that was not
    /// deleted after what was seen.
    fn check(&self, before: &BTreeMap<Vec<u8>, (u64, Vec<u8>)>, reader: &Host) {
        let after = live(reader, b"owner");
        for (key, (seen, _)) in before {
            match after.get(key) {
                Some((version, _)) => assert!(version >= seen, "{key:?} went back"),
                None => {
                    let later = self.deleted.get(key).and_then(|versions| versions.last());
                    assert!(later.is_some_and(|version| version > seen), "{key:?} vanished");
                }
            }
        }
    }
}

/// Exchanges until a reader that lagged behind a compaction is level, while the owner goes on.
fn exchanges_until_level(seed: u64) -> usize {
    const KEYS: u64 = 300;
    let mut rng = fastrand::Rng::with_seed(seed);
    let config = |nonce| Config { nonce, seed, auto_compact: false, ..Config::default() };
    let host = Host::new(b"owner", config(1)).expect("an id");
    let mut owner = Owner { host, deleted: BTreeMap::new() };
    let mut reader = Host::new(b"reader", config(2)).expect("an id");
    let key = |number: u64| format!("key{number}").into_bytes();
    for number in 0..KEYS {
        owner.host.set(&key(number), &[1; 30]).expect("a small value");
    }
    exchange(&mut reader, &mut owner.host, ROOMY, || false);
    let first = reader.changes(None, usize::MAX, Filter::default()).expect("no cursor");
    let mut cursor = first.cursor;
    let mut followed = live(&reader, b"owner");

    for number in 0..KEYS {
        match number % 3 {
            0 => owner.delete(&key(number)),
            1 => assert!(owner.host.set(&key(number), &[2; 30]).is_ok()),
            _ => {}
        }
    }
    owner.host.compact(None).expect("nothing in the way");
    for turn in 0..2_000 {
        if turn % 10 == 0 {
            owner.host.set(&key(rng.u64(..KEYS)), &[3; 30]).expect("a small value");
            owner.delete(&key(rng.u64(..KEYS)));
            owner.host.compact(None).expect("nothing in the way");
        }
        let before = live(&reader, b"owner");
        let version = reader.max_version(b"owner");
        exchange(&mut reader, &mut owner.host, DATAGRAM, || rng.u8(..4) == 0);
        assert!(reader.max_version(b"owner") >= version, "the reader went back");
        owner.check(&before, &reader);

        // Who follows the changes sees the same.
        let changes = reader.changes(Some(&cursor), usize::MAX, Filter::default());
        let changes = changes.expect("a cursor");
        for change in &changes.list {
            assert_eq!(change.participant, b"owner");
            match change.kind.name() {
                "set" => {
                    let seen = (change.version, change.value.to_vec());
                    followed.insert(change.key.to_vec(), seen);
                }
                "delete" => {
                    followed.remove(change.key);
                }
                other => panic!("{other}"),
            }
        }
        cursor = changes.cursor;
        assert_eq!(followed, live(&reader, b"owner"));

        let is_level = reader.max_version(b"owner") == owner.host.max_version(b"owner")
            && reader.gc_version(b"owner") == owner.host.gc_version(b"owner");
        if is_level {
            assert_eq!(live(&reader, b"owner"), live(&owner.host, b"owner"));
            return turn;
        }
    }
    panic!("seed {seed}: it never got level")
}

#[test]
fn a_lagging_reader_gets_level_while_its_owner_writes_and_compacts() {
    for seed in 0..20 {
        // 4,000 bytes of updates and 200 listed versions are a dozen datagrams; a quarter of them
        // gets lost, and the owner goes on.
        let exchanges = exchanges_until_level(seed);
        assert!(exchanges < 60, "seed {seed}: {exchanges} exchanges");
    }
}

#[test]
fn a_mebibyte_reaches_everyone_over_datagrams_and_holds_up_nobody() {
    const HOSTS: usize = 5;
    let mut fleet = Fleet::new(3, DATAGRAM);
    for at in 0..HOSTS {
        fleet.join(format!("p{at}").as_bytes(), Config::default());
    }
    let mut chance = fastrand::Rng::with_seed(4);
    let value: Vec<u8> = (0..1 << 20).map(|_| chance.u8(..)).collect();
    fleet.hosts[0].set(b"value", &value).expect("a value within the limit");
    fleet.hosts[0].set(b"behind", b"1").expect("a small value");

    let (mut rounds, mut written, mut slowest) = (0, 0u64, 0);
    let mut since = 0;
    while !fleet.hosts[1..].iter().all(|host| host.get_from(b"p0", b"behind").is_some()) {
        let news = written.to_string().into_bytes();
        let has = |host: &Host| host.get_from(b"p1", b"count") == Some(&news[..]);
        if written == 0 || fleet.hosts.iter().all(|host| host.id() == b"p1" || has(host)) {
            slowest = slowest.max(rounds - since);
            since = rounds;
            written += 1;
            let news = written.to_string().into_bytes();
            fleet.hosts[1].set(b"count", &news).expect("a small value");
        }
        fleet.round();
        rounds += 1;
        // Nobody can have it before 1 MiB has come in datagrams: about 2,400 of them.
        assert!(rounds < 10_000, "everyone has it");
        for host in &fleet.hosts[1..] {
            let seen = host.get_from(b"p0", b"value");
            assert!(seen.is_none_or(|seen| seen == value), "nobody sees a part of it");
        }
    }
    // Five hosts that meet at random all know within two or three rounds.
    assert!(slowest < 15, "an update of somebody else took {slowest} rounds");
    assert!(written as usize > rounds / 15);
    assert!(fleet.hosts[1..].iter().all(|host| host.get_from(b"p0", b"value") == Some(&value)));
}

#[test]
fn large_updates_that_share_too_little_room_come_one_after_the_other() {
    let limits = Limits { fragment_bytes: 6000, ..Limits::default() };
    let make = |id: &[u8], limits| {
        let nonce = u64::from(id[0]);
        let config = Config { nonce, seed: 1, generation: 1, limits, ..Config::default() };
        Host::new(id, config).expect("an id")
    };
    let mut reader = make(b"a", limits);
    let mut owners = [b"b", b"c", b"d"].map(|id| make(id, Limits::default()));
    for (owner, size) in owners.iter_mut().zip([5000, 1, 5000]) {
        owner.set(b"k", &vec![7; size]).expect("a value within the limits");
    }
    reader.set(b"k", b"v").expect("a small value");
    for _ in 0..200 {
        for owner in &mut owners {
            exchange(&mut reader, owner, 1100, || false);
        }
    }
    for owner in &owners {
        assert_eq!(reader.get_from(owner.id(), b"k"), owner.get(b"k"));
    }
}

#[test]
fn what_a_peer_had_in_an_earlier_life_is_not_taken_for_what_it_has() {
    let make = |id: &[u8], nonce, generation| {
        Host::new(id, Config { nonce, generation, ..Config::default() }).expect("an id")
    };
    let (mut a, mut b, mut c) = (make(b"a", 1, 1), make(b"b", 2, 1), make(b"c", 3, 1));
    a.set(b"k", b"v").expect("a small value");
    b.set(b"k", b"v").expect("a small value");
    for _ in 0..2 {
        exchange(&mut b, &mut a, 4096, || false);
    }
    assert_eq!(a.acked_version(b"b"), Some(1));
    // It starts anew, without a's map; a hears of that through c.
    let mut b = make(b"b", 4, 2);
    b.set(b"k", b"w").expect("a small value");
    exchange(&mut c, &mut b, 4096, || false);
    exchange(&mut a, &mut c, 4096, || false);
    assert_eq!((a.generation_of(b"b"), a.acked_version(b"b")), (Some(2), None));
}

/// A copy may be further than the one who helps it to check what it holds, and a want names no
/// generation: how far a keep list goes in versions says nothing of what its owner issued.
#[test]
fn a_keep_list_for_an_earlier_life_is_no_claim() {
    let make = |id: &[u8], nonce, generation| {
        let config = Config { nonce, generation, auto_compact: false, ..Config::default() };
        Host::new(id, Config { state: LocalState { history: false }, ..config }).expect("an id")
    };
    let key = |number: u64| number.to_be_bytes();
    let (mut w, mut a, mut b) = (make(b"w", 1, 1), make(b"a", 2, 1), make(b"b", 3, 1));
    for number in 1..=600 {
        w.set(&key(number), b"v").expect("a small value");
    }
    exchange(&mut a, &mut w, ROOMY, || false);
    w.delete(&key(1)).expect("no limit");
    w.compact(Some(601)).expect("nothing in the way");
    for number in 700..800 {
        w.set(&key(number), b"v").expect("a small value");
    }
    exchange(&mut b, &mut w, ROOMY, || false);
    // a missed the compaction; it goes on, and has not checked all that it holds.
    exchange(&mut a, &mut w, DATAGRAM, || false);
    let reached = a.max_version(b"w").expect("a copy");
    assert!(reached > 602, "{reached}");
    let syn = b.initiate(ROOMY).expect("room");
    let late = a.receive(&syn, ROOMY).expect("a message");
    // w starts anew, and compacts as much, with fewer updates. b knows; then that comes, and the
    // answer goes astray.
    let mut w = make(b"w", 4, 2);
    for number in 1..=600 {
        w.set(&key(number), b"v").expect("a small value");
    }
    w.delete(&key(1)).expect("no limit");
    w.compact(Some(601)).expect("nothing in the way");
    exchange(&mut b, &mut w, ROOMY, || false);
    assert_eq!((b.generation_of(b"w"), b.max_version(b"w")), (Some(2), Some(602)));
    let astray = b.receive(&late, ROOMY).expect("a message");
    assert!(!astray.is_empty());
    w.receive(&astray, ROOMY).expect("a message");
    assert_eq!((w.conflicts(), w.generation_of(b"w")), (0, Some(2)));
    a.receive(&astray, ROOMY).expect("a message");
    assert_eq!((a.generation_of(b"w"), a.max_version(b"w")), (Some(1), Some(reached)));
}

/// Only lines tell it what is new there, and the lines that answer its digest may go to the other
/// one each time.
#[test]
fn who_takes_lines_only_and_is_called_in_turn_is_heard_of() {
    let make = |id: &[u8], nonce, digests| {
        let config = Config { nonce, seed: nonce, generation: 1, digests, ..Config::default() };
        Host::new(id, config).expect("an id")
    };
    // Half of the hosts begin at an odd number.
    for number in 0..6u8 {
        let mut caller = make(&[b'a', number], 1, Digests::Smallest);
        let mut other = make(b"b", 2, Digests::Smallest);
        let mut plain = make(b"c", 3, Digests::Plain);
        // So many that sums take less.
        for number in 0..200 {
            let mut host = make(&[b'd', number], 4, Digests::Smallest);
            host.set(b"k", b"v").expect("a small value");
            for to in [&mut caller, &mut other, &mut plain] {
                exchange(&mut host, to, ROOMY, || false);
            }
        }
        for news in 0..20 {
            plain.set(b"news", &[news]).expect("a small value");
            let is_heard = (0..100).any(|_| {
                exchange(&mut caller, &mut other, ROOMY, || false);
                exchange(&mut caller, &mut plain, ROOMY, || false);
                caller.get_from(b"c", b"news") == Some(&[news])
            });
            assert!(is_heard, "{number}: news {news}");
        }
    }
}

/// A clock was set back, and the only copy of the earlier life has an unfinished check: it serves
/// nothing, and all that its holder could want is of the generation that is gone.
#[test]
fn who_is_called_by_nobody_hears_of_its_earlier_life() {
    for digests in [Digests::Plain, Digests::Smallest, Digests::Sketch] {
        let config = |nonce, generation| Config { nonce, generation, digests, ..Config::default() };
        let mut reader = Host::new(b"reader", config(1, 1)).expect("an id");
        let mut writer = Host::new(b"writer", config(2, 9)).expect("an id");
        writer.set(b"a", &[0; 300]).expect("room");
        writer.set(b"b", &[0; 300]).expect("room");
        writer.delete(b"b").expect("room");
        writer.set(b"b", &[0; 300]).expect("room");
        writer.compact(None).expect("a sound compaction");
        exchange(&mut writer, &mut reader, DATAGRAM, || false);
        assert_eq!(live(&reader, b"writer").len(), 1, "the check is not finished: {digests:?}");

        let mut writer = Host::new(b"writer", config(3, 8)).expect("an id");
        writer.set(b"c", b"new").expect("room");
        for _ in 0..2 {
            exchange(&mut writer, &mut reader, ROOMY, || false);
        }
        assert!(writer.generation() > 9, "{digests:?}");
        assert_eq!(live(&reader, b"writer"), live(&writer, b"writer"), "{digests:?}");
    }
}

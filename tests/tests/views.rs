//! What a view shows does not change, whatever its host does meanwhile, in whatever thread.

use std::thread;

use plasmid::{Batch, Config, Host, Limits, LocalState, View};

/// Larger than every message here.
const BUDGET: usize = 1 << 20;

/// All that can be read of a view.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    snapshot: Vec<u8>,
    participants: Vec<SeenOf>,
    forgotten: u64,
}

#[derive(Debug, PartialEq, Eq)]
struct SeenOf {
    id: Vec<u8>,
    /// Versions, and times.
    numbers: [Option<u64>; 5],
    updates: Vec<(u64, Vec<u8>, Option<Vec<u8>>)>,
    newest: Vec<Vec<u8>>,
}

impl Seen {
    fn of(view: &View) -> Seen {
        let participants = view.participants(None).into_iter().map(|id| SeenOf::of(view, id));
        Seen {
            snapshot: view.snapshot(),
            participants: participants.collect(),
            forgotten: view.forgotten(),
        }
    }
}

impl SeenOf {
    fn of(view: &View, id: &[u8]) -> SeenOf {
        let updates = view
            .updates(id)
            .map(|held| (held.version, held.key.to_vec(), held.value.map(<[u8]>::to_vec)))
            .collect();
        let newest: Vec<_> = view.entries(id).iter().map(|held| held.key.to_vec()).collect();
        assert_eq!(newest.len(), view.len(id));
        for key in &newest {
            let history = view.history(id, key);
            assert_eq!(view.get_from(id, key), history[0].value);
        }
        let numbers = [
            view.max_version(id),
            view.generation_of(id),
            view.gc_version(id),
            view.last_heard(id),
            view.staleness(id),
        ];
        SeenOf { id: id.to_vec(), numbers, updates, newest }
    }
}

fn host(number: u64, generation: u64) -> Host {
    let config = Config {
        nonce: 100 * generation + number,
        seed: number,
        generation,
        state: LocalState { history: number.is_multiple_of(2) },
        limits: Limits { departed: 3, ..Limits::default() },
        ..Config::default()
    };
    Host::new(&[b'a' + number as u8], config).expect("the options are valid")
}

/// Something happens to one of the hosts, or between two of them.
fn happen(hosts: &mut [Host], step: u64, rng: &mut fastrand::Rng) {
    let at = rng.usize(..hosts.len());
    let key = [rng.u8(..40)];
    let value = vec![rng.u8(..); rng.usize(..300)];
    let other = [b'a' + rng.u8(..hosts.len() as u8)];
    let host = &mut hosts[at];
    // Who left cannot write; what is refused changes nothing.
    let _ = match rng.u32(..40) {
        0..12 => host.set(&key, &value),
        12..14 => host.set_expiring(&key, &value, 50),
        14..18 => host.delete(&key),
        18..20 => host.commit(Batch::new().set(&key, &value).set(b"x", b"").delete(b"y")),
        20 => host.compact(None),
        21 => host.evict(&other),
        22 if rng.bool() => host.leave(),
        22 => host.renew(),
        23 => {
            *host = self::host(at as u64, host.generation() + step);
            Ok(0)
        }
        24..26 => {
            hosts.iter_mut().for_each(|host| host.tick(1_000 + 10 * step));
            Ok(0)
        }
        _ => {
            let other = (at + rng.usize(1..hosts.len())) % hosts.len();
            let [a, b] = hosts.get_disjoint_mut([at, other]).expect("two hosts");
            let syn = a.initiate(BUDGET).expect("a large budget");
            let syn_ack = b.receive(&syn, BUDGET).expect("it was just made");
            let ack = a.receive(&syn_ack, BUDGET).expect("it was just made");
            b.receive(&ack, BUDGET).map(|_| 0)
        }
    };
}

#[test]
fn a_view_stays_as_it_was() {
    for seed in 1..=8 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut hosts: Vec<Host> = (0..6).map(|number| host(number, 1)).collect();
        let mut views: Vec<(View, Seen)> = Vec::new();
        for step in 0..3_000 {
            happen(&mut hosts, step, &mut rng);
            if step.is_multiple_of(100) {
                let view = hosts[rng.usize(..hosts.len())].view();
                views.push((view.clone(), Seen::of(&view)));
                // Some are given back, and some are still there.
                if rng.bool() {
                    views.swap_remove(rng.usize(..views.len()));
                }
            }
        }
        for (view, was) in views {
            assert_eq!(Seen::of(&view), was);
        }
    }
}

#[test]
fn a_view_is_what_its_host_holds() {
    let mut rng = fastrand::Rng::with_seed(1);
    let mut hosts: Vec<Host> = (0..4).map(|number| host(number, 1)).collect();
    for step in 0..500 {
        happen(&mut hosts, step, &mut rng);
        let (host, view) = (&hosts[0], hosts[0].view());
        assert_eq!(host.snapshot(), view.snapshot());
        assert_eq!((host.id(), host.generation()), (view.id(), view.generation()));
        assert_eq!(host.participants(None), view.participants(None));
        for id in host.participants(None) {
            assert!(host.updates(id).eq(view.updates(id)));
            assert_eq!(host.status(id), view.status(id));
            assert_eq!(host.staleness(id), view.staleness(id));
        }
    }
}

#[test]
fn a_view_goes_to_any_thread() {
    const fn is_shared<T: Clone + Send + Sync>() {}
    const { is_shared::<View>() }
}

#[test]
fn views_are_read_while_the_host_goes_on() {
    let mut host = host(0, 1);
    thread::scope(|scope| {
        for round in 0..20_u64 {
            host.set(b"round", &round.to_be_bytes()).expect("within the limits");
            let view = host.view();
            scope.spawn(move || {
                for _ in 0..10 {
                    assert_eq!(view.get(b"round"), Some(&round.to_be_bytes()[..]));
                    assert_eq!(view.len(b"a"), if round == 0 { 1 } else { 101 });
                }
            });
            for key in 0..100_u8 {
                host.set(&[key], &[0; 100]).expect("within the limits");
            }
        }
    });
}

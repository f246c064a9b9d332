//! W10: calls on a host while another thread's exchanges go on, by the lock that the bindings have.

use std::error::Error;
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use plasmid::{Host, Turns as _};
use plasmid_shared::SharedHost;
use serde_json::{Value, json};

use super::hosts::{host, teach};
use crate::input::{VALUE, Values, key};

const PARTICIPANTS: usize = 1_000;
const KEYS: usize = 100;
/// Keys of the newcomer itself.
const OWN: usize = 1_000;
/// As many newcomers learn everything in one run.
const SYNCS: usize = 12;
/// How long calls are made where no sync says when it is over.
const ALONE: Duration = Duration::from_millis(400);
/// A writer in a program does something else in between, too.
const PAUSE: Duration = Duration::from_micros(50);
const BUDGET: usize = 16 << 20;

/// `get` by so many threads, or `set` by one, on hosts that meanwhile
///
/// * `alone`: do nothing else;
/// * `elsewhere`: have nothing to do with the syncs that take a processor;
/// * `turns`: learn, and tell, all that there is, in turns;
/// * `locked`: the same, under one lock from the first byte to the last.
pub(crate) fn calls(what: &str, threads: usize, beside: &str) -> Result<Value, Box<dyn Error>> {
    let mut holder = host(PARTICIPANTS)?;
    teach(core::slice::from_mut(&mut holder), PARTICIPANTS, KEYS, VALUE)?;
    let holder = SharedHost::new(holder);
    let newcomers = newcomers()?;
    let others = if beside == "elsewhere" { self::newcomers()? } else { Vec::new() };
    let synced = if beside == "elsewhere" { &others } else { &newcomers };
    let (at, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let go_on = || !is_over.load(Ordering::Relaxed);
    let current = || &newcomers[at.load(Ordering::Relaxed)];
    let (all, elapsed, synced_in) = thread::scope(|scope| {
        let begun = Instant::now();
        let callers: Vec<_> = (0..threads)
            .map(|number| match what {
                "set" => scope.spawn(move || sets(&go_on, &current)),
                _ => scope.spawn(move || gets(number, &go_on, &current)),
            })
            .collect();
        let synced_in = if beside == "alone" {
            thread::sleep(ALONE);
            None
        } else {
            for (number, newcomer) in synced.iter().enumerate() {
                at.store(number, Ordering::Relaxed);
                sync(newcomer, &holder, beside == "locked");
            }
            Some(begun.elapsed() / SYNCS as u32)
        };
        is_over.store(true, Ordering::Relaxed);
        let all: Vec<Latencies> =
            callers.into_iter().map(|one| one.join().expect("no panic")).collect();
        (all, begun.elapsed(), synced_in)
    });
    let mut latencies = Latencies::default();
    all.iter().for_each(|one| latencies.add(one));
    Ok(json!({
        "p50": latencies.below(0.5),
        "p99": latencies.below(0.99),
        "p999": latencies.below(0.999),
        "max": latencies.max,
        "each": elapsed.as_nanos() as f64 / latencies.count as f64,
        "sync": synced_in.map_or(0.0, |time| time.as_nanos() as f64),
    }))
}

fn newcomers() -> Result<Vec<SharedHost>, plasmid::Error> {
    let made = |number: usize| {
        let (mut host, mut values) = (host(PARTICIPANTS + 1 + number)?, Values::of(number));
        for at in 0..OWN {
            host.set(&key(at), &values.next(VALUE))?;
        }
        Ok(SharedHost::new(host))
    };
    (0..SYNCS).map(made).collect()
}

/// A newcomer learns everything.
fn sync(newcomer: &SharedHost, holder: &SharedHost, is_locked: bool) {
    let receive = |at: &SharedHost, message: &[u8]| match is_locked {
        true => at.write(|host| host.receive(message, BUDGET)),
        false => at.in_turns(|host| host.receive(message, BUDGET)),
    };
    let mut message =
        newcomer.in_turns(|host| host.initiate(BUDGET)).expect("no panic").expect("a budget");
    let (mut from, mut to) = (newcomer, holder);
    while !message.is_empty() {
        message = receive(to, &message).expect("no panic").expect("a sound message");
        std::mem::swap(&mut from, &mut to);
    }
}

fn gets<'h>(
    number: usize,
    go_on: &impl Fn() -> bool,
    host: &impl Fn() -> &'h SharedHost,
) -> Latencies {
    let keys: Vec<_> = (0..OWN).map(key).collect();
    let mut latencies = Latencies::default();
    let mut at = number * OWN / 4;
    while go_on() {
        let (key, host) = (&keys[at % OWN], host());
        at += 1;
        latencies.note(|| {
            let found = host.read(|host: &Host| host.get(key).map(<[u8]>::to_vec));
            black_box(found.expect("no panic").expect("it is there"));
        });
    }
    latencies
}

fn sets<'h>(go_on: &impl Fn() -> bool, host: &impl Fn() -> &'h SharedHost) -> Latencies {
    let keys: Vec<_> = (0..OWN).map(key).collect();
    let mut latencies = Latencies::default();
    let mut at = 0;
    while go_on() {
        let (key, host) = (&keys[at % OWN], host());
        at += 1;
        latencies.note(|| {
            let set = host.write(|host| host.set(key, &[7; VALUE]));
            black_box(set.expect("no panic").expect("it is small"));
        });
        thread::sleep(PAUSE);
    }
    latencies
}

/// How long calls took, to a sixteenth.
struct Latencies {
    /// By the four highest bits, and how many there are below.
    counts: Vec<u64>,
    count: u64,
    max: u64,
}

impl Default for Latencies {
    fn default() -> Self {
        Latencies { counts: vec![0; 64 * 16], count: 0, max: 0 }
    }
}

impl Latencies {
    fn note(&mut self, call: impl FnOnce()) {
        let begun = Instant::now();
        call();
        let ns = begun.elapsed().as_nanos() as u64;
        let bits = (64 - ns.leading_zeros()).saturating_sub(5);
        self.counts[(bits as usize) * 16 + (ns >> bits) as usize % 32] += 1;
        self.count += 1;
        self.max = self.max.max(ns);
    }

    fn add(&mut self, other: &Latencies) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(all, one)| *all += one);
        self.count += other.count;
        self.max = self.max.max(other.max);
    }

    /// The time that this share of the calls stayed below.
    fn below(&self, share: f64) -> f64 {
        let most = (self.count as f64 * share) as u64;
        let mut seen = 0;
        for (at, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen > most {
                // A bucket has the 16 numbers above 15, shifted; the first two have 32.
                let (bits, low) = if at < 32 { (0, at) } else { (at / 16 - 1, at % 16 + 16) };
                return ((low + 1) << bits) as f64;
            }
        }
        self.max as f64
    }
}

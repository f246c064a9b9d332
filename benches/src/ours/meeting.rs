//! W3 and W4: two hosts that know the same participants meet, when nothing or little has changed.

use std::time::{Duration, Instant};

use plasmid::{Error, Host};
use serde_json::{Value, json};

use super::hosts::{BUDGET, beside_delta, host, participant, teach};
use crate::clock::{clocked, median};
use crate::exchange::exchange;
use crate::input::{VALUE, Values, key};

/// Exchanges before any is measured: hosts learn how much differs as a rule.
const WARM_UP: usize = 30;
const MEASURED: usize = 501;
/// Where one exchange takes so long that all of them would not fit into that, fewer are made.
const PATIENCE: Duration = Duration::from_secs(3);
/// Participants that change keys, where there are more than that.
const WRITERS: usize = 1_000;

/// The last two hosts and those they know, for the next question about as many.
#[derive(Default)]
pub(crate) struct Meetings(Option<Meeting>);

impl Meetings {
    pub(crate) fn idle(&mut self, participants: usize) -> Result<Value, Error> {
        self.changed(participants, 0)
    }

    /// Exchanges before each of which so many participants changed a key.
    pub(crate) fn changed(&mut self, participants: usize, changed: usize) -> Result<Value, Error> {
        let meeting = match self.0.take().filter(|last| last.participants == participants) {
            Some(last) => last,
            None => Meeting::new(participants)?,
        };
        self.0.insert(meeting).measure(changed)
    }
}

struct Meeting {
    participants: usize,
    hosts: [Host; 2],
    writers: Vec<Writer>,
    /// Places in `writers`, of which the first change a key. They are drawn and not the writers
    /// themselves: moving those would leave nothing else in the processor's caches.
    drawn: Vec<usize>,
    values: Values,
    rng: fastrand::Rng,
}

impl Meeting {
    fn new(participants: usize) -> Result<Self, Error> {
        let keys = if participants > 10_000 { 1 } else { 10 };
        let mut hosts = [host(participants)?, host(participants + 1)?];
        teach(&mut hosts, participants, keys, VALUE)?;
        // Spread over all, whatever the order is in which a host keeps them.
        let step = participants.div_ceil(WRITERS);
        let writers = (0..participants)
            .step_by(step)
            .map(|number| Writer::new(number, keys))
            .collect::<Result<Vec<_>, Error>>()?;
        let drawn = (0..writers.len()).collect();
        let (values, rng) = (Values::of(participants), fastrand::Rng::with_seed(1));
        Ok(Meeting { participants, hosts, writers, drawn, values, rng })
    }

    fn measure(&mut self, changed: usize) -> Result<Value, Error> {
        let start = Instant::now();
        let mut all = Vec::new();
        for number in 0..WARM_UP + MEASURED {
            // At least one is measured, however long it takes.
            let is_late = start.elapsed() > PATIENCE;
            if number < WARM_UP && is_late {
                continue;
            }
            if is_late && !all.is_empty() {
                break;
            }
            let once = self.once(number, changed)?;
            if number >= WARM_UP {
                all.push(once);
            }
        }
        let of = |what: fn(&Once) -> f64| median(all.iter().map(what));
        let is_one = |once: &&Once| once.is_level && once.messages <= 3;
        Ok(json!({
            "ns": of(|once| once.ns),
            "bytes": of(|once| once.bytes as f64),
            "reconciliation": of(|once| once.reconciliation as f64),
            "messages": of(|once| once.messages as f64),
            "one_round_trip": all.iter().filter(is_one).count() as f64 / all.len() as f64,
            "exchanges": all.len(),
        }))
    }

    /// Tell one host of every second change and the other of the rest, and let them meet.
    fn once(&mut self, number: usize, changed: usize) -> Result<Once, Error> {
        self.rng.shuffle(&mut self.drawn);
        for (at, writer) in self.drawn[..changed].iter().enumerate() {
            let news = self.writers[*writer].write(&self.values.next(VALUE))?;
            self.hosts[at % 2].receive(&news, 0)?;
        }
        // Each begins in its turn.
        let [a, b] = &mut self.hosts;
        let (a, b) = if number.is_multiple_of(2) { (a, b) } else { (b, a) };
        let (said, ns) = clocked(|| exchange(a, b, BUDGET));
        let said = said?;
        let once = Once {
            ns,
            messages: said.len(),
            bytes: said.iter().map(Vec::len).sum(),
            reconciliation: said.iter().map(|said| beside_delta(said)).sum::<Result<_, Error>>()?,
            is_level: self.is_level(changed),
        };
        self.mend(changed)?;
        Ok(once)
    }

    fn is_level(&self, changed: usize) -> bool {
        let [a, b] = &self.hosts;
        let ids = self.drawn[..changed].iter().map(|writer| self.writers[*writer].owner.id());
        ids.into_iter().all(|id| a.max_version(id) == b.max_version(id))
    }

    /// Where an exchange left something over, let more of them bring it.
    fn mend(&mut self, changed: usize) -> Result<(), Error> {
        let mut tries = 0;
        while !self.is_level(changed) {
            let [a, b] = &mut self.hosts;
            exchange(a, b, BUDGET)?;
            tries += 1;
            assert!(tries < 100, "they do not get level");
        }
        Ok(())
    }
}

/// What one exchange was.
struct Once {
    ns: f64,
    messages: usize,
    /// Of all messages.
    bytes: usize,
    /// Of those, what is not in a delta.
    reconciliation: usize,
    is_level: bool,
}

/// A participant, and somebody who knows only that one and wants its news. They come as an Ack:
/// what answers a Syn would tell a host how much differs.
struct Writer {
    owner: Host,
    courier: Host,
    key: Vec<u8>,
}

impl Writer {
    fn new(number: usize, keys: usize) -> Result<Self, Error> {
        let (mut owner, mut courier) = (participant(number, keys, VALUE)?, host(999_999_999)?);
        exchange(&mut courier, &mut owner, BUDGET)?;
        Ok(Writer { owner, courier, key: key(number * keys) })
    }

    /// Change a key; the message that tells of it.
    fn write(&mut self, value: &[u8]) -> Result<Vec<u8>, Error> {
        self.owner.set(&self.key, value)?;
        let want = self.courier.receive(&self.owner.initiate(BUDGET)?, BUDGET)?;
        let news = self.owner.receive(&want, BUDGET)?;
        self.courier.receive(&news, 0)?;
        Ok(news)
    }
}

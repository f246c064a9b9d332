//! A few hosts and the network between them, which loses, repeats, reorders, misdelivers and
//! damages messages. After every step the host that was touched is checked against the naive model.

mod converge;
mod own;

use std::hash::{DefaultHasher, Hasher};

use plasmid::wire::Message;
use plasmid::{
    Config, Error, Exchange, Filter, Host, LocalState, MIN_BUDGET, Status, Stream, Turns,
};

use crate::dump::Dump;
use crate::model::{self, Model, View};
use crate::plan::{Damage, Plan, Step};
use crate::reader::Reader;

/// A message on its way.
#[derive(Clone)]
struct Letter {
    from: usize,
    to: usize,
    bytes: Vec<u8>,
    /// As it was made.
    sound: Vec<u8>,
}

/// A byte stream between two hosts, `a` being the initiator.
struct Connection {
    a: usize,
    b: usize,
    stream: Stream,
    exchange: Exchange,
}

/// A host that is taken by turns, of as little as there can be.
struct ByTurns<'a>(&'a mut Host);

impl Turns for ByTurns<'_> {
    fn turn<R>(&mut self, work: impl FnOnce(&mut Host) -> R) -> R {
        work(self.0)
    }

    fn at_once(&self) -> usize {
        1
    }
}

struct Node {
    host: Host,
    /// Exchanges take turns on it.
    by_turns: bool,
    view: View,
    /// How often it started anew without its state.
    restarts: u64,
    /// How often it met somebody with its id.
    twins: u64,
    /// The generation it was last seen in.
    generation: u64,
    /// What time it is there, if it was ever told.
    now_ms: Option<u64>,
    /// Own values that end by themselves: (deadline, version, key).
    deadlines: Vec<(u64, u64, Vec<u8>)>,
    reader: Reader,
    /// The host as it was written down.
    snapshot: Option<Snapshot>,
}

/// A host as it was written down, and what the model has to know of it.
#[derive(Clone)]
struct Snapshot {
    bytes: Vec<u8>,
    generation: u64,
    version: u64,
    deadlines: Vec<(u64, u64, Vec<u8>)>,
    now_ms: Option<u64>,
}

impl Node {
    fn new(host: Host, restarts: u64, by_turns: bool) -> Node {
        Node {
            generation: host.generation(),
            by_turns,
            host,
            view: View::default(),
            restarts,
            twins: 0,
            now_ms: None,
            deadlines: Vec::new(),
            reader: Reader::default(),
            snapshot: None,
        }
    }

    fn initiate(&mut self, budget: usize) -> Result<Vec<u8>, Error> {
        let host = &mut self.host;
        if self.by_turns { ByTurns(host).initiate(budget) } else { host.initiate(budget) }
    }

    fn receive(&mut self, message: &[u8], budget: usize) -> Result<Vec<u8>, Error> {
        let host = &mut self.host;
        match self.by_turns {
            true => ByTurns(host).receive(message, budget),
            false => host.receive(message, budget),
        }
    }

    fn transmit(&mut self, stream: &mut Stream, max: usize) -> Result<Vec<u8>, Error> {
        let host = &mut self.host;
        match self.by_turns {
            true => stream.transmit_in_turns(&mut ByTurns(host), max),
            false => stream.transmit(host, max),
        }
    }

    fn ask(&mut self, stream: &mut Stream, bytes: &[u8]) -> Result<(), Error> {
        let host = &mut self.host;
        match self.by_turns {
            true => stream.receive_in_turns(&mut ByTurns(host), bytes),
            false => stream.receive(host, bytes),
        }
    }

    fn answer(&mut self, exchange: &mut Exchange, bytes: &[u8]) -> Result<(), Error> {
        let host = &mut self.host;
        match self.by_turns {
            true => exchange.receive_in_turns(&mut ByTurns(host), bytes),
            false => exchange.receive(host, bytes),
        }
    }
}

/// The hosts, the network, and the model they are checked against.
pub struct World {
    plan: Plan,
    nodes: Vec<Node>,
    model: Model,
    letters: Vec<Letter>,
    connections: Vec<Connection>,
    /// How many hosts were made: each has another nonce.
    made: u64,
    /// How many values were written: each is another one.
    written: u64,
    misdelivered: bool,
    /// Everything that came out of the hosts.
    trace: DefaultHasher,
    /// Whether calls that must fail are thrown in between.
    noise: bool,
}

impl World {
    /// Hosts that have not met, one of which may have heard of participants that are gone.
    pub fn new(plan: &Plan, noise: bool) -> World {
        let mut world = World {
            plan: plan.clone(),
            nodes: Vec::new(),
            // At a limit a copy gives up history before it stops.
            model: Model::new(plan.nodes.iter().all(|node| node.history) && !plan.is_tight()),
            letters: Vec::new(),
            connections: Vec::new(),
            made: 0,
            written: 0,
            misdelivered: false,
            trace: DefaultHasher::new(),
            noise,
        };
        for at in 0..plan.nodes.len() {
            let host = world.make(at, plan.nodes[at].generation);
            let by_turns = world.by_turns(at);
            world.nodes.push(Node::new(host, 0, by_turns));
        }
        for number in 0..plan.ghosts {
            world.learn_ghost(number);
        }
        for at in 0..world.nodes.len() {
            world.check(at);
        }
        world
    }

    /// Half of the hosts are taken by turns, and with noise the other half: it is all the same.
    pub(crate) fn by_turns(&self, at: usize) -> bool {
        self.noise == (self.plan.seed + at as u64).is_multiple_of(2)
    }

    fn make(&mut self, at: usize, generation: u64) -> Host {
        let config = self.config(at, generation);
        let id = self.plan.id(at);
        self.model.start(&id, generation);
        Host::new(&id, config).expect("a plan within the limits")
    }

    fn config(&mut self, at: usize, generation: u64) -> Config {
        self.made += 1;
        let node = &self.plan.nodes[at];
        Config {
            ordering: node.ordering,
            digests: node.digests,
            state: LocalState { history: node.history },
            seed: self.plan.seed + at as u64,
            nonce: self.made,
            generation,
            cluster: if node.outsider { b"elsewhere".to_vec() } else { Vec::new() },
            auto_compact: node.auto_compact,
            tombstone_age_ms: 2000,
            limits: node.limits,
            ..Config::default()
        }
    }

    /// A host that wrote once and is gone; the first node has heard of it.
    fn learn_ghost(&mut self, number: u8) {
        let id = [b'~', number];
        let mut ghost =
            Host::new(&id, Config { nonce: u64::MAX, ..Config::default() }).expect("id");
        ghost.set(b"k", &[number]).expect("a small value");
        let ops = [(b"k".to_vec(), Some(vec![number]))].into();
        self.model.act(&id, 0, model::Act::Change(ops));
        exchange(&mut ghost, &mut self.nodes[0].host, 1 << 20);
    }

    /// Do one step and check the host it touched.
    pub fn step(&mut self, step: &Step) {
        if self.noise {
            self.make_noise();
        }
        let nodes = self.nodes.len();
        match *step {
            Step::Set { host, key, size } => self.set(host as usize % nodes, key, size),
            Step::SetMany { host, key, count } => {
                (key..key + count).for_each(|key| self.set(host as usize % nodes, key, 3));
            }
            Step::Delete { host, key } => self.delete(host as usize % nodes, key),
            Step::Batch { host, ref keys } => self.batch(host as usize % nodes, keys),
            Step::SetExpiring { host, key, ttl_ms } => {
                self.set_expiring(host as usize % nodes, key, u64::from(ttl_ms));
            }
            Step::Tick { host, ms } => self.tick(host as usize % nodes, u64::from(ms)),
            Step::Compact { host, up_to } => self.compact(host as usize % nodes, up_to),
            Step::Leave { host } => self.leave(host as usize % nodes),
            Step::Evict { host, whom } => self.evict(host as usize % nodes, whom),
            Step::Renew { host } => self.renew(host as usize % nodes),
            Step::Snapshot { host } => self.snapshot(host as usize % nodes),
            Step::Restore { host } => self.restore(host as usize % nodes),
            Step::Follow { host, limit } => {
                let node = &mut self.nodes[host as usize % nodes];
                node.reader.page(&mut node.host, limit as usize);
            }
            Step::Initiate { from, to, budget } => {
                let (from, to) = (from as usize % nodes, to as usize % nodes);
                self.initiate(from, to, budget);
            }
            Step::Deliver { letter, budget } if !self.letters.is_empty() => {
                let letter = self.letters.swap_remove(letter as usize % self.letters.len());
                self.deliver(letter, budget);
            }
            Step::Repeat { letter } if !self.letters.is_empty() => {
                self.letters.push(self.letters[letter as usize % self.letters.len()].clone());
            }
            Step::Lose { letter } if !self.letters.is_empty() => {
                self.letters.swap_remove(letter as usize % self.letters.len());
            }
            Step::Misdeliver { letter, to } if !self.letters.is_empty() => {
                let at = letter as usize % self.letters.len();
                self.letters[at].to = to as usize % nodes;
                self.misdelivered = true;
            }
            Step::Spoil { letter, damage } if !self.letters.is_empty() => {
                let at = letter as usize % self.letters.len();
                damage.apply(&mut self.letters[at].bytes);
            }
            Step::Restart { host } => self.restart(host as usize % nodes),
            Step::Twin { host, writes } => self.meet_twin(host as usize % nodes, writes),
            Step::Exchange { from, to, budget } => {
                let (from, to) = (from as usize % nodes, to as usize % nodes);
                self.whole_exchange(from, to, budget);
            }
            Step::Connect { from, to, mode, end } => {
                let (a, b) = (from as usize % nodes, to as usize % nodes);
                let stream = self.nodes[a].host.create_stream(end, mode.into());
                let exchange = self.nodes[b].host.exchange(end);
                self.connections.push(Connection { a, b, stream, exchange });
            }
            Step::Gossip { connection } if !self.connections.is_empty() => {
                let at = connection as usize % self.connections.len();
                self.connections[at].stream.gossip();
            }
            Step::Move { connection, bytes, flip } if !self.connections.is_empty() => {
                let at = connection as usize % self.connections.len();
                self.shift(at, bytes as usize, flip);
            }
            _ => {}
        }
    }

    /// Everything that came out of the hosts so far, as one number.
    pub fn trace(&self) -> u64 {
        self.trace.finish()
    }

    fn initiate(&mut self, from: usize, to: usize, budget: usize) {
        let limits = self.plan.nodes[from].limits;
        match self.nodes[from].initiate(budget) {
            Ok(bytes) => {
                assert!(budget >= MIN_BUDGET);
                self.send(from, to, bytes, budget.min(limits.message_bytes as usize));
            }
            Err(error) => {
                assert_eq!(error, Error::BudgetTooSmall { needed: MIN_BUDGET });
                assert!(budget < MIN_BUDGET);
            }
        }
    }

    /// Check what the host at `from` just made, and put it on the network.
    fn send(&mut self, from: usize, to: usize, bytes: Vec<u8>, most: usize) {
        assert!(bytes.len() <= most, "{} bytes with a budget of {most}", bytes.len());
        model::check_message(&self.nodes[from].host, &bytes);
        self.trace.write(&bytes);
        self.letters.push(Letter { from, to, sound: bytes.clone(), bytes });
    }

    fn deliver(&mut self, letter: Letter, budget: usize) {
        let Letter { from, to, ref bytes, ref sound } = letter;
        let damaged = bytes != sound;
        let limits = self.plan.nodes[to].limits;
        let foreign = self.plan.nodes[from].outsider != self.plan.nodes[to].outsider;
        let too_long = bytes.len() as u64 > limits.message_bytes;
        let too_small = (1..MIN_BUDGET).contains(&budget);
        let node = &mut self.nodes[to];
        // An empty message says nothing, which is no error.
        if too_small || (!bytes.is_empty() && (damaged || foreign || too_long)) {
            let before = Dump::of(&node.host);
            node.receive(bytes, budget).expect_err("a message that must be refused");
            assert_eq!(Dump::of(&node.host), before, "an error changed the host");
            return;
        }
        let reply = node.receive(bytes, budget).expect("a message that is sound");
        let most = budget.min(limits.message_bytes as usize);
        if bytes.is_empty() {
            assert!(reply.is_empty(), "an answer to nothing");
            return;
        }
        let message = Message::decode(bytes).expect("as it was made");
        let is_own = message.sender.id == node.host.id();
        if is_own && message.sender.nonce == node.host.config().nonce {
            assert!(reply.is_empty(), "a host talks to itself");
        } else if (message.digest.is_some() || message.want.is_some()) && budget > 0 {
            // Of the last delta made: only what says what is here or wanted is answered with one.
            let room = node.host.room_needed();
            assert!(room == 0 || room > most, "room_needed is {room} with {most}");
        }
        if !reply.is_empty() {
            self.send(to, from, reply, most);
        }
        self.check(to);
    }

    fn whole_exchange(&mut self, from: usize, to: usize, budget: usize) {
        let rest = std::mem::take(&mut self.letters);
        self.initiate(from, to, budget);
        for _ in 0..4 {
            if let Some(letter) = self.letters.pop() {
                self.deliver(letter, budget);
            }
        }
        assert!(self.letters.is_empty(), "an exchange has four messages at most");
        self.letters = rest;
    }

    /// Move up to `bytes` each way over a connection, one of them damaged when `flip` says so.
    fn shift(&mut self, at: usize, bytes: usize, flip: Option<u8>) {
        let mut connection = self.connections.swap_remove(at);
        let Connection { a, b, ref mut stream, ref mut exchange } = connection;
        let mut out = self.nodes[a].transmit(stream, bytes).expect("no bad limits");
        assert!(out.len() <= bytes);
        self.trace.write(&out);
        let damaged = flip.is_some_and(|flip| damage_byte(&mut out, flip));
        let received = self.nodes[b].answer(exchange, &out);
        if let Err(error) = received {
            let again = self.nodes[b].answer(exchange, b"");
            assert_eq!(again, Err(error), "an error of a stream is final");
            assert!(exchange.transmit(usize::MAX).is_empty());
        }
        let back = exchange.transmit(bytes);
        assert!(back.len() <= bytes);
        self.trace.write(&back);
        let answered = self.nodes[a].ask(stream, &back);
        let sound = received.is_ok() && answered.is_ok();
        let nodes = &self.plan.nodes;
        let foreign = nodes[a].outsider != nodes[b].outsider;
        let may_fail = damaged || foreign || self.plan.is_tight();
        assert!(sound || may_fail, "{received:?} {answered:?}");
        // After damage the rest of the connection is noise; a program closes it.
        if sound && !damaged {
            self.connections.push(connection);
        }
        self.follow_generation(b);
        self.check(a);
        self.check(b);
    }

    /// Calls that fail. They must leave no trace, not even in what is drawn from the seed.
    fn make_noise(&mut self) {
        for node in &mut self.nodes {
            let host = &mut node.host;
            let before = Dump::of(host);
            host.initiate(MIN_BUDGET - 1).expect_err("a budget that is too small");
            host.receive(b"noise", 4096).expect_err("noise");
            host.set(b"", b"").expect_err("an empty key");
            host.evict(b"nobody of that name").expect_err("an unknown participant");
            host.changes(Some(b"no cursor"), 1, Filter::default()).expect_err("no cursor");
            host.compact(Some(u64::MAX)).expect_err("a version that there is not");
            if let Some(letter) = self.letters.last() {
                host.receive(&letter.sound, 1).expect_err("a budget that is too small");
                let short = &letter.sound[..letter.sound.len() - 1];
                host.receive(short, 4096).expect_err("a cut message");
            }
            assert_eq!(Dump::of(host), before, "an error changed the host");
        }
    }

    /// Check what that host holds, after whatever happened to it.
    fn check(&mut self, at: usize) {
        self.follow_generation(at);
        let node = &mut self.nodes[at];
        let limits = &self.plan.nodes[at].limits;
        node.view = self.model.check(&mut node.host, &node.view);
        assert!(node.host.conflicts() == 0 || node.twins > 0, "a conflict with nobody");
        let present = node.host.participants(Some(Status::Present)).len() as u64;
        assert!(present <= limits.participants.max(1));
        for id in node.view.held.keys().filter(|_| self.plan.is_tight()) {
            let is_other = *id != node.host.id();
            // What may have been deleted does not count until a copy has caught up.
            let times = if is_other { 2 } else { 1 };
            assert!(node.host.len(id) as u64 <= times * limits.keys_per_participant);
            let mut total = 0;
            for update in node.host.updates(id) {
                let value = update.value.unwrap_or_default();
                assert!(value.len() as u64 <= limits.value_bytes);
                assert!(update.key.len() as u64 <= limits.key_bytes);
                // Deletions are let in, of no more keys than there were.
                let counts = update.value.is_some();
                total += if counts { (update.key.len() + value.len()) as u64 } else { 0 };
            }
            assert!(total <= times * limits.participant_bytes);
            assert!(!is_other || total <= times * limits.state_bytes);
        }
    }
}

/// One exchange between hosts that are not in the world.
fn exchange(a: &mut Host, b: &mut Host, budget: usize) {
    let syn = a.initiate(budget).expect("a good budget");
    let syn_ack = b.receive(&syn, budget).expect("a sound message");
    let ack = a.receive(&syn_ack, budget).expect("a sound message");
    b.receive(&ack, budget).expect("a sound message");
}

/// Flip a bit of one byte; whether there was one.
fn damage_byte(bytes: &mut [u8], flip: u8) -> bool {
    let len = bytes.len();
    if len > 0 {
        bytes[flip as usize % len] ^= 1 << (flip % 8);
    }
    len > 0
}

impl Damage {
    /// Damage a message.
    fn apply(self, bytes: &mut Vec<u8>) {
        let len = bytes.len().max(1);
        match self {
            Damage::Flip(at) => {
                damage_byte(bytes, at);
            }
            Damage::Cut(at) => bytes.truncate(at as usize % len),
            Damage::Insert(at, byte) => bytes.insert(at as usize % len, byte),
            Damage::Remove(at) => {
                bytes.drain(at as usize % len..(at as usize % len + 1).min(bytes.len()));
            }
        }
    }
}

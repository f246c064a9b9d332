//! Two hosts that know many others, what is told them by hand, and what they say when they meet.

use plasmid::wire::{self, Message};
use plasmid::{Config, Digests, Host};
use plasmid_tests::craft::{Craft, news, prefixed, set, sketch, varint};

/// The cluster of all hosts here.
pub(crate) fn cluster() -> u64 {
    wire::cluster_hash(b"")
}

pub(crate) fn short(id: &[u8]) -> u64 {
    wire::short_id(cluster(), id)
}

/// A host, and the number that makes it another one than all others.
pub(crate) fn host(id: &[u8], number: u64) -> Host {
    Host::new(id, config(number)).expect("a good id")
}

/// The same, that says what it has in sketches even where lines take less.
pub(crate) fn sketching(id: &[u8], number: u64) -> Host {
    let config = Config { digests: Digests::Sketch, ..config(number) };
    Host::new(id, config).expect("a good id")
}

fn config(number: u64) -> Config {
    Config { nonce: number + 1, seed: number, generation: 1, ..Config::default() }
}

/// The id of a participant that is only told of.
pub(crate) fn id(number: usize) -> [u8; 4] {
    (number as u32).to_be_bytes()
}

/// Tell a host of participants at some version: one key each.
pub(crate) fn teach<I: AsRef<[u8]>>(host: &mut Host, mut ids: Vec<I>, version: u64) {
    ids.sort_by(|a, b| a.as_ref().cmp(b.as_ref()));
    let told = ids.iter().map(|id| news(id.as_ref(), 1, 0, version, &set(version, b"k", b"v")));
    let message = Craft::new(3, cluster()).section(5, &told.collect::<Vec<_>>().concat());
    host.receive(&message.finish(), 0).expect("a sound message");
}

/// The first so many participants that are only told of.
pub(crate) fn ids(count: usize) -> Vec<[u8; 4]> {
    (0..count).map(id).collect()
}

/// A message of `sender`, in generation 1.
pub(crate) fn from(sender: &[u8], kind: u8) -> Craft {
    let head = Craft::raw(&[1, kind]).then(&cluster().to_be_bytes()).then(&prefixed(sender));
    head.then(&varint(1)).then(&[0; 8])
}

/// A Syn of somebody who places by that epoch, and has nothing.
pub(crate) fn claim(epoch: u64) -> Vec<u8> {
    from(b"x", 1).section(12, &sketch(epoch, &[wire::Cell::default()])).finish()
}

/// Have a host place by that epoch.
pub(crate) fn lead(host: &mut Host, epoch: u64) {
    for _ in 0..=8 {
        host.receive(&claim(epoch), 0).expect("a sound message");
    }
}

/// One exchange, begun by `a`: all that is said.
pub(crate) fn meet(a: &mut Host, b: &mut Host, budget: usize) -> Vec<Vec<u8>> {
    let mut said = vec![a.initiate(budget).expect("a good budget")];
    loop {
        let to = if said.len() % 2 == 1 { &mut *b } else { &mut *a };
        let answer = to.receive(said.last().expect("a Syn"), budget).expect("an honest message");
        if answer.is_empty() {
            return said;
        }
        assert!(answer.len() <= budget);
        said.push(answer);
        assert!(said.len() <= 4, "an exchange has four messages at most");
    }
}

/// The epoch and the size of the sketch in a message, if there is one.
pub(crate) fn sketch_in(message: &[u8]) -> Option<(u64, usize)> {
    let message = Message::decode(message).expect("an honest message");
    message.sketch.map(|sketch| (sketch.epoch, sketch.size()))
}

/// Bytes of all of them.
pub(crate) fn bytes(said: &[Vec<u8>]) -> usize {
    said.iter().map(Vec::len).sum()
}

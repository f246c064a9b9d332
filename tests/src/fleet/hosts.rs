//! A fleet of real hosts.

use plasmid::wire::Message;
use plasmid::{Config, Digests, Host, LocalState};

use super::{Brought, Fleet, Said};
use crate::craft::{prefixed, varint};

/// Larger than every message.
const BUDGET: usize = 64 << 20;
/// Bytes of a value.
pub const VALUE: usize = 16;

/// A fleet of real hosts, each with one key.
pub struct Hosts(Vec<Host>);

/// The id of a host: 16 bytes.
pub fn id(number: usize) -> Vec<u8> {
    [&b"member--"[..], &(number as u64).to_be_bytes()].concat()
}

fn number(id: &[u8]) -> usize {
    id.last_chunk().map_or(0, |last| u64::from_be_bytes(*last) as usize)
}

impl Hosts {
    /// Hosts that know nobody.
    pub fn new(count: usize, digests: Digests) -> Hosts {
        let host = |at: usize| {
            let number = at as u64 + 1;
            let mut config = Config { nonce: number, seed: number, ..Config::default() };
            (config.generation, config.digests) = (1, digests);
            // Nobody writes but the schedule.
            (config.auto_compact, config.state) = (false, LocalState { history: false });
            config.limits.message_bytes = BUDGET as u64;
            Host::new(&id(at), config).expect("a good id")
        };
        Hosts((0..count).map(host).collect())
    }

    /// Hosts that wrote once, and know that of all.
    pub fn level(count: usize, digests: Digests) -> Hosts {
        let mut fleet = Hosts::new(count, digests);
        let mut all = Hosts::new(count + 1, digests).0.pop().expect("one more");
        let empty = all.initiate(BUDGET).expect("a good budget");
        for host in &mut fleet.0 {
            host.set(b"key", &[0; VALUE]).expect("a small value");
            let news = host.receive(&empty, BUDGET).expect("a sound message");
            all.receive(&news, 0).expect("a sound message");
        }
        // In the name of somebody who wrote nothing, so nobody hears of it.
        for host in &mut fleet.0 {
            let syn = host.initiate(BUDGET).expect("a good budget");
            let news = all.receive(&syn, BUDGET).expect("a sound message");
            host.receive(&news, 0).expect("a sound message");
        }
        fleet
    }

    /// Whether every host has everything, for the tests of the simulation.
    pub fn is_level(&self) -> bool {
        let versions = self.0.iter().enumerate().map(|(at, owner)| owner.max_version(&id(at)));
        let versions: Vec<_> = versions.collect();
        let has = |host: &Host| {
            versions.iter().enumerate().all(|(at, version)| host.max_version(&id(at)) == *version)
        };
        self.0.iter().all(has)
    }
}

impl Fleet for Hosts {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn write(&mut self, who: usize) {
        self.0[who].set(b"key", &[1; VALUE]).expect("a small value");
    }

    fn meet(&mut self, caller: usize, called: usize, brought: &mut Vec<Brought>) -> Said {
        let [a, b] = self.0.get_disjoint_mut([caller, called]).expect("two hosts");
        let mut said = Said { exchanges: 1, ..Said::default() };
        let mut bytes = a.initiate(BUDGET).expect("a good budget");
        let (mut from, mut to) = (a, b);
        while !bytes.is_empty() {
            said.messages += 1;
            said.bytes += bytes.len() as u64;
            let message = Message::decode(&bytes).expect("an honest message");
            let described = message.digest.is_some() || message.sketch.is_some();
            said.again += u64::from(said.messages == 2 && described);
            if message.delta.is_some() {
                said.delta += delta_len(&message);
            }
            for news in message.delta.iter().flat_map(|delta| delta.participants()) {
                let held = to.max_version(news.id).unwrap_or(0);
                let versions = news.to.saturating_sub(held);
                if versions > 0 {
                    brought.push(Brought { whose: number(news.id), versions });
                }
            }
            bytes = to.receive(&bytes, BUDGET).expect("an honest message");
            core::mem::swap(&mut from, &mut to);
        }
        said
    }
}

/// Bytes of the delta section: those that are missing without it.
fn delta_len(message: &Message<'_>) -> u64 {
    let parts = message.delta.iter().flat_map(|delta| delta.participants()).map(|news| {
        let numbers = [news.generation, news.from, news.to].map(|number| varint(number).len());
        let entries = prefixed(news.entries.bytes()).len();
        // Nobody compacts here, so there are no optional parts.
        (prefixed(news.id).len() + numbers.iter().sum::<usize>() + 1 + entries) as u64
    });
    let body = parts.sum::<u64>();
    1 + varint(body).len() as u64 + body
}

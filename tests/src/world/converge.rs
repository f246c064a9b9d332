//! How a run ends: the faults stop, hosts keep meeting, and must become level and then silent.

use std::collections::BTreeMap;

use plasmid::{Digests, Mode};

use super::{Connection, World};
use crate::model::Seen;
use crate::plan::Finale;

impl World {
    /// The faults stop, late messages still come in, and hosts keep meeting: they must become level
    /// in a bounded number of passes around the ring, and then have nothing more to say.
    pub fn converge(&mut self) {
        for letter in std::mem::take(&mut self.letters) {
            self.deliver(letter, 0);
        }
        self.connections.clear();
        self.letters.clear();
        let ring: Vec<usize> =
            (0..self.nodes.len()).filter(|at| !self.plan.nodes[*at].outsider).collect();
        // Who knows of a twin stays silent until somebody ends that.
        for at in 0..self.nodes.len() {
            if self.nodes[at].twins > 0 {
                self.renew(at);
            }
        }
        let passes = self.plan.passes(self.model.writes());
        for pass in 0.. {
            if self.is_level(&ring) {
                break;
            }
            assert!(pass < passes, "not level after {passes} passes");
            for (from, to) in pairs(&ring) {
                self.meet(from, to);
            }
        }
        // The news of a generation without updates has no part in being level, and may still be on
        // its way to those who hold an older one.
        // And a host that calls is told a few times that its map is here.
        for _ in 0..4 {
            for (from, to) in pairs(&ring) {
                self.whole_exchange(from, to, Finale::Roomy.budget());
            }
        }
        for at in 0..self.nodes.len() {
            self.read_all(at);
        }
        for (from, to) in pairs(&ring) {
            let syn = self.nodes[from].host.initiate(usize::MAX).expect("no limit");
            let answer = self.nodes[to].host.receive(&syn, usize::MAX).expect("a sound Syn");
            // Who takes lines only has not understood a sketch, and cannot know.
            let digests = [from, to].map(|at| self.plan.nodes[at].digests == Digests::Plain);
            if digests != [false, true] {
                assert!(answer.is_empty(), "level hosts still talk");
            }
            assert_eq!(self.nodes[to].host.room_needed(), 0);
        }
    }

    /// One meeting of two hosts, in the way of this plan.
    fn meet(&mut self, from: usize, to: usize) {
        let Some((mode, chunk)) = self.plan.finale.stream() else {
            self.whole_exchange(from, to, self.plan.finale.budget());
            return self.ask_for_room(from, to);
        };
        let a_to_b = [(from, to), (to, from)];
        // A pull teaches its initiator only, so both sides pull.
        for (a, b) in a_to_b.into_iter().take(if mode == Mode::Pull { 2 } else { 1 }) {
            let stream = self.nodes[a].host.create_stream(true, mode);
            let exchange = self.nodes[b].host.exchange(true);
            let at = self.connections.len();
            self.connections.push(Connection { a, b, stream, exchange });
            while !self.connections[at].stream.is_finished()
                || !self.connections[at].exchange.is_finished()
            {
                self.shift(at, chunk, None);
            }
            assert_eq!(self.connections[at].stream.rounds(), 1);
            assert_eq!(self.connections[at].exchange.rounds(), 1);
            self.connections.pop();
        }
    }

    /// Ask with the budget that the responder named for the largest update that waits. It may have
    /// come in pieces meanwhile, so that no more is asserted here than that it does no harm.
    fn ask_for_room(&mut self, from: usize, to: usize) {
        let room_needed = self.nodes[to].host.room_needed();
        if room_needed > 0 && matches!(self.plan.finale, Finale::Asking) {
            self.whole_exchange(from, to, room_needed);
        }
    }

    /// Whether everyone in the ring holds what the owners have. A participant that has not written
    /// in its generation may be unknown, or known in an older one in which it had not either.
    fn is_level(&self, ring: &[usize]) -> bool {
        let mut newest: BTreeMap<Vec<u8>, Seen> = BTreeMap::new();
        for at in ring {
            for (id, seen) in &self.nodes[*at].view.held {
                let best = newest.entry(id.clone()).or_default();
                if seen.reached > best.reached {
                    *best = seen.clone();
                }
            }
        }
        newest.iter().all(|(id, best)| {
            let max_version = best.reached.1;
            let mut copies = ring.iter().map(|at| self.nodes[*at].view.held.get(id));
            copies.all(|copy| match copy {
                Some(copy) if max_version > 0 => copy == best,
                Some(copy) => copy.reached.1 == 0,
                None => max_version == 0,
            })
        })
    }
}

/// Neighbours around the ring.
fn pairs(ring: &[usize]) -> Vec<(usize, usize)> {
    ring.iter().copied().zip(ring.iter().copied().cycle().skip(1)).collect()
}

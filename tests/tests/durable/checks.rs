//! Opening the state again, and what is compared then.

use std::collections::{BTreeSet, HashMap};

use plasmid::Host;
use plasmid_store::{DurableState, StoreError};
use plasmid_tests::disk::Faults;

use crate::world::{Moment, Open, World, Wrong, config, key_of, value_of};

impl World {
    /// Nobody is shown anything else under the same name.
    pub(super) fn look(&mut self, at: usize) -> Result<(), Wrong> {
        let generation = self.peers[at].generation_of(b"owner").unwrap_or(0);
        for update in self.peers[at].updates(b"owner") {
            note(&mut self.shown, generation, &update)?;
        }
        Ok(())
    }

    pub(super) fn note_shown_by_owner(&mut self) -> Result<(), Wrong> {
        let Some(open) = &self.open else {
            return Ok(());
        };
        // What was written over an older file is found out when somebody is met who knows more.
        if self.is_rolled_back {
            return Ok(());
        }
        let generation = open.host.generation();
        for update in open.host.updates(b"owner") {
            note(&mut self.shown, generation, &update)?;
        }
        Ok(())
    }

    pub(super) fn try_open(&mut self) -> Result<Open, StoreError> {
        self.nonce += 1;
        let mut config = config(self.nonce, self.rng.u64(..));
        if self.is_growing {
            // By more than one process ever takes.
            config.generation += self.nonce << 32;
        }
        let disk = (self.between)(self.disk.clone());
        let (host, state) = DurableState::open_on(disk, b"owner", config, self.is_relaxed)?;
        Ok(Open { host, state })
    }

    /// Open the state again and compare it with what was acknowledged.
    pub(super) fn reopen(&mut self) -> Result<(), Wrong> {
        // The power may fail while it is opened, as often as it likes.
        while self.rng.u8(..4) == 0 {
            let stop = Some(self.rng.u64(..6));
            self.disk.set_faults(Faults { stop, ..Faults::default() });
            drop(self.try_open());
            self.tally.cuts += 1;
            self.disk.cut_power(&mut self.rng);
        }
        self.disk.set_faults(Faults::default());
        let open = self.try_open().map_err(|error| format!("not opened: {error}"))?;
        let found = Moment::of(&open.host, b"owner");
        let acked = self.acked.last().cloned();
        let reached = acked.as_ref().map_or((0, 0), |acked| acked.reached);
        let is_acked = acked.as_ref().map_or(found.map.is_empty(), |acked| found.map == acked.map);
        self.attempts.extend(self.shown_last.take().map(|shown| shown.map));
        let is_attempt = self.attempts.contains(&found.map);
        if self.is_relaxed {
            // Any moment of before, as long as it does not go on under the same name.
            let is_earlier = self.acked.iter().any(|acked| acked.map == found.map);
            if !is_acked && !is_attempt && !is_earlier && !found.map.is_empty() {
                return Err(format!("there is {found:?}, which never was"));
            }
        } else {
            if !is_acked && !is_attempt {
                return Err(format!("lost: there is {found:?}, acknowledged was {acked:?}"));
            }
            if found.reached < reached || (found.reached == reached && !is_acked) {
                return Err(format!("opened at {:?}, was at {reached:?}", found.reached));
            }
            if found.reached.0 != reached.0 && acked.is_some() && !self.is_rolled_back {
                let is_raised = self.attempts.is_empty();
                if is_raised {
                    return Err(format!("a new generation {found:?} after {reached:?}"));
                }
            }
            for (at, peer) in self.peers.iter().enumerate() {
                let shown = Moment::of(peer, b"owner").reached;
                if shown > found.reached && !self.is_rolled_back {
                    return Err(format!("peer {at} has {shown:?}, there is {:?}", found.reached));
                }
            }
        }
        self.look_for_lost_generations(&open.host)?;
        self.copies_are_sound(&open.host)?;
        self.now.clone_from(&found.map);
        self.begun = found.reached;
        self.attempts.clear();
        self.acked.push(found);
        self.open = Some(open);
        self.note_shown_by_owner()
    }

    /// Only a relaxed host loses any, and only where those that it is given do not outrank them.
    fn look_for_lost_generations(&mut self, host: &Host) -> Result<(), Wrong> {
        let known = self.peers.iter().filter_map(|peer| peer.generation_of(b"owner"));
        let lost: BTreeSet<u64> = known.filter(|known| *known > host.generation()).collect();
        let may_be_lost = self.is_rolled_back || self.is_relaxed && !self.is_growing;
        if !lost.is_empty() && !may_be_lost {
            return Err(format!("peers know {lost:?}, the owner is in {}", host.generation()));
        }
        self.may_conflict = lost.len() > 1;
        Ok(())
    }

    /// What is held of others is what they have, or had.
    pub(super) fn copies_are_sound(&self, host: &Host) -> Result<(), Wrong> {
        for peer in &self.peers {
            let id = peer.id();
            let (kept, real) = (Moment::of(host, id), Moment::of(peer, id));
            if kept.reached > real.reached || (kept.reached == real.reached && kept.map != real.map)
            {
                return Err(format!("of a peer at {real:?} there is {kept:?}"));
            }
        }
        Ok(())
    }
}

fn note(
    shown: &mut HashMap<(u64, u64, String), Option<String>>,
    generation: u64,
    update: &plasmid::Update<'_>,
) -> Result<(), Wrong> {
    let name = (generation, update.version, key_of(update.key));
    let value = update.value.map(value_of);
    match shown.get(&name) {
        Some(other) if *other != value => {
            Err(format!("{name:?} was {other:?} and is {value:?}: a version was used twice"))
        }
        _ => {
            shown.insert(name, value);
            Ok(())
        }
    }
}

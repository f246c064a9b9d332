//! What happens to the disk, the process and the file.

use plasmid::Host;
use plasmid_tests::disk::Faults;

use crate::world::{Mistake, Moment, World, Wrong, config, exchange};

impl World {
    /// Something on the disk fails, but the power stays.
    pub(super) fn fail(&mut self) -> Result<(), Wrong> {
        let after = self.rng.u64(..3);
        let kind = *self
            .rng
            .choice(&[std::io::ErrorKind::StorageFull, std::io::ErrorKind::Other])
            .expect("a choice");
        let faults = match self.rng.bool() {
            true => Faults { write: Some((after, kind)), ..Faults::default() },
            false => Faults { sync: Some(after), ..Faults::default() },
        };
        self.disk.set_faults(faults);
        for _ in 0..4 {
            self.write()?;
        }
        self.disk.set_faults(Faults::default());
        Ok(())
    }

    /// The power fails.
    pub(super) fn cut(&mut self) -> Result<(), Wrong> {
        if self.open.take().is_some() {
            self.attempts.push(self.now.clone());
        }
        self.tally.cuts += 1;
        self.disk.cut_power(&mut self.rng);
        self.reopen()
    }

    /// The process ends, and the machine goes on.
    pub(super) fn kill(&mut self) -> Result<(), Wrong> {
        if self.open.take().is_some() {
            self.attempts.push(self.now.clone());
        }
        self.reopen()
    }

    pub(super) fn close(&mut self) -> Result<(), Wrong> {
        let Some(mut open) = self.open.take() else {
            return Ok(());
        };
        if self.rng.u8(..4) == 0 {
            // The disk fails right then, and whoever goes on with the file need not know it.
            self.disk.set_faults(Faults { sync: Some(self.rng.u64(..2)), ..Faults::default() });
            let closed = open.state.close(&mut open.host);
            self.disk.set_faults(Faults::default());
            drop(open);
            self.attempts.push(self.now.clone());
            self.tally.failures += u64::from(closed.is_err());
            return self.reopen();
        }
        self.tally.ends += 1;
        open.state.close(&mut open.host).map_err(|error| format!("not closed: {error}"))?;
        let before = Moment::of(&open.host, b"owner").reached;
        drop(open);
        if self.rng.bool() {
            self.tally.cuts += 1;
            self.disk.cut_power(&mut self.rng);
        }
        // Once more and without a fault: even so a relaxed host goes on as it was.
        self.open = Some(self.try_open().map_err(|error| format!("not opened: {error}"))?);
        let after = self.open.as_ref().map(|open| Moment::of(&open.host, b"owner").reached);
        if after.is_some_and(|after| after != before) {
            return Err(format!("closed at {before:?}, opened at {after:?}"));
        }
        self.kill()
    }

    /// A bit goes bad while nobody has the state open: it is an error, or harmless, or the file is
    /// that of a moment before.
    pub(super) fn rot(&mut self) -> Result<(), Wrong> {
        self.open = None;
        self.attempts.push(self.now.clone());
        let Some(sound) = self.disk.contents() else {
            return Ok(());
        };
        let mut bytes = sound.clone();
        let at = self.rng.usize(..bytes.len());
        bytes[at] ^= 1 << self.rng.u8(..8);
        self.disk.put(bytes);
        self.tally.rotten += 1;
        match self.try_open() {
            Ok(open) => {
                let moment = Moment::of(&open.host, b"owner");
                let is_known = self.acked.iter().any(|acked| acked.map == moment.map)
                    || self.attempts.contains(&moment.map);
                if !is_known || moment.reached < self.begun {
                    return Err(format!("a bad bit made {moment:?}"));
                }
                drop(open);
                self.disk.put(sound);
            }
            Err(_) => self.disk.put(sound),
        }
        self.reopen()
    }

    /// Somebody puts a copy of the file back that is some changes old.
    pub(super) fn roll_back(&mut self) -> Result<(), Wrong> {
        if self.is_relaxed || self.is_rolled_back || self.open.is_none() {
            return Ok(());
        }
        self.tally.rollbacks += 1;
        self.kill()?;
        let Some(old) = self.disk.contents() else {
            return Ok(());
        };
        let (then, map) = (self.acked.len(), self.now.clone());
        for _ in 0..self.rng.usize(1..5) {
            self.write()?;
        }
        for at in 0..self.peers.len() {
            if let Some(open) = &mut self.open {
                exchange(open, &mut self.peers[at]);
                self.acknowledge()?;
                self.look(at)?;
            }
        }
        let Some(last) = self.acked.last().cloned() else {
            return Ok(());
        };
        self.open = None;
        self.disk.put(old);
        self.acked.truncate(then);
        self.now = map;
        self.attempts.clear();
        self.is_rolled_back = true;
        self.reopen()?;
        // It goes on writing before it meets anybody: as many changes as were lost, or more.
        for _ in 0..self.rng.usize(..6) {
            self.write()?;
        }
        let at = self.rng.usize(..self.peers.len());
        if self.mistake == Mistake::Forgets {
            self.peers[at] = Host::new(b"new", config(99, 1)).map_err(|error| error.to_string())?;
        }
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        let before = open.host.generation();
        exchange(&mut self.peers[at], open);
        exchange(open, &mut self.peers[at]);
        self.is_rolled_back = false;
        if self.mistake == Mistake::Forgets {
            return self.look(at);
        }
        let was_behind = last.reached.0 == before
            && self.acked.get(then.saturating_sub(1)).is_none_or(|m| m.reached < last.reached);
        if was_behind && open.host.generation() == before {
            return Err(format!("an older file came back, and {before} goes on"));
        }
        if open.host.generation() != before && open.host.conflicts() != 1 {
            return Err(format!("{} conflicts for one older file", open.host.conflicts()));
        }
        self.acknowledge()
    }
}

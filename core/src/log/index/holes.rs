//! What of a large log is no longer kept, and closing the holes that it leaves.

use alloc::vec::Vec;

use crate::log::index::{HOLE, Index, KeyHasher, LOST, Place, Slot, hash};
use crate::log::scan::entry_at;
use crate::log::subject::Subject;

impl Index {
    /// Of how many things there is a newest entry.
    pub(crate) fn subjects(&self) -> usize {
        self.newest.len()
    }

    /// Which entries are the newest about something.
    pub(crate) fn newest(&self) -> Vec<bool> {
        let mut newest = alloc::vec![false; self.slots.len()];
        self.newest.iter().for_each(|held| newest[held.slot as usize] = true);
        newest
    }

    pub(crate) fn is_hole(&self, at: usize) -> bool {
        self.slots[at].older == HOLE
    }

    /// The entry at that position is the newest about its one subject; nothing is any more.
    pub(crate) fn forget(&mut self, at: usize, hasher: &KeyHasher) {
        let Some(subject) = Subject::of(&entry_at(&self.bytes, self.start(at))) else {
            return;
        };
        let is_it = |held: &Place| held.slot as usize == at;
        if let Ok(held) = self.newest.find_entry(Place::spread(hash(subject, hasher)), is_it) {
            held.remove();
        }
    }

    /// The entry at that position is no longer kept.
    pub(crate) fn remove(&mut self, at: usize) {
        self.holes += self.start(at + 1) - self.start(at);
        self.slots[at].older = HOLE;
    }

    /// Bytes of updates that are no longer kept.
    pub(crate) fn holes(&self) -> usize {
        self.holes
    }

    /// Close the holes.
    pub(crate) fn squeeze(&mut self) {
        let Index { bytes, slots, newest, holes } = self;
        let mut moved = Vec::with_capacity(slots.len());
        // What is kept is moved down over the holes, each run between two of them at once.
        let (mut kept, mut gap, mut run) = (0, 0, 0);
        for at in 0..slots.len() {
            let Slot { start, older } = slots[at];
            if older == HOLE {
                let start = start as usize;
                let end = slots.get(at + 1).map_or(bytes.len(), |next| next.start as usize);
                if run < start {
                    bytes.copy_within(run..start, run - gap);
                }
                gap += end - start;
                run = end;
                moved.push(LOST);
                continue;
            }
            let older = if older < LOST { moved[older as usize] } else { older };
            slots[kept] = Slot { start: start - gap as u32, older };
            moved.push(kept as u32);
            kept += 1;
        }
        bytes.copy_within(run.., run - gap);
        bytes.truncate(bytes.len() - gap);
        slots.truncate(kept);
        newest.iter_mut().for_each(|held| held.slot = moved[held.slot as usize]);
        *holes = 0;
        // Much was dropped, and will not come back soon.
        if bytes.len() < bytes.capacity() / 4 {
            self.shrink_to_fit();
        }
    }

    /// Whether there is room for many more keys than there are.
    pub(crate) fn is_too_roomy(&self) -> bool {
        self.newest.len() < self.newest.capacity() / 4
    }

    /// Give back what is allocated beyond what is held.
    pub(crate) fn shrink_to_fit(&mut self) {
        self.bytes.shrink_to_fit();
        self.slots.shrink_to_fit();
        self.shrink_keys_to_fit();
    }

    /// Give back the room for more keys than there are.
    pub(crate) fn shrink_keys_to_fit(&mut self) {
        self.newest.shrink_to_fit(|held| Place::spread(held.hash));
    }
}

//! Disks that do less than they say. They show that it would be found if a state did.

use std::io;

use plasmid_store::Disk;

/// What is wrong with a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// What is written is given to the system only at every eighth sync.
    Late,
    /// A sync does nothing.
    NoSync,
    /// That a file takes the place of another is not synced.
    NoSyncOfPlace,
}

impl Fault {
    /// In the order of their numbers.
    pub const ALL: [Fault; 4] = [Fault::None, Fault::Late, Fault::NoSync, Fault::NoSyncOfPlace];
}

/// A disk with a fault.
#[derive(Debug)]
pub struct Careless<D> {
    disk: D,
    fault: Fault,
    /// Written, they say.
    late: Vec<(u64, Vec<u8>)>,
    syncs: u64,
}

impl<D: Disk> Careless<D> {
    /// That disk, with that fault.
    pub const fn new(disk: D, fault: Fault) -> Self {
        Careless { disk, fault, late: Vec::new(), syncs: 0 }
    }

    fn catch_up(&mut self) -> io::Result<()> {
        self.late.drain(..).try_for_each(|(at, bytes)| self.disk.write(at, &bytes))
    }
}

impl<D: Disk> Disk for Careless<D> {
    fn read(&mut self) -> io::Result<Option<Vec<u8>>> {
        self.disk.read()
    }

    fn create(&mut self) -> io::Result<()> {
        self.late.clear();
        self.disk.create()
    }

    fn write(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        if self.fault == Fault::Late {
            self.late.push((at, bytes.to_vec()));
            return Ok(());
        }
        self.disk.write(at, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.syncs += 1;
        let is_late = self.fault == Fault::Late && !self.syncs.is_multiple_of(8);
        if self.fault == Fault::NoSync || is_late {
            return Ok(());
        }
        self.catch_up()?;
        self.disk.sync()
    }

    fn replace(&mut self) -> io::Result<()> {
        self.catch_up()?;
        self.disk.replace()
    }

    fn sync_place(&mut self) -> io::Result<()> {
        if matches!(self.fault, Fault::NoSync | Fault::NoSyncOfPlace) {
            return Ok(());
        }
        self.disk.sync_place()
    }
}

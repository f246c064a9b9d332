//! A disk in memory, for one state: it loses what was not synced, and fails, when it is told to.
//!
//! Nothing is kinder here than a file system may be. At a power cut any part of what was written
//! and not synced survives, sector by sector and in any order; what is lost leaves zeros behind or
//! what stood in another file, and a file that took the place of another may not have done so.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use fastrand::Rng;
use plasmid_store::Disk;

use crate::contents::Contents;

/// The disk. A clone is the same one, as it is for the next process.
#[derive(Clone, Debug, Default)]
pub struct SimDisk(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    files: Vec<Contents>,
    /// The file that is in place, and the one that is after a power cut if nothing else is synced.
    place: Option<usize>,
    durable_place: Option<usize>,
    /// The file that is written.
    open: Option<usize>,
    faults: Faults,
    /// What was done so far.
    writes: u64,
    syncs: u64,
}

/// What is to go wrong.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// After so many more writes, the next is cut short, with that error.
    pub write: Option<(u64, io::ErrorKind)>,
    /// After so many more syncs, the next fails, and some of what it was for is lost.
    pub sync: Option<u64>,
    /// After so many more calls of any kind, the machine stops: nothing is done any more.
    pub stop: Option<u64>,
}

impl SimDisk {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().expect("no call panicked")
    }

    /// Go wrong like that from now on.
    pub fn set_faults(&self, faults: Faults) {
        self.inner().faults = faults;
    }

    /// The power fails. Whoever has the disk open goes on with nothing.
    pub fn cut_power(&self, rng: &mut Rng) {
        let mut inner = self.inner();
        let is_replaced = inner.place == inner.durable_place || rng.bool();
        let place = if is_replaced { inner.place } else { inner.durable_place };
        let stale = inner.files.iter().rev().map(|file| file.after_cut().to_vec()).next();
        let file = place.map(|place| {
            let mut file = inner.files[place].clone();
            file.lose(rng, &stale.unwrap_or_default());
            file
        });
        let place = file.as_ref().map(|_| 0);
        *inner = Inner { files: file.into_iter().collect(), place, ..Inner::default() };
        inner.durable_place = place;
    }

    /// What the file in place holds.
    pub fn contents(&self) -> Option<Vec<u8>> {
        let inner = self.inner();
        inner.place.map(|place| inner.files[place].now().to_vec())
    }

    /// Another file takes the place, as when somebody copies one.
    pub fn put(&self, contents: Vec<u8>) {
        let mut inner = self.inner();
        let file = Contents::durable(contents);
        *inner = Inner { files: vec![file], ..Inner::default() };
        (inner.place, inner.durable_place) = (Some(0), Some(0));
    }

    /// How many writes and syncs there were.
    pub fn done(&self) -> (u64, u64) {
        let inner = self.inner();
        (inner.writes, inner.syncs)
    }
}

impl Inner {
    fn file(&mut self) -> io::Result<&mut Contents> {
        let open = self.open.ok_or(io::ErrorKind::NotFound)?;
        self.files.get_mut(open).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Inner {
    /// Whether the machine has stopped.
    fn step(&mut self) -> io::Result<()> {
        let Some(left) = &mut self.faults.stop else {
            return Ok(());
        };
        if *left == 0 {
            return Err(io::Error::other("the power is gone"));
        }
        *left -= 1;
        Ok(())
    }
}

/// Whether it is the turn of a fault; counts down to it.
fn is_due(left: &mut u64) -> bool {
    let due = *left == 0;
    *left = left.saturating_sub(1);
    due
}

impl Disk for SimDisk {
    fn read(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut inner = self.inner();
        inner.open = inner.place;
        Ok(inner.place.map(|place| inner.files[place].now().to_vec()))
    }

    fn create(&mut self) -> io::Result<()> {
        let mut inner = self.inner();
        inner.step()?;
        inner.files.push(Contents::default());
        inner.open = Some(inner.files.len() - 1);
        Ok(())
    }

    fn write(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let mut inner = self.inner();
        inner.step()?;
        inner.writes += 1;
        let at = usize::try_from(at).map_err(io::Error::other)?;
        if let Some((left, kind)) = &mut inner.faults.write
            && is_due(left)
        {
            let kind = *kind;
            inner.file()?.write(at, &bytes[..bytes.len() / 2]);
            return Err(kind.into());
        }
        inner.file()?.write(at, bytes);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut inner = self.inner();
        inner.step()?;
        inner.syncs += 1;
        if let Some(left) = &mut inner.faults.sync
            && is_due(left)
        {
            let mut rng = Rng::with_seed(inner.syncs);
            inner.file()?.lose_unseen(&mut rng);
            return Err(io::Error::other("the disk says no"));
        }
        inner.file()?.sync();
        Ok(())
    }

    fn replace(&mut self) -> io::Result<()> {
        let mut inner = self.inner();
        inner.step()?;
        inner.place = inner.open;
        Ok(())
    }

    fn sync_place(&mut self) -> io::Result<()> {
        let mut inner = self.inner();
        inner.step()?;
        inner.durable_place = inner.place;
        Ok(())
    }
}

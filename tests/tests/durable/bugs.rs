//! The test must be able to fail: stores with a mistake each, and all of them are found.

use std::io;

use plasmid_store::Disk;
use plasmid_tests::disk::SimDisk;

use crate::world::{Between, Mistake, World};

/// Lives that are looked at for each.
const LIVES: u64 = 200;

/// One of the lives goes wrong, in that way.
fn is_found(between: Between, mistake: Mistake, how: &str) {
    let found = (1..=LIVES).find_map(|seed| {
        let mut world = World::new(seed, false, between);
        world.mistake = mistake;
        let wrong = world.run(60).err().filter(|wrong| wrong.contains(how))?;
        Some((seed, wrong))
    });
    let (seed, wrong) = found.expect("a mistake that is found");
    println!("life {seed}: {wrong}");
}

/// A disk with a mistake in what it makes durable.
#[derive(Debug)]
struct Wrong {
    disk: SimDisk,
    mistake: Order,
    held_back: Vec<(u64, Vec<u8>)>,
    is_due: bool,
    /// It is not in place yet.
    is_new: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    NoSync,
    SyncBeforeWrite,
    AckBeforeSync,
    /// The same, of changes only: the files themselves are in order.
    ShowBeforeSync,
    NoPlace,
}

impl Wrong {
    fn boxed(disk: SimDisk, mistake: Order) -> Box<dyn Disk> {
        Box::new(Wrong { disk, mistake, held_back: Vec::new(), is_due: false, is_new: false })
    }

    fn write_held_back(&mut self) -> io::Result<()> {
        let held_back = std::mem::take(&mut self.held_back);
        held_back.into_iter().try_for_each(|(at, bytes)| self.disk.write(at, &bytes))
    }
}

impl Disk for Wrong {
    fn read(&mut self) -> io::Result<Option<Vec<u8>>> {
        self.disk.read()
    }

    fn create(&mut self) -> io::Result<()> {
        self.is_new = true;
        self.disk.create()
    }

    fn write(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        if self.mistake == Order::SyncBeforeWrite {
            self.held_back.push((at, bytes.to_vec()));
            return Ok(());
        }
        if std::mem::take(&mut self.is_due) {
            self.disk.sync()?;
        }
        self.disk.write(at, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        match self.mistake {
            Order::NoSync => Ok(()),
            Order::NoPlace => self.disk.sync(),
            Order::SyncBeforeWrite => {
                self.disk.sync()?;
                self.write_held_back()
            }
            Order::ShowBeforeSync if self.is_new => self.disk.sync(),
            // It is done when there is more to be written.
            Order::AckBeforeSync | Order::ShowBeforeSync => {
                self.is_due = true;
                Ok(())
            }
        }
    }

    fn replace(&mut self) -> io::Result<()> {
        self.is_new = false;
        self.disk.replace()
    }

    fn sync_place(&mut self) -> io::Result<()> {
        if self.mistake == Order::NoPlace { Ok(()) } else { self.disk.sync_place() }
    }
}

#[test]
fn no_sync() {
    is_found(|disk| Wrong::boxed(disk, Order::NoSync), Mistake::None, "lost");
}

#[test]
fn a_sync_before_the_write() {
    is_found(|disk| Wrong::boxed(disk, Order::SyncBeforeWrite), Mistake::None, "lost");
}

#[test]
fn an_acknowledgement_before_the_sync() {
    is_found(|disk| Wrong::boxed(disk, Order::AckBeforeSync), Mistake::None, "lost");
}

/// What is acknowledged is durable, and what is shown is not.
#[test]
fn shown_before_it_is_durable() {
    is_found(|disk| Wrong::boxed(disk, Order::ShowBeforeSync), Mistake::Shows, "peer");
}

/// A version that was used before the file was put back names something else after it.
#[test]
fn used_again_after_an_older_file_came_back() {
    is_found(|disk| Box::new(disk), Mistake::Forgets, "used twice");
}

/// A file that takes the place of another and is not synced there may not have done so.
#[test]
fn a_place_that_is_not_synced() {
    is_found(|disk| Wrong::boxed(disk, Order::NoPlace), Mistake::None, "opened");
}

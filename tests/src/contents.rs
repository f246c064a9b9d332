//! A file on a disk that loses what was not synced: any part of it, sector by sector and in any
//! order. What is lost leaves zeros behind, or what stood on the disk before.

use fastrand::Rng;

/// What survives or is lost as one.
const SECTOR: usize = 512;

/// What a system holds in memory, and writes as one.
const PAGE: usize = 4096;

/// What is in the file, and what of it is durable.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    now: Vec<u8>,
    durable: Vec<u8>,
    /// Writes since the last sync.
    unsynced: Vec<(usize, Vec<u8>)>,
    /// It was emptied since, before these.
    is_emptied: bool,
}

impl Contents {
    /// A file of those bytes, all durable.
    pub fn durable(bytes: Vec<u8>) -> Self {
        Contents { now: bytes.clone(), durable: bytes, ..Contents::default() }
    }

    /// What is read of it.
    pub fn now(&self) -> &[u8] {
        &self.now
    }

    /// What is there for certain after a power cut.
    pub fn after_cut(&self) -> &[u8] {
        &self.durable
    }

    /// Write bytes there.
    pub fn write(&mut self, at: usize, bytes: &[u8]) {
        put(&mut self.now, at, bytes, &[]);
        self.unsynced.push((at, bytes.to_vec()));
    }

    /// Make it empty.
    pub fn empty(&mut self) {
        self.now.clear();
        self.unsynced.clear();
        self.is_emptied = true;
    }

    /// What was written is durable from here on, page by page as it is in memory. What was lost
    /// unseen before, in other pages, is not written again.
    pub fn sync(&mut self) {
        if std::mem::take(&mut self.is_emptied) {
            self.durable.clear();
        }
        for (at, bytes) in std::mem::take(&mut self.unsynced) {
            let from = at / PAGE * PAGE;
            let to = (at + bytes.len()).next_multiple_of(PAGE).min(self.now.len());
            put(&mut self.durable, from, &self.now[from..to], &[]);
        }
        self.durable.resize(self.durable.len().max(self.now.len()), 0);
    }

    /// Some of what was not synced survives; `stale` is what else stood on that disk.
    pub fn lose(&mut self, rng: &mut Rng, stale: &[u8]) {
        let stale = if rng.bool() { stale } else { &[] };
        if std::mem::take(&mut self.is_emptied) && rng.bool() {
            self.durable.clear();
        }
        // All, nothing, or some of it.
        let survives = *rng.choice(&[0.0, 0.1, 0.5, 0.9, 1.0]).expect("a choice");
        let mut pieces: Vec<(usize, Vec<u8>)> = Vec::new();
        for (at, bytes) in self.unsynced.drain(..) {
            let mut from = at;
            for piece in sectors(at, &bytes) {
                pieces.push((from, piece.to_vec()));
                from += piece.len();
            }
        }
        rng.shuffle(&mut pieces);
        for (at, piece) in pieces {
            if rng.f64() < survives {
                put(&mut self.durable, at, &piece, stale);
            }
        }
        self.now.clone_from(&self.durable);
    }

    /// As [`lose`](Contents::lose), and nobody sees it before the power fails: the system believes
    /// that it wrote all of it.
    pub fn lose_unseen(&mut self, rng: &mut Rng) {
        let now = std::mem::take(&mut self.now);
        self.lose(rng, &[]);
        self.now = now;
    }
}

/// The bytes from there on, cut where sectors end.
fn sectors(at: usize, bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (first, rest) = bytes.split_at(bytes.len().min(SECTOR - at % SECTOR));
    std::iter::once(first).filter(|first| !first.is_empty()).chain(rest.chunks(SECTOR))
}

/// Put bytes there. What lies between them and the end is filled with what was on the disk.
fn put(file: &mut Vec<u8>, at: usize, bytes: &[u8], stale: &[u8]) {
    while file.len() < at + bytes.len() {
        file.push(stale.get(file.len()).copied().unwrap_or(0));
    }
    file[at..at + bytes.len()].copy_from_slice(bytes);
}

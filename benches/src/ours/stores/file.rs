//! Entries one behind the other in a file that is synced: the least that a store must do. It has no
//! checksums, so it is also what damage goes through unseen.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::Path;

use crate::stores::{Entry, Grouped, Options, Outcome, Store};

pub(crate) struct BareFile {
    file: File,
    is_relaxed: bool,
}

impl Store for BareFile {
    const NAME: &'static str = "file";
    type Shared = Grouped<BareFile>;

    fn open(folder: &Path, options: Options) -> Outcome<Self> {
        let path = folder.join("entries");
        let file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
        Ok(BareFile { file, is_relaxed: options == Options::Relaxed })
    }

    /// Nothing is dropped.
    fn put(&mut self, entries: &[Entry], _: &[u64]) -> Outcome<()> {
        let mut all = Vec::new();
        for (version, bytes) in entries {
            all.extend_from_slice(&version.to_le_bytes());
            all.extend_from_slice(&u32::try_from(bytes.len())?.to_le_bytes());
            all.extend_from_slice(bytes);
        }
        self.file.write_all(&all)?;
        if self.is_relaxed { Ok(()) } else { self.sync() }
    }

    fn sync(&mut self) -> Outcome<()> {
        Ok(self.file.sync_data()?)
    }

    fn read(&mut self) -> Outcome<Vec<Entry>> {
        let mut bytes = Vec::new();
        self.file.read_to_end(&mut bytes)?;
        let (mut all, mut rest) = (Vec::new(), &*bytes);
        while let Some((version, after)) = rest.split_first_chunk() {
            let (len, after) = after.split_first_chunk().ok_or("it ends within a length")?;
            let len = u32::from_le_bytes(*len) as usize;
            let (entry, after) = after.split_at_checked(len).ok_or("it ends within an entry")?;
            all.push((u64::from_le_bytes(*version), entry.to_vec()));
            rest = after;
        }
        Ok(all)
    }

    fn close(self) -> Outcome<()> {
        Ok(self.file.sync_all()?)
    }

    fn share(self) -> Grouped<BareFile> {
        Grouped::new(self)
    }
}

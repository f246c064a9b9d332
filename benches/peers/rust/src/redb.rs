//! redb 4.6: a B-tree that is copied where it changes. What is durable is so as it is by default.

use std::path::Path;

use redb::{
    Database, Durability, ReadableDatabase as _, ReadableTable as _, TableDefinition, TableError,
};

use crate::stores::{Entry, Grouped, Options, Outcome, Store};

const ENTRIES: TableDefinition<u64, &[u8]> = TableDefinition::new("entries");

pub(crate) struct Redb {
    database: Database,
    durability: Durability,
}

impl Store for Redb {
    const NAME: &'static str = "redb";
    type Shared = Grouped<Redb>;

    fn open(folder: &Path, options: Options) -> Outcome<Self> {
        let mut database = Database::create(folder.join("entries"))?;
        if options == Options::Checked {
            // If it is not sound it is repaired, which shows in what is read then.
            database.check_integrity()?;
        }
        let durability = match options {
            Options::Relaxed => Durability::None,
            _ => Durability::Immediate,
        };
        Ok(Redb { database, durability })
    }

    fn put(&mut self, entries: &[Entry], dropped: &[u64]) -> Outcome<()> {
        let mut change = self.database.begin_write()?;
        change.set_durability(self.durability)?;
        {
            let mut table = change.open_table(ENTRIES)?;
            for (version, bytes) in entries {
                table.insert(version, &**bytes)?;
            }
            for version in dropped {
                table.remove(version)?;
            }
        }
        Ok(change.commit()?)
    }

    /// What is durable takes along all that came before it.
    fn sync(&mut self) -> Outcome<()> {
        Ok(self.database.begin_write()?.commit()?)
    }

    fn read(&mut self) -> Outcome<Vec<Entry>> {
        let table = match self.database.begin_read()?.open_table(ENTRIES) {
            Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
            table => table?,
        };
        let mut all = Vec::new();
        for entry in table.iter()? {
            let (version, bytes) = entry?;
            all.push((version.value(), bytes.value().to_vec()));
        }
        Ok(all)
    }

    /// It is closed when it is dropped.
    fn close(self) -> Outcome<()> {
        Ok(())
    }

    fn share(self) -> Grouped<Redb> {
        Grouped::new(self)
    }
}

//! SQLite 3.54 by rusqlite: a B-tree, and a log before it.

use std::path::Path;

use rusqlite::Connection;

use crate::stores::{Entry, Grouped, Options, Outcome, Store};

pub(crate) struct Sqlite(Connection);

impl Store for Sqlite {
    const NAME: &'static str = "sqlite";
    type Shared = Grouped<Sqlite>;

    fn open(folder: &Path, options: Options) -> Outcome<Self> {
        let connection = Connection::open(folder.join("entries"))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // Of the log each commit is synced, or only what goes from there into the tree.
        let synchronous = if options == Options::Relaxed { "NORMAL" } else { "FULL" };
        connection.pragma_update(None, "synchronous", synchronous)?;
        if options == Options::Checked {
            let found: String =
                connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
            if found != "ok" {
                return Err(found.into());
            }
        }
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS entries (version INTEGER PRIMARY KEY, bytes BLOB NOT NULL)",
        )?;
        Ok(Sqlite(connection))
    }

    fn put(&mut self, entries: &[Entry], dropped: &[u64]) -> Outcome<()> {
        let change = self.0.transaction()?;
        {
            let mut insert = change.prepare_cached("INSERT INTO entries VALUES (?1, ?2)")?;
            for (version, bytes) in entries {
                insert.execute((*version as i64, bytes))?;
            }
            let mut delete = change.prepare_cached("DELETE FROM entries WHERE version = ?1")?;
            for version in dropped {
                delete.execute([*version as i64])?;
            }
        }
        Ok(change.commit()?)
    }

    fn sync(&mut self) -> Outcome<()> {
        Ok(self.0.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?)
    }

    fn read(&mut self) -> Outcome<Vec<Entry>> {
        let mut select = self.0.prepare("SELECT version, bytes FROM entries ORDER BY version")?;
        let rows = select.query_map([], |row| Ok((row.get::<_, i64>(0)? as u64, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn close(self) -> Outcome<()> {
        self.0.close().map_err(|(_, error)| error.into())
    }

    fn share(self) -> Grouped<Sqlite> {
        Grouped::new(self)
    }
}

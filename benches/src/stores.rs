//! Stores side by side: what it costs to keep small entries in a file, and what a store makes of a
//! file that was damaged. Those of other crates are driven by this code, too, in their workspace.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use serde_json::{Value, json};

use crate::input::{Values, key};

// Said in full, because the other workspace finds this file by its path, too.
#[path = "stores/damage.rs"]
mod damage;
#[path = "stores/group.rs"]
mod group;
#[path = "stores/space.rs"]
mod space;
#[path = "stores/times.rs"]
mod times;

pub(crate) use group::Grouped;

/// Errors that threads can hand on.
pub(crate) type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// A version, and what it brought: a key of 16 bytes, and a value.
pub(crate) type Entry = (u64, Vec<u8>);

/// Bytes of a key.
pub(crate) const KEY: usize = 16;

/// With its key, an entry has so many bytes.
const ENTRY: usize = 100;

/// What a process finds in the folder of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Options {
    /// What is put is durable when the call returns.
    Durable,
    /// The same, and the store looks at the whole file when it is opened, if it can.
    Checked,
    /// What is put is durable after the next `sync`.
    Relaxed,
}

/// A store of entries in order of their versions, in a folder of its own.
pub(crate) trait Store: Send + Sized {
    const NAME: &'static str;
    /// How several threads use it.
    type Shared: Writers;

    /// Open what is there, or make it.
    fn open(folder: &Path, options: Options) -> Outcome<Self>;
    /// Add entries and drop others, all or nothing of it. A store that goes by keys drops what is
    /// superseded by itself.
    fn put(&mut self, entries: &[Entry], dropped: &[u64]) -> Outcome<()>;
    fn sync(&mut self) -> Outcome<()>;
    fn read(&mut self) -> Outcome<Vec<Entry>>;
    fn close(self) -> Outcome<()>;
    fn share(self) -> Self::Shared;
}

/// A store that many threads write to.
pub(crate) trait Writers: Sync {
    /// Return when it is durable.
    fn put(&self, entry: Entry) -> Outcome<()>;
}

/// Answer one request.
pub(crate) fn measure<S: Store>(words: &[&str]) -> Result<Value, Box<dyn Error>> {
    let options = |word: &str| match word {
        "checked" => Options::Checked,
        _ => Options::Durable,
    };
    let figures = match *words {
        ["commit", writers] => times::commits::<S>(writers.parse()?),
        ["make", count, end] => times::make::<S>(count.parse()?, end),
        ["open", count, end, how] => times::opening::<S>(count, end, options(how)),
        ["clear"] => folder::<S>("").and_then(emptied).map(|_| json!({})),
        ["space", keys] => space::overwriting::<S>(keys.parse()?),
        ["damage", end, how] => damage::trials::<S>(end, how),
        ["judge", folder, how] => Ok(damage::judge::<S>(Path::new(folder), options(how))),
        _ => Err(format!("nothing is called {words:?}").into()),
    };
    figures.map_err(|error| -> Box<dyn Error> { error })
}

/// An entry that is the same each time.
fn entry(version: u64, number: usize, len: usize) -> Entry {
    let value = Values::of(version as usize).next(len - KEY);
    (version, [key(number), value].concat())
}

/// The first so many entries, none of which supersedes another.
fn entries(count: usize, len: usize) -> impl Iterator<Item = Entry> {
    (1..=count).map(move |number| entry(number as u64, number, len))
}

/// A folder of the store, beside what cargo built: on a disk that is one.
pub(crate) fn folder<S: Store>(name: &str) -> Outcome<PathBuf> {
    let program = env::current_exe()?;
    let target = program.ancestors().nth(2).unwrap_or(Path::new("target"));
    Ok(target.join("bench/stores").join(S::NAME).join(name))
}

/// The same folder, with nothing in it.
pub(crate) fn emptied(folder: PathBuf) -> Outcome<PathBuf> {
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => fs::create_dir_all(&folder)?,
    }
    Ok(folder)
}

/// The files in there, and their lengths, always in the same order.
fn files(folder: &Path) -> Outcome<Vec<(PathBuf, u64)>> {
    let mut files = Vec::new();
    for file in fs::read_dir(folder)? {
        let file = file?;
        files.push((file.path(), file.metadata()?.len()));
    }
    files.sort();
    Ok(files)
}

/// What a process leaves that is killed, of a store that is open: what it wrote. What only those
/// share that have it open, SQLite's index of its log, is made anew by the next one.
fn copy_files(from: &Path, to: PathBuf) -> Outcome<PathBuf> {
    let to = emptied(to)?;
    for (file, _) in files(from)? {
        let name = file.file_name().unwrap_or_default();
        if !name.to_string_lossy().ends_with("-shm") {
            fs::copy(&file, to.join(name))?;
        }
    }
    Ok(to)
}

//! What a state needs of a file system, and the one of the machine.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::StoreError;

/// What the names of the files beside a state end in: who has it, and what takes its place.
const LOCK: &str = ".plasmid-lock";
const NEW: &str = ".plasmid-new";

/// The place of one state: a file that is written at its end, and at times replaced by a new one.
///
/// What was written is durable only after [`sync`](Disk::sync): until then any part of it may be
/// lost, in any order. That another file has taken the place is durable only after
/// [`sync_place`](Disk::sync_place).
pub trait Disk: fmt::Debug + Send {
    /// All bytes of the file; `None` if there is none.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn read(&mut self) -> io::Result<Option<Vec<u8>>>;

    /// Begin a new file, empty, beside the one that is in place. What is written and synced from
    /// here on is the new one's.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn create(&mut self) -> io::Result<()>;

    /// Write bytes there, which is not beyond the end.
    ///
    /// # Errors
    ///
    /// What the system says. Some of the bytes may have been written.
    fn write(&mut self, at: u64, bytes: &[u8]) -> io::Result<()>;

    /// Make durable what was written to the file.
    ///
    /// # Errors
    ///
    /// What the system says. Nobody knows what is durable then.
    fn sync(&mut self) -> io::Result<()>;

    /// Put the new file in the place of the other, at once and whole.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn replace(&mut self) -> io::Result<()>;

    /// Give the new file up, which is not in place: it is in nobody's way, and takes no room. That
    /// this fails changes nothing.
    fn discard(&mut self) {}

    /// Make durable which file is in place.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn sync_place(&mut self) -> io::Result<()>;
}

/// A file of this machine, which is what [`DurableState::open`](crate::DurableState::open) opens;
/// for those who put something in between. While it is open nobody else can open it: there is a
/// lock beside it.
#[derive(Debug)]
pub struct FileDisk {
    /// Whatever folder the process goes to later.
    path: PathBuf,
    file: Option<File>,
    /// Held until this is dropped.
    lock: File,
    /// The process that holds it.
    process: u32,
}

impl FileDisk {
    /// Take the place of that name. Nothing is read or made there yet but the lock.
    ///
    /// # Errors
    ///
    /// [`StoreError::InUse`] if somebody has it, or what the system says. A path that ends as the
    /// files beside another one do is no place for a state ([`io::ErrorKind::InvalidFilename`]).
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let failed = |error: io::Error| StoreError::io("opening the lock", &error);
        // One file has one lock, whatever symbolic links lead to it.
        let path = fs::canonicalize(path).or_else(|_| std::path::absolute(path)).map_err(failed)?;
        if [LOCK, NEW]
            .iter()
            .any(|ending| path.as_os_str().as_encoded_bytes().ends_with(ending.as_bytes()))
        {
            return Err(failed(io::ErrorKind::InvalidFilename.into()));
        }
        let options = OpenOptions::new().write(true).create(true).truncate(false).to_owned();
        let lock = options.open(beside(&path, LOCK)).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(FileDisk { path, file: None, lock, process: std::process::id() }),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    fn file(&self) -> io::Result<&File> {
        self.file.as_ref().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }
}

/// A process that was forked has the lock as well until it becomes another program, so that closing
/// the file alone would not always free it at once. One that goes on as it is must not free it.
impl Drop for FileDisk {
    fn drop(&mut self) {
        if self.process == std::process::id() {
            let _ = self.lock.unlock();
        }
    }
}

/// A name that belongs to that one.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

impl Disk for FileDisk {
    fn read(&mut self) -> io::Result<Option<Vec<u8>>> {
        match fs::read(&self.path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn create(&mut self) -> io::Result<()> {
        let file = File::create(beside(&self.path, NEW))?;
        // Who may read it is what somebody may have decided.
        match fs::metadata(&self.path) {
            Ok(before) => file.set_permissions(before.permissions())?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        self.file = Some(file);
        Ok(())
    }

    fn write(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        write_all_at(self.file()?, at, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file()?.sync_data()
    }

    fn replace(&mut self) -> io::Result<()> {
        fs::rename(beside(&self.path, NEW), &self.path)
    }

    fn discard(&mut self) {
        self.file = None;
        let _ = fs::remove_file(beside(&self.path, NEW));
    }

    /// Only where directories can be opened: elsewhere the system does it, or cannot.
    fn sync_place(&mut self) -> io::Result<()> {
        if cfg!(unix) {
            let parent = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
            File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
        }
        Ok(())
    }
}

#[cfg(unix)]
fn write_all_at(file: &File, at: u64, bytes: &[u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, at)
}

#[cfg(not(unix))]
fn write_all_at(mut file: &File, at: u64, bytes: &[u8]) -> io::Result<()> {
    use std::io::{Seek as _, SeekFrom, Write as _};
    file.seek(SeekFrom::Start(at))?;
    file.write_all(bytes)
}

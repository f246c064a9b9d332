//! The folder that forgets, as a file system that other processes use like any other.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, UNIX_EPOCH};

use fastrand::Rng;
use fuser::{
    BackgroundSession, BsdFileFlags, Config, Errno, FileAttr, FileHandle, FileType, Filesystem,
    FopenFlags, Generation, INodeNo, LockOwner, MountOption, OpenFlags, RenameFlags, ReplyAttr,
    ReplyCreate, ReplyData, ReplyEmpty, ReplyEntry, ReplyWrite, Request, TimeOrNow, WriteFlags,
};

use super::forgetful::Folder;

/// The folder itself; files follow.
const ROOT: u64 = 1;

/// What the system was told stays true for so long. Nobody changes anything behind its back.
const VALID: Duration = Duration::from_secs(1);

/// A file system that is mounted.
pub(crate) struct Mounted {
    at: PathBuf,
    shared: Shared,
    session: Option<BackgroundSession>,
}

impl Mounted {
    /// Mount an empty one there.
    pub(crate) fn new(at: &Path) -> io::Result<Mounted> {
        fs::create_dir_all(at)?;
        let mut mounted = Mounted { at: at.to_owned(), shared: Shared::default(), session: None };
        mounted.mount()?;
        Ok(mounted)
    }

    fn mount(&mut self) -> io::Result<()> {
        let mut config = Config::default();
        config.mount_options = vec![MountOption::FSName("plasmid-tests".to_owned())];
        let session = fuser::spawn_mount(self.shared.clone(), &self.at, &config)?;
        self.session = Some(session);
        Ok(())
    }

    /// The power fails, and is back: nobody has anything open, and the system remembers nothing.
    /// Whether anything was lost.
    pub(crate) fn cut_power(&mut self, rng: &mut Rng) -> io::Result<bool> {
        self.unmount()?;
        let has_lost = self.shared.folder().cut_power(rng);
        self.mount()?;
        Ok(has_lost)
    }

    fn unmount(&mut self) -> io::Result<()> {
        self.session.take().map_or(Ok(()), BackgroundSession::umount_and_join)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = self.unmount();
        let _ = fs::remove_dir(&self.at);
    }
}

#[derive(Clone, Debug, Default)]
struct Shared(Arc<Mutex<Folder>>);

impl Shared {
    fn folder(&self) -> MutexGuard<'_, Folder> {
        self.0.lock().expect("no call panicked")
    }
}

/// Numbers of files begin behind that of the folder.
const fn inode(file: u64) -> INodeNo {
    INodeNo(file + ROOT)
}

const fn number(inode: INodeNo) -> u64 {
    inode.0 - ROOT
}

fn attributes(folder: &mut Folder, inode: INodeNo) -> Result<FileAttr, Errno> {
    let (kind, size) = match inode.0 {
        ROOT => (FileType::Directory, 0),
        _ => {
            let file = folder.file(number(inode)).ok_or(Errno::ENOENT)?;
            (FileType::RegularFile, file.now().len() as u64)
        }
    };
    Ok(FileAttr {
        ino: inode,
        size,
        blocks: size.div_ceil(512),
        atime: UNIX_EPOCH,
        mtime: UNIX_EPOCH,
        ctime: UNIX_EPOCH,
        crtime: UNIX_EPOCH,
        kind,
        perm: 0o700,
        nlink: 1,
        uid: 0,
        gid: 0,
        rdev: 0,
        blksize: 512,
        flags: 0,
    })
}

/// What is not here the system does without.
impl Filesystem for Shared {
    fn lookup(&self, _: &Request, _: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let mut folder = self.folder();
        let found = folder.find(name).ok_or(Errno::ENOENT);
        match found.and_then(|file| attributes(&mut folder, inode(file))) {
            Ok(attributes) => reply.entry(&VALID, &attributes, Generation(0)),
            Err(error) => reply.error(error),
        }
    }

    fn getattr(&self, _: &Request, inode: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        match attributes(&mut self.folder(), inode) {
            Ok(attributes) => reply.attr(&VALID, &attributes),
            Err(error) => reply.error(error),
        }
    }

    fn setattr(
        &self,
        _: &Request,
        inode: INodeNo,
        _: Option<u32>,
        _: Option<u32>,
        _: Option<u32>,
        size: Option<u64>,
        _: Option<TimeOrNow>,
        _: Option<TimeOrNow>,
        _: Option<std::time::SystemTime>,
        _: Option<FileHandle>,
        _: Option<std::time::SystemTime>,
        _: Option<std::time::SystemTime>,
        _: Option<std::time::SystemTime>,
        _: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let mut folder = self.folder();
        match (size, folder.file(number(inode))) {
            (Some(0), Some(file)) => file.empty(),
            (Some(_), _) => return reply.error(Errno::ENOTSUP),
            _ => {}
        }
        match attributes(&mut folder, inode) {
            Ok(attributes) => reply.attr(&VALID, &attributes),
            Err(error) => reply.error(error),
        }
    }

    fn create(
        &self,
        _: &Request,
        _: INodeNo,
        name: &OsStr,
        _: u32,
        _: u32,
        _: i32,
        reply: ReplyCreate,
    ) {
        let mut folder = self.folder();
        let file = folder.create(name);
        match attributes(&mut folder, inode(file)) {
            Ok(attributes) => reply.created(
                &VALID,
                &attributes,
                Generation(0),
                FileHandle(0),
                FopenFlags::empty(),
            ),
            Err(error) => reply.error(error),
        }
    }

    fn rename(
        &self,
        _: &Request,
        _: INodeNo,
        name: &OsStr,
        _: INodeNo,
        new_name: &OsStr,
        _: RenameFlags,
        reply: ReplyEmpty,
    ) {
        match self.folder().rename(name, new_name) {
            Some(()) => reply.ok(),
            None => reply.error(Errno::ENOENT),
        }
    }

    fn read(
        &self,
        _: &Request,
        inode: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let mut folder = self.folder();
        let Some(file) = folder.file(number(inode)) else {
            return reply.error(Errno::ENOENT);
        };
        let rest = file.now().get(offset as usize..).unwrap_or_default();
        reply.data(&rest[..rest.len().min(size as usize)]);
    }

    fn write(
        &self,
        _: &Request,
        inode: INodeNo,
        _: FileHandle,
        offset: u64,
        bytes: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        match self.folder().file(number(inode)) {
            Some(file) => {
                file.write(offset as usize, bytes);
                reply.written(bytes.len() as u32);
            }
            None => reply.error(Errno::ENOENT),
        }
    }

    fn fsync(&self, _: &Request, inode: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        match self.folder().file(number(inode)) {
            Some(file) => {
                file.sync();
                reply.ok();
            }
            None => reply.error(Errno::ENOENT),
        }
    }

    fn fsyncdir(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        self.folder().sync();
        reply.ok();
    }
}

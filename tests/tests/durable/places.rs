//! The file of a state among the others of the machine: whose it is, and what is there instead.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use plasmid::{Config, Error, Host};
use plasmid_store::{Disk as _, DurableState, FileDisk, StoreError};

/// A folder that is gone when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("plasmid-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("state")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn config(nonce: u64) -> Config {
    Config { generation: 1, nonce, ..Config::default() }
}

fn open(path: &Path, nonce: u64) -> Result<(Host, DurableState), StoreError> {
    DurableState::open(path, b"a", config(nonce), false)
}

fn written(path: &Path) -> Host {
    let (mut host, mut state) = open(path, 1).expect("a state");
    host.set(b"color", b"red").expect("room");
    state.commit(&mut host).expect("a disk");
    host
}

#[test]
fn a_state_is_open_once() {
    let folder = Folder::new("once");
    let (mut host, mut state) = open(&folder.file(), 1).expect("a state");
    assert_eq!(open(&folder.file(), 2).expect_err("it is in use"), StoreError::InUse);
    state.close(&mut host).expect("a disk");
    let (_, second) = open(&folder.file(), 3).expect("it is free");
    assert_eq!(state.commit(&mut host), Err(StoreError::Closed));
    assert_eq!(host.set(b"k", b"v"), Err(Error::Store));
    drop(second);
    open(&folder.file(), 4).expect("it is free");
}

/// A name that leads to the file is as good as its own.
#[cfg(unix)]
#[test]
fn a_link_to_a_state_is_that_state() {
    let folder = Folder::new("link");
    let (path, link) = (folder.file(), folder.0.join("link"));
    drop(written(&path));
    std::os::unix::fs::symlink(&path, &link).expect("a link");
    let first = open(&path, 2).expect("a state");
    assert_eq!(open(&link, 3).expect_err("it is in use"), StoreError::InUse);
    drop(first);
    // Opened by the link, and written anew, it is still there.
    let (mut host, mut state) = open(&link, 4).expect("a state");
    host.set(b"color", b"blue").expect("room");
    state.commit(&mut host).expect("a disk");
    drop((host, state));
    let (host, _state) = open(&path, 5).expect("a state");
    assert_eq!(host.get(b"color"), Some(&b"blue"[..]));
}

/// Whatever a neighbour is called, it has its file, and one that could not is refused.
#[test]
fn the_files_beside_a_state_are_in_nobodys_way() {
    let folder = Folder::new("beside");
    let path = folder.file();
    let neighbours = ["state-new", "state.new", "state-lock", "state~"].map(|n| folder.0.join(n));
    neighbours.iter().for_each(|path| drop(written(path)));
    drop(written(&path));
    for path in &neighbours {
        assert_eq!(open(path, 2).expect("a state").0.get(b"color"), Some(&b"red"[..]));
    }
    for beside in ["state.plasmid-new", "state.plasmid-lock"] {
        let error = open(&folder.0.join(beside), 2).expect_err("it is in the way of the state");
        assert!(
            matches!(error, StoreError::Io { kind, .. } if kind == io::ErrorKind::InvalidFilename)
        );
    }
}

/// Nothing is left of a file that could not be finished, and one that can only be read is read.
#[test]
fn what_cannot_be_finished_is_taken_away() {
    let folder = Folder::new("unfinished");
    let path = folder.file();
    drop(written(&path));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).expect("a file");
        assert!(open(&path, 2).expect("a state").0.get(b"color").is_some());
    }
    // Nothing can take the place of a folder.
    let place = folder.0.join("place");
    let mut disk = FileDisk::open(&place).expect("a place");
    disk.create().expect("a file");
    fs::create_dir_all(place.join("in the way")).expect("a folder");
    disk.replace().expect_err("it is in the way");
    let new = folder.0.join("place.plasmid-new");
    assert!(new.exists());
    disk.discard();
    assert!(!new.exists());
}

/// A file that is written anew can be read by those who could read it, and nobody else.
#[cfg(unix)]
#[test]
fn a_new_file_has_the_permissions_of_the_old_one() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("permissions");
    let path = folder.file();
    drop(written(&path));
    for mode in [0o600, 0o640, 0o666] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a file");
        let before = fs::read(&path).expect("a file");
        // It was not laid down, so that it is written anew.
        drop(open(&path, u64::from(mode)).expect("a state"));
        assert_ne!(fs::read(&path).expect("a file")[..40], before[..40]);
        let found = fs::metadata(&path).expect("a file").permissions().mode() & 0o777;
        assert_eq!(found, mode);
    }
}

#[test]
fn what_is_not_its_state_is_refused_and_left_alone() {
    let folder = Folder::new("foreign");
    let path = folder.file();
    written(&path);
    let sound = fs::read(&path).expect("a file");
    let refused = |bytes: &[u8]| {
        fs::write(&path, bytes).expect("a file");
        let error = open(&path, 2).expect_err("it is refused");
        assert_eq!(fs::read(&path).expect("a file"), bytes);
        error
    };
    assert_eq!(refused(b"key = value\n"), StoreError::NotAState);
    assert_eq!(refused(b""), StoreError::Damaged { at: 0 });
    assert_eq!(refused(&sound[..30]), StoreError::Damaged { at: 0 });
    let mut newer = sound.clone();
    newer[16] = 2;
    assert_eq!(refused(&newer), StoreError::Newer { format: 2 });
    // A bit in what was durable before the last change.
    let mut damaged = sound.clone();
    damaged[80] ^= 1;
    assert_eq!(refused(&damaged), StoreError::Damaged { at: 40 });
    fs::write(&path, &sound).expect("a file");

    let foreign = StoreError::Host(Error::Foreign);
    let other = DurableState::open(&path, b"b", config(2), false);
    assert_eq!(other.expect_err("it is another's"), foreign);
    let cluster = Config { cluster: b"other".to_vec(), ..config(2) };
    let other = DurableState::open(&path, b"a", cluster, false);
    assert_eq!(other.expect_err("it is of another cluster"), foreign);
    let (host, _state) = open(&path, 2).expect("its own");
    assert_eq!(host.get(b"color"), Some(&b"red"[..]));
}

#[test]
fn what_the_system_refuses_is_told() {
    let folder = Folder::new("missing");
    let error = open(&folder.0.join("no/such/folder"), 1).expect_err("there is no such folder");
    assert!(matches!(error, StoreError::Io { kind: io::ErrorKind::NotFound, .. }), "{error}");
}

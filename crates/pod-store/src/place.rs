//! The place of a store on disk: one user at a time, and a new store appears whole.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::error::OpenError;

/// Only the node's user reads its files.
const FILE_MODE: u32 = 0o600;
/// Only the node's user enters its folders.
#[cfg(feature = "engine-sled")]
const FOLDER_MODE: u32 = 0o700;

/// Holds `<path>.lock` locked, so that one process at a time uses or makes the store. The system lets go of it when
/// the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct PlaceLock {
    file: File,
}

impl PlaceLock {
    /// Locks the place, or says that it is in use.
    pub(crate) fn take(path: &Path) -> Result<Self, OpenError> {
        let lock_path = beside(path, ".lock");
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(FILE_MODE)
            .open(&lock_path)
            .map_err(|source| io_error("open", &lock_path, source))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => Err(io_error("lock", &lock_path, source)),
        }
    }
}

/// Unlocks rather than only closes: a process that is just being started holds a copy of every open file for a moment.
impl Drop for PlaceLock {
    fn drop(&mut self) {
        // Closing follows and unlocks too; there is nobody to tell.
        let _ = self.file.unlock();
    }
}

/// Lets `make` build a store aside and puts it in its place when it is whole and synced: a process killed while it
/// makes a store leaves `<path>.creating`, which the next one clears away, never half a store. Call with the place
/// locked.
pub(crate) fn make_whole(path: &Path, make: impl FnOnce(&Path) -> Result<(), OpenError>) -> Result<(), OpenError> {
    let aside = beside(path, ".creating");
    clear(&aside).map_err(|source| io_error("remove", &aside, source))?;
    make(&aside)?;
    fs::rename(&aside, path).map_err(|source| io_error("rename", &aside, source))?;
    sync_folder_of(path)
}

/// Makes an empty file that only this user reads.
pub(crate) fn new_file(path: &Path) -> Result<(), OpenError> {
    let made = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path);
    made.map(drop).map_err(|source| io_error("make", path, source))
}

/// Makes an empty folder that only this user enters.
#[cfg(feature = "engine-sled")]
pub(crate) fn new_folder(path: &Path) -> Result<(), OpenError> {
    use std::os::unix::fs::DirBuilderExt;
    let made = fs::DirBuilder::new().mode(FOLDER_MODE).create(path);
    made.map_err(|source| io_error("make", path, source))
}

/// An error of the file system, told to the operator.
pub(crate) fn io_error(action: &'static str, path: &Path, source: io::Error) -> OpenError {
    OpenError::Io { action, path: path.to_owned(), source }
}

/// `path` with `ending` added to its last part.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut text = OsString::from(path);
    text.push(ending);
    PathBuf::from(text)
}

/// Removes a file or folder, if it is there.
fn clear(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Makes the name of `path` durable: a synced file whose folder is not synced can be gone after a power cut.
fn sync_folder_of(path: &Path) -> Result<(), OpenError> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder = parent.unwrap_or(Path::new("."));
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|source| io_error("sync", folder, source))
}

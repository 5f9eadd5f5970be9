//! The key file on disk: read only when nobody else can, written so that nobody else ever could.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use pod_crypto::Zeroizing;

use super::{KeysError, NodeKeys};
use crate::limits::MAX_KEY_FILE_BYTES;

/// Only the node's user reads and writes its keys.
const FILE_MODE: u32 = 0o600;
/// The permission bits of everybody else, and those that make a file run.
const FORBIDDEN_BITS: u32 = 0o177;
/// The permission bits of a mode.
const PERMISSION_BITS: u32 = 0o777;

impl NodeKeys {
    /// Reads the key file. The mode is that of the open file, so that it cannot be exchanged in between.
    ///
    /// # Errors
    /// [`KeysError::Mode`] unless the mode is 0600 or stricter; [`KeysError::Io`]; those of [`NodeKeys::parse`].
    pub fn read_file(path: &Path) -> Result<Self, KeysError> {
        let io = |source| KeysError::Io { action: "read", path: path.to_owned(), source };
        let mut file = File::open(path).map_err(io)?;
        let found = file.metadata().map_err(io)?;
        if !found.is_file() {
            return Err(io(io::Error::other("it is not a file")));
        }
        let mode = found.mode() & PERMISSION_BITS;
        if mode & FORBIDDEN_BITS != 0 {
            return Err(KeysError::Mode { path: path.to_owned(), mode });
        }
        // One buffer that never grows: growing leaves copies of the keys behind.
        let mut bytes = Zeroizing::new(vec![0; MAX_KEY_FILE_BYTES + 1]);
        let mut length = 0;
        while let Some(room) = bytes.get_mut(length..).filter(|room| !room.is_empty()) {
            match file.read(room).map_err(io)? {
                0 => break,
                count => length += count,
            }
        }
        let text = bytes.get(..length).and_then(|read| std::str::from_utf8(read).ok());
        Self::parse(text.ok_or(KeysError::Heading)?)
    }

    /// Writes the keys into a new file, durably.
    ///
    /// # Errors
    /// [`KeysError::Exists`]: keys are never written over. [`KeysError::Io`].
    pub fn create_file(&self, path: &Path) -> Result<(), KeysError> {
        self.write_new(path).and_then(|()| sync_folder_of(path)).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => KeysError::Exists { path: path.to_owned() },
            _ => KeysError::Io { action: "write", path: path.to_owned(), source },
        })
    }

    /// Puts these keys in the place of the file's, durably and in one step: for [`NodeKeys::rotate`] and
    /// [`NodeKeys::retire_old`].
    ///
    /// # Errors
    /// [`KeysError::Io`]; the file is then as it was.
    pub fn replace_file(&self, path: &Path) -> Result<(), KeysError> {
        let aside = aside(path);
        let replace = || {
            match fs::remove_file(&aside) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            self.write_new(&aside)?;
            fs::rename(&aside, path)?;
            sync_folder_of(path)
        };
        replace().map_err(|source| KeysError::Io { action: "replace", path: path.to_owned(), source })
    }

    fn write_new(&self, path: &Path) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)?;
        file.write_all(self.to_file_text().as_bytes())?;
        file.sync_all()
    }
}

/// Where the new file is made before it takes its place.
fn aside(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".new");
    PathBuf::from(name)
}

/// Makes a new name in a folder durable.
fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

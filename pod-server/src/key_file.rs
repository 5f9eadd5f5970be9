//! The file of a signing key: an organisation's online key, or a service's.
//!
//! ```text
//! aitta-signing-key 1
//! seed <43 characters of base64url>
//! ```
//! Blank lines and lines that begin with `#` mean nothing. The file belongs to its process alone (mode 0600).

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use pod_crypto::{SigningKey, Zeroizing};
use pod_protocol::ids::{base64url, from_base64url};

/// The first line: what the file is, and its format.
const HEADING: &str = "aitta-signing-key 1";
/// Longest file: comments included.
const MAX_BYTES: usize = 4 * 1024;
/// Only the owner reads and writes it.
const FILE_MODE: u32 = 0o600;
/// The permission bits of everybody else, and those that make a file run.
const FORBIDDEN_BITS: u32 = 0o177;

/// Why a key file cannot be used. It repeats nothing of what the file holds.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file cannot be read or written.
    #[error("could not {action} the key file {}: check the path and who owns it", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Others may read or change the file.
    #[error("others can get at the key file {} (mode {mode:03o}): run `chmod 600 {}`", path.display(), path.display())]
    Mode {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file is there already.
    #[error("{} is there already, and others may know its key: choose another path", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Not a signing key.
    #[error(
        "a signing key is the line `{HEADING}`, then `seed` and 43 characters of base64url: this is something else"
    )]
    Format,
}

/// Reads the text of a key file.
///
/// # Errors
/// [`KeyFileError::Format`].
pub fn parse(text: &str) -> Result<SigningKey, KeyFileError> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let (Some(HEADING), Some(seed), None) = (lines.next(), lines.next(), lines.next()) else {
        return Err(KeyFileError::Format);
    };
    let seed = seed.strip_prefix("seed ").ok_or(KeyFileError::Format)?;
    let seed = from_base64url(seed.trim()).map(Zeroizing::new).map_err(|_| KeyFileError::Format)?;
    let seed = <[u8; 32]>::try_from(seed.as_slice()).map(Zeroizing::new).map_err(|_| KeyFileError::Format)?;
    Ok(SigningKey::from_seed(&seed))
}

/// The text of a key file.
#[must_use]
pub fn to_text(key: &SigningKey) -> Zeroizing<String> {
    let seed = Zeroizing::new(base64url(&*key.seed()));
    Zeroizing::new(format!("# Whoever has this file signs as you. Keep it at mode 0600.\n{HEADING}\nseed {}\n", *seed))
}

/// Reads a key file. The mode is that of the open file, so that it cannot be exchanged in between.
///
/// # Errors
/// [`KeyFileError`].
pub fn read(path: &Path) -> Result<SigningKey, KeyFileError> {
    let io = |source| KeyFileError::Io { action: "read", path: path.to_owned(), source };
    let file = File::open(path).map_err(io)?;
    let mode = file.metadata().map_err(io)?.mode() & 0o777;
    if mode & FORBIDDEN_BITS != 0 {
        return Err(KeyFileError::Mode { path: path.to_owned(), mode });
    }
    // One buffer that never grows: growing leaves copies of the key behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_BYTES + 1));
    file.take(MAX_BYTES as u64).read_to_end(&mut bytes).map_err(io)?;
    parse(std::str::from_utf8(&bytes).map_err(|_| KeyFileError::Format)?)
}

/// Writes a key into a new file, durably.
///
/// # Errors
/// [`KeyFileError::Exists`]: keys are never written over. [`KeyFileError::Io`].
pub fn create(path: &Path, key: &SigningKey) -> Result<(), KeyFileError> {
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)?;
        file.write_all(to_text(key).as_bytes())?;
        file.sync_all()?;
        // A new name is durable only when its folder is.
        match path.parent() {
            Some(folder) if folder.as_os_str().is_empty() => File::open(".")?.sync_all(),
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    };
    write().map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => KeyFileError::Exists { path: path.to_owned() },
        _ => KeyFileError::Io { action: "write", path: path.to_owned(), source },
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use pod_crypto::{SeededRandom, SigningKey};

    use super::{KeyFileError, create, parse, read};

    #[test]
    fn a_key_comes_back_and_only_its_owner_gets_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("organisation.key");
        let key = SigningKey::generate(&SeededRandom::new([1; 32]));
        create(&path, &key).unwrap();
        assert_eq!(read(&path).unwrap().public_key(), key.public_key());
        assert!(matches!(create(&path, &key), Err(KeyFileError::Exists { .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(read(&path), Err(KeyFileError::Mode { mode: 0o640, .. })));
        for text in ["", "seed AAAA", "aitta-signing-key 2\nseed AAAA", "aitta-signing-key 1\nseed AAAA"] {
            assert!(matches!(parse(text), Err(KeyFileError::Format)), "{text}");
        }
    }
}

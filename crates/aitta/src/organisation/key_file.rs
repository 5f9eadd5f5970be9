//! Files with one secret key: read only when nobody else can, and never written over.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use pod_crypto::{SigningKey, Zeroizing};
use pod_protocol::ids::{base64url, from_base64url};

/// The first line: what the file is, and its format.
const HEADING: &str = "aitta-signing-key 1";
/// The permission bits of everybody else, and those that make a file run.
const FORBIDDEN_BITS: u32 = 0o177;
/// The permission bits of a mode.
const PERMISSION_BITS: u32 = 0o777;
/// A heading, a line of comment and a key fit several times.
const MAX_BYTES: usize = 1024;

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyFileError {
    /// It cannot be read.
    #[error("the key file {} cannot be read: give the path of a key file that this account may read", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// Others may read or change it.
    #[error("others can get at the key file {} (mode {mode:03o}): run `chmod 600 {}`", path.display(), path.display())]
    Mode {
        /// Which.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It holds something else.
    #[error("{} holds no signing key: its lines must be `{HEADING}` and `seed` with 43 characters of base64url", path.display())]
    Shape {
        /// Which.
        path: PathBuf,
    },
}

/// The text of a key file. `purpose` is a line for whoever finds it.
pub(crate) fn text(key: &SigningKey, purpose: &str) -> Zeroizing<String> {
    let seed = Zeroizing::new(base64url(&key.seed()[..]));
    // Made in one piece: a string that grows leaves copies of the key behind.
    let mut text = Zeroizing::new(String::with_capacity(MAX_BYTES));
    for part in ["# ", purpose, "\n", HEADING, "\nseed ", &seed, "\n"] {
        text.push_str(part);
    }
    text
}

/// Reads a key file. The mode is that of the open file, so that it cannot be exchanged in between.
///
/// # Errors
/// [`KeyFileError`].
pub(crate) fn read(path: &Path) -> Result<SigningKey, KeyFileError> {
    let io = |source| KeyFileError::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(io)?;
    let found = file.metadata().map_err(io)?;
    if !found.is_file() {
        return Err(io(io::Error::other("it is not a file")));
    }
    let mode = found.mode() & PERMISSION_BITS;
    if mode & FORBIDDEN_BITS != 0 {
        return Err(KeyFileError::Mode { path: path.to_owned(), mode });
    }
    // One buffer that does not grow.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_BYTES + 1));
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(io)?;
    let text = std::str::from_utf8(&bytes).ok().filter(|text| text.len() <= MAX_BYTES);
    text.and_then(parse).ok_or_else(|| KeyFileError::Shape { path: path.to_owned() })
}

fn parse(text: &str) -> Option<SigningKey> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    if lines.next() != Some(HEADING) {
        return None;
    }
    let seed = Zeroizing::new(from_base64url(lines.next()?.strip_prefix("seed ")?.trim()).ok()?);
    let seed = Zeroizing::new(<[u8; 32]>::try_from(seed.as_slice()).ok()?);
    lines.next().is_none().then(|| SigningKey::from_seed(&seed))
}

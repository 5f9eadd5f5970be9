//! The blinder's seed on disk, from which its key comes: read only when nobody else can, never written over.
//!
//! ```text
//! aitta-blinder-seed 1
//! seed <43 characters of base64url>
//! ```
//! Whoever has it can compute tags from identity codes, of which there are fewer than 10^8. Whoever loses it makes every
//! holder publish anew.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use pod_crypto::blind::BlinderKey;
use pod_crypto::{Random, Secret32, Zeroizing, hkdf_sha256};
use pod_protocol::ids::{base64url, from_base64url};

/// The first line: what the file is, and its format.
const HEADING: &str = "aitta-blinder-seed 1";
/// Before the seed.
const LABEL: &str = "seed ";
/// Only the blinder's account reads and writes its seed.
const FILE_MODE: u32 = 0o600;
/// The permission bits of everybody else, and those that make a file run.
const FORBIDDEN_BITS: u32 = 0o177;
/// The permission bits of a mode.
const PERMISSION_BITS: u32 = 0o777;
/// The file has 70 bytes; somebody may have added a blank line.
const MAX_FILE_BYTES: usize = 256;
/// What the ledger's key is derived for (RFC 5869, `info`).
const LEDGER_INFO: &[u8] = b"aitta-blinder-ledger-1";

/// The secret that makes a blinder. Overwritten when dropped; `Debug` shows nothing of it.
pub struct BlinderSeed(Secret32);

/// Why a seed cannot be used. It repeats nothing of what the file holds.
#[derive(Debug, thiserror::Error)]
pub enum SeedFileError {
    /// The file cannot be read or written.
    #[error("could not {action} the blinder's seed in {}: check seed_file and who owns it", path.display())]
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
    #[error("others can get at the blinder's seed in {} (mode {mode:03o}): run `chmod 600 {}`", path.display(), path.display())]
    Mode {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file is there already.
    #[error("{} is there already, and all tags hang on its seed: choose another path", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Not a seed file.
    #[error("{} is no seed of a blinder: it must be `{HEADING}` and a line `{LABEL}…`; `aitta blinder init` makes one", path.display())]
    Form {
        /// The file.
        path: PathBuf,
    },
    /// No key comes of the seed: never seen with a random one.
    #[error("no key comes of this seed: make another one")]
    Key,
}

impl BlinderSeed {
    /// A new seed, for a new blinder.
    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        random.fill(&mut *seed);
        Self(seed)
    }

    /// The seed with these bytes, for tests.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The public key of the blinder that has this seed: what `GET /v1/blinder` publishes.
    ///
    /// # Errors
    /// [`SeedFileError::Key`].
    pub fn public(&self) -> Result<[u8; 32], SeedFileError> {
        Ok(self.key()?.public())
    }

    /// The key that evaluates.
    pub(super) fn key(&self) -> Result<BlinderKey, SeedFileError> {
        BlinderKey::from_seed(&self.0).map_err(|_| SeedFileError::Key)
    }

    /// The key under which the ledger digests logins and subjects, so that its rows tell nothing to whoever copies them.
    pub(super) fn ledger_key(&self) -> Secret32 {
        hkdf_sha256(&*self.0, &[], LEDGER_INFO)
    }

    /// Reads the file. The mode is that of the open file, so that it cannot be exchanged in between.
    ///
    /// # Errors
    /// [`SeedFileError::Mode`] unless the mode is 0600 or stricter; [`SeedFileError::Io`], [`SeedFileError::Form`].
    pub fn read_file(path: &Path) -> Result<Self, SeedFileError> {
        let io = |source| SeedFileError::Io { action: "read", path: path.to_owned(), source };
        let file = File::open(path).map_err(io)?;
        let found = file.metadata().map_err(io)?;
        let mode = found.mode() & PERMISSION_BITS;
        if mode & FORBIDDEN_BITS != 0 {
            return Err(SeedFileError::Mode { path: path.to_owned(), mode });
        }
        // As long as it may be from the start: a growing buffer leaves copies of the seed behind.
        let mut text = Zeroizing::new(String::with_capacity(MAX_FILE_BYTES + 1));
        file.take(MAX_FILE_BYTES as u64 + 1).read_to_string(&mut text).map_err(io)?;
        let seed = parse(&text).ok_or_else(|| SeedFileError::Form { path: path.to_owned() })?;
        Ok(Self(seed))
    }

    /// Writes the seed into a new file, durably.
    ///
    /// # Errors
    /// [`SeedFileError::Exists`]: a seed is never written over. [`SeedFileError::Io`].
    pub fn create_file(&self, path: &Path) -> Result<(), SeedFileError> {
        let text = Zeroizing::new(format!("{HEADING}\n{LABEL}{}\n", base64url(&*self.0)));
        let write = || {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            File::open(folder)?.sync_all()
        };
        write().map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => SeedFileError::Exists { path: path.to_owned() },
            _ => SeedFileError::Io { action: "write", path: path.to_owned(), source },
        })
    }
}

fn parse(text: &str) -> Option<Secret32> {
    let mut lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
    let (heading, seed, end) = (lines.next()?, lines.next()?, lines.next());
    if heading != HEADING || end.is_some() {
        return None;
    }
    let bytes = Zeroizing::new(from_base64url(seed.strip_prefix(LABEL)?).ok()?);
    Some(Zeroizing::new(<[u8; 32]>::try_from(bytes.as_slice()).ok()?))
}

impl fmt::Debug for BlinderSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlinderSeed").finish_non_exhaustive()
    }
}

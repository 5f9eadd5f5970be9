//! The node's keys: what opens every pod, and what finds it.
//!
//! ```text
//! aitta-node-keys 1
//! seal <43 characters of base64url>       the first seals, any opens
//! seal <…>
//! identity <…>                            finds pods by identity code; never changes
//! audit-tag <…>                           names pods in the open part of the log; never changes
//! ```
//! Blank lines and lines that begin with `#` mean nothing. The file belongs to the node alone (mode 0600), and into no backup
//! that also holds the store: the two together open everything.

mod file;

use std::fmt;
use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use pod_crypto::{AeadKey, Random, Secret32, Zeroizing, hmac_sha256, sha256};
use pod_protocol::ids::{PodId, base64url, from_base64url};

use crate::limits::{MAX_KEY_FILE_BYTES, MAX_SEAL_KEYS};
use crate::tables::IdentityTag;

/// The first line: what the file is, and its format.
const HEADING: &str = "aitta-node-keys";
/// The format that this release reads and writes.
const FORMAT: &str = "1";
/// Written above the keys.
const WARNING: &str = "# Whoever has this file and the store reads every pod. Keep it at mode 0600, and apart from backups of the \
                       store.\n# The first `seal` key seals, any of them opens.\n";

/// The id of a key-encryption key: tells which one sealed a pod's keys, and nothing of it.
pub(crate) type SealKeyId = [u8; 8];

/// One key-encryption key.
struct SealKey {
    id: SealKeyId,
    key: AeadKey,
}

impl SealKey {
    fn new(bytes: &Secret32) -> Self {
        let digest = sha256(&[b"aitta key-encryption key id 1\0", &bytes[..]]);
        let mut id = [0; 8];
        id.copy_from_slice(digest.split_at(8).0);
        Self { id, key: AeadKey::from_bytes(**bytes) }
    }
}

/// A node's keys. Overwritten when dropped; `Debug` shows how many there are.
pub struct NodeKeys {
    first: SealKey,
    older: Vec<SealKey>,
    identity: Secret32,
    audit_tag: Secret32,
}

/// Why the node's keys cannot be used. For the operator; it repeats nothing of what the file holds but line numbers.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file cannot be read or written.
    #[error("could not {action} the node's key file {}: check the path and who owns it", path.display())]
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
    #[error("others can get at the node's key file {} (mode {mode:03o}): run `chmod 600 {}`", path.display(), path.display())]
    Mode {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file is there already.
    #[error("{} is there already, and its keys may be the only ones that open a store: choose another path", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Not a file of node keys.
    #[error(
        "the node's keys do not begin with `{HEADING} {FORMAT}`: this is not a key file, or a newer release wrote it"
    )]
    Heading,
    /// A line says something else than it should.
    #[error("line {line} of the node's keys {why}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        why: &'static str,
    },
    /// A key is missing.
    #[error(
        "the node's keys have no `{name}` line: restore the file from its own backup, never write a new key into it"
    )]
    Missing {
        /// The line's name.
        name: &'static str,
    },
    /// Too many key-encryption keys.
    #[error("the node's keys have more than {MAX_SEAL_KEYS} `seal` lines: restore the key file from its own backup")]
    TooManySealKeys,
    /// Too long to be node keys.
    #[error("the node's keys are longer than {MAX_KEY_FILE_BYTES} bytes: this is not a key file")]
    TooLong,
    /// The environment's text is not base64url of a key file.
    #[error(
        "the environment's node keys are not base64url: write `base64 -w0 FILE | tr '+/' '-_' | tr -d '='` of a key file"
    )]
    Environment,
}

impl NodeKeys {
    /// New keys, for a new node.
    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        Self {
            first: SealKey::new(&secret(random)),
            older: Vec::new(),
            identity: secret(random),
            audit_tag: secret(random),
        }
    }

    /// Puts a new key-encryption key in front: from now on it seals, and the others still open. Afterwards write the file,
    /// start the node with it, rewrap ([`Vault::rewrap`](crate::Vault::rewrap)), and [`NodeKeys::retire_old`].
    ///
    /// # Errors
    /// [`KeysError::TooManySealKeys`].
    pub fn rotate(&mut self, random: &dyn Random) -> Result<(), KeysError> {
        if self.older.len() + 2 > MAX_SEAL_KEYS {
            return Err(KeysError::TooManySealKeys);
        }
        let former = std::mem::replace(&mut self.first, SealKey::new(&secret(random)));
        self.older.insert(0, former);
        Ok(())
    }

    /// Forgets all key-encryption keys but the first. Only after the rewrapping has finished: a vault that still needs one of
    /// them does not open ([`VaultError::SealKeyMissing`](crate::VaultError::SealKeyMissing)).
    pub fn retire_old(&mut self) {
        self.older.clear();
    }

    /// How many key-encryption keys there are.
    #[must_use]
    pub fn seal_keys(&self) -> usize {
        1 + self.older.len()
    }

    /// The text of a key file.
    #[must_use]
    pub fn to_file_text(&self) -> Zeroizing<String> {
        // Room for everything at once: a string that grows leaves copies of the keys behind.
        let mut text = Zeroizing::new(String::with_capacity(WARNING.len() + 64 * (self.seal_keys() + 3)));
        text.push_str(WARNING);
        // Writing to a string does not fail.
        let _ = writeln!(text, "{HEADING} {FORMAT}");
        for one in std::iter::once(&self.first).chain(&self.older) {
            push_line(&mut text, "seal", &one.key.to_bytes());
        }
        push_line(&mut text, "identity", &self.identity);
        push_line(&mut text, "audit-tag", &self.audit_tag);
        text
    }

    /// Reads the text of a key file.
    ///
    /// # Errors
    /// [`KeysError`]: what is wrong, and on which line.
    pub fn parse(text: &str) -> Result<Self, KeysError> {
        if text.len() > MAX_KEY_FILE_BYTES {
            return Err(KeysError::TooLong);
        }
        let mut lines = text
            .lines()
            .enumerate()
            .map(|(at, line)| (at + 1, line.trim()))
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let heading = lines.next().and_then(|(_, line)| line.split_once(' '));
        if heading != Some((HEADING, FORMAT)) {
            return Err(KeysError::Heading);
        }
        let (mut seal, mut identity, mut audit_tag) = (Vec::<SealKey>::new(), None, None);
        for (line, text) in lines {
            let wrong = |why| KeysError::Line { line, why };
            let (name, value) = text.split_once(' ').ok_or(wrong("is not a name and a key"))?;
            let key = read_key(value.trim()).ok_or(wrong("has no key of 43 characters of base64url"))?;
            let place = match name {
                "seal" => {
                    let one = SealKey::new(&key);
                    if seal.iter().any(|other| other.id == one.id) {
                        return Err(wrong("repeats a `seal` key"));
                    }
                    seal.push(one);
                    continue;
                }
                "identity" => &mut identity,
                "audit-tag" => &mut audit_tag,
                _ => return Err(wrong("begins with none of `seal`, `identity`, `audit-tag`")),
            };
            if place.replace(key).is_some() {
                return Err(wrong("names a key that stands above already"));
            }
        }
        if seal.len() > MAX_SEAL_KEYS {
            return Err(KeysError::TooManySealKeys);
        }
        let mut seal = seal.into_iter();
        Ok(Self {
            first: seal.next().ok_or(KeysError::Missing { name: "seal" })?,
            older: seal.collect(),
            identity: identity.ok_or(KeysError::Missing { name: "identity" })?,
            audit_tag: audit_tag.ok_or(KeysError::Missing { name: "audit-tag" })?,
        })
    }

    /// Reads keys that the environment holds: base64url of a key file. The caller fetches the text and wipes it.
    ///
    /// # Errors
    /// [`KeysError::Environment`], and those of [`NodeKeys::parse`].
    pub fn from_environment_text(text: &str) -> Result<Self, KeysError> {
        let bytes = from_base64url(text.trim()).map(Zeroizing::new).map_err(|_| KeysError::Environment)?;
        Self::parse(std::str::from_utf8(&bytes).map_err(|_| KeysError::Environment)?)
    }

    /// What stands for an identity code where pods are found.
    pub(crate) fn identity_tag(&self, identity_code: &str) -> IdentityTag {
        hmac_sha256(&*self.identity, &[b"aitta identity code 1\0", identity_code.as_bytes()])
    }

    /// What stands for a guardian's identity code: another value than where pods are found, so that the tables do not tell
    /// that a guardian and a pod's subject are the same person.
    pub(crate) fn guardian_tag(&self, identity_code: &str) -> IdentityTag {
        hmac_sha256(&*self.identity, &[b"aitta guardian 1\0", identity_code.as_bytes()])
    }

    /// What stands for a pod in the open part of the log: the first half of an HMAC.
    pub(crate) fn pod_tag(&self, pod: &PodId) -> [u8; 16] {
        let digest = hmac_sha256(&*self.audit_tag, &[b"aitta audit pod tag", pod.as_bytes()]);
        let mut tag = [0; 16];
        tag.copy_from_slice(digest.split_at(16).0);
        tag
    }

    /// Tells whether the two keys that never change are those that a store was written with.
    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        let identity = hmac_sha256(&*self.identity, &[b"aitta node keys check 1\0"]);
        hmac_sha256(&*self.audit_tag, &[b"aitta node keys check 1\0", &identity])
    }

    /// The key that seals, with its id.
    pub(crate) fn sealing(&self) -> (SealKeyId, &AeadKey) {
        (self.first.id, &self.first.key)
    }

    /// The key with this id.
    pub(crate) fn opening(&self, id: SealKeyId) -> Option<&AeadKey> {
        std::iter::once(&self.first).chain(&self.older).find(|one| one.id == id).map(|one| &one.key)
    }
}

impl fmt::Debug for NodeKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeKeys").field("seal_keys", &self.seal_keys()).finish_non_exhaustive()
    }
}

/// 32 fresh random bytes.
pub(crate) fn secret(random: &dyn Random) -> Secret32 {
    let mut bytes = Zeroizing::new([0; 32]);
    random.fill(&mut *bytes);
    bytes
}

fn push_line(text: &mut String, name: &str, key: &Secret32) {
    let encoded = Zeroizing::new(base64url(&key[..]));
    // Writing to a string does not fail.
    let _ = writeln!(text, "{name} {}", *encoded);
}

fn read_key(text: &str) -> Option<Secret32> {
    let bytes = from_base64url(text).map(Zeroizing::new).ok()?;
    bytes.as_slice().try_into().map(Zeroizing::new).ok()
}

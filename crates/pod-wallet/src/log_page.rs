//! A page of log entries as a node sends it, in answer to the command `log` (`docs/protocol/command.md`).

use pod_protocol::ids::{ObjectId, Principal};
use pod_protocol::merkle::Hash;
use serde::{Deserialize, Serialize};

use crate::blob::{Blob, HashText};

/// Largest page, in bytes: 256 entries of 4 kB with their proofs.
pub const MAX_PAGE_BYTES: usize = 4 * 1024 * 1024;

/// A page that does not read as one.
#[derive(Debug, thiserror::Error)]
pub enum PageFault {
    /// Larger than [`MAX_PAGE_BYTES`].
    #[error("the page of the log is larger than {MAX_PAGE_BYTES} bytes: ask for fewer entries")]
    TooLarge,
    /// Not a page.
    #[error("the holder's answer is no page of a log")]
    Shape(#[source] serde_json::Error),
}

/// A page of entries about one pod.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LogPage {
    /// The signed tree head.
    pub tree_head: Blob,
    /// The entries, ascending.
    pub entries: Vec<LogEntry>,
    /// From where the next page begins, if there is more.
    #[serde(default)]
    pub next: Option<u64>,
    /// That the tree goes on from an earlier head, when the holder knew from which one.
    #[serde(default)]
    pub consistency: Vec<HashText>,
}

/// One entry with its proof.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LogEntry {
    /// Where it stands in the holder's log.
    pub index: u64,
    /// The bytes that the leaf is the hash of.
    pub entry: Blob,
    /// That it stands there.
    pub proof: Vec<HashText>,
    /// What it says, as far as its reader may know.
    pub opened: Opened,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// When, in seconds since 1970.
    pub time_secs: u64,
    /// What happened: `disclosure`, `refusal`, `command`, `import`, `head-cosigned`, `notice`,
    /// `notice-answer`.
    pub kind: String,
    /// The service that asked.
    #[serde(default)]
    pub service: Option<Principal>,
    /// The organisation: a principal or a short name.
    #[serde(default)]
    pub organisation: Option<String>,
    /// The purpose, a DPV term; for a command, the command.
    #[serde(default)]
    pub purpose: Option<String>,
    /// What left the pod.
    #[serde(default)]
    pub released: Vec<ReleasedNames>,
    /// What was kept back, and why.
    #[serde(default)]
    pub withheld: Vec<WithheldName>,
    /// How it ended: `released`, `done`, or the code of a refusal.
    #[serde(default)]
    pub outcome: Option<String>,
    /// The person who acted, when it was one.
    #[serde(default)]
    pub actor: Option<String>,
    /// The request that caused it.
    #[serde(default)]
    pub request_id: Option<ObjectId>,
    /// The grant that was used.
    #[serde(default)]
    pub grant: Option<ObjectId>,
}

/// Names of one record type that left the pod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleasedNames {
    /// The record type.
    pub record_type: String,
    /// Fields, and predicates by their ids.
    pub names: Vec<String>,
}

/// A name that was kept back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithheldName {
    /// The record type.
    pub record_type: String,
    /// The field, or the predicate's id.
    pub name: String,
    /// Why: `non-disclosure`, `restricted`, `objected`, `absent`, `not-granted`, `revoked`.
    pub reason: String,
}

impl LogPage {
    /// Reads the JSON result of the command.
    ///
    /// # Errors
    /// [`PageFault`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, PageFault> {
        if bytes.len() > MAX_PAGE_BYTES {
            return Err(PageFault::TooLarge);
        }
        serde_json::from_slice(bytes).map_err(PageFault::Shape)
    }

    /// The consistency proof that came with the page.
    #[must_use]
    pub fn consistency_hashes(&self) -> Vec<Hash> {
        self.consistency.iter().map(|hash| hash.0).collect()
    }
}

//! The directory: the registry with its last good copy, the log that vouches for it, and the buckets of holder entries.
//!
//! Nothing that a directory shows is taken on its word. Statements and entries are signed by those whom they are about; that
//! none was left out, that nothing is old, and that everybody is shown the same, is what the log proves
//! (`docs/protocol/log.md`).
//!
//! - `source`: what the directory or a mirror serves, one call each, and the way from one head to the next through tiles
//! - `registry`: the registry, fetched and held against the log; the last good copy
//! - `kept`: what a client keeps on disk
//! - `lookup`: entries out of proven buckets
//! - `post`: revocations and key events for holders that cannot be reached

mod kept;
mod lookup;
mod post;
mod registry;
mod source;

pub use kept::Held;
pub use lookup::{Lookup, NewestSeen};
pub use post::{Found, Logged, Taken, seal_for};
pub use registry::{RegistryCopy, Shown, Standing};
pub use source::{Fetched, LogSource};

use pod_protocol::codec::{Cbor, encode};
use pod_protocol::tlog::head::{Policy, USUAL_WITNESSES};
use serde::Deserialize;

use crate::caller::Caller;
use crate::error::CallError;
use crate::target::{CBOR, COSE, JSON, Target};

/// Most holder entries that are sent at once: what the directory takes.
pub const MAX_ENTRIES_AT_ONCE: usize = 256;
/// How long ago witnesses may have seen a head that is believed, in seconds: what nodes allow when a passed-on grant counts.
/// A directory that works has its newest head cosigned every quarter of a minute.
pub const MAX_HEAD_AGE_SECS: u64 = 300;
/// Most mirrors that are asked: each may cost a caller a timeout.
pub const MAX_MIRRORS: usize = 8;

/// Calls to the directory and its mirrors. Cheap to clone.
#[derive(Clone, Debug)]
pub struct DirectoryClient {
    /// The directory, then its mirrors in the order in which they are asked.
    sources: Vec<LogSource>,
    policy: Policy,
}

#[derive(Deserialize)]
struct EntryCount {
    entries: u64,
}

impl DirectoryClient {
    /// The directory at an address, whose heads two other organisations must have cosigned.
    ///
    /// # Errors
    /// [`CallError::Address`].
    pub fn new(caller: &Caller, url: &str) -> Result<Self, CallError> {
        let policy = Policy { witnesses: USUAL_WITNESSES, max_age_secs: MAX_HEAD_AGE_SECS };
        Ok(Self { sources: vec![LogSource::new(Target::new(caller, url, "the directory")?)], policy })
    }

    /// Whoever is asked, in this order, when the directory is away or lies. What a mirror shows is checked like what the
    /// directory shows.
    ///
    /// # Errors
    /// [`CallError::Address`]; [`CallError::Ours`] when there are more than [`MAX_MIRRORS`].
    pub fn with_mirrors(mut self, caller: &Caller, urls: &[String]) -> Result<Self, CallError> {
        if urls.len() > MAX_MIRRORS {
            return Err(CallError::Ours {
                what: format!("more than {MAX_MIRRORS} mirrors of the directory are named"),
            });
        }
        for url in urls {
            self.sources.push(LogSource::new(Target::new(caller, url, &format!("the mirror {url}"))?));
        }
        Ok(self)
    }

    /// How many other organisations must have cosigned a head. With 0 the directory is believed when it says that nothing was
    /// left out, and that nothing happened since: for federations of one organisation, and tests.
    #[must_use]
    pub fn with_witnesses(mut self, witnesses: usize) -> Self {
        let max_age_secs = if witnesses == 0 { u64::MAX } else { MAX_HEAD_AGE_SECS };
        self.policy = Policy { witnesses, max_age_secs };
        self
    }

    /// What is wanted of a head.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The directory, then its mirrors.
    #[must_use]
    pub fn sources(&self) -> &[LogSource] {
        &self.sources
    }

    /// The directory itself as a source of its log.
    fn own_log(&self) -> Result<&LogSource, CallError> {
        self.sources.first().ok_or_else(|| CallError::Ours { what: "no directory is named".to_owned() })
    }

    /// The directory itself, to which things are told.
    fn directory(&self) -> Result<&Target, CallError> {
        self.own_log().map(LogSource::target)
    }

    /// Tells it something that comes into its log.
    async fn tell(&self, path: &str, content_type: &'static str, body: Vec<u8>) -> Result<Logged, CallError> {
        let directory = self.directory()?;
        directory.json(&directory.post(path, content_type, JSON, body).await?, "places in the log")
    }

    /// Publishes a signed membership, profile or key event of a member. Whether it then stands in the registry,
    /// [`DirectoryClient::find_statement`] looks.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn publish_statement(&self, statement: &[u8]) -> Result<(), CallError> {
        self.directory()?.post("/v1/statements", COSE, JSON, statement.to_vec()).await.map(drop)
    }

    /// Publishes at most [`MAX_ENTRIES_AT_ONCE`] signed holder entries: all of them, or none. Says where they stand, as the directory
    /// says ([`DirectoryClient::find_in_log`]); none for one that is not newer than what stands under its tag.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn publish_entries(&self, entries: &[Vec<u8>]) -> Result<Logged, CallError> {
        let body = encode(&Cbor::Array(entries.iter().cloned().map(Cbor::Bytes).collect()));
        self.tell("/v1/entries", CBOR, body).await
    }

    /// How many entries the directory says it has: not proven, and nothing to look anybody up by.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn entries(&self) -> Result<u64, CallError> {
        let count: EntryCount = self.directory()?.get_json("/v1/buckets", "a count of entries").await?;
        Ok(count.entries)
    }
}

/// Of what several sources said, what a caller should read: that somebody lied rather than that somebody was away.
fn most_telling(mut errors: Vec<CallError>) -> Option<CallError> {
    let place = errors.iter().position(|error| matches!(error, CallError::Unbelievable { .. })).unwrap_or(0);
    (place < errors.len()).then(|| errors.swap_remove(place))
}

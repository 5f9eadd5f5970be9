//! What can go wrong: at start (for the operator), on append (ours, fatal), on reading, and with an entry itself.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

/// Bytes on disk that are not what was written, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "{file}, byte {offset}{}: {kind}. {}",
    index.map(|index| format!(", entry {index}")).unwrap_or_default(),
    kind.advice()
)]
pub struct Damage {
    /// The file's name inside the log's directory.
    pub file: String,
    /// Where in the file, in bytes.
    pub offset: u64,
    /// Which entry, when that is known.
    pub index: Option<u64>,
    /// What is wrong.
    pub kind: DamageKind,
}

/// What is wrong with bytes on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DamageKind {
    /// The header of a segment does not match its checksum or its name.
    #[error("the segment's header is damaged")]
    Header,
    /// A frame does not match its checksum, or its length makes no sense.
    #[error("a frame is damaged")]
    Frame,
    /// The frame is whole, but no entry of this format is in it.
    #[error("the entry cannot be read")]
    Entry,
    /// The frame is whole, but no tree head is in it.
    #[error("a tree head cannot be read")]
    Head,
    /// A head does not cover the entries before it.
    #[error("the entries before this tree head are not the ones that it covers")]
    HeadMismatch,
    /// A segment that is not the newest ends without a head.
    #[error("entries at the end of a full segment have no tree head")]
    HeadMissing,
    /// A segment starts at another index than the one before it ends.
    #[error("entries are missing between two segments")]
    Gap,
    /// An entry is not the one whose hash stands in the tree.
    #[error("the entry and its leaf in the tree differ")]
    Leaf,
    /// Stored hashes do not lead to the signed root.
    #[error("the stored tree does not lead to the signed root")]
    Tree,
    /// Both slots of the head file are damaged.
    #[error("both copies of the newest tree head are damaged")]
    HeadFile,
}

impl DamageKind {
    /// What the operator should do.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::Tree => "Delete the file `tree` and start again: it is rebuilt from the segments",
            Self::Leaf => {
                "Run `aitta audit verify` on the directory: it tells whether the segment or the file `tree` changed"
            }
            _ => {
                "Stop the node, keep a copy of the directory as evidence, run `aitta audit verify` on it, and restore \
                 the named file from a backup; the node does not guess"
            }
        }
    }
}

/// Why a log does not open. For the operator: what was found, and what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenLogError {
    /// A file operation failed.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// The segment size is out of bounds.
    #[error(
        "the segment size is {found} bytes; set it between {} and {}",
        crate::MIN_SEGMENT_BYTES,
        crate::MAX_SEGMENT_BYTES
    )]
    SegmentBytes {
        /// What was configured.
        found: u64,
    },
    /// Another process has the log open.
    #[error("another process has the audit log {} open; stop it first, two writers would destroy the log", path.display())]
    Locked {
        /// The log's directory.
        path: PathBuf,
    },
    /// The format is newer than this program.
    #[error(
        "{file} has format version {found} and this program knows {known}; use the program version that wrote it, or a newer one"
    )]
    UnknownVersion {
        /// The file's name.
        file: String,
        /// The version in it.
        found: u32,
        /// The version known here.
        known: u32,
    },
    /// Bytes changed after they were synced.
    #[error("the audit log is damaged")]
    Damaged(#[from] Damage),
    /// Entries that were acknowledged are not there any more.
    #[error(
        "the audit log ends after {log} entries, but the file `head` says that {head} were recorded: the end was cut \
         off or an old copy was put back. Restore the missing segments; the node does not start on a shortened log"
    )]
    Shortened {
        /// Entries found.
        log: u64,
        /// Entries that were signed.
        head: u64,
    },
    /// The head file is gone, or empty.
    #[error(
        "the file `head` is missing or empty beside the segments, so nothing shows that the log is complete; restore it from where the segments came from"
    )]
    HeadFileMissing,
    /// The newest head was signed by another key, or for another organisation.
    #[error(
        "the newest tree head (entry count {size}) was not signed by this node's head key for this organisation; check `origin` and the key file"
    )]
    ForeignHead {
        /// The head's size.
        size: u64,
    },
}

/// Why the log stopped for good. The process must stop: what is on disk is unknown until it is read again.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StopCause {
    /// A write or sync failed, for example with ENOSPC or EIO.
    #[error("cannot {action} {file}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file's name.
        file: String,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// The writer ended by a defect of its own.
    #[error("the writer of the audit log ended unexpectedly")]
    WriterGone,
}

impl StopCause {
    /// The kind of the system's error, [`io::ErrorKind::StorageFull`] for a full disk.
    #[must_use]
    pub fn io_kind(&self) -> Option<io::ErrorKind> {
        match self {
            Self::Io { source, .. } => Some(source.kind()),
            Self::WriterGone => None,
        }
    }
}

/// Why entries were not recorded.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum LogFault {
    /// The log stopped for good: stop the process (invariant 9).
    #[error("the audit log has stopped")]
    Stopped(#[source] Arc<StopCause>),
    /// The log was closed in an orderly way.
    #[error("the audit log is closed")]
    Closed,
    /// No entries were given.
    #[error("nothing to append")]
    Empty,
    /// More bytes than one append may have.
    #[error("{bytes} bytes in one append, at most {MAX} are allowed", MAX = crate::MAX_BATCH_BYTES)]
    TooLarge {
        /// The bytes of the entries.
        bytes: usize,
    },
}

impl LogFault {
    /// Whether the process must stop.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        matches!(self, Self::Stopped(_))
    }
}

/// Why something recorded cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadFault {
    /// A file operation failed.
    #[error("cannot read {file}")]
    Io {
        /// The file's name.
        file: String,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// Bytes changed after they were synced.
    #[error("the audit log is damaged")]
    Damaged(#[from] Damage),
    /// The index or size is not one of this log's.
    #[error("entry {index} or size {size} is not in the log of {recorded} entries")]
    Range {
        /// The index, or the older size.
        index: u64,
        /// The size asked for.
        size: u64,
        /// The log's size.
        recorded: u64,
    },
}

/// Why something is no entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EntryFault {
    /// The time is 0 or after 2^53 - 1.
    #[error("the entry's time is out of range")]
    Time,
    /// More bytes than an entry may have.
    #[error("the entry is larger than {MAX} bytes", MAX = crate::MAX_ENTRY_BYTES)]
    TooLarge,
    /// A chain of 0 or more than 4 grants.
    #[error("a chain has 1 to 4 grants")]
    Chain,
    /// Not deterministic CBOR, or not of this shape.
    #[error("the bytes are not an audit entry")]
    Shape,
    /// Written by a newer program.
    #[error("the entry has format version {0}, which this program does not know")]
    Version(u64),
    /// There is no personal part.
    #[error("the entry has no personal part")]
    NoPersonalPart,
    /// The key is not the one that sealed the personal part; or it was erased and this is another one.
    #[error("the personal part does not open under this key")]
    Sealed,
}

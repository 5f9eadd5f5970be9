//! What checking a log found, for people and for machines.

use std::fmt;

use serde::Serialize;

/// The result of [`verify`](crate::verify()).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Entries covered by the last head.
    pub entries: u64,
    /// Heads that were checked, each with its signature.
    pub heads: u64,
    /// Segment files.
    pub segments: u64,
    /// The last head of the log.
    pub last_head: Option<HeadSummary>,
    /// Everything that is not as it should be, in the order of the log.
    pub findings: Vec<Finding>,
}

/// A tree head, to be compared with one that somebody else kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeadSummary {
    /// Whose log.
    pub origin: String,
    /// Entries.
    pub size: u64,
    /// The RFC 6962 root, base64url.
    pub root: String,
    /// Seconds since 1970.
    pub time_secs: u64,
}

impl Report {
    /// Whether the evidence is whole: nothing but derived files and unacknowledged leftovers was found wanting.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity != Severity::Evidence)
    }
}

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Which check failed.
    pub check: Check,
    /// The file's name inside the directory.
    pub file: String,
    /// Where in the file, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// Which entry; the first, where it concerns several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// What was found, in words.
    pub detail: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(offset) = self.offset {
            write!(f, ", byte {offset}")?;
        }
        if let Some(index) = self.index {
            write!(f, ", entry {index}")?;
        }
        write!(f, ": {} ({})", self.detail, self.check.code())
    }
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// An orderly log can look so after a crash; the node puts it right when it starts.
    Notice,
    /// A file that can be rebuilt from the segments is wrong: delete it.
    Derived,
    /// The log is not what was signed.
    Evidence,
}

/// Which check failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Check {
    /// A segment's header does not match its checksum, its name, or a version known here.
    SegmentHeader,
    /// A segment starts at another index than the one before it ends.
    SegmentGap,
    /// A segment does not start with the head that ended the one before it.
    SegmentStart,
    /// A file cannot be read.
    Unreadable,
    /// A frame does not match its checksum.
    FrameDamaged,
    /// A frame is whole, but no entry of this format is in it.
    EntryUnreadable,
    /// An entry is not the one that was signed.
    EntryEdited,
    /// An entry that was signed is not there.
    EntryRemoved,
    /// An entry stands at another index than it was signed at.
    EntryMoved,
    /// An entry was not signed at all.
    EntryInserted,
    /// A head cannot be read.
    HeadUnreadable,
    /// A head was signed by another key, or for another log.
    HeadForeign,
    /// A head's size does not follow from the head before it.
    HeadSize,
    /// A head's root is not that of the entries, and nothing tells which entry differs.
    HeadRoot,
    /// A head is older than the one before it.
    HeadTime,
    /// Signed entries at the end of a segment have no head.
    HeadMissing,
    /// A head that was kept elsewhere (the head file, a receipt) contradicts the log.
    HeadConflict,
    /// A head that was kept elsewhere covers entries that the log does not have.
    LogTruncated,
    /// The head file is missing, or a slot in it is damaged.
    HeadFile,
    /// The head file is older than the log.
    HeadFileBehind,
    /// The stored tree differs from the entries.
    TreeFile,
    /// An index file differs from its segment.
    IndexFile,
    /// Bytes behind the last head, which were never acknowledged.
    UnsignedTail,
    /// Bytes other than zero where a segment was only reserved.
    Padding,
    /// A file that does not belong to a log.
    UnknownFile,
}

impl Check {
    /// The stable code, as it stands in JSON.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::SegmentHeader => "segment-header",
            Self::SegmentGap => "segment-gap",
            Self::SegmentStart => "segment-start",
            Self::Unreadable => "unreadable",
            Self::FrameDamaged => "frame-damaged",
            Self::EntryUnreadable => "entry-unreadable",
            Self::EntryEdited => "entry-edited",
            Self::EntryRemoved => "entry-removed",
            Self::EntryMoved => "entry-moved",
            Self::EntryInserted => "entry-inserted",
            Self::HeadUnreadable => "head-unreadable",
            Self::HeadForeign => "head-foreign",
            Self::HeadSize => "head-size",
            Self::HeadRoot => "head-root",
            Self::HeadTime => "head-time",
            Self::HeadMissing => "head-missing",
            Self::HeadConflict => "head-conflict",
            Self::LogTruncated => "log-truncated",
            Self::HeadFile => "head-file",
            Self::HeadFileBehind => "head-file-behind",
            Self::TreeFile => "tree-file",
            Self::IndexFile => "index-file",
            Self::UnsignedTail => "unsigned-tail",
            Self::Padding => "padding",
            Self::UnknownFile => "unknown-file",
        }
    }
}

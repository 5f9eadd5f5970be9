//! The durable, provable log of every disclosure and refusal.
//!
//! [`Log`] appends entries to preallocated segment files and answers when they are on disk: one writer thread takes
//! everything that waits, writes it, makes one `fdatasync`, answers, and looks again (group commit). Each group ends
//! with a tree head (RFC 6962 §2.1, signed as [`pod_protocol::tree_head::TreeHead`]) in the same write, so that what
//! is durable is also signed, and what has no head after it was never acknowledged.
//!
//! An entry says who, when, which grant, which **field names**, and how it ended; there is no place in it for a value.
//! What points at a person is sealed under a key of the pod ([`PersonalPart`]): destroying that key erases it, and the
//! tree stays whole, because leaves hash the sealed bytes.
//!
//! [`verify()`] checks a log offline, from the files and the head's public key alone.
//!
//! # Files of a log
//! | file | what | derived |
//! |---|---|---|
//! | `segment-<first index>.log` | header, then frames: entries and heads | no |
//! | `head` | the newest two signed heads: tells a torn tail from a truncated log | no |
//! | `segment-<first index>.idx` | where entries stand and whose they are, for segments that are full | yes |
//! | `tree` | the hashes of all complete subtrees, for proofs | yes |
//! | `lock` | held while a process has the log open | – |
//!
//! # What it costs
//! Memory: 20 bytes for each entry of the newest segment (1.5 MB with the usual size) and of the one before it while
//! it is being closed; about 100 bytes for each older segment; nothing for older entries. Disk: the entry, 12 bytes
//! of frame, about 64 of tree and 24 of index, and about 250 for each group's head.

mod block;
mod disk;
mod entry;
mod fault;
mod frame;
mod head_file;
mod index;
mod limits;
mod log;
mod personal;
mod queue;
mod read;
mod recover;
mod scan;
mod segment;
mod tree;
mod verify;
mod view;
mod writer;

pub use disk::{Disk, SystemDisk};
pub use entry::{EntryKind, GrantUse, NewEntry, PodTag, PublicPart, RequestMark, StoredEntry};
pub use fault::{Damage, DamageKind, EntryFault, LogFault, OpenLogError, ReadFault, StopCause};
pub use limits::{
    DEFAULT_SEGMENT_BYTES, MAX_BATCH_BYTES, MAX_ENTRY_BYTES, MAX_GROUP_BYTES, MAX_SEGMENT_BYTES, MIN_SEGMENT_BYTES,
    QUEUE_BYTES,
};
pub use log::{Appended, Log, LogConfig, LogStats, Opening};
pub use personal::{PersonalPart, Released, Withheld, WithheldReason};
pub use verify::{Check, Finding, HeadSummary, Report, Severity, VerifyError, newest_head, verify, verify_against};
pub use writer::{Pause, Writing};

/// A tree head with its signature, as it lies in the log and leaves in receipts.
pub type SignedHead = pod_protocol::cose::Verified<pod_protocol::tree_head::TreeHead>;

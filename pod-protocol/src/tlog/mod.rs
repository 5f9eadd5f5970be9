//! The directory's log: one append-only list that everybody can check (`docs/protocol/log.md`).
//!
//! An RFC 6962 tree, served as C2SP tlog-tiles, whose checkpoint is a C2SP signed note that other organisations cosign. What
//! stands here decides and does no IO:
//!
//! - `leaf`: what the log takes, and the form of each
//! - `note`, `checkpoint`: the log's signed word, and its witnesses'
//! - `tile`: which file has which part of the tree and of the leaves
//! - `map`: the tree over all buckets, and a bucket that proves itself
//! - `head`: checkpoint and state in one object
//! - `view`: what a client keeps, and how it goes from one head to the next without being lied to
//! - `evidence`: what it keeps when it was
//! - `witness`: how witnesses are asked
//! - `post`: how revocations and key events come into the log

pub mod checkpoint;
pub mod evidence;
mod fault;
pub mod head;
pub mod leaf;
pub mod map;
pub mod note;
pub mod post;
pub mod tile;
pub mod view;
pub mod witness;

pub use fault::LogFault;

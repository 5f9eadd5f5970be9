//! Checking a log offline, from its files and the head's public key alone.
//!
//! Every frame is checked against its checksum, every entry is read, the tree is computed anew from the entries, and
//! every head is checked: its signature, that it is for this log, that its time does not go back, and that its root is
//! that of exactly the entries before it. That makes any two heads consistent: both are heads of one sequence.
//!
//! A log whose end *and* head file were both put back to an earlier state is a correct older log. Only a head that
//! somebody else kept shows that: give it to [`verify_against`].

mod group;
mod kept;
mod report;
mod walk;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use pod_crypto::PublicKey;
use pod_protocol::cose::Signed;
use pod_protocol::tree_head::TreeHead;
use thiserror::Error;

pub use report::{Check, Finding, HeadSummary, Report, Severity};

use crate::head_file::{HEAD_FILE, newest, read_slots};
use crate::segment;
use crate::tree::TREE_FILE;
use walk::Walk;

/// Why a log cannot be checked at all.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The directory cannot be read.
    #[error("cannot read the directory {}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// There is no log in it.
    #[error("no audit log is in {}: name the directory that holds `head` and `segment-*.log`", path.display())]
    NotALog {
        /// Which.
        path: PathBuf,
    },
    /// The log has no head yet, or none that can be read.
    #[error("the head file in {} holds no head: start the node once, or check the log with `aitta audit verify`", path.display())]
    NoHead {
        /// Which.
        path: PathBuf,
    },
    /// A head that was given to compare with cannot be read, or was signed by none of the keys.
    #[error("head number {number} of those to compare with is not a tree head signed by the key given")]
    KnownHead {
        /// Counted from 0.
        number: usize,
    },
}

/// Checks the log in `directory`, whose heads must be signed by one of `keys`.
///
/// Best done on a copy or while the node is stopped: of a log that is being written, the end may look cut short.
/// Costs one signature check for each head and two hashes for each entry; memory for one segment's index.
///
/// # Errors
/// [`VerifyError::Io`], [`VerifyError::NotALog`]. What is wrong with a log is no error but in the [`Report`].
pub fn verify(directory: &Path, keys: &[PublicKey]) -> Result<Report, VerifyError> {
    verify_against(directory, keys, &[])
}

/// As [`verify`], and compares with signed heads that others kept: from receipts, wallets or witnesses.
///
/// # Errors
/// As [`verify`]; [`VerifyError::KnownHead`].
pub fn verify_against(directory: &Path, keys: &[PublicKey], known: &[&[u8]]) -> Result<Report, VerifyError> {
    let failed = |source| VerifyError::Io { path: directory.to_owned(), source };
    let firsts = segment::list(directory).map_err(failed)?;
    if firsts.is_empty() && !directory.join(HEAD_FILE).exists() {
        return Err(VerifyError::NotALog { path: directory.to_owned() });
    }
    let mut walk = Walk::new(directory, keys);
    for (number, bytes) in known.iter().enumerate() {
        if !walk.expect_known(number, bytes) {
            return Err(VerifyError::KnownHead { number });
        }
    }
    walk.read_head_file();
    walk.open_tree();
    for (number, first_index) in firsts.iter().enumerate() {
        walk.segment(*first_index, number + 1 == firsts.len());
    }
    walk.compare_kept_heads();
    walk.check_tree_length();
    for name in other_files(directory, &firsts).map_err(failed)? {
        let detail = "this file is not part of a log".to_owned();
        walk.note(Severity::Notice, Check::UnknownFile, &name, None, None, detail);
    }
    Ok(walk.into_report(firsts.len() as u64))
}

/// The newest signed head in the head file of the log in `directory`, as it lies there: its signature is not checked.
///
/// # Errors
/// [`VerifyError::Io`], [`VerifyError::NotALog`]; [`VerifyError::NoHead`] when nothing was signed yet or it cannot be read.
pub fn newest_head(directory: &Path) -> Result<Signed<TreeHead>, VerifyError> {
    let path = || directory.to_owned();
    let slots = read_slots(directory).map_err(|source| VerifyError::Io { path: path(), source })?;
    let slots = slots.ok_or_else(|| VerifyError::NotALog { path: path() })?;
    newest(&slots).cloned().ok_or_else(|| VerifyError::NoHead { path: path() })
}

fn other_files(directory: &Path, firsts: &[u64]) -> io::Result<Vec<String>> {
    let mut other = Vec::new();
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let index_of = |first: &u64| segment::index_name(*first) == name;
        let known = ["lock", HEAD_FILE, TREE_FILE].contains(&name.as_str())
            || segment::first_index_of(&name).is_some()
            || firsts.iter().any(index_of);
        if !known {
            other.push(name);
        }
    }
    other.sort();
    Ok(other)
}

//! Segment files: their names, headers, and how one is made.
//!
//! `header = "aittalog", version: u32 le, first index: u64 le, checksum: 12 bytes` (the beginning of the SHA-256 of
//! what stands before it). A file becomes a segment by its rename, when its header and space are on disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use pod_crypto::sha256;

use crate::disk::Disk;
use crate::fault::{Damage, DamageKind, OpenLogError};
use crate::limits::ZERO_AHEAD_BYTES;

/// Bytes of a segment's header.
pub(crate) const SEGMENT_HEADER_BYTES: u64 = 32;
/// The format version of segments.
pub(crate) const SEGMENT_VERSION: u32 = 1;
const MAGIC: [u8; 8] = *b"aittalog";
const CHECKSUM_BYTES: usize = 12;
const PREFIX: &str = "segment-";
const SUFFIX: &str = ".log";
/// A segment that is being made. Found at start, it is left over from a crash and holds nothing.
pub(crate) const UNFINISHED: &str = "segment.new";
/// Only the node's own user reads the log.
const FILE_MODE: u32 = 0o600;

/// The name of the segment that starts with entry `first_index`.
pub(crate) fn name(first_index: u64) -> String {
    format!("{PREFIX}{first_index:020}{SUFFIX}")
}

/// The name of its index file.
pub(crate) fn index_name(first_index: u64) -> String {
    format!("{PREFIX}{first_index:020}.idx")
}

/// The first index in the name of a segment; `None` for other files.
pub(crate) fn first_index_of(name: &str) -> Option<u64> {
    let digits = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    (digits.len() == 20).then(|| digits.parse().ok()).flatten()
}

/// First indices of all segments in `directory`, ascending.
pub(crate) fn list(directory: &Path) -> io::Result<Vec<u64>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        found.extend(entry?.file_name().to_str().and_then(first_index_of));
    }
    found.sort_unstable();
    Ok(found)
}

/// Opens a file of the log for writing, making it when it is not there.
pub(crate) fn open_for_writing(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(FILE_MODE).open(path)
}

/// Makes renames in `directory` durable.
pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Writes `bytes` to a new file, makes it durable and gives it its name, so that a reader sees all or nothing.
pub(crate) fn write_whole(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("new");
    let file = open_for_writing(&unfinished)?;
    file.set_len(0)?;
    disk.write_all_at(&file, bytes, 0)?;
    disk.sync_data(&file)?;
    fs::rename(&unfinished, path)
}

/// A segment that is open for appending.
#[derive(Debug)]
pub(crate) struct NewSegment {
    pub(crate) file: File,
    /// Where the next frame goes.
    pub(crate) position: u64,
    /// Up to where zeros (or frames) are on disk.
    pub(crate) zeroed_to: u64,
}

/// Makes the segment that starts with entry `first_index`, `segment_bytes` long; `head_frame` repeats the newest head,
/// so that every segment can be checked from its own start.
pub(crate) fn create(
    directory: &Path,
    first_index: u64,
    segment_bytes: u64,
    head_frame: &[u8],
    disk: &dyn Disk,
) -> io::Result<NewSegment> {
    let unfinished: PathBuf = directory.join(UNFINISHED);
    let file = open_for_writing(&unfinished)?;
    file.set_len(0)?;
    disk.reserve(&file, segment_bytes)?;
    let mut start = header(first_index);
    start.extend_from_slice(head_frame);
    let position = start.len() as u64;
    let zeroed_to = position.saturating_add(ZERO_AHEAD_BYTES).min(segment_bytes.max(position));
    start.resize(usize::try_from(zeroed_to).unwrap_or(usize::MAX), 0);
    disk.write_all_at(&file, &start, 0)?;
    disk.sync_data(&file)?;
    fs::rename(&unfinished, directory.join(name(first_index)))?;
    sync_directory(directory)?;
    Ok(NewSegment { file, position, zeroed_to })
}

fn header(first_index: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&SEGMENT_VERSION.to_le_bytes());
    bytes.extend_from_slice(&first_index.to_le_bytes());
    let checksum = sha256(&[&bytes]);
    bytes.extend_from_slice(checksum.split_at(CHECKSUM_BYTES).0);
    bytes
}

/// Checks the header of the segment whose name says `first_index`.
///
/// # Errors
/// [`OpenLogError::UnknownVersion`], [`OpenLogError::Damaged`], [`OpenLogError::Io`].
pub(crate) fn check_header(directory: &Path, first_index: u64) -> Result<(), OpenLogError> {
    let file_name = name(first_index);
    let path = directory.join(&file_name);
    let mut found = Vec::new();
    File::open(&path)
        .and_then(|file| file.take(SEGMENT_HEADER_BYTES).read_to_end(&mut found))
        .map_err(|source| OpenLogError::Io { action: "read", path, source })?;
    if found == header(first_index) {
        return Ok(());
    }
    // A header that is well formed but for a newer version is no damage.
    if let Some((magic, rest)) = found.split_first_chunk::<8>()
        && let Some((version, _)) = rest.split_first_chunk::<4>()
        && let Some((covered, checksum)) = found.split_at_checked(MAGIC.len() + 12)
        && *magic == MAGIC
        && sha256(&[covered]).starts_with(checksum)
        && u32::from_le_bytes(*version) != SEGMENT_VERSION
    {
        let found = u32::from_le_bytes(*version);
        return Err(OpenLogError::UnknownVersion { file: file_name, found, known: SEGMENT_VERSION });
    }
    Err(Damage { file: file_name, offset: 0, index: None, kind: DamageKind::Header }.into())
}

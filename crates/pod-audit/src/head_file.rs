//! The file `head`: the newest two signed heads, in turns, each in a disk sector of its own.
//!
//! It is written after each sync and not synced itself: after kill -9 it is at most one group behind, after a power
//! cut it may be older, never newer than the log. Whoever finds it *ahead* of the segments knows that synced entries
//! are gone, which the segments alone cannot tell from a write that a crash cut short.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use pod_crypto::sha256;
use pod_protocol::cose::Signed;
use pod_protocol::tree_head::TreeHead;

use crate::disk::Disk;
use crate::limits::MAX_HEAD_BYTES;
use crate::segment::{open_for_writing, sync_directory, write_whole};

/// The name of the file.
pub(crate) const HEAD_FILE: &str = "head";
/// Bytes of a slot.
pub(crate) const SLOT_BYTES: usize = 512;
const SLOTS: u64 = 2;
const MAGIC: [u8; 12] = *b"aittahed\x01\0\0\0";
const CHECKSUM_BYTES: usize = 16;

/// A head that was read and not verified yet.
pub(crate) type UncheckedHead = Signed<TreeHead>;

/// What one slot holds.
#[derive(Debug)]
pub(crate) enum Slot {
    /// Never written.
    Empty,
    /// A whole head.
    Head(Box<UncheckedHead>),
    /// Anything else.
    Damaged,
}

/// The file, open for writing.
#[derive(Debug)]
pub(crate) struct HeadFile {
    file: File,
    next_slot: u64,
}

impl HeadFile {
    /// Makes the file with empty slots, whole and durably.
    pub(crate) fn create(directory: &Path, disk: &dyn Disk) -> io::Result<()> {
        write_whole(disk, &directory.join(HEAD_FILE), &[0; SLOT_BYTES * SLOTS as usize])?;
        sync_directory(directory)
    }

    /// Opens the file; the next head goes over the older one of `slots`.
    pub(crate) fn open(directory: &Path, slots: &[Slot; 2]) -> io::Result<Self> {
        let size = |slot: &Slot| match slot {
            Slot::Head(head) => Some(head.unverified().size),
            Slot::Empty | Slot::Damaged => None,
        };
        let [first, second] = slots;
        let next_slot = u64::from(size(first) > size(second));
        Ok(Self { file: open_for_writing(&directory.join(HEAD_FILE))?, next_slot })
    }

    /// Writes the newest head.
    pub(crate) fn write(&mut self, disk: &dyn Disk, head: &[u8]) -> io::Result<()> {
        disk.write_all_at(&self.file, &slot_bytes(head)?, self.next_slot * SLOT_BYTES as u64)?;
        self.next_slot = (self.next_slot + 1) % SLOTS;
        Ok(())
    }

    /// Makes what was written durable; only at an orderly end and at start.
    pub(crate) fn sync(&self, disk: &dyn Disk) -> io::Result<()> {
        disk.sync_data(&self.file)
    }
}

/// Reads both slots; `None` when there is no such file, or nothing in it.
pub(crate) fn read_slots(directory: &Path) -> io::Result<Option<[Slot; 2]>> {
    let mut bytes = Vec::new();
    match File::open(directory.join(HEAD_FILE)) {
        Ok(file) => file.take(SLOT_BYTES as u64 * SLOTS + 1).read_to_end(&mut bytes)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if bytes.is_empty() {
        return Ok(None);
    }
    if bytes.len() != SLOT_BYTES * SLOTS as usize {
        return Ok(Some([Slot::Damaged, Slot::Damaged]));
    }
    let (first, second) = bytes.split_at(SLOT_BYTES);
    Ok(Some([read_slot(first), read_slot(second)]))
}

/// The newer head of two slots.
pub(crate) fn newest(slots: &[Slot; 2]) -> Option<&UncheckedHead> {
    let heads = slots.iter().filter_map(|slot| match slot {
        Slot::Head(head) => Some(&**head),
        Slot::Empty | Slot::Damaged => None,
    });
    heads.max_by_key(|head| head.unverified().size)
}

fn slot_bytes(head: &[u8]) -> io::Result<Vec<u8>> {
    let length = u32::try_from(head.len()).ok().filter(|length| *length as usize <= MAX_HEAD_BYTES);
    let Some(length) = length else { return Err(io::Error::other("the tree head does not fit its slot")) };
    let mut bytes = Vec::with_capacity(SLOT_BYTES);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(sha256(&[&MAGIC, &length.to_le_bytes(), head]).split_at(CHECKSUM_BYTES).0);
    bytes.extend_from_slice(head);
    bytes.resize(SLOT_BYTES, 0);
    Ok(bytes)
}

fn read_slot(slot: &[u8]) -> Slot {
    if slot.iter().all(|byte| *byte == 0) {
        return Slot::Empty;
    }
    let head = slot.split_at_checked(MAGIC.len()).and_then(|(_, rest)| {
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let head = rest.get(CHECKSUM_BYTES..CHECKSUM_BYTES.checked_add(length)?)?;
        // Writing what was read must give the same bytes: magic, checksum and padding are checked in one.
        (slot_bytes(head).ok()? == slot).then_some(head)
    });
    match head.map(Signed::decode) {
        Some(Ok(head)) => Slot::Head(Box::new(head)),
        Some(Err(_)) | None => Slot::Damaged,
    }
}

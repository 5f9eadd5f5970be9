//! Where entries stand and whose they are: in memory for the newest segment, in a derived file for each older one.
//!
//! `file = "aittaidx", version: u32 le, count: u32 le, first index: u64 le, SHA-256 of all the rest,
//! count * (offset: u32 le), count * (pod tag: 16 bytes, number in the segment: u32 le) sorted`.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use pod_crypto::sha256;

use crate::entry::PodTag;

const MAGIC: [u8; 12] = *b"aittaidx\x01\0\0\0";
const FIXED_BYTES: usize = 24;
const HEADER_BYTES: u64 = 56;
const OFFSET_BYTES: u64 = 4;
const RECORD_BYTES: u64 = 20;
/// Stands for "no pod": a tag is an HMAC, which is not zero but once in 2^128.
const NO_POD: [u8; 16] = [0; 16];

/// The index of a segment in memory: 20 bytes an entry.
#[derive(Clone, Debug, Default)]
pub(crate) struct MemoryIndex {
    offsets: Vec<u32>,
    tags: Vec<[u8; 16]>,
}

impl MemoryIndex {
    pub(crate) fn push(&mut self, offset: u64, pod: Option<PodTag>) {
        // Segments end below 4 GiB: see MAX_SEGMENT_BYTES.
        self.offsets.push(u32::try_from(offset).unwrap_or(u32::MAX));
        self.tags.push(pod.map_or(NO_POD, |pod| *pod.as_bytes()));
    }

    pub(crate) fn append(&mut self, mut other: Self) {
        self.offsets.append(&mut other.offsets);
        self.tags.append(&mut other.tags);
    }

    pub(crate) fn truncate(&mut self, count: usize) {
        self.offsets.truncate(count);
        self.tags.truncate(count);
    }

    pub(crate) fn count(&self) -> u64 {
        self.offsets.len() as u64
    }

    pub(crate) fn offset(&self, number: u64) -> Option<u64> {
        self.offsets.get(usize::try_from(number).ok()?).copied().map(u64::from)
    }

    /// Numbers of the entries of `pod`, ascending, from `from`, at most `limit`. A scan: 16 bytes an entry, some 0.1 ms
    /// for a full segment, and nothing to keep up to date on the writer's path.
    pub(crate) fn find(&self, pod: PodTag, from: u64, limit: usize) -> Vec<u64> {
        let skip = usize::try_from(from).unwrap_or(usize::MAX);
        let tags = self.tags.iter().enumerate().skip(skip).filter(|(_, tag)| *tag == pod.as_bytes());
        tags.map(|(number, _)| number as u64).take(limit).collect()
    }

    /// As the file that goes with a full segment.
    pub(crate) fn to_file(&self, first_index: u64) -> Vec<u8> {
        let count = u32::try_from(self.offsets.len()).unwrap_or(u32::MAX);
        let mut records: Vec<([u8; 16], u32)> = self.tags.iter().copied().zip(0..).collect();
        records.sort_unstable();
        let mut body = Vec::with_capacity(self.offsets.len() * 24);
        self.offsets.iter().for_each(|offset| body.extend_from_slice(&offset.to_le_bytes()));
        for (tag, number) in records {
            body.extend_from_slice(&tag);
            body.extend_from_slice(&number.to_le_bytes());
        }
        let mut bytes = fixed_part(first_index, count);
        let checksum = sha256(&[&bytes, &body]);
        bytes.extend_from_slice(&checksum);
        bytes.extend_from_slice(&body);
        bytes
    }
}

fn fixed_part(first_index: u64, count: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(FIXED_BYTES);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&count.to_le_bytes());
    bytes.extend_from_slice(&first_index.to_le_bytes());
    bytes
}

/// An index file, open for looking things up with a few small reads.
#[derive(Debug)]
pub(crate) struct FileIndex {
    file: File,
    count: u64,
}

impl FileIndex {
    /// Opens the index of the segment with `count` entries from `first_index`; `None` when there is none that fits.
    /// The body is not read: see [`FileIndex::is_whole`].
    pub(crate) fn open(path: &Path, first_index: u64, count: u64) -> io::Result<Option<Self>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let Ok(short_count) = u32::try_from(count) else { return Ok(None) };
        let length = HEADER_BYTES + count * (OFFSET_BYTES + RECORD_BYTES);
        let mut fixed = [0; FIXED_BYTES];
        let fits = file.metadata()?.len() == length
            && file.read_exact_at(&mut fixed, 0).is_ok()
            && fixed.as_slice() == fixed_part(first_index, short_count);
        Ok(fits.then_some(Self { file, count }))
    }

    /// Whether the checksum holds: reads the whole file (some 2 MB).
    pub(crate) fn is_whole(&self) -> io::Result<bool> {
        let length = HEADER_BYTES + self.count * (OFFSET_BYTES + RECORD_BYTES);
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
        self.file.read_exact_at(&mut bytes, 0)?;
        let (fixed, rest) = bytes.split_at(FIXED_BYTES);
        Ok(rest.split_first_chunk::<32>().is_some_and(|(checksum, body)| sha256(&[fixed, body]) == *checksum))
    }

    /// Where entry `number` of the segment stands.
    pub(crate) fn offset(&self, number: u64) -> io::Result<Option<u64>> {
        if number >= self.count {
            return Ok(None);
        }
        let mut offset = [0; OFFSET_BYTES as usize];
        self.file.read_exact_at(&mut offset, HEADER_BYTES + number * OFFSET_BYTES)?;
        Ok(Some(u64::from(u32::from_le_bytes(offset))))
    }

    /// As [`MemoryIndex::find`], by binary search.
    pub(crate) fn find(&self, pod: PodTag, from: u64, limit: usize) -> io::Result<Vec<u64>> {
        let wanted = (*pod.as_bytes(), u32::try_from(from).unwrap_or(u32::MAX));
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.record(middle)? < wanted { low = middle + 1 } else { high = middle }
        }
        let mut found = Vec::new();
        while low < self.count && found.len() < limit {
            let (tag, number) = self.record(low)?;
            if tag != *pod.as_bytes() {
                break;
            }
            found.push(u64::from(number));
            low += 1;
        }
        Ok(found)
    }

    fn record(&self, at: u64) -> io::Result<([u8; 16], u32)> {
        let mut record = [0; RECORD_BYTES as usize];
        let start = HEADER_BYTES + self.count * OFFSET_BYTES;
        self.file.read_exact_at(&mut record, start + at * RECORD_BYTES)?;
        let mut tag = [0; 16];
        let mut number = [0; 4];
        let (left, right) = record.split_at(16);
        tag.copy_from_slice(left);
        number.copy_from_slice(right);
        Ok((tag, u32::from_le_bytes(number)))
    }
}

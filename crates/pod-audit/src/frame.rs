//! Frames: how entries and heads stand in a segment.
//!
//! `frame = word: u32 le (kind << 24 | length), checksum: 8 bytes, payload`. The checksum is the beginning of a
//! SHA-256: of an entry its leaf hash, which is needed anyway, of a head one with a prefix of its own. A word of zero
//! ends the frames; the rest of the file is zeros that were written ahead.

use std::fs::File;
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom};

use pod_crypto::sha256;
use pod_protocol::merkle::{Hash, leaf_hash};

use crate::limits::{MAX_ENTRY_BYTES, MAX_HEAD_BYTES};

/// Bytes before the payload.
pub(crate) const FRAME_HEADER_BYTES: usize = WORD_BYTES + CHECKSUM_BYTES;
const WORD_BYTES: usize = 4;
const CHECKSUM_BYTES: usize = 8;
/// How much is read from a file at a time.
const READ_BYTES: usize = 128 * 1024;
/// Separates the checksum of a head from leaf (0) and node (1) hashes.
const HEAD_PREFIX: u8 = 2;

/// What is in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameKind {
    Entry,
    Head,
}

impl FrameKind {
    fn number(self) -> u8 {
        match self {
            Self::Entry => 1,
            Self::Head => 2,
        }
    }

    fn longest(self) -> usize {
        match self {
            Self::Entry => MAX_ENTRY_BYTES,
            Self::Head => MAX_HEAD_BYTES,
        }
    }

    /// The digest whose beginning is the checksum.
    pub(crate) fn digest(self, payload: &[u8]) -> Hash {
        match self {
            Self::Entry => leaf_hash(payload),
            Self::Head => sha256(&[&[HEAD_PREFIX], payload]),
        }
    }
}

/// Appends a frame to `out`. `digest` is [`FrameKind::digest`] of `payload`, which callers have at hand.
pub(crate) fn put_frame(out: &mut Vec<u8>, kind: FrameKind, digest: &Hash, payload: &[u8]) {
    let [low, middle, high, _] = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes();
    out.extend_from_slice(&[low, middle, high, kind.number()]);
    out.extend_from_slice(digest.split_at(CHECKSUM_BYTES).0);
    out.extend_from_slice(payload);
}

/// The first bytes of a frame, understood.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameHeader {
    pub(crate) kind: FrameKind,
    pub(crate) length: usize,
    checksum: [u8; CHECKSUM_BYTES],
}

impl FrameHeader {
    /// Reads a header; `None` when no frame of this format starts so.
    pub(crate) fn read(bytes: &[u8; FRAME_HEADER_BYTES]) -> Option<Self> {
        let [low, middle, high, kind, checksum @ ..] = *bytes;
        let kind = match kind {
            1 => FrameKind::Entry,
            2 => FrameKind::Head,
            _ => return None,
        };
        let length = usize::try_from(u32::from_le_bytes([low, middle, high, 0])).ok()?;
        (length > 0 && length <= kind.longest()).then_some(Self { kind, length, checksum })
    }

    /// The digest of `payload` when it matches the checksum.
    pub(crate) fn check(&self, payload: &[u8]) -> Option<Hash> {
        let digest = self.kind.digest(payload);
        digest.starts_with(&self.checksum).then_some(digest)
    }
}

/// A whole frame.
#[derive(Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) offset: u64,
    pub(crate) kind: FrameKind,
    pub(crate) payload: &'a [u8],
    pub(crate) digest: Hash,
}

/// What stands next in a segment.
#[derive(Debug)]
pub(crate) enum Step<'a> {
    /// A frame that matches its checksum.
    Frame(Frame<'a>),
    /// No more frames: a zero word, or the end of the file.
    End { offset: u64 },
    /// Not a frame. With `kind` known, the next frame can still be found; otherwise the reader is at its end.
    Bad { offset: u64, kind: Option<FrameKind> },
}

/// Reads frames one after the other, with a buffer of 128 KiB however large the file is.
#[derive(Debug)]
pub(crate) struct FrameReader {
    input: BufReader<File>,
    offset: u64,
    end: u64,
    payload: Vec<u8>,
}

impl FrameReader {
    /// Reads from `offset` to `end`, which is at most the file's length.
    pub(crate) fn new(mut file: File, offset: u64, end: u64) -> io::Result<Self> {
        file.seek(SeekFrom::Start(offset))?;
        Ok(Self { input: BufReader::with_capacity(READ_BYTES, file), offset, end, payload: Vec::new() })
    }

    /// The next frame. After [`Step::End`] or a [`Step::Bad`] without kind, there is nothing more.
    pub(crate) fn next(&mut self) -> io::Result<Step<'_>> {
        let offset = self.offset;
        let left = self.end.saturating_sub(offset);
        let mut header = [0; FRAME_HEADER_BYTES];
        let available = usize::try_from(left).unwrap_or(usize::MAX).min(FRAME_HEADER_BYTES);
        self.input.read_exact(header.split_at_mut(available).0)?;
        let (word, _) = header.split_at(WORD_BYTES);
        if word.iter().all(|byte| *byte == 0) {
            // Where fewer bytes than a header are left, they are padding like any other.
            self.end = offset;
            return Ok(Step::End { offset });
        }
        let whole = FrameHeader::read(&header)
            .filter(|header| left >= (FRAME_HEADER_BYTES as u64).saturating_add(header.length as u64));
        let Some(header) = whole else {
            self.end = offset;
            return Ok(Step::Bad { offset, kind: None });
        };
        self.payload.resize(header.length, 0);
        self.input.read_exact(&mut self.payload)?;
        self.offset = offset.saturating_add(FRAME_HEADER_BYTES as u64).saturating_add(header.length as u64);
        Ok(match header.check(&self.payload) {
            Some(digest) => Step::Frame(Frame { offset, kind: header.kind, payload: &self.payload, digest }),
            None => Step::Bad { offset, kind: Some(header.kind) },
        })
    }
}

/// Finds whole head frames anywhere in `bytes`, whatever stands between them, and gives their payloads.
pub(crate) fn find_heads(bytes: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while let Some((header, behind)) = rest.split_first_chunk::<FRAME_HEADER_BYTES>() {
        let head = FrameHeader::read(header).filter(|header| header.kind == FrameKind::Head).and_then(|header| {
            let payload = behind.get(..header.length)?;
            header.check(payload).map(|_| payload)
        });
        found.extend(head);
        rest = rest.split_first().map_or(&[], |(_, rest)| rest);
    }
    found
}

//! Going through the segments, frame by frame.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use pod_crypto::PublicKey;
use pod_protocol::cose::Signed;
use pod_protocol::ids::base64url;
use pod_protocol::merkle::Frontier;
use pod_protocol::tree_head::TreeHead;

use super::group::Pending;
use super::kept::KeptHead;
use super::report::{Check, Finding, HeadSummary, Report, Severity};
use crate::entry::StoredEntry;
use crate::frame::{Frame, FrameKind, FrameReader, Step, find_heads};
use crate::index::MemoryIndex;
use crate::segment::{self, SEGMENT_HEADER_BYTES};
use crate::tree::{TREE_FILE, TreeFile, stored_count};

/// The state of a check.
pub(super) struct Walk<'a> {
    pub(super) directory: &'a Path,
    pub(super) keys: &'a [PublicKey],
    pub(super) report: Report,
    pub(super) tree: Option<TreeFile>,
    /// Heads kept elsewhere that must be found in the log.
    pub(super) kept: Vec<KeptHead>,
    /// The right edge at the last head that holds; `None` where the entries before are not known to be whole.
    pub(super) base: Option<Frontier>,
    /// Entries after the last head.
    pub(super) pending: Vec<Pending>,
    /// The index of the first of them.
    pub(super) next_index: u64,
    /// Whether `next_index` can be relied on.
    pub(super) counted: bool,
    pub(super) last: Option<LastHead>,
    /// The size of the head before the last.
    pub(super) previous_size: u64,
}

/// The newest head that was read.
pub(super) struct LastHead {
    pub(super) bytes: Vec<u8>,
    pub(super) claims: TreeHead,
}

/// One segment while it is read.
struct Segment {
    name: String,
    first_index: u64,
    newest: bool,
    index: MemoryIndex,
    /// Where the last head ends.
    signed_end: u64,
    /// How many findings there were when it ended.
    findings_before_tail: usize,
    frames: u64,
    /// Whether the head that every segment but the first starts with was there.
    started: bool,
    /// Whether anything in it was damaged, so that its index says nothing.
    damaged: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(directory: &'a Path, keys: &'a [PublicKey]) -> Self {
        Self {
            directory,
            keys,
            report: Report::default(),
            tree: None,
            kept: Vec::new(),
            base: Some(Frontier::default()),
            pending: Vec::new(),
            next_index: 0,
            counted: true,
            last: None,
            previous_size: 0,
        }
    }

    pub(super) fn note(
        &mut self,
        severity: Severity,
        check: Check,
        file: &str,
        offset: Option<u64>,
        index: Option<u64>,
        detail: String,
    ) {
        self.report.findings.push(Finding { severity, check, file: file.to_owned(), offset, index, detail });
    }

    fn evidence(&mut self, check: Check, file: &str, offset: u64, index: Option<u64>, detail: &str) {
        self.note(Severity::Evidence, check, file, Some(offset), index, detail.to_owned());
    }

    pub(super) fn open_tree(&mut self) {
        match TreeFile::open_existing(self.directory) {
            Ok(tree) if tree.has_header() => self.tree = Some(tree),
            Ok(_) => {
                let detail = "not a tree file of this format".to_owned();
                self.note(Severity::Derived, Check::TreeFile, TREE_FILE, Some(0), None, detail);
            }
            // It is rebuilt at the next start.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => self.note(Severity::Derived, Check::Unreadable, TREE_FILE, None, None, error.to_string()),
        }
    }

    /// Checks the segment that starts with entry `first_index`.
    pub(super) fn segment(&mut self, first_index: u64, newest: bool) {
        let name = segment::name(first_index);
        if let Err(error) = segment::check_header(self.directory, first_index) {
            self.evidence(Check::SegmentHeader, &name, 0, None, &error.to_string());
        }
        if self.counted && first_index != self.next_index {
            let detail = format!("starts with entry {first_index}, but {} comes next", self.next_index);
            self.evidence(Check::SegmentGap, &name, 0, Some(self.next_index), &detail);
            self.base = None;
        }
        self.next_index = first_index;
        self.counted = true;
        let mut segment = Segment {
            name,
            first_index,
            newest,
            index: MemoryIndex::default(),
            signed_end: SEGMENT_HEADER_BYTES,
            findings_before_tail: self.report.findings.len(),
            frames: 0,
            started: first_index == 0,
            damaged: false,
        };
        if let Err(error) = self.frames(&mut segment) {
            self.note(Severity::Evidence, Check::Unreadable, &segment.name, None, None, error.to_string());
            self.counted = false;
            self.base = None;
        }
        self.pending.clear();
    }

    fn frames(&mut self, segment: &mut Segment) -> io::Result<()> {
        let file = File::open(self.directory.join(&segment.name))?;
        let length = file.metadata()?.len();
        let mut frames = FrameReader::new(file.try_clone()?, SEGMENT_HEADER_BYTES, length)?;
        let mut after_bad = false;
        loop {
            match frames.next()? {
                Step::Frame(frame) => {
                    after_bad = false;
                    match frame.kind {
                        FrameKind::Entry => self.entry(segment, &frame),
                        FrameKind::Head => self.head(segment, &frame),
                    }
                    segment.frames += 1;
                }
                Step::End { offset } => {
                    self.padding(segment, &file, offset, length)?;
                    break;
                }
                // A wrong length makes the frame after it look damaged as well: one finding is enough.
                Step::Bad { .. } if after_bad => {
                    self.counted = false;
                    break;
                }
                Step::Bad { offset, kind } => {
                    after_bad = true;
                    self.bad(segment, offset, kind);
                    if kind.is_none() {
                        self.counted = false;
                        break;
                    }
                }
            }
        }
        self.end(segment, &file, length)
    }

    fn entry(&mut self, segment: &mut Segment, frame: &Frame<'_>) {
        let index = self.next_index + self.pending.len() as u64;
        let entry = StoredEntry::with_leaf(index, frame.digest, frame.payload.to_vec());
        if let Err(fault) = &entry {
            self.evidence(Check::EntryUnreadable, &segment.name, frame.offset, Some(index), &fault.to_string());
        }
        segment.index.push(frame.offset, entry.ok().and_then(|entry| entry.public().pod));
        self.pending.push(Pending { offset: frame.offset, leaf: Some(frame.digest) });
    }

    fn bad(&mut self, segment: &mut Segment, offset: u64, kind: Option<FrameKind>) {
        segment.damaged = true;
        let index = self.next_index + self.pending.len() as u64;
        match kind {
            Some(FrameKind::Head) => {
                self.evidence(
                    Check::FrameDamaged,
                    &segment.name,
                    offset,
                    None,
                    "a tree head does not match its checksum",
                );
            }
            Some(FrameKind::Entry) => {
                let detail = "the entry does not match its checksum";
                self.evidence(Check::FrameDamaged, &segment.name, offset, Some(index), detail);
                self.pending.push(Pending { offset, leaf: None });
            }
            None => {
                let detail = "not a frame: its kind or length is damaged, and what follows cannot be found";
                self.evidence(Check::FrameDamaged, &segment.name, offset, Some(index), detail);
            }
        }
    }

    fn head(&mut self, segment: &mut Segment, frame: &Frame<'_>) {
        let Ok(head) = Signed::<TreeHead>::decode(frame.payload) else {
            self.evidence(Check::HeadUnreadable, &segment.name, frame.offset, None, "no tree head is in this frame");
            return;
        };
        let claims = *head.unverified();
        self.report.heads += 1;
        if !self.keys.iter().any(|key| head.clone().verify(key).is_ok()) {
            let detail = format!("the head of {} entries is not signed by the key given", claims.size);
            self.evidence(Check::HeadForeign, &segment.name, frame.offset, None, &detail);
        }
        let repeated = segment.frames == 0 && segment.first_index > 0;
        if let Some(last) = &self.last {
            if claims.origin != last.claims.origin {
                let detail = format!("the head is for {}, the one before it for {}", claims.origin, last.claims.origin);
                self.evidence(Check::HeadForeign, &segment.name, frame.offset, None, &detail);
            } else if claims.time_secs < last.claims.time_secs {
                let detail = format!("signed at {}, after a head of {}", claims.time_secs, last.claims.time_secs);
                self.evidence(Check::HeadTime, &segment.name, frame.offset, None, &detail);
            } else if repeated && last.bytes != frame.payload {
                let detail = "does not start with the head that ended the segment before it";
                self.evidence(Check::SegmentStart, &segment.name, frame.offset, None, detail);
            }
        }
        self.see_head(&segment.name, frame.offset, &head);
        let follows = if repeated {
            self.resume(&claims);
            true
        } else {
            self.judge(&segment.name, frame.offset, &claims)
        };
        if follows {
            if !repeated {
                self.previous_size = self.last.as_ref().map_or(0, |last| last.claims.size);
            }
            self.last = Some(LastHead { bytes: frame.payload.to_vec(), claims });
        }
        segment.started = true;
        segment.signed_end = frame.offset + (crate::frame::FRAME_HEADER_BYTES + frame.payload.len()) as u64;
        segment.findings_before_tail = self.report.findings.len();
    }

    fn padding(&mut self, segment: &Segment, file: &File, from: u64, length: u64) -> io::Result<()> {
        let rest = read_range(file, from, length)?;
        let Some(at) = rest.iter().position(|byte| *byte != 0) else { return Ok(()) };
        let severity = if segment.newest { Severity::Notice } else { Severity::Evidence };
        let detail = "bytes other than zero stand where nothing was written".to_owned();
        self.note(severity, Check::Padding, &segment.name, Some(from + at as u64), None, detail);
        Ok(())
    }

    /// Looks at what follows the last head of a segment, and at its index file.
    fn end(&mut self, segment: &Segment, file: &File, length: u64) -> io::Result<()> {
        if !segment.newest {
            if !self.pending.is_empty() {
                let detail = "entries at the end of a full segment have no tree head";
                let index = self.next_index;
                self.evidence(Check::HeadMissing, &segment.name, segment.signed_end, Some(index), detail);
            }
            if !segment.damaged {
                self.index_file(segment);
            }
            return Ok(());
        }
        let promised = self.kept.iter().map(KeptHead::size).max().unwrap_or(0);
        let size = self.last.as_ref().map_or(0, |last| last.claims.size);
        let rest = read_range(file, segment.signed_end, length)?;
        let later =
            |payload: &&[u8]| Signed::<TreeHead>::decode(payload).is_ok_and(|head| head.unverified().size > size);
        // As when the node starts: what no kept head covers, and what at most one head follows, was never acknowledged.
        if segment.started && promised <= size && find_heads(&rest).iter().filter(|payload| later(payload)).count() <= 1
        {
            for finding in self.report.findings.iter_mut().skip(segment.findings_before_tail) {
                finding.severity = Severity::Notice;
                finding.check = if finding.check == Check::Padding { Check::Padding } else { Check::UnsignedTail };
            }
        }
        if !self.pending.is_empty() {
            let detail = format!("{} entries behind the last head were never acknowledged", self.pending.len());
            let (offset, index) = (Some(segment.signed_end), Some(self.next_index));
            self.note(Severity::Notice, Check::UnsignedTail, &segment.name, offset, index, detail);
        }
        Ok(())
    }

    fn index_file(&mut self, segment: &Segment) {
        let name = segment::index_name(segment.first_index);
        let detail = match std::fs::read(self.directory.join(&name)) {
            Ok(bytes) if bytes == segment.index.to_file(segment.first_index) => return,
            Ok(_) => "the index differs from its segment: delete it, it is rebuilt".to_owned(),
            // It is rebuilt when it is needed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => error.to_string(),
        };
        self.note(Severity::Derived, Check::IndexFile, &name, None, None, detail);
    }

    /// Checks that the stored tree ends where the log ends.
    pub(super) fn check_tree_length(&mut self) {
        let (Some(tree), Some(last)) = (&self.tree, &self.last) else { return };
        let expected = (stored_count(last.claims.size) + 1) * crate::tree::HASH_BYTES as u64;
        if tree.file().metadata().is_ok_and(|found| found.len() == expected) {
            return;
        }
        let detail = "the stored tree is longer or shorter than the log; it is rebuilt at the next start".to_owned();
        // A crash leaves it so: it is not synced with each group.
        self.note(Severity::Notice, Check::TreeFile, TREE_FILE, None, None, detail);
    }

    pub(super) fn into_report(mut self, segments: u64) -> Report {
        self.report.segments = segments;
        self.report.entries = self.last.as_ref().map_or(0, |last| last.claims.size);
        self.report.last_head = self.last.map(|last| HeadSummary {
            origin: last.claims.origin.to_string(),
            size: last.claims.size,
            root: base64url(&last.claims.root),
            time_secs: last.claims.time_secs,
        });
        self.report
    }
}

fn read_range(file: &File, from: u64, to: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX)];
    file.read_exact_at(&mut bytes, from)?;
    Ok(bytes)
}

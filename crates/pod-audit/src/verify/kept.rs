//! Heads that were kept outside the segments, in the head file or by others, against those in the log.

use pod_protocol::cose::Signed;
use pod_protocol::tree_head::TreeHead;

use super::report::{Check, Severity};
use super::walk::Walk;
use crate::head_file::{HEAD_FILE, SLOT_BYTES, Slot, UncheckedHead, newest, read_slots};

/// A head that the log must contain.
pub(super) struct KeptHead {
    claims: TreeHead,
    /// Where it was kept, for findings.
    place: String,
    /// Whether the log was found to have it.
    found: bool,
    /// Whether the log was found to have another of its size.
    contradicted: bool,
}

impl KeptHead {
    pub(super) fn size(&self) -> u64 {
        self.claims.size
    }

    fn new(claims: TreeHead, place: String) -> Self {
        Self { claims, place, found: false, contradicted: false }
    }
}

impl Walk<'_> {
    /// Takes a head that somebody else kept; `false` when it is not one signed by the key.
    pub(super) fn expect_known(&mut self, number: usize, bytes: &[u8]) -> bool {
        let Ok(head) = Signed::<TreeHead>::decode(bytes) else { return false };
        let claims = *head.unverified();
        if !self.signed_by_us(&head) {
            return false;
        }
        self.kept.push(KeptHead::new(claims, format!("known head {number}")));
        true
    }

    fn signed_by_us(&self, head: &UncheckedHead) -> bool {
        self.keys.iter().any(|key| head.clone().verify(key).is_ok())
    }

    /// Reads the head file and expects its heads in the log.
    pub(super) fn read_head_file(&mut self) {
        let problem = |walk: &mut Self, slot: usize, check, detail: &str| {
            let offset = Some((slot * SLOT_BYTES) as u64);
            walk.note(Severity::Evidence, check, HEAD_FILE, offset, None, detail.to_owned());
        };
        let slots = match read_slots(self.directory) {
            Ok(Some(slots)) => slots,
            Ok(None) => {
                problem(
                    self,
                    0,
                    Check::HeadFile,
                    "the head file is missing or empty: nothing shows that the log is complete",
                );
                return;
            }
            Err(error) => {
                problem(self, 0, Check::Unreadable, &error.to_string());
                return;
            }
        };
        for (number, slot) in slots.into_iter().enumerate() {
            match slot {
                Slot::Empty => {}
                Slot::Damaged => problem(self, number, Check::HeadFile, "this copy of a head is damaged"),
                Slot::Head(head) if !self.signed_by_us(&head) => {
                    problem(self, number, Check::HeadForeign, "this head is not signed by the key given");
                }
                Slot::Head(head) => self.kept.push(KeptHead::new(*head.unverified(), HEAD_FILE.to_owned())),
            }
        }
    }

    /// A head of the log: compares it with the kept ones of its size.
    pub(super) fn see_head(&mut self, file: &str, offset: u64, head: &UncheckedHead) {
        let claims = head.unverified();
        let mut contradictions = Vec::new();
        for kept in self.kept.iter_mut().filter(|kept| kept.claims.size == claims.size) {
            if kept.claims == *claims {
                kept.found = true;
            } else {
                kept.contradicted = true;
                contradictions.push(format!("the head of {} entries is not the one in {}", claims.size, kept.place));
            }
        }
        for detail in contradictions {
            self.note(Severity::Evidence, Check::HeadConflict, file, Some(offset), None, detail);
        }
    }

    /// After the last segment: which kept heads were not found, and whether the head file is up to date.
    pub(super) fn compare_kept_heads(&mut self) {
        let size = self.last.as_ref().map_or(0, |last| last.claims.size);
        for kept in std::mem::take(&mut self.kept) {
            if kept.found || kept.contradicted {
                continue;
            }
            let (check, detail) = if kept.claims.size > size {
                let missing = kept.claims.size - size;
                (Check::LogTruncated, format!("{missing} entries that this head covers are not in the log"))
            } else {
                (Check::HeadConflict, format!("the log has no head of {} entries", kept.claims.size))
            };
            self.note(Severity::Evidence, check, &kept.place, None, Some(size.min(kept.claims.size)), detail);
        }
        let Ok(Some(slots)) = read_slots(self.directory) else { return };
        let recorded = newest(&slots).map_or(0, |head| head.unverified().size);
        if recorded >= size {
            return;
        }
        let detail = format!(
            "the newest head in this file has {recorded} entries, the log has {size}. A power cut can leave that, and \
             the next start corrects it; otherwise an old copy of the file was put back"
        );
        // kill -9 between the sync and the head file leaves it one group behind.
        let severity = if recorded == self.previous_size { Severity::Notice } else { Severity::Evidence };
        self.note(severity, Check::HeadFileBehind, HEAD_FILE, None, Some(recorded), detail);
    }
}

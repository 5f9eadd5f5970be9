//! Comparing the entries of one group with the head that covers them, and finding out which of them differ.

use std::collections::HashSet;

use pod_protocol::merkle::{Frontier, Hash};
use pod_protocol::tree_head::TreeHead;

use super::report::{Check, Severity};
use super::walk::Walk;
use crate::tree::TREE_FILE;

/// An entry that no head covered so far.
pub(super) struct Pending {
    pub(super) offset: u64,
    /// `None` when its frame is damaged, which was reported.
    pub(super) leaf: Option<Hash>,
}

impl Walk<'_> {
    /// Goes on from a head whose entries cannot be compared, when the stored tree leads to its root.
    pub(super) fn resume(&mut self, claims: &TreeHead) {
        let known = self.base.as_ref().is_some_and(|base| base.size() == claims.size && base.root() == claims.root);
        if !known {
            let stored = self.tree.as_ref().and_then(|tree| Frontier::load(tree, claims.size).ok());
            self.base = stored.filter(|stored| stored.root() == claims.root);
        }
        self.next_index = claims.size;
        self.counted = true;
        self.pending.clear();
    }

    /// Checks that the pending entries are the ones that the head covers; `false` when the head cannot come next.
    pub(super) fn judge(&mut self, file: &str, offset: u64, claims: &TreeHead) -> bool {
        let before = self.last.as_ref().map_or(0, |last| last.claims.size);
        let Some(count) = claims.size.checked_sub(before).filter(|count| *count > 0) else {
            let detail = format!("a head of {} entries follows a head of {before}", claims.size);
            self.note(Severity::Evidence, Check::HeadSize, file, Some(offset), None, detail);
            return false;
        };
        let Some(base) = self.base.clone().filter(|base| base.size() == before) else {
            self.resume(claims);
            return true;
        };
        let found: Option<Vec<Hash>> = self.pending.iter().map(|pending| pending.leaf).collect();
        if let Some(found) = found.filter(|found| found.len() as u64 == count) {
            let (frontier, hashes) = grow(base.clone(), &found);
            if frontier.root() == claims.root {
                self.compare_tree(&base, &hashes);
                self.base = Some(frontier);
                self.next_index = claims.size;
                self.pending.clear();
                return true;
            }
        }
        // The signed root says that something differs; the stored leaves, when they lead to it, say what.
        let stored = self.stored_leaves(before, claims.size).filter(|stored| {
            let (frontier, _) = grow(base, stored);
            frontier.root() == claims.root
        });
        match stored {
            Some(stored) => self.name_differences(file, offset, before, &stored),
            None => {
                let detail = format!(
                    "the head covers entries {before} to {}, and at least one of the {} found is not what was signed",
                    claims.size - 1,
                    self.pending.len()
                );
                self.note(Severity::Evidence, Check::HeadRoot, file, Some(offset), Some(before), detail);
            }
        }
        self.resume(claims);
        true
    }

    fn stored_leaves(&self, from: u64, to: u64) -> Option<Vec<Hash>> {
        let tree = self.tree.as_ref()?;
        (from..to).map(|index| tree.leaf(index).ok()).collect()
    }

    fn name_differences(&mut self, file: &str, head_offset: u64, first: u64, signed: &[Hash]) {
        let found: HashSet<Hash> = self.pending.iter().filter_map(|pending| pending.leaf).collect();
        let known: HashSet<Hash> = signed.iter().copied().collect();
        let damaged = self.pending.iter().filter(|pending| pending.leaf.is_none()).count();
        let same_count = self.pending.len() == signed.len();
        let pending = std::mem::take(&mut self.pending);
        let mut notes = Vec::new();
        for (index, leaf) in (first..).zip(signed) {
            let here = pending.get(usize::try_from(index - first).unwrap_or(usize::MAX));
            let offset = here.map_or(head_offset, |here| here.offset);
            let note = match here.map(|here| here.leaf) {
                Some(Some(found)) if found == *leaf => continue,
                // Its damaged frame was reported.
                Some(None) if same_count => continue,
                Some(Some(_)) if same_count && !found.contains(leaf) => {
                    (Check::EntryEdited, "the entry is not the one that was signed at this index")
                }
                _ if found.contains(leaf) => {
                    // Behind a removed entry all others are moved: the removed one is what matters.
                    if !same_count {
                        continue;
                    }
                    (Check::EntryMoved, "the entry that was signed at this index stands at another")
                }
                _ if damaged > 0 => continue,
                _ => (Check::EntryRemoved, "the entry that was signed at this index is not in the log"),
            };
            notes.push((note, offset, index));
        }
        for ((check, detail), offset, index) in notes {
            self.note(Severity::Evidence, check, file, Some(offset), Some(index), detail.to_owned());
        }
        let inserted = pending.iter().filter(|_| pending.len() > signed.len());
        for pending in inserted.filter(|pending| pending.leaf.is_some_and(|leaf| !known.contains(&leaf))) {
            let detail = "the entry was never signed".to_owned();
            self.note(Severity::Evidence, Check::EntryInserted, file, Some(pending.offset), None, detail);
        }
    }

    /// Compares the stored hashes with those computed from the entries.
    fn compare_tree(&mut self, base: &Frontier, hashes: &[Hash]) {
        let Some(tree) = &self.tree else { return };
        if tree.matches(base.size(), hashes).unwrap_or(false) {
            return;
        }
        let detail = "stored hashes differ from the entries: delete the file, it is rebuilt".to_owned();
        let index = Some(base.size());
        let short = tree.ends_before(base.size(), hashes.len());
        // The file is not synced with each group, so that a power cut may leave it shorter than the log.
        let severity = if short { Severity::Notice } else { Severity::Derived };
        self.note(severity, Check::TreeFile, TREE_FILE, None, index, detail);
    }
}

fn grow(mut frontier: Frontier, leaves: &[Hash]) -> (Frontier, Vec<Hash>) {
    let mut hashes = Vec::new();
    for leaf in leaves {
        frontier.push(leaf, |hash| hashes.push(*hash));
    }
    (frontier, hashes)
}

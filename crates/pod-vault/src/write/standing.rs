//! What a register says beside records: who acts for a child, and who is under non-disclosure.

use pod_crypto::Zeroizing;
use pod_protocol::ids::PodId;

use super::{Stored, WriteBatch};
use crate::fault::{VaultFault, within};
use crate::guardianship::Guardianship;
use crate::limits::{MAX_GUARDIANS, MAX_WARDS};
use crate::non_disclosure::to_plain;
use crate::tables::{FORMAT, GUARDIANSHIPS, NON_DISCLOSURE, WARDS, ward_key};

/// Longest date of birth, in bytes: `2015-03-01`.
const DATE_BYTES: usize = 10;

impl WriteBatch<'_> {
    /// Says who acts for a child: the people with these identity codes, who may have no pod here. Whoever acted before and is
    /// not named any more does so no longer. `born` is the child's date of birth (`2015-03-01`). Says whether that changed
    /// anything.
    ///
    /// # Errors
    /// [`VaultFault::NoSuchPod`], [`VaultFault::TooLarge`]; the batch then holds nothing of it.
    pub fn set_guardians(&mut self, child: &PodId, born: &str, identity_codes: &[&str]) -> Result<bool, VaultFault> {
        within("guardians of one child", identity_codes.len(), MAX_GUARDIANS)?;
        within("a date of birth (bytes)", born.len(), DATE_BYTES)?;
        let keys = self.keys_for_writing(child)?;
        let (before, found) = match self.guardianships.get(child) {
            Some(before) => (before.clone(), Stored::Overlaid),
            None => {
                let (before, row) = self.vault.guardianship(&keys, child)?;
                (before, row.into())
            }
        };
        let guardians = identity_codes.iter().map(|code| self.vault.keys.guardian_tag(code)).collect();
        let after = Some(Guardianship { born: Zeroizing::new(born.to_owned()), guardians });
        let after = after.filter(|after| !after.guardians.is_empty());
        if before == after {
            return Ok(false);
        }
        let of = |one: &Option<Guardianship>| one.as_ref().map(|one| one.guardians.clone()).unwrap_or_default();
        let (acted, act) = (of(&before), of(&after));
        for guardian in act.difference(&acted) {
            self.need_room("children of one guardian", WARDS, guardian, MAX_WARDS)?;
        }
        self.require(GUARDIANSHIPS, child.as_bytes(), found);
        for gone in acted.difference(&act) {
            self.batch.delete(WARDS, ward_key(gone, child));
            self.count(WARDS, gone.to_vec(), -1);
        }
        for guardian in act.difference(&acted) {
            self.batch.put(WARDS, ward_key(guardian, child), [FORMAT]);
            self.count(WARDS, guardian.to_vec(), 1);
        }
        match &after {
            Some(after) => {
                let row = self.vault.seal_own(&keys, child, GUARDIANSHIPS, &after.to_plain());
                self.batch.put(GUARDIANSHIPS, child.as_bytes(), row);
            }
            None => {
                self.batch.delete(GUARDIANSHIPS, child.as_bytes());
            }
        }
        self.guardianships.insert(*child, after);
        self.did.guardians_changed.push(*child);
        Ok(true)
    }

    /// Says whether a person is under non-disclosure. Says whether that changed anything.
    ///
    /// # Errors
    /// [`VaultFault::NoSuchPod`]; the batch then holds nothing of it.
    pub fn set_non_disclosure(&mut self, pod: &PodId, on: bool) -> Result<bool, VaultFault> {
        let keys = self.keys_for_writing(pod)?;
        let (before, found) = match self.non_disclosure.get(pod) {
            Some(before) => (Some(*before), Stored::Overlaid),
            None => {
                let (before, row) = self.vault.non_disclosure_row(&keys, pod)?;
                (before, row.into())
            }
        };
        if before == Some(on) {
            return Ok(false);
        }
        self.require(NON_DISCLOSURE, pod.as_bytes(), found);
        // A first "no" is written as well: otherwise whoever has a row is whoever is, or was, protected.
        let row = self.vault.seal_own(&keys, pod, NON_DISCLOSURE, &to_plain(on));
        self.batch.put(NON_DISCLOSURE, pod.as_bytes(), row);
        self.non_disclosure.insert(*pod, on);
        let changed = before.unwrap_or(false) != on;
        if changed {
            self.did.non_disclosure_changed.push(*pod);
        }
        Ok(changed)
    }
}

//! Non-disclosure (turvakielto): sealed, because that somebody is protected is itself a secret.

use pod_protocol::ids::PodId;

use crate::fault::VaultFault;
use crate::pod_keys::PodKeys;
use crate::tables::NON_DISCLOSURE;
use crate::vault::Vault;

/// One byte for both answers, so that the sealed rows look the same.
pub(crate) fn to_plain(on: bool) -> [u8; 1] {
    [u8::from(on)]
}

impl Vault {
    /// Whether the register has this person under non-disclosure. No, where it never said.
    ///
    /// # Errors
    /// [`VaultFault`].
    pub fn non_disclosure(&self, pod: &PodId) -> Result<bool, VaultFault> {
        let keys = self.keys_of(pod)?;
        Ok(self.non_disclosure_row(&keys, pod)?.0.unwrap_or(false))
    }

    /// What the register said, if anything, and the row in which it stands.
    pub(crate) fn non_disclosure_row(
        &self,
        keys: &PodKeys,
        pod: &PodId,
    ) -> Result<(Option<bool>, Option<Vec<u8>>), VaultFault> {
        let Some(row) = self.store.get(NON_DISCLOSURE, pod.as_bytes())? else { return Ok((None, None)) };
        match Self::open_own(keys, pod, NON_DISCLOSURE, &row)?.as_slice() {
            [0] => Ok((Some(false), Some(row))),
            [1] => Ok((Some(true), Some(row))),
            _ => Err(VaultFault::Row { table: NON_DISCLOSURE.0 }),
        }
    }
}

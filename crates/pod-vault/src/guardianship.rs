//! Who acts for a child: sealed in the child's pod, and found by the guardian's identity code.
//!
//! The child's sealed row decides. The rows by which a guardian's login finds children are only an index: somebody who could
//! write one into the store would gain nothing by it.

use std::collections::BTreeSet;
use std::fmt;

use pod_crypto::{Zeroize as _, Zeroizing};
use pod_protocol::codec::{ANSWER_LIMITS, Cbor, decode, encode};
use pod_protocol::ids::PodId;

use crate::fault::{VaultFault, within};
use crate::limits::MAX_WARDS;
use crate::pod_keys::PodKeys;
use crate::tables::{GUARDIANSHIPS, IdentityTag, WARDS, read_pod};
use crate::vault::Vault;

/// A child for whom somebody acts, by the register's word.
pub struct Ward {
    /// The child's pod.
    pub pod: PodId,
    /// The child's date of birth (`2015-03-01`): the guardian acts until the child turns 18.
    pub born: Zeroizing<String>,
}

/// Says which pod, not when somebody was born.
impl fmt::Debug for Ward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ward").field("pod", &self.pod).finish_non_exhaustive()
    }
}

/// What is sealed in a child's row: `[born, [guardian, …]]`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Guardianship {
    pub(crate) born: Zeroizing<String>,
    pub(crate) guardians: BTreeSet<IdentityTag>,
}

impl Guardianship {
    pub(crate) fn to_plain(&self) -> Zeroizing<Vec<u8>> {
        let guardians = self.guardians.iter().map(|tag| Cbor::Bytes(tag.to_vec())).collect();
        let mut item = Cbor::Array(vec![Cbor::Text(self.born.to_string()), Cbor::Array(guardians)]);
        let plain = Zeroizing::new(encode(&item));
        if let Cbor::Array(parts) = &mut item
            && let Some(Cbor::Text(born)) = parts.first_mut()
        {
            born.zeroize();
        }
        plain
    }

    fn from_plain(plain: &[u8]) -> Result<Self, VaultFault> {
        let wrong = || VaultFault::Row { table: GUARDIANSHIPS.0 };
        let Ok(Cbor::Array(parts)) = decode(plain, ANSWER_LIMITS) else { return Err(wrong()) };
        let Ok([Cbor::Text(born), Cbor::Array(tags)]) = <[Cbor; 2]>::try_from(parts) else { return Err(wrong()) };
        let born = Zeroizing::new(born);
        let tag = |item: Cbor| item.into_bytes().ok().and_then(|bytes| bytes.try_into().ok()).ok_or_else(wrong);
        Ok(Self { born, guardians: tags.into_iter().map(tag).collect::<Result<_, _>>()? })
    }
}

impl Vault {
    /// The children for whom the person with this identity code acts. The person may have no pod here.
    ///
    /// # Errors
    /// [`VaultFault`].
    pub fn wards_of(&self, identity_code: &str) -> Result<Vec<Ward>, VaultFault> {
        let guardian = self.keys.guardian_tag(identity_code);
        let rows = self.store.prefix(WARDS, &guardian, MAX_WARDS + 1)?;
        within("children of one guardian", rows.len(), MAX_WARDS)?;
        let mut wards = Vec::with_capacity(rows.len());
        for (key, _) in rows {
            let child = read_pod(key.get(guardian.len()..).unwrap_or_default(), WARDS)?;
            let keys = match self.keys_of(&child) {
                Err(VaultFault::NoSuchPod { .. }) => continue,
                keys => keys?,
            };
            match self.guardianship(&keys, &child)?.0 {
                Some(found) if found.guardians.contains(&guardian) => wards.push(Ward { pod: child, born: found.born }),
                _ => {}
            }
        }
        Ok(wards)
    }

    /// Stands for the person with this identity code as a guardian: to be kept with what they enrolled, and asked about later
    /// ([`Vault::acts_for`]) without keeping the code.
    #[must_use]
    pub fn guardian_handle(&self, identity_code: &str) -> [u8; 32] {
        self.keys.guardian_tag(identity_code)
    }

    /// The child's date of birth, if the person with this handle acts for the child by the register's word today.
    ///
    /// # Errors
    /// [`VaultFault`].
    pub fn acts_for(&self, child: &PodId, handle: &[u8; 32]) -> Result<Option<Zeroizing<String>>, VaultFault> {
        let keys = self.keys_of(child)?;
        let found = self.guardianship(&keys, child)?.0;
        Ok(found.filter(|found| found.guardians.contains(handle)).map(|found| found.born))
    }

    /// What is sealed about a child's guardians, and the row in which it is.
    pub(crate) fn guardianship(
        &self,
        keys: &PodKeys,
        child: &PodId,
    ) -> Result<(Option<Guardianship>, Option<Vec<u8>>), VaultFault> {
        let Some(row) = self.store.get(GUARDIANSHIPS, child.as_bytes())? else { return Ok((None, None)) };
        let plain = Self::open_own(keys, child, GUARDIANSHIPS, &row)?;
        Ok((Some(Guardianship::from_plain(&plain)?), Some(row)))
    }
}

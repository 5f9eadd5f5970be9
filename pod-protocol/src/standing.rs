//! What a holder has on record for a pod: who speaks for it, and what is taken back, restricted or objected to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::field::{Purpose, RecordType};
use crate::grant::Grant;
use crate::ids::{Kid, ObjectId, PodId, Principal, Thumbprint};
use crate::key_event::KeyState;
use crate::refusal::{ChainFault, Refusal};
use crate::revocation::Target;

/// Somebody who acts for the pod's subject for a time, such as a guardian until the child turns 18.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Representative {
    /// Their key log at this holder.
    pub keys: KeyState,
    /// First second of their authority.
    pub from_secs: u64,
    /// First second after it.
    pub until_secs: u64,
}

/// An objection: to a purpose, at one organisation or at all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Objection {
    /// The purpose.
    pub purpose: Purpose,
    /// The organisation whose services it is about; none means all.
    pub organisation: Option<Principal>,
}

/// Everything about a pod that decides whether something is released. It holds no field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The pod.
    pub pod: PodId,
    /// The subject's key log, once enrolled.
    pub subject: Option<KeyState>,
    /// Who acts for the subject.
    pub representatives: Vec<Representative>,
    /// Address, municipality and contact are released to nobody (turvakielto).
    pub non_disclosure: bool,
    /// Everything is restricted.
    pub restricted: bool,
    /// Record types that are restricted.
    pub restricted_types: BTreeSet<RecordType>,
    /// Objections.
    pub objections: BTreeSet<Objection>,
    /// Grants taken back.
    pub revoked: BTreeSet<ObjectId>,
    /// Grants issued before this second are taken back.
    pub revoked_before: u64,
    /// Services' keys whose grants are taken back from a second on, for every pod of the holder.
    pub revoked_keys: Arc<BTreeMap<Kid, u64>>,
}

impl Standing {
    /// Of a pod of which nothing is known yet.
    #[must_use]
    pub fn new(pod: PodId) -> Self {
        Self {
            pod,
            subject: None,
            representatives: Vec::new(),
            non_disclosure: false,
            restricted: false,
            restricted_types: BTreeSet::new(),
            objections: BTreeSet::new(),
            revoked: BTreeSet::new(),
            revoked_before: 0,
            revoked_keys: Arc::default(),
        }
    }

    /// The key log of `principal`, if they speak for this pod at `now_secs`.
    #[must_use]
    pub fn speaker(&self, principal: &Principal, now_secs: u64) -> Option<&KeyState> {
        let subject = self.subject.as_ref().filter(|keys| keys.principal() == *principal);
        subject.or_else(|| {
            self.representatives
                .iter()
                .find(|one| one.keys.principal() == *principal && (one.from_secs..one.until_secs).contains(&now_secs))
                .map(|one| &one.keys)
        })
    }

    /// Checks that a root grant was signed by somebody who speaks for this pod, with a key that could sign when it did. From
    /// `signed_by_secs` on it is certain that it had been signed.
    ///
    /// # Errors
    /// [`ChainFault::Issuer`], [`ChainFault::KeyEvent`], [`ChainFault::KeyCompromised`].
    pub fn check_root(&self, grant: &Grant, key: Kid, signed_by_secs: u64, now_secs: u64) -> Result<(), ChainFault> {
        let keys = self.speaker(&grant.issuer, now_secs).ok_or(ChainFault::Issuer)?;
        keys.check_signer_at(key, grant.key_event, grant.issued, signed_by_secs)
    }

    /// Whether a grant with this id, issued then, certain to have been signed from `signed_by_secs` on, and by this key, is taken
    /// back.
    #[must_use]
    pub fn is_revoked(&self, id: &ObjectId, issued_secs: u64, signed_by_secs: u64, key: Kid) -> bool {
        self.revoked.contains(id) || issued_secs < self.revoked_before || self.is_key_revoked(signed_by_secs, key)
    }

    /// Whether what this key signed is taken back, whoever got it, when it is certain only from this time on that it had been signed.
    #[must_use]
    pub fn is_key_revoked(&self, signed_by_secs: u64, key: Kid) -> bool {
        self.revoked_keys.get(&key).is_some_and(|since| signed_by_secs >= *since)
    }

    /// Records a revocation that somebody with authority signed.
    pub fn revoke(&mut self, target: &Target) {
        match target {
            Target::Grant(id) => {
                self.revoked.insert(*id);
            }
            Target::PodBefore(_, before) => self.revoked_before = self.revoked_before.max(*before),
            Target::KeySince(kid, since) => {
                let since = self.revoked_keys.get(kid).map_or(*since, |earlier| *since.min(earlier));
                Arc::make_mut(&mut self.revoked_keys).insert(*kid, since);
            }
        }
    }

    /// Whether the citizen objected to this purpose at this organisation.
    #[must_use]
    pub fn objects(&self, purpose: &Purpose, organisation: &Principal) -> bool {
        self.objections
            .iter()
            .any(|one| one.purpose == *purpose && one.organisation.is_none_or(|about| about == *organisation))
    }

    /// Whether this record type is restricted.
    #[must_use]
    pub fn restricts(&self, record_type: &RecordType) -> bool {
        self.restricted || self.restricted_types.contains(record_type)
    }

    /// Checks that a grant which `principal` signed with `key` may be taken in now.
    ///
    /// # Errors
    /// As [`Standing::check_actor`]; [`Refusal::KeyPending`] while a recovery of their key log is pending.
    pub fn check_grantor(&self, principal: &Principal, key: Kid, now_secs: u64) -> Result<(), Refusal> {
        self.check_actor(principal, key, now_secs)?;
        let keys = self.speaker(principal, now_secs).ok_or(Refusal::NotAuthorised)?;
        keys.grantor_now(key).map(drop)
    }

    /// When the next pending recovery of somebody who speaks for this pod takes effect: from then on this standing is old.
    #[must_use]
    pub fn settles_secs(&self) -> Option<u64> {
        let logs = self.subject.iter().chain(self.representatives.iter().map(|one| &one.keys));
        logs.filter_map(|keys| keys.pending()?.due_secs()).min()
    }

    /// Checks that `principal` with `key` may command over this pod now.
    ///
    /// # Errors
    /// [`Refusal::NotAuthorised`] for strangers and for keys that are not valid now.
    pub fn check_actor(&self, principal: &Principal, key: Kid, now_secs: u64) -> Result<(), Refusal> {
        let keys = self.speaker(principal, now_secs).ok_or(Refusal::NotAuthorised)?;
        match keys.signer_now(key) {
            Ok(found) if Thumbprint::of(found).kid() == key => Ok(()),
            _ => Err(Refusal::NotAuthorised),
        }
    }
}

//! Grants that a service holds, and passing them on.

use pod_crypto::SigningKey;
use pod_protocol::cose::{Signed, Verified};
use pod_protocol::decision::HolderGrant;
use pod_protocol::grant::{Grant, GrantLimits, Permission};
use pod_protocol::ids::{GrantId, PodId, Principal, Thumbprint};
use pod_protocol::refusal::{ChainFault, Refusal};
use pod_protocol::request::{MAX_LINKS, Name, Wanted};

use super::ServiceIdentity;
use crate::caller::Caller;

/// A chain of grants that a service holds, the root first. Its signatures are for the holder to check, who alone knows the
/// citizen's keys.
#[derive(Clone, Debug)]
pub struct HeldGrant {
    links: Vec<(GrantId, Vec<u8>)>,
    leaf: Grant,
}

impl HeldGrant {
    /// Reads a chain, the root first.
    ///
    /// # Errors
    /// Those of decoding; [`Refusal::Chain`] when there is no link, more than 4, or one is not below the one before.
    pub fn of_chain(chain: &[Vec<u8>]) -> Result<Self, Refusal> {
        let fault = |link: usize, fault| Refusal::Chain { link: u8::try_from(link).unwrap_or(u8::MAX), fault };
        if chain.len() > MAX_LINKS {
            return Err(fault(chain.len(), ChainFault::TooLong));
        }
        let mut links: Vec<(GrantId, Vec<u8>)> = Vec::with_capacity(chain.len());
        let mut leaf = None;
        for (link, bytes) in chain.iter().enumerate() {
            let grant = Signed::<Grant>::decode(bytes)?;
            if grant.unverified().parent != links.last().map(|(id, _)| *id) {
                return Err(fault(link, ChainFault::Parent));
            }
            links.push((grant.id(), bytes.clone()));
            leaf = Some(grant.unverified().clone());
        }
        Ok(Self { links, leaf: leaf.ok_or_else(|| fault(0, ChainFault::NotRoot))? })
    }

    /// The grant that a citizen's decision brought.
    ///
    /// # Errors
    /// Those of [`HeldGrant::of_chain`].
    pub fn of_decision(grant: &HolderGrant) -> Result<Self, Refusal> {
        Self::of_chain(std::slice::from_ref(&grant.grant))
    }

    /// The holder.
    #[must_use]
    pub fn holder(&self) -> Principal {
        self.leaf.audience
    }

    /// The pod.
    #[must_use]
    pub fn pod(&self) -> PodId {
        self.leaf.subject
    }

    /// What the last link gives.
    #[must_use]
    pub fn leaf(&self) -> &Grant {
        &self.leaf
    }

    /// The ids, the root first.
    #[must_use]
    pub fn ids(&self) -> Vec<GrantId> {
        self.links.iter().map(|(id, _)| *id).collect()
    }

    /// The signed grants with their ids, the root first.
    #[must_use]
    pub fn links(&self) -> &[(GrantId, Vec<u8>)] {
        &self.links
    }

    /// Everything that it gives, to ask for.
    #[must_use]
    pub fn everything(&self) -> Vec<Wanted> {
        let mut wanted: Vec<Wanted> = Vec::new();
        for permission in &self.leaf.permissions {
            let names = match permission {
                Permission::Raw(_, fields) => fields.iter().cloned().map(Name::Field).collect::<Vec<_>>(),
                Permission::Derived(_, predicates) => {
                    predicates.iter().map(|predicate| Name::Predicate(predicate.id.clone())).collect()
                }
            };
            match wanted.iter_mut().find(|one| one.record_type == *permission.record_type()) {
                Some(one) => one.names.extend(names),
                None => wanted.push(Wanted { record_type: permission.record_type().clone(), names }),
            }
        }
        wanted
    }
}

/// To whom a grant is passed on, and what of it.
#[derive(Clone, Debug)]
pub struct PassOn {
    /// The key that may use the new grant.
    pub confirmation: Thumbprint,
    /// What it gives; none means the same.
    pub permissions: Option<Vec<Permission>>,
    /// First second at which it no longer counts; none means with its parent.
    pub expires: Option<u64>,
    /// How often it may be passed on further.
    pub depth: u64,
}

/// Passes a grant on: signs a child that is no wider than its parent. The holder checks that once more.
#[must_use]
pub fn pass_on(
    caller: &Caller,
    from: &ServiceIdentity,
    grant: &HeldGrant,
    to: &PassOn,
) -> (Verified<Grant>, Vec<Vec<u8>>) {
    let child = child_of(grant, from.organisation, to, caller);
    let child = sign(&from.key, child);
    let chain = grant.links.iter().map(|(_, bytes)| bytes.clone()).chain([child.bytes().to_vec()]).collect();
    (child, chain)
}

fn sign(key: &SigningKey, grant: Grant) -> Verified<Grant> {
    Verified::sign(key, grant)
}

fn child_of(parent: &HeldGrant, issuer: Principal, to: &PassOn, caller: &Caller) -> Grant {
    let leaf = &parent.leaf;
    let organisations = if to.depth == 0 { None } else { leaf.limits.organisations.clone() };
    Grant {
        issuer,
        subject: leaf.subject,
        audience: leaf.audience,
        expires: to.expires.unwrap_or(leaf.expires),
        not_before: leaf.not_before.filter(|begins| *begins > caller.now_secs()),
        // Never before its parent, also when our clock is behind the wallet's.
        issued: caller.now_secs().max(leaf.issued),
        cti: caller.fresh_cti(),
        confirmation: to.confirmation,
        parent: parent.links.last().map(|(id, _)| *id),
        permissions: to.permissions.clone().unwrap_or_else(|| leaf.permissions.clone()),
        purposes: leaf.purposes.clone(),
        limits: GrantLimits { depth: to.depth, organisations, ..leaf.limits.clone() },
        key_event: 0,
        legal_basis: leaf.legal_basis.clone(),
    }
}

//! Chains of grants: every link is verified, and no child widens its parent (invariant 3; `docs/protocol/grant.md`, Chains).

use std::sync::Arc;

use crate::cose::Verified;
use crate::grant::{Grant, GrantLimits, Permission};
use crate::ids::{Principal, Thumbprint};
use crate::refusal::{ChainFault, Refusal};
use crate::request::MAX_LINKS;
use crate::standing::Standing;

/// How far in the future something may be issued: clocks differ.
pub const CLOCK_SKEW_SECS: u64 = 60;

/// A grant whose signature holds, shared between the requests that name it.
pub type SharedGrant = Arc<Verified<Grant>>;

/// What the rules need to know beside the chain itself.
#[derive(Clone, Copy)]
pub struct ChainFacts<'a> {
    /// The pod's standing.
    pub standing: &'a Standing,
    /// The holder that judges.
    pub holder: &'a Principal,
    /// When the holder took each grant in, in the order of the chain. One without counts as taken in when it says it was issued.
    pub taken_secs: &'a [u64],
    /// The member organisation that a key works for (its services' keys), if any.
    pub organisation_of: &'a dyn Fn(&Thumbprint) -> Option<Principal>,
    /// Whether the view of revocations is recent enough for delegated chains.
    pub revocations_fresh: bool,
    /// Seconds since 1970.
    pub now_secs: u64,
}

impl std::fmt::Debug for ChainFacts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChainFacts").field("pod", &self.standing.pod).field("now_secs", &self.now_secs).finish()
    }
}

impl ChainFacts<'_> {
    /// From when it is certain that a link had been signed: its own date can be written earlier, by whoever has the key later.
    fn signed_by_secs(&self, link: usize, grant: &Grant) -> u64 {
        self.taken_secs.get(link).copied().unwrap_or(0).max(grant.issued)
    }
}

/// Checks a chain, the root first. The last grant is then what counts: each child was checked to be no wider.
///
/// # Errors
/// [`Refusal::Chain`] with the link and the fault; [`Refusal::Audience`], [`Refusal::NotYetIssued`],
/// [`Refusal::NotYetValid`], [`Refusal::Expired`], [`Refusal::Revoked`].
pub fn check<'a>(chain: &'a [SharedGrant], facts: &ChainFacts<'_>) -> Result<&'a SharedGrant, Refusal> {
    let fault = |link: usize, fault| Refusal::Chain { link: u8::try_from(link).unwrap_or(u8::MAX), fault };
    let (Some(root), Some(leaf)) = (chain.first(), chain.last()) else { return Err(fault(0, ChainFault::NotRoot)) };
    if chain.len() > MAX_LINKS {
        return Err(fault(chain.len(), ChainFault::TooLong));
    }
    for (link, grant) in chain.iter().enumerate() {
        if chain.iter().take(link).any(|above| above.id() == grant.id()) {
            return Err(fault(link, ChainFault::Loop));
        }
        check_here_and_now(grant, facts.signed_by_secs(link, grant), facts)?;
    }
    if root.parent.is_some() {
        return Err(fault(0, ChainFault::NotRoot));
    }
    if root.subject != facts.standing.pod {
        return Err(fault(0, ChainFault::Subject));
    }
    let root_key = root.thumbprint().kid();
    let signed_by_secs = facts.signed_by_secs(0, root);
    facts.standing.check_root(root, root_key, signed_by_secs, facts.now_secs).map_err(|wrong| fault(0, wrong))?;
    for (link, pair) in chain.windows(2).enumerate() {
        if let [parent, child] = pair {
            check_link(parent, child, facts).map_err(|wrong| fault(link + 1, wrong))?;
        }
    }
    if chain.len() > 1 && !facts.revocations_fresh {
        return Err(fault(chain.len() - 1, ChainFault::StaleRevocations));
    }
    Ok(leaf)
}

fn check_here_and_now(grant: &SharedGrant, signed_by_secs: u64, facts: &ChainFacts<'_>) -> Result<(), Refusal> {
    if grant.audience != *facts.holder {
        return Err(Refusal::Audience);
    }
    if grant.issued > facts.now_secs + CLOCK_SKEW_SECS {
        return Err(Refusal::NotYetIssued);
    }
    // A grant without `nbf` counts from its signing on; the signer's clock may be ahead by the skew.
    if grant.not_before.is_some_and(|begins| begins > facts.now_secs) {
        return Err(Refusal::NotYetValid);
    }
    if grant.expires <= facts.now_secs {
        return Err(Refusal::Expired);
    }
    if facts.standing.is_revoked(&grant.id(), grant.issued, signed_by_secs, grant.thumbprint().kid()) {
        return Err(Refusal::Revoked);
    }
    Ok(())
}

/// Checks one step down: who signed, and that nothing got wider.
fn check_link(parent: &SharedGrant, child: &SharedGrant, facts: &ChainFacts<'_>) -> Result<(), ChainFault> {
    let when = |wrong: bool, fault: ChainFault| if wrong { Err(fault) } else { Ok(()) };
    when(child.parent != Some(parent.id()), ChainFault::Parent)?;
    when(child.thumbprint() != parent.confirmation, ChainFault::Confirmation)?;
    // Whose words these are stands in the log, so it must be the one whose key signed.
    when((facts.organisation_of)(&parent.confirmation) != Some(child.issuer), ChainFault::Issuer)?;
    when(child.subject != parent.subject, ChainFault::Subject)?;
    when(child.audience != parent.audience, ChainFault::Audience)?;
    let inside = child.begins() >= parent.begins() && child.expires <= parent.expires;
    when(!inside || child.issued < parent.issued, ChainFault::Window)?;
    when(!child.permissions.iter().all(|permission| gives(parent, permission)), ChainFault::Wider)?;
    when(!child.purposes.iter().all(|purpose| parent.purposes.contains(purpose)), ChainFault::Purpose)?;
    let other_basis = child.legal_basis.is_some() && child.legal_basis != parent.legal_basis;
    when(other_basis, ChainFault::Purpose)?;
    when(child.limits.depth >= parent.limits.depth, ChainFault::Depth)?;
    when(looser(&child.limits, &parent.limits), ChainFault::Limits)?;
    let delegatee = (facts.organisation_of)(&child.confirmation).ok_or(ChainFault::Organisation)?;
    let allowed = parent.limits.organisations.as_ref();
    when(allowed.is_some_and(|list| !list.contains(&delegatee)), ChainFault::Organisation)
}

/// Whether the parent gives all of a child's permission: raw fields from raw fields, predicates from the same predicate or
/// from the raw field. Never a raw field from a predicate.
fn gives(parent: &Grant, permission: &Permission) -> bool {
    match permission {
        Permission::Raw(of, fields) => fields.iter().all(|field| parent.gives(of, field)),
        Permission::Derived(of, predicates) => predicates
            .iter()
            .all(|predicate| parent.gives(of, &predicate.field) || parent.derived(of).any(|given| given == predicate)),
    }
}

/// Whether a child leaves out a limit of its parent, or sets it higher.
fn looser(child: &GrantLimits, parent: &GrantLimits) -> bool {
    let above = |child: Option<u64>, parent: Option<u64>| match (child, parent) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(child), Some(parent)) => child > parent,
    };
    // Rates compare as fractions; a longer window with the same fraction would allow a larger burst.
    let rate = match (child.rate, parent.rate) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some((child_uses, child_secs)), Some((uses, secs))) => child_uses > uses || child_secs < secs,
    };
    let organisations = match (&child.organisations, &parent.organisations) {
        (_, None) => false,
        (None, Some(_)) => child.depth > 0,
        (Some(child), Some(parent)) => !child.iter().all(|organisation| parent.contains(organisation)),
    };
    above(child.uses, parent.uses) || above(child.retention_secs, parent.retention_secs) || rate || organisations
}

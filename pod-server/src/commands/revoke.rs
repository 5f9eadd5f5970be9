//! Revocations: taken from whoever has the authority, at any time, and effective before they are acknowledged.

use std::sync::Arc;

use pod_audit::{EntryKind, RequestMark};
use pod_protocol::chain::{CLOCK_SKEW_SECS, SharedGrant};
use pod_protocol::ids::{GrantId, PodId, Principal, Thumbprint};
use pod_protocol::revocation::{Revocation, Target};
use pod_protocol::{Refusal, Signed, Verified};

use super::record::{self, Act};
use super::speaks_for;
use crate::blocking::blocking;
use crate::book::grants::Signers;
use crate::fault::{Failure, Fault};
use crate::node::Node;

/// Revokes, and answers with the acknowledgement.
///
/// # Errors
/// [`Failure::Refused`]: [`Refusal::UnknownGrant`], [`Refusal::NotAuthorised`], [`Refusal::Audience`],
/// [`Refusal::NotYetIssued`], those of the envelope. [`Failure::Fault`].
pub async fn revoke(node: &Arc<Node>, message: &[u8]) -> Result<Vec<u8>, Failure> {
    let now_secs = (node.clock)();
    let signed = Signed::<Revocation>::decode(message)?;
    let (revocation, pod) = authorise(node, signed, now_secs)?;
    let changing = node.releases.change(&pod).await;
    let target = revocation.target;
    blocking(node, move |node| node.standings.change(&pod, |standing| standing.revoke(&target))).await?;
    drop(changing);
    let mark = RequestMark {
        id: revocation.id(),
        cti: revocation.cti,
        kid: Thumbprint::of(revocation.key()).kid(),
        issued_secs: revocation.issued,
    };
    let act = Act { mark, actor: revocation.issuer, pod: Some(pod), name: "revoke", read: Vec::new() };
    let recorded = record::write(node, act, EntryKind::Command, "done", now_secs).await?;
    node.metrics.command("revoke");
    Ok(record::acknowledge(node, revocation.id(), revocation.issuer, &recorded, now_secs, Vec::new()))
}

/// Finds the pod, the signer's key and the signer's authority: somebody who speaks for the pod, or whoever signed the grant
/// or one above it. A single key is revoked by a key event instead, which every holder of the log applies.
fn authorise(node: &Node, signed: Signed<Revocation>, now_secs: u64) -> Result<(Verified<Revocation>, PodId), Failure> {
    let claims = *signed.unverified();
    if claims.audience != node.principal {
        return Err(Refusal::Audience.into());
    }
    if claims.issued > now_secs + CLOCK_SKEW_SECS {
        return Err(Refusal::NotYetIssued.into());
    }
    let (pod, links) = match claims.target {
        Target::Grant(id) => {
            let links = links(node, &id)?;
            (links.first().ok_or(Refusal::UnknownGrant)?.subject, links)
        }
        Target::PodBefore(pod, _) => (pod, Vec::new()),
        Target::KeySince(..) => return Err(Refusal::NotAuthorised.into()),
    };
    let key = signers_key(node, &signed, &pod, &claims.issuer, now_secs)?.ok_or(Refusal::NotAuthorised)?;
    let revocation = signed.verify(&key)?;
    let thumbprint = Thumbprint::of(revocation.key());
    let speaks = speaks_for(node, &pod, &revocation.issuer, &thumbprint, now_secs)?;
    let signed_one = links.iter().any(|link| Thumbprint::of(link.key()) == thumbprint);
    if speaks || signed_one { Ok((revocation, pod)) } else { Err(Refusal::NotAuthorised.into()) }
}

/// The grant and those above it, as far as they are on record.
fn links(node: &Node, id: &GrantId) -> Result<Vec<SharedGrant>, Fault> {
    let registry = node.registry.current();
    let standing = |pod: &PodId| node.standing(pod);
    let signers = Signers { registry: &registry, standing: &standing };
    let mut links = Vec::new();
    let mut next = Some(*id);
    while let Some(id) = next.filter(|_| links.len() < pod_protocol::request::MAX_LINKS) {
        let Some(grant) = node.grants.get(&id, &signers)? else { break };
        next = grant.parent;
        links.push(grant);
    }
    Ok(links)
}

fn signers_key(
    node: &Node,
    signed: &Signed<Revocation>,
    pod: &PodId,
    issuer: &Principal,
    now_secs: u64,
) -> Result<Option<pod_crypto::PublicKey>, Fault> {
    let standing = node.standing(pod)?;
    if let Some(keys) = standing.as_ref().and_then(|standing| standing.speaker(issuer, now_secs)) {
        return Ok(keys.signer_now(signed.kid()).ok().copied());
    }
    let registry = node.registry.current();
    Ok(registry.service_by_kid(&signed.kid()).filter(|one| one.service.principal == *issuer).map(|one| *one.key))
}

//! Revocations: taken from whoever has the authority, at any time, and effective before they are acknowledged. A repeat is
//! one.

use std::sync::Arc;

use pod_audit::{EntryKind, PodTag, RequestMark};
use pod_protocol::chain::{CLOCK_SKEW_SECS, SharedGrant};
use pod_protocol::ids::{GrantId, ObjectId, PodId};
use pod_protocol::request::MAX_REQUEST_LIFETIME_SECS;
use pod_protocol::revocation::{Revocation, Target};
use pod_protocol::standing::Standing;
use pod_protocol::{Refusal, Signed, Verified};
use pod_store::Batch;

use super::record::{self, Act, Recorded};
use super::{service_key, speaks_for};
use crate::blocking::blocking;
use crate::book::early::Early;
use crate::book::grants::{MAX_POD_GRANTS, Signers};
use crate::fault::{Failure, Fault};
use crate::node::Node;
use crate::notices::taken_back::{self, Mark};

/// Entries that are read at a time when the one of a repeat is looked for.
const ENTRIES_AT_A_TIME: usize = 256;

/// Revokes, and answers with the acknowledgement.
///
/// # Errors
/// [`Failure::Refused`]: [`Refusal::NotAuthorised`], [`Refusal::Audience`], [`Refusal::NotYetIssued`], [`Refusal::Limit`],
/// those of the envelope. [`Failure::Fault`].
///
/// # What is recorded
/// Every revocation whose signature holds, once: what is refused again within two minutes leaves no second entry.
pub async fn revoke(node: &Arc<Node>, message: &[u8]) -> Result<Vec<u8>, Failure> {
    let now_secs = (node.clock)();
    let revocation = verify(node, Signed::decode(message)?, now_secs).await?;
    match take_back(node, &revocation, now_secs).await {
        Ok(recorded) => {
            node.metrics.command("revoke");
            Ok(record::acknowledge(node, revocation.id(), revocation.issuer, &recorded, now_secs, Vec::new()))
        }
        Err(Failure::Refused(refusal)) => {
            let seen_until_secs = now_secs + MAX_REQUEST_LIFETIME_SECS;
            if node.admit(revocation.thumbprint().kid(), revocation.cti, seen_until_secs, now_secs).is_ok() {
                let standing = pod_of(node, &revocation.target)?.map(|pod| node.standing(&pod)).transpose()?.flatten();
                let pod = standing.map(|standing| standing.pod);
                write(node, &revocation, pod, EntryKind::Refusal, refusal.code(), now_secs).await?;
            }
            node.metrics.command(refusal.outward().code());
            Err(refusal.into())
        }
        Err(fault) => Err(fault),
    }
}

/// Checks what can be said without knowing the pod: it is for this holder and not from the future, and signed by a wallet
/// that enrolled here or by a registered service, or by the service's organisation when a key is taken back. A citizen's key is
/// revoked by a key event instead, which every reader of the log applies.
async fn verify(node: &Arc<Node>, signed: Signed<Revocation>, now_secs: u64) -> Result<Verified<Revocation>, Failure> {
    let claims = *signed.unverified();
    if claims.audience != node.principal {
        return Err(Refusal::Audience.into());
    }
    if claims.issued > now_secs + CLOCK_SKEW_SECS {
        return Err(Refusal::NotYetIssued.into());
    }
    if let Target::KeySince(kid, _) = claims.target {
        return Ok(service_key::verify(node, signed, &kid)?);
    }
    let key = match blocking(node, move |node| Ok(node.standings.key_logs().state(&claims.issuer, now_secs)?)).await? {
        Some(keys) => keys.signer_now(signed.kid()).ok().copied(),
        None => {
            let registry = node.registry.current();
            let service = registry.service_by_kid(&signed.kid());
            service.filter(|one| one.service.principal == claims.issuer).map(|one| *one.key)
        }
    };
    Ok(signed.verify(&key.ok_or(Refusal::NotAuthorised)?)?)
}

/// The pod that it is about. That of a grant that is not on record is not known.
fn pod_of(node: &Node, target: &Target) -> Result<Option<PodId>, Fault> {
    match target {
        Target::Grant(id) => node.grants.pod_of(id),
        Target::PodBefore(pod, _) => Ok(Some(*pod)),
        Target::KeySince(..) => Ok(None),
    }
}

/// Takes back, durably, and says where that stands in the log.
async fn take_back(node: &Arc<Node>, revocation: &Verified<Revocation>, now_secs: u64) -> Result<Recorded, Failure> {
    loop {
        let done = match (pod_of(node, &revocation.target)?, revocation.target) {
            (Some(pod), _) => from_pod(node, revocation, pod, now_secs).await,
            (None, Target::Grant(id)) => before_its_use(node, revocation, id, now_secs).await,
            (None, Target::KeySince(kid, since_secs)) => {
                service_key::take_back(node, revocation, kid, since_secs, now_secs).await
            }
            (None, Target::PodBefore(..)) => Err(Refusal::NotAuthorised.into()),
        };
        match done {
            // The grant came on record in between.
            Err(Failure::Fault(fault)) if fault.is_conflict() => {}
            done => return done,
        }
    }
}

/// Takes back what stands over a pod. The pod is held until that is recorded: the same one, sent at the same time, waits.
async fn from_pod(
    node: &Arc<Node>,
    revocation: &Verified<Revocation>,
    pod: PodId,
    now_secs: u64,
) -> Result<Recorded, Failure> {
    let changing = node.releases.change(&pod).await;
    let standing = node.standing(&pod)?.ok_or(Refusal::NotAuthorised)?;
    if !may_take_back(node, revocation, &pod, now_secs)? {
        return Err(Refusal::NotAuthorised.into());
    }
    let (id, target) = (revocation.id(), revocation.target);
    if is_taken_back(&standing, &target) {
        drop(changing);
        if let Some(recorded) = blocking(node, move |node| Ok(entry_of(node, &pod, &id)?)).await? {
            return Ok(recorded);
        }
        return Ok(write(node, revocation, Some(pod), EntryKind::Command, "done", now_secs).await?);
    }
    blocking(node, move |node| change(node, &pod, &standing, &target, now_secs)).await?;
    let recorded = write(node, revocation, Some(pod), EntryKind::Command, "done", now_secs).await?;
    drop(changing);
    Ok(recorded)
}

/// Takes back a grant that is not on record: it counts when the grant comes, if it is the signer's to take back.
async fn before_its_use(
    node: &Arc<Node>,
    revocation: &Verified<Revocation>,
    grant: GrantId,
    now_secs: u64,
) -> Result<Recorded, Failure> {
    let early = Early { id: revocation.id(), signer: revocation.thumbprint().kid(), grant };
    let noted = blocking(node, move |node| node.early.note(&early, now_secs)).await?;
    if let (Some(index), Some(head)) = (noted, node.log.head()) {
        return Ok(Recorded::before(index, head));
    }
    let recorded = write(node, revocation, None, EntryKind::Command, "done", now_secs).await?;
    let index = recorded.index();
    blocking(node, move |node| Ok(node.early.recorded(&early, index, now_secs)?)).await?;
    Ok(recorded)
}

/// Whether it is the signer's to take back: they speak for the pod now, or signed the grant or one above it.
fn may_take_back(node: &Node, revocation: &Verified<Revocation>, pod: &PodId, now_secs: u64) -> Result<bool, Fault> {
    let key = revocation.thumbprint();
    if speaks_for(node, pod, &revocation.issuer, &key, now_secs)? {
        return Ok(true);
    }
    let Target::Grant(id) = &revocation.target else { return Ok(false) };
    Ok(links(node, id)?.iter().any(|link| link.thumbprint() == key))
}

/// The grant and those above it, as far as they are on record.
fn links(node: &Node, id: &GrantId) -> Result<Vec<SharedGrant>, Fault> {
    let registry = node.registry.current();
    let standing = |pod: &PodId| node.standing(pod);
    let signers = Signers { registry: &registry, standing: &standing };
    let mut links = Vec::new();
    let mut next = Some(*id);
    while let Some(id) = next.filter(|_| links.len() < pod_protocol::request::MAX_LINKS) {
        let Some(taken) = node.grants.get(&id, &signers)? else { break };
        next = taken.grant.parent;
        links.push(taken.grant);
    }
    Ok(links)
}

fn is_taken_back(standing: &Standing, target: &Target) -> bool {
    match target {
        Target::Grant(id) => standing.revoked.contains(id),
        Target::PodBefore(_, before) => standing.revoked_before >= *before,
        Target::KeySince(..) => false,
    }
}

/// Changes the standing. A grant that was taken back and has ended need not be remembered, it is refused anyway: so there
/// are never more than a pod has grants, and nobody can take back so many that another cannot.
fn change(node: &Node, pod: &PodId, standing: &Standing, target: &Target, now_secs: u64) -> Result<(), Failure> {
    let full = standing.revoked.len() >= MAX_POD_GRANTS;
    let left = if full { Some(node.grants.not_ended(pod, &standing.revoked, now_secs)?) } else { None };
    let mut batch = Batch::new();
    let mark = Mark::Pod(*pod);
    mark.put(node, &mut batch);
    node.standings.change(pod, now_secs, batch, |standing| {
        if let Some(left) = left {
            standing.revoked = left;
        }
        standing.revoke(target);
    })?;
    Ok(taken_back::notice_now(node, mark)?)
}

/// Where a revocation stands in the log, if it was recorded before.
fn entry_of(node: &Node, pod: &PodId, id: &ObjectId) -> Result<Option<Recorded>, Fault> {
    let tag = PodTag::new(node.vault.audit_tag(pod));
    let mut from = 0;
    loop {
        let entries = node.log.entries_of(tag, from, ENTRIES_AT_A_TIME)?;
        let Some(last) = entries.last() else { return Ok(None) };
        from = last.index() + 1;
        let is_meant = |mark: RequestMark| mark.id == *id;
        let found = entries
            .iter()
            .map(|entry| (entry.index(), entry.public()))
            .find(|(_, public)| public.kind == EntryKind::Command && public.request.is_some_and(is_meant));
        if let (Some((index, _)), Some(head)) = (found, node.log.head()) {
            return Ok(Some(Recorded::before(index, head)));
        }
    }
}

pub(super) async fn write(
    node: &Node,
    revocation: &Verified<Revocation>,
    pod: Option<PodId>,
    kind: EntryKind,
    outcome: &str,
    now_secs: u64,
) -> Result<Recorded, Fault> {
    let mark = RequestMark {
        id: revocation.id(),
        cti: revocation.cti,
        kid: revocation.thumbprint().kid(),
        issued_secs: revocation.issued,
    };
    let act = Act { mark, actor: revocation.issuer, pod, name: "revoke", read: Vec::new() };
    record::write(node, act, kind, outcome, now_secs).await
}

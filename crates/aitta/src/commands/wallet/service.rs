//! All that a service may use, taken back in one act.

use std::collections::BTreeSet;

use pod_protocol::Verified;
use pod_protocol::ids::{GrantId, PodId, Principal};
use pod_protocol::revocation::{Revocation, Target};
use pod_protocol::tlog::post::Posted;
use pod_wallet::commands::revocation;
use pod_wallet::on_record::Attributions;
use pod_wallet::outstanding::Task;
use serde_json::{Value, json};

use super::opened::{Opened, not_enrolled};
use super::standing::Standing;
use crate::failure::Failure;

/// The service that a person names: by its name in any language, or its id.
pub(super) fn named(opened: &Opened, name: &str) -> Result<Principal, Failure> {
    if let Ok(principal) = name.parse() {
        return Ok(principal);
    }
    let services = || opened.joined.registry().organisations().flat_map(|one| one.services());
    let is_called = |names: &pod_protocol::words::Words| {
        ["fi", "sv", "en"].iter().any(|language| names.in_language(language).to_lowercase() == name.to_lowercase())
    };
    let found: Vec<Principal> =
        services().filter(|service| is_called(&service.names)).map(|service| service.principal).collect();
    match found.as_slice() {
        [one] => Ok(*one),
        [] => {
            let mut known: Vec<&str> = services().map(|service| service.names.in_language("en")).collect();
            known.sort_unstable();
            Err(Failure::usage(format!("no service is called `{name}`"))
                .advise(format!("Give its id, or one of: {}.", known.join("; "))))
        }
        several => {
            let ids: Vec<String> = several.iter().map(ToString::to_string).collect();
            Err(Failure::usage(format!("several services are called `{name}`"))
                .advise(format!("Give the id of one: {}.", ids.join(", "))))
        }
    }
}

/// What is to be done to take everything back: at each organisation where the wallet is enrolled.
pub(super) fn tasks(opened: &Opened, service: Principal) -> Vec<Task> {
    opened.enrolled().into_iter().map(|(holder, _)| Task::RevokeService { holder, service }).collect()
}

/// A grant that the service may use.
#[derive(Debug)]
pub(super) struct Usable {
    pub(super) grant: GrantId,
    pub(super) pod: PodId,
}

/// What is to be taken back from a service at a holder.
#[derive(Debug, Default)]
pub(super) struct AllUsable {
    pub(super) grants: Vec<Usable>,
    /// Others that may be used, for keys of which nobody knows whose they are: the service is not in the registry, and they could be
    /// its own.
    pub(super) unknown: Vec<GrantId>,
}

/// The grants that the service may use at a holder: those that the holder has on record for one of its keys, of now or of when the
/// grant was first seen, whoever passed them on and whichever device signed them; and those that this wallet gave and the holder has
/// not seen.
pub(super) async fn usable(opened: &mut Opened, holder: Principal, service: &Principal) -> Result<AllUsable, Failure> {
    let now_secs = opened.edge.now_secs();
    let pods = opened.state.organisation(&holder).map(|at| at.pods.clone()).unwrap_or_default();
    let (mut found, mut seen) = (AllUsable::default(), BTreeSet::new());
    for pod in pods {
        let standing = Standing::ask(opened, holder, pod.pod).await?;
        let known = Attributions::new(opened.joined.registry(), &opened.state);
        for (id, grant) in &standing.grants {
            if grant.expires <= now_secs || standing.is_revoked(id, grant) || !seen.insert(*id) {
                continue;
            }
            if known.is_key_of(&grant.confirmation, service) {
                found.grants.push(Usable { grant: *id, pod: pod.pod });
            } else if known.may_be_of(&grant.confirmation, service) {
                found.unknown.push(*id);
            }
        }
    }
    let unseen = opened.state.grants().iter().filter(|grant| grant.service == *service && grant.holder == holder);
    let unseen =
        unseen.filter(|grant| !grant.deposited && grant.revoked_secs.is_none() && grant.expires_secs > now_secs);
    let unseen = unseen.filter(|grant| seen.insert(grant.id));
    found.grants.extend(unseen.map(|grant| Usable { grant: grant.id, pod: grant.pod }));
    Ok(found)
}

/// Takes back at a holder all that the service may use there; also gives what could be the service's and was left.
pub(super) async fn take_back_all(
    opened: &mut Opened,
    holder: Principal,
    service: &Principal,
) -> Result<(String, Value, Vec<GrantId>), Failure> {
    let usable = usable(opened, holder, service).await?;
    let mut taken_back = Vec::with_capacity(usable.grants.len());
    for one in usable.grants {
        take_back(opened, holder, &one).await?;
        opened.save()?;
        taken_back.push(one.grant);
    }
    let words = match taken_back.len() {
        0 => "nothing to take back".to_owned(),
        1 => "1 grant taken back".to_owned(),
        count => format!("{count} grants taken back"),
    };
    Ok((words, json!({ "grants": taken_back }), usable.unknown))
}

/// What a holder that cannot be reached is to hear: revocations of the service's grants that this wallet gave, or has found there.
/// Which others the holder has on record, nobody else knows.
pub(super) fn to_post(opened: &Opened, holder: &Principal, service: &Principal) -> Result<Vec<Posted>, Failure> {
    let now_secs = opened.edge.now_secs();
    let known = Attributions::new(opened.joined.registry(), &opened.state);
    let given = opened.state.grants().iter().filter(|grant| grant.service == *service && grant.holder == *holder);
    let given = given.filter(|grant| grant.revoked_secs.is_none() && grant.expires_secs > now_secs);
    let recorded = opened.state.on_record().iter().filter(|one| one.holder == *holder).flat_map(|one| &one.grants);
    let recorded = recorded.filter(|grant| grant.is_usable(now_secs) && known.is_key_of(&grant.key, service));
    let grants: BTreeSet<GrantId> = given.map(|grant| grant.id).chain(recorded.map(|grant| grant.id)).collect();
    grants.into_iter().map(|grant| Ok(Posted::Revocation(signed(opened, holder, grant)?.bytes().to_vec()))).collect()
}

/// A signed revocation of one grant.
pub(super) fn signed(opened: &Opened, holder: &Principal, grant: GrantId) -> Result<Verified<Revocation>, Failure> {
    let signer = opened.state.signer(&opened.root, holder, opened.edge.now_secs()).map_err(not_enrolled)?;
    Ok(revocation(&signer, Target::Grant(grant), opened.edge.now_secs(), &*opened.edge.random))
}

/// Takes one grant back. The memory is not written yet.
pub(super) async fn take_back(opened: &mut Opened, holder: Principal, one: &Usable) -> Result<u64, Failure> {
    let revocation = signed(opened, &holder, one.grant)?;
    let acknowledgement = opened.joined.node(&holder)?.revoke(opened.joined.registry(), &revocation).await?;
    let given = opened.state.grants().iter().find(|grant| grant.id == one.grant);
    // The entry about a grant that the holder has not seen stands in no pod's log.
    if given.is_none_or(|grant| grant.deposited) {
        opened.state.acknowledged(one.pod, &acknowledgement);
    }
    opened.state.revoked(&one.grant, acknowledgement.issued);
    Ok(acknowledgement.audit_index)
}

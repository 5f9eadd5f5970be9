//! What citizens decide about a pod: grants deposited, restrictions, objections; and telling what stands.

use std::collections::BTreeMap;
use std::sync::Arc;

use pod_protocol::field::{Purpose, RecordType};
use pod_protocol::grant::Grant;
use pod_protocol::ids::{GrantId, ObjectId, PodId, Principal, Thumbprint, base64url};
use pod_protocol::standing::Objection;
use pod_protocol::{Refusal, Signed};
use pod_store::Batch;
use serde_json::{Value, json};

use super::keys::{event_json, pending_json};
use super::page::fill;
use crate::blocking::blocking;
use crate::book::grants::{GrantSigner as _, Signers, ToKeep};
use crate::book::key_logs::StoredEvent;
use crate::fault::Failure;
use crate::node::Node;
use crate::notices::sent;

/// Keeps a grant, once everything about it holds that can be known before it is used.
pub(super) async fn deposit(node: &Arc<Node>, pod: PodId, grant: &[u8], now_secs: u64) -> Result<Value, Failure> {
    let signed = Signed::<Grant>::decode(grant)?;
    let claims = signed.unverified();
    if claims.audience != node.principal {
        return Err(Refusal::Audience.into());
    }
    if claims.subject != pod || claims.parent.is_some() {
        return Err(Refusal::NotAuthorised.into());
    }
    if claims.expires <= now_secs {
        return Err(Refusal::Expired.into());
    }
    let standing = node.standing(&pod)?.ok_or(Refusal::UnknownPod)?;
    // The key must be valid now, not only at the event that the grant names: a lost device could sign with an old date.
    // While a recovery is pending it is open whose log it is.
    standing.check_grantor(&claims.issuer, signed.kid(), now_secs)?;
    let registry = node.registry.current();
    let of_pod = |pod: &PodId| node.standing(pod);
    let grant = Signers { registry: &registry, standing: &of_pod }.check(signed)??;
    let key = Thumbprint::of(grant.key()).kid();
    standing.check_root(&grant, key, now_secs, now_secs).map_err(|fault| Refusal::Chain { link: 0, fault })?;
    let grant = ToKeep::new(grant, &[], &standing, now_secs);
    blocking(node, move |node| node.grants.keep(grant, now_secs)).await?;
    Ok(json!({}))
}

/// Stops the release of record types, or allows it again; none named means all.
pub(super) async fn restrict(
    node: &Arc<Node>,
    pod: PodId,
    record_types: Vec<RecordType>,
    on: bool,
) -> Result<Value, Failure> {
    blocking(node, move |node| {
        node.standings.change(&pod, (node.clock)(), Batch::new(), |standing| {
            if record_types.is_empty() {
                standing.restricted = on;
            }
            for record_type in record_types {
                if on {
                    standing.restricted_types.insert(record_type);
                } else {
                    standing.restricted_types.remove(&record_type);
                }
            }
        })
    })
    .await?;
    Ok(json!({}))
}

/// Records or withdraws an objection.
pub(super) async fn object(
    node: &Arc<Node>,
    pod: PodId,
    purpose: Purpose,
    organisation: Option<Principal>,
    on: bool,
) -> Result<Value, Failure> {
    blocking(node, move |node| {
        node.standings.change(&pod, (node.clock)(), Batch::new(), |standing| {
            let objection = Objection { purpose, organisation };
            if on {
                standing.objections.insert(objection);
            } else {
                standing.objections.remove(&objection);
            }
        })
    })
    .await?;
    Ok(json!({}))
}

/// One thing that stands.
enum One<'a> {
    Grant(&'a GrantId),
    Revoked(&'a ObjectId),
    RestrictedType(&'a RecordType),
    Objection(&'a Objection),
    KeyEvent(&'a StoredEvent),
    Notice(&'a ObjectId),
}

/// Tells a page of what stands: grants, revocations, restrictions, objections, the actor's key events, notices
/// to services.
pub(super) async fn tell(node: &Arc<Node>, pod: PodId, actor: Principal, skip: u64) -> Result<Value, Failure> {
    blocking(node, move |node| {
        let standing = node.standing(&pod)?.ok_or(Refusal::UnknownPod)?;
        let (grants, events) = (node.grants.ids_of_pod(&pod)?, node.standings.key_logs().events(&actor)?);
        let notices = sent::of_pod(node, &pod)?;
        let all = grants
            .iter()
            .map(One::Grant)
            .chain(standing.revoked.iter().map(One::Revoked))
            .chain(standing.restricted_types.iter().map(One::RestrictedType))
            .chain(standing.objections.iter().map(One::Objection))
            .chain(events.iter().map(One::KeyEvent))
            .chain(notices.iter().map(One::Notice));
        let names = ["grants", "revoked", "restricted_types", "objections", "key_events", "notices"];
        let mut lists: BTreeMap<&str, Vec<Value>> = names.map(|name| (name, Vec::new())).into();
        let next_skip = fill(all, skip, |one| {
            let (list, told) = match one {
                One::Grant(id) => match node.grants.signed(&pod, id)? {
                    Some(grant) => ("grants", json!({ "id": id, "bytes": base64url(&grant) })),
                    // It ended and gave its place to another just now.
                    None => return Ok(0),
                },
                One::Revoked(id) => ("revoked", json!(id)),
                One::RestrictedType(of) => ("restricted_types", json!(of)),
                One::Objection(one) => {
                    ("objections", json!({ "purpose": one.purpose, "organisation": one.organisation }))
                }
                One::KeyEvent(event) => ("key_events", event_json(event)),
                One::Notice(id) => match sent::shown(node, id)? {
                    Some(notice) => ("notices", notice),
                    None => return Ok(0),
                },
            };
            let bytes = told.to_string().len();
            lists.entry(list).or_default().push(told);
            Ok(bytes)
        })?;
        let mut page = json!({
            "revoked_before_secs": standing.revoked_before,
            "restricted": standing.restricted,
            "non_disclosure": standing.non_disclosure,
            "desk": crate::desk::told(node, &actor)?,
            "recovery": standing.speaker(&actor, (node.clock)()).and_then(pending_json),
            "next_skip": next_skip,
        });
        if let Value::Object(members) = &mut page {
            members.extend(lists.into_iter().map(|(name, list)| (name.to_owned(), Value::Array(list))));
        }
        Ok(page)
    })
    .await
}

//! Taking back what a service's key passed on, from a second on: when the key may be in other hands.
//!
//! Citizens' keys have logs here, and a key event says it there. Services' keys stand in their organisation's profile: taking one
//! out ends what it signed, all of it; this ends a part, and says who was given data by it.

use std::sync::Arc;

use pod_audit::EntryKind;
use pod_protocol::ids::Kid;
use pod_protocol::revocation::Revocation;
use pod_protocol::{Refusal, Signed, Verified};
use pod_store::Batch;

use super::record::Recorded;
use super::revoke::write;
use crate::blocking::blocking;
use crate::book::revoked_keys::KeyOf;
use crate::fault::Failure;
use crate::node::Node;
use crate::notices::taken_back::Mark;

/// Checks that whoever takes the key back is the service whose key it is, with any of its keys, or its organisation.
pub(super) fn verify(node: &Node, signed: Signed<Revocation>, kid: &Kid) -> Result<Verified<Revocation>, Refusal> {
    let registry = node.registry.current();
    let issuer = signed.unverified().issuer;
    let owner = registry.service_by_kid(kid).ok_or(Refusal::NotAuthorised)?;
    if owner.service.principal == issuer {
        return Ok(registry.verify_by_service(signed, &issuer)?.0);
    }
    if *owner.organisation.principal() == issuer {
        return registry.verify_by_organisation(signed, &issuer);
    }
    Err(Refusal::NotAuthorised)
}

/// Takes back, durably, and says where that stands in the log. Every pod is held: the key may have passed on anybody's grant.
pub(super) async fn take_back(
    node: &Arc<Node>,
    revocation: &Verified<Revocation>,
    kid: Kid,
    since_secs: u64,
    now_secs: u64,
) -> Result<Recorded, Failure> {
    let organisation = {
        let registry = node.registry.current();
        *registry.service_by_kid(&kid).ok_or(Refusal::NotAuthorised)?.organisation.principal()
    };
    let key = KeyOf { kid, since_secs, organisation, by: revocation.id() };
    if node.revoked_keys.has(&kid, since_secs) {
        let known = blocking(node, move |node| Ok(node.revoked_keys.entry_of(&key)?)).await?;
        if let (Some(index), Some(head)) = (known, node.log.head()) {
            return Ok(Recorded::before(index, head));
        }
    } else {
        let changing = node.releases.change_all().await;
        blocking(node, move |node| {
            let mut batch = Batch::new();
            Mark::Key(key.kid).put(node, &mut batch);
            node.revoked_keys.revoke(&key, batch)?;
            node.standings.forget_all();
            Ok(())
        })
        .await?;
        drop(changing);
    }
    let recorded = write(node, revocation, None, EntryKind::Command, "done", now_secs).await?;
    let index = recorded.index();
    blocking(node, move |node| Ok(node.revoked_keys.recorded(&key, index)?)).await?;
    Ok(recorded)
}

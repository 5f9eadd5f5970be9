//! From an identity code to pods: the wallet's keys are bound, and the entries about it are written.

use std::sync::Arc;

use pod_audit::EntryKind;
use pod_crypto::equal;
use pod_import::IdentityCode;
use pod_protocol::Refusal;
use pod_protocol::ids::{PodId, Principal};

use super::pending::{Bound, BoundPod};
use super::record::{self, Act};
use super::refusal::{LoginFailure, LoginRefusal};
use crate::age;
use crate::blocking::blocking;
use crate::book::standings::{Person, replay};
use crate::fault::{Failure, Fault};
use crate::node::Node;

/// A refusal, and the pod in whose log it belongs: the person's own, if they have one.
struct Refused {
    why: LoginRefusal,
    pod: Option<PodId>,
}

/// Binds the key log to the pods of the person who logged in. The identity code ends here.
pub(super) async fn bind(
    node: &Arc<Node>,
    code: IdentityCode,
    events: Vec<Vec<u8>>,
    principal: Principal,
) -> Result<Bound, LoginFailure> {
    let now_secs = (node.clock)();
    // Like a new device key, a new speaker may change several standings; and of two wallets for one pod only one is first.
    let changing = node.releases.change_all().await;
    let done = blocking(node, move |node| enrol(node, &code, &events, principal, now_secs)).await;
    drop(changing);
    let done = match done {
        Ok(done) => done,
        Err(Failure::Refused(_)) => return Err(LoginRefusal::KeyLog.into()),
        Err(Failure::Fault(fault)) => return Err(fault.into()),
    };
    let act = |kind, pod, outcome| Act { kind, pod, principal, released: Vec::new(), outcome };
    match done {
        Ok(bound) => {
            let acts = bound.pods.iter().map(|one| act(EntryKind::Command, Some(one.pod), "done")).collect();
            record::write(node, acts, now_secs).await?;
            Ok(bound)
        }
        Err(Refused { why, pod }) => {
            record::write(node, vec![act(EntryKind::Refusal, pod, why.code())], now_secs).await?;
            Err(why.into())
        }
    }
}

/// Binds a wallet for a person whom the caller has seen identify themselves in another way than by the login provider, such as
/// at a desk. Gives the pods for which the wallet then speaks.
///
/// # Errors
/// [`Failure::Refused`]: [`Refusal::Audience`] when the key log is for another organisation, [`Refusal::NotAuthorised`] when it
/// cannot be this person's (the entry in the log says why), those of the events. [`Failure::Fault`].
pub async fn enrol_identified(
    node: &Arc<Node>,
    code: IdentityCode,
    events: Vec<Vec<u8>>,
) -> Result<Vec<PodId>, Failure> {
    let keys = replay(&events)?;
    if keys.organisation() != Some(node.principal) {
        return Err(Refusal::Audience.into());
    }
    match bind(node, code, events, keys.principal()).await {
        Ok(bound) => Ok(bound.pods.iter().map(|one| one.pod).collect()),
        Err(LoginFailure::Fault(fault)) => Err(fault.into()),
        Err(LoginFailure::Refused(_) | LoginFailure::Provider(_)) => Err(Refusal::NotAuthorised.into()),
    }
}

fn enrol(
    node: &Node,
    code: &IdentityCode,
    events: &[Vec<u8>],
    principal: Principal,
    now_secs: u64,
) -> Result<Result<Bound, Refused>, Failure> {
    // An identity code is ASCII.
    let text = std::str::from_utf8(code.expose()).map_err(|_| Fault::Damaged { what: "an identity code" })?;
    let own = node.vault.find(text)?;
    let mut pods: Vec<BoundPod> = own.iter().map(|pod| BoundPod { pod: *pod, until_secs: None }).collect();
    for ward in node.vault.wards_of(text)? {
        let until_secs = age::turns_18_secs(&ward.born).ok_or(Fault::Damaged { what: "a child's date of birth" })?;
        if until_secs > now_secs {
            pods.push(BoundPod { pod: ward.pod, until_secs: Some(until_secs) });
        }
    }
    let refused = |why| Ok(Err(Refused { why, pod: own }));
    if pods.is_empty() {
        return refused(LoginRefusal::NothingHeld);
    }
    let handle = node.vault.guardian_handle(text);
    if node.standings.person_of(&principal)?.is_some_and(|known| !equal(&known, &handle)) {
        return refused(LoginRefusal::OtherPerson);
    }
    let wards = pods.iter().filter(|one| one.until_secs.is_some()).map(|one| one.pod).collect();
    match node.standings.enrol(events, &Person { handle, own, wards }, now_secs) {
        Ok(_) => Ok(Ok(Bound { principal, pods })),
        Err(Failure::Refused(Refusal::NotAuthorised)) => refused(LoginRefusal::OtherWallet),
        Err(failure) => Err(failure),
    }
}

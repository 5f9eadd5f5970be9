//! From an identity code to a person, and, once the person has confirmed the wallet, to pods: its keys are bound, and the
//! entries about it are written.

use std::sync::Arc;

use pod_audit::EntryKind;
use pod_crypto::equal;
use pod_import::IdentityCode;
use pod_protocol::Refusal;
use pod_protocol::ids::{PodId, Principal};
use pod_protocol::key_event::KeyState;
use pod_store::Batch;

use super::pending::{Bound, BoundPod, LoggedIn};
use super::record::{self, Act};
use super::refusal::{LoginFailure, LoginRefusal};
use crate::age;
use crate::blocking::blocking;
use crate::book::key_logs::replay_new;
use crate::book::standings::Person;
use crate::commands::key_event;
use crate::fault::{Failure, Fault};
use crate::node::Node;

/// A refusal, and the pod in whose log it belongs: the person's own, if they have one.
struct Refused {
    why: LoginRefusal,
    pod: Option<PodId>,
}

/// Who has this identity code, as the registers know them today. The code ends here.
pub(crate) async fn identify(node: &Arc<Node>, code: IdentityCode) -> Result<Person, Fault> {
    let found = blocking(node, move |node| {
        // An identity code is ASCII.
        let text = std::str::from_utf8(code.expose()).map_err(|_| Fault::Damaged { what: "an identity code" })?;
        let wards = node.vault.wards_of(text)?.into_iter().map(|ward| ward.pod).collect();
        Ok(Person { handle: node.vault.guardian_handle(text), own: node.vault.find(text)?, wards })
    });
    faults(found.await)
}

/// Of work that refuses nobody.
fn faults<T>(done: Result<T, Failure>) -> Result<T, Fault> {
    done.map_err(|failure| match failure {
        Failure::Fault(fault) => fault,
        Failure::Refused(_) => Fault::Damaged { what: "an enrolment" },
    })
}

/// Binds the key log to the pods of the person who logged in and confirmed it. Nobody speaks for a pod whose log does not say
/// so: the entries come first.
pub(super) async fn bind(node: &Arc<Node>, logged_in: LoggedIn) -> Result<Bound, LoginFailure> {
    let now_secs = (node.clock)();
    let principal = logged_in.principal;
    let recovery = logged_in.recovery.clone();
    // Like a new device key, a new speaker may change several standings; and of two wallets for one pod only one is first.
    let changing = node.releases.change_all().await;
    let (bound, enrolment) = match faults(blocking(node, move |node| decide(node, &logged_in, now_secs)).await)? {
        Ok(decided) => decided,
        Err(Refused { why, pod }) => {
            turn_down(node, why.code(), pod, principal).await?;
            return Err(why.into());
        }
    };
    let act = |one: &BoundPod| Act {
        kind: EntryKind::Command,
        pod: Some(one.pod),
        principal,
        released: Vec::new(),
        outcome: "done",
    };
    record::write(node, bound.pods.iter().map(act).collect(), now_secs).await?;
    faults(blocking(node, move |node| Ok(node.standings.enrol(enrolment)?)).await)?;
    drop(changing);
    if let Some(recovery) = recovery {
        recover(node, principal, recovery).await?;
    }
    Ok(bound)
}

/// Takes in the recovery for which the person logged in. Only after the binding was decided: it says that the log is theirs.
async fn recover(node: &Arc<Node>, principal: Principal, recovery: Vec<u8>) -> Result<(), LoginFailure> {
    match key_event(node, principal, recovery, true).await {
        Ok(_) => Ok(()),
        Err(Failure::Refused(refusal)) => {
            tracing::info!(code = refusal.code(), "recovery refused");
            Err(LoginRefusal::KeyLog.into())
        }
        Err(Failure::Fault(fault)) => Err(fault.into()),
    }
}

/// Records that a wallet was not bound, or not yet, in the log of the pod of whoever logged in, if they have one.
pub(super) async fn turn_down(
    node: &Node,
    outcome: &'static str,
    pod: Option<PodId>,
    principal: Principal,
) -> Result<(), Fault> {
    let act = Act { kind: EntryKind::Refusal, pod, principal, released: Vec::new(), outcome };
    record::write(node, vec![act], (node.clock)()).await.map(drop)
}

/// Reads a key log: some milliseconds of signatures when it is long.
pub(super) async fn read(node: &Arc<Node>, events: Vec<Vec<u8>>) -> Result<(Vec<Vec<u8>>, KeyState), Failure> {
    blocking(node, move |node| {
        let keys = replay_new(&events, (node.clock)())?;
        Ok((events, keys))
    })
    .await
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
    let (events, keys) = read(node, events).await?;
    if keys.organisation() != Some(node.principal) {
        return Err(Refusal::Audience.into());
    }
    let person = identify(node, code).await?;
    match bind(node, LoggedIn { events, principal: keys.principal(), recovery: None, person }).await {
        Ok(bound) => Ok(bound.pods.iter().map(|one| one.pod).collect()),
        Err(LoginFailure::Fault(fault)) => Err(fault.into()),
        Err(LoginFailure::Refused(_) | LoginFailure::Provider(_)) => Err(Refusal::NotAuthorised.into()),
    }
}

type Decided = Result<(Bound, Batch), Refused>;

/// Whether the wallet is bound, to which pods, and what does it.
fn decide(node: &Node, logged_in: &LoggedIn, now_secs: u64) -> Result<Decided, Failure> {
    let LoggedIn { events, principal, recovery: _, person } = logged_in;
    let pods = pods_today(node, person, now_secs)?;
    let own = pods.iter().find(|one| one.until_secs.is_none()).map(|one| one.pod);
    let refused = |why| Ok(Err(Refused { why, pod: own }));
    if pods.is_empty() {
        return refused(LoginRefusal::NothingHeld);
    }
    let handle = person.handle;
    if node.standings.person_of(principal)?.is_some_and(|known| !equal(&known, &handle)) {
        return refused(LoginRefusal::OtherPerson);
    }
    let wards = pods.iter().filter(|one| one.until_secs.is_some()).map(|one| one.pod).collect();
    match node.standings.enrolment(events, &Person { handle, own, wards }, now_secs) {
        Ok(enrolment) => Ok(Ok((Bound { principal: *principal, pods }, enrolment))),
        Err(Failure::Refused(Refusal::NotAuthorised)) => refused(LoginRefusal::OtherWallet),
        Err(Failure::Refused(_)) => refused(LoginRefusal::KeyLog),
        Err(Failure::Fault(fault)) => Err(fault.into()),
    }
}

/// Of the pods that were the person's to act for when they logged in, those that still are: minutes have passed, in which
/// an import may have ended a guardianship, and a child may have turned 18.
fn pods_today(node: &Node, person: &Person, now_secs: u64) -> Result<Vec<BoundPod>, Failure> {
    let mut pods = Vec::with_capacity(1 + person.wards.len());
    if let Some(own) = person.own
        && node.vault.has(&own)?
    {
        pods.push(BoundPod { pod: own, until_secs: None });
    }
    for ward in &person.wards {
        if !node.vault.has(ward)? {
            continue;
        }
        let Some(born) = node.vault.acts_for(ward, &person.handle)? else { continue };
        let until_secs = age::turns_18_secs(&born).ok_or(Fault::Damaged { what: "a child's date of birth" })?;
        if until_secs > now_secs {
            pods.push(BoundPod { pod: *ward, until_secs: Some(until_secs) });
        }
    }
    Ok(pods)
}

//! Passing grants on, to a processor for instance, and taking that back.

use std::path::{Path, PathBuf};

use clap::Args;
use pod_client::service::{HeldGrant, PassOn, pass_on};
use pod_crypto::random_array;
use pod_protocol::Verified;
use pod_protocol::field::RecordType;
use pod_protocol::grant::{Grant, Permission};
use pod_protocol::ids::{Cti, GrantId, Principal, Thumbprint};
use pod_protocol::request::Name;
use pod_protocol::revocation::{Revocation, Target};
use serde_json::json;

use super::super::names::names;
use super::super::posting::post_revocation;
use super::opened::{Chain, Kept, Opened, read_chain};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::folder;
use crate::output::Output;

/// Pass a grant on to another service; it can give no more than it was given.
#[derive(Debug, Args)]
pub(super) struct Delegate {
    /// The grant's id.
    // An id may begin with a hyphen.
    #[arg(allow_hyphen_values = true)]
    grant: GrantId,
    /// The id of the service that receives it.
    #[arg(long, value_name = "SERVICE")]
    to: Principal,
    /// Only this, as TYPE:FIELD; several may be named. Everything unless said.
    #[arg(long = "only", value_name = "TYPE:FIELD")]
    only: Vec<String>,
    /// Where to write the file for the other service.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Take over a grant that another service passed on.
#[derive(Debug, Args)]
pub(super) struct Accept {
    /// The file that the other service wrote.
    file: PathBuf,
}

/// Take a grant back that was passed on.
#[derive(Debug, Args)]
pub(super) struct Revoke {
    /// The file that was handed to the other service.
    file: PathBuf,
}

impl Delegate {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let only = names(&self.only)?;
        let opened = Opened::registered(dir, edge).await?;
        let found = opened.kept.chains()?.into_iter().find(|(_, held)| held.ids().last() == Some(&self.grant));
        let (chain, held) = found.ok_or_else(|| {
            Failure::usage(format!("this service holds no grant {}", self.grant))
                .advise("`aitta service collect` shows the grants that arrived.")
        })?;
        if held.leaf().limits.depth == 0 {
            return Err(Failure::usage("this grant may not be passed on")
                .advise("Ask the citizen for one that may, with `depth` in the access request."));
        }
        let service = opened.registry.service(&self.to).ok_or_else(|| {
            Failure::usage(format!("no registered service has the id {}", self.to))
                .advise("The other organisation registers it with `aitta node publish-profile`.")
        })?;
        may_have(&opened, held.leaf(), service.organisation.principal())?;
        let permissions = if only.is_empty() { None } else { Some(narrowed(held.leaf(), only)?) };
        let to = PassOn { confirmation: Thumbprint::of(service.key), permissions, expires: None, depth: 0 };
        let (child, links) = pass_on(&opened.joined.caller, &opened.kept.identity, &held, &to);
        HeldGrant::of_chain(&links).map_err(|refusal| {
            Failure::of(Exit::Usage, "usage", refusal)
                .advise("Name each field once with --only, and none inside another.")
        })?;
        let text = serde_json::to_vec_pretty(&Chain::new(chain.request, &links))
            .map_err(|source| Failure::internal("the grant cannot be written", source))?;
        folder::write_new_secret(&self.out, &text)?;
        let words = format!("Passed on. Hand {} to the other service.", self.out.display());
        output.result(words, &json!({ "grant": child.id(), "file": self.out }));
        Ok(Exit::Done)
    }
}

/// Whether the citizen agreed to this organisation; the holder refuses any other.
fn may_have(opened: &Opened, grant: &Grant, organisation: &Principal) -> Result<(), Failure> {
    match &grant.limits.organisations {
        Some(allowed) if !allowed.contains(organisation) => {
            let names: Vec<String> = allowed.iter().map(|one| opened.joined.name_of(one)).collect();
            Err(Failure::usage(format!("this grant may be passed on only to services of {}", names.join(", ")))
                .advise("Ask the citizen for another one, with `delegatees` in the access request."))
        }
        _ => Ok(()),
    }
}

/// What is named, when the grant gives it: one permission a record type and kind.
fn narrowed(grant: &Grant, only: Vec<(RecordType, Name)>) -> Result<Vec<Permission>, Failure> {
    let mut narrowed: Vec<Permission> = Vec::new();
    for (of, name) in only {
        let given = match &name {
            Name::Field(field) => grant.gives(&of, field).then(|| Permission::Raw(of.clone(), vec![field.clone()])),
            Name::Predicate(id) => {
                grant.predicate(&of, id).map(|given| Permission::Derived(of.clone(), vec![given.clone()]))
            }
        };
        let given = given.ok_or_else(|| {
            Failure::usage(format!("the grant does not give {of}:{name}"))
                .advise("Pass on what was granted or part of it: `aitta service fetch --grant ID` shows it.")
        })?;
        if !narrowed.iter_mut().any(|one| joined(one, &given)) {
            narrowed.push(given);
        }
    }
    Ok(narrowed)
}

/// Adds what `more` gives, when both are of one type and kind.
fn joined(permission: &mut Permission, more: &Permission) -> bool {
    match (permission, more) {
        (Permission::Raw(of, fields), Permission::Raw(other, more)) if of == other => {
            fields.extend(more.iter().cloned());
            true
        }
        (Permission::Derived(of, questions), Permission::Derived(other, more)) if of == other => {
            questions.extend(more.iter().cloned());
            true
        }
        _ => false,
    }
}

impl Accept {
    pub(super) fn run(&self, dir: &Path, output: &Output) -> Result<Exit, Failure> {
        let kept = Kept::open(dir)?;
        let (chain, held) = read_chain(&self.file)?;
        if held.leaf().confirmation != kept.thumbprint() {
            return Err(Failure::usage("this grant was passed on to another key")
                .advise("Ask for one that is for this service: its id stands in service.toml."));
        }
        kept.keep_chain(&chain, &held)?;
        output.result("Taken over.", &json!({ "grant": held.ids().last(), "pod": held.pod() }));
        Ok(Exit::Done)
    }
}

impl Revoke {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let mut opened = Opened::registered(dir, edge).await?;
        let (_, held) = read_chain(&self.file)?;
        let passed_on = above(&held).is_some_and(|above| above.leaf().confirmation == opened.kept.thumbprint());
        let id = held.ids().last().copied().filter(|_| passed_on).ok_or_else(|| {
            Failure::usage("this service did not pass it on, and cannot take it back")
                .advise("Run it as the service that ran `delegate`; a citizen's grant is taken back by the citizen.")
        })?;
        let identity = &opened.kept.identity;
        let revocation = Revocation {
            issuer: identity.principal,
            audience: held.holder(),
            issued: edge.now_secs(),
            cti: Cti::new(random_array(&*edge.random)),
            target: Target::Grant(id),
        };
        let revocation = Verified::sign(&identity.key, revocation);
        let direct = opened.joined.node(&held.holder())?.revoke(&opened.registry, &revocation).await;
        let acknowledgement = match direct.map_err(Failure::from) {
            Ok(acknowledgement) => acknowledgement,
            Err(unreached) if unreached.exit == Exit::NotReached => {
                let posted = post_revocation(&mut opened.joined, &held.holder(), revocation.bytes()).await;
                let (words, json) = posted.map_err(|_| unreached)?;
                output.result(words, &json!({ "grant": id, "posted": json }));
                return Ok(Exit::Partly);
            }
            Err(failure) => return Err(failure),
        };
        let json = json!({ "grant": id, "audit_index": acknowledgement.audit_index });
        output.result("Taken back.", &json);
        Ok(Exit::Done)
    }
}

/// The chain without its last link.
fn above(held: &HeldGrant) -> Option<HeldGrant> {
    let (_, above) = held.links().split_last()?;
    let links: Vec<Vec<u8>> = above.iter().map(|(_, link)| link.clone()).collect();
    HeldGrant::of_chain(&links).ok()
}

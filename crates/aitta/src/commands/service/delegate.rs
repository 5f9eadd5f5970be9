//! Passing grants on, to a processor for instance, and taking that back.

use std::path::{Path, PathBuf};

use clap::Args;
use pod_client::service::{PassOn, pass_on};
use pod_crypto::random_array;
use pod_protocol::Verified;
use pod_protocol::field::FieldPath;
use pod_protocol::grant::Permission;
use pod_protocol::ids::{Cti, GrantId, Principal, Thumbprint};
use pod_protocol::revocation::{Revocation, Target};
use serde_json::json;

use super::super::folder;
use super::opened::{Chain, Kept, Opened, read_chain};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
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
        let opened = Opened::open(dir, edge).await?;
        let found = opened.kept.chains()?.into_iter().find(|(_, held)| held.ids().last() == Some(&self.grant));
        let (chain, held) =
            found.ok_or_else(|| Failure::usage(format!("this service holds no grant {}", self.grant)))?;
        if held.leaf().limits.depth == 0 {
            return Err(Failure::usage("this grant may not be passed on")
                .advise("Ask the citizen for one that may, with `depth` in the access request."));
        }
        let service = opened.registry.service(&self.to).ok_or_else(|| {
            Failure::usage(format!("no registered service has the id {}", self.to))
                .advise("The other organisation registers it with `aitta node publish-profile`.")
        })?;
        let permissions = match self.only.as_slice() {
            [] => None,
            only => Some(only.iter().map(|one| permission(one)).collect::<Result<Vec<_>, _>>()?),
        };
        let to = PassOn { confirmation: Thumbprint::of(service.key), permissions, expires: None, depth: 0 };
        let (child, links) = pass_on(&opened.joined.caller, &opened.kept.identity, &held, &to);
        let text = serde_json::to_vec_pretty(&Chain::new(chain.request, &links))
            .map_err(|source| Failure::internal("the grant cannot be written", source))?;
        folder::write(&self.out, &text)?;
        let words = format!("Passed on. Hand {} to the other service.", self.out.display());
        output.result(words, &json!({ "grant": child.id(), "file": self.out }));
        Ok(Exit::Done)
    }
}

fn permission(text: &str) -> Result<Permission, Failure> {
    let parsed = text.split_once(':').and_then(|(of, field)| {
        let field: FieldPath = field.parse().ok()?;
        Some(Permission::Raw(of.parse().ok()?, vec![field]))
    });
    parsed.ok_or_else(|| {
        Failure::usage(format!("`{text}` is not TYPE:FIELD")).advise("For example child-health:allergies.substance.")
    })
}

impl Accept {
    pub(super) fn run(&self, dir: &Path, output: &Output) -> Result<Exit, Failure> {
        let kept = Kept::open(dir)?;
        let held = kept.keep_chain(&read_chain(&self.file)?)?;
        if held.leaf().confirmation != Thumbprint::of(&kept.identity.key.public_key()) {
            return Err(
                Failure::usage("this grant was passed on to another key").advise("Ask for one for this service.")
            );
        }
        output.result("Taken over.", &json!({ "grant": held.ids().last(), "pod": held.pod() }));
        Ok(Exit::Done)
    }
}

impl Revoke {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let opened = Opened::open(dir, edge).await?;
        let held = read_chain(&self.file)?.held()?;
        let id = held.ids().last().copied().ok_or_else(|| Failure::usage("the file holds no grant"))?;
        let identity = &opened.kept.identity;
        let revocation = Revocation {
            issuer: identity.principal,
            audience: held.holder(),
            issued: edge.now_secs(),
            cti: Cti::new(random_array(&*edge.random)),
            target: Target::Grant(id),
        };
        let revocation = Verified::sign(&identity.key, revocation);
        let acknowledgement = opened.joined.node(&held.holder())?.revoke(&opened.registry, &revocation).await?;
        let json = json!({ "grant": id, "audit_index": acknowledgement.audit_index });
        output.result("Taken back.", &json);
        Ok(Exit::Done)
    }
}

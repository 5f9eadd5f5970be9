//! Asking: an access request is signed, published, and handed to the citizen as a link.

use std::path::{Path, PathBuf};

use clap::Args;
use pod_client::service::ask;
use pod_crypto::random_array;
use pod_protocol::Verified;
use pod_protocol::access_request::AccessRequest;
use pod_protocol::cose::Payload as _;
use pod_protocol::ids::{Cti, ObjectId, Principal};
use serde_json::json;

use super::super::wallet::secret_text;
use super::ask_file::AskFile;
use super::opened::Opened;
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Publish an access request, and print the link for the citizen.
#[derive(Debug, Args)]
pub(super) struct Ask {
    /// What is asked, as TOML: purpose, reason in three languages, and for each record type the required and optional fields
    /// and questions. `docs/operating/ask-citizens.md` explains it.
    file: PathBuf,
    /// Put it into the inbox of the person whose identity code this file holds; `-` to type it.
    #[arg(long, value_name = "FILE")]
    identity_code: Option<PathBuf>,
    /// Show what would be published; publish nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Ask {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let opened = Opened::registered(dir, edge).await?;
        let asked = Asked::sign(&opened, edge, &AskFile::open(&self.file)?)?;
        if !self.dry_run {
            let code = self.identity_code.as_deref().map(secret_text).transpose()?;
            asked.publish(&opened, code.map(|code| code.to_string())).await?;
        }
        let Asked { signed, link, flagged } = asked;
        let warnings: String =
            flagged.iter().map(|flag| format!("\n! The citizen will see a warning: {flag}.")).collect();
        let json = json!({ "request": signed.id(), "link": link, "over_asked": flagged, "dry_run": self.dry_run });
        output.result(format!("{link}{warnings}"), &json);
        Ok(Exit::Done)
    }
}

/// An access request of this service.
pub(super) struct Asked {
    pub(super) signed: Verified<AccessRequest>,
    /// For the citizen.
    pub(super) link: String,
    /// What goes beyond the registration.
    flagged: Vec<String>,
}

impl Asked {
    /// Signs what stands in a file. What goes beyond the registration is not refused: the citizen sees it flagged. Its sender
    /// should see it first.
    pub(super) fn sign(opened: &Opened, edge: &Edge, file: &AskFile) -> Result<Self, Failure> {
        let request = request(opened, edge, file)?;
        let flagged = opened.registry.over_asking(&request).map_err(|refusal| {
            Failure::of(Exit::Refused, refusal.code(), refusal)
                .advise("The trust anchor suspended the organisation: ask it why.")
        })?;
        let signed = Verified::sign(&opened.kept.identity.key, request);
        let link = link_to(opened, &signed.id())?;
        Ok(Self { signed, link, flagged: flagged.iter().map(ToString::to_string).collect() })
    }

    /// Publishes it and, when an identity code is named, puts it into that person's inbox.
    pub(super) async fn publish(&self, opened: &Opened, identity_code: Option<String>) -> Result<(), Failure> {
        let identity = &opened.kept.identity;
        let node = opened.joined.node(&identity.organisation)?;
        ask(&opened.joined.caller, &node, &opened.registry, identity, &self.signed, identity_code).await?;
        Ok(())
    }
}

/// What a citizen's wallet opens: where the organisation's node gives the request to anybody.
pub(super) fn link_to(opened: &Opened, request: &ObjectId) -> Result<String, Failure> {
    let node = opened.joined.node(&opened.kept.identity.organisation)?;
    Ok(node.url(&format!("/v1/access-requests/{request}")))
}

/// What stands in the file, as a request of this service.
fn request(opened: &Opened, edge: &Edge, file: &AskFile) -> Result<AccessRequest, Failure> {
    let named = |names: &[String]| -> Result<Vec<Principal>, Failure> {
        names.iter().map(|name| opened.joined.organisation(name)).collect()
    };
    let now_secs = edge.now_secs();
    let identity = &opened.kept.identity;
    let request = AccessRequest {
        service: identity.principal,
        organisation: identity.organisation,
        expires: now_secs + file.answer_within_secs(),
        issued: now_secs,
        cti: Cti::new(random_array(&*edge.random)),
        confirmation: opened.kept.thumbprint(),
        retention_secs: file.retention_secs(),
        validity_secs: file.validity_secs(),
        holders: file.holders.as_deref().map(named).transpose()?,
        depth: file.depth,
        delegatees: named(&file.delegatees)?,
        items: file.items.clone(),
        purpose: file.purpose.clone(),
        reason: file.reason.clone(),
    };
    // The rules of an access request as a whole stand in its reader.
    AccessRequest::from_cbor(request.to_cbor()).map_err(|fault| file.is_none(&fault))
}

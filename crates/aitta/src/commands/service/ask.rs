//! Asking: an access request is signed, published, and handed to the citizen as a link.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use pod_client::service::ask;
use pod_crypto::random_array;
use pod_protocol::Verified;
use pod_protocol::access_request::AccessRequest;
use pod_protocol::cose::Payload as _;
use pod_protocol::ids::{Cti, Principal};
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
        let request = self.request(&opened, edge)?;
        // What goes beyond the registration is not refused: the citizen sees it flagged. Its sender should see it first.
        let flagged: Vec<String> = opened
            .registry
            .over_asking(&request)
            .map_err(|refusal| {
                Failure::of(Exit::Refused, refusal.code(), refusal)
                    .advise("The trust anchor suspended the organisation: ask it why.")
            })?
            .iter()
            .map(ToString::to_string)
            .collect();
        let signed = Verified::sign(&opened.kept.identity.key, request);
        let node = opened.joined.node(&opened.kept.identity.organisation)?;
        let link = node.url(&format!("/v1/access-requests/{}", signed.id()));
        if !self.dry_run {
            let code = self.identity_code.as_deref().map(secret_text).transpose()?;
            let code = code.map(|code| code.to_string());
            ask(&opened.joined.caller, &node, &opened.registry, &opened.kept.identity, &signed, code).await?;
        }
        let warnings: String =
            flagged.iter().map(|flag| format!("\n! The citizen will see a warning: {flag}.")).collect();
        let json = json!({ "request": signed.id(), "link": link, "over_asked": flagged, "dry_run": self.dry_run });
        output.result(format!("{link}{warnings}"), &json);
        Ok(Exit::Done)
    }

    /// What stands in the file, as a request of this service.
    fn request(&self, opened: &Opened, edge: &Edge) -> Result<AccessRequest, Failure> {
        let wrong = |why: &dyn Display| {
            Failure::usage(format!("{} is no access request: {why}", self.file.display()))
                .advise("docs/operating/ask-citizens.md has examples.")
        };
        let text = fs::read_to_string(&self.file).map_err(|source| wrong(&source))?;
        let asked = AskFile::read(&text).map_err(|why| wrong(&why))?;
        let named = |names: &[String]| -> Result<Vec<Principal>, Failure> {
            names.iter().map(|name| opened.joined.organisation(name)).collect()
        };
        let now_secs = edge.now_secs();
        let identity = &opened.kept.identity;
        let request = AccessRequest {
            service: identity.principal,
            organisation: identity.organisation,
            expires: now_secs + asked.answer_within_secs(),
            issued: now_secs,
            cti: Cti::new(random_array(&*edge.random)),
            confirmation: opened.kept.thumbprint(),
            retention_secs: asked.retention_secs(),
            validity_secs: asked.validity_secs(),
            holders: asked.holders.as_deref().map(named).transpose()?,
            depth: asked.depth,
            delegatees: named(&asked.delegatees)?,
            items: asked.items,
            purpose: asked.purpose,
            reason: asked.reason,
        };
        // The rules of an access request as a whole stand in its reader.
        AccessRequest::from_cbor(request.to_cbor()).map_err(|fault| wrong(&fault))
    }
}

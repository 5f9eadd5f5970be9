//! Collecting decisions.

use std::path::Path;

use clap::Args;
use pod_client::CallError;
use pod_client::service::{HeldGrant, collect};
use pod_protocol::Outward;
use pod_protocol::decision::DecisionOutcome;
use pod_protocol::ids::ObjectId;
use serde_json::{Value, json};

use super::opened::{Chain, Opened};
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Collect what citizens decided about an access request.
#[derive(Debug, Args)]
pub(super) struct Collect {
    /// The access request's id, as `ask` printed it.
    // An id may begin with a hyphen.
    #[arg(allow_hyphen_values = true)]
    request: ObjectId,
}

impl Collect {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let opened = Opened::registered(dir, edge).await?;
        let Collected { grants, denied, unreadable } = collect_and_keep(&opened, &self.request).await?;
        let words = match (grants.len(), denied) {
            (0, 0) => "Nobody has decided yet.".to_owned(),
            (given, denied) => format!("{given} grants, {denied} denials."),
        };
        let given = |held: &HeldGrant| json!({ "grant": held.ids().last(), "holder": opened.joined.name_of(&held.holder()), "pod": held.pod() });
        let grants: Vec<Value> = grants.iter().map(given).collect();
        let json = json!({ "request": self.request, "grants": grants, "denied": denied, "unreadable": unreadable });
        output.result(words, &json);
        Ok(Exit::Done)
    }
}

/// What citizens decided about an access request.
pub(super) struct Collected {
    /// Kept now.
    pub(super) grants: Vec<HeldGrant>,
    pub(super) denied: u64,
    /// What is for another key, or does not open.
    unreadable: u64,
}

/// Collects the decisions on an access request, and keeps the grants.
pub(super) async fn collect_and_keep(opened: &Opened, request: &ObjectId) -> Result<Collected, Failure> {
    let identity = &opened.kept.identity;
    let node = opened.joined.node(&identity.organisation)?;
    let decisions = collect(&opened.joined.caller, &node, &opened.registry, identity, &opened.kept.seal_key, request)
        .await
        .map_err(|error| not_here(error, request))?;
    let own = opened.kept.thumbprint();
    let mut collected = Collected { grants: Vec::new(), denied: 0, unreadable: 0 };
    for decision in decisions {
        match decision.map(|decision| decision.outcome) {
            Ok(DecisionOutcome::Granted(given)) => {
                for grant in given {
                    let chain = Chain::new(Some(*request), &[grant.grant]);
                    // Anybody can leave something: a grant for another key is of no use here, and not kept.
                    let Some(held) = chain.held().ok().filter(|held| held.leaf().confirmation == own) else {
                        collected.unreadable += 1;
                        continue;
                    };
                    opened.kept.keep_chain(&chain, &held)?;
                    collected.grants.push(held);
                }
            }
            Ok(DecisionOutcome::Denied { .. }) => collected.denied += 1,
            // What does not open was not sealed by a wallet.
            Err(_) => collected.unreadable += 1,
        }
    }
    Ok(collected)
}

/// A node knows no other word for a request that it does not have than for a grant.
fn not_here(error: CallError, request: &ObjectId) -> Failure {
    match &error {
        CallError::Refused { whom, refusal } if refusal.outward == Some(Outward::UnknownGrant) => {
            let message = format!("{whom} has no access request {request} of this service");
            Failure { message, ..Failure::from(error) }.advise("Give the id as `ask` printed it.")
        }
        _ => error.into(),
    }
}

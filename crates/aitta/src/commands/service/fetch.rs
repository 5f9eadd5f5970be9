//! Fetching what is granted.

use std::path::Path;

use clap::Args;
use pod_client::curl::line_for;
use pod_client::service::{FetchItem, FetchOutcome, HeldGrant, ItemOutcome, fetch, sign_call};
use pod_protocol::field::{Purpose, RecordType};
use pod_protocol::ids::{GrantId, ObjectId};
use pod_protocol::request::{Name, Wanted};
use serde_json::{Value, json};

use super::opened::Opened;
use crate::edge::Edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Fetch what is granted, from every holder at once: of one access request, of some grants, or of all.
#[derive(Debug, Args)]
pub(super) struct Fetch {
    /// Only what was granted on this access request.
    // An id may begin with a hyphen, here and below.
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    request: Option<ObjectId>,
    /// Only under this grant; several may be named.
    #[arg(long = "grant", value_name = "ID", allow_hyphen_values = true)]
    grants: Vec<GrantId>,
    /// Only this, as TYPE:FIELD; several may be named. Everything granted unless said.
    #[arg(long = "only", value_name = "TYPE:FIELD")]
    only: Vec<String>,
    /// The purpose; that of the grant unless said.
    #[arg(long)]
    purpose: Option<Purpose>,
    /// Print the curl line that does the same, and fetch nothing.
    #[arg(long)]
    curl: bool,
}

impl Fetch {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let opened = Opened::open(dir, edge).await?;
        let items = self.items(&opened)?;
        let purpose = self.purpose(&items)?;
        if self.curl {
            return curl(&opened, &items, &purpose, output).await;
        }
        let ids: Vec<(Option<GrantId>, String)> = items
            .iter()
            .map(|item| (item.grant.ids().last().copied(), opened.joined.name_of(&item.grant.holder())))
            .collect();
        let outcome = fetch(&opened.joined.caller, &opened.registry, &opened.kept.identity, items, &purpose).await;
        for receipt in &outcome.receipts {
            opened.kept.keep_receipt(&receipt.id(), receipt.bytes())?;
        }
        let (words, json) = tell(&outcome, &ids);
        output.result(words, &json);
        Ok(ending(&outcome))
    }

    fn items(&self, opened: &Opened) -> Result<Vec<FetchItem>, Failure> {
        let only = self.only.iter().map(|one| wanted(one)).collect::<Result<Vec<_>, _>>()?;
        let chosen = |request: Option<ObjectId>, held: &HeldGrant| {
            self.request.is_none_or(|wanted| request == Some(wanted))
                && (self.grants.is_empty() || held.ids().last().is_some_and(|id| self.grants.contains(id)))
        };
        let items: Vec<FetchItem> = opened
            .kept
            .chains()?
            .into_iter()
            .filter(|(chain, held)| chosen(chain.request, held))
            .map(|(_, grant)| FetchItem { wanted: narrowed(&grant, &only), grant })
            .collect();
        if items.is_empty() {
            return Err(Failure::usage("no grant fits").advise("Run `aitta service collect ID` first."));
        }
        Ok(items)
    }

    fn purpose(&self, items: &[FetchItem]) -> Result<Purpose, Failure> {
        let granted = items.first().and_then(|item| item.grant.leaf().purposes.first()).cloned();
        self.purpose.clone().or(granted).ok_or_else(|| Failure::usage("no purpose").advise("Name one with --purpose."))
    }
}

fn narrowed(grant: &HeldGrant, only: &[(RecordType, Name)]) -> Vec<Wanted> {
    if only.is_empty() {
        return grant.everything();
    }
    let mut wanted: Vec<Wanted> = Vec::new();
    for (record_type, name) in only {
        match wanted.iter_mut().find(|one| one.record_type == *record_type) {
            Some(one) => one.names.push(name.clone()),
            None => wanted.push(Wanted { record_type: record_type.clone(), names: vec![name.clone()] }),
        }
    }
    wanted
}

fn wanted(text: &str) -> Result<(RecordType, Name), Failure> {
    let parsed = text.split_once(':').and_then(|(of, name)| Some((of.parse().ok()?, name.parse().ok()?)));
    parsed.ok_or_else(|| {
        Failure::usage(format!("`{text}` is not TYPE:FIELD")).advise("For example child-health:allergies.substance.")
    })
}

async fn curl(opened: &Opened, items: &[FetchItem], purpose: &Purpose, output: &Output) -> Result<Exit, Failure> {
    let holder = items.first().map(|item| item.grant.holder());
    let holder = holder.ok_or_else(|| Failure::usage("no grant fits"))?;
    let of_one: Vec<&FetchItem> = items.iter().filter(|item| item.grant.holder() == holder).collect();
    let node = opened.joined.node(&holder)?;
    let roots = opened.federation.roots.as_ref().map(|path| path.display().to_string());
    let (caller, identity) = (&opened.joined.caller, &opened.kept.identity);
    let line =
        line_for(&node, roots.as_deref(), |bound| sign_call(caller, identity, &of_one, purpose, true, bound).0).await?;
    output.result(&line, &json!({ "curl": line }));
    Ok(Exit::Done)
}

fn tell(outcome: &FetchOutcome, ids: &[(Option<GrantId>, String)]) -> (String, Value) {
    let (mut lines, mut items) = (Vec::new(), Vec::new());
    for (item, (grant, holder)) in outcome.items.iter().zip(ids) {
        let (words, outcome, data) = match item {
            ItemOutcome::Released(data) => {
                let data = data.to_json();
                (format!("{holder}: {data:#}"), "released", Some(data))
            }
            ItemOutcome::Refused(outward) => {
                (format!("{holder}: {}. {}", outward.code(), outward.advice()), outward.code(), None)
            }
            ItemOutcome::Unanswered => (format!("{holder}: no answer"), "unanswered", None),
        };
        lines.push(words);
        let advice = match item {
            ItemOutcome::Refused(outward) => Some(outward.advice()),
            _ => None,
        };
        items.push(json!({ "grant": grant, "holder": holder, "outcome": outcome, "data": data, "advice": advice }));
    }
    let failures: Vec<Value> = outcome
        .failures
        .iter()
        .map(|one| {
            let name = one.name.clone().unwrap_or_else(|| one.holder.to_string());
            lines.push(format!("{name}: {} items missing: {}", one.items, one.error));
            json!({ "holder": name, "items": one.items, "code": one.error.code(), "why": one.error.to_string() })
        })
        .collect();
    let receipts: Vec<ObjectId> = outcome.receipts.iter().map(|receipt| receipt.id()).collect();
    (lines.join("\n"), json!({ "items": items, "failures": failures, "receipts": receipts }))
}

fn ending(outcome: &FetchOutcome) -> Exit {
    let released = outcome.items.iter().filter(|item| matches!(item, ItemOutcome::Released(_))).count();
    if released == outcome.items.len() {
        Exit::Done
    } else if released > 0 {
        Exit::Partly
    } else if outcome.is_complete() {
        Exit::Refused
    } else {
        Exit::NotReached
    }
}

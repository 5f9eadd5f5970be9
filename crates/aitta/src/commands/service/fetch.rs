//! Fetching what is granted.

use std::collections::BTreeSet;
use std::path::Path;

use clap::Args;
use pod_client::Bound;
use pod_client::curl::line_for;
use pod_client::service::{FetchItem, FetchOutcome, HeldGrant, ItemOutcome, fetch, sign_call};
use pod_protocol::field::{Purpose, RecordType};
use pod_protocol::ids::{GrantId, ObjectId, Principal};
use pod_protocol::request::{Name, Wanted};
use serde_json::{Value, json};

use super::super::names::names;
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
    /// The purpose; that of each grant unless said.
    #[arg(long, value_parser = crate::organisation::purpose)]
    purpose: Option<Purpose>,
    /// Print the curl lines that do the same, one for each holder and purpose, and fetch nothing.
    #[arg(long)]
    curl: bool,
}

impl Fetch {
    pub(super) async fn run(&self, dir: &Path, edge: &Edge, output: &Output) -> Result<Exit, Failure> {
        let only = names(&self.only)?;
        let opened = Opened::open(dir, edge).await?;
        let groups = by_purpose(self.items(&opened, &only)?, self.purpose.as_ref())?;
        if self.curl {
            return curl(&opened, &groups, output).await;
        }
        let mut brought = Brought::default();
        for (purpose, items) in groups {
            let ids: Vec<(Option<GrantId>, String)> = items
                .iter()
                .map(|item| (item.grant.ids().last().copied(), opened.joined.name_of(&item.grant.holder())))
                .collect();
            brought.take(&fetch_and_keep(&opened, items, &purpose).await?, &ids);
        }
        let exit = brought.ending();
        let Brought { lines, items, failures, receipts, carried, .. } = brought;
        let json = json!({ "items": items, "failures": failures, "receipts": receipts, "carried": carried });
        output.result(lines.join("\n"), &json);
        Ok(exit)
    }

    fn items(&self, opened: &Opened, only: &[(RecordType, Name)]) -> Result<Vec<FetchItem>, Failure> {
        let chosen = |request: Option<ObjectId>, held: &HeldGrant| {
            self.request.is_none_or(|wanted| request == Some(wanted))
                && (self.grants.is_empty() || held.ids().last().is_some_and(|id| self.grants.contains(id)))
        };
        let items: Vec<FetchItem> = opened
            .kept
            .chains()?
            .into_iter()
            .filter(|(chain, held)| chosen(chain.request, held))
            .map(|(_, grant)| FetchItem { wanted: narrowed(&grant, only), grant })
            .collect();
        if items.is_empty() {
            return Err(Failure::usage("no grant fits").advise("Run `aitta service collect ID` first."));
        }
        Ok(items)
    }
}

/// A call is for one purpose: `named`, or that for which each grant was given.
pub(super) fn by_purpose(
    items: Vec<FetchItem>,
    named: Option<&Purpose>,
) -> Result<Vec<(Purpose, Vec<FetchItem>)>, Failure> {
    let mut groups: Vec<(Purpose, Vec<FetchItem>)> = Vec::new();
    for item in items {
        let purpose = named.or(item.grant.leaf().purposes.first()).cloned();
        let purpose = purpose.ok_or_else(|| Failure::usage("no purpose").advise("Name one with --purpose."))?;
        match groups.iter_mut().find(|(known, _)| *known == purpose) {
            Some((_, group)) => group.push(item),
            None => groups.push((purpose, vec![item])),
        }
    }
    Ok(groups)
}

/// Fetches for one purpose, and keeps the receipts.
pub(super) async fn fetch_and_keep(
    opened: &Opened,
    items: Vec<FetchItem>,
    purpose: &Purpose,
) -> Result<FetchOutcome, Failure> {
    let outcome = fetch(&opened.joined.caller, &opened.registry, &opened.kept.identity, items, purpose).await;
    for receipt in &outcome.receipts {
        opened.kept.keep_receipt(&receipt.id(), receipt.bytes())?;
    }
    Ok(outcome)
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

/// One line for each holder and purpose: each is a call of its own.
async fn curl(opened: &Opened, groups: &[(Purpose, Vec<FetchItem>)], output: &Output) -> Result<Exit, Failure> {
    let roots = opened.federation.roots.as_ref().map(|path| path.display().to_string());
    let (caller, identity) = (&opened.joined.caller, &opened.kept.identity);
    let mut lines = Vec::new();
    for (purpose, items) in groups {
        let holders: BTreeSet<Principal> = items.iter().map(|item| item.grant.holder()).collect();
        for holder in holders {
            let of_one: Vec<&FetchItem> = items.iter().filter(|item| item.grant.holder() == holder).collect();
            let make = |bound: &Bound| sign_call(caller, identity, &of_one, purpose, true, bound).0;
            lines.push(line_for(&opened.joined.node(&holder)?, roots.as_deref(), make).await?);
        }
    }
    output.result(lines.join("\n"), &json!({ "curl": lines }));
    Ok(Exit::Done)
}

/// What all calls brought.
#[derive(Default)]
struct Brought {
    lines: Vec<String>,
    items: Vec<Value>,
    failures: Vec<Value>,
    receipts: Vec<ObjectId>,
    carried: Vec<Value>,
    released: usize,
}

impl Brought {
    fn take(&mut self, outcome: &FetchOutcome, ids: &[(Option<GrantId>, String)]) {
        for (item, (grant, holder)) in outcome.items.iter().zip(ids) {
            let about = |outcome: &str| json!({ "outcome": outcome, "grant": grant, "holder": holder });
            let (words, json) = match item {
                ItemOutcome::Released(data) => {
                    self.released += 1;
                    let data = data.to_json();
                    (format!("{holder}: {data:#}"), with(about("released"), "data", data))
                }
                ItemOutcome::Refused(outward) => (
                    format!("{holder}: {}. {}", outward.code(), outward.advice()),
                    with(about(outward.code()), "advice", json!(outward.advice())),
                ),
                ItemOutcome::Unanswered => (format!("{holder}: no answer"), about("unanswered")),
            };
            self.lines.push(words);
            self.items.push(json);
        }
        for one in &outcome.failures {
            let name = one.name.clone().unwrap_or_else(|| one.holder.to_string());
            let advice = one.error.advice();
            self.lines.push(format!("{name}: {} items missing: {}. {advice}", one.items, one.error));
            self.failures.push(json!({
                "holder": name, "items": one.items, "code": one.error.code(), "why": one.error.to_string(), "advice": advice,
            }));
        }
        for one in &outcome.carried {
            let holder = one.name.clone().unwrap_or_else(|| one.holder.to_string());
            let (way, calls, instead) = (one.by.way.name(), one.calls, one.by.instead.as_deref());
            tracing::debug!(holder, way, calls, instead, "carried");
            self.carried.push(json!({ "holder": holder, "way": way, "calls": calls, "instead": instead }));
        }
        self.receipts.extend(outcome.receipts.iter().map(|receipt| receipt.id()));
    }

    fn ending(&self) -> Exit {
        match self.released {
            released if released == self.items.len() => Exit::Done,
            0 if self.failures.is_empty() => Exit::Refused,
            0 => Exit::NotReached,
            _ => Exit::Partly,
        }
    }
}

/// The same object with one thing more.
fn with(mut object: Value, key: &str, value: Value) -> Value {
    if let Some(object) = object.as_object_mut() {
        object.insert(key.to_owned(), value);
    }
    object
}

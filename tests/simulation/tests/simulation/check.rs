//! The invariants, held against each answer at the moment when it arrives. The numbers are those of `docs/ARCHITECTURE.md`.

use std::collections::BTreeSet;
use std::sync::Arc;

use pod_protocol::Verified;
use pod_protocol::answer::{Outcome, Receipt};
use pod_protocol::ids::GrantId;
use pod_protocol::request::Wanted;
use serde_json::Value as Json;

use crate::federation::Citizen;
use crate::history::{History, Moment};
use crate::holder::Holder;
use crate::model::{Answered, Facts, Field, GrantFact, Model, covers};
use crate::secrets::Wire;

/// How old a holder's view may be when a delegated chain counts: published by every node.
const BOUND_MS: u64 = 300_000;
/// Ages are counted in whole seconds.
const SECOND_MS: u64 = 1_000;
/// Clocks show whole seconds, a request is decided when it comes, and its entry is durable some seconds later.
const SLACK_MS: u64 = 20_000;
/// Ed25519.
const SIGNATURE_BYTES: usize = 64;
/// What the catalogue protects.
const PROTECTED: [&str; 2] = ["address", "contact"];

/// One item as it was asked for.
pub struct Asked<'a> {
    pub service: usize,
    pub holder: usize,
    pub ids: &'a [GrantId],
    pub wanted: &'a [Wanted],
    pub purpose: &'static str,
    pub sent: Moment,
    /// Whether the holder's own registry said, when this was sent, that an organisation of the chain is suspended.
    pub known_suspended: bool,
}

pub struct Checker {
    pub history: Arc<History>,
    pub model: Arc<Model>,
    pub holders: Vec<Arc<Holder>>,
    pub wires: Vec<Arc<Wire>>,
    pub citizens: Arc<Vec<Citizen>>,
}

/// The paths of all values, with their record types: `{type: [record, …]}`.
fn fields(data: &Json) -> BTreeSet<Field> {
    fn below(of: &str, path: &str, value: &Json, out: &mut BTreeSet<Field>) {
        match value {
            Json::Object(members) if !members.is_empty() => {
                for (name, value) in members {
                    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    below(of, &path, value, out);
                }
            }
            _ => {
                out.insert((of.to_owned(), path.to_owned()));
            }
        }
    }
    let mut out = BTreeSet::new();
    for (of, records) in data.as_object().into_iter().flatten() {
        for record in records.as_array().into_iter().flatten() {
            below(of, "", record, &mut out);
        }
    }
    out
}

impl Checker {
    fn violated(&self, invariant: u8, asked: &Asked<'_>, why: &str) {
        let Asked { service, holder, ids, .. } = asked;
        let ids: Vec<String> = ids.iter().map(|id| id.to_string().chars().take(8).collect()).collect();
        self.history.violated(invariant, format!("{why}: service {service} at holder {holder} by {}", ids.join(">")));
    }

    /// Takes note of every item of a receipt that arrived: its entry must be durable already (invariant 1).
    pub fn receipt(&self, holder: usize, receipt: &Receipt) {
        let mut facts = self.model.facts();
        for item in &receipt.items {
            if self.holders[holder].disk.durable_since(item.audit_index).is_none() {
                self.history
                    .violated(1, format!("holder {holder} answered before entry {} was durable", item.audit_index));
            }
            self.history.count(match item.outcome.code() {
                "released" => "items released",
                "denied" => "items denied",
                "expired" => "items expired",
                "unavailable" => "items unavailable",
                "unknown-grant" => "items of an unknown grant",
                _ => "items refused otherwise",
            });
            let by_the_log = |fact: &GrantFact| fact.heard_ms.is_some() && fact.revoked.is_none();
            if item.outcome.code() == "denied" && facts.grants.get(&item.leaf).is_some_and(by_the_log) {
                self.history.count("items denied by what the log said");
            }
            let names = item.released.iter().flat_map(|wanted| {
                wanted.names.iter().map(|name| (wanted.record_type.to_string(), name.as_str().to_owned()))
            });
            let answered = Answered {
                holder,
                citizen: facts.grants.get(&item.leaf).map(|grant| grant.citizen),
                index: item.audit_index,
                request: *receipt.request.as_bytes(),
                released: (item.outcome == Outcome::Released).then(|| names.collect()),
            };
            facts.answered.push(answered);
        }
    }

    /// Holds what was released of one item against the rules, at the moment when it arrives.
    pub fn released(&self, asked: &Asked<'_>, receipt: &Verified<Receipt>, data: &Json) {
        let said = receipt.items.iter().find(|item| Some(&item.leaf) == asked.ids.last());
        let durable = said.and_then(|said| self.holders[asked.holder].disk.durable_since(said.audit_index));
        let Some(durable) = durable else {
            return self.violated(1, asked, "an answer came whose entry is not durable");
        };
        // A receipt ends with its signature, which no other answer has.
        let signature = receipt.bytes().last_chunk::<SIGNATURE_BYTES>().unwrap();
        let Some(left) = self.wires[asked.holder].left(signature) else {
            return self.violated(1, asked, "an answer came that did not leave");
        };
        if durable >= left {
            self.violated(1, asked, "an answer left before its entry was durable");
        }
        let mut facts = self.model.facts();
        facts.settle(asked.holder, self.history.ms());
        let chain: Vec<GrantFact> = asked.ids.iter().filter_map(|id| facts.grants.get(id).cloned()).collect();
        if chain.len() > 1 {
            self.history.count("items released, delegated");
        }
        self.granted(&mut facts, asked, &chain, left, &fields(data));
    }

    fn granted(
        &self,
        facts: &mut Facts,
        asked: &Asked<'_>,
        chain: &[GrantFact],
        left: Moment,
        fields: &BTreeSet<Field>,
    ) {
        let wrong = |invariant, why: &str| self.violated(invariant, asked, why);
        let (Some(root), Some(leaf), true) = (chain.first(), chain.last(), chain.len() == asked.ids.len()) else {
            return wrong(2, "released by a grant that nobody gave");
        };
        if leaf.to != asked.service {
            wrong(2, "released to whom it was not granted");
        }
        if leaf.purpose != asked.purpose {
            wrong(2, "released for a purpose that was not granted");
        }
        for link in chain {
            if let Some(never) = link.never {
                wrong(3, never);
            }
            if link.revoked.is_some_and(|revoked| revoked < left) {
                wrong(2, "released after a revocation was acknowledged");
            }
            if link.heard_ms.is_some_and(|heard_ms| heard_ms < asked.sent.ms) {
                wrong(2, "released after the holder must have heard of a revocation from the directory's log");
            }
            if link.expires <= self.holders[asked.holder].clock.secs_at(asked.sent.ms) {
                wrong(2, "released after the grant's end");
            }
            let given = |field: &Field| link.fields.iter().any(|(of, path)| *of == field.0 && covers(path, &field.1));
            if let Some(beyond) = fields.iter().find(|field| !given(field)) {
                wrong(2, &format!("released {beyond:?}, which was not granted"));
            }
        }
        let asked_for = |field: &Field| {
            let names = asked.wanted.iter().filter(|wanted| wanted.record_type.as_str() == field.0);
            names.flat_map(|wanted| &wanted.names).any(|name| covers(name.as_str(), &field.1))
        };
        if let Some(beyond) = fields.iter().find(|field| !asked_for(field)) {
            wrong(2, &format!("released {beyond:?}, which was not asked for"));
        }
        self.standing(facts, asked, root, chain, left, fields);
        self.registry(facts, asked, chain, left);
    }

    /// Restrictions, objections, non-disclosure.
    fn standing(
        &self,
        facts: &mut Facts,
        asked: &Asked<'_>,
        root: &GrantFact,
        chain: &[GrantFact],
        left: Moment,
        fields: &BTreeSet<Field>,
    ) {
        let wrong = |invariant, why: &str| self.violated(invariant, asked, why);
        let pod = facts.pod(root.holder, root.citizen);
        for (of, restricted) in &pod.restricted {
            let restricts = |field: &Field| of.is_none_or(|of| of == field.0);
            if restricted.surely_on(left) && fields.iter().any(restricts) {
                wrong(2, "released what the citizen had restricted");
            }
        }
        for (organisation, objected) in &pod.objected {
            let about = organisation.is_none_or(|one| one == asked.service || chain.iter().any(|link| link.to == one));
            if objected.surely_on(left) && about && !fields.is_empty() {
                wrong(2, "released for a purpose that the citizen had objected to");
            }
        }
        if pod.protected.surely_on(left) {
            let kept_back = |path: &str| PROTECTED.iter().any(|protected| covers(protected, path));
            if let Some(field) = fields.iter().find(|(of, path)| of == "residence" && kept_back(path)) {
                wrong(4, &format!("{field:?} of a person under non-disclosure"));
            } else {
                self.history.count("released of a person under non-disclosure");
            }
        }
    }

    /// Suspensions, and how old the holder's view is.
    fn registry(&self, facts: &Facts, asked: &Asked<'_>, chain: &[GrantFact], left: Moment) {
        let wrong = |why: &str| self.violated(2, asked, why);
        if asked.known_suspended && facts.suspended[&asked.service].surely_on(left) {
            wrong("released to a member that the holder knew to be suspended");
        }
        if chain.len() < 2 {
            return;
        }
        let heard_ms = facts.heard_ms.get(&asked.holder).copied().unwrap_or_default();
        // The moment of release is not before the request was sent.
        if asked.sent.ms > heard_ms + BOUND_MS + SECOND_MS {
            wrong("a delegated chain was accepted by a view that is too old");
        }
        let before = Moment { ms: asked.sent.ms.saturating_sub(BOUND_MS + SLACK_MS), ..asked.sent };
        for link in chain {
            if facts.suspended[&link.to].surely_on_since(before) && facts.suspended[&link.to].surely_on(left) {
                wrong("a delegated chain of a suspended member was accepted after the bound");
            }
        }
    }
}

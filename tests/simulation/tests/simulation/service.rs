//! Services: they fetch by what they hold, pass it on, try what they must not, and take back what they passed on.

use std::collections::BTreeSet;
use std::sync::Arc;

use pod_client::service::{FetchItem, HeldGrant, ItemOutcome, ServiceIdentity, fetch};
use pod_protocol::Verified;
use pod_protocol::field::Purpose;
use pod_protocol::grant::{Grant, GrantLimits, Permission};
use pod_protocol::ids::{GrantId, Thumbprint};
use pod_protocol::request::{Name, Wanted};
use pod_protocol::revocation::{Revocation, Target};
use serde_json::Value as Json;

use crate::actor::{Actor, short};
use crate::check::Asked;
use crate::federation::{ESPOO, FIELDS, KELA, OTHER_PURPOSE, PROCESSORS, PURPOSE};
use crate::model::{Field, GrantFact, Held};

/// One service at work.
pub struct Service {
    pub actor: Actor,
    pub number: usize,
}

/// Fields as a grant names them.
pub fn permissions(fields: &BTreeSet<Field>) -> Vec<Permission> {
    FIELDS
        .iter()
        .map(|(of, _)| {
            Permission::Raw(
                of.parse().unwrap(),
                fields.iter().filter(|field| field.0 == *of).map(|field| field.1.parse().unwrap()).collect(),
            )
        })
        .filter(|permission| matches!(permission, Permission::Raw(_, fields) if !fields.is_empty()))
        .collect()
}

impl Service {
    fn identity(&self) -> &Arc<ServiceIdentity> {
        &self.actor.federation.services[self.number]
    }

    /// Works until its time is over.
    pub async fn run(self) -> turmoil::Result {
        tokio::join!(self.work(), self.hurry());
        Ok(())
    }

    /// Fetches by what is about to end, for all whose grants these are.
    async fn hurry(&self) {
        while self.number == ESPOO && self.actor.waits(20, 200).await {
            let next = self.actor.checker.model.facts().hurry.pop();
            if let Some(held) = next {
                let wanted = self.wanted(&held);
                self.actor.checker.history.count("fetches beside a change");
                self.fetch(vec![(held, wanted)], PURPOSE).await;
            }
        }
    }

    async fn work(&self) {
        let actor = &self.actor;
        actor.waits(5_000, 8_000).await;
        actor.refresh().await;
        while actor.waits(300, 6_000).await {
            match (actor.dice.below(100), self.number) {
                (0..70, ESPOO | PROCESSORS) => self.fetch_some(self.number).await,
                (0..65, KELA) => self.fetch_some(actor.dice.below(2) as usize).await,
                (70..86, ESPOO) => self.pass_on(),
                (86..95, ESPOO) => self.take_back().await,
                (65..94, KELA) => crate::probe::probe(actor).await,
                _ => actor.refresh().await,
            }
        }
    }

    fn held_by(&self, service: usize) -> Vec<Held> {
        self.actor.checker.model.facts().held[&service].clone()
    }

    /// Fetches by some of what `owner` holds; whoever is not the owner must get nothing.
    async fn fetch_some(&self, owner: usize) {
        let dice = &self.actor.dice;
        let mut held = self.held_by(owner);
        let mut items = Vec::new();
        for _ in 0..dice.between(1, 3) {
            if !held.is_empty() {
                // Rather new ones than old ones, of which most have ended.
                let from = if dice.percent(70) { held.len().saturating_sub(6) as u64 } else { 0 };
                let held = held.remove(dice.between(from, held.len() as u64 - 1) as usize);
                items.push((held.clone(), self.wanted(&held)));
            }
        }
        if !items.is_empty() {
            let purpose = if dice.percent(95) { PURPOSE } else { OTHER_PURPOSE };
            self.fetch(items, purpose).await;
        }
    }

    /// Something of what the last link gives, or one name too many.
    fn wanted(&self, held: &Held) -> Vec<Wanted> {
        let dice = &self.actor.dice;
        let fields = {
            let facts = self.actor.checker.model.facts();
            facts.grants[held.ids.last().unwrap()].fields.iter().cloned().collect::<Vec<_>>()
        };
        let mut wanted: BTreeSet<Field> = dice.some(&fields).into_iter().collect();
        if dice.percent(10) {
            let (of, names) = dice.one(&FIELDS);
            wanted.insert(((*of).to_owned(), (*dice.one(names)).to_owned()));
        }
        if dice.percent(30) && wanted.remove(&("residence".to_owned(), "address".to_owned())) {
            wanted.insert(("residence".to_owned(), "address.post_town".to_owned()));
        }
        let names = |of: &str| {
            let paths = wanted.iter().filter(|field| field.0 == of).map(|field| Name::Field(field.1.parse().unwrap()));
            paths.collect::<Vec<_>>()
        };
        FIELDS
            .iter()
            .map(|(of, _)| Wanted { record_type: of.parse().unwrap(), names: names(of) })
            .filter(|one| !one.names.is_empty())
            .collect()
    }

    /// One fetch, by the client that services use, held against the rules. Says whether anything was released.
    pub async fn fetch(&self, items: Vec<(Held, Vec<Wanted>)>, purpose: &'static str) -> bool {
        let actor = &self.actor;
        let sent = actor.note(format!("fetches by {} grants", items.len()));
        let known_suspended: Vec<bool> = items.iter().map(|(held, _)| self.known_suspended(held)).collect();
        for _ in known_suspended.iter().filter(|known| **known) {
            actor.checker.history.count("items asked for by a suspended member");
        }
        let asked: Vec<FetchItem> = items
            .iter()
            .map(|(held, wanted)| FetchItem {
                grant: HeldGrant::of_chain(&held.chain).unwrap(),
                wanted: wanted.clone(),
            })
            .collect();
        let holders: Vec<usize> = asked.iter().map(|item| actor.federation.holder_of(&item.grant.holder())).collect();
        let outcome =
            fetch(&actor.caller, &actor.registry(), self.identity(), asked, &purpose.parse::<Purpose>().unwrap()).await;
        for receipt in &outcome.receipts {
            actor.checker.receipt(actor.federation.holder_of(&receipt.issuer), receipt);
        }
        for failure in &outcome.failures {
            actor.note(format!("did not get: {}", short(&failure.error)));
        }
        let mut released = false;
        for (place, item) in outcome.items.iter().enumerate() {
            let (held, wanted) = &items[place];
            let said = match item {
                ItemOutcome::Unanswered => continue,
                ItemOutcome::Refused(outward) => outward.code().to_owned(),
                ItemOutcome::Released(data) => {
                    released = true;
                    let (holder, ids, data) = (holders[place], &held.ids[..], data.to_json());
                    let (service, known_suspended) = (self.number, known_suspended[place]);
                    let asked = Asked { service, holder, ids, wanted, purpose, sent, known_suspended };
                    let of_holder = |receipt: &&Verified<_>| self.issued_by(receipt, holder, ids);
                    let receipt = outcome.receipts.iter().rfind(of_holder).unwrap();
                    actor.checker.released(&asked, receipt, &data);
                    shown(&data)
                }
            };
            let ids: Vec<String> = held.ids.iter().map(|id| id.to_string()[..8].to_owned()).collect();
            actor.note(format!("got of holder {} by {}: {said}", holders[place], ids.join(">")));
        }
        released
    }

    fn issued_by(&self, receipt: &pod_protocol::answer::Receipt, holder: usize, ids: &[GrantId]) -> bool {
        let here = receipt.issuer == self.actor.federation.holders[holder].principal;
        here && receipt.items.iter().any(|item| Some(&item.leaf) == ids.last() && item.digest.is_some())
    }

    /// Whether the holder's own registry says now that this service's organisation is suspended.
    fn known_suspended(&self, held: &Held) -> bool {
        let holder = self.actor.checker.model.facts().grants[&held.ids[0]].holder;
        let node = self.actor.checker.holders[holder].node();
        let organisation = self.actor.federation.askers[self.number].principal;
        node.is_some_and(|node| node.registry().organisation(&organisation).is_some_and(|one| one.is_suspended()))
    }

    /// Passes a grant on to the processor, or tries to give more than it has.
    fn pass_on(&self) {
        let (actor, now) = (&self.actor, self.actor.caller.now_secs());
        let roots: Vec<Held> = self.held_by(ESPOO).into_iter().filter(|held| held.ids.len() == 1).collect();
        if roots.is_empty() {
            return;
        }
        let parent = actor.dice.one(&roots[roots.len().saturating_sub(8)..]).clone();
        let leaf = HeldGrant::of_chain(&parent.chain).unwrap().leaf().clone();
        if leaf.limits.depth == 0 && actor.dice.percent(80) || leaf.expires <= now + 1 {
            return;
        }
        let fact = actor.checker.model.facts().grants[&parent.ids[0]].clone();
        let fields: Vec<Field> = fact.fields.iter().cloned().collect();
        let fields: BTreeSet<Field> = actor.dice.some(&fields).into_iter().collect();
        let to = &actor.federation.services[PROCESSORS];
        let child = Grant {
            issuer: actor.federation.askers[ESPOO].principal,
            parent: Some(parent.ids[0]),
            issued: now.max(leaf.issued),
            cti: actor.caller.fresh_cti(),
            confirmation: Thumbprint::of(&to.key.public_key()),
            permissions: permissions(&fields),
            limits: GrantLimits { depth: 0, organisations: None, ..leaf.limits.clone() },
            key_event: 0,
            ..leaf.clone()
        };
        let depth = (leaf.limits.depth == 0).then_some("passed on although it may not be");
        let child = Child { grant: child, fields, to: PROCESSORS, never: depth, key: &self.identity().key };
        let child = if actor.dice.percent(45) { self.widened(child, &fact) } else { child };
        let signed = Verified::sign(child.key, child.grant);
        let id = signed.id();
        actor.note(format!("passes {} on as {}: {}", parent.ids[0], id, child.never.unwrap_or("narrower")));
        let fact = GrantFact {
            fields: child.fields,
            issued: signed.issued,
            expires: signed.expires,
            to: child.to,
            never: child.never.or(fact.never),
            revoked: None,
            logged_ms: None,
            heard_ms: None,
            ..fact
        };
        let mut facts = actor.checker.model.facts();
        facts.grants.insert(id, fact);
        let chain = vec![parent.chain[0].clone(), signed.bytes().to_vec()];
        facts.held.get_mut(&child.to).unwrap().push(Held { chain, ids: vec![parent.ids[0], id] });
    }

    /// The child with one thing in it that its parent does not give.
    fn widened<'a>(&'a self, mut child: Child<'a>, parent: &GrantFact) -> Child<'a> {
        let (dice, federation) = (&self.actor.dice, &self.actor.federation);
        let grant = &mut child.grant;
        let never = match dice.below(9) {
            0 => {
                let all = FIELDS.iter().flat_map(|(of, names)| names.iter().map(move |name| (*of, *name)));
                let given = |(of, name): &(&str, &str)| {
                    parent.fields.iter().any(|(own, path)| own == of && crate::model::covers(path, name))
                };
                let Some((of, name)) = all.into_iter().find(|field| !given(field)) else { return child };
                child.fields.insert((of.to_owned(), name.to_owned()));
                grant.permissions = permissions(&child.fields);
                "a child with a field more"
            }
            1 => {
                grant.expires += 1;
                "a child that ends later"
            }
            2 => {
                grant.purposes.push(OTHER_PURPOSE.parse().unwrap());
                "a child for one purpose more"
            }
            3 => {
                grant.limits.depth = 1;
                "a child that may be passed on as far as its parent"
            }
            4 => {
                let citizens = &self.actor.checker.citizens;
                grant.subject = citizens[(parent.citizen + 1) % citizens.len()].pods[parent.holder];
                "a child over another pod"
            }
            5 => {
                child.key = &federation.services[PROCESSORS].key;
                "a child that its parent's recipient did not sign"
            }
            6 => {
                grant.issuer = federation.askers[KELA].principal;
                "a child in another organisation's name"
            }
            7 => {
                grant.issued -= 120;
                "a child that is older than its parent"
            }
            _ => {
                grant.confirmation = Thumbprint::of(&federation.services[KELA].key.public_key());
                child.to = KELA;
                "a child for an organisation that its parent does not allow"
            }
        };
        // A child that is older than its parent is, if the parent is old enough, none.
        if never.contains("older") && child.grant.issued >= parent.issued {
            return child;
        }
        Child { never: Some(never), ..child }
    }

    /// Takes back something that it passed on.
    async fn take_back(&self) {
        let actor = &self.actor;
        let passed: Vec<Held> = self.held_by(PROCESSORS).into_iter().filter(|held| held.ids.len() > 1).collect();
        if passed.is_empty() {
            return;
        }
        let id = actor.dice.one(&passed).ids[1];
        let holder = actor.checker.model.facts().grants[&id].holder;
        let identity = self.identity();
        let revocation = Revocation {
            issuer: identity.principal,
            audience: actor.federation.holders[holder].principal,
            issued: actor.caller.now_secs(),
            cti: actor.caller.fresh_cti(),
            target: Target::Grant(id),
        };
        actor.note(format!("takes {id} back"));
        let revocation = Verified::sign(&identity.key, revocation);
        let done = actor.node(holder).revoke(&actor.registry(), &revocation).await;
        let moment =
            actor.note(format!("{id} is taken back: {}", done.as_ref().map_or_else(short, |_| "yes".to_owned())));
        if done.is_ok() {
            actor.checker.model.facts().revoked(&id, moment);
            actor.checker.history.count("revocations acknowledged");
        } else {
            actor.posts(holder, &revocation, &[id]).await;
        }
    }
}

/// A child as it will be signed.
struct Child<'a> {
    grant: Grant,
    fields: BTreeSet<Field>,
    to: usize,
    never: Option<&'static str>,
    key: &'a pod_crypto::SigningKey,
}

/// What was released, without values: types and how many records.
fn shown(data: &Json) -> String {
    let types = data.as_object().into_iter().flatten();
    let types = types.map(|(of, records)| format!("{of} {}", records.as_array().map_or(0, Vec::len)));
    format!("released [{}]", types.collect::<Vec<_>>().join(", "))
}

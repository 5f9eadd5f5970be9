//! Citizens: they grant, take back, restrict, object, look into the directory, and grant again.

use std::collections::{BTreeMap, BTreeSet};

use pod_client::Bound;
use pod_client::directory::NewestSeen;
use pod_protocol::Verified;
use pod_protocol::grant::{Grant, GrantLimits};
use pod_protocol::holder_entry::{HolderHandle, Tag};
use pod_protocol::ids::{GrantId, Thumbprint};
use pod_protocol::revocation::Target;
use pod_wallet::commands::{Order, revocation};

use crate::actor::{Actor, short};
use crate::federation::{DAY, ESPOO, FIELDS, HOLDERS, PROCESSORS, PURPOSE};
use crate::model::{Field, GrantFact, Held, PodFact, Switch};
use crate::service::permissions;

/// How a wallet finds an entry: the tag, and the key that opens its handle.
pub type Finder = (Tag, pod_crypto::AeadKey);

/// One citizen's wallet at work.
pub struct Wallet {
    pub actor: Actor,
    pub number: usize,
    /// For each holder.
    pub finders: Vec<Finder>,
}

impl Wallet {
    /// Works until its time is over.
    pub async fn run(self) -> turmoil::Result {
        self.actor.waits(4_000, 7_000).await;
        self.grant(ESPOO).await;
        while self.actor.waits(1_000, 20_000).await {
            let holder = self.actor.dice.below(HOLDERS.len() as u64) as usize;
            match self.actor.dice.below(100) {
                0..40 => self.grant(ESPOO).await,
                40..64 => self.revoke(holder).await,
                64..78 => self.restrict(holder).await,
                78..88 => self.object(holder).await,
                88..95 => self.look(holder).await,
                _ => self.actor.refresh().await,
            }
        }
        Ok(())
    }

    fn citizen(&self) -> &crate::federation::Citizen {
        &self.actor.checker.citizens[self.number]
    }

    /// Signs a grant; deposits it, or leaves that to the service, which then sends it along.
    async fn grant(&self, to: usize) {
        let dice = &self.actor.dice;
        let holder = dice.below(HOLDERS.len() as u64) as usize;
        let all = FIELDS.iter().flat_map(|(of, names)| names.iter().map(|name| ((*of).to_owned(), (*name).to_owned())));
        let fields: BTreeSet<Field> = dice.some(&all.collect::<Vec<_>>()).into_iter().collect();
        let lifetime_secs = if dice.percent(30) { dice.between(20, 120) } else { 30 * DAY };
        let depth = dice.below(3).min(1);
        let deposit = dice.percent(75);
        let held = self.sign(holder, to, fields, lifetime_secs, depth);
        if deposit {
            self.deposit(holder, &held).await;
        }
    }

    /// Signs a grant and hands it to the service.
    pub fn sign(&self, holder: usize, to: usize, fields: BTreeSet<Field>, lifetime_secs: u64, depth: u64) -> Held {
        let actor = &self.actor;
        let (citizen, federation, now) = (self.citizen(), &actor.federation, actor.caller.now_secs());
        let signer = &citizen.signers[holder];
        let organisations = (depth > 0).then(|| vec![federation.askers[PROCESSORS].principal]);
        let grant = Grant {
            issuer: signer.principal,
            subject: citizen.pods[holder],
            audience: signer.organisation,
            expires: now + lifetime_secs,
            not_before: None,
            issued: now,
            cti: actor.caller.fresh_cti(),
            confirmation: Thumbprint::of(&federation.services[to].key.public_key()),
            parent: None,
            permissions: permissions(&fields),
            purposes: vec![PURPOSE.parse().unwrap()],
            limits: GrantLimits { depth, organisations, ..GrantLimits::default() },
            key_event: signer.key_event,
            legal_basis: None,
        };
        let signed = Verified::sign(&signer.key, grant);
        let held = Held { chain: vec![signed.bytes().to_vec()], ids: vec![signed.id()] };
        let fact = GrantFact {
            holder,
            citizen: self.number,
            fields,
            issued: signed.issued,
            expires: signed.expires,
            to,
            purpose: PURPOSE,
            never: None,
            revoked: None,
            logged_ms: None,
            heard_ms: None,
        };
        actor.note(format!("grants {} at holder {holder} to service {to}", signed.id()));
        let mut facts = actor.checker.model.facts();
        facts.grants.insert(signed.id(), fact);
        facts.held.get_mut(&to).unwrap().push(held.clone());
        held
    }

    pub async fn deposit(&self, holder: usize, held: &Held) -> bool {
        let grant = pod_protocol::Signed::<Grant>::decode(&held.chain[0]).unwrap();
        let action = pod_protocol::command::Action::Deposit(held.chain[0].clone());
        let order = Order::new(grant.unverified().audience, grant.unverified().subject, action);
        self.order(holder, &order).await
    }

    /// Has a holder do something; says whether it acknowledged that.
    async fn order(&self, holder: usize, order: &Order) -> bool {
        let actor = &self.actor;
        let signer = &self.citizen().signers[holder];
        let make = |bound: &Bound| {
            order.sign(signer, bound.binding.clone(), bound.nonce, actor.caller.now_secs(), &*actor.caller.random)
        };
        let done = actor.node(holder).command(&actor.registry(), make).await;
        let said = done.as_ref().map_or_else(short, |_| "done".to_owned());
        actor.note(format!("{} at holder {holder}: {said}", order.action.name()));
        done.is_ok()
    }

    /// Takes one grant back, or all so far; tries again when no acknowledgement comes.
    async fn revoke(&self, holder: usize) {
        let actor = &self.actor;
        let own: Vec<(GrantId, GrantFact)> = {
            let facts = actor.checker.model.facts();
            let own = facts.grants.iter().filter(|(_, fact)| fact.citizen == self.number && fact.holder == holder);
            own.map(|(id, fact)| (*id, fact.clone())).collect()
        };
        if own.is_empty() {
            return;
        }
        let citizen = self.citizen();
        let now = actor.caller.now_secs();
        let (target, ends): (Target, Vec<GrantId>) = if actor.dice.percent(85) {
            let (id, _) = actor.dice.one(&own);
            (Target::Grant(*id), vec![*id])
        } else {
            let before = own.iter().filter(|(_, fact)| fact.issued < now).map(|(id, _)| *id).collect();
            (Target::PodBefore(citizen.pods[holder], now), before)
        };
        let revocation = revocation(&citizen.signers[holder], target, now, &*actor.caller.random);
        self.beside(holder, &ends).await;
        // Some are where the holder cannot be reached from, and do not get as far as trying.
        let tries = if actor.dice.percent(20) { 0 } else { actor.dice.between(1, 3) };
        for _ in 0..tries {
            actor.note(format!("takes {} grants back at holder {holder}", ends.len()));
            let done = actor.node(holder).revoke(&actor.registry(), &revocation).await;
            let said = done.as_ref().map_or_else(short, |_| "acknowledged".to_owned());
            let moment = actor.note(format!("{} grants at holder {holder} taken back: {said}", ends.len()));
            if done.is_ok() {
                let mut facts = actor.checker.model.facts();
                ends.iter().for_each(|id| facts.revoked(id, moment));
                actor.checker.history.count("revocations acknowledged");
                return;
            }
        }
        actor.posts(holder, &revocation, &ends).await;
    }

    /// Has a service fetch by one of these grants while it is changed what they give, if it is the one that got it.
    async fn beside(&self, holder: usize, grants: &[GrantId]) {
        let actor = &self.actor;
        {
            let mut facts = actor.checker.model.facts();
            let here = |held: &&Held| grants.contains(&held.ids[0]) && facts.grants[&held.ids[0]].holder == holder;
            let held = facts.held[&ESPOO].iter().rfind(here).cloned();
            facts.hurry.extend(held.filter(|_| actor.dice.percent(60)));
        }
        actor.waits(0, 700).await;
    }

    /// Turns something of a pod on or off, and keeps what is known of it.
    async fn turn(
        &self,
        holder: usize,
        which: impl Fn(&mut PodFact) -> &mut Switch,
        order: impl FnOnce(bool) -> Order,
        counted: &'static str,
    ) {
        let actor = &self.actor;
        let own: Vec<GrantId> = {
            let facts = actor.checker.model.facts();
            facts.grants.iter().filter(|(_, fact)| fact.citizen == self.number).map(|(id, _)| *id).collect()
        };
        self.beside(holder, &own).await;
        let begun = actor.note(format!("turns {counted} at holder {holder}"));
        let (on, number) = {
            let mut facts = actor.checker.model.facts();
            let switch = which(facts.pod(holder, self.number));
            let on = !switch.wanted();
            (on, switch.begin(on, begun))
        };
        if self.order(holder, &order(on)).await {
            let moment = actor.note("knows that it is done");
            which(actor.checker.model.facts().pod(holder, self.number)).done(number, moment);
            actor.checker.history.count(counted);
        }
    }

    /// One that is on, rather than another: or in the end nothing would leave any more.
    fn one_that_is_on<K: Copy>(&self, holder: usize, all: impl Fn(&PodFact) -> &BTreeMap<K, Switch>) -> Option<K> {
        let mut facts = self.actor.checker.model.facts();
        let on = all(facts.pod(holder, self.number)).iter().find(|(_, switch)| switch.wanted()).map(|(key, _)| *key);
        on.filter(|_| self.actor.dice.percent(90))
    }

    async fn restrict(&self, holder: usize) {
        let on = self.one_that_is_on(holder, |fact| &fact.restricted);
        let of = on.unwrap_or_else(|| match self.actor.dice.below(3) {
            0 => None,
            one => Some(FIELDS[one as usize - 1].0),
        });
        let (organisation, pod) = self.at(holder);
        let types = of.iter().map(|of| of.parse().unwrap()).collect();
        let order = |on| Order::restrict(organisation, pod, types, on);
        self.turn(holder, |fact| fact.restricted.entry(of).or_default(), order, "restrictions acknowledged").await;
    }

    async fn object(&self, holder: usize) {
        let on = self.one_that_is_on(holder, |fact| &fact.objected);
        let about = on.unwrap_or_else(|| match self.actor.dice.below(3) {
            0 => None,
            one => Some(one as usize - 1),
        });
        let (organisation, pod) = self.at(holder);
        let whom = about.map(|asker| self.actor.federation.askers[asker].principal);
        let order = |on| Order::object(organisation, pod, PURPOSE.parse().unwrap(), whom, on);
        self.turn(holder, |fact| fact.objected.entry(about).or_default(), order, "objections acknowledged").await;
    }

    fn at(&self, holder: usize) -> (pod_protocol::ids::Principal, pod_protocol::ids::PodId) {
        (self.actor.federation.holders[holder].principal, self.citizen().pods[holder])
    }

    /// Looks into the directory for its own entry.
    async fn look(&self, holder: usize) {
        let actor = &self.actor;
        let (tag, key) = &self.finders[holder];
        let principal = actor.federation.holders[holder].principal;
        let directory = actor.directory();
        let found = async {
            let mut copy = directory.registry(&actor.federation.trust(), None).await?;
            let mut seen = NewestSeen::new();
            directory.lookup(&mut copy).entries(&principal, tag, &mut seen, actor.caller.now_secs()).await
        };
        let said = match found.await {
            Err(error) => short(&error),
            Ok(entries) => match entries.first() {
                None => "no entry yet".to_owned(),
                Some(entry) => {
                    let sealed = entry.sealed.as_ref().unwrap();
                    let handle = HolderHandle::open(key, &entry.holder, tag, sealed).unwrap();
                    assert_eq!(handle.pod, self.citizen().pods[holder]);
                    actor.checker.history.count("holders found");
                    "its entry".to_owned()
                }
            },
        };
        actor.note(format!("finds in the directory: {said}"));
    }
}

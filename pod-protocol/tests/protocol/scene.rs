//! A holder in memory: what the stories play on.

use std::collections::BTreeMap;
use std::sync::Arc;

use pod_crypto::SigningKey;
use pod_protocol::chain::SharedGrant;
use pod_protocol::field::{FieldPath, RecordType};
use pod_protocol::grant::Grant;
use pod_protocol::ids::Thumbprint;
use pod_protocol::path::{
    Caller, Channel, DisclosureRules, ItemFacts, ItemSelection, LinkUse, ReplayWindow, Rules, Selection,
    VerifiedRequest, authorise, select, verify,
};
use pod_protocol::predicate::Predicate;
use pod_protocol::request::{Request, RequestItem, Wanted};
use pod_protocol::standing::Standing;
use pod_protocol::value::Value;
use pod_protocol::{Refusal, Signed, Verified};

use crate::vectors::world::{NOW, World, of, record};

/// What the service is registered for: of a type, fields as they are, and predicates.
pub type Registered = fn(&RecordType, &[FieldPath], &[Predicate]) -> Result<(), Refusal>;

pub struct Scene {
    pub world: World,
    pub standing: Option<Standing>,
    pub caller: Option<Caller>,
    pub channel: Channel,
    pub now: u64,
    pub used: LinkUse,
    pub fresh: bool,
    pub registered: Registered,
    pub rules: DisclosureRules,
    pub window: ReplayWindow,
}

impl Scene {
    pub fn new() -> Self {
        let world = World::new();
        Self {
            standing: Some(world.standing()),
            caller: Some(world.caller()),
            channel: world.channel(),
            now: NOW,
            used: LinkUse::default(),
            fresh: true,
            registered: |_, _, _| Ok(()),
            rules: DisclosureRules::default(),
            window: ReplayWindow::new(),
            world,
        }
    }

    pub fn standing(&mut self) -> &mut Standing {
        self.standing.as_mut().unwrap()
    }

    /// A root grant by Anna.
    pub fn granted(&self, grant: Grant) -> Vec<SharedGrant> {
        vec![Arc::new(Verified::sign(&self.world.anna, grant))]
    }

    /// A chain whose last link was changed by `edit` before its issuer signed it.
    pub fn chain_with(&self, links: usize, edit: impl FnOnce(&mut Grant)) -> Vec<SharedGrant> {
        let world = &self.world;
        let mut chain = world.chain(links);
        let last = chain.pop().unwrap();
        let signer = [&world.anna, &world.espoo, &world.processor, &world.archive][links - 1];
        let mut grant = (**last).clone();
        edit(&mut grant);
        chain.push(Arc::new(Verified::sign(signer, grant)));
        chain
    }

    pub fn verify(&mut self, request: &Verified<Request>) -> Result<VerifiedRequest, Refusal> {
        let signed = Signed::decode(request.bytes())?;
        let (window, now) = (&mut self.window, self.now);
        let admit = |kid, cti, expires| window.admit(kid, cti, expires, now);
        verify(signed, self.caller, &self.world.holder(), &self.channel, now, admit)
    }

    /// Puts a request with these items through the whole path, signed by `key`.
    pub fn ask(
        &mut self,
        key: &SigningKey,
        items: Vec<(Vec<SharedGrant>, Vec<Wanted>)>,
        edit: impl FnOnce(&mut Request),
    ) -> Result<Selection, Refusal> {
        let mut request = self.world.request(Vec::new(), Vec::new());
        request.items = items
            .iter()
            .map(|(chain, wanted)| RequestItem {
                chain: chain.iter().map(|grant| grant.id()).collect(),
                wanted: wanted.clone(),
            })
            .collect();
        edit(&mut request);
        let verified = self.verify(&Verified::sign_unchecked(key, request))?;
        let facts = items
            .into_iter()
            .map(|(chain, _)| ItemFacts {
                taken_secs: Vec::new(),
                uses: vec![self.used; chain.len()],
                chain: Ok(chain),
                standing: self.standing.clone().map(Arc::new),
            })
            .collect();
        let holder = self.world.holder();
        let organisation_of = |key: &Thumbprint| self.world.organisation_of(key);
        let rules = Rules {
            holder: &holder,
            organisation_of: &organisation_of,
            registered: &self.registered,
            revocations_fresh: self.fresh,
            now_secs: self.now,
        };
        Ok(select(authorise(verified, facts, &rules), &self.rules))
    }

    /// One item for one chain, asked by Espoo's service.
    pub fn one(&mut self, chain: Vec<SharedGrant>, wanted: Vec<Wanted>) -> Result<Selection, Refusal> {
        let key = SigningKey::from_seed(&self.world.espoo.seed());
        let selection = self.ask(&key, vec![(chain, wanted)], |_| {})?;
        match selection.items().first().unwrap() {
            Ok(_) => Ok(selection),
            Err(refusal) => Err(*refusal),
        }
    }

    /// One item, and what leaves of the records.
    pub fn released(
        &mut self,
        chain: Vec<SharedGrant>,
        wanted: Vec<Wanted>,
        records: &[(&str, serde_json::Value)],
    ) -> Result<serde_json::Value, Refusal> {
        Ok(data_json(&data(item(&self.one(chain, wanted)?), records)))
    }

    /// The code with which one item is refused, or `released`.
    pub fn code(&mut self, chain: Vec<SharedGrant>, wanted: Vec<Wanted>) -> &'static str {
        code(self.one(chain, wanted))
    }
}

/// The first item of a selection, which was not refused.
pub fn item(selection: &Selection) -> &ItemSelection {
    selection.items()[0].as_ref().unwrap()
}

/// What leaves of these records.
pub fn data(item: &ItemSelection, records: &[(&str, serde_json::Value)]) -> BTreeMap<String, Value> {
    item.types()
        .iter()
        .flat_map(|one| {
            let mine = records.iter().filter(|(name, _)| of(name) == *one.record_type());
            one.apply(mine.map(|(_, json)| record(json.clone())).collect())
        })
        .collect()
}

pub fn data_json(data: &BTreeMap<String, Value>) -> serde_json::Value {
    Value::Map(data.clone()).to_json()
}

/// The stable code of a result.
pub fn code<T>(result: Result<T, Refusal>) -> &'static str {
    match result {
        Ok(_) => "released",
        Err(refusal) => refusal.code(),
    }
}

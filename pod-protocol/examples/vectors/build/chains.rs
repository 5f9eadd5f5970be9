//! Chains of grants: what a holder that knows Anna's log judges of them.

use std::sync::Arc;

use pod_crypto::SigningKey;
use pod_protocol::Verified;
use pod_protocol::chain::SharedGrant;
use pod_protocol::grant::{Grant, Permission};
use pod_protocol::ids::{ObjectId, PodId};
use serde_json::{Map, Value as Json, json};

use super::world::{DAY, NOW, World, age, exists, fields, of, purpose, replay, thumbprint};
use super::write::{case, claims_of, file as written, hex};

/// The file.
pub fn file(world: &World) -> Json {
    let mut chains = Chains { world, cases: Vec::new() };
    chains.honest();
    chains.roots();
    chains.links();
    chains.wider();
    chains.revoked();
    let members = world
        .keys()
        .into_iter()
        .filter_map(|(_, key)| {
            Some((thumbprint(key).to_string(), world.organisation_of(&thumbprint(key))?.to_string().into()))
        })
        .collect::<Map<String, Json>>();
    let more = json!({
        "holder": world.holder().to_string(),
        "pod": world.pod().to_string(),
        "subject_log": world.anna_events.iter().map(|event| hex(event.bytes())).collect::<Vec<_>>(),
        "representatives": [{
            "log": world.bo_events.iter().map(|event| hex(event.bytes())).collect::<Vec<_>>(),
            "from_secs": NOW - 190 * DAY,
            "until_secs": world.guardian_until(),
        }],
        "members": members,
    });
    let about = "Chains, the root first, judged at now_secs by the holder, which has these logs on record for the pod and whose registry has these members' keys. What a case has of its own (now_secs, revocations_fresh, revoked) counts instead.";
    written(world, about, "", more, chains.cases)
}

struct Chains<'a> {
    world: &'a World,
    cases: Vec<Json>,
}

impl Chains<'_> {
    fn add(&mut self, name: &str, why: &str, expect: &str, links: &[SharedGrant], more: Json) {
        let mut case = case(name, why, expect);
        case.insert("links".into(), links.iter().map(|link| hex(link.bytes())).collect());
        if let Json::Object(more) = more {
            case.extend(more);
        }
        if expect == "accepted" {
            case.insert("claims".into(), links.iter().map(|link| claims_of(link.bytes())).collect());
        }
        self.cases.push(case.into());
    }

    fn plain(&mut self, name: &str, why: &str, expect: &str, links: &[SharedGrant]) {
        self.add(name, why, expect, links, Json::Null);
    }

    fn root(&mut self, name: &str, why: &str, expect: &str, edit: impl FnOnce(&mut Grant)) {
        let mut grant = self.world.root();
        edit(&mut grant);
        let link = by(&self.world.anna, grant);
        self.plain(name, why, expect, &[link]);
    }

    /// A chain of two whose second link was changed before Espoo signed it.
    fn child(&mut self, name: &str, why: &str, expect: &str, edit: impl FnOnce(&mut Grant)) {
        let mut chain = self.world.chain(2);
        let mut grant = (**chain.pop().unwrap()).clone();
        edit(&mut grant);
        chain.push(by(&self.world.espoo, grant));
        self.plain(name, why, expect, &chain);
    }

    fn honest(&mut self) {
        for (links, name) in [(1, "one link"), (2, "two links"), (3, "three links"), (4, "four links")] {
            let chain = self.world.chain(links);
            self.plain(name, "each passes on all that it may", "accepted", &chain);
        }
        self.child("narrower", "one field for one purpose for a day", "accepted", |grant| {
            grant.permissions = vec![Permission::Raw(of("resident"), fields(&["address.city"]))];
            grant.purposes.truncate(1);
            grant.expires = NOW + DAY;
            grant.limits.uses = Some(1);
            grant.limits.rate = Some((1, 7200));
            grant.limits.depth = 0;
            grant.limits.retention_secs = Some(DAY);
            grant.legal_basis = None;
        });
        self.child("answer from field", "an answer about a field that the parent gives", "accepted", |grant| {
            let question = age("?adult", "birth_date", 18, "2026-09-21");
            grant.permissions = vec![Permission::Derived(of("resident"), vec![question])];
        });
        let guardian = Grant { issuer: replay(&self.world.bo_events).principal(), ..self.world.root() };
        let guardian = [by(&self.world.bo, guardian)];
        self.plain("by the guardian", "Bo signs for Anna", "accepted", &guardian);
        let until = self.world.guardian_until();
        let at = json!({"now_secs": until});
        self.add("by a former guardian", "Anna is 18 now", "chain-issuer", &guardian, at);
        let before = json!({"now_secs": until - 1});
        self.add("in the guardian's last second", "Anna is still 17", "accepted", &guardian, before);
        let tablet = Grant { key_event: 1, ..self.world.root() };
        let tablet = by(&self.world.tablet, tablet);
        self.plain("by the tablet", "a device that event 1 added", "accepted", &[tablet]);
        self.root("from tomorrow", "not yet", "not-yet-valid", |grant| grant.not_before = Some(NOW + DAY));
        self.root("from now", "from this second on", "accepted", |grant| grant.not_before = Some(NOW));
    }

    fn roots(&mut self) {
        let (other, espoo) = (PodId::new([9; 16]), self.world.espoo_organisation());
        self.root("other pod", "Anna grants what is not hers", "chain-subject", |grant| grant.subject = other);
        self.root("other holder", "for Espoo, shown to Helsinki", "audience", |grant| grant.audience = espoo);
        self.root("child alone", "a root with a parent", "chain-not-root", |grant| {
            grant.parent = Some(ObjectId::new([1; 32]))
        });
        self.root("stranger", "Espoo grants itself", "chain-issuer", |grant| grant.issuer = espoo);
        self.root("expired", "in this second", "expired", |grant| grant.expires = NOW);
        self.root("from the future", "61 s", "issued-in-future", |grant| grant.issued = NOW + 61);
        self.root("clock ahead", "60 s", "accepted", |grant| grant.issued = NOW + 60);
        self.root("future event", "names an event that has not happened", "chain-key-event", |grant| {
            grant.key_event = 2
        });
        let forged = [by(&self.world.mallory, self.world.root())];
        self.plain("other key", "Mallory signs in Anna's name", "chain-key-event", &forged);
        let early = [by(&self.world.tablet, self.world.root())];
        self.plain("early device", "the tablet names event 0, before it was added", "chain-key-event", &early);
        self.plain("nothing", "no grants", "chain-not-root", &[]);
    }

    fn links(&mut self) {
        let (pod, anna) = (PodId::new([9; 16]), self.world.anna_log().principal());
        let (mallory, holder) = (thumbprint(&self.world.mallory), self.world.espoo_organisation());
        self.child("other parent", "the parent is another grant", "chain-parent", |grant| {
            grant.parent = Some(ObjectId::new([1; 32]))
        });
        self.child("two roots", "no parent", "chain-parent", |grant| grant.parent = None);
        self.child("child's pod", "another pod than the parent", "chain-subject", |grant| grant.subject = pod);
        self.child("child's holder", "another holder than the parent", "audience", |grant| grant.audience = holder);
        self.child("borrowed name", "Espoo signs in Anna's name", "chain-issuer", |grant| grant.issuer = anna);
        self.child("to a stranger", "Mallory is no member's service", "chain-organisation", |grant| {
            grant.confirmation = mallory
        });
        let mut chain = self.world.chain(2);
        let stolen = (**chain.pop().unwrap()).clone();
        chain.push(by(&self.world.mallory, stolen));
        self.plain("stolen", "Mallory passes on Espoo's grant", "chain-confirmation", &chain);
        let chain = self.world.chain(3);
        self.plain(
            "a link left out",
            "the second link is missing",
            "chain-parent",
            &[chain[0].clone(), chain[2].clone()],
        );
        self.plain("turned round", "the root last", "chain-not-root", &[chain[1].clone(), chain[0].clone()]);
        self.plain("twice", "the root twice", "chain-loop", &[chain[0].clone(), chain[0].clone()]);
        let mut five = self.world.chain(4);
        let fifth = self.world.child(&five[3], &self.world.espoo, &self.world.processor);
        five.push(by(&self.world.espoo, fifth));
        self.plain("five links", "one too many", "chain-too-long", &five);
        let four = self.world.chain(4);
        let stale = json!({"revocations_fresh": false});
        self.add(
            "stale",
            "delegated, and no fresh view of revocations",
            "chain-stale-revocations",
            &four,
            stale.clone(),
        );
        self.add("stale root", "a root needs none: its holder is told first", "accepted", &four[..1], stale);
        let mut picky = self.world.wide_root();
        picky.limits.organisations = Some(vec![self.world.archive_organisation()]);
        let root = by(&self.world.anna, picky);
        let child = self.world.child(&root, &self.world.espoo, &self.world.processor);
        let child = by(&self.world.espoo, child);
        self.plain("not allowed", "Anna allowed another processor", "chain-organisation", &[root, child]);
        let root = by(&self.world.anna, self.world.root());
        let child = self.world.child(&root, &self.world.espoo, &self.world.processor);
        let child = by(&self.world.espoo, child);
        self.plain("not to be passed on", "depth 0", "chain-depth", &[root, child]);
    }

    fn wider(&mut self) {
        let raw = |record_type: &str, names: &[&str]| vec![Permission::Raw(of(record_type), fields(names))];
        let derived = |question| vec![Permission::Derived(of("child-health"), vec![question])];
        let holder = self.world.holder();
        let wider = "chain-wider";
        self.child("wider: field", "a field more", wider, |grant| {
            grant.permissions = raw("resident", &["first_names", "last_name"])
        });
        self.child("wider: type", "a type more", wider, |grant| grant.permissions = raw("library", &["loans"]));
        self.child("wider: like name", "a field whose name begins alike", wider, |grant| {
            grant.permissions = raw("resident", &["address_city"])
        });
        self.child("wider: raw", "the field of a question", wider, |grant| {
            grant.permissions = raw("child-health", &["allergies"])
        });
        self.child("wider: question", "another field", wider, |grant| {
            grant.permissions = derived(exists("?allergic", "diagnoses"))
        });
        self.child("wider: id", "another id", wider, |grant| {
            grant.permissions = derived(exists("?other", "allergies"))
        });
        let constant = age("?allergic", "allergies", 3, "2026-09-21");
        self.child("wider: constant", "another question about the field", wider, |grant| {
            grant.permissions = derived(constant)
        });
        self.child("wider: purpose", "a purpose more", "chain-purpose", |grant| {
            grant.purposes.push(purpose("dpv:Marketing"))
        });
        let basis = Some(purpose("eu-gdpr:A6-1-e"));
        self.child("other basis", "another legal basis", "chain-purpose", |grant| grant.legal_basis = basis);
        self.child("wider: longer", "ends a second later", "chain-window", |grant| grant.expires += 1);
        self.child("wider: earlier", "signed before its parent", "chain-window", |grant| grant.issued -= 61);
        self.child("wider: depth", "as deep as its parent", "chain-depth", |grant| grant.limits.depth = 3);
        let limits = "chain-limits";
        self.child("wider: uses", "a use more", limits, |grant| grant.limits.uses = Some(101));
        self.child("wider: no uses", "unlimited uses", limits, |grant| grant.limits.uses = None);
        self.child("wider: rate", "a use more in the time", limits, |grant| grant.limits.rate = Some((11, 3600)));
        self.child("wider: rate time", "the same in less time", limits, |grant| grant.limits.rate = Some((10, 3599)));
        self.child("wider: no rate", "unlimited rate", limits, |grant| grant.limits.rate = None);
        self.child("wider: retention", "kept for a second longer", limits, |grant| {
            grant.limits.retention_secs = Some(30 * DAY + 1)
        });
        self.child("wider: no retention", "kept for ever", limits, |grant| grant.limits.retention_secs = None);
        self.child("wider: organisations", "to any organisation", limits, |grant| grant.limits.organisations = None);
        self.child("wider: one organisation", "to one more", limits, |grant| {
            grant.limits.organisations.as_mut().unwrap().push(holder);
        });
    }

    fn revoked(&mut self) {
        let chain = self.world.chain(3);
        let kid = |key: &SigningKey| thumbprint(key).kid().to_string();
        let mut add = |name: &str, why: &str, expect: &str, target: Json| {
            self.add(name, why, expect, &chain, json!({"revoked": [target]}));
        };
        add("revoked root", "Anna took it back", "revoked", json!({"grant": chain[0].id().to_string()}));
        add("revoked link", "Espoo took it back", "revoked", json!({"grant": chain[1].id().to_string()}));
        add("revoked leaf", "the processor took it back", "revoked", json!({"grant": chain[2].id().to_string()}));
        add("revoked other", "another grant", "accepted", json!({"grant": ObjectId::new([1; 32]).to_string()}));
        add("revoked before", "everything before now", "revoked", json!({"pod_before_secs": NOW}));
        add(
            "revoked long before",
            "everything before last week",
            "accepted",
            json!({"pod_before_secs": NOW - 7 * DAY}),
        );
        let key = kid(&self.world.anna);
        let mut add = |name: &str, why: &str, expect: &str, target: Json| {
            self.add(name, why, expect, &chain, json!({"revoked": [target]}));
        };
        add("revoked key", "Anna's key, since last week", "revoked", json!({"key": key, "since_secs": NOW - 7 * DAY}));
        add("revoked key later", "Anna's key, since now", "accepted", json!({"key": key, "since_secs": NOW}));
        let key = kid(&self.world.processor);
        self.add(
            "revoked key below",
            "the processor's key",
            "revoked",
            &chain,
            json!({"revoked": [{"key": key, "since_secs": 1}]}),
        );
    }
}

fn by(key: &SigningKey, grant: Grant) -> SharedGrant {
    Arc::new(Verified::sign(key, grant))
}

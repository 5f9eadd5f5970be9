//! A vault with a citizen, and the selections that only a verified, authorised request makes.
#![allow(dead_code, reason = "the measurement shares this file and needs less of it")]

use std::path::Path;
use std::sync::Arc;

use pod_crypto::{Random, SeededRandom, SigningKey};
use pod_protocol::cose::{Signed, Verified};
use pod_protocol::field::{FieldPath, RecordType};
use pod_protocol::grant::{Grant, GrantLimits, Permission};
use pod_protocol::ids::{Cti, GrantId, PodId, Principal, Thumbprint};
use pod_protocol::key_event::{DeviceKey, KeyChange, KeyEvent, KeyState, Roles};
use pod_protocol::path::{
    Caller, Channel, DisclosureRules, ItemFacts, LinkUse, ReplayWindow, Rules, Selection, authorise, select, verify,
};
use pod_protocol::predicate::Predicate;
use pod_protocol::request::{Binding, Name, Request, RequestItem, Wanted};
use pod_protocol::standing::Standing;
use pod_protocol::value::Value;
use pod_store::{Engine, MemoryStore, Store, StoreConfig, Table};
use pod_vault::{NodeKeys, Outcome, ProofOfRecord, RecordDraft, Vault};

pub(crate) const NOW_SECS: u64 = 1_780_000_000;
pub(crate) const AINO: &str = "131052-308T";
pub(crate) const EETU: &str = "010516A903X";

pub(crate) const RECORDS: Table = Table("vault:records");
pub(crate) const PODS: Table = Table("vault:pods");
pub(crate) const IDENTITIES: Table = Table("vault:identities");

/// Stands for the step "record" of a node.
pub(crate) struct Recorded;
impl ProofOfRecord for Recorded {}

pub(crate) fn random(seed: u8) -> Arc<dyn Random> {
    Arc::new(SeededRandom::new([seed; 32]))
}

pub(crate) fn node_keys() -> NodeKeys {
    NodeKeys::generate(&SeededRandom::new([1; 32]))
}

/// The same keys once more: they cannot be cloned.
pub(crate) fn again(keys: &NodeKeys) -> NodeKeys {
    NodeKeys::parse(&keys.to_file_text()).unwrap()
}

pub(crate) fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new(&pod_vault::tables()).unwrap())
}

pub(crate) fn on_disk(folder: &Path) -> Arc<dyn Store> {
    let config = StoreConfig::new(Engine::Redb, folder.join("store.redb"));
    pod_store::open(&config, &pod_vault::tables(), 1).unwrap()
}

pub(crate) fn vault_in(store: &Arc<dyn Store>) -> Vault {
    Vault::open(Arc::clone(store), node_keys(), random(2)).unwrap()
}

pub(crate) fn record_type(name: &str) -> RecordType {
    name.parse().unwrap()
}

pub(crate) fn fields(json: &serde_json::Value) -> Value {
    Value::from_json(json).unwrap()
}

/// Writes one record in a batch of its own.
pub(crate) fn put(vault: &Vault, pod: &PodId, of: &str, id: &str, json: &serde_json::Value) -> Outcome {
    let mut batch = vault.write(NOW_SECS);
    let draft =
        RecordDraft { record_type: &record_type(of), record_id: id, source: "residents", fields: &fields(json) };
    let outcome = batch.put_record(pod, draft).unwrap();
    batch.commit().unwrap();
    outcome
}

/// Makes a pod.
pub(crate) fn pod(vault: &Vault, identity_code: &str) -> PodId {
    let mut batch = vault.write(NOW_SECS);
    let pod = batch.pod(identity_code).unwrap();
    batch.commit().unwrap();
    pod
}

pub(crate) struct Wish {
    pub(crate) record_type: RecordType,
    pub(crate) fields: Vec<FieldPath>,
    pub(crate) predicates: Vec<Predicate>,
}

pub(crate) fn wish(of: &str, paths: &[&str]) -> Wish {
    Wish {
        record_type: record_type(of),
        fields: paths.iter().map(|path| path.parse().unwrap()).collect(),
        predicates: Vec::new(),
    }
}

/// What a service gets that asks for exactly what it was granted.
pub(crate) fn selection(pod: PodId, wishes: &[Wish], non_disclosure: bool, rules: &DisclosureRules) -> Selection {
    let citizen = SigningKey::from_seed(&[3; 32]);
    let service = SigningKey::from_seed(&[4; 32]);
    let (holder, asking) = (Principal::new([5; 32]), Principal::new([6; 32]));
    let keys = key_log(&citizen, holder);
    let grant = Verified::sign(&citizen, grant(pod, keys.principal(), holder, &service, wishes));
    let request = Verified::sign(&service, request(asking, holder, &service, grant.id(), wishes));

    let mut standing = Standing::new(pod);
    standing.non_disclosure = non_disclosure;
    standing.subject = Some(keys);
    let caller = Caller { service: asking, organisation: asking, key: service.public_key(), suspended: false };
    let channel = Channel { peer: Some(service.public_key().to_bytes()), ..Channel::default() };
    let mut window = ReplayWindow::new();
    let signed = Signed::decode(request.bytes()).unwrap();
    let verified = verify(signed, Some(caller), &holder, &channel, NOW_SECS, |kid, cti, expires| {
        window.admit(kid, cti, expires, NOW_SECS)
    });
    let facts = ItemFacts {
        chain: Ok(vec![Arc::new(grant)]),
        standing: Some(Arc::new(standing)),
        taken_secs: Vec::new(),
        uses: vec![LinkUse::default()],
    };
    let everything = Rules {
        holder: &holder,
        organisation_of: &|_| None,
        registered: &|_, _, _| Ok(()),
        revocations_fresh: true,
        now_secs: NOW_SECS,
    };
    select(authorise(verified.unwrap(), vec![facts], &everything), rules)
}

fn grant(pod: PodId, citizen: Principal, holder: Principal, service: &SigningKey, wishes: &[Wish]) -> Grant {
    let permissions = wishes.iter().flat_map(|wish| {
        let raw = (!wish.fields.is_empty()).then(|| Permission::Raw(wish.record_type.clone(), wish.fields.clone()));
        let derived = (!wish.predicates.is_empty())
            .then(|| Permission::Derived(wish.record_type.clone(), wish.predicates.clone()));
        raw.into_iter().chain(derived)
    });
    Grant {
        issuer: citizen,
        subject: pod,
        audience: holder,
        expires: NOW_SECS + 3_600,
        not_before: None,
        issued: NOW_SECS - 60,
        cti: Cti::new([7; 16]),
        confirmation: Thumbprint::of(&service.public_key()),
        parent: None,
        permissions: permissions.collect(),
        purposes: vec!["dpv:ServiceProvision".parse().unwrap()],
        limits: GrantLimits::default(),
        key_event: 0,
        legal_basis: None,
    }
}

fn request(asking: Principal, holder: Principal, service: &SigningKey, grant: GrantId, wishes: &[Wish]) -> Request {
    let wanted = wishes.iter().map(|wish| {
        let ids = wish.predicates.iter().map(|predicate| Name::Predicate(predicate.id.clone()));
        Wanted {
            record_type: wish.record_type.clone(),
            names: wish.fields.iter().cloned().map(Name::Field).chain(ids).collect(),
        }
    });
    Request {
        issuer: asking,
        audience: holder,
        expires: NOW_SECS + 60,
        issued: NOW_SECS,
        cti: Cti::new([8; 16]),
        nonce: None,
        items: vec![RequestItem { chain: vec![grant], wanted: wanted.collect() }],
        purpose: "dpv:ServiceProvision".parse().unwrap(),
        binding: Binding::Peer(service.public_key().to_bytes()),
    }
}

fn key_log(key: &SigningKey, organisation: Principal) -> KeyState {
    let change = KeyChange::Inception {
        organisation: Some(organisation),
        devices: vec![DeviceKey { key: key.public_key(), roles: Roles { sign: true, manage: true } }],
        next: vec![[9; 32]],
        threshold: 1,
        recovery: Vec::new(),
        salt: [10; 16],
    };
    let event = KeyEvent { seq: 0, previous: None, time_secs: NOW_SECS - 3_600, change };
    KeyState::begin(Signed::decode(Verified::sign(key, event).bytes()).unwrap()).unwrap()
}

/// Opens the only item of a selection.
pub(crate) fn open(vault: &Vault, selection: &Selection) -> Result<pod_vault::OpenedFields, pod_vault::VaultFault> {
    vault.open_selection(selection.items()[0].as_ref().unwrap())
}

/// What a service would get to read.
pub(crate) fn released(vault: &Vault, selection: &Selection) -> serde_json::Value {
    let bytes = open(vault, selection).unwrap().release(&Recorded);
    Value::from_cbor(&bytes).unwrap().to_json()
}

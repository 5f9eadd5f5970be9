//! Two cities, one service, one citizen.

use pod_crypto::hpke::SealPrivateKey;
use pod_crypto::{SeededRandom, SigningKey};
use pod_protocol::access_request::{AccessRequest, Ask};
use pod_protocol::cose::Verified;
use pod_protocol::ids::{Cti, PodId, Principal, Thumbprint};
use pod_protocol::predicate::{Predicate, Question};
use pod_protocol::registry::{Anchor, Registry};
use pod_protocol::statement::{Membership, Profile, RegisteredFields, Role, ServiceEntry};
use pod_protocol::words::Words;
use pod_wallet::keys::{KeyLog, Signer};
use pod_wallet::labels::Labels;
use pod_wallet::recovery_code::RecoveryCode;
use pod_wallet::review::Review;
use pod_wallet::root::{RecoveryRoot, RootSecret};

pub(crate) const NOW: u64 = 1_785_000_000;
pub(crate) const DAY: u64 = 24 * 3600;
pub(crate) const HELSINKI: Principal = Principal::new([1; 32]);
pub(crate) const ESPOO: Principal = Principal::new([2; 32]);
pub(crate) const TURKU: Principal = Principal::new([3; 32]);
pub(crate) const SERVICE: Principal = Principal::new([9; 32]);
pub(crate) const POD: PodId = PodId::new([5; 16]);

pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

pub(crate) fn words(text: &str) -> Words {
    Words::new(&format!("{text} fi"), &format!("{text} sv"), text).unwrap()
}

pub(crate) struct World {
    pub(crate) registry: Registry,
    pub(crate) labels: Labels,
    pub(crate) root: RootSecret,
    pub(crate) random: SeededRandom,
    pub(crate) seal_key: SealPrivateKey,
}

fn member(subject: Principal, name: &str, seed: u8) -> Vec<u8> {
    let membership = Membership {
        issuer: Principal::new([100; 32]),
        subject,
        expires: NOW + 100 * DAY,
        issued: NOW - DAY,
        cti: Cti::new([seed; 16]),
        name: name.parse().unwrap(),
        keys: vec![key(seed).public_key()],
        roles: vec![Role::Holder, Role::Services],
        depth: 0,
        suspended: false,
    };
    Verified::sign(&key(100), membership).bytes().to_vec()
}

fn profile(issuer: Principal, names: Words, seed: u8, services: Vec<ServiceEntry>) -> Vec<u8> {
    let profile = Profile {
        issuer,
        expires: NOW + 100 * DAY,
        issued: NOW - DAY,
        cti: Cti::new([seed; 16]),
        names,
        endpoints: vec!["https://node.example".parse().unwrap()],
        catalogue: Some([seed; 32]),
        services,
        seal_key: None,
    };
    Verified::sign(&key(seed), profile).bytes().to_vec()
}

fn service(seal_key: &SealPrivateKey) -> ServiceEntry {
    ServiceEntry {
        principal: SERVICE,
        keys: vec![key(90).public_key()],
        seal_key: seal_key.public_key(),
        names: Words::new("Espoon varhaiskasvatus", "Esbo småbarnspedagogik", "Espoo early education").unwrap(),
        purposes: vec!["dpv:ServiceProvision".parse().unwrap()],
        fields: vec![
            RegisteredFields {
                record_type: "child-health".parse().unwrap(),
                raw: vec!["allergies".parse().unwrap(), "diet".parse().unwrap()],
                derived: vec![],
            },
            RegisteredFields {
                record_type: "residence".parse().unwrap(),
                raw: vec!["address".parse().unwrap()],
                derived: vec!["birth_date".parse().unwrap()],
            },
        ],
        max_retention_secs: 365 * DAY,
    }
}

const CATALOGUE: &str = r#"{"format":1,"organisation":{"id":"helsinki","name":{"fi":"H","sv":"H","en":"H"}},"record_types":[
  {"id":"child-health","labels":{"fi":"Lapsen terveys","sv":"Barnets hälsa","en":"Child health"},"fields":[
    {"path":"allergies","labels":{"fi":"Allergiat","sv":"Allergier","en":"Allergies"}},
    {"path":"diet","labels":{"fi":"Ruokavalio","sv":"Kost","en":"Diet"}},
    {"path":"diagnoses","labels":{"fi":"Diagnoosit","sv":"Diagnoser","en":"Diagnoses"}}]},
  {"id":"residence","labels":{"fi":"Asukastiedot","sv":"Invånaruppgifter","en":"Residence"},"fields":[
    {"path":"address","labels":{"fi":"Kotiosoite","sv":"Hemadress","en":"Home address"}},
    {"path":"birth_date","labels":{"fi":"Syntymäaika","sv":"Födelsedatum","en":"Birth date"}}]}]}"#;

impl World {
    pub(crate) fn new() -> Self {
        let seal_key = SealPrivateKey::from_seed(&[77; 32]);
        let anchor = Anchor { principal: Principal::new([100; 32]), key: key(100).public_key() };
        let statements = vec![
            member(HELSINKI, "helsinki", 1),
            member(ESPOO, "espoo", 2),
            member(TURKU, "turku", 3),
            profile(HELSINKI, Words::new("Helsinki", "Helsingfors", "Helsinki").unwrap(), 1, vec![]),
            profile(ESPOO, Words::new("Espoo", "Esbo", "Espoo").unwrap(), 2, vec![service(&seal_key)]),
        ];
        let (registry, refused) = Registry::build(&anchor, &statements, NOW);
        assert!(refused.is_empty(), "{refused:?}");
        let labels = Labels::of(CATALOGUE.as_bytes()).unwrap();
        Self { registry, labels, root: RootSecret::from_bytes([42; 32]), random: SeededRandom::new([7; 32]), seal_key }
    }

    pub(crate) fn log_at(&self, organisation: Principal) -> KeyLog {
        KeyLog::begin(&self.root, organisation, paper().digest(&organisation)).unwrap()
    }

    pub(crate) fn signer_at(&self, organisation: Principal) -> Signer {
        self.log_at(organisation).signer(&self.root).unwrap()
    }

    pub(crate) fn review(&self, request: &AccessRequest) -> Review {
        let signed = Verified::sign(&key(90), request.clone());
        Review::of(signed.bytes(), &self.registry, &self.labels, NOW).unwrap()
    }
}

/// Allergies needed, diet welcome; will the child be seven by August, welcome too.
pub(crate) fn request() -> AccessRequest {
    AccessRequest {
        service: SERVICE,
        organisation: ESPOO,
        expires: NOW + 30 * DAY,
        issued: NOW - 60,
        cti: Cti::new([1; 16]),
        confirmation: Thumbprint::of(&key(90).public_key()),
        items: vec![
            Ask {
                record_type: "child-health".parse().unwrap(),
                required: vec!["allergies".parse().unwrap()],
                optional: vec!["diet".parse().unwrap()],
                required_predicates: vec![],
                optional_predicates: vec![],
            },
            Ask {
                record_type: "residence".parse().unwrap(),
                required: vec![],
                optional: vec![],
                required_predicates: vec![],
                optional_predicates: vec![seven()],
            },
        ],
        purpose: "dpv:ServiceProvision".parse().unwrap(),
        retention_secs: 300 * DAY,
        validity_secs: 200 * DAY,
        reason: words("To cook what your child can eat"),
        holders: None,
        depth: 0,
        delegatees: vec![],
    }
}

pub(crate) fn seven() -> Predicate {
    Predicate {
        id: "?seven".parse().unwrap(),
        field: "birth_date".parse().unwrap(),
        question: Question::AgeAtLeast { years: 7, day: "2026-08-01".into() },
    }
}

/// What the code on the citizen's paper gives.
pub(crate) fn paper() -> RecoveryRoot {
    RecoveryRoot::of(&RecoveryCode::generate(&SeededRandom::new([3; 32])))
}

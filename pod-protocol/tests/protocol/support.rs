//! A small federation, the same in every test: an anchor, a region, Helsinki and Espoo, and Espoo's service.

use std::marker::PhantomData;

use pod_crypto::hpke::SealPrivateKey;
use pod_crypto::{SeededRandom, SigningKey};
use pod_protocol::access_request::{AccessRequest, Ask};
use pod_protocol::codec::{Cbor, Limits};
use pod_protocol::field::{FieldPath, Purpose, RecordType};
use pod_protocol::grant::{Grant, GrantLimits, Permission};
use pod_protocol::ids::{Cti, PodId, Principal, Thumbprint};
use pod_protocol::predicate::{Predicate, Question};
use pod_protocol::refusal::ClaimFault;
use pod_protocol::registry::Anchor;
use pod_protocol::statement::{Membership, Profile, RegisteredFields, Role, ServiceEntry};
use pod_protocol::words::Words;
use pod_protocol::{Payload, Refusal, Signed, Verified};

/// Noon on 1 August 2026.
pub const NOW: u64 = 1_785_585_600;
pub const DAY: u64 = 24 * 3600;

pub const ANCHOR: u8 = 1;
pub const REGION: u8 = 2;
pub const HELSINKI: u8 = 3;
pub const ESPOO: u8 = 4;
pub const SERVICE: u8 = 5;
pub const STRANGER: u8 = 6;
pub const CITIZEN: u8 = 7;
pub const PROCESSOR: u8 = 8;

pub fn key(of: u8) -> SigningKey {
    SigningKey::from_seed(&[of; 32])
}

pub fn principal(of: u8) -> Principal {
    Principal::new([of; 32])
}

pub fn random(seed: u8) -> SeededRandom {
    SeededRandom::new([seed; 32])
}

pub fn thumbprint(of: u8) -> Thumbprint {
    Thumbprint::of(&key(of).public_key())
}

pub fn seal_key(of: u8) -> SealPrivateKey {
    SealPrivateKey::from_seed(&[of; 32])
}

pub fn anchor() -> Anchor {
    Anchor { principal: principal(ANCHOR), key: key(ANCHOR).public_key() }
}

pub fn record_type(text: &str) -> RecordType {
    text.parse().unwrap()
}

pub fn field(text: &str) -> FieldPath {
    text.parse().unwrap()
}

pub fn fields(texts: &[&str]) -> Vec<FieldPath> {
    texts.iter().map(|text| field(text)).collect()
}

pub fn purpose(text: &str) -> Purpose {
    text.parse().unwrap()
}

pub fn words(text: &str) -> Words {
    Words::new(&format!("{text} fi"), &format!("{text} sv"), &format!("{text} en")).unwrap()
}

pub fn membership(issuer: u8, subject: u8, name: &str, roles: &[Role], depth: u64) -> Membership {
    Membership {
        issuer: principal(issuer),
        subject: principal(subject),
        expires: NOW + 30 * DAY,
        issued: NOW - DAY,
        cti: Cti::new([subject; 16]),
        name: name.parse().unwrap(),
        keys: vec![key(subject).public_key()],
        roles: roles.to_vec(),
        depth,
        suspended: false,
    }
}

pub fn region() -> Membership {
    membership(ANCHOR, REGION, "uusimaa", &[Role::Region], 1)
}

pub fn helsinki() -> Membership {
    membership(REGION, HELSINKI, "helsinki", &[Role::Holder, Role::Services], 0)
}

pub fn espoo() -> Membership {
    membership(REGION, ESPOO, "espoo", &[Role::Holder, Role::Services], 0)
}

pub fn profile(issuer: u8, services: Vec<ServiceEntry>) -> Profile {
    Profile {
        issuer: principal(issuer),
        expires: NOW + 7 * DAY,
        issued: NOW - DAY,
        cti: Cti::new([issuer; 16]),
        names: words("City"),
        endpoints: vec!["https://aitta.example".parse().unwrap(), "/ip4/192.0.2.1/udp/4001/quic-v1".parse().unwrap()],
        catalogue: Some([9; 32]),
        services,
        seal_key: None,
    }
}

/// Espoo's early education, which may read allergies and day-care history, and ask about the birth date.
pub fn service() -> ServiceEntry {
    let registered = |of: &str, raw: &[&str], derived: &[&str]| RegisteredFields {
        record_type: record_type(of),
        raw: fields(raw),
        derived: fields(derived),
    };
    ServiceEntry {
        principal: principal(SERVICE),
        keys: vec![key(SERVICE).public_key()],
        seal_key: seal_key(SERVICE).public_key(),
        names: words("Early education"),
        purposes: vec![purpose("dpv:ServiceProvision")],
        fields: vec![
            registered("child-health", &["allergies", "medication.name"], &[]),
            registered("resident", &[], &["birth_date"]),
        ],
        max_retention_secs: 365 * DAY,
    }
}

pub fn espoo_profile() -> Profile {
    profile(ESPOO, vec![service()])
}

pub fn signed<T: Payload>(by: u8, claims: T) -> Vec<u8> {
    Verified::sign(&key(by), claims).bytes().to_vec()
}

/// What somebody signed whose claims no reader takes.
pub fn signed_unchecked<T: Payload>(by: u8, claims: T) -> Vec<u8> {
    Verified::sign_unchecked(&key(by), claims).bytes().to_vec()
}

/// The federation's statements: region, Helsinki, Espoo, Espoo's profile.
pub fn statements() -> Vec<Vec<u8>> {
    vec![signed(ANCHOR, region()), signed(REGION, helsinki()), signed(REGION, espoo()), signed(ESPOO, espoo_profile())]
}

pub fn predicate(id: &str, of: &str) -> Predicate {
    let question = Question::AgeAtLeast { years: 7, day: "2026-08-01".to_owned() };
    Predicate { id: id.parse().unwrap(), field: field(of), question }
}

/// What Espoo's service asks within its registration.
pub fn access_request() -> AccessRequest {
    AccessRequest {
        service: principal(SERVICE),
        organisation: principal(ESPOO),
        expires: NOW + 14 * DAY,
        issued: NOW - 60,
        cti: Cti::new([1; 16]),
        confirmation: thumbprint(SERVICE),
        items: vec![
            Ask {
                record_type: record_type("child-health"),
                required: fields(&["allergies"]),
                optional: fields(&["medication.name"]),
                required_predicates: vec![],
                optional_predicates: vec![],
            },
            Ask {
                record_type: record_type("resident"),
                required: vec![],
                optional: vec![],
                required_predicates: vec![],
                optional_predicates: vec![predicate("?seven-by-august", "birth_date")],
            },
        ],
        purpose: purpose("dpv:ServiceProvision"),
        retention_secs: 90 * DAY,
        validity_secs: 300 * DAY,
        reason: words("So that the kitchen knows"),
        holders: Some(vec![principal(HELSINKI)]),
        depth: 0,
        delegatees: vec![],
    }
}

pub const POD: PodId = PodId::new([5; 16]);

pub fn grant(holder: u8) -> Grant {
    Grant {
        issuer: principal(CITIZEN),
        subject: POD,
        audience: principal(holder),
        expires: NOW + 100 * DAY,
        not_before: None,
        issued: NOW,
        cti: Cti::new([3; 16]),
        confirmation: thumbprint(SERVICE),
        parent: None,
        permissions: vec![Permission::Raw(record_type("child-health"), fields(&["allergies"]))],
        purposes: vec![purpose("dpv:ServiceProvision")],
        limits: GrantLimits::default(),
        key_event: 0,
        legal_basis: None,
    }
}

/// Claims as somebody else wrote them, under the `typ` of `T`.
struct Raw<T>(Cbor, PhantomData<T>);

impl<T: Payload> Payload for Raw<T> {
    const TYP: &'static str = T::TYP;
    const LIMITS: Limits = T::LIMITS;

    fn to_cbor(&self) -> Cbor {
        self.0.clone()
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        Ok(Self(item, PhantomData))
    }
}

/// The refusal of an object whose claims are `claims`.
pub fn refusal_of<T: Payload + std::fmt::Debug>(claims: Cbor) -> Refusal {
    Signed::<T>::decode(&signed(STRANGER, Raw::<T>(claims, PhantomData))).unwrap_err()
}

/// The claims with one set, or taken out.
pub fn with(claims: Cbor, claim: i64, value: Option<Cbor>) -> Cbor {
    let Cbor::Map(mut entries) = claims else { panic!("claims are a map") };
    entries.retain(|(key, _)| *key != Cbor::from(claim));
    entries.extend(value.map(|value| (Cbor::from(claim), value)));
    Cbor::Map(entries)
}

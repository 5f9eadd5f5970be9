//! Cities with small nodes, over TLS.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use pod_client::Caller;
use pod_client::service::{FetchItem, HeldGrant, ServiceIdentity};
use pod_crypto::hpke::SealPrivateKey;
use pod_crypto::{SeededRandom, SigningKey};
use pod_http::{
    Client, ClientLimits, ClientProtocol, Limits, RootCertificates, Server, ServerConfig, ServerHandle, Service,
    refuse_key_log,
};
use pod_protocol::access_request::{AccessRequest, Ask};
use pod_protocol::answer::{Answer, ItemAnswer, Outcome, Receipt, ReceiptItem, data_digest};
use pod_protocol::cose::{Signed, Verified};
use pod_protocol::grant::{Grant, GrantLimits, Permission};
use pod_protocol::ids::{Cti, PodId, Principal, Thumbprint};
use pod_protocol::registry::{Anchor, Registry};
use pod_protocol::request::{Call, Request, Wanted};
use pod_protocol::statement::{Membership, Profile, RegisteredFields, Role, ServiceEntry};
use pod_protocol::value::Value;
use pod_protocol::words::Words;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

pub(crate) const NOW: u64 = 1_785_000_000;
pub(crate) const DAY: u64 = 24 * 3600;
pub(crate) const SERVICE: Principal = Principal::new([90; 32]);
/// The city whose service asks.
pub(crate) const ESPOO: u8 = 2;

pub(crate) fn city(seed: u8) -> Principal {
    Principal::new([seed; 32])
}

pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

pub(crate) fn anchor() -> Anchor {
    Anchor { principal: Principal::new([100; 32]), key: key(100).public_key() }
}

/// An authority, a caller that believes it, and a clock that tests turn.
pub(crate) struct World {
    directory: TempDir,
    pub(crate) caller: Caller,
    pub(crate) clock: Arc<AtomicU64>,
}

impl World {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_pem = params.self_signed(&key).unwrap().pem();
        let authority = Issuer::new(params, key);
        let directory = TempDir::new().unwrap();
        let own = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let path = |name: &str| directory.path().join(name);
        fs::write(path("cert.pem"), certificate.signed_by(&own, &authority).unwrap().pem()).unwrap();
        fs::write(path("key.pem"), own.serialize_pem()).unwrap();
        fs::set_permissions(path("key.pem"), fs::Permissions::from_mode(0o600)).unwrap();
        let roots = RootCertificates::none().with_pem(authority_pem.as_bytes()).unwrap();
        let http = Client::new(roots, ClientProtocol::Http1, ClientLimits::default()).unwrap();
        let clock = Arc::new(AtomicU64::new(NOW));
        let reading = Arc::clone(&clock);
        let caller = Caller {
            http,
            net: None,
            random: Arc::new(SeededRandom::new([8; 32])),
            clock: Arc::new(move || reading.load(Ordering::SeqCst)),
        };
        Self { directory, caller, clock }
    }

    pub(crate) async fn serve(&self, router: Router) -> ServerHandle {
        self.serve_on("https://127.0.0.1:0", router).await
    }

    pub(crate) async fn serve_on(&self, listen: &str, router: Router) -> ServerHandle {
        let path = |name: &str| self.directory.path().join(name);
        let certificate = pod_http::CertificateFiles { certificate: path("cert.pem"), key: path("key.pem") };
        let config = ServerConfig {
            listen: vec![listen.parse().unwrap()],
            certificate: Some(certificate),
            limits: Limits::default(),
        };
        let server = Server::bind(config, refuse_key_log(|_| None).unwrap()).await.unwrap();
        server.serve(Service::new(router, || [7; 16]).body_limit("/v1/", 1024 * 1024))
    }

    /// An address at which nobody listens, but somebody did a moment ago.
    pub(crate) async fn nowhere(&self) -> String {
        let handle = self.serve(Router::new()).await;
        let url = url(&handle);
        handle.drain().await;
        url
    }
}

pub(crate) fn url(handle: &ServerHandle) -> String {
    handle.addresses()[0].to_string()
}

pub(crate) fn service() -> Arc<ServiceIdentity> {
    Arc::new(ServiceIdentity { principal: SERVICE, organisation: city(ESPOO), key: key(90) })
}

pub(crate) fn statements(addresses: &[(u8, &str)]) -> Vec<Vec<u8>> {
    addresses.iter().flat_map(|(seed, address)| [member(*seed), profile(*seed, address)]).collect()
}

pub(crate) fn registry(addresses: &[(u8, &str)]) -> Arc<Registry> {
    let (registry, refused) = Registry::build(&anchor(), &statements(addresses), NOW);
    assert!(refused.is_empty(), "{refused:?}");
    Arc::new(registry)
}

/// As [`registry`], of cities that have published keys to seal for: those of their seeds.
pub(crate) fn sealing_registry(addresses: &[(u8, &str)]) -> Arc<Registry> {
    let with_key = |(seed, address): &(u8, &str)| {
        let seal_key = Some(SealPrivateKey::from_seed(&[*seed; 32]).public_key());
        let profile = Profile { seal_key, ..profile_of(*seed, address) };
        [member(*seed), Verified::sign(&key(*seed), profile).bytes().to_vec()]
    };
    let statements: Vec<Vec<u8>> = addresses.iter().flat_map(with_key).collect();
    Arc::new(Registry::build(&anchor(), &statements, NOW).0)
}

fn member(seed: u8) -> Vec<u8> {
    membership(seed, NOW - DAY, false)
}

pub(crate) fn membership(seed: u8, issued: u64, suspended: bool) -> Vec<u8> {
    let membership = Membership {
        issuer: anchor().principal,
        subject: city(seed),
        expires: NOW + 100 * DAY,
        issued,
        cti: Cti::new([seed; 16]),
        name: format!("city-{seed}").parse().unwrap(),
        keys: vec![key(seed).public_key()],
        roles: vec![Role::Holder, Role::Services],
        depth: 0,
        suspended,
    };
    Verified::sign(&key(100), membership).bytes().to_vec()
}

fn profile(seed: u8, address: &str) -> Vec<u8> {
    Verified::sign(&key(seed), profile_of(seed, address)).bytes().to_vec()
}

fn profile_of(seed: u8, address: &str) -> Profile {
    let names = Words::new("kaupunki", "stad", "city").unwrap();
    let entry = ServiceEntry {
        principal: SERVICE,
        keys: vec![key(90).public_key()],
        seal_key: SealPrivateKey::from_seed(&[77; 32]).public_key(),
        names: names.clone(),
        purposes: vec!["dpv:ServiceProvision".parse().unwrap()],
        fields: vec![RegisteredFields {
            record_type: "child-health".parse().unwrap(),
            raw: vec!["allergies".parse().unwrap()],
            derived: vec![],
        }],
        max_retention_secs: DAY,
    };
    Profile {
        issuer: city(seed),
        expires: NOW + 100 * DAY,
        issued: NOW - DAY,
        cti: Cti::new([seed; 16]),
        names,
        endpoints: vec![address.parse().unwrap()],
        catalogue: Some([seed; 32]),
        services: if seed == ESPOO { vec![entry] } else { vec![] },
        seal_key: None,
    }
}

pub(crate) fn allergies() -> Vec<Wanted> {
    vec![Wanted { record_type: "child-health".parse().unwrap(), names: vec!["allergies".parse().unwrap()] }]
}

pub(crate) fn grant(holder: u8, number: u16) -> Vec<u8> {
    let mut pod = [holder; 16];
    pod[..2].copy_from_slice(&number.to_be_bytes());
    let grant = Grant {
        issuer: Principal::new([60; 32]),
        subject: PodId::new(pod),
        audience: city(holder),
        expires: NOW + DAY,
        not_before: None,
        issued: NOW - 60,
        cti: Cti::new(pod),
        confirmation: Thumbprint::of(&key(90).public_key()),
        parent: None,
        permissions: vec![Permission::Raw("child-health".parse().unwrap(), vec!["allergies".parse().unwrap()])],
        purposes: vec!["dpv:ServiceProvision".parse().unwrap()],
        limits: GrantLimits { retention_secs: Some(DAY), ..GrantLimits::default() },
        key_event: 0,
        legal_basis: None,
    };
    Verified::sign(&key(60), grant).bytes().to_vec()
}

pub(crate) fn access_request() -> AccessRequest {
    AccessRequest {
        service: SERVICE,
        organisation: city(ESPOO),
        expires: NOW + 60,
        issued: NOW,
        cti: Cti::new([1; 16]),
        confirmation: Thumbprint::of(&key(90).public_key()),
        items: vec![Ask {
            record_type: "child-health".parse().unwrap(),
            required: vec!["allergies".parse().unwrap()],
            optional: vec![],
            required_predicates: vec![],
            optional_predicates: vec![],
        }],
        purpose: "dpv:ServiceProvision".parse().unwrap(),
        retention_secs: 60,
        validity_secs: 60,
        reason: Words::new("a", "b", "c").unwrap(),
        holders: None,
        depth: 0,
        delegatees: vec![],
    }
}

pub(crate) fn item(holder: u8, number: u16) -> FetchItem {
    let grant = HeldGrant::of_chain(&[grant(holder, number)]).unwrap();
    FetchItem { wanted: grant.everything(), grant }
}

/// What the small node sends as the data of the pod with this number.
pub(crate) fn data(number: u16) -> Value {
    let record = Value::Map([("allergies".to_owned(), Value::Int(i64::from(number)))].into());
    Value::Map([("child-health".to_owned(), Value::Array(vec![record]))].into())
}

/// A honest answer: the number of each pod as its data, in the order of the chain ids that `numbers` knows.
pub(crate) fn answer(
    holder: u8,
    request: &Signed<Request>,
    outcomes: Vec<Result<Value, pod_protocol::Outward>>,
) -> Answer {
    let (salt, claims) = ([3; 16], request.unverified());
    let items: Vec<ItemAnswer> = outcomes
        .into_iter()
        .map(|outcome| match outcome {
            Ok(data) => ItemAnswer::Released { salt, data: data.to_cbor() },
            Err(outward) => ItemAnswer::Refused(outward),
        })
        .collect();
    let receipt = Receipt {
        issuer: city(holder),
        audience: claims.issuer,
        issued: NOW,
        request: request.id(),
        items: items.iter().zip(&claims.items).map(|(answer, asked)| receipt_item(answer, asked)).collect(),
        tree_size: 1,
        tree_root: [0; 32],
    };
    Answer { receipt: Verified::sign(&key(holder), receipt).bytes().to_vec(), items }
}

fn receipt_item(answer: &ItemAnswer, asked: &pod_protocol::request::RequestItem) -> ReceiptItem {
    let (outcome, released, digest) = match answer {
        ItemAnswer::Released { salt, data } => (Outcome::Released, asked.wanted.clone(), Some(data_digest(salt, data))),
        ItemAnswer::Refused(outward) => (Outcome::Refused(*outward), vec![], None),
    };
    ReceiptItem { leaf: *asked.chain.last().unwrap(), outcome, released, digest, audit_index: 0 }
}

/// Every call that a node got, decoded.
pub(crate) type Seen = Arc<Mutex<Vec<Call>>>;

pub(crate) fn signed(call: &Call) -> Signed<Request> {
    Signed::decode(&call.request).unwrap()
}

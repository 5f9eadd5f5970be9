//! A directory and a blinder of our own, which come and go as a story wants, at the same address.
#![allow(dead_code, reason = "the measurement shares this file and needs less of it")]

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use pod_crypto::blind::{BlinderKey, Blinding};
use pod_crypto::{SystemRandom, random_array};
use pod_http::{
    Client, ClientLimits, ClientProtocol, Limits, Origin, RootCertificates, Server, ServerConfig, ServerHandle,
    Service, refuse_key_log,
};
use pod_protocol::blind_request::{BlindAnswer, BlindRequest};
use pod_protocol::codec::{Cbor, Limits as CborLimits, decode, encode};
use pod_protocol::holder_entry::{HolderEntry, HolderHandle, blind_info, tag_and_key};
use pod_protocol::ids::{Cti, Principal};
use pod_protocol::statement::{Membership, Role};
use pod_protocol::tlog::leaf::Body;
use pod_protocol::{Signed, Verified};
use pod_server::upkeep::{Blinder, BlinderConfig, DirectoryConfig};
use pod_server::view::RevocationBound;

use crate::city::{CITIES, START_SECS, key, principal, seed};
use crate::log::{self, Log, SharedLog, Signer};

/// How long a condition may take to come true: far more than it ever does.
const PATIENCE: Duration = Duration::from_secs(30);
pub(crate) const EPOCH: u16 = 3;

pub(crate) fn client() -> Client {
    Client::new(RootCertificates::none(), ClientProtocol::Http1, ClientLimits::default()).unwrap()
}

/// Waits until something is so.
pub(crate) async fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let mut ticks = tokio::time::interval(Duration::from_millis(5));
    let waiting = async {
        while !is_so() {
            ticks.tick().await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "{what}");
}

/// The statement of the trust anchor that a city is a holder, signed at `issued`.
pub(crate) fn membership(name: &str, issued: u64, suspended: bool) -> Vec<u8> {
    let membership = Membership { suspended, ..statement(name, issued, Role::Holder) };
    Verified::sign(&key("anchor"), membership).bytes().to_vec()
}

/// The statement of the trust anchor that somebody has this role.
pub(crate) fn member(name: &str, role: Role) -> Vec<u8> {
    Verified::sign(&key("anchor"), statement(name, START_SECS, role)).bytes().to_vec()
}

fn statement(name: &str, issued: u64, role: Role) -> Membership {
    Membership {
        issuer: principal("anchor"),
        subject: principal(name),
        expires: issued + 300 * 86_400,
        issued,
        cti: Cti::new(random_array(&SystemRandom)),
        name: name.parse().unwrap(),
        keys: vec![key(name).public_key()],
        roles: vec![role],
        depth: 0,
        suspended: false,
    }
}

pub(crate) async fn serve(socket: &Path, router: Router) -> ServerHandle {
    let listen = vec![format!("unix:{}", socket.display()).parse().unwrap()];
    let config = ServerConfig { listen, certificate: None, limits: Limits::default() };
    let server = Server::bind(config, refuse_key_log(|_| None).unwrap()).await.unwrap();
    server.serve(Service::new(router, || random_array(&SystemRandom)))
}

/// What the directory was asked and told.
#[derive(Default)]
pub(crate) struct Told {
    /// The statements of others than the directory's member itself.
    pub(crate) statements: Vec<Vec<u8>>,
    /// That of the directory's member.
    own: Option<Vec<u8>>,
    /// The whole copy that was sent last.
    last_copy: Vec<u8>,
    pub(crate) whole_copies: usize,
    /// How often a head said what the whole copy before it had.
    pub(crate) unchanged: usize,
    pub(crate) entries: Vec<Verified<HolderEntry>>,
    /// What goes on while it thinks about an answer with the registry.
    pub(crate) meanwhile: Option<Box<dyn Fn() + Send>>,
    /// Whether it answers 503 instead of the registry.
    pub(crate) overloaded: bool,
    /// How often it did.
    pub(crate) asked_in_vain: usize,
    /// What it answers instead of taking entries.
    pub(crate) refusing: Option<StatusCode>,
    /// How often it did.
    pub(crate) refused: usize,
    /// It has no room for entries whose tag begins with less than this.
    pub(crate) full_below: u8,
    /// It says that it took those whose tag begins with less than this, and does not log them.
    pub(crate) drops_below: u8,
    /// How often it did.
    pub(crate) dropped: usize,
}

pub(crate) struct Directory {
    socket: PathBuf,
    told: Arc<Mutex<Told>>,
    log: SharedLog,
    server: Option<ServerHandle>,
}

/// What the handlers work on.
#[derive(Clone)]
struct Shown {
    told: Arc<Mutex<Told>>,
    log: SharedLog,
}

impl Directory {
    pub(crate) fn away(folder: &Path) -> Self {
        let origin = Signer { principal: principal("directory"), seed: seed("directory") };
        let log = Arc::new(Mutex::new(Log::new(origin, Vec::new())));
        Self { socket: folder.join("directory.sock"), told: Arc::default(), log, server: None }
    }

    pub(crate) async fn answers(&mut self) {
        let router = Router::new()
            .route("/v1/registry", get(registry))
            .route("/v1/entries", post(entries))
            .with_state(self.shown())
            .merge(log::routes(&self.log))
            .layer(axum::middleware::from_fn_with_state(self.shown(), publish));
        self.server = Some(serve(&self.socket, router).await);
    }

    fn shown(&self) -> Shown {
        Shown { told: Arc::clone(&self.told), log: Arc::clone(&self.log) }
    }

    pub(crate) async fn goes_away(&mut self) {
        self.server.take().unwrap().drain().await;
    }

    pub(crate) fn told<T>(&self, look: impl FnOnce(&mut Told) -> T) -> T {
        look(&mut self.told.lock().unwrap())
    }

    pub(crate) fn config(&self) -> DirectoryConfig {
        DirectoryConfig {
            url: Origin::unix(&self.socket),
            mirrors: Vec::new(),
            witnesses: 0,
            witness: true,
            evidence: None,
            refresh: Duration::from_millis(10),
            revocation_bound: RevocationBound::default(),
            publish: Duration::from_millis(10),
            entry_lifetime_days: 90,
        }
    }

    /// What a wallet that knows the identity code finds, as the directory stands now.
    pub(crate) fn found(&self, blinder: &BlinderKey, code: &str, holder: &Principal) -> Option<HolderHandle> {
        let (blinding, blinded) = Blinding::blind(code.as_bytes(), &SystemRandom).unwrap();
        let info = blind_info(holder, EPOCH);
        let evaluation = blinder.evaluate(&blinded, &info, &SystemRandom).unwrap();
        let output = blinding.finalize(&info, &evaluation, &blinder.public()).unwrap();
        let (tag, key) = tag_and_key(&output);
        let newest = |told: &mut Told| told.entries.iter().rfind(|entry| entry.tag == tag).cloned();
        let sealed = self.told(newest)?.sealed.clone()?;
        Some(HolderHandle::open(&key, holder, &tag, &sealed).unwrap())
    }
}

/// Has the log say what the statements are now, before anything is answered.
async fn publish(State(shown): State<Shown>, request: axum::extract::Request, next: Next) -> Response {
    {
        let (mut told, mut log) = (shown.told.lock().unwrap(), shown.log.lock().unwrap());
        if let Some(meanwhile) = told.meanwhile.as_ref().filter(|_| request.uri().path() == "/v1/log/head") {
            meanwhile();
        }
        if told.overloaded && request.uri().path() != "/v1/entries" {
            told.asked_in_vain += 1;
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        let own = statement("directory", START_SECS - 86_400, Role::Directory);
        let own = Verified::sign(&key("anchor"), own);
        let own = told.own.get_or_insert_with(|| own.bytes().to_vec()).clone();
        let statements = std::iter::once(own).chain(told.statements.iter().cloned()).map(Cbor::Bytes);
        let snapshot = encode(&Cbor::Array(statements.collect()));
        if log.snapshot != snapshot {
            log.publish(snapshot, START_SECS);
        } else if request.uri().path() == "/v1/log/head" && told.last_copy == log.snapshot {
            told.unchanged += 1;
        }
    }
    next.run(request).await
}

async fn registry(State(shown): State<Shown>) -> Response {
    let mut told = shown.told.lock().unwrap();
    told.whole_copies += 1;
    told.last_copy = shown.log.lock().unwrap().snapshot.clone();
    told.last_copy.clone().into_response()
}

async fn entries(State(shown): State<Shown>, body: Bytes) -> Response {
    let mut told = shown.told.lock().unwrap();
    if let Some(refusing) = told.refusing {
        told.refused += 1;
        return refusing.into_response();
    }
    let limits = CborLimits { bytes: 256 * 1024, depth: 1, items: 256 };
    let decoded = decode(&body, limits).unwrap().into_array().unwrap().into_iter();
    let entries: Vec<_> =
        decoded.map(|entry| Signed::<HolderEntry>::decode(&entry.into_bytes().unwrap()).unwrap()).collect();
    let full = entries.iter().enumerate().filter(|(_, entry)| entry.unverified().tag[0] < told.full_below);
    let pointers: Vec<String> = full.map(|(index, _)| format!("/{index}")).collect();
    if !pointers.is_empty() {
        told.refused += 1;
        let problem = serde_json::json!({ "code": "bucket-full", "pointer": pointers[0], "pointers": pointers });
        let headers = [(axum::http::header::CONTENT_TYPE, pod_http::PROBLEM_MEDIA_TYPE)];
        return (StatusCode::INSUFFICIENT_STORAGE, headers, problem.to_string()).into_response();
    }
    let (mut log, mut places) = (shown.log.lock().unwrap(), Vec::new());
    for signed in entries {
        let signer = CITIES.map(key).map(|key| key.public_key());
        let signer = signer.iter().find(|key| pod_protocol::ids::Thumbprint::of(key).kid() == signed.kid()).unwrap();
        let entry = signed.verify(signer).unwrap();
        if entry.tag[0] < told.drops_below {
            told.dropped += 1;
            places.push(Some(0));
            continue;
        }
        // As the real one: what is not newer changes nothing.
        let is_newer = told.entries.iter().all(|held| held.tag != entry.tag || held.issued < entry.issued);
        places.push(is_newer.then(|| log.put(START_SECS, Body::HolderEntry(entry.bytes().to_vec()))));
        if is_newer {
            told.entries.push(entry);
        }
    }
    let snapshot = log.snapshot.clone();
    log.publish(snapshot, START_SECS);
    log::placed(&places, log.leaves.len())
}

/// A blinder, and how many inputs it was asked.
pub(crate) struct FakeBlinder {
    socket: PathBuf,
    pub(crate) key: Arc<BlinderKey>,
    asked: Arc<Mutex<Vec<usize>>>,
    server: Option<ServerHandle>,
}

impl FakeBlinder {
    pub(crate) fn away(folder: &Path) -> Self {
        let key = Arc::new(BlinderKey::from_seed(&seed("blinder")).unwrap());
        Self { socket: folder.join("blinder.sock"), key, asked: Arc::default(), server: None }
    }

    pub(crate) async fn answers(&mut self) {
        let (key, asked) = (Arc::clone(&self.key), Arc::clone(&self.asked));
        let evaluate = move |body: Bytes| {
            let (key, asked) = (Arc::clone(&key), Arc::clone(&asked));
            async move { evaluate(&key, &asked, &body) }
        };
        self.server = Some(serve(&self.socket, Router::new().route("/v1/evaluate", post(evaluate))).await);
    }

    /// How many inputs each request had.
    pub(crate) fn asked(&self) -> Vec<usize> {
        self.asked.lock().unwrap().clone()
    }

    /// As an importer calls it; `public` is the key that the configuration has.
    pub(crate) fn configured(&self, public: [u8; 32], epoch: u16) -> Blinder {
        let url = Origin::unix(&self.socket);
        Blinder::new(BlinderConfig { url, principal: principal("blinder"), public, epoch }, client())
    }

    pub(crate) fn right(&self) -> Blinder {
        self.configured(self.key.public(), EPOCH)
    }
}

fn evaluate(blinder: &BlinderKey, asked: &Mutex<Vec<usize>>, body: &[u8]) -> Vec<u8> {
    let signed = Signed::<BlindRequest>::decode(body).unwrap();
    let name = CITIES.into_iter().find(|name| signed.unverified().issuer == principal(name)).unwrap();
    let request = signed.verify(&key(name).public_key()).unwrap();
    request.check(&principal("blinder"), START_SECS).unwrap();
    asked.lock().unwrap().push(request.inputs.len());
    let info = blind_info(&request.issuer, request.epoch);
    let one = |input| blinder.evaluate(input, &info, &SystemRandom).unwrap();
    BlindAnswer { evaluations: request.inputs.iter().map(one).collect() }.to_bytes()
}

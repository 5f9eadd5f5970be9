//! A city's node on loopback with a family in its registers, and a login provider beside it.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use demo_provider::{ClientKind, DemoClient, DemoProvider, ProviderConfig};
use pod_audit::LogConfig;
use pod_crypto::{SeededRandom, SigningKey, SystemRandom};
use pod_http::{
    Client, ClientLimits, ClientProtocol, HeaderValue, Limits, Origin, Request, Response, RootCertificates, Server,
    ServerConfig, ServerHandle, Service, header, refuse_key_log,
};
use pod_import::Catalogue;
use pod_protocol::ids::{PodId, Principal};
use pod_protocol::registry::Anchor;
use pod_protocol::value::Value as Fields;
use pod_server::Clock;
use pod_server::enrolment::{DEFAULT_IDENTITY_CODE_CLAIM, Enrolment, OidcConfig, router};
use pod_server::node::{Node, NodeParts};
use pod_server::view::RevocationBound;
use pod_store::{MemoryStore, Store};
use pod_vault::{NodeKeys, RecordDraft, Vault};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::wallet::Wallet;

pub(super) const NODE: Principal = Principal::new([5; 32]);
pub(super) const NOW_SECS: u64 = 1_780_000_000;
pub(super) const CLIENT_ID: &str = "helsinki";
pub(super) const SECRET: &str = "a secret: with + and %, of 32 characters or more";

/// A mother with a pod of her own.
pub(super) const AINO: &str = "131052-308T";
/// Her child, born on 1 May 2016.
pub(super) const EETU: &str = "010516A903X";
/// The father: no pod here.
pub(super) const FATHER: &str = "010190-907X";
/// Nobody whom the city knows.
pub(super) const STRANGER: &str = "020202A902H";

/// When Eetu turns 18.
pub(super) const EETU_18_SECS: u64 = 2_030_043_600;

/// A server that has an address and does not serve yet.
pub(super) struct Bound {
    server: Server,
    pub(super) address: String,
}

impl Bound {
    pub(super) async fn new() -> Self {
        let listen = vec!["http://127.0.0.1:0".parse().unwrap()];
        let config = ServerConfig { listen, certificate: None, limits: Limits::default() };
        let server = Server::bind(config, refuse_key_log(|_| None).unwrap()).await.unwrap();
        let address = server.addresses()[0].to_string();
        Self { server, address }
    }

    pub(super) fn serve(self, router: Router) -> ServerHandle {
        self.server.serve(Service::new(router, || [7; 16]))
    }
}

/// The node's side, before a provider is there.
pub(super) struct Site {
    pub(super) directory: TempDir,
    bound: Bound,
    pub(super) redirect_url: String,
}

impl Site {
    pub(super) async fn new() -> Self {
        let bound = Bound::new().await;
        let redirect_url = format!("{}/v1/enrolments/callback", bound.address);
        Self { directory: TempDir::new().unwrap(), redirect_url, bound }
    }

    /// The node's configuration for a provider.
    pub(super) fn config(&self, issuer: &str) -> OidcConfig {
        config(self.directory.path(), issuer, &self.redirect_url)
    }

    /// Opens the node, with the family in its vault, and serves.
    pub(super) fn open(self, config: &OidcConfig, clock: Clock) -> World {
        let keys = || NodeKeys::generate(&SeededRandom::new([1; 32]));
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new(&pod_server::tables()).unwrap());
        let vault = Vault::open(Arc::clone(&store), keys(), Arc::new(SystemRandom)).unwrap();
        register_family(&vault);
        let node = open_node(store, keys(), self.directory.path(), Arc::clone(&clock));
        let enrolment = Enrolment::open(Arc::clone(&node), config).unwrap();
        let origin = self.bound.address.parse().unwrap();
        World {
            node,
            vault,
            clock,
            client: Client::new(RootCertificates::none(), ClientProtocol::Http1, ClientLimits::default()).unwrap(),
            origin,
            _server: self.bound.serve(router(&enrolment)),
            _directory: self.directory,
        }
    }
}

/// A node that serves enrolments, and a browser.
pub(super) struct World {
    pub(super) node: Arc<Node>,
    pub(super) vault: Vault,
    clock: Clock,
    client: Client,
    origin: Origin,
    _server: ServerHandle,
    _directory: TempDir,
}

/// A world with the demonstration provider, whose time is moved by hand.
pub(super) struct Demo {
    pub(super) world: World,
    pub(super) now: Arc<AtomicU64>,
    _provider: ServerHandle,
}

impl std::ops::Deref for Demo {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Demo {
    pub(super) async fn new() -> Self {
        let site = Site::new().await;
        let provider_bound = Bound::new().await;
        let (now, clock) = hand_clock();
        let provider = DemoProvider::new(ProviderConfig {
            issuer: provider_bound.address.clone(),
            clients: vec![DemoClient {
                client_id: CLIENT_ID.to_owned(),
                kind: ClientKind::Node { secret: SECRET.to_owned() },
                redirect_urls: vec![site.redirect_url.clone()],
            }],
            people: Vec::new(),
            sub_key: [3; 32],
            clock: Arc::clone(&clock),
            random: Arc::new(SystemRandom),
        })
        .unwrap();
        let config = site.config(&provider_bound.address);
        let _provider = provider_bound.serve(provider.router());
        Self { world: site.open(&config, clock), now, _provider }
    }

    pub(super) fn set_time(&self, secs: u64) {
        self.now.store(secs, Ordering::Relaxed);
    }

    /// The whole way: begins, logs in, comes back, and types the code that the page shows.
    pub(super) async fn enrol(&self, wallet: &Wallet, identity_code: &str) -> Value {
        let begun = self.begin(wallet).await;
        let page = self.logged_in(&begun, identity_code).await;
        self.confirmed(&begun, &page).await
    }

    /// Logs in and comes back; gives the page.
    pub(super) async fn logged_in(&self, begun: &Value, identity_code: &str) -> Response {
        let page = self.open_page(&self.log_in(begun, identity_code).await).await;
        assert_eq!(page.status, 200);
        page
    }

    /// Logs in at the provider; gives the address to which the browser is sent back.
    pub(super) async fn log_in(&self, begun: &Value, identity_code: &str) -> String {
        let form = form_urlencoded::Serializer::new(String::new()).append_pair("identity_code", identity_code).finish();
        let (origin, path) = Origin::of_url(begun["authorization_url"].as_str().unwrap()).unwrap();
        let request = Request::post(path, "application/x-www-form-urlencoded", form);
        let response = self.world.client.send(&origin, request).await.unwrap();
        assert_eq!(response.status, 303);
        response.headers[header::LOCATION].to_str().unwrap().to_owned()
    }
}

impl World {
    pub(super) fn now_secs(&self) -> u64 {
        (self.clock)()
    }

    pub(super) async fn post(&self, body: impl Into<pod_http::Bytes>) -> Response {
        self.client.send(&self.origin, Request::post("/v1/enrolments", "application/json", body)).await.unwrap()
    }

    pub(super) async fn get(&self, path: &str, language: &'static str) -> Response {
        let request = Request::get(path).with_header(header::ACCEPT_LANGUAGE, HeaderValue::from_static(language));
        self.client.send(&self.origin, request).await.unwrap()
    }

    /// Begins an enrolment.
    pub(super) async fn begin(&self, wallet: &Wallet) -> Value {
        let response = self.post(wallet.body().to_string()).await;
        assert_eq!(response.status, 200, "{:?}", response.body);
        serde_json::from_slice(&response.body).unwrap()
    }

    /// Opens an address of the node in the browser.
    pub(super) async fn open_page(&self, url: &str) -> Response {
        let (origin, path) = Origin::of_url(url).unwrap();
        assert_eq!(origin, self.origin);
        self.get(&path, "en").await
    }

    pub(super) async fn status(&self, begun: &Value) -> Value {
        let path = format!("/v1/enrolments/{}", begun["enrolment"].as_str().unwrap());
        let response = self.get(&path, "en").await;
        assert_eq!(response.status, 200, "{:?}", response.body);
        serde_json::from_slice(&response.body).unwrap()
    }

    /// Sends a code to a wallet's enrolment.
    pub(super) async fn send_code(&self, begun: &Value, code: &str) -> Response {
        let path = format!("/v1/enrolments/{}/confirmation", begun["enrolment"].as_str().unwrap());
        let body = json!({ "code": code }).to_string();
        self.client.send(&self.origin, Request::post(path, "application/json", body)).await.unwrap()
    }

    /// Types the code of the page, and tells how it stands then.
    pub(super) async fn confirmed(&self, begun: &Value, page: &Response) -> Value {
        let response = self.send_code(begun, &code_on(page).unwrap()).await;
        assert_eq!(response.status, 200, "{:?}", response.body);
        serde_json::from_slice(&response.body).unwrap()
    }

    /// The pod of somebody, as a status names it.
    pub(super) fn pod(&self, identity_code: &str) -> String {
        self.vault.find(identity_code).unwrap().unwrap().to_string()
    }
}

/// The code of a problem document.
pub(super) fn code(response: &Response) -> String {
    response.problem().unwrap().code.unwrap()
}

/// The code that a page shows; none when it shows none.
pub(super) fn code_on(page: &Response) -> Option<String> {
    let html = std::str::from_utf8(&page.body).unwrap();
    let (_, behind) = html.split_once("<output id=\"code\">")?;
    Some(behind.split_once("</output>").unwrap().0.to_owned())
}

pub(super) fn refused(code: &str) -> Value {
    json!({ "status": "refused", "code": code })
}

/// The members of the query of an address.
pub(super) fn query(url: &str) -> HashMap<String, String> {
    form_urlencoded::parse(url.split_once('?').unwrap().1.as_bytes()).into_owned().collect()
}

/// A clock that stands until it is moved.
pub(super) fn hand_clock() -> (Arc<AtomicU64>, Clock) {
    let now = Arc::new(AtomicU64::new(NOW_SECS));
    let read = Arc::clone(&now);
    (now, Arc::new(move || read.load(Ordering::Relaxed)))
}

pub(super) fn config(directory: &Path, issuer: &str, redirect_url: &str) -> OidcConfig {
    let client_secret_file = directory.join("oidc-secret");
    fs::write(&client_secret_file, format!("{SECRET}\n")).unwrap();
    fs::set_permissions(&client_secret_file, fs::Permissions::from_mode(0o600)).unwrap();
    OidcConfig {
        issuer: issuer.to_owned(),
        client_id: CLIENT_ID.to_owned(),
        client_secret_file,
        redirect_url: redirect_url.to_owned(),
        identity_code_claim: DEFAULT_IDENTITY_CODE_CLAIM.to_owned(),
        accepted_loa: vec!["substantial".to_owned(), "high".to_owned()],
        scopes: vec!["openid".to_owned()],
        root_certificates: Vec::new(),
    }
}

fn open_node(store: Arc<dyn Store>, keys: NodeKeys, directory: &Path, clock: Clock) -> Arc<Node> {
    let key = Arc::new(SigningKey::from_seed(&[6; 32]));
    let catalogue = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/pod-import/catalogues/helsinki.toml");
    let parts = NodeParts {
        principal: NODE,
        key: Arc::clone(&key),
        previous_keys: Vec::new(),
        store,
        keys,
        log: LogConfig { segment_bytes: 64 * 1024, ..LogConfig::new(directory.join("log"), NODE, key) },
        anchor: Anchor { principal: Principal::new([8; 32]), key: SigningKey::from_seed(&[8; 32]).public_key() },
        catalogue: Arc::new(Catalogue::load(&catalogue).unwrap()),
        origins: Arc::from(["https://node.example".to_owned()]),
        revocation_bound: RevocationBound::default(),
        clock,
        monotonic: Arc::new(|| 0),
        thread_cpu: None,
        random: Arc::new(SystemRandom),
        machine: pod_http::Machine::this(),
    };
    Arc::new(Node::open(parts).unwrap())
}

fn register_family(vault: &Vault) {
    let mut batch = vault.write(NOW_SECS);
    let (aino, eetu) = (batch.pod(AINO).unwrap(), batch.pod(EETU).unwrap());
    let residence = "residence".parse().unwrap();
    let mut name = |pod: &PodId, called_name: &str| {
        let fields = Fields::from_json(&json!({ "called_name": called_name, "family_name": "Niemi" })).unwrap();
        let draft = RecordDraft { record_type: &residence, record_id: "1", source: "residents", fields: &fields };
        batch.put_record(pod, draft).unwrap();
    };
    name(&aino, "Aino");
    name(&eetu, "Eetu");
    batch.set_guardians(&eetu, "2016-05-01", &[AINO, FATHER]).unwrap();
    batch.commit().unwrap();
}

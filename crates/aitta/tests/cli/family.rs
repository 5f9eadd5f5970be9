//! One city, one citizen, one service, made with the commands that people type; and calls to the node from this process.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use demo_provider::{ClientKind, DemoClient, DemoPerson, DemoProvider, LOA, ProviderConfig};
use pod_client::directory::DirectoryClient;
use pod_client::node::NodeClient;
use pod_client::service::{FetchItem, HeldGrant, ServiceIdentity, sign_call};
use pod_client::{Bound, CallError, Caller, Way};
use pod_crypto::{PublicKey, SystemRandom};
use pod_http::{
    CertificateFiles, Client, ClientLimits, ClientProtocol, Limits, RootCertificates, Server, ServerConfig,
    ServerHandle,
};
use pod_net::{Allow, Net, NetConfig, NetLimits, Relaying};
use pod_protocol::answer::{ItemAnswer, Receipt, check_against_receipt};
use pod_protocol::cose::{Signed, Verified};
use pod_protocol::field::Purpose;
use pod_protocol::ids::{ObjectId, from_base64url};
use pod_protocol::registry::{Anchor, Registry};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::world::{Daemon, World, aitta, command, repository};

/// Somebody of the sample registers whom Helsinki knows. Nobody has this identity code.
pub const CITIZEN: (&str, &str) = ("Jouko Lähteenmäki", "240999-900A");
/// Somebody else whom Helsinki knows.
pub const NEIGHBOUR: (&str, &str) = ("Knut Jonsson", "050157-9103");
pub const SECRET: &str = "a secret between the node and the login provider";
/// How often a node is asked whether it is ready: it is within a second, and an answer takes a millisecond.
const MOST_ASKED: usize = 100_000;
pub const PURPOSE: &str = "dpv:ServiceProvision";
const ASK: &str = r#"
purpose = "dpv:ServiceProvision"
retention_days = 30
validity_days = 30
reason = { fi = "Nimilaput.", sv = "Namnskyltar.", en = "Name tags." }

[[ask]]
type = "residence"
required = ["called_name"]
"#;

pub struct Family {
    pub world: World,
    pub runtime: Runtime,
    node_url: String,
    issuer: String,
    service: Option<InProcess>,
    directory: Daemon,
    _provider: ServerHandle,
}

/// The service's side in this process.
#[derive(Clone)]
pub struct InProcess {
    pub caller: Caller,
    pub registry: Arc<Registry>,
    identity: Arc<ServiceIdentity>,
}

pub fn free_url() -> String {
    format!("http://127.0.0.1:{}", demo_provider::free_port().unwrap())
}

#[expect(clippy::disallowed_methods, reason = "a test of whole processes lives in real time")]
pub fn now_secs() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

fn text(json: &Value, pointer: &str) -> String {
    json.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {json}")).to_owned()
}

/// Whom the registry begins with, and where the directory is, as a `federation.toml` says it.
pub fn anchor_of(federation: &Path) -> (Anchor, String) {
    let federation: toml::Table = std::fs::read_to_string(federation).unwrap().parse().unwrap();
    let of = |key: &str| federation[key].as_str().unwrap();
    let key = from_base64url(of("anchor_key")).unwrap().try_into().unwrap();
    let anchor = Anchor { principal: of("anchor").parse().unwrap(), key: PublicKey::register(&key).unwrap() };
    (anchor, of("directory").to_owned())
}

impl Family {
    /// Makes and starts everybody but the node; `serve_node` starts that.
    pub fn begin() -> (Self, Daemon) {
        let world = World::empty();
        let (node_url, issuer) = (free_url(), free_url());
        let runtime = Runtime::new().unwrap();
        let provider = runtime.block_on(start_provider(&issuer, &node_url, None));
        world.init_directory();
        let directory = world.serve("directory");
        world.directory_is_at(&directory.address);
        let mut init = world.node_init_args("node");
        for (from, to) in [("http://127.0.0.1:3", &node_url), ("http://127.0.0.1:0", &node_url)] {
            init.iter_mut().filter(|argument| *argument == from).for_each(|argument| to.clone_into(argument));
        }
        let blinder = init.iter().position(|argument| argument == "--blinder").unwrap();
        init.drain(blinder..blinder + 2);
        let port = free_url().rsplit_once(':').unwrap().1.to_owned();
        for p2p in [format!("/ip4/127.0.0.1/udp/{port}/quic-v1"), format!("/ip4/127.0.0.1/tcp/{port}")] {
            init.extend(["--p2p".to_owned(), p2p]);
        }
        aitta(&init).done();
        world.write("node/keys/oidc.secret", SECRET);
        world.set_mode("node/keys/oidc.secret", 0o600);
        let mut family = Self { world, runtime, node_url, issuer, service: None, directory, _provider: provider };
        family.admit_and_import();
        family.make_service();
        let node = family.serve_node();
        family.make_wallet();
        family.service = Some(family.in_process());
        (family, node)
    }

    /// The trust anchor's key file.
    pub fn anchor_key(&self) -> String {
        self.world.path("directory/offline/anchor.key")
    }

    fn admit(&self, folder: &str) {
        let request = self.world.path(&format!("{folder}/membership-request.json"));
        let federation = self.world.path("directory/federation.toml");
        aitta(&["directory", "admit", &request, "--federation", &federation, "--anchor-key", &self.anchor_key()])
            .done();
    }

    /// A member more, with a folder by its name and a catalogue of ours. It does not serve, and has published nothing.
    pub fn admit_member(&self, name: &str, names: &str, catalogue: &str, url: &str) {
        let (folder, federation) = (self.world.path(name), self.world.path("directory/federation.toml"));
        let catalogue = repository().join("crates/pod-import/catalogues").join(catalogue);
        let mut init = vec!["node", "init", &folder, "--name", name, "--names", names, "--url", url, "--listen", url];
        init.extend(["--federation", &federation, "--catalogue", catalogue.to_str().unwrap()]);
        aitta(&init).done();
        self.admit(name);
    }

    fn admit_and_import(&self) {
        self.admit("node");
        let residents = repository().join("demo/registers/helsinki/residents.csv");
        aitta(&["import", "--config", &self.world.path("node/node.toml"), residents.to_str().unwrap()]).done();
    }

    fn make_service(&self) {
        let folder = self.world.path("service");
        let federation = self.world.path("directory/federation.toml");
        let service = |more: &[&str]| aitta(&[&["service", "--service", &folder], more].concat()).done();
        service(&["init", "--federation", &federation, "--organisation", "helsinki"]);
        let services = self.world.path("node/services.toml");
        let mut register = vec!["register", "--services", &services, "--names", "Nimi,Namn,Names"];
        register.extend(["--purpose", PURPOSE, "--max-retention-days", "30", "--fields", "residence:called_name"]);
        service(&register);
        aitta(&["node", "publish-profile", "--profile", &self.world.path("node/profile.toml")]).done();
    }

    fn make_wallet(&self) {
        let federation = self.world.path("directory/federation.toml");
        self.wallet(&["init", "--federation", &federation]);
        let code = self.world.write("code", CITIZEN.1);
        self.world.set_mode("code", 0o600);
        self.wallet(&["enrol", "helsinki", "--login-as", &code]);
    }

    /// Where the node answers.
    pub fn node_url(&self) -> &str {
        &self.node_url
    }

    /// The directory's process.
    pub fn directory_id(&self) -> u32 {
        self.directory.id()
    }

    /// Starts the node, at the address that the registry names.
    pub fn serve_node(&self) -> Daemon {
        let (config, secret) = (self.world.path("node/node.toml"), self.world.path("node/keys/oidc.secret"));
        let settings = [
            format!("oidc.issuer={}", self.issuer),
            "oidc.client_id=helsinki".to_owned(),
            format!("oidc.client_secret_file={secret}"),
            format!("oidc.redirect_url={}/v1/enrolments/callback", self.node_url),
            format!("oidc.accepted_loa={LOA}"),
            "directory.refresh_secs=1".to_owned(),
        ];
        let mut args = vec!["node", "serve", "--json", "--config", &config];
        settings.iter().for_each(|setting| args.extend(["--set", setting]));
        let node = Daemon::start(command(&args));
        // Ready once it has fetched the registry: without one it knows no service.
        let ready = (0..MOST_ASKED).any(|_| node.get("/readiness").0 == 200);
        assert!(ready, "{:?}", node.get("/readiness"));
        node
    }

    fn wallet(&self, args: &[&str]) {
        let folder = self.world.path("wallet");
        aitta(&[&["wallet", "--wallet", &folder, "--json"], args].concat()).done();
    }

    /// The service asks; the id of its access request.
    pub fn ask(&self) -> ObjectId {
        let (folder, ask) = (self.world.path("service"), self.world.write("ask.toml", ASK));
        let asked = aitta(&["service", "--service", &folder, "--json", "ask", &ask]).done().json();
        text(&asked, "/request").parse().unwrap()
    }

    pub fn service(&self) -> &InProcess {
        self.service.as_ref().unwrap()
    }

    fn in_process(&self) -> InProcess {
        let http = Client::new(RootCertificates::none(), ClientProtocol::default(), ClientLimits::default()).unwrap();
        let caller = Caller { http, net: None, random: Arc::new(SystemRandom), clock: Arc::new(now_secs) };
        let (anchor, directory) = anchor_of(self.world.path("directory/federation.toml").as_ref());
        let directory = DirectoryClient::new(&caller, &directory).unwrap();
        let copy = self.runtime.block_on(directory.registry(&anchor, None)).unwrap();
        InProcess::open(self.world.path("service").as_ref(), caller, copy.registry)
    }
}

impl InProcess {
    /// Of a folder that `aitta service init` made.
    pub fn open(folder: &Path, caller: Caller, registry: Registry) -> Self {
        let description: toml::Table = std::fs::read_to_string(folder.join("service.toml")).unwrap().parse().unwrap();
        let identity = ServiceIdentity {
            principal: description["principal"].as_str().unwrap().parse().unwrap(),
            organisation: description["organisation"].as_str().unwrap().parse().unwrap(),
            key: pod_server::key_file::read(&folder.join("key")).unwrap(),
        };
        Self { caller, registry: Arc::new(registry), identity: Arc::new(identity) }
    }

    /// The same service, which calls over libp2p where it can.
    pub async fn over_libp2p(mut self, limits: NetLimits) -> Self {
        let members: HashSet<[u8; 32]> = self.registry.peer_keys().collect();
        let allow: Allow = Arc::new(move |key| members.contains(key));
        let relaying = Relaying::default();
        let config = NetConfig { key: &self.identity.key, listen: &[], allow, handler: None, relaying, limits };
        let net = Net::start(config, pod_net::refuse_key_log(|_| None).unwrap()).await.unwrap();
        self.caller.net = Some(Arc::new(net));
        self
    }

    /// One call, with an item for each of these grants. The node must have them: none is sent along.
    pub async fn fetch(&self, grants: &[HeldGrant]) -> Result<(Vec<ItemAnswer>, Verified<Receipt>), CallError> {
        let (answers, receipt, _) = self.fetch_some_way(grants).await?;
        Ok((answers, receipt))
    }

    /// The same, with what carried it.
    pub async fn fetch_some_way(
        &self,
        grants: &[HeldGrant],
    ) -> Result<(Vec<ItemAnswer>, Verified<Receipt>, Way), CallError> {
        let item = |grant: &HeldGrant| FetchItem { grant: grant.clone(), wanted: grant.everything() };
        let items: Vec<FetchItem> = grants.iter().map(item).collect();
        let items: Vec<&FetchItem> = items.iter().collect();
        let purpose: Purpose = PURPOSE.parse().unwrap();
        let node = NodeClient::find(&self.caller, &self.registry, &grants[0].holder())?;
        let make = |bound: &Bound| sign_call(&self.caller, &self.identity, &items, &purpose, false, bound);
        let (answer, request, carried) = node.call(make).await?;
        let receipt = Signed::<Receipt>::decode(&answer.receipt).unwrap();
        let receipt = self.registry.verify_by_organisation(receipt, &grants[0].holder()).unwrap();
        assert_eq!(receipt.request, request);
        check_against_receipt(&answer.items, &receipt).unwrap();
        Ok((answer.items, receipt, carried.way))
    }
}

/// A login provider for one node, which knows the citizen and a neighbour.
pub async fn start_provider(issuer: &str, node_url: &str, certificate: Option<CertificateFiles>) -> ServerHandle {
    let provider = DemoProvider::new(ProviderConfig {
        issuer: issuer.to_owned(),
        clients: vec![DemoClient {
            client_id: "helsinki".to_owned(),
            kind: ClientKind::Node { secret: SECRET.to_owned() },
            redirect_urls: vec![format!("{node_url}/v1/enrolments/callback")],
        }],
        people: [CITIZEN, NEIGHBOUR]
            .map(|(name, code)| DemoPerson { name: name.to_owned(), identity_code: code.to_owned() })
            .to_vec(),
        sub_key: [7; 32],
        clock: Arc::new(now_secs),
        random: Arc::new(SystemRandom),
    })
    .unwrap();
    let listen = vec![issuer.parse().unwrap()];
    let config = ServerConfig { listen, certificate, limits: Limits::default() };
    let server = Server::bind(config, pod_http::refuse_key_log(|_| None).unwrap()).await.unwrap();
    server.serve(provider.service())
}

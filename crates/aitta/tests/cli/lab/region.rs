//! Who there is, made with the commands that people type, each on its own host.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pod_client::Caller;
use pod_client::directory::DirectoryClient;
use pod_crypto::SystemRandom;
use pod_http::{CertificateFiles, Client, ClientLimits, ClientProtocol, Request, RootCertificates, ServerHandle};
use pod_testkit::lab::{Host, Lab, Mapping, Paused, now_nanos, pause};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use super::fetching::{Fetching, PATIENCE};
use super::scenario::{Fault, Place};
use crate::family::{CITIZEN, PURPOSE, SECRET, anchor_of, now_secs, start_provider};
use crate::town::text;
use crate::world::{Daemon, Ran, World, aitta, command, repository};

const PORT: u16 = 8443;
/// Of libp2p.
const P2P: u16 = 4001;
/// The company that grants are passed on to; it has no node.
const KITCHEN: &str = "ruokapalvelu";
/// As many hosts as there may be, and some.
const ADDRESSES: u8 = 16;
/// The registry as the services' processes read it.
pub const SNAPSHOT: &str = "registry.snapshot";

/// How fast things go.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Between two looks of a node at the directory.
    pub refresh_secs: u64,
    /// How old its view of revocations may be.
    pub bound_secs: u64,
    /// After how long the directory has the same head cosigned anew, and how long it waits for witnesses that are cut off.
    pub cosigned_secs: u64,
    pub grace_secs: u64,
    /// Between two fetches of a service.
    pub fetch_millis: u64,
}

impl Pace {
    /// For every day.
    pub const SHORT: Self = Self { refresh_secs: 1, bound_secs: 8, cosigned_secs: 1, grace_secs: 1, fetch_millis: 25 };
    /// What citizens are promised. Many regions work at a time, and share a machine.
    pub const PROMISED: Self =
        Self { refresh_secs: 30, bound_secs: 300, cosigned_secs: 15, grace_secs: 5, fetch_millis: 250 };
}

/// The region. Dropped from top to bottom: first the processes, then the network.
pub struct Region {
    paused: Vec<Paused>,
    daemons: BTreeMap<Place, Daemon>,
    _provider: ServerHandle,
    _runtime: Runtime,
    world: World,
    pub pace: Pace,
    hosts: BTreeMap<Place, Host>,
    login: Host,
    lab: Lab,
}

/// What the citizen gave and the desk passed on.
pub struct Given {
    pub grant: String,
    passed_on: String,
}

pub fn https(address: Ipv4Addr) -> String {
    format!("https://{address}:{PORT}")
}

/// Calls from a process that reads this world's certificates.
pub fn caller(folder: &Path, limits: ClientLimits) -> Caller {
    let roots = RootCertificates::none().with_file(&folder.join("roots.pem")).unwrap();
    let http = Client::new(roots, ClientProtocol::default(), limits).unwrap();
    Caller { http, net: None, random: Arc::new(SystemRandom), clock: Arc::new(now_secs) }
}

impl Region {
    /// Makes everybody and starts them; none where there can be no laboratory.
    pub fn begin(pace: Pace) -> Option<Self> {
        let lab = Lab::begin()?;
        let world = World::empty();
        // A company without a public address: its service calls, and nobody calls it.
        let office = lab.nat("office", Mapping::EndpointDependent);
        let host = |place: Place| match place {
            Place::Kitchen => lab.host_behind(&office, place.name()),
            _ => lab.host(place.name()),
        };
        let hosts: BTreeMap<Place, Host> = Place::ALL.map(|place| (place, host(place))).into();
        let login = lab.host("login");
        let addresses: Vec<String> = (0..ADDRESSES).map(|last| Ipv4Addr::new(11, 77, 0, last).to_string()).collect();
        assert!(addresses.contains(&login.address().to_string()));
        pod_testkit::write_certificates(world.path("").as_ref(), &addresses);
        let runtime = login.inside(|| Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap());
        let files =
            CertificateFiles { certificate: world.path("server.pem").into(), key: world.path("server.key").into() };
        let (issuer, node) = (https(login.address()), https(hosts[&Place::Holder].address()));
        let provider = login.inside(|| runtime.block_on(start_provider(&issuer, &node, Some(files))));
        let (paused, daemons) = (Vec::new(), BTreeMap::new());
        let mut region =
            Self { lab, hosts, login, world, pace, paused, daemons, _runtime: runtime, _provider: provider };
        region.populate();
        Some(region)
    }

    fn populate(&mut self) {
        self.make_directory();
        Place::NODES.iter().for_each(|place| self.make_node(*place));
        self.make_kitchen();
        self.make_service(Place::Desk, Place::Peer.folder());
        self.make_service(Place::Kitchen, KITCHEN);
        for member in Place::NODES.map(Place::folder).into_iter().chain([KITCHEN]) {
            let profile = self.world.path(&format!("{member}/profile.toml"));
            self.at(Place::Directory, &["node", "publish-profile", "--profile", &profile]).done();
        }
        let residents = repository().join("demo/registers/helsinki/residents.csv");
        let config = self.world.path("helsinki/node.toml");
        self.at(Place::Holder, &["import", "--config", &config, residents.to_str().unwrap()]).done();
        for place in Place::NODES {
            self.serve(place);
        }
        for place in Place::NODES {
            self.wait_for_view(place);
        }
        self.make_wallet();
        self.keep_snapshot();
    }

    /// Runs a command on the host of somebody.
    fn at(&self, place: Place, args: &[&str]) -> Ran {
        self.host(place).inside(|| aitta(args))
    }

    fn host(&self, place: Place) -> &Host {
        &self.hosts[&place]
    }

    fn url(&self, place: Place) -> String {
        https(self.host(place).address())
    }

    fn certificate(&self) -> [String; 2] {
        ["server.pem", "server.key"].map(|file| self.world.path(file))
    }

    fn make_directory(&mut self) {
        let (folder, url, roots) =
            (self.world.path("directory"), self.url(Place::Directory), self.world.path("roots.pem"));
        let [certificate, key] = self.certificate();
        let mut args = vec!["directory", "init", &folder, "--url", &url, "--listen", &url, "--roots", &roots];
        args.extend(["--certificate", &certificate, "--key", &key]);
        self.at(Place::Directory, &args).done();
        let config = self.world.path("directory/directory.toml");
        let Pace { cosigned_secs, grace_secs, .. } = self.pace;
        let settings = [format!("log.refresh_secs={cosigned_secs}"), format!("log.grace_secs={grace_secs}")];
        let mut args = vec!["directory", "serve", "--json", "--config", &config];
        settings.iter().for_each(|setting| args.extend(["--set", setting]));
        let serve = command(&args);
        let daemon = self.host(Place::Directory).inside(|| Daemon::start(serve));
        self.daemons.insert(Place::Directory, daemon);
    }

    fn init_member(&self, name: &str, url: &str, catalogue: &str, more: &[&str]) {
        let (folder, federation) = (self.world.path(name), self.world.path("directory/federation.toml"));
        let catalogue = repository().join("crates/pod-import/catalogues").join(catalogue);
        let [certificate, key] = self.certificate();
        let mut init = vec!["node", "init", &folder, "--name", name, "--names", "Jäsen,Medlem,Member", "--url", url];
        init.extend(["--listen", url, "--certificate", &certificate, "--key", &key]);
        init.extend(["--federation", &federation, "--catalogue", catalogue.to_str().unwrap()]);
        init.extend(more);
        self.at(Place::Directory, &init).done();
        let request = self.world.path(&format!("{name}/membership-request.json"));
        self.anchored(&["admit", &request]);
    }

    /// What the trust anchor says about a member.
    fn anchored(&self, says: &[&str]) {
        let (federation, key) =
            (self.world.path("directory/federation.toml"), self.world.path("directory/offline/anchor.key"));
        let more = ["--federation", &federation, "--anchor-key", &key];
        self.at(Place::Directory, &[["directory"].as_slice(), says, &more].concat()).done();
    }

    fn make_node(&self, place: Place) {
        let name = place.folder();
        let address = self.host(place).address();
        let (quic, tcp) = (format!("/ip4/{address}/udp/{P2P}/quic-v1"), format!("/ip4/{address}/tcp/{P2P}"));
        self.init_member(name, &self.url(place), &format!("{name}.toml"), &["--p2p", &quic, "--p2p", &tcp]);
        let secret = format!("{name}/keys/oidc.secret");
        self.world.write(&secret, SECRET);
        self.world.set_mode(&secret, 0o600);
    }

    fn make_kitchen(&self) {
        self.init_member(KITCHEN, "https://127.0.0.1:9", "espoo.toml", &[]);
    }

    /// The kitchen company is suspended, or no longer.
    pub fn suspend_kitchen(&self, suspended: bool) {
        let lift = ["suspend", KITCHEN, "--lift"];
        self.anchored(if suspended { &lift[..2] } else { &lift });
    }

    fn make_service(&self, place: Place, member: &str) {
        let federation = self.world.path("directory/federation.toml");
        self.service(place, &["init", "--federation", &federation, "--organisation", member]).done();
        let services = self.world.path(&format!("{member}/services.toml"));
        let mut register =
            vec!["register", "--services", &services, "--names", "Tiski,Disk,Desk", "--purpose", PURPOSE];
        register.extend(["--max-retention-days", "30", "--fields", "residence:called_name,family_name"]);
        self.service(place, &register).done();
    }

    /// A command of the service that somebody is.
    pub fn service(&self, place: Place, args: &[&str]) -> Ran {
        let folder = self.world.path(place.folder());
        self.at(place, &[&["service", "--service", &folder, "--json"], args].concat())
    }

    /// A command of the citizen.
    pub fn wallet(&self, args: &[&str]) -> Ran {
        let folder = self.world.path(Place::Wallet.folder());
        self.at(Place::Wallet, &[&["wallet", "--wallet", &folder, "--json"], args].concat())
    }

    fn make_wallet(&self) {
        let federation = self.world.path("directory/federation.toml");
        self.wallet(&["init", "--federation", &federation]).done();
        let code = self.world.write("code", CITIZEN.1);
        self.world.set_mode("code", 0o600);
        self.wallet(&["enrol", "helsinki", "--login-as", &code]).done();
    }

    fn keep_snapshot(&self) {
        let (anchor, directory) = anchor_of(self.world.path("directory/federation.toml").as_ref());
        let caller = caller(self.world.path("").as_ref(), ClientLimits::default());
        let registry = async {
            DirectoryClient::new(&caller, &directory).unwrap().registry(&anchor, None).await.unwrap().registry
        };
        let registry = self.host(Place::Desk).inside(|| one_thread().block_on(registry));
        std::fs::write(self.world.path(SNAPSHOT), registry.snapshot()).unwrap();
    }

    /// Starts a node.
    fn serve(&mut self, place: Place) {
        let (name, Pace { refresh_secs, bound_secs, .. }) = (place.folder(), self.pace);
        let config = self.world.path(&format!("{name}/node.toml"));
        let secret = self.world.path(&format!("{name}/keys/oidc.secret"));
        let settings = [
            format!("oidc.issuer={}", https(self.login.address())),
            "oidc.client_id=helsinki".to_owned(),
            format!("oidc.client_secret_file={secret}"),
            format!("oidc.redirect_url={}/v1/enrolments/callback", self.url(place)),
            format!("oidc.accepted_loa={}", demo_provider::LOA),
            format!("directory.refresh_secs={refresh_secs}"),
            format!("directory.revocation_bound_secs={bound_secs}"),
        ];
        let mut args = vec!["node", "serve", "--json", "--config", &config];
        settings.iter().for_each(|setting| args.extend(["--set", setting]));
        let serve = command(&args);
        let daemon = self.host(place).inside(|| Daemon::start(serve));
        self.daemons.insert(place, daemon);
    }

    /// Until a node has looked at the directory lately, and others vouched for what it saw.
    fn wait_for_view(&self, place: Place) {
        let begun = now_nanos();
        loop {
            let says = self.readiness(place);
            let looked = says["revocations"]["looked_secs_ago"].as_u64();
            // With most of the bound before it: an old view may be over before anything is fetched.
            if looked.is_some_and(|ago| ago <= self.pace.refresh_secs + self.pace.cosigned_secs) {
                return;
            }
            let waited = Duration::from_nanos(now_nanos() - begun);
            assert!(waited < PATIENCE + Duration::from_secs(self.pace.refresh_secs), "{place:?}: {says}");
        }
    }

    /// kill -9, and a new start.
    fn restart(&mut self, place: Place) {
        self.daemons.remove(&place).unwrap().kill();
        self.serve(place);
    }

    /// What a node says of itself to somebody on its own host, whatever is cut off.
    pub fn readiness(&self, place: Place) -> Value {
        let (caller, url) =
            (caller(self.world.path("").as_ref(), ClientLimits::default()), self.url(place).parse().unwrap());
        let get = caller.http.send(&url, Request::get("/readiness"));
        let answer = self.host(place).inside(|| one_thread().block_on(get)).unwrap();
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// The citizen gives the desk a grant, the desk passes it on to the kitchen, and both have used it.
    pub fn given(&self) -> Given {
        self.wait_for_view(Place::Holder);
        let ask = format!(
            "purpose = \"{PURPOSE}\"\nretention_days = 30\nvalidity_days = 30\ndepth = 1\ndelegatees = [\"{KITCHEN}\"]\n\
             reason = {{ fi = \"Kirjasto.\", sv = \"Bibliotek.\", en = \"Library.\" }}\n\n\
             [[ask]]\ntype = \"residence\"\nrequired = [\"called_name\", \"family_name\"]\n"
        );
        let asked = self.service(Place::Desk, &["ask", &self.world.write("ask.toml", &ask)]).done().json();
        let given = self.wallet(&["grant", &text(&asked, "/link"), "--at", "helsinki"]).done().json();
        let grant = text(&given, "/grants/0/id");
        self.service(Place::Desk, &["collect", &text(&asked, "/request")]).done();
        let passed_on = self.world.path(&format!("passed-on-{grant}.json"));
        let kitchen: toml::Table = self.world.read("kitchen/service.toml").parse().unwrap();
        let kitchen = kitchen["principal"].as_str().unwrap();
        self.service(Place::Desk, &["delegate", &grant, "--to", kitchen, "--out", &passed_on]).done();
        let child = text(&self.service(Place::Kitchen, &["accept", &passed_on]).done().json(), "/grant");
        self.wait_for_view(Place::Holder);
        // From here on the holder knows both, and ids are enough.
        self.service(Place::Kitchen, &["fetch", "--grant", &child]).done();
        self.service(Place::Desk, &["fetch", "--grant", &grant]).done();
        Given { grant, passed_on }
    }

    /// Somebody fetches all the time under what was given: the desk over HTTPS, the kitchen over libp2p.
    pub fn fetching(&self, place: Place, given: &Given) -> Fetching {
        let chain = match place {
            Place::Kitchen => given.passed_on.clone(),
            _ => self.world.path(&format!("{}/grants/{}.json", place.folder(), given.grant)),
        };
        let (folder, over_libp2p) = (self.world.path(""), place == Place::Kitchen);
        let start = || Fetching::start(folder.as_ref(), place.folder(), &chain, self.pace, over_libp2p);
        self.host(place).inside(start)
    }

    /// The citizen takes a grant back; or the desk what it passed on.
    pub fn take_back(&self, by: Place, given: &Given) -> Ran {
        match by {
            Place::Wallet => self.wallet(&["revoke", &given.grant]),
            _ => self.service(by, &["revoke", &given.passed_on]),
        }
    }

    /// Breaks something. `fetching` are the processes of services.
    pub fn breaks(&mut self, fault: Fault, fetching: &[&Fetching]) {
        match fault {
            Fault::Cut(one, other) => self.lab.cut(self.host(one), self.host(other)),
            Fault::CutOneWay { from, to } => self.lab.cut_one_way(self.host(from), self.host(to)),
            Fault::Alone(place) => {
                let others = self.hosts.iter().filter(|(other, _)| **other != place);
                others.for_each(|(_, other)| self.lab.cut(self.host(place), other));
            }
            Fault::Paused(Place::Desk) => self.paused.push(pause(fetching[0].id())),
            Fault::Paused(Place::Kitchen) => self.paused.push(pause(fetching[1].id())),
            Fault::Paused(place) => self.paused.push(pause(self.daemons[&place].id())),
            Fault::Restarted(place) => self.restart(place),
        }
    }

    /// Everything is whole again, and goes on.
    pub fn heals(&mut self) {
        self.lab.heal();
        self.paused.clear();
    }
}

/// Whatever runs on it opens its sockets where it was called.
pub fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

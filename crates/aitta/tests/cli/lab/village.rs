//! Two organisations behind a router each, a third one in the open that relays for them, and a citizen; all made with the commands
//! that people type.

use std::net::Ipv4Addr;

use pod_client::directory::DirectoryClient;
use pod_http::{CertificateFiles, ClientLimits, ServerHandle};
use pod_testkit::lab::{Host, Lab, Mapping, Nat, now_nanos};
use tokio::runtime::{Builder, Runtime};

use super::fetching::{Fetching, PATIENCE};
use super::region::{Pace, SNAPSHOT, caller, https, one_thread};
use crate::family::{CITIZEN, PURPOSE, SECRET, anchor_of, start_provider};
use crate::town::text;
use crate::world::{Daemon, PATIENCE_NANOS, Ran, World, aitta, command, repository};

const PORT: u16 = 8443;
/// As many hosts as there may be, and some.
const ADDRESSES: u8 = 16;
/// Of libp2p, where the relay listens.
const P2P: u16 = 4001;
/// Behind the router on the left: holds the citizen's data.
pub const HOLDER: &str = "helsinki";
/// Behind the router on the right: has a service.
pub const OWNER: &str = "espoo";
/// An organisation's online key as `init` names it, and the next one.
pub const KEY: &str = "keys/organisation.key";
const NEW_KEY: &str = "keys/organisation-2.key";
/// In the open.
pub const RELAY: &str = "turku";

/// An organisation behind a router.
struct Home {
    host: Host,
    router: Nat,
}

/// The village. Dropped from top to bottom: first the processes, then the network.
pub struct Village {
    relay: Option<Daemon>,
    holder: Option<Daemon>,
    _others: Vec<Daemon>,
    _provider: ServerHandle,
    _runtime: Runtime,
    world: World,
    homes: [Home; 2],
    at_relay: Host,
    at_directory: Host,
    citizen: Host,
    login: Host,
    lab: Lab,
}

impl Village {
    /// Makes everybody and starts them; none where there can be no laboratory.
    pub fn begin(mapping: Mapping) -> Option<Self> {
        let lab = Lab::begin()?;
        let world = World::empty();
        let [at_directory, at_relay, citizen, login] =
            ["directory", RELAY, "citizen", "login"].map(|name| lab.host(name));
        // Wallets come over HTTPS, which both organisations opened for this citizen. It is not open for each other.
        let home = |name: &str| {
            let router = lab.nat(&format!("{name}-router"), mapping);
            let host = lab.host_behind(&router, name);
            router.open_port(PORT, &host, &citizen);
            Home { host, router }
        };
        let homes = [home(HOLDER), home(OWNER)];
        let addresses: Vec<String> = (0..ADDRESSES).map(|last| Ipv4Addr::new(11, 77, 0, last).to_string()).collect();
        pod_testkit::write_certificates(world.path("").as_ref(), &addresses);
        let runtime = login.inside(|| Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap());
        let files =
            CertificateFiles { certificate: world.path("server.pem").into(), key: world.path("server.key").into() };
        let (issuer, node) = (https(login.address()), https(homes[0].router.router().address()));
        let provider = login.inside(|| runtime.block_on(start_provider(&issuer, &node, Some(files))));
        let mut village = Self {
            relay: None,
            holder: None,
            _others: Vec::new(),
            _provider: provider,
            _runtime: runtime,
            world,
            homes,
            at_relay,
            at_directory,
            citizen,
            login,
            lab,
        };
        village.populate();
        Some(village)
    }

    fn populate(&mut self) {
        let directory = self.make_directory();
        self.make_relay();
        self.relay = Some(self.serve(RELAY));
        for name in [HOLDER, OWNER] {
            self.make_behind_router(name);
        }
        let residents = repository().join("demo/registers/helsinki/residents.csv");
        let config = self.world.path(&format!("{HOLDER}/node.toml"));
        self.at(HOLDER, &["import", "--config", &config, residents.to_str().unwrap()]).done();
        self.make_service();
        for name in [HOLDER, OWNER] {
            self.publish(name);
        }
        self.holder = Some(self.serve(HOLDER));
        let owner = self.serve(OWNER);
        self._others = vec![directory, owner];
        self.make_wallet();
    }

    fn host(&self, name: &str) -> &Host {
        match name {
            HOLDER => &self.homes[0].host,
            OWNER => &self.homes[1].host,
            RELAY => &self.at_relay,
            _ => &self.at_directory,
        }
    }

    pub fn at_relay(&self) -> &Host {
        &self.at_relay
    }

    /// Runs a command on the host of an organisation.
    pub fn at(&self, name: &str, args: &[&str]) -> Ran {
        self.host(name).inside(|| aitta(args))
    }

    pub fn path(&self, name: &str) -> String {
        self.world.path(name)
    }

    pub fn read(&self, name: &str) -> String {
        self.world.read(name)
    }

    fn certificate(&self) -> [String; 2] {
        ["server.pem", "server.key"].map(|file| self.world.path(file))
    }

    fn make_directory(&self) -> Daemon {
        let (folder, url, roots) =
            (self.world.path("directory"), https(self.at_directory.address()), self.world.path("roots.pem"));
        let [certificate, key] = self.certificate();
        let mut args = vec!["directory", "init", &folder, "--url", &url, "--listen", &url, "--roots", &roots];
        // Nobody can ask those behind routers to cosign, and one witness would be the relay alone.
        args.extend(["--certificate", &certificate, "--key", &key, "--witnesses", "0"]);
        self.at("directory", &args).done();
        let serve =
            command(&["directory", "serve", "--json", "--config", &self.world.path("directory/directory.toml")]);
        self.at_directory.inside(|| Daemon::start(serve))
    }

    /// `aitta node init` where the organisation is.
    pub fn init(&self, folder: &str, name: &str, address: Ipv4Addr, more: &[&str]) -> Ran {
        let (folder, federation, url) =
            (self.world.path(folder), self.world.path("directory/federation.toml"), https(address));
        let catalogue = repository().join(format!("crates/pod-import/catalogues/{name}.toml"));
        let [certificate, key] = self.certificate();
        let listen = format!("https://0.0.0.0:{PORT}");
        let mut init = vec!["node", "init", &folder, "--name", name, "--names", "Jäsen,Medlem,Member", "--url", &url];
        init.extend(["--listen", &listen, "--certificate", &certificate, "--key", &key]);
        init.extend(["--federation", &federation, "--catalogue", catalogue.to_str().unwrap()]);
        init.extend(more);
        self.at(name, &init)
    }

    fn admit(&self, name: &str) {
        let request = self.world.path(&format!("{name}/membership-request.json"));
        let (federation, key) =
            (self.world.path("directory/federation.toml"), self.world.path("directory/offline/anchor.key"));
        self.at("directory", &["directory", "admit", &request, "--federation", &federation, "--anchor-key", &key])
            .done();
    }

    fn publish(&self, name: &str) {
        let profile = self.world.path(&format!("{name}/profile.toml"));
        self.at(name, &["node", "publish-profile", "--profile", &profile]).done();
    }

    fn make_relay(&self) {
        let address = self.at_relay.address();
        let (quic, tcp) = (format!("/ip4/{address}/udp/{P2P}/quic-v1"), format!("/ip4/{address}/tcp/{P2P}"));
        self.init(RELAY, RELAY, address, &["--p2p", &quic, "--p2p", &tcp]).done();
        self.admit(RELAY);
        self.publish(RELAY);
    }

    fn make_behind_router(&self, name: &str) {
        let home = &self.homes[usize::from(name == OWNER)];
        self.init(name, name, home.router.router().address(), &["--relay", RELAY]).done();
        self.admit(name);
        let secret = format!("{name}/keys/oidc.secret");
        self.world.write(&secret, SECRET);
        self.world.set_mode(&secret, 0o600);
    }

    fn serve(&self, name: &str) -> Daemon {
        let config = self.world.path(&format!("{name}/node.toml"));
        let mut settings = vec!["directory.refresh_secs=1".to_owned()];
        match name {
            RELAY => settings.push("p2p.relays=true".to_owned()),
            HOLDER => settings.extend([
                format!("oidc.issuer={}", https(self.login.address())),
                "oidc.client_id=helsinki".to_owned(),
                format!("oidc.client_secret_file={}", self.world.path(&format!("{HOLDER}/keys/oidc.secret"))),
                format!("oidc.redirect_url={}/v1/enrolments/callback", https(self.homes[0].router.router().address())),
                format!("oidc.accepted_loa={}", demo_provider::LOA),
            ]),
            _ => {}
        }
        let mut args = vec!["node", "serve", "--json", "--config", &config];
        settings.iter().for_each(|setting| args.extend(["--set", setting]));
        let serve = command(&args);
        self.host(name).inside(|| Daemon::start(serve))
    }

    /// The holder's node ends.
    pub fn holder_ends(&mut self) {
        self.holder.take().unwrap().kill();
    }

    /// The relay's node ends.
    pub fn relay_ends(&mut self) {
        self.relay.take().unwrap().kill();
    }

    /// The holder makes another online key and publishes it; the relay lets it in when this returns.
    pub fn holder_makes_a_key(&self) {
        let [config, managing, new] = ["node.toml", "offline/managing.key", NEW_KEY].map(|file| self.of(HOLDER, file));
        let rotate = ["node", "rotate-key", "--config", &config, "--managing-key", &managing, "--new-key", &new];
        self.at(HOLDER, &rotate).done();
        self.until_doctor_says((HOLDER, NEW_KEY), RELAY, "quic", "ok");
    }

    /// The holder's node takes that key, and goes on.
    pub fn holder_takes_it(&self) {
        let keys = format!("key_file = \"{NEW_KEY}\"\nprevious_key_files = [\"{KEY}\"]");
        self.world.replace(&format!("{HOLDER}/node.toml"), &format!("key_file = \"{KEY}\""), &keys);
        // It looks at the directory each second, and takes no key that its registry does not have.
        let (node, begun) = (self.holder.as_ref().unwrap(), now_nanos());
        while !node.logged().contains("the organisation's new key signs from now on") {
            assert!(now_nanos() - begun < PATIENCE_NANOS, "{}", node.logged());
            node.hang_up_until_it_says("certificate read again");
        }
    }

    fn of(&self, name: &str, file: &str) -> String {
        self.world.path(&format!("{name}/{file}"))
    }

    /// The relay is there, and nobody hears it.
    pub fn relay_is_cut_off(&self) {
        self.homes.iter().for_each(|home| self.lab.cut(&self.at_relay, home.router.router()));
    }

    fn make_service(&self) {
        let federation = self.world.path("directory/federation.toml");
        self.service(&["init", "--federation", &federation, "--organisation", OWNER]).done();
        let services = self.world.path(&format!("{OWNER}/services.toml"));
        let mut register =
            vec!["register", "--services", &services, "--names", "Tiski,Disk,Desk", "--purpose", PURPOSE];
        register.extend(["--max-retention-days", "30", "--fields", "residence:called_name,family_name"]);
        self.service(&register).done();
    }

    /// A command of the service, which runs beside its organisation's node.
    pub fn service(&self, args: &[&str]) -> Ran {
        let folder = self.world.path("desk");
        self.at(OWNER, &[&["service", "--service", &folder, "--json"], args].concat())
    }

    fn wallet(&self, args: &[&str]) -> Ran {
        let folder = self.world.path("wallet");
        let args = [&["wallet", "--wallet", &folder, "--json"], args].concat();
        self.citizen.inside(|| aitta(&args))
    }

    fn make_wallet(&self) {
        let federation = self.world.path("directory/federation.toml");
        self.wallet(&["init", "--federation", &federation]).done();
        let code = self.world.write("code", CITIZEN.1);
        self.world.set_mode("code", 0o600);
        self.wallet(&["enrol", HOLDER, "--login-as", &code]).done();
    }

    /// The citizen agrees to what the service asks; the grant's id.
    pub fn granted(&self) -> String {
        let ask = format!(
            "purpose = \"{PURPOSE}\"\nretention_days = 30\nvalidity_days = 30\n\
             reason = {{ fi = \"Kirjasto.\", sv = \"Bibliotek.\", en = \"Library.\" }}\n\n\
             [[ask]]\ntype = \"residence\"\nrequired = [\"called_name\", \"family_name\"]\n"
        );
        let asked = self.service(&["ask", &self.world.write("ask.toml", &ask)]).done().json();
        let given = self.wallet(&["grant", &text(&asked, "/link"), "--at", HOLDER]).done().json();
        self.service(&["collect", &text(&asked, "/request")]).done();
        text(&given, "/grants/0/id")
    }

    /// `aitta node doctor`, as an organisation runs it with one of its keys.
    pub fn doctor(&self, (by, key): (&str, &str), peer: &str) -> Ran {
        let (federation, key) = (self.world.path("directory/federation.toml"), self.of(by, key));
        self.at(by, &["node", "doctor", peer, "--federation", &federation, "--key", &key, "--json"])
    }

    /// Asks the doctor until a step ends so: slots are given and lost within seconds.
    pub fn until_doctor_says(&self, by: (&str, &str), peer: &str, step: &str, ended: &str) -> serde_json::Value {
        let begun = now_nanos();
        loop {
            let said = self.doctor(by, peer).json();
            if said["steps"].as_array().unwrap().iter().any(|one| one["step"] == step && one["ended"] == ended) {
                return said;
            }
            let waited = std::time::Duration::from_nanos(now_nanos() - begun);
            assert!(waited < PATIENCE, "{step} is never {ended}: {said}");
        }
    }

    /// The service fetches all the time under this grant, over libp2p where it can.
    pub fn fetching(&self, grant: &str) -> Fetching {
        let (anchor, directory) = anchor_of(self.world.path("directory/federation.toml").as_ref());
        let caller = caller(self.world.path("").as_ref(), ClientLimits::default());
        let registry = async {
            DirectoryClient::new(&caller, &directory).unwrap().registry(&anchor, None).await.unwrap().registry
        };
        let registry = self.host(OWNER).inside(|| one_thread().block_on(registry));
        std::fs::write(self.world.path(SNAPSHOT), registry.snapshot()).unwrap();
        let (folder, chain) = (self.world.path(""), self.world.path(&format!("desk/grants/{grant}.json")));
        self.host(OWNER).inside(|| Fetching::start(folder.as_ref(), "desk", &chain, Pace::SHORT, true))
    }
}

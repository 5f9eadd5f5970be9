//! One holder: its node with everything that is real in it, what outlives a crash, and the registers that come in.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;

use pod_audit::{Log, LogConfig, Pause, Writing};
use pod_crypto::SeededRandom;
use pod_http::{
    Client, ClientLimits, ClientProtocol, Limits, Machine, RootCertificates, Server, ServerConfig, refuse_key_log,
};
use pod_import::{Catalogue, IdentityCode, Options};
use pod_protocol::registry::Anchor;
use pod_server::enrolment::enrol_identified;
use pod_server::import::{Files, Importer};
use pod_server::node::{Node, NodeParts};
use pod_server::routes::{App, main_service};
use pod_server::upkeep::{Blinder, DirectoryConfig, Upkeep, UpkeepConfig};
use pod_server::view::RevocationBound;
use pod_store::Store;
use pod_vault::{NodeKeys, Vault};
use pod_wallet::keys::KeyLog;
use pod_wallet::root::RootSecret;

use crate::clock::HostClock;
use crate::dice::derived;
use crate::disk::PowerDisk;
use crate::federation::{Citizen, DIRECTORY_PORT, Federation, HOLDER_PORTS, origin};
use crate::ground::Ground;
use crate::history::History;

/// Small, so that some become full.
const SEGMENT_BYTES: u64 = 16 * 1024;

pub struct Holder {
    pub index: usize,
    pub name: &'static str,
    seed: u64,
    folder: PathBuf,
    history: Arc<History>,
    pub store: Arc<dyn Store>,
    pub disk: Arc<PowerDisk>,
    pub ground: Arc<Ground>,
    pub clock: HostClock,
    anchor: Anchor,
    key_seed: [u8; 32],
    principal: pod_protocol::ids::Principal,
    node: Mutex<Weak<Node>>,
    starts: Mutex<u64>,
}

/// What a holder is made of.
pub struct HolderParts {
    pub index: usize,
    pub seed: u64,
    pub folder: PathBuf,
    pub history: Arc<History>,
    pub store: Arc<dyn Store>,
    pub disk: Arc<PowerDisk>,
    pub ground: Arc<Ground>,
    pub clock: HostClock,
}

impl Holder {
    pub fn new(parts: HolderParts, federation: &Federation) -> Arc<Self> {
        let HolderParts { index, seed, folder, history, store, disk, ground, clock } = parts;
        let member = &federation.holders[index];
        Arc::new(Self {
            index,
            name: member.name,
            seed,
            folder,
            history,
            store,
            disk,
            ground,
            clock,
            anchor: federation.trust(),
            key_seed: *member.key().seed(),
            principal: member.principal,
            node: Mutex::default(),
            starts: Mutex::new(0),
        })
    }

    fn random(&self, what: &str) -> SeededRandom {
        SeededRandom::new(derived(self.seed, &format!("{} {what}", self.name)))
    }

    fn node_keys(&self) -> NodeKeys {
        NodeKeys::generate(&self.random("node keys"))
    }

    /// Where the log lies.
    pub fn log_folder(&self) -> PathBuf {
        self.folder.join(self.name)
    }

    pub fn log_config(&self) -> LogConfig {
        let key = Arc::new(pod_crypto::SigningKey::from_seed(&self.key_seed));
        let mut log = LogConfig::new(self.log_folder(), self.principal, key);
        log.segment_bytes = SEGMENT_BYTES;
        log.disk = self.disk.clone();
        log
    }

    /// Opens the node on what is there.
    fn open(&self, machine: Machine, writing: Writing) -> Arc<Node> {
        let mut starts = self.starts.lock().unwrap();
        *starts += 1;
        let (clock, history) = (self.clock.clone(), Arc::clone(&self.history));
        let node = Node::open(NodeParts {
            principal: self.principal,
            key: Arc::new(pod_crypto::SigningKey::from_seed(&self.key_seed)),
            previous_keys: Vec::new(),
            store: Arc::clone(&self.store),
            keys: self.node_keys(),
            log: LogConfig { writing, ..self.log_config() },
            anchor: self.anchor.clone(),
            catalogue: catalogue(),
            origins: Arc::from([origin(HOLDER_PORTS[self.index])]),
            clock: Arc::new(move || clock.secs()),
            revocation_bound: RevocationBound::default(),
            monotonic: Arc::new(move || history.ms() * 1_000_000),
            thread_cpu: None,
            random: Arc::new(self.random(&format!("start {starts}"))),
            machine,
        });
        Arc::new(node.unwrap())
    }

    /// The node, while it runs.
    pub fn node(&self) -> Option<Arc<Node>> {
        self.node.lock().unwrap().upgrade()
    }

    /// A vault over the holder's store, for whoever looks into it from outside.
    pub fn vault(&self) -> Vault {
        Vault::open(Arc::clone(&self.store), self.node_keys(), Arc::new(self.random("outside"))).unwrap()
    }

    /// Brings the registers in, and binds the citizens' wallets, as it was done before the simulation begins.
    pub async fn prepare(&self, citizens: &mut [Citizen], snapshot: &[u8], blinder: Blinder) {
        let node = self.open(Machine::this(), Writing::Thread);
        assert_eq!(node.take_registry(snapshot).unwrap(), []);
        let registers = self.folder.join(format!("{} registers", self.name));
        fs::create_dir(&registers).unwrap();
        fs::write(registers.join("residents.csv"), residents(citizens, false)).unwrap();
        fs::write(registers.join("library.csv"), library(citizens)).unwrap();
        let importer = Importer::new(Arc::clone(&node), Some(blinder));
        let files = ["residents.csv", "library.csv"].map(|file| registers.join(file)).to_vec();
        let report = importer.run(Files::Files(files), Options::default(), |_| {}).await.unwrap();
        assert_eq!((report.rows.total.refused, report.findable.without_tag), (0, 0), "{report}");
        for (number, citizen) in citizens.iter_mut().enumerate() {
            let root = RootSecret::from_bytes(derived(self.seed, &format!("root {number}")));
            let keys = KeyLog::begin(&root, self.principal, derived(self.seed, &format!("recovery {number}"))).unwrap();
            let code = IdentityCode::parse(&citizen.code).unwrap();
            citizen.pods.push(enrol_identified(&node, code, keys.events().to_vec()).await.unwrap()[0]);
            citizen.signers.push(keys.signer(&root).unwrap());
        }
    }

    /// The node as a host of the simulation runs it, until it is crashed.
    pub async fn run(self: Arc<Self>) -> turmoil::Result {
        let _powered = self.ground.power_on();
        let ground = Arc::clone(&self.ground);
        let pause = Pause::new(move || {
            let ground = Arc::clone(&ground);
            Box::pin(async move { pod_http::SimulatedMachine::pause(&*ground).await })
        });
        let machine = self.ground.machine();
        self.disk.power_on();
        let found = match Log::open(LogConfig { writing: Writing::InPlace(pause.clone()), ..self.log_config() }) {
            Ok(log) => log.size(),
            Err(fault) => {
                self.history.violated(1, format!("{} does not start: {fault:?}", self.name));
                return Ok(());
            }
        };
        let node = self.open(machine.clone(), Writing::InPlace(pause));
        self.disk.found(found);
        *self.node.lock().unwrap() = Arc::downgrade(&node);
        let client = client(&machine);
        let app = App::new(Arc::clone(&node), None);
        let config = ServerConfig {
            listen: vec![origin(HOLDER_PORTS[self.index]).parse().unwrap()],
            certificate: None,
            limits: Limits::default(),
        };
        let server = Server::bind_on(&machine, config, refuse_key_log(|_| None).unwrap()).await?;
        let _serving = server.serve(main_service(&app));
        let _upkeep = Upkeep::start(&node, &upkeep(), &client);
        let fault = node.stopped().await;
        self.history.violated(1, format!("{} stopped by itself: {fault}", self.name));
        Ok(())
    }

    /// Imports one person's row, which says whether they are under non-disclosure. Between two steps, when nobody is between a
    /// decision and an answer: an import waits as threads do.
    pub fn import(&self, runtime: &tokio::runtime::Runtime, citizen: &Citizen, protected: bool) {
        let Some(node) = self.node() else { return };
        let folder = tempfile::tempdir_in(&self.folder).unwrap();
        let file = folder.path().join("residents.csv");
        fs::write(&file, residents(std::slice::from_ref(citizen), protected)).unwrap();
        let importer = Importer::new(node, None);
        let report = runtime.block_on(importer.run(Files::Files(vec![file]), Options::default(), |_| {})).unwrap();
        assert_eq!(report.rows.total.refused, 0, "{report}");
    }
}

pub fn client(machine: &Machine) -> Client {
    let client = Client::new(RootCertificates::none(), ClientProtocol::Http1, ClientLimits::default()).unwrap();
    client.on(machine.clone())
}

fn upkeep() -> UpkeepConfig {
    let directory = DirectoryConfig {
        url: origin(DIRECTORY_PORT).parse().unwrap(),
        mirrors: Vec::new(),
        witnesses: 0,
        witness: true,
        evidence: None,
        refresh: Duration::from_secs(30),
        revocation_bound: RevocationBound::default(),
        publish: Duration::from_secs(5),
        entry_lifetime_days: 90,
    };
    UpkeepConfig { directory: Some(directory), blinder: None }
}

/// Helsinki's catalogue, which both holders use. Read once.
fn catalogue() -> Arc<Catalogue> {
    static READ: OnceLock<Arc<Catalogue>> = OnceLock::new();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates/pod-import/catalogues/helsinki.toml");
    Arc::clone(READ.get_or_init(|| Arc::new(Catalogue::load(path.as_ref()).unwrap())))
}

fn residents(citizens: &[Citizen], protected: bool) -> String {
    let head = "\u{feff}hetu;sukunimi;etunimet;kutsumanimi;syntymäaika;äidinkieli;kotikunta;katuosoite;postinumero;\
                postitoimipaikka;turvakielto;sähköposti;puhelin;huoltajat\n";
    let mark = if protected { "K" } else { "E" };
    let row = |one: &Citizen| {
        let Citizen { code, family_name, street, email, .. } = one;
        let born = format!("{}.{}.19{}", &code[..2], &code[2..4], &code[4..6]);
        format!("{code};{family_name};Aino;Aino;{born};fi;091;{street};00700;HELSINKI;{mark};{email};+358 50 1;\n")
    };
    head.to_owned() + &citizens.iter().map(row).collect::<String>()
}

/// Everybody but the last has a card.
fn library(citizens: &[Citizen]) -> String {
    let head = "\u{feff}card;hetu;home_library;notices;notice_language;open_fees_eur\n".to_owned();
    let with_card = citizens.split_last().map_or(&[][..], |(_, some)| some);
    let row = |one: &Citizen| format!("H0000000{};{};Oodi;email;fi;0.00\n", &one.code[7..10], one.code);
    head + &with_card.iter().map(row).collect::<String>()
}

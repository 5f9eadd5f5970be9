//! Helsinki's node in this process, with the federation around it: a trust anchor, Espoo with two services, a processor, and
//! citizens whose wallets are enrolled.
#![allow(dead_code, reason = "each story needs another part of it")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pod_audit::{Disk, LogConfig, SystemDisk};
use pod_crypto::hpke::SealPrivateKey;
use pod_crypto::{Random, SeededRandom, SigningKey, random_array};
use pod_import::{Catalogue, IdentityCode};
use pod_protocol::codec::{Cbor, encode};
use pod_protocol::ids::{Cti, PodId, Principal};
use pod_protocol::registry::{Anchor, Registry};
use pod_protocol::statement::{Membership, Profile, RegisteredFields, Role, ServiceEntry};
use pod_protocol::value::Value;
use pod_protocol::words::Words;
use pod_protocol::{Payload, Signed, Verified};
use pod_server::enrolment::enrol_identified;
use pod_server::node::{Node, NodeParts};
use pod_server::view::RevocationBound;
use pod_store::{MemoryStore, Store};
use pod_vault::{NodeKeys, RecordDraft, Vault, WriteBatch};
use serde_json::json;
use tempfile::TempDir;

use crate::neighbours::eventually;
use crate::people::{Service, Wallet};
use crate::ways::{Ends, Way};

/// An evening in May 2026.
pub const NOW: u64 = 1_780_000_000;
pub const DAY: u64 = 24 * 3600;
/// The TLS exporter of the connection on which messages come, unless a story has a connection of its own.
pub const EXPORTER: [u8; 32] = [0x5e; 32];
pub const ORIGIN: &str = "https://pods.helsinki.example";
pub const PURPOSE: &str = "dpv:ServiceProvision";

/// A record type with a name as long as can be, of which nobody has any.
pub const LONG_TYPE: &str =
    "a-record-type-whose-name-is-as-long-as-the-name-of-a-record-type-can-be-in-any-catalogue-of-ours";

/// Guardian of Eetu.
pub const ANNA: &str = "020280-901L";
/// A child who turns 18 on 15 June 2026.
pub const EETU: &str = "150608A902N";
/// Nobody's relative.
pub const BO: &str = "030390-903P";
/// The first second of Eetu's eighteenth birthday in Finland.
pub const EETU_IS_ADULT: u64 = 1_781_470_800;

pub struct Scene {
    pub folder: TempDir,
    pub time: Arc<AtomicU64>,
    elapsed_secs: Arc<AtomicU64>,
    pub random: Arc<SeededRandom>,
    pub helsinki: Member,
    pub espoo: Member,
    pub processors: Member,
    /// Runs the directory.
    pub directory: Member,
    pub anchor: Member,
    /// Espoo's early education.
    pub early: Service,
    /// Espoo's schools.
    pub school: Service,
    /// Helsinki's own service, which asks through this node.
    pub own: Service,
    /// A processor that Espoo may pass grants on to.
    pub processor: Service,
    pub anna: Wallet,
    pub bo: Wallet,
    pub annas_pod: PodId,
    pub eetus_pod: PodId,
    pub bos_pod: PodId,
    disk: Arc<dyn Disk>,
    pub store: Arc<dyn Store>,
    node: Option<Arc<Node>>,
    pub way: Way,
    pub ends: Option<Ends>,
}

/// A member organisation.
pub struct Member {
    pub principal: Principal,
    pub seed: [u8; 32],
}

impl Member {
    fn new(number: u8) -> Self {
        Self { principal: Principal::new([number; 32]), seed: [number; 32] }
    }

    pub fn key(&self) -> SigningKey {
        SigningKey::from_seed(&self.seed)
    }
}

/// Helsinki's online key of last year.
pub fn previous_key() -> SigningKey {
    SigningKey::from_seed(&[201; 32])
}

impl Scene {
    pub async fn new() -> Self {
        Self::on(Arc::new(SystemDisk)).await
    }

    /// Services come on this way.
    pub async fn over(way: Way) -> Self {
        let mut scene = Self::new().await;
        scene.way = way;
        scene.open_ends().await;
        scene
    }

    async fn open_ends(&mut self) {
        if self.way != Way::ByHand {
            self.ends = Some(Ends::of(self).await);
        }
    }

    /// With a disk of the story's own under the audit log.
    pub async fn on(disk: Arc<dyn Disk>) -> Self {
        let random = Arc::new(SeededRandom::new([7; 32]));
        let (helsinki, espoo, processors) = (Member::new(0x11), Member::new(0x22), Member::new(0x33));
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new(&pod_server::tables()).unwrap());
        let [annas_pod, eetus_pod, bos_pod] = fill(&store);
        let wallet = |seed| Wallet::new([seed; 32], helsinki.principal, &*random);
        let mut scene = Self {
            folder: TempDir::new().unwrap(),
            time: Arc::new(AtomicU64::new(NOW)),
            elapsed_secs: Arc::new(AtomicU64::new(0)),
            anna: wallet(0xa1),
            bo: wallet(0xb0),
            early: Service::new(0x23, espoo.principal),
            school: Service::new(0x24, espoo.principal),
            own: Service::new(0x12, helsinki.principal),
            processor: Service::new(0x34, processors.principal),
            anchor: Member::new(0x01),
            random,
            helsinki,
            espoo,
            processors,
            directory: Member::new(0x55),
            annas_pod,
            eetus_pod,
            bos_pod,
            disk,
            store,
            node: None,
            way: Way::ByHand,
            ends: None,
        };
        scene.node = Some(Arc::new(scene.open()));
        scene.fetch_registry();
        scene.enrol(&scene.anna, ANNA).await;
        scene.enrol(&scene.bo, BO).await;
        scene
    }

    fn open(&self) -> Node {
        let (clock, elapsed) = (Arc::clone(&self.time), Arc::clone(&self.elapsed_secs));
        let key = Arc::new(self.helsinki.key());
        let mut log = LogConfig::new(self.folder.path().join("audit"), self.helsinki.principal, Arc::clone(&key));
        log.segment_bytes = pod_audit::MIN_SEGMENT_BYTES;
        log.disk = Arc::clone(&self.disk);
        Node::open(NodeParts {
            principal: self.helsinki.principal,
            key,
            previous_keys: vec![previous_key()],
            store: Arc::clone(&self.store),
            keys: node_keys(),
            log,
            anchor: self.trust(),
            catalogue: Arc::new(Catalogue::load(&catalogue()).unwrap()),
            origins: Arc::from([ORIGIN.to_owned()]),
            revocation_bound: RevocationBound::default(),
            clock: Arc::new(move || clock.load(Ordering::SeqCst)),
            monotonic: Arc::new(move || elapsed.load(Ordering::SeqCst) * 1_000_000_000),
            thread_cpu: None,
            random: Arc::<SeededRandom>::clone(&self.random),
            machine: pod_http::Machine::this(),
        })
        .unwrap()
    }

    /// The node. Stories let go of it before [`Scene::restart`].
    pub fn node(&self) -> Arc<Node> {
        Arc::clone(self.node.as_ref().unwrap())
    }

    /// Ends the node and starts it again on what is on disk.
    pub async fn restart(&mut self) {
        let node = self.node.take().unwrap();
        if let Some(ends) = self.ends.take() {
            ends.stop().await;
            // What was cut lets go of the node as its tasks end.
            eventually("the ends have let go of the node", || Arc::strong_count(&node) == 1).await;
        }
        drop(Arc::into_inner(node).expect("the story still holds the node"));
        self.node = Some(Arc::new(self.open()));
        self.open_ends().await;
    }

    /// The register says that nobody may learn where Eetu lives.
    pub async fn protect_eetu(&mut self) {
        let vault = self.vault();
        let mut batch = vault.write(self.now());
        batch.set_non_disclosure(&self.eetus_pod, true).unwrap();
        batch.commit().unwrap();
        drop(vault);
        self.restart().await;
    }

    pub fn now(&self) -> u64 {
        self.time.load(Ordering::SeqCst)
    }

    /// Lets time go by while nobody reaches the directory.
    pub fn pass_alone(&self, secs: u64) {
        self.time.fetch_add(secs, Ordering::SeqCst);
        self.elapsed_secs.fetch_add(secs, Ordering::SeqCst);
    }

    /// Lets time go by; the registry is fetched again.
    pub fn pass(&self, secs: u64) {
        self.pass_alone(secs);
        self.fetch_registry();
    }

    /// Whom the registry begins with.
    pub fn trust(&self) -> Anchor {
        Anchor { principal: self.anchor.principal, key: self.anchor.key().public_key() }
    }

    /// Has the node take the registry as it is now.
    pub fn fetch_registry(&self) {
        assert_eq!(self.node().take_registry(&self.snapshot()).unwrap(), []);
    }

    pub fn registry(&self) -> Registry {
        let statements = Registry::read_snapshot(&self.snapshot()).unwrap();
        Registry::build(&self.trust(), &statements, self.now()).0
    }

    pub fn snapshot(&self) -> Vec<u8> {
        self.snapshot_of(self.statements())
    }

    /// The same with a newer word of the trust anchor: this member is suspended.
    pub fn snapshot_with_suspended(&self, member: &Member) -> Vec<u8> {
        let registry = self.registry();
        let was = (**registry.organisation(&member.principal).unwrap().membership()).clone();
        let newer = Membership { suspended: true, issued: was.issued + 1, cti: self.cti(), ..was };
        self.snapshot_of([self.statements(), vec![signed(&self.anchor.key(), newer)]].concat())
    }

    /// The same with a newer profile of this member, which answers at one more endpoint.
    pub fn snapshot_with_endpoint(&self, member: &Member, endpoint: &str) -> Vec<u8> {
        let registry = self.registry();
        let was = (**registry.organisation(&member.principal).unwrap().profile().unwrap()).clone();
        let endpoints = was.endpoints.iter().cloned().chain([endpoint.parse().unwrap()]).collect();
        let newer = Profile { endpoints, issued: was.issued + 1, cti: self.cti(), ..was };
        self.snapshot_of([self.statements(), vec![signed(&member.key(), newer)]].concat())
    }

    fn snapshot_of(&self, statements: Vec<Vec<u8>>) -> Vec<u8> {
        let (registry, left_out) = Registry::build(&self.trust(), &statements, self.now());
        assert_eq!(left_out, []);
        registry.snapshot()
    }

    fn statements(&self) -> Vec<Vec<u8>> {
        vec![
            self.membership(&self.helsinki, "helsinki", vec![Role::Holder, Role::Services]),
            self.membership(&self.espoo, "espoo", vec![Role::Services]),
            self.membership(&self.processors, "processors", vec![Role::Services]),
            self.membership(&self.directory, "directory", vec![Role::Directory]),
            self.profile(&self.helsinki, &[&self.own]),
            self.profile(&self.espoo, &[&self.early, &self.school]),
            self.profile(&self.processors, &[&self.processor]),
        ]
    }

    fn membership(&self, member: &Member, name: &str, roles: Vec<Role>) -> Vec<u8> {
        let membership = Membership {
            issuer: self.anchor.principal,
            subject: member.principal,
            expires: NOW + 300 * DAY,
            issued: NOW - DAY,
            cti: self.cti(),
            name: name.parse().unwrap(),
            keys: vec![member.key().public_key()],
            roles,
            depth: 0,
            suspended: false,
        };
        signed(&self.anchor.key(), membership)
    }

    /// The copy of the registry in which a member is suspended from `issued` on.
    pub fn suspension(&self, member: &Member, name: &str, issued: u64) -> Vec<u8> {
        let statement = self.membership(member, name, vec![Role::Services]);
        let mut membership = (*Signed::<Membership>::decode(&statement).unwrap().unverified()).clone();
        (membership.suspended, membership.issued) = (true, issued);
        let statements = [signed(&self.anchor.key(), membership)];
        encode(&Cbor::Array(statements.into_iter().map(Cbor::Bytes).collect()))
    }

    fn profile(&self, member: &Member, services: &[&Service]) -> Vec<u8> {
        let profile = Profile {
            issuer: member.principal,
            expires: NOW + 300 * DAY,
            issued: NOW - DAY,
            cti: self.cti(),
            names: words("organisation"),
            endpoints: vec!["https://pods.example".parse().unwrap()],
            catalogue: None,
            services: services.iter().map(|service| entry(service)).collect(),
            seal_key: None,
        };
        signed(&member.key(), profile)
    }

    pub fn cti(&self) -> Cti {
        Cti::new(random_array(&*self.random))
    }

    /// Binds a wallet to the pods of the person with this identity code.
    pub async fn enrol(&self, wallet: &Wallet, code: &str) {
        let events: Vec<Vec<u8>> = wallet.events.iter().map(|event| event.bytes().to_vec()).collect();
        enrol_identified(&self.node(), IdentityCode::parse(code).unwrap(), events).await.unwrap();
    }

    /// A vault over the node's own store, for what registers would bring. The node reads standings anew after a restart.
    pub fn vault(&self) -> Vault {
        vault(&self.store)
    }
}

fn signed<T: Payload>(key: &SigningKey, claims: T) -> Vec<u8> {
    Verified::sign(key, claims).bytes().to_vec()
}

pub fn words(text: &str) -> Words {
    Words::new(text, text, text).unwrap()
}

/// What every service of the scene is registered for.
fn entry(service: &Service) -> ServiceEntry {
    let fields = |of: &str, raw: &[&str], derived: &[&str]| RegisteredFields {
        record_type: of.parse().unwrap(),
        raw: raw.iter().map(|path| path.parse().unwrap()).collect(),
        derived: derived.iter().map(|path| path.parse().unwrap()).collect(),
    };
    let seal = SealPrivateKey::from_seed(&[service.number; 32]).public_key();
    ServiceEntry {
        principal: service.principal,
        keys: vec![service.key.public_key()],
        seal_key: seal,
        names: words("service"),
        purposes: vec![PURPOSE.parse().unwrap(), "dpv:ResearchAndDevelopment".parse().unwrap()],
        fields: vec![
            fields("residence", &["given_names", "family_name", "address", "contact"], &["birth_date"]),
            fields("child-health", &["allergies", "clinic"], &[]),
            fields(LONG_TYPE, &["part"], &[]),
        ],
        max_retention_secs: 400 * DAY,
    }
}

pub fn catalogue() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/pod-import/catalogues/helsinki.toml")
}

pub fn node_keys() -> NodeKeys {
    NodeKeys::generate(&SeededRandom::new([9; 32]))
}

fn vault(store: &Arc<dyn Store>) -> Vault {
    let random: Arc<dyn Random> = Arc::new(SeededRandom::new([8; 32]));
    Vault::open(Arc::clone(store), node_keys(), random).unwrap()
}

/// Writes what Helsinki holds of Anna, Eetu and Bo.
pub fn fill(store: &Arc<dyn Store>) -> [PodId; 3] {
    let vault = vault(store);
    let mut batch = vault.write(NOW - 30 * DAY);
    let pods = [ANNA, EETU, BO].map(|code| batch.pod(code).unwrap());
    let names = [("Anna", "1980-02-02"), ("Eetu", "2008-06-15"), ("Bo", "1990-03-03")];
    for (pod, (name, born)) in pods.iter().zip(names) {
        let residence = json!({
            "family_name": "Virtanen",
            "given_names": name,
            "birth_date": born,
            "address": { "street": "Kaivokatu 1", "postal_code": "00100", "post_town": "HELSINKI", "municipality": "Helsinki" },
            "contact": { "email": format!("{}@example.fi", name.to_lowercase()) },
        });
        put(&mut batch, pod, "residence", &residence);
        let health = json!({
            "allergies": [
                { "substance": "birch", "severity": "mild", "noted": "2012-05-01" },
                { "substance": "nuts", "severity": "anaphylaxis" },
            ],
            "vaccinations": [],
            "clinic": "Kallio",
        });
        put(&mut batch, pod, "child-health", &health);
    }
    batch.set_guardians(&pods[1], "2008-06-15", &[ANNA]).unwrap();
    batch.commit().unwrap();
    pods
}

fn put(batch: &mut WriteBatch<'_>, pod: &PodId, record_type: &str, fields: &serde_json::Value) {
    let (record_type, fields) = (record_type.parse().unwrap(), Value::from_json(fields).unwrap());
    let draft = RecordDraft { record_type: &record_type, record_id: "1", source: "test", fields: &fields };
    batch.put_record(pod, draft).unwrap();
}

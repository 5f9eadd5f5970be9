//! A city: its catalogue, its registers, and its node in a folder.
#![allow(dead_code, reason = "each story needs another part of it")]

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pod_audit::{Log, LogConfig, PodTag, StoredEntry};
use pod_crypto::{SeededRandom, SigningKey, SystemRandom, sha256};
use pod_import::{Catalogue, IdentityCode, Options};
use pod_protocol::ids::{PodId, Principal};
use pod_protocol::registry::Anchor;
use pod_server::import::{Files, ImportReport, Importer};
use pod_server::node::{Node, NodeParts};
use pod_server::upkeep::Blinder;
use pod_server::view::RevocationBound;
use pod_store::{Engine, Store, StoreConfig, Table};
use pod_vault::{NodeKeys, Vault};

pub(crate) const CITIES: [&str; 4] = ["helsinki", "espoo", "turku", "oulu"];
pub(crate) const START_SECS: u64 = 1_785_000_000;

/// The full registers where the environment names them; else the demo's sample.
pub(crate) fn registers() -> PathBuf {
    std::env::var_os("AITTA_REGISTERS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo/registers"), PathBuf::from)
}

pub(crate) fn file(name: &str) -> PathBuf {
    registers().join(name)
}

pub(crate) fn seed(name: &str) -> [u8; 32] {
    sha256(&[name.as_bytes()])
}

pub(crate) fn key(name: &str) -> SigningKey {
    SigningKey::from_seed(&seed(name))
}

pub(crate) fn principal(name: &str) -> Principal {
    Principal::new(seed(name))
}

pub(crate) fn anchor() -> Anchor {
    Anchor { principal: principal("anchor"), key: key("anchor").public_key() }
}

pub(crate) fn batches_of(rows: usize) -> Options {
    Options { batch_rows: NonZeroUsize::new(rows).unwrap(), ..Options::default() }
}

pub(crate) fn whole(city: &str) -> Files {
    Files::Folder(file(city))
}

pub(crate) fn only(name: &str) -> Files {
    Files::Files(vec![file(name)])
}

pub(crate) fn node_keys(name: &str) -> NodeKeys {
    NodeKeys::generate(&SeededRandom::new(seed(name)))
}

/// Small segments: a whole one is read when a log opens.
fn log_config(name: &str, folder: &Path) -> LogConfig {
    let mut config = LogConfig::new(folder.join("log"), principal(name), Arc::new(key(name)));
    config.segment_bytes = 1024 * 1024;
    config
}

/// A node in a folder. Its time stands still until a story moves it.
pub(crate) struct City {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) node: Arc<Node>,
    now: Arc<AtomicU64>,
    elapsed_secs: Arc<AtomicU64>,
}

impl City {
    pub(crate) fn open(name: &str, folder: &Path) -> Self {
        let catalogue =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/pod-import/catalogues").join(format!("{name}.toml"));
        std::fs::create_dir_all(folder).unwrap();
        let config = StoreConfig::new(Engine::Redb, folder.join("store"));
        let store = pod_store::open(&config, &pod_server::tables(), pod_server::SCHEMA_VERSION).unwrap();
        let now = Arc::new(AtomicU64::new(START_SECS));
        let told = Arc::clone(&now);
        let elapsed_secs = Arc::new(AtomicU64::new(0));
        let elapsed = Arc::clone(&elapsed_secs);
        let parts = NodeParts {
            principal: principal(name),
            key: Arc::new(key(name)),
            previous_keys: Vec::new(),
            store: Arc::clone(&store),
            keys: node_keys(name),
            log: log_config(name, folder),
            anchor: anchor(),
            catalogue: Arc::new(Catalogue::load(&catalogue).unwrap()),
            origins: Arc::from([format!("https://{name}.example")]),
            revocation_bound: RevocationBound::default(),
            clock: Arc::new(move || told.load(Ordering::SeqCst)),
            monotonic: Arc::new(move || elapsed.load(Ordering::SeqCst) * 1_000_000_000),
            thread_cpu: None,
            random: Arc::new(SystemRandom),
            machine: pod_http::Machine::this(),
        };
        let node = Arc::new(Node::open(parts).unwrap());
        Self { name: name.to_owned(), folder: folder.to_owned(), store, node, now, elapsed_secs }
    }

    pub(crate) fn now(&self) -> u64 {
        self.now.load(Ordering::SeqCst)
    }

    pub(crate) fn wait(&self, seconds: u64) {
        self.waits(seconds)();
    }

    /// Lets a time go by whenever it is called.
    pub(crate) fn waits(&self, seconds: u64) -> impl Fn() + Send + use<> {
        let (now, elapsed_secs) = (Arc::clone(&self.now), Arc::clone(&self.elapsed_secs));
        move || {
            now.fetch_add(seconds, Ordering::SeqCst);
            elapsed_secs.fetch_add(seconds, Ordering::SeqCst);
        }
    }

    /// Somebody sets the machine's clock; no time goes by.
    pub(crate) fn set_clock(&self, now_secs: u64) {
        self.now.store(now_secs, Ordering::SeqCst);
    }

    /// Another view of the same vault.
    pub(crate) fn vault(&self) -> Vault {
        Vault::open(Arc::clone(&self.store), node_keys(&self.name), Arc::new(SystemRandom)).unwrap()
    }

    pub(crate) fn count(&self, table: &'static str) -> u64 {
        self.store.count(Table(table)).unwrap()
    }

    pub(crate) async fn import(&self, files: Files) -> ImportReport {
        self.import_with(None, files, Options::default()).await
    }

    pub(crate) async fn import_with(&self, blinder: Option<Blinder>, files: Files, options: Options) -> ImportReport {
        Importer::new(Arc::clone(&self.node), blinder).run(files, options, |_| {}).await.unwrap()
    }

    /// Closes the node, and opens its log.
    pub(crate) fn close(self) -> (PathBuf, Log) {
        let Self { name, folder, store, node, .. } = self;
        drop(Arc::into_inner(node).expect("nobody holds the node any more"));
        drop(store);
        let log = Log::open(log_config(&name, &folder)).unwrap();
        (folder, log)
    }
}

/// Every entry of a log about a pod.
pub(crate) fn entries_of(log: &Log, vault: &Vault, pod: &PodId) -> Vec<StoredEntry> {
    log.entries_of(PodTag::new(vault.audit_tag(pod)), 0, 1_000).unwrap()
}

/// Every identity code that stands anywhere in a city's registers.
pub(crate) fn all_codes(folder: &Path) -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        codes.extend(bytes.windows(11).filter_map(code_in));
    }
    codes
}

/// The window as an identity code, if it is one.
pub(crate) fn code_in(window: &[u8]) -> Option<String> {
    let looks = window[..6].iter().all(u8::is_ascii_digit) && window[7..10].iter().all(u8::is_ascii_digit);
    let text = looks.then(|| std::str::from_utf8(window).ok()).flatten()?;
    IdentityCode::parse(text).is_ok().then(|| text.to_owned())
}

//! A directory and a blinder on this machine, with a clock that tests move.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pod_crypto::SystemRandom;
use pod_directory::blinder::BlinderSeed;
use pod_directory::config::{BlinderConfig, DirectoryConfig};
use pod_directory::{Running, ServeError, Surroundings, blinder, directory};
use pod_http::{
    Client, ClientLimits, ClientProtocol, Drained, Origin, Request, Response, RootCertificates, refuse_key_log,
};
use pod_protocol::bucket::Bucket;
use pod_protocol::holder_entry::{HolderEntry, Tag};
use pod_protocol::ids::base64url;
use pod_protocol::registry::Registry;
use pod_protocol::tlog::leaf::{Body, Leaf};
use pod_protocol::tlog::map::ProvenBucket;
use serde_json::Value as Json;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::federation::*;
use crate::provider::{CLIENT_ID, Provider};

/// A server of ours on its own task.
pub struct Serving {
    pub origin: Origin,
    pub metrics: Option<Origin>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<Drained, ServeError>>,
}

impl Serving {
    pub fn of(running: Running) -> Self {
        let origin = |address: &pod_http::ListenAddress| address.to_string().parse().unwrap();
        let (stop, stopped) = oneshot::channel();
        let metrics = running.metrics_address().map(origin);
        let origin = origin(&running.addresses()[0]);
        let ended = tokio::spawn(running.until(async {
            let _ = stopped.await;
        }));
        Self { origin, metrics, stop, ended }
    }

    pub async fn stop(self) {
        self.stop.send(()).unwrap();
        assert_eq!(self.ended.await.unwrap().unwrap().cut, 0);
    }
}

pub struct World {
    pub folder: TempDir,
    time: Arc<AtomicU64>,
    client: Client,
}

impl World {
    pub fn new() -> Self {
        let client = Client::new(RootCertificates::none(), ClientProtocol::Http1, ClientLimits::default()).unwrap();
        let world = Self { folder: TempDir::new().unwrap(), time: Arc::new(AtomicU64::new(NOW)), client };
        BlinderSeed::from_bytes(SEED).create_file(&world.path("blinder.seed")).unwrap();
        world
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn set_time(&self, secs: u64) {
        self.time.store(secs, Ordering::Relaxed);
    }

    pub fn now(&self) -> u64 {
        self.time.load(Ordering::Relaxed)
    }

    /// The directory's store, while no directory has it.
    pub fn store(&self) -> Arc<dyn pod_store::Store> {
        let names = ["leaves", "notes", "tiles", "posts", "statements", "entries", "index"];
        let config = pod_store::StoreConfig::new(pod_store::Engine::Redb, self.path("directory.redb"));
        pod_store::open(&config, &names.map(pod_store::Table), 2).unwrap()
    }

    pub fn around(&self) -> Surroundings {
        let time = Arc::clone(&self.time);
        Surroundings {
            clock: Arc::new(move || time.load(Ordering::Relaxed)),
            random: Arc::new(SystemRandom),
            key_log: refuse_key_log(|_| None).unwrap(),
            machine: pod_http::Machine::this(),
        }
    }

    pub fn directory_toml(&self) -> String {
        format!(
            "listen = [\"http://127.0.0.1:0\"]\n{}[log]\nprincipal = \"{}\"\nkey_file = \"directory.key\"\nwitnesses = 0\n\
             [storage]\npath = \"directory.redb\"\n[metrics]\nlisten = \"http://127.0.0.1:0\"\n",
            anchor_toml(),
            principal(DIRECTORY),
        )
    }

    pub fn blinder_toml(&self, directory: &Origin, issuer: &str) -> String {
        format!(
            "listen = [\"http://127.0.0.1:0\"]\nprincipal = \"{}\"\nepoch = {EPOCH}\nseed_file = \"blinder.seed\"\n{}\
             [directory]\nurl = \"{directory}\"\n[provider]\nissuer = \"{issuer}\"\nclient_id = \"{CLIENT_ID}\"\n\
             [storage]\npath = \"blinder.redb\"\n[limits]\ninputs_per_organisation = 300\nasks_per_subject = 3\n\
             [metrics]\nlisten = \"http://127.0.0.1:0\"\n",
            principal(BLINDER),
            anchor_toml()
        )
    }

    /// A directory without any member.
    pub async fn empty_directory(&self) -> Serving {
        self.directory_with(|text| text).await
    }

    /// A directory without any member, with another configuration.
    pub async fn directory_with(&self, change: impl FnOnce(String) -> String) -> Serving {
        let text = change(self.directory_toml());
        let config = DirectoryConfig::from_toml(&self.path("directory.toml"), &text).unwrap();
        Serving::of(directory::start(config, key(DIRECTORY), self.around()).await.unwrap())
    }

    /// A directory with the federation's members.
    pub async fn directory(&self) -> Serving {
        let serving = self.empty_directory().await;
        for statement in statements() {
            self.post(&serving, "/v1/statements", "application/cose", statement).await.is(204);
        }
        serving
    }

    pub async fn blinder(&self, directory: &Origin, issuer: &str) -> Serving {
        let config =
            BlinderConfig::from_toml(&self.path("blinder.toml"), &self.blinder_toml(directory, issuer)).unwrap();
        Serving::of(blinder::start(config, self.around()).await.unwrap())
    }

    pub async fn send(&self, origin: &Origin, request: Request) -> Reply {
        Reply(self.client.send(origin, request).await.unwrap())
    }

    pub async fn get(&self, to: &Serving, path: &str) -> Reply {
        self.send(&to.origin, Request::get(path)).await
    }

    pub async fn post(&self, to: &Serving, path: &str, media: &'static str, body: Vec<u8>) -> Reply {
        self.send(&to.origin, Request::post(path, media, body)).await
    }

    pub async fn publish(&self, to: &Serving, by: u8, entries: &[HolderEntry]) -> Reply {
        let entries: Vec<Vec<u8>> = entries.iter().map(|entry| signed(by, entry.clone())).collect();
        self.post(to, "/v1/entries", "application/cbor", array(&entries)).await
    }

    pub async fn ask(&self, to: &Serving, token: &str, input: &[u8; 32], holders: &[u8]) -> Reply {
        let holders: Vec<String> = holders.iter().map(|of| principal(*of).to_string()).collect();
        let body = serde_json::json!({ "id_token": token, "input": base64url(input), "holders": holders });
        self.post(to, "/v1/evaluate-citizen", "application/json", body.to_string().into_bytes()).await
    }

    /// The bucket that this tag belongs into, as a wallet fetches it.
    pub async fn bucket_of(&self, to: &Serving, tag: &Tag) -> Bucket {
        let bits = u8::try_from(self.get(to, "/v1/buckets").await.json()["bits"].as_u64().unwrap()).unwrap();
        let number = pod_protocol::bucket::bucket_of(tag, bits);
        proven(&self.get(to, &format!("/v1/buckets/{bits}/{number}")).await.is(200).body)
    }

    pub async fn registry(&self, from: &Serving) -> Registry {
        let snapshot = self.get(from, "/v1/registry").await.is(200);
        Registry::build(&anchor(), &Registry::read_snapshot(&snapshot.body).unwrap(), NOW).0
    }
}

/// A world with everything running.
pub async fn whole() -> (World, Serving, Serving, Provider) {
    let world = World::new();
    let directory = world.directory().await;
    let provider = Provider::start().await;
    let blinder = world.blinder(&directory.origin, &provider.issuer).await;
    (world, directory, blinder, provider)
}

/// The bucket of an answer, once its proof leads to the state that comes with it.
#[track_caller]
pub fn proven(body: &[u8]) -> Bucket {
    let proven = ProvenBucket::from_bytes(body).unwrap();
    let Body::State(state) = Leaf::from_bytes(&proven.head.leaf).unwrap().body else { panic!("no state") };
    proven.check(&state).unwrap();
    proven.bucket
}

pub fn anchor_toml() -> String {
    let anchor = anchor();
    format!("[anchor]\nprincipal = \"{}\"\nkey = \"{}\"\n", anchor.principal, base64url(&anchor.key.to_bytes()))
}

pub struct Reply(pub Response);

impl Reply {
    #[track_caller]
    pub fn is(self, status: u16) -> Response {
        assert_eq!(self.0.status.as_u16(), status, "{:?}", self.0.problem());
        self.0
    }

    /// A problem with this status and code; its pointer.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Option<String> {
        let problem = self.0.problem().unwrap_or_else(|| panic!("no problem: {:?}", self.0));
        assert_eq!((self.0.status.as_u16(), problem.code.as_deref()), (status, Some(code)), "{problem}");
        problem.pointer
    }

    #[track_caller]
    pub fn json(self) -> Json {
        serde_json::from_slice(&self.is(200).body).unwrap()
    }

    #[track_caller]
    pub fn text(self) -> String {
        String::from_utf8(self.is(200).body.to_vec()).unwrap()
    }
}

/// Waits until a condition holds that the other side brings about; fails when it takes a minute.
pub async fn eventually<Check: Future<Output = bool>>(mut holds: impl FnMut() -> Check) {
    let waiting = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), waiting).await.expect("it never held");
}

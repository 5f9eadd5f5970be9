//! A node from its file: it starts, says how it is, is drained; and every mistake in the file has a sentence that helps.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use pod_crypto::{SeededRandom, SigningKey};
use pod_http::{Request, Response};
use pod_protocol::Verified;
use pod_protocol::ids::{Cti, Principal, base64url};
use pod_protocol::registry::{Anchor, Registry};
use pod_protocol::statement::{Membership, Role};
use pod_server::config::NodeConfig;
use pod_server::key_file;
use pod_server::reload::Reload;
use pod_server::serve::{Edge, NodeServer};
use serde_json::Value as Json;
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};

use crate::scene::{NOW, catalogue, node_keys};
use crate::web::{certificate, client};

const PRINCIPAL: &str = "ai:CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk";
const ANCHOR: &str = "ai:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(TempDir::new().unwrap());
        key_file::create(&folder.path("organisation.key"), &SigningKey::from_seed(&[5; 32])).unwrap();
        node_keys().create_file(&folder.path("node.keys")).unwrap();
        fs::copy(catalogue(), folder.path("catalogue.toml")).unwrap();
        certificate(folder.0.path());
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn good(&self) -> String {
        let key = base64url(&SigningKey::from_seed(&[6; 32]).public_key().to_bytes());
        format!(
            r#"listen = ["https://127.0.0.1:0"]
origins = ["https://pods.helsinki.example"]
certificate = "cert.pem"
certificate_key = "cert-key.pem"
metrics_listen = "http://127.0.0.1:0"
data = "data"
catalogue = "catalogue.toml"
[organisation]
principal = "{PRINCIPAL}"
key_file = "organisation.key"
node_keys_file = "node.keys"
[anchor]
principal = "{ANCHOR}"
key = "{key}"
"#
        )
    }

    fn load(&self, text: &str) -> Result<NodeConfig, String> {
        self.load_with(text, &[], &|_| None)
    }

    fn load_with(
        &self,
        text: &str,
        command_line: &[(&str, &str)],
        environment: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<NodeConfig, String> {
        let file = self.path("node.toml");
        fs::write(&file, text).unwrap();
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let command_line: Vec<_> = command_line.iter().map(own).collect();
        NodeConfig::load(Some(&file), &command_line, environment).map_err(|error| error.to_string())
    }
}

fn edge() -> Edge {
    Edge {
        clock: Arc::new(|| NOW),
        monotonic: Arc::new(|| 0),
        thread_cpu: None,
        random: Arc::new(SeededRandom::new([3; 32])),
        environment: Arc::new(|_| None),
    }
}

async fn get(address: &str, path: &str, authority_pem: &str) -> Response {
    client(authority_pem).send(&address.parse().unwrap(), Request::get(path)).await.unwrap()
}

#[tokio::test]
async fn it_starts_says_how_it_is_and_is_drained() {
    let folder = Folder::new();
    let config = folder.load(&folder.good()).unwrap();
    let (_, authority_pem) = certificate(folder.0.path());
    assert!(config.check(&|_| None).await.is_empty());
    let server = NodeServer::start(&config, &edge()).await.unwrap();
    let (main, metrics) = (server.addresses()[0].to_string(), server.metrics_address().unwrap().to_string());
    let (stop, stopped) = oneshot::channel::<()>();
    let (reload, told) = mpsc::channel(1);
    let again = config.clone();
    let reloads = Reload { told, read: Arc::new(move || Ok(again.clone())) };
    let running = tokio::spawn(server.run(reloads, async {
        stopped.await.unwrap();
    }));
    assert_eq!(get(&main, "/healthz", &authority_pem).await.status, 200);
    let readiness: Json = serde_json::from_slice(&get(&main, "/readiness", &authority_pem).await.body).unwrap();
    assert_eq!(readiness["ready"], true, "without a directory there is nothing to wait for: {readiness}");
    let text = String::from_utf8(get(&metrics, "/metrics", &authority_pem).await.body.to_vec()).unwrap();
    for name in [
        "aitta_node_pods 0",
        "aitta_node_step_nanoseconds_total{step=\"record\"} 0",
        "aitta_node_connections_open",
        "route=\"/healthz\"",
    ] {
        assert!(text.contains(name), "{name} is not in\n{text}");
    }
    assert!(!text.contains("ai:") && !text.contains("pod:"), "metrics name nobody");
    assert_eq!(get(&main, "/metrics", &authority_pem).await.status, 404, "metrics have a listener of their own");
    // A new certificate is taken into use without a restart.
    let (_, new_authority) = certificate(folder.0.path());
    reload.send(()).await.unwrap();
    let origin = main.parse().unwrap();
    while client(&new_authority).send(&origin, Request::get("/healthz")).await.is_err() {
        tokio::task::yield_now().await;
    }
    stop.send(()).unwrap();
    assert_eq!(running.await.unwrap().unwrap().cut, 0);
    // What it left can be opened again.
    NodeServer::start(&config, &edge()).await.unwrap();
}

/// The registry in which this organisation signs with both keys.
fn registry_of_both_keys(keys: [&SigningKey; 2]) -> Vec<u8> {
    let [principal, issuer] = [PRINCIPAL, ANCHOR].map(|text| text.parse::<Principal>().unwrap());
    let anchor = SigningKey::from_seed(&[6; 32]);
    let membership = Membership {
        issuer,
        subject: principal,
        expires: NOW + 86_400,
        issued: NOW - 1,
        cti: Cti::new([1; 16]),
        name: "helsinki".parse().unwrap(),
        keys: keys.map(SigningKey::public_key).to_vec(),
        roles: vec![Role::Holder],
        depth: 0,
        suspended: false,
    };
    let membership = Verified::sign(&anchor, membership).bytes().to_vec();
    let trust = Anchor { principal: issuer, key: anchor.public_key() };
    let (registry, left_out) = Registry::build(&trust, &[membership], NOW);
    assert_eq!(left_out, []);
    registry.snapshot()
}

/// Its new end of the network between organisations waits for a relay that never gives it a slot, while the node is told to stop.
#[tokio::test]
async fn told_to_stop_while_keys_change_it_is_drained_at_once() {
    let folder = Folder::new();
    let (old, new) = (SigningKey::from_seed(&[5; 32]), SigningKey::from_seed(&[7; 32]));
    key_file::create(&folder.path("new.key"), &new).unwrap();
    let p2p = "[p2p]\nlisten = [\"/ip4/127.0.0.1/tcp/0\"]\nrelay = [\"nobody\"]\n";
    let config = folder.load(&(folder.good() + p2p)).unwrap();
    let keys = "key_file = \"new.key\"\nprevious_key_files = [\"organisation.key\"]";
    let text = folder.good().replace("key_file = \"organisation.key\"", keys) + p2p;
    let changed = folder.load(&text).unwrap();
    let (_, authority_pem) = certificate(folder.0.path());
    let server = NodeServer::start(&config, &edge()).await.unwrap();
    assert_eq!(server.node().take_registry(&registry_of_both_keys([&old, &new])).unwrap(), []);
    let main = server.addresses()[0].to_string();

    let (stop, stopped) = oneshot::channel::<()>();
    let (reload, told) = mpsc::channel(1);
    let reloads = Reload { told, read: Arc::new(move || Ok(changed.clone())) };
    let running = tokio::spawn(server.run(reloads, async {
        stopped.await.unwrap();
    }));
    reload.send(()).await.unwrap();
    let signs = async || {
        let said = get(&main, "/.well-known/aitta", &authority_pem).await.body;
        serde_json::from_slice::<Json>(&said).unwrap()["keys"][0]["x"].clone()
    };
    while signs().await != base64url(&new.public_key().to_bytes()) {
        tokio::task::yield_now().await;
    }
    stop.send(()).unwrap();
    // The relay would be waited for 10 s.
    let drained = tokio::time::timeout(Duration::from_secs(8), running).await.expect("it stops before that");
    assert_eq!(drained.unwrap().unwrap().cut, 0);
    // Nothing of what had begun is left behind: store, log and sockets are free, for the new key.
    let keys_anew = folder.load(&text).unwrap();
    NodeServer::start(&keys_anew, &edge()).await.unwrap();
}

#[test]
fn command_line_before_environment_before_file_before_default() {
    let folder = Folder::new();
    let text = folder.good() + "[storage]\ncache_bytes = 1000\n";
    let set = |name: &str| (name == "AITTA_NODE_STORAGE_CACHE_BYTES").then(|| OsString::from("2000"));
    let bytes = |config: Result<NodeConfig, String>| config.unwrap().cache_bytes;
    assert_eq!(bytes(folder.load(&folder.good())), 64 * 1024 * 1024);
    assert_eq!(bytes(folder.load(&text)), 1000);
    assert_eq!(bytes(folder.load_with(&text, &[], &set)), 2000);
    assert_eq!(bytes(folder.load_with(&text, &[("storage.cache_bytes", "3000")], &set)), 3000);
    let listen = folder.load_with(&text, &[("listen", "unix:/run/a, https://0.0.0.0:1")], &|_| None).unwrap().listen;
    assert_eq!(listen.len(), 2);
}

#[test]
fn paths_are_relative_to_the_file_that_says_them() {
    let folder = Folder::new();
    assert_eq!(folder.load(&folder.good()).unwrap().data, folder.path("data"));
    let elsewhere = folder.load_with(&folder.good(), &[("data", "data")], &|_| None).unwrap();
    assert_eq!(elsewhere.data, Path::new("data"));
}

#[test]
fn the_default_file_is_a_whole_configuration() {
    let folder = Folder::new();
    let config = folder.load(&NodeConfig::commented_default()).unwrap();
    assert_eq!(config.listen.len(), 1);
    assert!(config.upkeep.directory.is_none() && config.oidc.is_none());
    // Also when every comment that is a setting is one.
    let all: String = NodeConfig::commented_default()
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') => format!("{setting}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let config = folder.load(&all).unwrap();
    assert!(config.upkeep.directory.is_some() && config.upkeep.blinder.is_some() && config.oidc.is_some());
}

#[test]
fn every_mistake_has_a_sentence_that_says_what_to_write() {
    let folder = Folder::new();
    let good = folder.good();
    let with = |from: &str, to: &str| good.replacen(from, to, 1);
    for (text, says) in [
        (with("listen =", "lisen ="), "node.toml line 1: `lisen` is no setting; did you mean `listen`?"),
        (with("[anchor]", "[ancor]"), "`ancor` is no setting"),
        (format!("key_file = 'x'\n{good}"), "line 1: `key_file` is no setting; did you mean `organisation.key_file`?"),
        (with(r#"["https://127.0.0.1:0"]"#, r#""https://127.0.0.1:0""#), "`listen` must be a list of texts"),
        (with("https://127.0.0.1:0", "http://0.0.0.0:80"), "unencrypted"),
        (with("https://127.0.0.1:0", "127.0.0.1:0"), "`listen`: cannot listen on"),
        (with("helsinki.example\"", "helsinki.example/\""), "an origin has no slash at its end"),
        (with(PRINCIPAL, "helsinki"), "`organisation.principal`: not a principal"),
        (with("data = \"data\"", "data = \" \""), "`data`: is empty"),
        (with("data = \"data\"", ""), "`data` is missing: write `data ="),
        (with("certificate_key = \"cert-key.pem\"\n", ""), "`certificate_key` is missing"),
        (good.clone() + "[storage]\nengine = \"postgres\"\n", "no engine"),
        (good.clone() + "[storage]\ncache_bytes = -1\n", "`storage.cache_bytes` must be a whole number, not negative"),
        (good.clone() + "[log]\nformat = \"xml\"\n", "`log.format`: is neither text nor json"),
        (good.clone() + "[blinder]\nepoch = 2\n", "`blinder.url` is missing: `blinder` does not work without it"),
        (good.clone() + "[oidc]\nissuer = \"https://login.example\"\n", "`oidc.client_id` is missing"),
        (good.clone() + "[directory]\nurl = \"https://d.example\"\nrefresh_secs = 0\n", "at least 1 second"),
        (good.clone() + "[p2p]\nrelay = [\"turku\"]\n", "`p2p.listen` is missing: `p2p` does not work without it"),
        (good.clone() + "[p2p]\nrelay = [\"Turku!\"]\n", "`p2p.relay`: "),
        (good.clone() + "= 3", "is not TOML"),
    ] {
        let said = folder.load(&text).unwrap_err();
        assert!(said.contains(says), "{said}\n  should say\n{says}");
        assert!(!said.contains('\n'), "one sentence: {said}");
    }
    let wrong = |name: &str| (name == "AITTA_NODE_STORAGE_CACHE_BYTES").then(|| OsString::from("much"));
    let said = folder.load_with(&good, &[], &wrong).unwrap_err();
    assert!(said.starts_with("the environment's AITTA_NODE_STORAGE_CACHE_BYTES: "), "{said}");
    let said = folder.load_with(&good, &[("storage.motor", "redb")], &|_| None).unwrap_err();
    assert!(said.starts_with("the command line: `storage.motor` is no setting"), "{said}");
    let missing = NodeConfig::load(Some(Path::new("/nonexistent/node.toml")), &[], &|_| None).unwrap_err();
    assert!(missing.to_string().contains("cannot read the configuration file"), "{missing}");
}

#[tokio::test]
async fn check_config_names_everything_that_is_wrong_at_once() {
    let folder = Folder::new();
    let text = folder
        .good()
        .replace("\"organisation.key\"", "\"node.keys\"")
        .replace("catalogue.toml", "no.toml")
        .replace("cert.pem", "organisation.key");
    let config = folder.load(&text).unwrap();
    let found: Vec<String> = config.check(&|_| None).await.iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 3, "{found:#?}");
    for says in ["organisation.key_file", "catalogue", "no usable certificate"] {
        assert!(found.iter().any(|one| one.contains(says)), "{says} is not in {found:#?}");
    }
    let both = |name: &str| (name == "AITTA_NODE_SECRET_NODE_KEYS").then(OsString::new);
    let found = folder.load(&folder.good()).unwrap().check(&both).await;
    assert!(found[0].to_string().contains("both `organisation.node_keys_file` and AITTA_NODE_SECRET_NODE_KEYS"));
    let key_log = |name: &str| (name == "SSLKEYLOGFILE").then(OsString::new);
    let found = folder.load(&folder.good()).unwrap().check(&key_log).await;
    assert!(found[0].to_string().contains("SSLKEYLOGFILE"));
}

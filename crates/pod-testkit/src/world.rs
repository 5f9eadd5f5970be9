//! A node on disk, and everybody who calls it.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pod_client::Caller;
use pod_client::service::{HeldGrant, ServiceIdentity};
use pod_crypto::{Random, SystemRandom, random_array};
use pod_http::{Client, ClientLimits, ClientProtocol, RootCertificates};
use pod_import::{IdentityCode, Options};
use pod_net::{Net, NetConfig, NetLimits, Peer, Relaying};
use pod_protocol::Verified;
use pod_protocol::field::Purpose;
use pod_protocol::grant::{Grant, GrantLimits, Permission};
use pod_protocol::ids::{Cti, PodId, Principal, Thumbprint, base64url};
use pod_protocol::registry::Registry;
use pod_server::config::NodeConfig;
use pod_server::enrolment::enrol_identified;
use pod_server::import::{Files, Importer};
use pod_server::serve::Edge;
use pod_vault::NodeKeys;
use pod_wallet::keys::{KeyLog, Signer};
use pod_wallet::root::RootSecret;

use crate::certificates;
use crate::service::members;

/// A school year.
const GRANT_SECS: u64 = 200 * 24 * 3600;

/// What the service may ask for, and what grants give.
const FIELDS: [(&str, &[&str]); 1] =
    [("residence", &["family_name", "given_names", "address.street", "address.postal_code"])];

/// What a world is made from.
pub struct WorldPlan<'a> {
    /// Where it is made; an existing, empty folder.
    pub dir: &'a Path,
    /// The city's registers.
    pub registers: &'a Path,
    /// The city's catalogue.
    pub catalogue: &'a Path,
    /// How many of the city's people enrol a wallet.
    pub citizens: usize,
    /// Reads the clock: seconds since 1970.
    pub clock: Arc<dyn Fn() -> u64 + Send + Sync>,
}

impl fmt::Debug for WorldPlan<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorldPlan").field("dir", &self.dir).finish_non_exhaustive()
    }
}

/// Somebody with a wallet.
#[derive(Debug)]
pub struct Citizen {
    /// Their pod.
    pub pod: PodId,
    /// Signs for them.
    pub signer: Signer,
}

/// A node on disk that nobody serves yet, and those who will call it.
pub struct World {
    /// The node's configuration.
    pub config: PathBuf,
    /// Where it will answer.
    pub url: String,
    /// Where it will answer over libp2p: QUIC and TCP.
    pub peer: Peer,
    /// Where its metrics will be.
    pub metrics_url: String,
    /// The organisation.
    pub holder: Principal,
    /// A registered service of another organisation.
    pub service: Arc<ServiceIdentity>,
    /// The registry.
    pub registry: Arc<Registry>,
    /// People with wallets.
    pub citizens: Vec<Citizen>,
    /// Pods in all.
    pub pods: u64,
    /// Connections, clock and randomness for callers.
    pub caller: Caller,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("url", &self.url).field("pods", &self.pods).finish_non_exhaustive()
    }
}

impl World {
    /// Makes it: certificates, keys, configuration, registry, an import, enrolments. Needs a tokio runtime.
    pub async fn make(plan: WorldPlan<'_>) -> Self {
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        let now_secs = (plan.clock)();
        let (url, metrics_url) =
            (format!("https://127.0.0.1:{}", free_port()), format!("http://127.0.0.1:{}", free_port()));
        let port = free_port();
        let p2p = [format!("/ip4/127.0.0.1/udp/{port}/quic-v1"), format!("/ip4/127.0.0.1/tcp/{port}")];
        certificates::write(plan.dir, &["localhost".to_owned(), "127.0.0.1".to_owned()]);
        let members = members(&url, &FIELDS, &*random, now_secs);
        pod_server::key_file::create(&plan.dir.join("organisation.key"), &members.holder_key).unwrap();
        NodeKeys::generate(&*random).create_file(&plan.dir.join("node.keys")).unwrap();
        let config = plan.dir.join("node.toml");
        fs::write(&config, configuration(&plan, &members.holder, &members.anchor, &url, &p2p, &metrics_url)).unwrap();
        let edge = edge(Arc::clone(&plan.clock), Arc::clone(&random));
        let loaded = NodeConfig::load(Some(&config), &[], &|_| None).unwrap();
        let node = Arc::new(pod_server::serve::open(&loaded, &edge).unwrap());
        assert!(node.take_registry(&members.snapshot).unwrap().is_empty());
        let report = Importer::new(Arc::clone(&node), None)
            .run(Files::Folder(plan.registers.to_owned()), Options::default(), |_| {})
            .await
            .unwrap();
        let mut citizens = Vec::with_capacity(plan.citizens);
        for code in codes(plan.registers).into_iter().take(plan.citizens) {
            // A root each: one root gives one identity at one organisation.
            let root = RootSecret::generate(&*random);
            let log = KeyLog::begin(&root, members.holder, [0x70; 32]).unwrap();
            let pods = enrol_identified(&node, code, log.events()).await.unwrap();
            citizens.push(Citizen { pod: pods[0], signer: log.signer(&root).unwrap() });
        }
        let statements = Registry::read_snapshot(&members.snapshot).unwrap();
        let (registry, _) = Registry::build(&members.anchor, &statements, now_secs);
        let roots = RootCertificates::none().with_file(&plan.dir.join("roots.pem")).unwrap();
        let http = Client::new(roots, ClientProtocol::default(), ClientLimits::default()).unwrap();
        Self {
            config,
            url,
            peer: Peer {
                key: members.holder_key.public_key().to_bytes(),
                addresses: p2p.iter().map(|text| text.parse().unwrap()).collect(),
            },
            metrics_url,
            holder: members.holder,
            service: members.service,
            registry: Arc::new(registry),
            citizens,
            pods: report.findable.pods,
            caller: Caller { http, net: None, random, clock: plan.clock },
        }
    }

    /// A grant of a citizen to the service, for the fields that it is registered for.
    #[must_use]
    pub fn grant(&self, citizen: &Citizen) -> Verified<Grant> {
        let now_secs = self.caller.now_secs();
        let permissions = FIELDS
            .iter()
            .map(|(of, fields)| {
                Permission::Raw(of.parse().unwrap(), fields.iter().map(|field| field.parse().unwrap()).collect())
            })
            .collect();
        let grant = Grant {
            issuer: citizen.signer.principal,
            subject: citizen.pod,
            audience: self.holder,
            expires: now_secs + GRANT_SECS,
            not_before: None,
            issued: now_secs,
            cti: Cti::new(random_array(&*self.caller.random)),
            confirmation: Thumbprint::of(&self.service.key.public_key()),
            parent: None,
            permissions,
            purposes: vec![self.purpose()],
            limits: GrantLimits::default(),
            key_event: citizen.signer.key_event,
            legal_basis: None,
        };
        Verified::sign(&citizen.signer.key, grant)
    }

    /// A grant as a service holds it.
    #[must_use]
    pub fn held(&self, grant: &Verified<Grant>) -> HeldGrant {
        HeldGrant::of_chain(&[grant.bytes().to_vec()]).unwrap()
    }

    /// The network under the service's key, for callers over libp2p. Needs a tokio runtime.
    pub async fn net(&self) -> Net {
        let config = NetConfig {
            key: &self.service.key,
            listen: &[],
            allow: Arc::new(|_| true),
            handler: None,
            relaying: Relaying::default(),
            limits: NetLimits::default(),
        };
        Net::start(config, pod_net::refuse_key_log(|_| None).unwrap()).await.unwrap()
    }

    /// The purpose that the service is registered for.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        "dpv:ServiceProvision".parse().unwrap()
    }
}

/// What a node is given of the world outside. Durations are not measured here: a test's clock stands still.
fn edge(clock: Arc<dyn Fn() -> u64 + Send + Sync>, random: Arc<dyn Random>) -> Edge {
    Edge {
        clock,
        monotonic: Arc::new(|| 0),
        thread_cpu: None,
        random,
        environment: Arc::new(|_: &str| None::<OsString>),
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn configuration(
    plan: &WorldPlan<'_>,
    holder: &Principal,
    anchor: &pod_protocol::registry::Anchor,
    url: &str,
    p2p: &[String; 2],
    metrics_url: &str,
) -> String {
    let table = |entries: &[(&str, String)]| {
        entries
            .iter()
            .map(|(key, value)| format!("{key} = {}\n", toml::Value::String(value.clone())))
            .collect::<String>()
    };
    let path = |name: &str| plan.dir.join(name).display().to_string();
    let catalogue = fs::canonicalize(plan.catalogue).unwrap().display().to_string();
    let head = table(&[
        ("certificate", path("server.pem")),
        ("certificate_key", path("server.key")),
        ("metrics_listen", metrics_url.to_owned()),
        ("data", path("data")),
        ("catalogue", catalogue),
    ]);
    let organisation = table(&[
        ("principal", holder.to_string()),
        ("key_file", path("organisation.key")),
        ("node_keys_file", path("node.keys")),
    ]);
    let anchor = table(&[("principal", anchor.principal.to_string()), ("key", base64url(&anchor.key.to_bytes()))]);
    format!(
        "listen = [\"{url}\"]\norigins = [\"{url}\"]\n{head}\n[p2p]\nlisten = {p2p:?}\n\n[organisation]\n{organisation}\n[anchor]\n{anchor}\n[log]\nlevel = \"warn\"\n"
    )
}

/// Identity codes of adults, who have pods of their own, from the residents' register of Helsinki.
fn codes(registers: &Path) -> Vec<IdentityCode> {
    let text = fs::read_to_string(registers.join("residents.csv")).unwrap();
    let adults = text.lines().skip(1).filter(|line| line.ends_with(';'));
    adults.filter_map(|line| IdentityCode::parse(line.split(';').next()?).ok()).collect()
}

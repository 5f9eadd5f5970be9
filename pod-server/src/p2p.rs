//! The node over libp2p: who may come, and what their frames have the node do. The answers are those of HTTPS.

use std::collections::HashSet;
use std::future::pending;
use std::sync::{Arc, PoisonError, RwLock};

use pod_crypto::random_array;
use pod_http::TraceId;
use pod_net::{
    Address, Caller, Handler, KeyLogOff, Kind, Net, NetConfig, NetCounts, NetLimits, NetStartError, Relaying, Through,
    Transport, Turned, Working,
};
use pod_protocol::registry::{Organisation, Registry};
use pod_protocol::{Outward, Refusal};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::commands;
use crate::fault::{Failure, Fault};
use crate::node::Node;
use crate::request::{self, Peer};
use crate::to_the_end::to_the_end;

/// Where and how many: the table `[p2p]` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct P2pConfig {
    /// Where it listens.
    pub listen: Vec<Address>,
    /// Most connections of all peers together.
    pub connections: u32,
    /// For a node behind NAT: the members through whose nodes it is reached, by short name or principal.
    pub relay: Vec<String>,
    /// Whether members behind NAT may be reached through this node.
    pub relays: bool,
}

/// A node's end of the network between organisations.
#[derive(Debug)]
pub struct P2p {
    net: Arc<Net>,
    rechecking: JoinHandle<()>,
}

impl P2p {
    /// Listens, and begins to answer members and their services. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`NetStartError`].
    pub async fn start(node: &Arc<Node>, config: &P2pConfig, key_log: KeyLogOff) -> Result<Self, NetStartError> {
        let p2p = Self::begin(node, config, key_log).await?;
        p2p.listen(config).await?;
        Ok(p2p)
    }

    /// Begins, and listens nowhere yet.
    ///
    /// # Errors
    /// [`NetStartError`].
    pub(crate) async fn begin(node: &Arc<Node>, config: &P2pConfig, key_log: KeyLogOff) -> Result<Self, NetStartError> {
        let members = Members::of(Arc::clone(node));
        let through = (!config.relay.is_empty()).then(|| through(node, config.relay.clone()));
        let net = NetConfig {
            key: &node.key(),
            listen: &[],
            allow: Arc::new(move |key| members.has(key)),
            handler: Some(Arc::new(Calls(Arc::clone(node)))),
            relaying: Relaying { through, for_members: config.relays },
            limits: NetLimits { connections: config.connections, ..NetLimits::default() },
        };
        let net = Arc::new(Net::start(net, key_log).await?);
        let rechecking = tokio::spawn(recheck(Arc::clone(&net), Arc::clone(node)));
        Ok(Self { net, rechecking })
    }

    /// Begins to answer those who come through a relay.
    pub(crate) async fn reserve(&self) {
        self.net.reserve().await;
    }

    /// Listens, everywhere that the configuration says or nowhere.
    ///
    /// # Errors
    /// [`NetStartError`]; then it may be tried again.
    pub(crate) async fn listen(&self, config: &P2pConfig) -> Result<(), NetStartError> {
        self.net.listen(&config.listen).await?;
        for address in self.net.addresses() {
            tracing::info!(%address, "listening");
        }
        Ok(())
    }

    /// Where it listens, with the real ports.
    #[must_use]
    pub fn addresses(&self) -> &[Address] {
        self.net.addresses()
    }

    /// What happened so far.
    #[must_use]
    pub fn counts(&self) -> NetCounts {
        self.net.counts()
    }

    /// What carries calls to it.
    pub(crate) fn transports(&self) -> Vec<&'static str> {
        let here = |transport: &Transport| self.addresses().iter().any(|address| address.transport() == *transport);
        Transport::ALL.into_iter().filter(here).map(Transport::name).collect()
    }

    /// What `/.well-known/aitta` says of it.
    pub(crate) fn described(&self) -> Value {
        json!({ "peer": pod_net::peer_id(self.net.key()), "transports": self.transports() })
    }

    /// Takes no further calls, and waits until those under way are answered.
    pub(crate) async fn stop(self) {
        self.rechecking.abort();
        self.net.stop().await;
    }
}

impl Drop for P2p {
    fn drop(&mut self) {
        self.rechecking.abort();
        self.net.cut();
    }
}

/// The relays, with the addresses and keys that the registry in use has; and what it says of where we are reached.
fn through(node: &Arc<Node>, names: Vec<String>) -> Through {
    let (of_relays, of_own) = (Arc::clone(node), Arc::clone(node));
    let relays = move || {
        let registry = of_relays.registry.current();
        let known = names.iter().filter_map(|name| member(&registry, name));
        known.filter(|relay| !relay.is_suspended()).flat_map(pod_client::peers_of).collect()
    };
    let published = move |address: &Address| {
        let registry = of_own.registry.current();
        let own = registry.organisation(&of_own.principal);
        let mut endpoints = own.into_iter().flat_map(Organisation::endpoints);
        endpoints.any(|one| one.as_str().parse::<Address>().is_ok_and(|one| one.is_place_of(address)))
    };
    Through { relays: Arc::new(relays), published: Arc::new(published) }
}

/// A member, by short name or principal.
fn member<'a>(registry: &'a Registry, name: &str) -> Option<&'a Organisation> {
    registry.organisation_named(name).or_else(|| registry.organisation(&name.parse().ok()?))
}

/// Cuts who is no longer in the registry, whenever another copy comes into use.
async fn recheck(net: Arc<Net>, node: Arc<Node>) {
    let mut changes = node.registry.changes();
    while changes.changed().await.is_ok() {
        net.recheck().await;
    }
}

/// Who may come: everybody whose key the registry in use has.
struct Members {
    node: Arc<Node>,
    known: RwLock<Known>,
}

/// The keys of one copy of the registry.
struct Known {
    registry: Arc<Registry>,
    keys: HashSet<[u8; 32]>,
}

impl Known {
    fn of(registry: Arc<Registry>) -> Self {
        Self { keys: registry.peer_keys().collect(), registry }
    }
}

impl Members {
    fn of(node: Arc<Node>) -> Self {
        let known = RwLock::new(Known::of(node.registry.current()));
        Self { node, known }
    }

    /// Looks into the copy that is in use now.
    fn has(&self, key: &[u8; 32]) -> bool {
        let current = self.node.registry.current();
        {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            if Arc::ptr_eq(&known.registry, &current) {
                return known.keys.contains(key);
            }
        }
        let known = Known::of(current);
        let has = known.keys.contains(key);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
        has
    }
}

/// What frames have the node do.
struct Calls(Arc<Node>);

impl Handler for Calls {
    fn handle(&self, from: Caller, kind: Kind, body: pod_net::Bytes) -> Working {
        Box::pin(answer(Arc::clone(&self.0), from, kind, body))
    }
}

/// Answers one frame. After a fatal fault nothing is answered any more, as over HTTPS (invariant 9).
async fn answer(node: Arc<Node>, from: Caller, kind: Kind, body: pod_net::Bytes) -> Result<Vec<u8>, Turned> {
    if node.stop.is_set() {
        return pending().await;
    }
    let began = (node.monotonic)();
    let trace_id = TraceId::from_bytes(random_array(&*node.random));
    let answered = match act(&node, from, kind, body).await {
        Ok(answer) => Ok(answer),
        Err(failure) => match turned(&node, failure, kind, trace_id) {
            Some(turned) => Err(turned),
            None => return pending().await,
        },
    };
    if node.stop.is_set() {
        return pending().await;
    }
    let micros = (node.monotonic)().saturating_sub(began) / 1_000;
    let (kind, transport, ended) = (name(kind), from.transport.name(), ended(&answered));
    tracing::info!(target: "aitta::access", transport, kind, ended, %trace_id, micros);
    answered
}

async fn act(node: &Arc<Node>, from: Caller, kind: Kind, body: pod_net::Bytes) -> Result<Vec<u8>, Failure> {
    let peer = Peer::Libp2p { key: from.key };
    let working = Arc::clone(node);
    match kind {
        // Boxed: what waits around it is moved three times before it begins.
        Kind::Call => Box::pin(request::handle(node, &peer, &body)).await,
        // What has begun to change something is finished and recorded, also when the peer goes away.
        Kind::Command => {
            let work = Box::pin(async move { commands::handle(&working, &peer, &body).await });
            to_the_end(node, name(kind), work).await
        }
        Kind::Revocation => {
            let work = Box::pin(async move { commands::revoke(&working, &body).await });
            to_the_end(node, name(kind), work).await
        }
        _ => Err(Refusal::Unavailable.into()),
    }
}

const fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Call => "a call",
        Kind::Command => "a command",
        Kind::Revocation => "a revocation",
        _ => "another kind",
    }
}

fn ended(answered: &Result<Vec<u8>, Turned>) -> &'static str {
    match answered {
        Ok(_) => "answered",
        Err(Turned::Refused { outward, .. }) => outward.code(),
        Err(Turned::Fault { .. }) => "fault",
    }
}

/// What the peer is told; `None` when nothing may be answered any more.
fn turned(node: &Node, failure: Failure, kind: Kind, trace_id: TraceId) -> Option<Turned> {
    let refusal = match failure {
        Failure::Refused(refusal) => refusal,
        Failure::Fault(fault) if fault.is_conflict() => Refusal::Unavailable,
        Failure::Fault(fault) => return told(node, fault, kind, trace_id),
    };
    let outward = refusal.outward();
    // What is wrong with the bytes says nothing of a person, and whoever writes a client needs it.
    let detail = if outward == Outward::Malformed { refusal.to_string() } else { String::new() };
    Some(Turned::Refused { outward, detail })
}

fn told(node: &Node, fault: Fault, kind: Kind, trace_id: TraceId) -> Option<Turned> {
    tracing::error!(%trace_id, "no answer");
    if node.note(fault, name(kind)) { None } else { Some(Turned::Fault { trace_id: trace_id.to_string() }) }
}

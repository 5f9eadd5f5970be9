//! Peers in this process.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use pod_crypto::SigningKey;
use pod_net::{
    Address, Allow, Caller, Handler, Kind, Net, NetConfig, NetCounts, NetLimits, Peer, Relaying, Reply, Transport,
    Working, refuse_key_log,
};
use tokio::sync::{Semaphore, watch};

/// How long a condition may take to come true: far more than it ever does.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub const QUIC: &str = "/ip4/127.0.0.1/udp/0/quic-v1";
pub const TCP: &str = "/ip4/127.0.0.1/tcp/0";

pub fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32])
}

pub fn public(number: u8) -> [u8; 32] {
    key(number).public_key().to_bytes()
}

/// Who may be talked to, as a story wants it.
#[derive(Clone, Default)]
pub struct Registry(Arc<Mutex<HashSet<[u8; 32]>>>);

impl Registry {
    pub fn of(numbers: &[u8]) -> Self {
        Self(Arc::new(Mutex::new(numbers.iter().map(|number| public(*number)).collect())))
    }

    pub fn remove(&self, number: u8) {
        self.0.lock().unwrap().remove(&public(number));
    }

    pub fn allow(&self) -> Allow {
        let keys = Arc::clone(&self.0);
        Arc::new(move |key| keys.lock().unwrap().contains(key))
    }
}

/// How many waiting calls may go on.
pub struct Permits(Semaphore);

impl Default for Permits {
    fn default() -> Self {
        Self(Semaphore::new(0))
    }
}

impl Permits {
    pub fn give(&self, calls: usize) {
        self.0.add_permits(calls);
    }
}

/// Answers with what it was asked. A call that begins with `wait` waits until the story lets it go on.
#[derive(Default)]
pub struct Echo {
    pub seen: Mutex<Vec<(Caller, Kind, Bytes)>>,
    pub at_work: watch::Sender<usize>,
    pub go_on: Permits,
}

/// The echo, as a handler.
struct Answering(Arc<Echo>);

impl Handler for Answering {
    fn handle(&self, from: Caller, kind: Kind, body: Bytes) -> Working {
        let echo = Arc::clone(&self.0);
        Box::pin(async move {
            echo.seen.lock().unwrap().push((from, kind, body.clone()));
            echo.at_work.send_modify(|count| *count += 1);
            if body.starts_with(b"wait") {
                echo.go_on.0.acquire().await.unwrap().forget();
            }
            echo.at_work.send_modify(|count| *count -= 1);
            Ok(body.to_vec())
        })
    }
}

impl Echo {
    pub async fn works_on(&self, calls: usize) {
        let mut at_work = self.at_work.subscribe();
        tokio::time::timeout(PATIENCE, at_work.wait_for(|count| *count == calls)).await.unwrap().unwrap();
    }

    pub fn seen(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

/// A peer that answers.
pub struct Server {
    pub number: u8,
    pub net: Net,
    pub echo: Arc<Echo>,
    pub registry: Registry,
}

impl Server {
    pub async fn new(number: u8, listen: &[&str], knows: &[u8], limits: NetLimits) -> Self {
        Self::relaying(number, listen, knows, Relaying::default(), limits).await
    }

    pub async fn relaying(number: u8, listen: &[&str], knows: &[u8], relaying: Relaying, limits: NetLimits) -> Self {
        let (registry, echo) = (Registry::of(knows), Arc::new(Echo::default()));
        let listen: Vec<Address> = listen.iter().map(|text| text.parse().unwrap()).collect();
        let config = NetConfig {
            key: &key(number),
            listen: &listen,
            allow: registry.allow(),
            handler: Some(Arc::new(Answering(Arc::clone(&echo)))),
            relaying,
            limits,
        };
        let net = Net::start(config, refuse_key_log(|_| None).unwrap()).await.unwrap();
        if listen.is_empty() {
            net.listen(&[]).await.unwrap();
        }
        Self { number, net, echo, registry }
    }

    pub fn peer(&self) -> Peer {
        Peer { key: public(self.number), addresses: self.net.addresses().to_vec() }
    }

    pub fn peer_by(&self, transport: Transport) -> Peer {
        let mut peer = self.peer();
        peer.addresses.retain(|address| address.transport() == transport);
        peer
    }

    /// Waits until the counters are as a story says.
    pub async fn counts(&self, what: &str, is_so: impl Fn(&NetCounts) -> bool) {
        eventually(what, || is_so(&self.net.counts())).await;
    }
}

/// Waits until something is so.
pub async fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let mut ticks = tokio::time::interval(Duration::from_millis(5));
    let waiting = async {
        while !is_so() {
            ticks.tick().await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "{what}");
}

/// A peer that only calls.
pub async fn client(number: u8, knows: &[u8], limits: NetLimits) -> Net {
    let allow = Registry::of(knows).allow();
    let config =
        NetConfig { key: &key(number), listen: &[], allow, handler: None, relaying: Relaying::default(), limits };
    Net::start(config, refuse_key_log(|_| None).unwrap()).await.unwrap()
}

pub fn text(reply: &Reply) -> &str {
    std::str::from_utf8(reply.outcome.as_ref().unwrap()).unwrap()
}

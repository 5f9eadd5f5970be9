//! The load: connections, each with calls signed for it beforehand.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hdrhistogram::Histogram;
use pod_client::Bound;
use pod_client::service::{FetchItem, sign_call};
use pod_http::{Bytes, Connection, HeaderValue, Origin, Request, header};
use pod_net::{Kind, Net, Peer, Transport};
use pod_protocol::answer::{Answer, ItemAnswer};
use pod_protocol::request::Binding;
use pod_testkit::World;
use tokio::task::JoinSet;

use crate::report::{Measured, STEPS};
use crate::server::{Server, now};

/// Calls in one run, over all connections: a second or more each.
const CALLS_PER_RUN: usize = 12_000;
/// Fewer of those that carry many items.
const ITEMS_PER_RUN: usize = 64_000;
const CBOR: &str = "application/cbor";

/// Grants that the node has on record.
pub(crate) struct Load {
    world: Arc<World>,
    items: Arc<Vec<FetchItem>>,
}

/// What carries the calls of a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// HTTP/1.1 over TLS 1.3: a connection for each caller.
    Https,
    /// One QUIC stream for all callers together.
    Quic,
    /// One stream over TCP with Noise and Yamux for all callers together.
    Tcp,
}

impl Carrier {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Quic => "quic",
            Self::Tcp => "tcp",
        }
    }
}

/// A caller with the calls that are bound to what it sends on.
struct Loaded {
    line: Line,
    calls: Vec<Bytes>,
}

/// What a caller sends on.
enum Line {
    Connection(Connection),
    Peer(Arc<Net>, Peer),
}

impl Load {
    /// Signs a grant of each citizen.
    pub(crate) fn sign(world: &Arc<World>) -> Self {
        let items: Vec<FetchItem> = world
            .citizens
            .iter()
            .map(|citizen| {
                let grant = world.held(&world.grant(citizen));
                FetchItem { wanted: grant.everything(), grant }
            })
            .collect();
        Self { world: Arc::clone(world), items: Arc::new(items) }
    }

    /// Sends each grant along once, so that the node has it on record and at hand.
    pub(crate) async fn deposit(&self) {
        let origin: Origin = self.world.url.parse().unwrap();
        for some in self.items.chunks(64) {
            let mut connection = self.world.caller.http.new_connection(&origin).await.unwrap();
            let items: Vec<&FetchItem> = some.iter().collect();
            let call = self.call(exporter(&connection), &items, true);
            check(&connection.send(request(call)).await.unwrap().body, items.len());
        }
    }

    fn call(&self, binding: Binding, items: &[&FetchItem], with_roots: bool) -> Bytes {
        let bound = Bound { binding, nonce: None };
        let (caller, service) = (&self.world.caller, &self.world.service);
        sign_call(caller, service, items, &self.world.purpose(), with_roots, &bound).0.to_bytes().into()
    }

    /// Measures one load several times, and gives the run with the median rate.
    pub(crate) async fn run(
        &self,
        server: &Server,
        carrier: Carrier,
        connections: usize,
        items: usize,
        runs: usize,
    ) -> Measured {
        let mut measured = Vec::with_capacity(runs);
        for _ in 0..runs {
            measured.push(self.once(server, carrier, connections, items).await);
        }
        measured.sort_by(|left, right| left.calls_per_second.total_cmp(&right.calls_per_second));
        measured.swap_remove(runs / 2)
    }

    async fn once(&self, server: &Server, carrier: Carrier, connections: usize, items: usize) -> Measured {
        let calls = if items == 1 { CALLS_PER_RUN } else { ITEMS_PER_RUN / items };
        let loaded = self.connect(carrier, connections, calls / connections, items).await;
        let counters = server.counters(&self.world).await;
        let (cpu, writer, began) = (server.cpu_seconds(), server.log_writer_cpu_seconds(), now());
        let mut running = JoinSet::new();
        for one in loaded {
            running.spawn(send(one, items));
        }
        let mut latencies = Histogram::<u64>::new(3).unwrap();
        while let Some(histogram) = running.join_next().await {
            latencies.add(histogram.unwrap()).unwrap();
        }
        let seconds = began.elapsed().as_secs_f64();
        let (cpu, writer) = (server.cpu_seconds() - cpu, server.log_writer_cpu_seconds() - writer);
        let after = server.counters(&self.world).await;
        let grown = |name: &str| {
            let find = |from: &BTreeMap<String, f64>| {
                from.iter().find(|(key, _)| key.contains(name)).map_or(0.0, |(_, value)| *value)
            };
            find(&after) - find(&counters)
        };
        let sent = latencies.len() as f64;
        let cpu_micros = |seconds: f64| seconds * 1e6 / sent;
        let of_steps = STEPS.iter().map(|step| grown(&format!("step_cpu_nanoseconds_total{{step=\"{step}\"}}")) / 1e9);
        Measured {
            carrier,
            connections,
            items,
            calls_per_second: sent / seconds,
            p50: Duration::from_nanos(latencies.value_at_quantile(0.5)),
            p99: Duration::from_nanos(latencies.value_at_quantile(0.99)),
            cpu_micros_per_call: cpu_micros(cpu),
            writer_micros_per_call: cpu_micros(writer),
            step_micros_per_call: of_steps.map(cpu_micros).collect(),
            entries_per_sync: grown("log_entries") / grown("log_syncs").max(1.0),
        }
    }

    async fn connect(&self, carrier: Carrier, connections: usize, calls: usize, items: usize) -> Vec<Loaded> {
        let origin: Origin = self.world.url.parse().unwrap();
        let net = Arc::new(self.world.net().await);
        let transport = if carrier == Carrier::Quic { Transport::Quic } else { Transport::Tcp };
        let mut peer = self.world.peer.clone();
        peer.addresses.retain(|address| address.transport() == transport);
        let mut next = self.items.iter().cycle();
        let mut loaded = Vec::with_capacity(connections);
        for _ in 0..connections {
            let (line, binding) = match carrier {
                Carrier::Https => {
                    let connection = self.world.caller.http.new_connection(&origin).await.unwrap();
                    let binding = exporter(&connection);
                    (Line::Connection(connection), binding)
                }
                Carrier::Quic | Carrier::Tcp => (Line::Peer(Arc::clone(&net), peer.clone()), Binding::Peer(*net.key())),
            };
            let calls = (0..calls)
                .map(|_| {
                    let some: Vec<&FetchItem> = next.by_ref().take(items).collect();
                    self.call(binding.clone(), &some, false)
                })
                .collect();
            loaded.push(Loaded { line, calls });
        }
        loaded
    }
}

fn exporter(connection: &Connection) -> Binding {
    Binding::Exporter(connection.exporter().unwrap())
}

fn request(call: Bytes) -> Request {
    Request::post("/v1/call", CBOR, call).with_header(header::ACCEPT, HeaderValue::from_static(CBOR))
}

/// Sends one after the other, and notes how long each took.
async fn send(mut loaded: Loaded, items: usize) -> Histogram<u64> {
    let mut latencies = Histogram::<u64>::new(3).unwrap();
    for (number, call) in loaded.calls.into_iter().enumerate() {
        let began = now();
        let body = match &mut loaded.line {
            Line::Connection(connection) => {
                let response = connection.send(request(call)).await.unwrap();
                assert!(response.status.is_success(), "{:?}", response.problem());
                response.body
            }
            Line::Peer(net, peer) => net.call(peer, Kind::Call, call.to_vec()).await.unwrap().outcome.unwrap(),
        };
        latencies.record(u64::try_from(began.elapsed().as_nanos()).unwrap()).unwrap();
        // Every hundredth is read: checking all would measure this process.
        if number % 100 == 0 {
            check(&body, items);
        }
    }
    latencies
}

fn check(body: &[u8], items: usize) {
    let answer = Answer::from_bytes(body).unwrap();
    assert_eq!(answer.items.len(), items);
    assert!(answer.items.iter().all(|item| matches!(item, ItemAnswer::Released { .. })), "{:?}", answer.items.first());
}

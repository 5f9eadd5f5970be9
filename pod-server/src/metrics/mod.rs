//! Counters for the operator: numbers, codes and steps; never a person, a pod or a grant.

mod steps;

use pod_net::Transport;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use steps::Steps;
pub(crate) use steps::{Step, Stopwatch};

/// How something ended: a stable code of the closed sets in `docs/protocol`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

/// What carries calls.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TransportLabels {
    transport: &'static str,
}

/// A route and the status that it answered with.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    method: &'static str,
    route: &'static str,
    status: u16,
}

/// The node's metrics.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    calls: Family<Outcome, Counter>,
    items: Family<Outcome, Counter>,
    commands: Family<Outcome, Counter>,
    notices: Family<Outcome, Counter>,
    notices_waiting: Gauge,
    entries_without_room: Gauge,
    from_log: Family<Outcome, Counter>,
    directory_lies: Gauge,
    steps: Steps,
    steps_cpu: Steps,
    requests: Family<RouteLabels, Counter>,
    log_entries: Gauge,
    log_syncs: Gauge,
    pods: Gauge,
    enrolled: Gauge,
    registry_age_secs: Gauge,
    connections_open: Gauge,
    connections: Family<Outcome, Gauge>,
    peers_open: Family<TransportLabels, Gauge>,
    peer_calls: Family<TransportLabels, Gauge>,
    peers_refused: Family<Outcome, Gauge>,
    peer_relays: Family<Outcome, Gauge>,
}

impl Metrics {
    /// `with_cpu` when the CPU time of steps is measured too.
    pub(crate) fn new(with_cpu: bool) -> Self {
        let mut registry = Registry::with_prefix("aitta_node");
        let metrics = Self {
            calls: Family::default(),
            items: Family::default(),
            commands: Family::default(),
            notices: Family::default(),
            notices_waiting: Gauge::default(),
            entries_without_room: Gauge::default(),
            from_log: Family::default(),
            directory_lies: Gauge::default(),
            steps: Steps::new(),
            steps_cpu: Steps::new(),
            requests: Family::default(),
            log_entries: Gauge::default(),
            log_syncs: Gauge::default(),
            pods: Gauge::default(),
            enrolled: Gauge::default(),
            registry_age_secs: Gauge::default(),
            connections_open: Gauge::default(),
            connections: Family::default(),
            peers_open: Family::default(),
            peer_calls: Family::default(),
            peers_refused: Family::default(),
            peer_relays: Family::default(),
            registry: Registry::default(),
        };
        registry.register("calls", "Calls, by how they ended as a whole", metrics.calls.clone());
        registry.register("items", "Items of calls, by how they ended", metrics.items.clone());
        registry.register("commands", "Commands and revocations, by how they ended", metrics.commands.clone());
        registry.register("notices", "Notices and receipts that were delivered", metrics.notices.clone());
        let waiting = metrics.notices_waiting.clone();
        registry.register("notices_waiting", "Notices and receipts that are yet to be delivered", waiting);
        let without = metrics.entries_without_room.clone();
        registry.register("entries_without_room", "Holder entries for which the directory has no room", without);
        let from_log = metrics.from_log.clone();
        registry.register(
            "from_log",
            "Revocations and key events from the directory's log, by how they ended",
            from_log,
        );
        let lies = metrics.directory_lies.clone();
        registry.register("directory_lies", "How often the directory or a mirror lied since the start", lies);
        registry.register("step_nanoseconds", "Time spent in each step of the request path", metrics.steps.family());
        if with_cpu {
            let family = metrics.steps_cpu.family();
            registry.register("step_cpu_nanoseconds", "CPU time of each step of the request path", family);
        }
        registry.register("requests", "Answers, by route and status", metrics.requests.clone());
        registry.register("log_entries", "Entries in the audit log", metrics.log_entries.clone());
        registry.register("log_syncs", "Syncs since the node started", metrics.log_syncs.clone());
        registry.register("pods", "Pods", metrics.pods.clone());
        registry.register("enrolled", "People who enrolled a wallet", metrics.enrolled.clone());
        let age = metrics.registry_age_secs.clone();
        registry.register("registry_age_secs", "Seconds since the registry was fetched", age);
        registry.register("connections_open", "Connections open now", metrics.connections_open.clone());
        let ended = metrics.connections.clone();
        registry.register("connections_ended", "Connections since the start, by how they were taken or closed", ended);
        let peers = metrics.peers_open.clone();
        registry.register("peers_open", "Connections of libp2p open now, by transport", peers);
        let calls = metrics.peer_calls.clone();
        registry.register("peer_calls", "Calls answered over libp2p since the start, by transport", calls);
        let refused = metrics.peers_refused.clone();
        registry.register("peers_refused", "What was refused of libp2p since the start, by why", refused);
        let relays = metrics.peer_relays.clone();
        registry.register("peer_relays", "Slots held now, and what came of relays since the start, by what", relays);
        Self { registry, ..metrics }
    }

    pub(crate) fn call(&self, outcome: &'static str) {
        self.calls.get_or_create(&Outcome { outcome }).inc();
    }

    pub(crate) fn item(&self, outcome: &'static str) {
        self.items.get_or_create(&Outcome { outcome }).inc();
    }

    pub(crate) fn command(&self, outcome: &'static str) {
        self.commands.get_or_create(&Outcome { outcome }).inc();
    }

    /// A notice or a receipt for one was delivered.
    pub(crate) fn notice(&self, outcome: &'static str) {
        self.notices.get_or_create(&Outcome { outcome }).inc();
    }

    /// Something that lay in the directory's log for this node was taken.
    pub(crate) fn came_from_log(&self, outcome: &'static str) {
        self.from_log.get_or_create(&Outcome { outcome }).inc();
    }

    /// A request on `route` was answered with `status`.
    pub(crate) fn request(&self, method: &'static str, route: &'static str, status: u16) {
        self.requests.get_or_create(&RouteLabels { method, route, status }).inc();
    }
}

/// What is measured only when somebody looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Levels {
    pub(crate) log_entries: u64,
    pub(crate) log_syncs: u64,
    pub(crate) pods: u64,
    pub(crate) enrolled: u64,
    pub(crate) registry_age_secs: u64,
    pub(crate) notices_waiting: u64,
    pub(crate) entries_without_room: u64,
    pub(crate) directory_lies: u64,
    pub(crate) connections: pod_http::Counts,
    pub(crate) peers: pod_net::NetCounts,
}

impl Metrics {
    /// The metrics in the OpenMetrics text format.
    pub(crate) fn text(&self, levels: Levels) -> String {
        let set = |gauge: &Gauge, level: u64| gauge.set(i64::try_from(level).unwrap_or(i64::MAX));
        set(&self.log_entries, levels.log_entries);
        set(&self.log_syncs, levels.log_syncs);
        set(&self.pods, levels.pods);
        set(&self.enrolled, levels.enrolled);
        set(&self.registry_age_secs, levels.registry_age_secs);
        set(&self.notices_waiting, levels.notices_waiting);
        set(&self.entries_without_room, levels.entries_without_room);
        set(&self.directory_lies, levels.directory_lies);
        set(&self.connections_open, u64::try_from(levels.connections.open).unwrap_or(u64::MAX));
        for (outcome, count) in endings(&levels.connections) {
            set(&self.connections.get_or_create(&Outcome { outcome }), count);
        }
        self.set_peers(&levels.peers);
        let mut text = String::new();
        // Writing into a String does not fail.
        let _written = encode(&mut text, &self.registry);
        text
    }
}

impl Metrics {
    fn set_peers(&self, counts: &pod_net::NetCounts) {
        let set = |gauge: &Gauge, level: u64| gauge.set(i64::try_from(level).unwrap_or(i64::MAX));
        let by_transport = Transport::ALL.into_iter().zip(counts.connections.into_iter().zip(counts.answered));
        for (transport, (open, answered)) in by_transport {
            let transport = TransportLabels { transport: transport.name() };
            set(&self.peers_open.get_or_create(&transport), open);
            set(&self.peer_calls.get_or_create(&transport), answered);
        }
        let refused = [
            ("stranger", counts.strangers),
            ("crowded", counts.crowded),
            ("streams", counts.streams_refused),
            ("frame", counts.frames_broken),
            ("relay", counts.relay_refused),
        ];
        for (outcome, count) in refused {
            set(&self.peers_refused.get_or_create(&Outcome { outcome }), count);
        }
        let relays = [
            ("slots-held", counts.slots_held),
            ("slots-given", counts.slots_given),
            ("circuits", counts.circuits),
            ("punched", counts.punched),
            ("reached", counts.reached),
            ("not-reached", counts.not_reached),
        ];
        for (outcome, count) in relays {
            set(&self.peer_relays.get_or_create(&Outcome { outcome }), count);
        }
    }
}

/// How connections were taken or closed.
fn endings(counts: &pod_http::Counts) -> [(&'static str, u64); 10] {
    [
        ("accepted", counts.accepted),
        ("refused-full", counts.refused_full),
        ("refused-peer", counts.refused_peer),
        ("handshake-failed", counts.handshake_failed),
        ("handshake-slow", counts.handshake_slow),
        ("head-slow", counts.head_slow),
        ("body-slow", counts.body_slow),
        ("body-large", counts.body_large),
        ("idle", counts.idle),
        ("write-stalled", counts.write_stalled),
    ]
}

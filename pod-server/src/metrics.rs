//! Counters for the operator: numbers, codes and steps; never a person, a pod or a grant.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// How something ended: a stable code of the closed sets in `docs/protocol`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

/// A step of the request path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Step {
    step: &'static str,
}

/// The node's metrics.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    calls: Family<Outcome, Counter>,
    items: Family<Outcome, Counter>,
    commands: Family<Outcome, Counter>,
    step_nanoseconds: Family<Step, Counter<u64, AtomicU64>>,
    log_entries: Gauge,
    log_syncs: Gauge,
    pods: Gauge,
    enrolled: Gauge,
    registry_age_secs: Gauge,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("aitta_node");
        let metrics = Self {
            calls: Family::default(),
            items: Family::default(),
            commands: Family::default(),
            step_nanoseconds: Family::default(),
            log_entries: Gauge::default(),
            log_syncs: Gauge::default(),
            pods: Gauge::default(),
            enrolled: Gauge::default(),
            registry_age_secs: Gauge::default(),
            registry: Registry::default(),
        };
        registry.register("calls", "Calls, by how they ended as a whole", metrics.calls.clone());
        registry.register("items", "Items of calls, by how they ended", metrics.items.clone());
        registry.register("commands", "Commands and revocations, by how they ended", metrics.commands.clone());
        let steps = metrics.step_nanoseconds.clone();
        registry.register("step_nanoseconds", "Time spent in each step of the request path", steps);
        registry.register("log_entries", "Entries in the audit log", metrics.log_entries.clone());
        registry.register("log_syncs", "Syncs since the node started", metrics.log_syncs.clone());
        registry.register("pods", "Pods", metrics.pods.clone());
        registry.register("enrolled", "People who enrolled a wallet", metrics.enrolled.clone());
        let age = metrics.registry_age_secs.clone();
        registry.register("registry_age_secs", "Seconds since the registry was fetched", age);
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

    pub(crate) fn step(&self, step: &'static str, nanoseconds: u64) {
        self.step_nanoseconds.get_or_create(&Step { step }).inc_by(nanoseconds);
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
        let mut text = String::new();
        // Writing into a String does not fail.
        let _written = encode(&mut text, &self.registry);
        text
    }
}

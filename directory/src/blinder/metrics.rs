//! Numbers of the blinder, by organisation. None is about a person or an input.

use pod_protocol::statement::ShortName;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::fault::Failure;
use crate::http::Outcome;

/// Members of the registry alone become labels: their number is bounded by it.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfHolder {
    organisation: String,
}

#[derive(Debug, Default)]
pub(super) struct Metrics {
    holder_requests: Family<Outcome, Counter>,
    citizen_requests: Family<Outcome, Counter>,
    holder_inputs: Family<OfHolder, Counter>,
    citizen_inputs: Family<OfHolder, Counter>,
    members: Gauge,
    asks_remembered: Gauge,
}

impl Metrics {
    pub(super) fn new() -> (Self, Registry) {
        let metrics = Self::default();
        let mut registry = Registry::with_prefix("aitta_blinder");
        registry.register("holder_requests", "Blind requests of holders", metrics.holder_requests.clone());
        registry.register("citizen_requests", "Questions of wallets", metrics.citizen_requests.clone());
        registry.register("holder_inputs", "Inputs evaluated for a holder", metrics.holder_inputs.clone());
        registry.register(
            "citizen_inputs",
            "Inputs evaluated for wallets under a holder's info",
            metrics.citizen_inputs.clone(),
        );
        registry.register("members", "Organisations in the copy of the registry", metrics.members.clone());
        registry.register("asks_remembered", "Used logins remembered", metrics.asks_remembered.clone());
        (metrics, registry)
    }

    pub(super) fn holder_asked<T>(&self, result: &Result<T, Failure>) {
        self.holder_requests.get_or_create(&Outcome::of(result)).inc();
    }

    pub(super) fn citizen_asked<T>(&self, result: &Result<T, Failure>) {
        self.citizen_requests.get_or_create(&Outcome::of(result)).inc();
    }

    pub(super) fn evaluated_for_holder(&self, name: &ShortName, inputs: usize) {
        self.holder_inputs.get_or_create(&OfHolder { organisation: name.to_string() }).inc_by(inputs as u64);
    }

    pub(super) fn evaluated_for_citizen(&self, name: &ShortName) {
        self.citizen_inputs.get_or_create(&OfHolder { organisation: name.to_string() }).inc();
    }

    pub(super) fn measure(&self, members: usize, asks_remembered: usize) {
        self.members.set(i64::try_from(members).unwrap_or(i64::MAX));
        self.asks_remembered.set(i64::try_from(asks_remembered).unwrap_or(i64::MAX));
    }
}

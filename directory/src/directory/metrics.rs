//! Numbers of the directory. None is about a person or a tag.

use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::published::Published;
use super::sequencer::Placed;
use crate::fault::Failure;
use crate::http::Outcome;

#[derive(Debug, Default)]
pub(super) struct Metrics {
    statements: Family<Outcome, Counter>,
    posts: Family<Outcome, Counter>,
    log_posts: Family<Outcome, Counter>,
    entries: Gauge,
    members: Gauge,
    heads: Counter,
    leaves: Gauge<i64>,
    cosignatures: Gauge,
    published_secs: Gauge<u64, AtomicU64>,
}

impl Metrics {
    pub(super) fn new() -> (Self, Registry) {
        let metrics = Self::default();
        let mut registry = Registry::with_prefix("aitta_directory");
        registry.register("statements", "Statements posted", metrics.statements.clone());
        registry.register("posts", "Lists of holder entries posted", metrics.posts.clone());
        registry.register("log_posts", "Posts for holders' eyes alone", metrics.log_posts.clone());
        registry.register("entries", "Holder entries that count", metrics.entries.clone());
        registry.register("members", "Organisations in the registry", metrics.members.clone());
        registry.register("heads", "Heads published, those cosigned anew included", metrics.heads.clone());
        registry.register("leaves", "Leaves of the published log", metrics.leaves.clone());
        registry.register("cosignatures", "Cosignatures of the head published last", metrics.cosignatures.clone());
        registry.register("state_seconds", "Log time of the published state", metrics.published_secs.clone());
        (metrics, registry)
    }

    pub(super) fn took_statement(&self, result: &Result<Placed, Failure>) {
        self.statements.get_or_create(&Outcome::of(result)).inc();
    }

    pub(super) fn took_entries(&self, result: &Result<Placed, Failure>) {
        self.posts.get_or_create(&Outcome::of(result)).inc();
    }

    pub(super) fn took_post(&self, result: &Result<Placed, Failure>) {
        self.log_posts.get_or_create(&Outcome::of(result)).inc();
    }

    /// A head was published, or cosigned anew.
    pub(super) fn published(&self, cosignatures: usize) {
        self.heads.inc();
        self.cosignatures.set(i64::try_from(cosignatures).unwrap_or(i64::MAX));
    }

    /// Reads off what is shown.
    pub(super) fn measure(&self, published: &Published) {
        self.leaves.set(i64::try_from(published.size()).unwrap_or(i64::MAX));
        let shown = published.read();
        self.entries.set(i64::try_from(shown.machine.map().live()).unwrap_or(i64::MAX));
        let members = shown.machine.members().registry().organisations().count();
        self.members.set(i64::try_from(members).unwrap_or(i64::MAX));
        self.published_secs.set(shown.machine.time_secs());
    }
}

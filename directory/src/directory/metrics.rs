//! Numbers of the directory. None is about a person or a tag.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::entries::Entries;
use super::members::Members;
use crate::fault::Failure;
use crate::http::Outcome;

#[derive(Debug, Default)]
pub(super) struct Metrics {
    statements: Family<Outcome, Counter>,
    posts: Family<Outcome, Counter>,
    entries_taken: Counter,
    entries: Gauge,
    members: Gauge,
}

impl Metrics {
    pub(super) fn new() -> (Self, Registry) {
        let metrics = Self::default();
        let mut registry = Registry::with_prefix("aitta_directory");
        registry.register("statements", "Statements posted", metrics.statements.clone());
        registry.register("posts", "Lists of holder entries posted", metrics.posts.clone());
        registry.register("entries_taken", "Holder entries and tombstones accepted", metrics.entries_taken.clone());
        registry.register("entries", "Holder entries that count", metrics.entries.clone());
        registry.register("members", "Organisations in the registry", metrics.members.clone());
        (metrics, registry)
    }

    pub(super) fn took_statement(&self, result: &Result<(), Failure>) {
        self.statements.get_or_create(&Outcome::of(result)).inc();
    }

    pub(super) fn took_entries(&self, result: &Result<usize, Failure>) {
        self.posts.get_or_create(&Outcome::of(result)).inc();
        self.entries_taken.inc_by(result.as_ref().map_or(0, |count| *count as u64));
    }

    pub(super) fn measure(&self, members: &Members, entries: &Entries) {
        self.entries.set(i64::try_from(entries.live()).unwrap_or(i64::MAX));
        let count = members.last().registry.organisations().count();
        self.members.set(i64::try_from(count).unwrap_or(i64::MAX));
    }
}

//! Uses of limited grants. The audit log is their write-ahead log: they are counted in memory when the entry is about to be
//! written, and rebuilt from the log at start, so a crash over-counts and never under-counts.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pod_protocol::chain::SharedGrant;
use pod_protocol::ids::GrantId;
use pod_protocol::path::LinkUse;

/// Most times remembered for one rate: a grant whose rate allows more counts the oldest as recent, which errs to refusing.
const MAX_RATE_TIMES: usize = 1_000;

#[derive(Debug, Default, Clone)]
struct Used {
    total: u64,
    times: Vec<u64>,
}

/// How often each limited grant was used.
#[derive(Debug, Default)]
pub(crate) struct Uses(Mutex<Counts>);

/// The counts, held: reading them, deciding and counting are one step, so that two requests cannot both take the last use.
#[derive(Debug, Default)]
pub(crate) struct Counts(HashMap<GrantId, Used>);

impl Uses {
    /// Holds the counts until the guard is dropped.
    pub(crate) fn hold(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    /// The uses of each link, for the rules.
    pub(crate) fn of(&self, chain: &[SharedGrant], now_secs: u64) -> Vec<LinkUse> {
        let one = |grant: &SharedGrant| match self.0.get(&grant.id()) {
            None => LinkUse::default(),
            Some(used) => LinkUse { total: used.total, recent: recent(used, grant, now_secs) },
        };
        chain.iter().map(one).collect()
    }

    /// Counts one use of each link, if any of them has a limit.
    pub(crate) fn count(&mut self, chain: &[SharedGrant], now_secs: u64) {
        if is_limited(chain) {
            for grant in chain {
                add(self.0.entry(grant.id()).or_default(), now_secs);
            }
        }
    }

    /// Counts uses found in the log.
    pub(crate) fn replay(&mut self, chain: &[GrantId], uses: u32, time_secs: u64) {
        for id in chain {
            (0..uses).for_each(|_| add(self.0.entry(*id).or_default(), time_secs));
        }
    }
}

/// Whether a use of this chain must be counted.
pub(crate) fn is_limited(chain: &[SharedGrant]) -> bool {
    chain.iter().any(|grant| grant.limits.uses.is_some() || grant.limits.rate.is_some())
}

fn add(used: &mut Used, time_secs: u64) {
    used.total += 1;
    if used.times.len() >= MAX_RATE_TIMES {
        used.times.remove(0);
    }
    used.times.push(time_secs);
}

fn recent(used: &Used, grant: &SharedGrant, now_secs: u64) -> u64 {
    let Some((_, secs)) = grant.limits.rate else { return 0 };
    let since = now_secs.saturating_sub(secs);
    used.times.iter().filter(|time| **time > since).count() as u64
}

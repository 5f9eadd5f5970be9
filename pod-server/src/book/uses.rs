//! Uses of limited grants. The audit log is their write-ahead log: they are counted in memory when the entry is about to be
//! written, and rebuilt from the log at start, so a crash over-counts and never under-counts. Grants that ended are forgotten.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pod_protocol::chain::{CLOCK_SKEW_SECS, SharedGrant};
use pod_protocol::grant::MAX_GRANT_LIFETIME_SECS;
use pod_protocol::ids::GrantId;
use pod_protocol::path::LinkUse;

/// Most times remembered for one rate: a rate that allows more is reached with these, which errs to refusing.
const MAX_RATE_TIMES: usize = 1_000;
/// Fewest grants for which those that ended are looked for. Afterwards when twice as many are known as were left the last
/// time, so that looking costs each use the same little.
const MIN_KNOWN: usize = 1_024;

#[derive(Debug, Default, Clone)]
struct Used {
    total: u64,
    times: Vec<u64>,
    /// When the grant has surely ended, and its uses say nothing more.
    until_secs: u64,
}

/// How often each limited grant was used.
#[derive(Debug, Default)]
pub(crate) struct Uses(Mutex<Counts>);

/// The counts, held: reading them, deciding and counting are one step, so that two requests cannot both take the last use.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    used: HashMap<GrantId, Used>,
    /// How many were left when those that ended were forgotten.
    left: usize,
}

impl Uses {
    /// Holds the counts until the guard is dropped.
    pub(crate) fn hold(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    /// The uses of each link, for the rules.
    pub(crate) fn of(&self, chain: &[SharedGrant], now_secs: u64) -> Vec<LinkUse> {
        let one = |grant: &SharedGrant| match self.used.get(&grant.id()) {
            None => LinkUse::default(),
            Some(used) => LinkUse { total: used.total, recent: recent(used, grant, now_secs) },
        };
        chain.iter().map(one).collect()
    }

    /// Counts one use of each link, if any of them has a limit.
    pub(crate) fn count(&mut self, chain: &[SharedGrant], now_secs: u64) {
        if is_limited(chain) {
            for grant in chain {
                let used = self.at(grant.id(), grant.expires, now_secs);
                match grant.limits.rate {
                    Some((_, secs)) => used.times.retain(|time| *time > now_secs.saturating_sub(secs)),
                    None => used.times.clear(),
                }
                add(used, now_secs);
            }
        }
    }

    /// Counts uses found in the log, which does not say when the grants end.
    pub(crate) fn replay(&mut self, chain: &[GrantId], uses: u32, time_secs: u64) {
        if uses > 0 {
            for id in chain {
                let used = self.at(*id, time_secs.saturating_add(MAX_GRANT_LIFETIME_SECS), time_secs);
                (0..uses).for_each(|_| add(used, time_secs));
            }
        }
    }

    fn at(&mut self, id: GrantId, expires: u64, now_secs: u64) -> &mut Used {
        if self.used.len() >= (2 * self.left).max(MIN_KNOWN) {
            self.used.retain(|_, used| used.until_secs > now_secs);
            self.left = self.used.len();
        }
        let used = self.used.entry(id).or_default();
        used.until_secs = expires.saturating_add(CLOCK_SKEW_SECS);
        used
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
    match used.times.iter().filter(|time| **time > since).count() {
        MAX_RATE_TIMES.. => u64::MAX,
        found => found as u64,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use std::sync::Arc;

    use pod_crypto::SigningKey;
    use pod_protocol::Verified;
    use pod_protocol::grant::{Grant, GrantLimits, Permission};
    use pod_protocol::ids::{Cti, PodId, Principal, Thumbprint};

    use super::*;

    const DAY_SECS: u64 = 86_400;

    fn id(number: u64) -> GrantId {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        GrantId::new(bytes)
    }

    fn grant(rate: (u64, u64)) -> SharedGrant {
        let key = SigningKey::from_seed(&[1; 32]);
        let fields = vec!["given_names".parse().unwrap()];
        let grant = Grant {
            issuer: Principal::new([1; 32]),
            subject: PodId::new([2; 16]),
            audience: Principal::new([3; 32]),
            expires: 400 * DAY_SECS,
            not_before: None,
            issued: DAY_SECS,
            cti: Cti::new([4; 16]),
            confirmation: Thumbprint::of(&key.public_key()),
            parent: None,
            permissions: vec![Permission::Raw("residence".parse().unwrap(), fields)],
            purposes: vec!["dpv:ServiceProvision".parse().unwrap()],
            limits: GrantLimits { rate: Some(rate), ..GrantLimits::default() },
            key_event: 0,
            legal_basis: None,
        };
        Arc::new(Verified::sign(&key, grant))
    }

    /// How many uses a rate sees after so many in one second, and a day later.
    fn seen(rate: (u64, u64), uses: u64) -> (u64, u64) {
        let (mut counts, chain) = (Counts::default(), [grant(rate)]);
        (0..uses).for_each(|_| counts.count(&chain, 2 * DAY_SECS));
        (counts.of(&chain, 2 * DAY_SECS)[0].recent, counts.of(&chain, 3 * DAY_SECS)[0].recent)
    }

    #[test]
    fn a_rate_above_what_is_remembered_is_reached_with_that() {
        let most = MAX_RATE_TIMES as u64;
        assert_eq!(seen((most + 1, DAY_SECS), most - 1), (most - 1, 0));
        assert_eq!(seen((most + 1, DAY_SECS), most), (u64::MAX, 0));
        assert_eq!(seen((most + 1, DAY_SECS), most + 1), (u64::MAX, 0));
    }

    #[test]
    fn what_ended_is_forgotten_and_what_lives_is_not() {
        let mut counts = Counts::default();
        let end = MAX_GRANT_LIFETIME_SECS + CLOCK_SKEW_SECS;
        (0..100_000).for_each(|number| counts.replay(&[id(number)], 1, 0));
        (0..100_000).for_each(|number| counts.replay(&[id(200_000 + number)], 2, end));
        assert!((0..100_000).all(|number| counts.used.get(&id(200_000 + number)).is_some_and(|used| used.total == 2)));
        assert_eq!(counts.used.len(), 100_000, "none that ended is left");
    }

    #[test]
    fn a_day_before_their_end_none_is_forgotten() {
        let mut counts = Counts::default();
        (0..10_000).for_each(|number| counts.replay(&[id(number)], 1, 0));
        (10_000..30_000).for_each(|number| counts.replay(&[id(number)], 1, MAX_GRANT_LIFETIME_SECS - DAY_SECS));
        assert_eq!(counts.used.len(), 30_000);
    }
}

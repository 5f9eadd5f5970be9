//! How much somebody did in the last 24 hours. In memory: a server that was started again counts anew, which gives each their
//! share twice at most.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use crate::fault::Refused;
use crate::problems;

/// What "in the last 24 hours" means, and what one step of it is: a share that was used comes back within a step.
const WINDOW_SECS: u64 = 24 * 3600;
const STEP_SECS: u64 = 600;
/// Beyond so many counted ones, those are forgotten that did nothing in the last 24 hours.
const MAX_IDLE: usize = 1024;

/// Uses by somebody and step.
#[derive(Debug)]
pub(crate) struct Quota<Who> {
    /// What is counted, for the refusal.
    what: &'static str,
    limit: u64,
    used: HashMap<Who, VecDeque<Step>>,
}

#[derive(Debug)]
struct Step {
    number: u64,
    uses: u64,
}

impl<Who: Hash + Eq> Quota<Who> {
    /// `limit` is for each, in 24 hours.
    pub(crate) fn new(what: &'static str, limit: u64) -> Self {
        Self { what, limit, used: HashMap::new() }
    }

    /// Counts uses by somebody, all of them or none.
    pub(crate) fn take(&mut self, who: Who, uses: u64, now_secs: u64) -> Result<(), Refused> {
        let now = now_secs / STEP_SECS;
        let is_over = |step: &Step| step.number + WINDOW_SECS / STEP_SECS <= now;
        if self.used.len() >= MAX_IDLE && !self.used.contains_key(&who) {
            self.used.retain(|_, steps| !steps.back().is_none_or(is_over));
        }
        let (what, limit) = (self.what, self.limit);
        let used = |used: u64| {
            let detail = format!("{used} of {limit} {what} are used in the last 24 hours; ask for fewer, or later");
            Refused::saying(problems::limit(), detail)
        };
        if uses > limit {
            return Err(used(0));
        }
        let steps = self.used.entry(who).or_default();
        while steps.front().is_some_and(is_over) {
            steps.pop_front();
        }
        let before: u64 = steps.iter().map(|step| step.uses).sum();
        if before.saturating_add(uses) > limit {
            return Err(used(before));
        }
        match steps.back_mut() {
            // A clock that was set back counts into the step that is open.
            Some(step) if step.number >= now => step.uses += uses,
            _ => steps.push_back(Step { number: now, uses }),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_comes_back_after_a_day_and_is_each_ones_own() {
        let mut quota = Quota::new("inputs", 10);
        let [one, other] = [1, 2];
        assert!(quota.take(one, 11, 0).is_err());
        assert!(quota.take(one, 6, 0).is_ok());
        assert!(quota.take(one, 4, 3600).is_ok());
        let refused = quota.take(one, 1, 3600).unwrap_err();
        assert_eq!(refused.kind.code, "limit");
        assert!(quota.take(other, 10, 3600).is_ok());
        assert!(quota.take(one, 7, WINDOW_SECS).is_err());
        assert!(quota.take(one, 6, WINDOW_SECS).is_ok());
        assert!(quota.take(one, 5, 2 * WINDOW_SECS - STEP_SECS).is_err());
    }

    #[test]
    fn whoever_did_nothing_for_a_day_is_forgotten() {
        let mut quota = Quota::new("items", 1);
        (0..MAX_IDLE).for_each(|who| quota.take(who, 1, 0).unwrap());
        quota.take(MAX_IDLE, 1, WINDOW_SECS).unwrap();
        assert_eq!(quota.used.len(), 1);
    }
}

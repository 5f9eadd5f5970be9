//! How much was evaluated for each organisation in the last 24 hours. In memory: a blinder that was started again counts
//! anew, which gives an organisation twice its share at most.

use std::collections::{HashMap, VecDeque};

use pod_protocol::ids::Principal;

use crate::fault::Refused;
use crate::problems;

/// What "in the last 24 hours" means, and what one step of it is: a share that was used comes back within a step.
const WINDOW_SECS: u64 = 24 * 3600;
const STEP_SECS: u64 = 600;

/// Inputs by organisation and step. Only members are counted, so that it stays as small as the registry.
#[derive(Debug)]
pub(super) struct Quota {
    limit: u64,
    used: HashMap<Principal, VecDeque<Step>>,
}

#[derive(Debug)]
struct Step {
    number: u64,
    inputs: u64,
}

impl Quota {
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, used: HashMap::new() }
    }

    /// Counts inputs of an organisation, all of them or none.
    pub(super) fn take(&mut self, organisation: &Principal, inputs: u64, now_secs: u64) -> Result<(), Refused> {
        let now = now_secs / STEP_SECS;
        let steps = self.used.entry(*organisation).or_default();
        while steps.front().is_some_and(|step| step.number + WINDOW_SECS / STEP_SECS <= now) {
            steps.pop_front();
        }
        let used: u64 = steps.iter().map(|step| step.inputs).sum();
        if used.saturating_add(inputs) > self.limit {
            let detail =
                format!("{used} of {} inputs are used in the last 24 hours; ask for fewer, or later", self.limit);
            return Err(Refused::saying(problems::limit(), detail));
        }
        match steps.back_mut() {
            // A clock that was set back counts into the step that is open.
            Some(step) if step.number >= now => step.inputs += inputs,
            _ => steps.push_back(Step { number: now, inputs }),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_comes_back_after_a_day_and_is_each_ones_own() {
        let mut quota = Quota::new(10);
        let [one, other] = [Principal::new([1; 32]), Principal::new([2; 32])];
        assert!(quota.take(&one, 11, 0).is_err());
        assert!(quota.take(&one, 6, 0).is_ok());
        assert!(quota.take(&one, 4, 3600).is_ok());
        let refused = quota.take(&one, 1, 3600).unwrap_err();
        assert_eq!(refused.kind.code, "limit");
        assert!(quota.take(&other, 10, 3600).is_ok());
        assert!(quota.take(&one, 7, WINDOW_SECS).is_err());
        assert!(quota.take(&one, 6, WINDOW_SECS).is_ok());
        assert!(quota.take(&one, 5, 2 * WINDOW_SECS - STEP_SECS).is_err());
    }
}

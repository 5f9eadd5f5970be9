//! What all calls of the blinder share.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use pod_crypto::blind::{BlindError, BlinderKey, Evaluation};
use pod_protocol::ids::{Cti, Kid, Principal};
use pod_protocol::path::ReplayWindow;
use pod_protocol::{Refusal, holder_entry};
use tokio::sync::Semaphore;

use super::ledger::Ledger;
use super::metrics::Metrics;
use super::provider::Provider;
use super::registry_copy::RegistryCopy;
use super::seed_file::{BlinderSeed, SeedFileError};
use crate::config::BlinderLimits;
use crate::fault::{Failure, Fault, Refused};
use crate::problems;
use crate::quota::Quota;
use crate::running::Stop;
use crate::surroundings::Surroundings;

/// Most lists of inputs that are evaluated at one time; others wait. Each has a thread and works for up to 0.1 s.
const MAX_EVALUATIONS_AT_ONCE: usize = 8;

/// What [`State`] is made of.
pub(super) struct Parts {
    pub(super) principal: Principal,
    pub(super) epoch: u16,
    pub(super) client_id: String,
    pub(super) limits: BlinderLimits,
    pub(super) registry: Arc<RegistryCopy>,
    pub(super) ledger: Ledger,
    pub(super) provider: Arc<Provider>,
    pub(super) metrics: Metrics,
    pub(super) stop: Stop,
}

/// What all calls share.
pub(super) struct State {
    pub(super) parts: Parts,
    key: BlinderKey,
    /// Blind requests answered in the last minutes. Lost with the process: whoever sends one again gets the same answer,
    /// and nobody but its sender can take the blinding off.
    answered: Mutex<ReplayWindow>,
    quota: Mutex<Quota<Principal>>,
    evaluating: Arc<Semaphore>,
    around: Surroundings,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blinder").field("key", &self.key).finish_non_exhaustive()
    }
}

/// A blinded element and the holder under whose info it is evaluated.
pub(super) struct Question {
    pub(super) holder: Principal,
    pub(super) blinded: [u8; 32],
}

impl State {
    pub(super) fn new(parts: Parts, seed: BlinderSeed, around: Surroundings) -> Result<Self, SeedFileError> {
        let key = seed.key()?;
        Ok(Self {
            quota: Mutex::new(Quota::new("inputs", parts.limits.inputs_per_organisation)),
            parts,
            key,
            answered: Mutex::new(ReplayWindow::new()),
            evaluating: Arc::new(Semaphore::new(MAX_EVALUATIONS_AT_ONCE)),
            around,
        })
    }

    pub(super) fn now_secs(&self) -> u64 {
        (self.around.clock)()
    }

    /// The public key with which everybody checks what this blinder evaluates.
    pub(super) fn public(&self) -> [u8; 32] {
        self.key.public()
    }

    /// Fetches the registry. What goes wrong is logged and told by `/readiness`.
    pub(super) async fn refresh(&self) {
        self.parts.registry.refresh(self.now_secs()).await;
    }

    /// Refuses a blind request that was answered before.
    pub(super) fn answer_once(&self, kid: Kid, cti: Cti, expires: u64) -> Result<(), Refusal> {
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        answered.admit(kid, cti, expires, self.now_secs()).map(drop)
    }

    /// Counts inputs of an organisation, and refuses those above its limit.
    pub(super) fn count(&self, organisation: &Principal, inputs: u64) -> Result<(), Refused> {
        let mut quota = self.quota.lock().unwrap_or_else(PoisonError::into_inner);
        quota.take(*organisation, inputs, self.now_secs())
    }

    /// Evaluates each question under the info of its holder.
    pub(super) async fn evaluate(self: &Arc<Self>, questions: Vec<Question>) -> Result<Vec<Evaluation>, Failure> {
        // Nobody closes the semaphore; a permit that did not come would let one list more in.
        let permit = Arc::clone(&self.evaluating).acquire_owned().await.ok();
        let state = Arc::clone(self);
        let evaluating = move || {
            // Goes with the work, which ends no sooner when the caller leaves.
            let _permit = permit;
            questions.iter().map(|question| state.evaluate_one(question)).collect()
        };
        self.around.machine.blocking(evaluating).await.map_err(Fault::Thread)?
    }

    fn evaluate_one(&self, question: &Question) -> Result<Evaluation, Failure> {
        let info = holder_entry::blind_info(&question.holder, self.parts.epoch);
        self.key.evaluate(&question.blinded, &info, &*self.around.random).map_err(|error| match error {
            BlindError::Encoding => Refused::new(&problems::BLINDED_INPUT).into(),
            error => Fault::Blinder(error).into(),
        })
    }

    /// Runs work that waits for the disk where that holds up no connection.
    pub(super) async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let state = Arc::clone(self);
        self.around.machine.blocking(move || work(&state)).await.map_err(Fault::Thread)?
    }

    /// Sets the numbers that are measured rather than counted.
    pub(super) fn measure(&self) {
        let members = self.parts.registry.members(self.now_secs());
        self.parts.metrics.measure(members, self.parts.ledger.remembered());
    }
}

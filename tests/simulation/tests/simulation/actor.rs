//! What everybody who calls has: connections, a registry with its last good copy, and the facts to write down.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use pod_client::directory::{DirectoryClient, Taken, seal_for};
use pod_client::node::NodeClient;
use pod_client::{CallError, Caller};
use pod_crypto::SeededRandom;
use pod_protocol::Verified;
use pod_protocol::ids::GrantId;
use pod_protocol::registry::Registry;
use pod_protocol::revocation::Revocation;
use pod_protocol::tlog::post::Posted;

use crate::check::Checker;
use crate::clock::HostClock;
use crate::dice::{Dice, derived};
use crate::federation::{DIRECTORY_PORT, Federation, Member, origin};
use crate::ground::Ground;
use crate::history::Moment;
use crate::holder::client;

/// Somebody who calls.
pub struct Actor {
    pub name: String,
    pub federation: Arc<Federation>,
    pub checker: Arc<Checker>,
    pub caller: Caller,
    pub dice: Dice,
    pub end_ms: u64,
    registry: Mutex<(Arc<Registry>, Option<Vec<u8>>)>,
}

/// What an actor is made of, beside its name.
#[derive(Clone)]
pub struct ActorParts {
    pub seed: u64,
    pub federation: Arc<Federation>,
    pub checker: Arc<Checker>,
    pub registry: Arc<Registry>,
    pub end_ms: u64,
}

impl Actor {
    pub fn new(name: &str, parts: &ActorParts, ground: &Arc<Ground>, clock: &HostClock) -> Self {
        let ActorParts { seed, federation, checker, registry, end_ms } = parts.clone();
        let clock = clock.clone();
        let caller = Caller {
            http: client(&ground.machine()),
            net: None,
            random: Arc::new(SeededRandom::new(derived(seed, &format!("{name} random")))),
            clock: Arc::new(move || clock.secs()),
        };
        let dice = Dice::new(seed, &format!("{name} dice"));
        Self {
            name: name.to_owned(),
            federation,
            checker,
            caller,
            dice,
            end_ms,
            registry: Mutex::new((registry, None)),
        }
    }

    pub fn note(&self, what: impl std::fmt::Display) -> Moment {
        self.checker.history.note(&self.name, what)
    }

    /// Waits; says whether there is time for something more.
    pub async fn waits(&self, from_ms: u64, to_ms: u64) -> bool {
        tokio::time::sleep(Duration::from_millis(self.dice.between(from_ms, to_ms))).await;
        self.checker.history.ms() < self.end_ms
    }

    /// The registry, as this one has it.
    pub fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.registry.lock().unwrap().0)
    }

    /// The directory, which nobody cosigns here.
    pub fn directory(&self) -> DirectoryClient {
        DirectoryClient::new(&self.caller, &origin(DIRECTORY_PORT)).unwrap().with_witnesses(0)
    }

    /// Fetches the registry; the last good copy stays.
    pub async fn refresh(&self) {
        let directory = self.directory();
        let cache = self.registry.lock().unwrap().1.clone();
        match directory.registry(&self.federation.trust(), cache.as_deref()).await {
            // The anchor may not have published everybody yet.
            Ok(copy) if self.federation.holders.iter().any(|holder| !has_address(&copy.registry, holder)) => {
                self.note("has a registry without all holders");
            }
            Ok(copy) => {
                self.note(format!("has the registry, fresh: {}", copy.troubles.is_empty()));
                let kept = copy.to_bytes();
                *self.registry.lock().unwrap() = (Arc::new(copy.registry), Some(kept));
            }
            Err(error) => {
                self.note(format!("has no registry: {}", short(&error)));
            }
        }
    }

    /// Has the directory's log say what a holder was not told: the directory takes it, or another node for it.
    pub async fn posts(&self, holder: usize, revocation: &Verified<Revocation>, ends: &[GrantId]) {
        let (registry, whom) = (self.registry(), self.federation.holders[holder].principal);
        let posted = Posted::Revocation(revocation.bytes().to_vec());
        let sealed = seal_for(&self.caller, &registry, &whom, &posted).unwrap();
        self.checker.model.facts().posted.insert(revocation.id(), ends.to_vec());
        let said = match self.directory().post(&self.caller, &registry, &whom, &[sealed]).await {
            Ok(Taken::Logged(_)) => {
                self.checker.model.facts().logged(&revocation.id(), self.checker.history.ms());
                self.checker.history.count("revocations posted");
                "stands in the log".to_owned()
            }
            Ok(Taken::Forwarded(by)) => {
                self.checker.model.facts().forwarded.insert(revocation.id());
                self.checker.history.count("revocations posted through another node");
                format!("is passed on by {by}")
            }
            Err(error) => short(&error),
        };
        self.note(format!("what ends {} grants at holder {holder} is posted: {said}", ends.len()));
    }

    pub fn node(&self, holder: usize) -> NodeClient {
        NodeClient::find(&self.caller, &self.registry(), &self.federation.holders[holder].principal).unwrap()
    }
}

fn has_address(registry: &Registry, member: &Member) -> bool {
    registry.organisation(&member.principal).is_some_and(|one| !one.endpoints().is_empty())
}

/// A word for what went wrong.
pub fn short(error: &CallError) -> String {
    match error {
        CallError::Refused { refusal, .. } => {
            format!("refused: {}", refusal.code.as_deref().unwrap_or("without a code"))
        }
        CallError::Failed { refusal, .. } => format!("failed: {}", refusal.code.as_deref().unwrap_or("without a code")),
        CallError::Way { source, .. } => format!("not reached at {}", source.step()),
        other => other.to_string(),
    }
}

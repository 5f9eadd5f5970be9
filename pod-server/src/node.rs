//! One organisation's node: everything that the steps of a request and the commands work on.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use pod_audit::{Log, LogConfig};
use pod_crypto::{Random, SigningKey};
use pod_http::Machine;
use pod_protocol::Refusal;
use pod_protocol::field::NameFault;
use pod_protocol::ids::{Kid, PodId, Principal};
use pod_protocol::path::{DisclosureRules, ReplayWindow, Unseen};
use pod_protocol::registry::{Anchor, Registry};
use pod_protocol::request::MAX_REQUEST_LIFETIME_SECS;
use pod_store::Store;
use pod_vault::{NodeKeys, Vault};

use crate::book::early::EarlyRevocations;
use crate::book::grants::Grants;
use crate::book::nonces::Nonces;
use crate::book::registry::RegistryBook;
use crate::book::released::Released;
use crate::book::requests::Requests;
use crate::book::revoked_keys::RevokedKeys;
use crate::book::standings::Standings;
use crate::book::uses::Uses;
use crate::clock::{Clock, Monotonic, ThreadCpu};
use crate::desk::Desk;
use crate::fault::{Failure, Fault};
use crate::metrics::Metrics;
use crate::own_keys::OwnKeys;
use crate::reach::Reach;
use crate::releases::Releases;
use crate::stop::Stop;
use crate::upkeep::Posts;
use crate::view::{RevocationBound, View};
use crate::witness::Witness;

/// What a node is made of.
pub struct NodeParts {
    /// The organisation.
    pub principal: Principal,
    /// Its online key: signs receipts, acknowledgements, tree heads and holder entries.
    pub key: Arc<SigningKey>,
    /// Its online keys before that one: they sign nothing any more, and open what was sealed while the profile named them.
    pub previous_keys: Vec<SigningKey>,
    /// Where everything but the log lies.
    pub store: Arc<dyn Store>,
    /// The keys under which it lies there.
    pub keys: NodeKeys,
    /// How the log is opened.
    pub log: LogConfig,
    /// Whom the registry's statements begin with.
    pub anchor: Anchor,
    /// The catalogue, as it is served.
    pub catalogue: Arc<pod_import::Catalogue>,
    /// The origins at which the node is reached, as bindings name them.
    pub origins: Arc<[String]>,
    /// How old the view of revocations may be when a delegated chain counts.
    pub revocation_bound: RevocationBound,
    /// Seconds since 1970.
    pub clock: Clock,
    /// Nanoseconds, for durations and for the age of the view of revocations.
    pub monotonic: Monotonic,
    /// The CPU time of a thread, when the steps of calls shall be measured by it.
    pub thread_cpu: Option<ThreadCpu>,
    /// Random bytes.
    pub random: Arc<dyn Random>,
    /// Where work on disks runs.
    pub machine: Machine,
}

impl std::fmt::Debug for NodeParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NodeParts").field("principal", &self.principal).finish_non_exhaustive()
    }
}

/// A running node.
pub struct Node {
    pub(crate) principal: Principal,
    pub(crate) own_keys: OwnKeys,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) log: Log,
    pub(crate) standings: Standings,
    pub(crate) desk: Desk,
    pub(crate) grants: Grants,
    pub(crate) early: Arc<EarlyRevocations>,
    pub(crate) released: Arc<Released>,
    pub(crate) revoked_keys: Arc<RevokedKeys>,
    pub(crate) uses: Uses,
    pub(crate) nonces: Nonces,
    pub(crate) requests: Requests,
    pub(crate) registry: RegistryBook,
    pub(crate) witness: Witness,
    pub(crate) view: View,
    pub(crate) rules: DisclosureRules,
    pub(crate) catalogue: Arc<pod_import::Catalogue>,
    pub(crate) origins: Arc<[String]>,
    pub(crate) releases: Releases,
    pub(crate) metrics: Metrics,
    pub(crate) reach: Reach,
    pub(crate) posts: Posts,
    pub(crate) stop: Stop,
    pub(crate) clock: Clock,
    pub(crate) monotonic: Monotonic,
    pub(crate) thread_cpu: Option<ThreadCpu>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) machine: Machine,
    replay: Mutex<ReplayWindow>,
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node").field("principal", &self.principal).finish_non_exhaustive()
    }
}

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The audit log.
    #[error("the audit log does not open")]
    Log(#[from] pod_audit::OpenLogError),
    /// The vault.
    #[error("the vault does not open")]
    Vault(#[from] pod_vault::VaultError),
    /// A record type of the catalogue, or a field that it withholds.
    #[error("the catalogue calls a record type or a withheld field `{name}`, which no rule can name: rename it")]
    Name {
        /// What it is called.
        name: String,
        /// What a name is.
        source: NameFault,
    },
    /// Something on disk.
    #[error("what lies on disk cannot be used")]
    Fault(#[from] Fault),
}

impl Node {
    /// Opens a node: vault and log, the replay window and the uses from the log, the last good registry.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(parts: NodeParts) -> Result<Self, OpenError> {
        let vault = Arc::new(Vault::open(Arc::clone(&parts.store), parts.keys, Arc::clone(&parts.random))?);
        let log = Log::open(parts.log)?;
        let now_secs = (parts.clock)();
        let withheld = parts.catalogue.record_types().iter().map(|one| (one.id(), one.withheld_under_non_disclosure()));
        let early = Arc::new(EarlyRevocations::new(Arc::clone(&parts.store)));
        let released = Arc::new(Released::new(Arc::clone(&parts.store), Arc::clone(&vault)));
        let revoked_keys = Arc::new(RevokedKeys::open(Arc::clone(&parts.store))?);
        let (replay, uses) = rebuild(&log, now_secs)?;
        Ok(Self {
            standings: Standings::new(Arc::clone(&parts.store), Arc::clone(&vault), Arc::clone(&revoked_keys)),
            desk: Desk::new(Arc::clone(&parts.store)),
            grants: Grants::new(
                Arc::clone(&parts.store),
                Arc::clone(&vault),
                Arc::clone(&early),
                Arc::clone(&released),
            ),
            early,
            released,
            revoked_keys,
            requests: Requests::new(Arc::clone(&parts.store)),
            witness: Witness::new(Arc::clone(&parts.store)),
            registry: RegistryBook::open(Arc::clone(&parts.store), parts.anchor, now_secs)?,
            rules: disclosure_rules(withheld)?,
            uses,
            nonces: Nonces::default(),
            releases: Releases::new(),
            metrics: Metrics::new(parts.thread_cpu.is_some()),
            reach: Reach::default(),
            posts: Posts::default(),
            stop: Stop::new(),
            replay: Mutex::new(replay),
            principal: parts.principal,
            own_keys: OwnKeys::new(parts.key, &parts.previous_keys),
            store: parts.store,
            catalogue: parts.catalogue,
            origins: parts.origins,
            clock: parts.clock,
            view: View::new(parts.revocation_bound, Arc::clone(&parts.monotonic)),
            monotonic: parts.monotonic,
            thread_cpu: parts.thread_cpu,
            random: parts.random,
            machine: parts.machine,
            vault,
            log,
        })
    }

    /// The organisation.
    #[must_use]
    pub fn principal(&self) -> Principal {
        self.principal
    }

    /// The key that signs now.
    pub(crate) fn key(&self) -> Arc<SigningKey> {
        Arc::clone(&self.own_keys.now().signing)
    }

    /// The registry in use.
    #[must_use]
    pub fn registry(&self) -> Arc<Registry> {
        self.registry.current()
    }

    /// Takes a copy of the registry, fetched just now, into use, and keeps it on disk. Says which of its statements (by their
    /// place) do not hold, and why: they are left out.
    ///
    /// # Errors
    /// [`Failure::Refused`] when it is no snapshot; [`Failure::Fault`].
    pub fn take_registry(&self, snapshot: &[u8]) -> Result<Vec<(usize, Refusal)>, Failure> {
        let asked = self.view.ask();
        let left_out = self.registry.take(snapshot, (self.clock)())?;
        self.view.answered(asked);
        Ok(left_out)
    }

    /// Waits for a fault after which going on would be guessing. Whoever runs the node then ends the process; the node answers
    /// nothing any more.
    pub async fn stopped(&self) -> Arc<Fault> {
        self.stop.wait().await
    }

    /// Notes that something of ours failed, for the operator; a fatal fault stops the node. Says whether it did.
    pub(crate) fn note(&self, fault: Fault, during: &str) -> bool {
        tracing::error!(during, fault = %crate::stop::chain(&fault), "fault");
        self.stop.take(fault)
    }

    /// What becomes of one item when something of ours failed for it: it is refused, the operator is told, and others go on.
    ///
    /// # Errors
    /// The fault, when it is fatal.
    pub(crate) fn refuse_for(&self, fault: Fault, during: &str) -> Result<Refusal, Fault> {
        if fault.is_fatal() {
            return Err(fault);
        }
        self.note(fault, during);
        Ok(Refusal::Unavailable)
    }

    /// Admits a signed object once.
    pub(crate) fn admit(
        &self,
        kid: Kid,
        cti: pod_protocol::ids::Cti,
        expires: u64,
        now_secs: u64,
    ) -> Result<Unseen, Refusal> {
        self.replay.lock().unwrap_or_else(PoisonError::into_inner).admit(kid, cti, expires, now_secs)
    }

    /// The pod of the person with this identity code, if the organisation holds anything about them.
    pub(crate) fn find(&self, code: &pod_import::IdentityCode) -> Result<Option<PodId>, Fault> {
        Ok(self.vault.find(identity_text(code)?)?)
    }

    /// The standing of a pod.
    pub(crate) fn standing(&self, pod: &PodId) -> Result<Option<Arc<pod_protocol::standing::Standing>>, Fault> {
        self.standings.get(pod, (self.clock)())
    }
}

/// An identity code is ASCII.
fn identity_text(code: &pod_import::IdentityCode) -> Result<&str, Fault> {
    std::str::from_utf8(code.expose()).map_err(|_| Fault::Damaged { what: "an identity code" })
}

/// Which fields non-disclosure keeps back of each record type, from the catalogue.
fn disclosure_rules<'a>(
    withheld: impl IntoIterator<Item = (&'a str, &'a BTreeSet<String>)>,
) -> Result<DisclosureRules, OpenError> {
    let protected = withheld.into_iter().map(|(record_type, fields)| {
        let fields = fields.iter().map(|field| named(field)).collect::<Result<_, _>>()?;
        Ok((named(record_type)?, fields))
    });
    Ok(DisclosureRules { protected: protected.collect::<Result<_, OpenError>>()? })
}

/// A name of the catalogue as the protocol has it. One that it cannot have would leave with a parent that is released.
fn named<T: FromStr<Err = NameFault>>(name: &str) -> Result<T, OpenError> {
    name.parse().map_err(|source| OpenError::Name { name: name.to_owned(), source })
}

/// Reads the log for what lives in memory only: which requests were answered, and how often grants were used.
fn rebuild(log: &Log, now_secs: u64) -> Result<(ReplayWindow, Uses), Fault> {
    let mut replay = ReplayWindow::new();
    let uses = Uses::default();
    log.replay(0, |entry| {
        let public = entry.public();
        if let Some(request) = &public.request {
            let expires = request.issued_secs + MAX_REQUEST_LIFETIME_SECS;
            if expires >= now_secs {
                // One request has an entry for each item: the second is no replay, and the window being full is not
                // possible with what one log took in 2 minutes.
                let _seen = replay.admit(request.kid, request.cti, expires, now_secs);
            }
        }
        if let Some(grants) = &public.grants {
            uses.hold().replay(grants.chain(), grants.uses(), public.time_secs);
        }
    })?;
    Ok((replay, uses))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_field_that_could_not_be_kept_back_stops_the_start() {
        let rules = |fields: &[&str]| {
            disclosure_rules([("residence", &fields.iter().map(|field| (*field).to_owned()).collect())])
        };
        let kept_back = rules(&["address.street", "contact"]).unwrap().protected;
        assert_eq!(kept_back[&"residence".parse().unwrap()].len(), 2);
        let long = format!("address.{}", "a".repeat(96));
        for name in [long.as_str(), "a.b.c.d.e.f.g.h.i", "Address"] {
            let refused = rules(&["contact", name]);
            assert!(matches!(refused, Err(OpenError::Name { name: named, .. }) if named == name));
        }
        let none = BTreeSet::new();
        assert!(matches!(disclosure_rules([("Residence", &none)]), Err(OpenError::Name { .. })));
    }
}

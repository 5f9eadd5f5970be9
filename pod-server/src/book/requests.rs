//! Access requests that services of this organisation published, inboxes, and the decisions that wallets left.

use std::sync::Arc;

use pod_crypto::hpke::SEALED_EXTRA_BYTES;
use pod_crypto::sha256;
use pod_protocol::Refusal;
use pod_protocol::access_request::AccessRequest;
use pod_protocol::cose::Verified;
use pod_protocol::decision::DECISION_STEP_BYTES;
use pod_protocol::ids::{ObjectId, PodId};
use pod_store::{Batch, Store};

use crate::fault::{Failure, Fault};
use crate::tables::{ACCESS_REQUESTS, DECISIONS, INBOX};

/// Most decisions that wait on one access request: a link can be opened by a class of families, not by a city.
pub(crate) const MAX_DECISIONS: usize = 256;
/// Longest sealed decision: two steps, which is a grant for each of some sixteen holders.
pub(crate) const MAX_DECISION_BYTES: usize = 2 * DECISION_STEP_BYTES + SEALED_EXTRA_BYTES;
/// Most access requests in one inbox.
const MAX_INBOX: usize = 256;

/// Reads and keeps access requests and decisions.
#[derive(Debug)]
pub(crate) struct Requests {
    store: Arc<dyn Store>,
}

impl Requests {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// Publishes an access request, and puts it into an inbox.
    pub(crate) fn publish(&self, request: &Verified<AccessRequest>, inbox: Option<&PodId>) -> Result<(), Failure> {
        let mut batch = Batch::new();
        batch.put(ACCESS_REQUESTS, request.id().as_bytes(), request.bytes());
        if let Some(pod) = inbox {
            if self.store.prefix(INBOX, pod.as_bytes(), MAX_INBOX)?.len() >= MAX_INBOX {
                return Err(Refusal::TooLarge.into());
            }
            batch.put(INBOX, [pod.as_bytes().as_slice(), request.id().as_bytes()].concat(), [].as_slice());
        }
        self.store.commit(batch)?;
        Ok(())
    }

    /// The signed access request with this id.
    pub(crate) fn get(&self, id: &ObjectId) -> Result<Option<Vec<u8>>, Fault> {
        Ok(self.store.get(ACCESS_REQUESTS, id.as_bytes())?)
    }

    /// What waits in an inbox.
    pub(crate) fn inbox(&self, pod: &PodId) -> Result<Vec<Vec<u8>>, Fault> {
        let mut requests = Vec::new();
        for (key, _) in self.store.prefix(INBOX, pod.as_bytes(), MAX_INBOX)? {
            if let Some(request) = self.store.get(ACCESS_REQUESTS, key.get(16..).unwrap_or_default())? {
                requests.push(request);
            }
        }
        Ok(requests)
    }

    /// Keeps a sealed decision for the service. Anybody may leave one: only the service can tell whose it is.
    pub(crate) fn leave_decision(&self, id: &ObjectId, sealed: &[u8]) -> Result<(), Failure> {
        if sealed.len() > MAX_DECISION_BYTES {
            return Err(Refusal::TooLarge.into());
        }
        if self.get(id)?.is_none() {
            return Err(Refusal::UnknownGrant.into());
        }
        if self.store.prefix(DECISIONS, id.as_bytes(), MAX_DECISIONS)?.len() >= MAX_DECISIONS {
            return Err(Refusal::Limit.into());
        }
        let mut batch = Batch::new();
        batch.put(DECISIONS, [id.as_bytes().as_slice(), &sha256(&[sealed])].concat(), sealed);
        self.store.commit(batch)?;
        Ok(())
    }

    /// The sealed decisions on an access request.
    pub(crate) fn decisions(&self, id: &ObjectId) -> Result<Vec<Vec<u8>>, Fault> {
        let decisions = self.store.prefix(DECISIONS, id.as_bytes(), MAX_DECISIONS)?;
        Ok(decisions.into_iter().map(|(_, sealed)| sealed).collect())
    }
}

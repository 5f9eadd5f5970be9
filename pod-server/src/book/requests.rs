//! Access requests that services of this organisation published, inboxes, and the decisions that wallets left.

use std::ops::Bound;
use std::sync::Arc;

use pod_crypto::hpke::SEALED_EXTRA_BYTES;
use pod_crypto::sha256;
use pod_protocol::access_request::AccessRequest;
use pod_protocol::decision::DECISION_STEP_BYTES;
use pod_protocol::ids::{ObjectId, PodId, Principal};
use pod_protocol::{Refusal, Signed, Verified};
use pod_store::{Batch, Store};

use crate::fault::{Failure, Fault};
use crate::tables::{ACCESS_REQUESTS, DECISIONS, INBOX, REQUEST_ENDS};

/// Most decisions that wait on one access request: a link can be opened by a class of families, not by a city.
pub(crate) const MAX_DECISIONS: usize = 256;
/// Longest sealed decision: two steps, which is a grant for each of some sixteen holders.
pub(crate) const MAX_DECISION_BYTES: usize = 2 * DECISION_STEP_BYTES + SEALED_EXTRA_BYTES;
/// Most access requests in one inbox.
const MAX_INBOX: usize = 256;
/// How long an access request stays after its end: a service that collects once a month gets all decisions.
const KEPT_AFTER_END_SECS: u64 = 31 * 24 * 3600;
/// How many that ended one publication takes off the record: more than it adds, so that they become fewer.
const MAX_FORGOTTEN_AT_ONCE: usize = 2;

/// Reads and keeps access requests and decisions.
#[derive(Debug)]
pub(crate) struct Requests {
    store: Arc<dyn Store>,
}

impl Requests {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// Publishes an access request, and puts it into an inbox. What ended makes room.
    pub(crate) fn publish(
        &self,
        request: &Verified<AccessRequest>,
        inbox: Option<&PodId>,
        now_secs: u64,
    ) -> Result<(), Failure> {
        let id = request.id();
        let mut batch = Batch::new();
        self.forget_ended(&mut batch, now_secs)?;
        batch.put(ACCESS_REQUESTS, id.as_bytes(), request.bytes());
        batch.put(REQUEST_ENDS, [request.expires.to_be_bytes().as_slice(), id.as_bytes()].concat(), [].as_slice());
        if let Some(pod) = inbox {
            let mut others = 0;
            for waiting in self.inbox(pod)?.into_iter().filter(|waiting| *waiting != id) {
                if self.answerable(&waiting, now_secs)?.is_some() {
                    others += 1;
                } else {
                    batch.delete(INBOX, inbox_key(pod, &waiting));
                }
            }
            if others >= MAX_INBOX {
                return Err(Refusal::TooLarge.into());
            }
            batch.put(INBOX, inbox_key(pod, &id), [].as_slice());
        }
        self.store.commit(batch)?;
        Ok(())
    }

    /// Takes access requests that ended long ago off the record, with the decisions on them.
    fn forget_ended(&self, batch: &mut Batch, now_secs: u64) -> Result<(), Fault> {
        let kept_since = now_secs.saturating_sub(KEPT_AFTER_END_SECS).to_be_bytes();
        let ended =
            self.store.range(REQUEST_ENDS, Bound::Unbounded, Bound::Excluded(&kept_since), MAX_FORGOTTEN_AT_ONCE)?;
        for (key, _) in ended {
            let id = key.get(kept_since.len()..).unwrap_or_default().to_vec();
            for (decision, _) in self.store.prefix(DECISIONS, &id, MAX_DECISIONS)? {
                batch.delete(DECISIONS, decision);
            }
            batch.delete(ACCESS_REQUESTS, id);
            batch.delete(REQUEST_ENDS, key);
        }
        Ok(())
    }

    /// The signed access request with this id.
    pub(crate) fn get(&self, id: &ObjectId) -> Result<Option<Vec<u8>>, Fault> {
        Ok(self.store.get(ACCESS_REQUESTS, id.as_bytes())?)
    }

    /// The service that published the access request with this id.
    pub(crate) fn service_of(&self, id: &ObjectId) -> Result<Option<Principal>, Fault> {
        self.get(id)?.map(|signed| Ok(claims(&signed)?.service)).transpose()
    }

    /// The signed access request with this id, while it can be answered.
    pub(crate) fn answerable(&self, id: &ObjectId, now_secs: u64) -> Result<Option<Vec<u8>>, Fault> {
        let Some(signed) = self.get(id)? else { return Ok(None) };
        Ok((claims(&signed)?.expires > now_secs).then_some(signed))
    }

    /// What waits in an inbox, or did until its time was over.
    pub(crate) fn inbox(&self, pod: &PodId) -> Result<Vec<ObjectId>, Fault> {
        let rows = self.store.prefix(INBOX, pod.as_bytes(), MAX_INBOX)?;
        let id = |key: &[u8]| key.get(16..).and_then(|id| <[u8; 32]>::try_from(id).ok()).map(ObjectId::new);
        rows.iter().map(|(key, _)| id(key).ok_or(Fault::Damaged { what: "an inbox" })).collect()
    }

    /// Keeps a sealed decision for the service; leaving it again changes nothing. Anybody may leave one: only the service can
    /// tell whose it is.
    pub(crate) fn leave_decision(&self, id: &ObjectId, sealed: &[u8], now_secs: u64) -> Result<(), Failure> {
        if sealed.len() > MAX_DECISION_BYTES {
            return Err(Refusal::TooLarge.into());
        }
        if self.answerable(id, now_secs)?.is_none() {
            return Err(Refusal::UnknownGrant.into());
        }
        let key = [id.as_bytes().as_slice(), &sha256(&[sealed])].concat();
        if self.store.get(DECISIONS, &key)?.is_some() {
            return Ok(());
        }
        if self.store.prefix(DECISIONS, id.as_bytes(), MAX_DECISIONS)?.len() >= MAX_DECISIONS {
            return Err(Refusal::Limit.into());
        }
        let mut batch = Batch::new();
        batch.put(DECISIONS, key, sealed);
        self.store.commit(batch)?;
        Ok(())
    }

    /// The sealed decisions on an access request.
    pub(crate) fn decisions(&self, id: &ObjectId) -> Result<Vec<Vec<u8>>, Fault> {
        let decisions = self.store.prefix(DECISIONS, id.as_bytes(), MAX_DECISIONS)?;
        Ok(decisions.into_iter().map(|(_, sealed)| sealed).collect())
    }
}

/// What an access request says. Its signature was checked when it was published.
fn claims(signed: &[u8]) -> Result<AccessRequest, Fault> {
    let signed = Signed::<AccessRequest>::decode(signed).map_err(|_| Fault::Damaged { what: "an access request" })?;
    Ok(signed.unverified().clone())
}

fn inbox_key(pod: &PodId, id: &ObjectId) -> Vec<u8> {
    [pod.as_bytes().as_slice(), id.as_bytes()].concat()
}

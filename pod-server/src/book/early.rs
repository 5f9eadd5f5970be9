//! Revocations of grants that the holder has not seen. Whether a signer may take a grant back can be said only once it is
//! here, so what each key took back is remembered by key, and asked when a grant is to be kept.

use std::sync::{Arc, Mutex, PoisonError};

use pod_protocol::Refusal;
use pod_protocol::chain::CLOCK_SKEW_SECS;
use pod_protocol::grant::MAX_GRANT_LIFETIME_SECS;
use pod_protocol::ids::{GrantId, Kid, ObjectId};
use pod_store::{Batch, Store};

use crate::fault::{Failure, Fault};
use crate::tables::{EARLY_REVOCATIONS, GRANTS};

/// Most that one key takes back before the holder saw it: no wallet hands out more grants without depositing them, and a
/// stranger fills no more than 100 kB.
const MAX_OF_ONE_KEY: usize = 1_000;

/// One of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Early {
    /// The revocation.
    pub(crate) id: ObjectId,
    /// The key that signed it.
    pub(crate) signer: Kid,
    /// What it takes back.
    pub(crate) grant: GrantId,
}

/// Remembers them.
#[derive(Debug)]
pub(crate) struct EarlyRevocations {
    store: Arc<dyn Store>,
    /// Held from counting what a key has to writing one more.
    noting: Mutex<()>,
}

impl EarlyRevocations {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, noting: Mutex::new(()) }
    }

    /// Notes that this key took a grant back that is not on record. From then on it is not kept where the key may take it
    /// back, and nothing is opened by what is not kept. Says where this revocation stands in the log, if it does.
    ///
    /// # Errors
    /// [`Refusal::Limit`]; a conflict ([`Fault::is_conflict`]) when the grant came on record meanwhile.
    pub(crate) fn note(&self, by: &Early, now_secs: u64) -> Result<Option<u64>, Failure> {
        let _noting = self.noting.lock().unwrap_or_else(PoisonError::into_inner);
        let key = key(by.signer, &by.grant);
        if let Some(row) = self.store.get(EARLY_REVOCATIONS, &key)? {
            return Ok(Row::read(&row)?.recorded.filter(|(id, _)| *id == by.id).map(|(_, index)| index));
        }
        let mut batch = Batch::new();
        let held = self.store.prefix(EARLY_REVOCATIONS, by.signer.as_bytes(), MAX_OF_ONE_KEY)?;
        if held.len() >= MAX_OF_ONE_KEY {
            for (key, row) in held {
                if Row::read(&row)?.until_secs <= now_secs {
                    batch.delete(EARLY_REVOCATIONS, key);
                }
            }
            if batch.is_empty() {
                return Err(Refusal::Limit.into());
            }
        }
        batch.require_absent(GRANTS, by.grant.as_bytes());
        batch.put(EARLY_REVOCATIONS, key, Row { until_secs: until_secs(now_secs), recorded: None }.to_bytes());
        self.store.commit(batch)?;
        Ok(None)
    }

    /// Adds where in the log it stands.
    pub(crate) fn recorded(&self, by: &Early, index: u64, now_secs: u64) -> Result<(), Fault> {
        let row = Row { until_secs: until_secs(now_secs), recorded: Some((by.id, index)) };
        let mut batch = Batch::new();
        batch.put(EARLY_REVOCATIONS, key(by.signer, &by.grant), row.to_bytes());
        Ok(self.store.commit(batch)?)
    }

    /// Whether any of these keys took the grant back.
    pub(crate) fn takes_back(&self, signers: &[Kid], grant: &GrantId) -> Result<bool, Fault> {
        for signer in signers {
            if self.store.get(EARLY_REVOCATIONS, &key(*signer, grant))?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Has the batch apply only if none of these keys took the grant back.
    pub(crate) fn require_none(batch: &mut Batch, signers: &[Kid], grant: &GrantId) {
        for signer in signers {
            batch.require_absent(EARLY_REVOCATIONS, key(*signer, grant));
        }
    }
}

fn key(signer: Kid, grant: &GrantId) -> Vec<u8> {
    [signer.as_bytes().as_slice(), grant.as_bytes()].concat()
}

/// When no grant is left that it could be about: one that was taken back had been signed before.
fn until_secs(now_secs: u64) -> u64 {
    now_secs + MAX_GRANT_LIFETIME_SECS + CLOCK_SKEW_SECS
}

/// What is remembered of one.
struct Row {
    until_secs: u64,
    /// The last revocation, and where it stands in the log, once one does.
    recorded: Option<(ObjectId, u64)>,
}

impl Row {
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.until_secs.to_be_bytes().to_vec();
        if let Some((id, index)) = &self.recorded {
            bytes.extend_from_slice(id.as_bytes());
            bytes.extend_from_slice(&index.to_be_bytes());
        }
        bytes
    }

    fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let row = bytes.split_first_chunk().and_then(|(until_secs, rest)| {
            let recorded = match rest.split_first_chunk() {
                Some((id, index)) => Some((ObjectId::new(*id), u64::from_be_bytes(index.try_into().ok()?))),
                None if rest.is_empty() => None,
                None => return None,
            };
            Some(Self { until_secs: u64::from_be_bytes(*until_secs), recorded })
        });
        row.ok_or(Fault::Damaged { what: "an early revocation" })
    }
}

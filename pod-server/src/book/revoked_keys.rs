//! Services' keys of which what they signed is taken back from a second on: for every pod here at once, because one key passes
//! on the grants of many people.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use pod_protocol::Refusal;
use pod_protocol::ids::{Kid, ObjectId, Principal};
use pod_store::{Batch, Store};

use crate::fault::{Failure, Fault};
use crate::tables::REVOKED_KEYS;

/// Most keys that one organisation takes back at a holder: some thousand services with some keys each, over years.
const MAX_OF_ORGANISATION: usize = 4_096;
/// Most rows that are read at start: as many as 256 organisations may have.
const MAX_ROWS: usize = 256 * MAX_OF_ORGANISATION;

/// The keys, in memory and on disk.
#[derive(Debug)]
pub(crate) struct RevokedKeys {
    store: Arc<dyn Store>,
    held: RwLock<Held>,
}

#[derive(Debug, Default)]
struct Held {
    since: Arc<BTreeMap<Kid, u64>>,
    of_organisation: BTreeMap<Principal, usize>,
}

/// A key that is to be taken back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyOf {
    /// The key.
    pub(crate) kid: Kid,
    /// From which second on.
    pub(crate) since_secs: u64,
    /// Whose service it is of.
    pub(crate) organisation: Principal,
    /// The revocation.
    pub(crate) by: ObjectId,
}

impl RevokedKeys {
    /// Reads what is on disk.
    pub(crate) fn open(store: Arc<dyn Store>) -> Result<Self, Fault> {
        let damaged = || Fault::Damaged { what: "a revoked key" };
        let (mut since, mut of_organisation) = (BTreeMap::new(), BTreeMap::new());
        for (key, row) in store.prefix(REVOKED_KEYS, &[], MAX_ROWS)? {
            let kid = Kid::new(key.try_into().map_err(|_| damaged())?);
            let (secs, rest) = row.split_first_chunk::<8>().ok_or_else(damaged)?;
            let organisation = Principal::new(*rest.first_chunk().ok_or_else(damaged)?);
            since.insert(kid, u64::from_be_bytes(*secs));
            *of_organisation.entry(organisation).or_insert(0) += 1;
        }
        let held = RwLock::new(Held { since: Arc::new(since), of_organisation });
        Ok(Self { store, held })
    }

    /// Each key with the second from which on what it signed is taken back.
    pub(crate) fn current(&self) -> Arc<BTreeMap<Kid, u64>> {
        Arc::clone(&self.held.read().unwrap_or_else(PoisonError::into_inner).since)
    }

    /// Whether what this key signed from this second on is taken back already.
    pub(crate) fn has(&self, kid: &Kid, since_secs: u64) -> bool {
        self.current().get(kid).is_some_and(|earlier| *earlier <= since_secs)
    }

    /// Takes back what a key signed from a second on, in one step with what else is in the batch. The caller holds every pod,
    /// and has standings forgotten that were read before.
    ///
    /// # Errors
    /// [`Refusal::Limit`].
    pub(crate) fn revoke(&self, key: &KeyOf, mut batch: Batch) -> Result<(), Failure> {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let is_new = !held.since.contains_key(&key.kid);
        let count = held.of_organisation.get(&key.organisation).copied().unwrap_or_default();
        if is_new && count >= MAX_OF_ORGANISATION {
            return Err(Refusal::Limit.into());
        }
        let since_secs = held.since.get(&key.kid).map_or(key.since_secs, |earlier| key.since_secs.min(*earlier));
        batch.put(REVOKED_KEYS, key.kid.as_bytes().as_slice(), head(since_secs, &key.organisation));
        self.store.commit(batch)?;
        Arc::make_mut(&mut held.since).insert(key.kid, since_secs);
        if is_new {
            *held.of_organisation.entry(key.organisation).or_insert(0) += 1;
        }
        Ok(())
    }

    /// Adds where in the log the revocation stands.
    pub(crate) fn recorded(&self, key: &KeyOf, index: u64) -> Result<(), Fault> {
        let since_secs = self.current().get(&key.kid).copied().unwrap_or(key.since_secs);
        let row = [head(since_secs, &key.organisation).as_slice(), key.by.as_bytes(), &index.to_be_bytes()].concat();
        let mut batch = Batch::new();
        batch.put(REVOKED_KEYS, key.kid.as_bytes().as_slice(), row);
        Ok(self.store.commit(batch)?)
    }

    /// Where this revocation of the key stands in the log, if it is the last one that was recorded.
    pub(crate) fn entry_of(&self, key: &KeyOf) -> Result<Option<u64>, Fault> {
        let Some(row) = self.store.get(REVOKED_KEYS, key.kid.as_bytes())? else { return Ok(None) };
        let recorded = row.get(HEAD_BYTES..).and_then(<[u8]>::split_first_chunk::<32>);
        let index = recorded.filter(|(by, _)| *by == key.by.as_bytes()).and_then(|(_, index)| index.try_into().ok());
        Ok(index.map(u64::from_be_bytes))
    }
}

/// Bytes of a row before the revocation and where it stands.
const HEAD_BYTES: usize = 8 + 32;

fn head(since_secs: u64, organisation: &Principal) -> Vec<u8> {
    [since_secs.to_be_bytes().as_slice(), organisation.as_bytes()].concat()
}

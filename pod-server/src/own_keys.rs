//! The organisation's online keys that the node has: one signs, and several open. They change while it runs ([`crate::reload`]).

use std::sync::{Arc, PoisonError, RwLock};

use pod_crypto::SigningKey;
use pod_crypto::hpke::SealPrivateKey;
use pod_protocol::tlog::post::seal_key;

/// The keys of now.
pub(crate) struct OwnKeys(RwLock<Arc<Held>>);

/// The keys of one moment.
pub(crate) struct Held {
    /// Signs receipts, acknowledgements, tree heads and holder entries; the node's peer id is its.
    pub(crate) signing: Arc<SigningKey>,
    /// They open what lies in the directory's log for this node, that of now first.
    pub(crate) opening: Vec<SealPrivateKey>,
}

impl Held {
    fn of(signing: Arc<SigningKey>, previous: &[SigningKey]) -> Arc<Self> {
        let opening = std::iter::once(&*signing).chain(previous).map(seal_key).collect();
        Arc::new(Self { signing, opening })
    }
}

impl OwnKeys {
    pub(crate) fn new(signing: Arc<SigningKey>, previous: &[SigningKey]) -> Self {
        Self(RwLock::new(Held::of(signing, previous)))
    }

    /// Those of this moment: whatever is done with more than one of them takes them once.
    pub(crate) fn now(&self) -> Arc<Held> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Opens with these keys too from now on; the one that signs stays.
    pub(crate) fn open_with(&self, others: &[SigningKey]) {
        let signing = Arc::clone(&self.now().signing);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Held::of(signing, others);
    }

    /// Signs with another key from now on.
    pub(crate) fn change(&self, signing: Arc<SigningKey>, previous: &[SigningKey]) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Held::of(signing, previous);
    }
}

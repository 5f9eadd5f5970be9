//! The registry as the directory publishes it: a statement is taken in when the registry that is built with it holds it.

use std::ops::Bound;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use pod_protocol::cose::kind_of;
use pod_protocol::ids::{ObjectId, Principal, Thumbprint};
use pod_protocol::refusal::EnvelopeFault;
use pod_protocol::registry::{Anchor, Organisation, Registry, SNAPSHOT_LIMITS};
use pod_protocol::statement::{Membership, Profile};
use pod_protocol::{Payload, Refusal, Signed};
use pod_store::{Batch, Store};

use super::tables::{PAGE_ROWS, STATEMENTS};
use crate::fault::{Failure, Refused};
use crate::http::Tagged;
use crate::problems;
use crate::startup::StartupError;

/// Most statements that are kept, those that do not count for the moment included: as many as a snapshot may have.
const MAX_STATEMENTS: usize = SNAPSHOT_LIMITS.items;

/// What is published, made once for all callers.
#[derive(Debug)]
pub(super) struct Published {
    pub(super) registry: Registry,
    pub(super) snapshot: Tagged,
}

/// The members and what they say about themselves.
#[derive(Debug)]
pub(super) struct Members {
    anchor: Anchor,
    store: Arc<dyn Store>,
    published: RwLock<Arc<Published>>,
    /// Held by whoever changes the registry, from reading what is there to publishing what comes of it.
    changing: Mutex<()>,
}

/// A statement that somebody wants to publish, decoded.
struct Statement {
    id: ObjectId,
    kind: Kind,
    bytes: Vec<u8>,
}

/// Whom a statement is about. A newer one about the same replaces it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Membership { subject: Principal },
    Profile { issuer: Principal },
}

impl Published {
    fn new(registry: Registry) -> Arc<Self> {
        let snapshot = Tagged::new(registry.snapshot());
        Arc::new(Self { registry, snapshot })
    }
}

impl Members {
    /// Builds the registry from what the store has.
    pub(super) fn load(anchor: Anchor, store: Arc<dyn Store>, now_secs: u64) -> Result<Self, StartupError> {
        let statements = stored(&*store)?.into_iter().map(|(_, bytes)| bytes).collect::<Vec<_>>();
        let (registry, left_out) = Registry::build(&anchor, &statements, now_secs);
        for (_, refusal) in left_out {
            tracing::info!(code = refusal.code(), "a statement in the store does not count now");
        }
        let published = RwLock::new(Published::new(registry));
        Ok(Self { anchor, store, published, changing: Mutex::new(()) })
    }

    /// What counts now. Built again when a statement in it has expired, which happens a few times a day.
    pub(super) fn published(&self, now_secs: u64) -> Arc<Published> {
        let published = self.last();
        if now_secs < published.registry.valid_until() {
            return published;
        }
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let published = self.last();
        if now_secs < published.registry.valid_until() {
            return published;
        }
        let statements: Vec<Vec<u8>> = published.registry.statements().map(<[u8]>::to_vec).collect();
        self.publish(Registry::build(&self.anchor, &statements, now_secs).0)
    }

    /// What was published last, whether or not all of it still counts.
    pub(super) fn last(&self) -> Arc<Published> {
        Arc::clone(&self.published.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn publish(&self, registry: Registry) -> Arc<Published> {
        let published = Published::new(registry);
        *self.published.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&published);
        published
    }

    /// Takes a statement in, durably, and removes what it replaces.
    pub(super) fn take(&self, bytes: &[u8], now_secs: u64) -> Result<(), Failure> {
        // Checked against what is published first: a build verifies every signature there is, and is for members alone.
        let statement = vouched_for(bytes, &self.published(now_secs).registry)?;
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let stored = stored(&*self.store)?;
        if stored.iter().any(|(id, _)| *id == statement.id) && holds(&self.last().registry, &statement) {
            return Ok(());
        }
        let index = stored.len();
        let mut all: Vec<Vec<u8>> = stored.iter().map(|(_, bytes)| bytes.clone()).collect();
        all.push(statement.bytes.clone());
        let (registry, refused) = Registry::build(&self.anchor, &all, now_secs);
        if let Some((_, refusal)) = refused.iter().find(|(at, _)| *at == index) {
            return Err((*refusal).into());
        }
        if !holds(&registry, &statement) {
            return Err(Refused::new(&problems::OLDER).into());
        }
        resolves(&registry, &statement)?;

        let mut batch = Batch::new();
        batch.put(STATEMENTS, *statement.id.as_bytes(), statement.bytes.clone());
        let replaced: Vec<ObjectId> = stored
            .iter()
            .filter(|(id, bytes)| *id != statement.id && is_done_with(bytes, &statement.kind, now_secs))
            .map(|(id, _)| *id)
            .collect();
        for id in &replaced {
            batch.delete(STATEMENTS, *id.as_bytes());
        }
        let full = all.len() - replaced.len() > MAX_STATEMENTS;
        if full || registry.snapshot().len() > SNAPSHOT_LIMITS.bytes {
            return Err(Refused::new(&problems::REGISTRY_FULL).into());
        }
        self.store.commit(batch)?;
        self.publish(registry);
        Ok(())
    }
}

/// Every statement in the store.
fn stored(store: &dyn Store) -> Result<Vec<(ObjectId, Vec<u8>)>, StoredFault> {
    // The limit is kept when statements are taken in; one more tells a store that broke it.
    let rows = store.range(STATEMENTS, Bound::Unbounded, Bound::Unbounded, MAX_STATEMENTS.max(PAGE_ROWS) + 1)?;
    rows.into_iter()
        .map(|(key, bytes)| {
            let id = <[u8; 32]>::try_from(key).map_err(|_| StoredFault::Damaged)?;
            Ok((ObjectId::new(id), bytes))
        })
        .collect()
}

enum StoredFault {
    Store(pod_store::StoreError),
    Damaged,
}

const DAMAGED: &str = "a statement's id";

impl From<pod_store::StoreError> for StoredFault {
    fn from(error: pod_store::StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<StoredFault> for StartupError {
    fn from(fault: StoredFault) -> Self {
        match fault {
            StoredFault::Store(error) => error.into(),
            StoredFault::Damaged => Self::Damaged { what: DAMAGED },
        }
    }
}

impl From<StoredFault> for Failure {
    fn from(fault: StoredFault) -> Self {
        match fault {
            StoredFault::Store(error) => error.into(),
            StoredFault::Damaged => Self::Fault(crate::fault::Fault::Damaged { what: DAMAGED }),
        }
    }
}

/// Decodes a statement, and checks that a member (or the anchor) signed it.
fn vouched_for(bytes: &[u8], registry: &Registry) -> Result<Statement, Failure> {
    let kind = kind_of(bytes)?;
    if kind == Membership::TYP {
        let signed = Signed::<Membership>::decode(bytes)?;
        let (issuer, subject) = (signed.unverified().issuer, signed.unverified().subject);
        statement(signed, &issuer, Kind::Membership { subject }, registry)
    } else if kind == Profile::TYP {
        let signed = Signed::<Profile>::decode(bytes)?;
        let issuer = signed.unverified().issuer;
        statement(signed, &issuer, Kind::Profile { issuer }, registry)
    } else {
        Err(EnvelopeFault::Type.into())
    }
}

fn statement<T: Payload>(
    signed: Signed<T>,
    issuer: &Principal,
    kind: Kind,
    registry: &Registry,
) -> Result<Statement, Failure> {
    let anchor = registry.anchor();
    let keys = if *issuer == anchor.principal {
        std::slice::from_ref(&anchor.key)
    } else {
        registry.organisation(issuer).map(Organisation::keys).unwrap_or_default()
    };
    let kid = signed.kid();
    let key = keys.iter().find(|key| Thumbprint::of(key).kid() == kid).ok_or(Refusal::UnknownKey)?;
    let verified = signed.verify(key)?;
    Ok(Statement { id: verified.id(), kind, bytes: verified.bytes().to_vec() })
}

fn holds(registry: &Registry, statement: &Statement) -> bool {
    let (Kind::Membership { subject: about } | Kind::Profile { issuer: about }) = statement.kind;
    registry.organisation(&about).is_some_and(|found| found.statement_ids().any(|id| id == statement.id))
}

/// A key or a short name of two members leads to neither: whoever comes second must not take it from the first.
fn resolves(registry: &Registry, statement: &Statement) -> Result<(), Failure> {
    let Kind::Membership { subject } = statement.kind else { return Ok(()) };
    let Some(organisation) = registry.organisation(&subject) else { return Ok(()) };
    for key in organisation.keys() {
        if registry.organisation_by_kid(&Thumbprint::of(key).kid()).is_none() {
            return Err(Refusal::Key.into());
        }
    }
    match registry.organisation_named(organisation.name().as_str()) {
        Some(_) => Ok(()),
        None => {
            Err(Refused::saying(&problems::NAME_TAKEN, "another member has this short name: choose another").into())
        }
    }
}

/// Whether a stored statement is replaced by one of this kind, or expired. Those of other members stay, also while they do
/// not count: their region's membership may be renewed.
fn is_done_with(bytes: &[u8], by: &Kind, now_secs: u64) -> bool {
    let (kind, expires) = if let Ok(signed) = Signed::<Membership>::decode(bytes) {
        let claims = signed.unverified();
        (Kind::Membership { subject: claims.subject }, claims.expires)
    } else if let Ok(signed) = Signed::<Profile>::decode(bytes) {
        let claims = signed.unverified();
        (Kind::Profile { issuer: claims.issuer }, claims.expires)
    } else {
        return false;
    };
    kind == *by || expires <= now_secs
}

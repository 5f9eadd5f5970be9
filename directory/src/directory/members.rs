//! The registry as the directory publishes it: a statement is taken in when the registry that is built with it holds it.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use pod_protocol::cose::kind_of;
use pod_protocol::ids::{Kid, ObjectId, Principal, Thumbprint};
use pod_protocol::refusal::EnvelopeFault;
use pod_protocol::registry::{Anchor, Registry, SNAPSHOT_LIMITS};
use pod_protocol::statement::{MAX_MEMBERSHIP_LIFETIME_SECS, Membership, Profile};
use pod_protocol::{Payload, Refusal, Signed, Verified};
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
    /// Every statement in the store. Held by whoever changes the registry, from reading what is there to publishing what
    /// comes of it.
    kept: Mutex<Kept>,
}

/// The newest statement of each member about the same, also when it does not count now: an older one must not come back.
type Kept = BTreeMap<Place, Statement>;

/// A decoded statement.
#[derive(Debug)]
struct Statement {
    id: ObjectId,
    issued: u64,
    expires: u64,
    bytes: Vec<u8>,
}

/// Who says something about whom. A newer statement in the same place replaces the older one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Membership { issuer: Principal, subject: Principal },
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
        let kept = stored(&*store)?;
        let (registry, left_out) = Registry::build(&anchor, &bytes_of(&kept), now_secs);
        for (_, refusal) in left_out {
            tracing::info!(code = refusal.code(), "a statement in the store does not count now");
        }
        let published = RwLock::new(Published::new(registry));
        Ok(Self { anchor, store, published, kept: Mutex::new(kept) })
    }

    /// What counts now. Built again when a statement in it has expired, which happens a few times a day.
    pub(super) fn published(&self, now_secs: u64) -> Arc<Published> {
        let published = self.last();
        if now_secs < published.registry.valid_until() {
            return published;
        }
        let kept = self.kept();
        let published = self.last();
        if now_secs < published.registry.valid_until() {
            return published;
        }
        self.publish(Registry::build(&self.anchor, &bytes_of(&kept), now_secs).0)
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

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a statement in, durably, and removes what it replaces.
    pub(super) fn take(&self, bytes: &[u8], now_secs: u64) -> Result<(), Failure> {
        let published = self.published(now_secs);
        let (place, statement) = vouched_for(bytes, &published.registry)?;
        let mut kept = self.kept();
        // A build verifies every signature there is: whoever sends again what members said before must not cause one.
        if statement.expires <= now_secs {
            return Err(Refusal::Expired.into());
        }
        match kept.get(&place) {
            Some(newest) if newest.id == statement.id && holds(&self.last().registry, &place, &statement) => {
                return Ok(());
            }
            Some(newest) if !statement.is_newer_than(newest) => return Err(Refused::new(&problems::OLDER).into()),
            _ => {}
        }
        let mut all = bytes_of(&kept);
        let index = all.len();
        all.push(statement.bytes.clone());
        let (registry, refused) = Registry::build(&self.anchor, &all, now_secs);
        if let Some((_, refusal)) = refused.iter().find(|(at, _)| *at == index) {
            return Err((*refusal).into());
        }
        if !holds(&registry, &place, &statement) {
            return Err(Refused::new(&problems::OLDER).into());
        }
        resolves(&registry, &place)?;

        let done_with: Vec<Place> = kept
            .iter()
            .filter(|(other, kept)| **other == place || kept.is_done_with(now_secs))
            .map(|(other, _)| *other)
            .collect();
        let full = all.len() - done_with.len() > MAX_STATEMENTS;
        if full || registry.snapshot().len() > SNAPSHOT_LIMITS.bytes {
            return Err(Refused::new(&problems::REGISTRY_FULL).into());
        }
        let mut batch = Batch::new();
        batch.put(STATEMENTS, *statement.id.as_bytes(), statement.bytes.clone());
        for replaced in done_with.iter().filter_map(|other| kept.get(other)) {
            batch.delete(STATEMENTS, *replaced.id.as_bytes());
        }
        self.store.commit(batch)?;
        kept.retain(|other, _| !done_with.contains(other));
        kept.insert(place, statement);
        self.publish(registry);
        Ok(())
    }
}

impl Statement {
    fn is_newer_than(&self, other: &Self) -> bool {
        (self.issued, self.id) > (other.issued, other.id)
    }

    /// Whether nothing that it replaced could count any more; a profile lives no longer than a membership.
    fn is_done_with(&self, now_secs: u64) -> bool {
        self.issued.saturating_add(MAX_MEMBERSHIP_LIFETIME_SECS) <= now_secs
    }
}

fn bytes_of(kept: &Kept) -> Vec<Vec<u8>> {
    kept.values().map(|statement| statement.bytes.clone()).collect()
}

/// Every statement in the store.
fn stored(store: &dyn Store) -> Result<Kept, StartupError> {
    // The limit is kept when statements are taken in; one more tells a store that broke it.
    let rows = store.range(STATEMENTS, Bound::Unbounded, Bound::Unbounded, MAX_STATEMENTS.max(PAGE_ROWS) + 1)?;
    let mut kept = Kept::new();
    for (_, bytes) in rows {
        match decoded(&bytes) {
            Ok((place, statement)) => {
                kept.insert(place, statement);
            }
            Err(refusal) => {
                tracing::warn!(code = refusal.code(), "a statement in the store does not decode: it is left out")
            }
        }
    }
    Ok(kept)
}

/// Decodes a statement whose signature was checked when it came.
fn decoded(bytes: &[u8]) -> Result<(Place, Statement), Refusal> {
    match kind_of(bytes)?.as_str() {
        Membership::TYP => Signed::decode(bytes).map(|signed| membership(signed.unverified(), signed.id(), bytes)),
        Profile::TYP => Signed::decode(bytes).map(|signed| profile(signed.unverified(), signed.id(), bytes)),
        _ => Err(EnvelopeFault::Type.into()),
    }
}

/// Decodes a statement that a member (or the anchor) signed, the signature first: claims with keys are dear to read. Whether
/// it is the issuer's key is for the build.
fn vouched_for(bytes: &[u8], registry: &Registry) -> Result<(Place, Statement), Refusal> {
    let anchor = registry.anchor().key;
    let key_of = |kid: Kid| match registry.organisation_by_kid(&kid) {
        Some(member) => Some(*member.key),
        None => (Thumbprint::of(&anchor).kid() == kid).then_some(anchor),
    };
    match kind_of(bytes)?.as_str() {
        Membership::TYP => Verified::decode(bytes, key_of).map(|verified| membership(&verified, verified.id(), bytes)),
        Profile::TYP => Verified::decode(bytes, key_of).map(|verified| profile(&verified, verified.id(), bytes)),
        _ => Err(EnvelopeFault::Type.into()),
    }
}

fn membership(claims: &Membership, id: ObjectId, bytes: &[u8]) -> (Place, Statement) {
    let place = Place::Membership { issuer: claims.issuer, subject: claims.subject };
    (place, Statement { id, issued: claims.issued, expires: claims.expires, bytes: bytes.to_vec() })
}

fn profile(claims: &Profile, id: ObjectId, bytes: &[u8]) -> (Place, Statement) {
    let place = Place::Profile { issuer: claims.issuer };
    (place, Statement { id, issued: claims.issued, expires: claims.expires, bytes: bytes.to_vec() })
}

fn holds(registry: &Registry, place: &Place, statement: &Statement) -> bool {
    let (Place::Membership { subject: about, .. } | Place::Profile { issuer: about }) = place;
    registry.organisation(about).is_some_and(|found| found.statement_ids().any(|id| id == statement.id))
}

/// A key or a short name of two members leads to neither: whoever comes second must not take it from the first.
fn resolves(registry: &Registry, place: &Place) -> Result<(), Failure> {
    let Place::Membership { subject, .. } = place else { return Ok(()) };
    let Some(organisation) = registry.organisation(subject) else { return Ok(()) };
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

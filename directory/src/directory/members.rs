//! The registry as the directory publishes it: a statement is taken in when the registry that is built with it holds it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use pod_protocol::cose::kind_of;
use pod_protocol::ids::{Kid, ObjectId, Principal, Thumbprint};
use pod_protocol::key_event::{KeyEvent, PublishedLog};
use pod_protocol::refusal::EnvelopeFault;
use pod_protocol::registry::{Anchor, Registry, SNAPSHOT_LIMITS};
use pod_protocol::statement::{MAX_MEMBERSHIP_LIFETIME_SECS, Membership, Profile};
use pod_protocol::{Payload, Refusal, Signed, Verified};

use crate::fault::Refused;
use crate::http::Tagged;
use crate::problems;

/// Most statements that are kept, those that do not count for the moment included: as many as a snapshot may have.
pub(super) const MAX_STATEMENTS: usize = SNAPSHOT_LIMITS.items;
/// Most key events among them: half, so that members whose keys come and go never keep a suspension out.
const MAX_KEY_EVENTS: usize = MAX_STATEMENTS / 2;

/// The members and what they say about themselves, at one moment. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Members {
    anchor: Anchor,
    /// The newest statement of each member about the same, also when it does not count now: an older one must not come back.
    kept: BTreeMap<Place, Arc<Statement>>,
    built_secs: u64,
    registry: Arc<Registry>,
    snapshot: Tagged,
}

/// A decoded statement.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) id: ObjectId,
    issued: u64,
    expires: u64,
    pub(super) bytes: Vec<u8>,
}

/// Who says something about whom. A newer statement in the same place replaces the older one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Membership {
        issuer: Principal,
        subject: Principal,
    },
    Profile {
        issuer: Principal,
    },
    /// Nothing replaces a key event: the first that was logged stands, for good.
    KeyEvent {
        member: Principal,
        seq: u64,
    },
}

/// When a key event expires.
const NEVER: u64 = u64::MAX;

/// What became of a statement.
#[derive(Debug)]
pub(super) enum Taken {
    /// It counts already.
    Before,
    /// It counts from now on, in place of others.
    Now {
        /// It.
        statement: Arc<Statement>,
        /// What is no longer kept.
        gone: Vec<ObjectId>,
    },
}

impl Members {
    /// Nobody.
    pub(super) fn new(anchor: Anchor) -> Self {
        Self::build(anchor, BTreeMap::new(), 0)
    }

    /// What comes of the statements that were kept at `now_secs`.
    ///
    /// # Errors
    /// [`Refusal`] of one that does not decode.
    pub(super) fn of_kept(anchor: Anchor, kept: &[Vec<u8>], now_secs: u64) -> Result<Self, Refusal> {
        let (events, others): (Vec<_>, Vec<_>) =
            kept.iter().partition(|bytes| kind_of(bytes).is_ok_and(|kind| kind == KeyEvent::TYP));
        let others = others.into_iter().map(|bytes| decoded(bytes));
        let kept = others.chain(key_events(&events)?.into_iter().map(Ok));
        let kept = kept.map(|one| one.map(|(place, statement)| (place, Arc::new(statement))));
        Ok(Self::build(anchor, kept.collect::<Result<_, _>>()?, now_secs))
    }

    fn build(anchor: Anchor, kept: BTreeMap<Place, Arc<Statement>>, now_secs: u64) -> Self {
        let (registry, left_out) = Registry::build(&anchor, &bytes_of(&kept), now_secs);
        for (_, refusal) in left_out {
            tracing::debug!(code = refusal.code(), "a statement that is kept does not count now");
        }
        let snapshot = Tagged::new(registry.snapshot());
        Self { anchor, kept, built_secs: now_secs, registry: Arc::new(registry), snapshot }
    }

    /// The registry.
    pub(super) fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// As it is sent to everybody.
    pub(super) fn snapshot(&self) -> &Tagged {
        &self.snapshot
    }

    /// Every statement that is kept.
    pub(super) fn kept(&self) -> impl Iterator<Item = &Statement> {
        self.kept.values().map(AsRef::as_ref)
    }

    /// Whether a statement has expired since the registry was built. Between two of these moments the registry that comes of
    /// the same statements is the same, whenever it is built.
    pub(super) fn is_due(&self, now_secs: u64) -> bool {
        self.kept.values().any(|kept| kept.expires > self.built_secs && kept.expires <= now_secs)
    }

    /// Lets go of what has expired.
    pub(super) fn settle(&mut self, now_secs: u64) {
        if self.is_due(now_secs) {
            *self = Self::build(self.anchor.clone(), std::mem::take(&mut self.kept), now_secs);
        }
    }

    /// Checks what costs little: that somebody of the registry signed it. Whether it counts is for [`Members::take`] to say.
    pub(super) fn check(&self, bytes: &[u8]) -> Result<(), Refused> {
        vouched_for(bytes, &self.registry)?;
        Ok(())
    }

    /// Takes a statement in, and lets go of what it replaces.
    ///
    /// # Errors
    /// [`Refused`]: nothing has changed.
    pub(super) fn take(&mut self, bytes: &[u8], now_secs: u64) -> Result<Taken, Refused> {
        self.settle(now_secs);
        let (place, statement) = vouched_for(bytes, &self.registry)?;
        // A build verifies every signature there is: whoever sends again what members said before must not cause one.
        if statement.expires <= now_secs {
            return Err(Refusal::Expired.into());
        }
        match self.kept.get(&place) {
            Some(newest) if newest.id == statement.id && holds(&self.registry, &place, &statement) => {
                return Ok(Taken::Before);
            }
            Some(_) if matches!(place, Place::KeyEvent { .. }) => return Err(Refused::new(&problems::KEY_FORK)),
            Some(newest) if !statement.is_newer_than(newest) => return Err(Refused::new(&problems::OLDER)),
            _ => {}
        }
        let mut all = bytes_of(&self.kept);
        let index = all.len();
        all.push(statement.bytes.clone());
        let (registry, refused) = Registry::build(&self.anchor, &all, now_secs);
        if let Some((_, refusal)) = refused.iter().find(|(at, _)| *at == index) {
            return Err((*refusal).into());
        }
        if !holds(&registry, &place, &statement) {
            return Err(Refused::new(&problems::OLDER));
        }
        resolves(&registry, &place)?;

        let done_with = |(other, kept): &(&Place, &Arc<Statement>)| **other == place || kept.is_done_with(now_secs);
        let of_keys = |place: &Place| matches!(place, Place::KeyEvent { .. });
        if of_keys(&place) && self.kept.keys().filter(|other| of_keys(other)).count() >= MAX_KEY_EVENTS {
            return Err(Refused::new(&problems::REGISTRY_FULL));
        }
        let (places, gone): (Vec<Place>, Vec<ObjectId>) =
            self.kept.iter().filter(done_with).map(|(other, kept)| (*other, kept.id)).unzip();
        let snapshot = registry.snapshot();
        if all.len() - places.len() > MAX_STATEMENTS || snapshot.len() > SNAPSHOT_LIMITS.bytes {
            return Err(Refused::new(&problems::REGISTRY_FULL));
        }
        for done in places {
            self.kept.remove(&done);
        }
        let statement = Arc::new(statement);
        self.kept.insert(place, Arc::clone(&statement));
        self.built_secs = now_secs;
        self.registry = Arc::new(registry);
        self.snapshot = Tagged::new(snapshot);
        Ok(Taken::Now { statement, gone })
    }
}

impl Statement {
    fn is_newer_than(&self, other: &Self) -> bool {
        (self.issued, self.id) > (other.issued, other.id)
    }

    /// Whether nothing that it replaced could count any more; a profile lives no longer than a membership. A key event counts
    /// for as long as there is a log: a key that it revoked must not come back.
    fn is_done_with(&self, now_secs: u64) -> bool {
        self.expires != NEVER && self.issued.saturating_add(MAX_MEMBERSHIP_LIFETIME_SECS) <= now_secs
    }
}

fn bytes_of(kept: &BTreeMap<Place, Arc<Statement>>) -> Vec<Vec<u8>> {
    kept.values().map(|statement| statement.bytes.clone()).collect()
}

/// Decodes a statement whose signature was checked when it came.
fn decoded(bytes: &[u8]) -> Result<(Place, Statement), Refusal> {
    match kind_of(bytes)?.as_str() {
        Membership::TYP => Signed::decode(bytes).map(|signed| membership(signed.unverified(), signed.id(), bytes)),
        Profile::TYP => Signed::decode(bytes).map(|signed| profile(signed.unverified(), signed.id(), bytes)),
        _ => Err(EnvelopeFault::Type.into()),
    }
}

/// Decodes key events whose signatures were checked when they came, and finds the log of each.
fn key_events(events: &[&Vec<u8>]) -> Result<Vec<(Place, Statement)>, Refusal> {
    let events = events.iter().map(|bytes| PublishedLog::read(bytes)).collect::<Result<Vec<_>, _>>()?;
    let previous: HashMap<ObjectId, Option<ObjectId>> =
        events.iter().map(|event| (event.id(), event.unverified().previous)).collect();
    let member = |event: &Signed<KeyEvent>| {
        let mut first = event.id();
        while let Some(Some(before)) = previous.get(&first) {
            first = *before;
        }
        Principal::new(*first.as_bytes())
    };
    Ok(events.iter().map(|event| key_event(event, member(event))).collect())
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
        KeyEvent::TYP => in_its_log(PublishedLog::read(bytes)?, registry),
        _ => Err(EnvelopeFault::Type.into()),
    }
}

/// Finds the log of a key event, and checks that it goes on from the last one there when it is new. Which keys may sign it only
/// the log says, so here the claims are read first: they are short.
fn in_its_log(event: Signed<KeyEvent>, registry: &Registry) -> Result<(Place, Statement), Refusal> {
    let member = registry.owner_of(&event).ok_or(Refusal::UnknownKey)?;
    let found = key_event(&event, *member.principal());
    let log = member.key_log();
    // One that stands is told from a fork by its id.
    if log.is_none_or(|log| event.unverified().seq > log.state().seq()) {
        PublishedLog::with(log, event)?;
    }
    Ok(found)
}

fn key_event(event: &Signed<KeyEvent>, member: Principal) -> (Place, Statement) {
    let claims = event.unverified();
    let place = Place::KeyEvent { member, seq: claims.seq };
    (place, Statement { id: event.id(), issued: claims.time_secs, expires: NEVER, bytes: event.bytes().to_vec() })
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
    let (Place::Membership { subject: about, .. }
    | Place::Profile { issuer: about }
    | Place::KeyEvent { member: about, .. }) = place;
    registry.organisation(about).is_some_and(|found| found.statement_ids().any(|id| id == statement.id))
}

/// A key or a short name of two members leads to neither: whoever comes second must not take it from the first.
fn resolves(registry: &Registry, place: &Place) -> Result<(), Refused> {
    let (Place::Membership { subject, .. } | Place::KeyEvent { member: subject, .. }) = place else { return Ok(()) };
    let Some(organisation) = registry.organisation(subject) else { return Ok(()) };
    for key in organisation.keys() {
        if registry.organisation_by_kid(&Thumbprint::of(key).kid()).is_none() {
            return Err(Refusal::Key.into());
        }
    }
    match registry.organisation_named(organisation.name().as_str()) {
        Some(_) => Ok(()),
        None => Err(Refused::saying(&problems::NAME_TAKEN, "another member has this short name: choose another")),
    }
}

//! A copy that is held: joined with what is fetched, so that nobody takes a suspension back by showing an old copy.

use super::{Anchor, Registry, build};
use crate::codec::{Cbor, encode};
use crate::cose::{Payload as _, Signed, kind_of};
use crate::ids::ObjectId;
use crate::key_event::KeyEvent;
use crate::refusal::Refusal;
use crate::statement::{MAX_MEMBERSHIP_LIFETIME_SECS, Membership, Profile};

/// A statement that does not count now, and still keeps out what it replaced: the newest of its issuer about its subject.
#[derive(Clone, Debug)]
pub(super) struct Dormant {
    id: ObjectId,
    bytes: Vec<u8>,
}

impl Registry {
    /// What comes of statements that were held before, as [`Registry::held`] gave them.
    #[must_use]
    pub fn of_held(anchor: &Anchor, held: &[Vec<u8>], now_secs: u64) -> Self {
        join(anchor, held, &[], now_secs).0
    }

    /// What comes of a fetched copy and this one: of each statement the newest, whatever the fetched copy leaves out. Says of
    /// the fetched statements what [`Registry::build`] does.
    #[must_use]
    pub fn joined(&self, fetched: &[Vec<u8>], now_secs: u64) -> (Self, Vec<(usize, Refusal)>) {
        let held: Vec<Vec<u8>> = self.held().map(|(_, statement)| statement.to_vec()).collect();
        join(&self.anchor, &held, fetched, now_secs)
    }

    /// What is to be held of this copy: the statements in force, and those that keep out what they replaced although they do
    /// not count now, for as long as what they replaced could count. Key events stay for good: a key that one of them revoked
    /// must not come back with a shorter log.
    pub fn held(&self) -> impl Iterator<Item = (ObjectId, &[u8])> {
        let ids = self.organisations.iter().flat_map(super::Organisation::statement_ids);
        ids.zip(self.statements()).chain(self.dormant.iter().map(|dormant| (dormant.id, dormant.bytes.as_slice())))
    }

    /// [`Registry::held`] in the form of a [`Registry::snapshot`].
    #[must_use]
    pub fn held_snapshot(&self) -> Vec<u8> {
        encode(&Cbor::Array(self.held().map(|(_, statement)| Cbor::Bytes(statement.to_vec())).collect()))
    }
}

fn join(anchor: &Anchor, held: &[Vec<u8>], fetched: &[Vec<u8>], now_secs: u64) -> (Registry, Vec<(usize, Refusal)>) {
    // What is held comes first: of two key events with one number, the one that was seen before stands.
    let statements: Vec<Vec<u8>> = held.iter().chain(fetched).cloned().collect();
    let (mut registry, refused) = build::build(anchor, &statements, now_secs);
    registry.dormant = refused
        .iter()
        // What is held was in force once. Of the rest only what expired is known to be its issuer's word.
        .filter(|(place, refusal)| *place < held.len() || *refusal == Refusal::Expired)
        .filter_map(|(place, _)| dormant(statements.get(*place)?, now_secs))
        .collect();
    registry.dormant.sort_by_key(|dormant| dormant.id);
    registry.dormant.dedup_by_key(|dormant| dormant.id);
    let of_fetched = |(place, refusal): (usize, Refusal)| Some((place.checked_sub(held.len())?, refusal));
    (registry, refused.into_iter().filter_map(of_fetched).collect())
}

/// None once nothing that the statement replaced could count any more: a profile lives no longer than a membership.
fn dormant(bytes: &[u8], now_secs: u64) -> Option<Dormant> {
    let (id, counts_until) = match kind_of(bytes).ok()?.as_str() {
        KeyEvent::TYP => (Signed::<KeyEvent>::decode(bytes).ok()?.id(), u64::MAX),
        Membership::TYP => replaced(&Signed::<Membership>::decode(bytes).ok()?, |claims| claims.issued),
        _ => replaced(&Signed::<Profile>::decode(bytes).ok()?, |claims| claims.issued),
    };
    (now_secs < counts_until).then(|| Dormant { id, bytes: bytes.to_vec() })
}

/// Until when what a statement replaced could count.
fn replaced<T>(statement: &Signed<T>, issued: impl Fn(&T) -> u64) -> (ObjectId, u64) {
    (statement.id(), issued(statement.unverified()).saturating_add(MAX_MEMBERSHIP_LIFETIME_SECS))
}

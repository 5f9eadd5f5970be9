//! A copy that is held: joined with what is fetched, so that nobody takes a suspension back by showing an old copy.

use super::{Anchor, Registry, build};
use crate::codec::{Cbor, encode};
use crate::cose::Signed;
use crate::ids::ObjectId;
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
    /// not count now, for as long as what they replaced could count.
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
    let statements: Vec<Vec<u8>> = fetched.iter().chain(held).cloned().collect();
    let (mut registry, mut refused) = build::build(anchor, &statements, now_secs);
    registry.dormant = refused
        .iter()
        // What is held was in force once. Of the rest only what expired is known to be its issuer's word.
        .filter(|(place, refusal)| *place >= fetched.len() || *refusal == Refusal::Expired)
        .filter_map(|(place, _)| dormant(statements.get(*place)?, now_secs))
        .collect();
    registry.dormant.sort_by_key(|dormant| dormant.id);
    registry.dormant.dedup_by_key(|dormant| dormant.id);
    refused.retain(|(place, _)| *place < fetched.len());
    (registry, refused)
}

/// None once nothing that the statement replaced could count any more: a profile lives no longer than a membership.
fn dormant(bytes: &[u8], now_secs: u64) -> Option<Dormant> {
    let (id, issued) = match Signed::<Membership>::decode(bytes) {
        Ok(signed) => (signed.id(), signed.unverified().issued),
        Err(_) => Signed::<Profile>::decode(bytes).map(|signed| (signed.id(), signed.unverified().issued)).ok()?,
    };
    let counts_until = issued.saturating_add(MAX_MEMBERSHIP_LIFETIME_SECS);
    (now_secs < counts_until).then(|| Dormant { id, bytes: bytes.to_vec() })
}

//! The registry: who is a member, with which keys, and which services members own (`docs/protocol/membership.md`).
//!
//! Every node and wallet keeps a whole copy. It is built from signed statements alone, so it does not matter who handed
//! them over; every lookup on the way of a request is one look into a hash map.

mod build;
mod checks;
mod held;

pub use checks::OverAsk;

use std::collections::HashMap;

use pod_crypto::PublicKey;

use crate::codec::{Cbor, Limits, decode, encode};
use crate::cose::{Signed, Verified};
use crate::ids::{Kid, ObjectId, Principal};
use crate::key_event::{KeyEvent, PublishedLog};
use crate::refusal::{ClaimFault, Refusal};
use crate::statement::{Endpoint, Membership, Profile, Role, ServiceEntry, ShortName};
use crate::words::Words;

/// Longest time for which a copy counts, in seconds from when it was fetched: a suspension reaches everybody within it,
/// also when the directory is away.
pub const MAX_REGISTRY_AGE_SECS: u64 = 24 * 3600;

/// The limits of a snapshot: 2,048 members (a country has about 300) with a membership of 500 B, a profile of 3 kB and two key
/// events of 300 B.
pub const SNAPSHOT_LIMITS: Limits = Limits { bytes: 8 * 1024 * 1024, depth: 1, items: 8192 };

/// Where trust begins: whose memberships count without anybody else's word. It stands in every configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// Who it is.
    pub principal: Principal,
    /// The key with which it signs memberships.
    pub key: PublicKey,
}

/// A whole, verified copy of the registry.
#[derive(Clone, Debug)]
pub struct Registry {
    anchor: Anchor,
    organisations: Vec<Organisation>,
    by_principal: HashMap<Principal, usize>,
    by_name: HashMap<ShortName, usize>,
    by_kid: HashMap<Kid, (usize, PublicKey)>,
    services: HashMap<Principal, Place>,
    services_by_kid: HashMap<Kid, (Place, PublicKey)>,
    valid_until_secs: u64,
    dormant: Vec<held::Dormant>,
}

/// Which service of which organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    organisation: usize,
    service: usize,
}

/// A member: its membership, and its profile and key-event log when it has published them.
#[derive(Clone, Debug)]
pub struct Organisation {
    membership: Verified<Membership>,
    profile: Option<Verified<Profile>>,
    log: Option<PublishedLog>,
    /// Those that sign now.
    keys: Vec<PublicKey>,
    suspended: bool,
    level: u64,
}

/// A service with its organisation and, when it was found by a key's id, that key.
#[derive(Clone, Copy, Debug)]
pub struct ServiceRef<'a> {
    /// What was registered for it.
    pub service: &'a ServiceEntry,
    /// Whose it is.
    pub organisation: &'a Organisation,
    /// The key that was asked for; the service's first when it was found by its principal.
    pub key: &'a PublicKey,
}

/// An organisation with the key by whose id it was found.
#[derive(Clone, Copy, Debug)]
pub struct OrganisationRef<'a> {
    /// The organisation.
    pub organisation: &'a Organisation,
    /// The key.
    pub key: &'a PublicKey,
}

impl Registry {
    /// Verifies statements down from the trust anchor and keeps what counts at `now_secs`: of each subject the newest
    /// statement, nothing expired; of two key events with one number the first in the list. Suspended members stay and are
    /// marked, with everybody below them.
    ///
    /// The second part says which statements (by index) were turned down, and why. A statement that a newer one
    /// replaced is not among them. A [`Refusal::Key`] about a profile means that one of its services has a key or a
    /// principal that stands elsewhere too: it resolves to nobody, the rest of the profile counts.
    #[must_use]
    pub fn build(anchor: &Anchor, statements: &[Vec<u8>], now_secs: u64) -> (Self, Vec<(usize, Refusal)>) {
        build::build(anchor, statements, now_secs)
    }

    /// The trust anchor that it was built from.
    #[must_use]
    pub fn anchor(&self) -> &Anchor {
        &self.anchor
    }

    /// First second at which this copy no longer counts: [`MAX_REGISTRY_AGE_SECS`] after it was built, or earlier when
    /// a statement in it expires. Until then build it again, from newer statements when there are any. Whoever starts
    /// from a stored copy counts the age from when it was fetched.
    #[must_use]
    pub fn valid_until(&self) -> u64 {
        self.valid_until_secs
    }

    /// The member with this id, also when it is suspended.
    #[must_use]
    pub fn organisation(&self, principal: &Principal) -> Option<&Organisation> {
        self.organisations.get(*self.by_principal.get(principal)?)
    }

    /// The member with this short name; none when two have it.
    #[must_use]
    pub fn organisation_named(&self, name: &str) -> Option<&Organisation> {
        self.organisations.get(*self.by_name.get(name)?)
    }

    /// The member that signs with this key; none when two do.
    #[must_use]
    pub fn organisation_by_kid(&self, kid: &Kid) -> Option<OrganisationRef<'_>> {
        let (at, key) = self.by_kid.get(kid)?;
        Some(OrganisationRef { organisation: self.organisations.get(*at)?, key })
    }

    /// The service with this id; none when two organisations say that it is theirs.
    #[must_use]
    pub fn service(&self, principal: &Principal) -> Option<ServiceRef<'_>> {
        let (organisation, service) = self.at(*self.services.get(principal)?)?;
        Some(ServiceRef { service, organisation, key: service.keys.first()? })
    }

    /// The service that signs with this key; none when two do.
    #[must_use]
    pub fn service_by_kid(&self, kid: &Kid) -> Option<ServiceRef<'_>> {
        let (place, key) = self.services_by_kid.get(kid)?;
        let (organisation, service) = self.at(*place)?;
        Some(ServiceRef { service, organisation, key })
    }

    fn at(&self, place: Place) -> Option<(&Organisation, &ServiceEntry)> {
        let organisation = self.organisations.get(place.organisation)?;
        Some((organisation, organisation.services().get(place.service)?))
    }

    /// The keys of everybody who may call or be called now: of members that are not suspended, and of their services. A key that
    /// stands in two places is nobody's.
    pub fn peer_keys(&self) -> impl Iterator<Item = [u8; 32]> {
        let organisations = self.by_kid.values().map(|(at, key)| (*at, key));
        let services = self.services_by_kid.values().map(|(place, key)| (place.organisation, key));
        let stands = |at: usize| self.organisations.get(at).is_some_and(|organisation| !organisation.suspended);
        organisations.chain(services).filter(move |(at, _)| stands(*at)).map(|(_, key)| key.to_bytes())
    }

    /// The member whose log this event begins or goes on, whether or not it may stand there.
    #[must_use]
    pub fn owner_of(&self, event: &Signed<KeyEvent>) -> Option<&Organisation> {
        let Some(previous) = event.unverified().previous else {
            return self.organisation(&Principal::new(*event.id().as_bytes()));
        };
        let goes_on = |organisation: &&Organisation| {
            organisation.log.iter().flat_map(PublishedLog::events).any(|(id, _)| id == previous)
        };
        self.organisations.iter().find(goes_on)
    }

    /// All members, the suspended ones too.
    pub fn organisations(&self) -> impl Iterator<Item = &Organisation> {
        self.organisations.iter()
    }

    /// Whether this is a member that is not suspended.
    #[must_use]
    pub fn is_member(&self, principal: &Principal) -> bool {
        self.organisation(principal).is_some_and(|organisation| !organisation.suspended)
    }

    /// The statements that it is made of, as they were signed.
    pub fn statements(&self) -> impl Iterator<Item = &[u8]> {
        self.organisations.iter().flat_map(|organisation| {
            let profile = organisation.profile.as_ref().map(Verified::bytes);
            let events = organisation.log.iter().flat_map(PublishedLog::events).map(|(_, event)| event);
            std::iter::once(organisation.membership.bytes()).chain(profile).chain(events)
        })
    }

    /// The statements as one CBOR array of byte strings: what the directory serves and nodes keep on disk.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        encode(&Cbor::Array(self.statements().map(|statement| Cbor::Bytes(statement.to_vec())).collect()))
    }

    /// Takes a snapshot apart, for [`Registry::build`].
    ///
    /// # Errors
    /// [`Refusal::Cbor`], [`Refusal::Claim`] when it is no array of byte strings.
    pub fn read_snapshot(bytes: &[u8]) -> Result<Vec<Vec<u8>>, Refusal> {
        let wrong = ClaimFault::WrongType { claim: 0 };
        let Cbor::Array(items) = decode(bytes, SNAPSHOT_LIMITS)? else { return Err(wrong.into()) };
        items
            .into_iter()
            .map(|item| match item {
                Cbor::Bytes(statement) => Ok(statement),
                _ => Err(wrong.into()),
            })
            .collect()
    }
}

impl Organisation {
    /// Its id.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.membership.subject
    }

    /// Its short name.
    #[must_use]
    pub fn name(&self) -> &ShortName {
        &self.membership.name
    }

    /// What people call it; none until it has published a profile.
    #[must_use]
    pub fn names(&self) -> Option<&Words> {
        self.profile.as_ref().map(|profile| &profile.names)
    }

    /// The keys with which it signs online, at most [`MAX_KEYS`](crate::statement::MAX_KEYS): those of its membership, until its
    /// published log has a second event. From then on the log says who speaks: a key that it revoked does not, one that it added
    /// does, and of those that it began with the ones do that the membership names.
    #[must_use]
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// The key-event log that it published.
    #[must_use]
    pub fn key_log(&self) -> Option<&PublishedLog> {
        self.log.as_ref()
    }

    /// Where its node answers.
    #[must_use]
    pub fn endpoints(&self) -> &[Endpoint] {
        self.profile.as_ref().map_or(&[], |profile| &profile.endpoints)
    }

    /// The digest of its catalogue, if it holds pods.
    #[must_use]
    pub fn catalogue(&self) -> Option<&[u8; 32]> {
        self.profile.as_ref()?.catalogue.as_ref()
    }

    /// The services that it owns.
    #[must_use]
    pub fn services(&self) -> &[ServiceEntry] {
        self.profile.as_ref().map_or(&[], |profile| &profile.services)
    }

    /// Whether it has this role.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.membership.has(role)
    }

    /// Whether it, or a region above it, is suspended.
    #[must_use]
    pub fn is_suspended(&self) -> bool {
        self.suspended
    }

    /// Who admitted it: the trust anchor or a region.
    #[must_use]
    pub fn admitted_by(&self) -> &Principal {
        &self.membership.issuer
    }

    /// How far below the trust anchor it stands, 1 being right below.
    #[must_use]
    pub fn level(&self) -> u64 {
        self.level
    }

    /// The membership in force.
    #[must_use]
    pub fn membership(&self) -> &Verified<Membership> {
        &self.membership
    }

    /// The profile in force.
    #[must_use]
    pub fn profile(&self) -> Option<&Verified<Profile>> {
        self.profile.as_ref()
    }

    /// The ids of the statements in force.
    pub fn statement_ids(&self) -> impl Iterator<Item = ObjectId> {
        let events = self.log.iter().flat_map(PublishedLog::events).map(|(id, _)| id);
        std::iter::once(self.membership.id()).chain(self.profile.as_ref().map(Verified::id)).chain(events)
    }
}

//! Building the registry: level by level down from the trust anchor, so that nobody's word counts before they are admitted.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use pod_crypto::PublicKey;

use super::{Anchor, MAX_REGISTRY_AGE_SECS, Organisation, Place, Registry};
use crate::cose::{Payload, Signed, Verified, kind_of};
use crate::ids::{Principal, Thumbprint};
use crate::lists::current;
use crate::refusal::{ChainFault, EnvelopeFault, Refusal};
use crate::statement::{MAX_LEVELS, Membership, Profile, Role};

pub(super) fn build(anchor: &Anchor, statements: &[Vec<u8>], now_secs: u64) -> (Registry, Vec<(usize, Refusal)>) {
    let mut builder = Builder::new(anchor);
    for (index, bytes) in statements.iter().enumerate() {
        if let Err(refusal) = builder.read(index, bytes, now_secs) {
            builder.refuse(index, refusal);
        }
    }
    for level in 1..=MAX_LEVELS {
        builder.admit(level);
    }
    builder.place_profiles();
    builder.finish(now_secs)
}

/// A statement and its place in what was handed over.
struct Indexed<T> {
    index: usize,
    statement: T,
}

struct Builder<'a> {
    anchor: &'a Anchor,
    memberships: Vec<Indexed<Signed<Membership>>>,
    profiles: Vec<Indexed<Signed<Profile>>>,
    organisations: Vec<Organisation>,
    by_principal: HashMap<Principal, usize>,
    /// Where each organisation's profile came from, to say which one has a key that stands elsewhere too.
    profile_index: HashMap<usize, usize>,
    refused: Vec<(usize, Refusal)>,
}

/// Somebody who may admit members at some level.
struct Admitting<'a> {
    keys: &'a [PublicKey],
    depth: u64,
    region: bool,
    suspended: bool,
}

impl<'a> Builder<'a> {
    fn new(anchor: &'a Anchor) -> Self {
        Self {
            anchor,
            memberships: Vec::new(),
            profiles: Vec::new(),
            organisations: Vec::new(),
            by_principal: HashMap::new(),
            profile_index: HashMap::new(),
            refused: Vec::new(),
        }
    }

    fn refuse(&mut self, index: usize, refusal: impl Into<Refusal>) {
        self.refused.push((index, refusal.into()));
    }

    /// Decodes a statement and drops it when it is not of this time.
    fn read(&mut self, index: usize, bytes: &[u8], now_secs: u64) -> Result<(), Refusal> {
        let kind = kind_of(bytes)?;
        if kind == Membership::TYP {
            let statement = Signed::<Membership>::decode(bytes)?;
            current(statement.unverified().issued, statement.unverified().expires, now_secs)?;
            self.memberships.push(Indexed { index, statement });
        } else if kind == Profile::TYP {
            let statement = Signed::<Profile>::decode(bytes)?;
            current(statement.unverified().issued, statement.unverified().expires, now_secs)?;
            self.profiles.push(Indexed { index, statement });
        } else {
            return Err(EnvelopeFault::Type.into());
        }
        Ok(())
    }

    fn admitting(&self, level: u64, issuer: &Principal) -> Option<Admitting<'_>> {
        if level == 1 {
            let keys = std::slice::from_ref(&self.anchor.key);
            return (*issuer == self.anchor.principal).then_some(Admitting {
                keys,
                depth: MAX_LEVELS,
                region: true,
                suspended: false,
            });
        }
        let organisation = self.organisations.get(*self.by_principal.get(issuer)?)?;
        (organisation.level + 1 == level).then_some(Admitting {
            keys: organisation.keys(),
            depth: organisation.membership.depth,
            region: organisation.has(Role::Region),
            suspended: organisation.suspended,
        })
    }

    /// Takes in the members of one level.
    fn admit(&mut self, level: u64) {
        let (due, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.memberships)
            .into_iter()
            .partition(|item| self.admitting(level, &item.statement.unverified().issuer).is_some());
        self.memberships = later;
        let mut candidates: BTreeMap<Principal, Vec<Indexed<Organisation>>> = BTreeMap::new();
        for Indexed { index, statement } in due {
            match self.vouch(level, statement) {
                Ok(statement) => {
                    candidates.entry(*statement.principal()).or_default().push(Indexed { index, statement });
                }
                Err(refusal) => self.refuse(index, refusal),
            }
        }
        for (subject, candidates) in candidates {
            self.settle(subject, candidates);
        }
    }

    /// Checks that the issuer signed this membership and may admit this member.
    fn vouch(&self, level: u64, signed: Signed<Membership>) -> Result<Organisation, Refusal> {
        let issuer = self.admitting(level, &signed.unverified().issuer).ok_or(Refusal::UnknownKey)?;
        let membership = verify_with(signed, issuer.keys)?;
        let own = membership.subject == membership.issuer || membership.subject == self.anchor.principal;
        if own || !issuer.region {
            return Err(Refusal::NotAuthorised);
        }
        if membership.depth >= issuer.depth {
            return Err(Refusal::Chain { link: u8::try_from(level).unwrap_or(u8::MAX), fault: ChainFault::Depth });
        }
        let suspended = membership.suspended || issuer.suspended;
        Ok(Organisation { membership, profile: None, suspended, level })
    }

    /// Chooses among the memberships of one subject at one level.
    ///
    /// Whoever stands nearer to the trust anchor has the say. When two regions both claim a member, neither counts:
    /// else any region could take over any organisation with a newer statement. The trust anchor settles it by
    /// admitting the member itself.
    fn settle(&mut self, subject: Principal, mut candidates: Vec<Indexed<Organisation>>) {
        let issuer = candidates.first().map(|candidate| *candidate.statement.admitted_by());
        let contested = candidates.iter().any(|candidate| Some(*candidate.statement.admitted_by()) != issuer);
        if contested || self.by_principal.contains_key(&subject) {
            candidates.iter().for_each(|candidate| self.refuse(candidate.index, Refusal::NotAuthorised));
            return;
        }
        candidates.sort_by_key(|candidate| newness(&candidate.statement.membership, |claims| claims.issued));
        if let Some(newest) = candidates.pop() {
            self.by_principal.insert(subject, self.organisations.len());
            self.organisations.push(newest.statement);
        }
    }

    fn place_profiles(&mut self) {
        let mut found: BTreeMap<usize, Vec<Indexed<Verified<Profile>>>> = BTreeMap::new();
        for Indexed { index, statement } in std::mem::take(&mut self.profiles) {
            match self.own_profile(statement) {
                Ok((at, statement)) => found.entry(at).or_default().push(Indexed { index, statement }),
                Err(refusal) => self.refuse(index, refusal),
            }
        }
        for (at, mut profiles) in found {
            profiles.sort_by_key(|profile| newness(&profile.statement, |claims| claims.issued));
            if let (Some(newest), Some(organisation)) = (profiles.pop(), self.organisations.get_mut(at)) {
                organisation.profile = Some(newest.statement);
                self.profile_index.insert(at, newest.index);
            }
        }
    }

    fn own_profile(&self, signed: Signed<Profile>) -> Result<(usize, Verified<Profile>), Refusal> {
        let at = *self.by_principal.get(&signed.unverified().issuer).ok_or(Refusal::UnknownKey)?;
        let organisation = self.organisations.get(at).ok_or(Refusal::UnknownKey)?;
        let profile = verify_with(signed, organisation.keys())?;
        if !profile.services.is_empty() && !organisation.has(Role::Services) {
            return Err(Refusal::NotAuthorised);
        }
        Ok((at, profile))
    }

    /// Makes the maps. What stands twice goes into none of them.
    fn finish(mut self, now_secs: u64) -> (Registry, Vec<(usize, Refusal)>) {
        // Memberships whose issuer was never admitted.
        for item in std::mem::take(&mut self.memberships) {
            self.refuse(item.index, Refusal::UnknownKey);
        }
        let mut names = Unique::default();
        let mut kids = Unique::default();
        let mut services = Unique::default();
        let mut service_kids = Unique::default();
        for (at, organisation) in self.organisations.iter().enumerate() {
            names.add(organisation.name().clone(), at);
            for key in organisation.keys() {
                kids.add(Thumbprint::of(key).kid(), (at, *key));
            }
            for (number, service) in organisation.services().iter().enumerate() {
                let place = Place { organisation: at, service: number };
                services.add(service.principal, place);
                for key in &service.keys {
                    service_kids.add(Thumbprint::of(key).kid(), (place, *key));
                }
            }
        }
        let (services, twice) = services.split();
        let (services_by_kid, kid_twice) = service_kids.split();
        let mut shared: Vec<usize> = twice
            .into_iter()
            .chain(kid_twice.into_iter().map(|(place, _)| place))
            .map(|place| place.organisation)
            .collect();
        shared.sort_unstable();
        shared.dedup();
        for at in shared {
            if let Some(index) = self.profile_index.get(&at).copied() {
                self.refuse(index, Refusal::Key);
            }
        }
        self.refused.sort_by_key(|(index, _)| *index);
        let registry = Registry {
            anchor: self.anchor.clone(),
            valid_until_secs: valid_until(&self.organisations, now_secs),
            organisations: self.organisations,
            by_principal: self.by_principal,
            by_name: names.split().0,
            by_kid: kids.split().0,
            services,
            services_by_kid,
        };
        (registry, self.refused)
    }
}

/// Verifies with that one of `keys` which the header names.
fn verify_with<T: Payload>(signed: Signed<T>, keys: &[PublicKey]) -> Result<Verified<T>, Refusal> {
    let kid = signed.kid();
    let key = keys.iter().find(|key| Thumbprint::of(key).kid() == kid).ok_or(Refusal::UnknownKey)?;
    signed.verify(key)
}

/// Orders statements by time; those of the same second by id, so that every reader chooses the same.
fn newness<T: Payload>(statement: &Verified<T>, issued: impl Fn(&T) -> u64) -> (u64, [u8; 32]) {
    (issued(statement), *statement.id().as_bytes())
}

fn valid_until(organisations: &[Organisation], now_secs: u64) -> u64 {
    let expiries = organisations.iter().flat_map(|organisation| {
        let profile = organisation.profile.as_ref().map(|profile| profile.expires);
        std::iter::once(organisation.membership.expires).chain(profile)
    });
    expiries.min().unwrap_or(u64::MAX).min(now_secs.saturating_add(MAX_REGISTRY_AGE_SECS))
}

/// What each key leads to, as long as it leads to one thing.
struct Unique<K, V> {
    found: HashMap<K, Vec<V>>,
}

impl<K, V> Default for Unique<K, V> {
    fn default() -> Self {
        Self { found: HashMap::new() }
    }
}

impl<K: Hash + Eq, V> Unique<K, V> {
    fn add(&mut self, key: K, value: V) {
        self.found.entry(key).or_default().push(value);
    }

    /// What is unique, and what is not.
    fn split(self) -> (HashMap<K, V>, Vec<V>) {
        let mut unique = HashMap::with_capacity(self.found.len());
        let mut rest = Vec::new();
        for (key, values) in self.found {
            match <[V; 1]>::try_from(values) {
                Ok([value]) => {
                    unique.insert(key, value);
                }
                Err(values) => rest.extend(values),
            }
        }
        (unique, rest)
    }
}

//! Building the registry: level by level down from the trust anchor, so that nobody's word counts before they are admitted.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use pod_crypto::PublicKey;

use super::{Anchor, MAX_REGISTRY_AGE_SECS, Organisation, Place, Registry};
use crate::cose::{Payload, Signed, Verified, kind_of};
use crate::ids::{ObjectId, Principal, Thumbprint};
use crate::key_event::{KeyEvent, PublishedLog};
use crate::lists::issued;
use crate::refusal::{ChainFault, EnvelopeFault, Refusal};
use crate::statement::{MAX_LEVELS, Membership, Profile, Role};

pub(super) fn build(anchor: &Anchor, statements: &[Vec<u8>], now_secs: u64) -> (Registry, Vec<(usize, Refusal)>) {
    let mut builder = Builder::new(anchor, now_secs);
    for (index, bytes) in statements.iter().enumerate() {
        if let Err(refusal) = builder.read(index, bytes) {
            builder.refuse(index, refusal);
        }
    }
    for level in 1..=MAX_LEVELS {
        builder.admit(level);
    }
    builder.place_profiles();
    builder.finish()
}

/// A statement and its place in what was handed over.
struct Indexed<T> {
    index: usize,
    statement: T,
}

/// Time of signing, then id, so that every reader orders statements of one second alike.
type Newness = (u64, [u8; 32]);

struct Builder<'a> {
    anchor: &'a Anchor,
    now_secs: u64,
    memberships: Vec<Indexed<Signed<Membership>>>,
    profiles: Vec<Indexed<Signed<Profile>>>,
    events: Events,
    organisations: Vec<Organisation>,
    by_principal: HashMap<Principal, usize>,
    /// Of each subject the newest membership that has expired: it brings nothing back that it replaced.
    lapsed: HashMap<Principal, Newness>,
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
    fn new(anchor: &'a Anchor, now_secs: u64) -> Self {
        Self {
            anchor,
            now_secs,
            memberships: Vec::new(),
            profiles: Vec::new(),
            events: Events::default(),
            organisations: Vec::new(),
            by_principal: HashMap::new(),
            lapsed: HashMap::new(),
            profile_index: HashMap::new(),
            refused: Vec::new(),
        }
    }

    fn refuse(&mut self, index: usize, refusal: impl Into<Refusal>) {
        self.refused.push((index, refusal.into()));
    }

    /// Decodes a statement. One that has expired is kept: what it replaced must not count again.
    fn read(&mut self, index: usize, bytes: &[u8]) -> Result<(), Refusal> {
        let kind = kind_of(bytes)?;
        if kind == Membership::TYP {
            let statement = Signed::<Membership>::decode(bytes)?;
            issued(statement.unverified().issued, self.now_secs)?;
            self.memberships.push(Indexed { index, statement });
        } else if kind == Profile::TYP {
            let statement = Signed::<Profile>::decode(bytes)?;
            issued(statement.unverified().issued, self.now_secs)?;
            self.profiles.push(Indexed { index, statement });
        } else if kind == KeyEvent::TYP {
            let statement = PublishedLog::read(bytes)?;
            issued(statement.unverified().time_secs, self.now_secs)?;
            self.events.push(Indexed { index, statement });
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
        let keys = membership.keys.clone();
        Ok(Organisation { membership, profile: None, log: None, keys, suspended, level })
    }

    /// Chooses among the memberships of one subject at one level.
    ///
    /// Whoever stands nearer to the trust anchor has the say. When two regions both claim a member, neither counts:
    /// else any region could take over any organisation with a newer statement. The trust anchor settles it by
    /// admitting the member itself.
    fn settle(&mut self, subject: Principal, mut candidates: Vec<Indexed<Organisation>>) {
        candidates.sort_by_key(newness_of);
        let newest: BTreeMap<Principal, Indexed<Organisation>> =
            candidates.into_iter().map(|candidate| (*candidate.statement.admitted_by(), candidate)).collect();
        let (expired, mut claims): (Vec<_>, Vec<_>) =
            newest.into_values().partition(|claim| claim.statement.membership.expires <= self.now_secs);
        // What lapsed nearer to the anchor; what lapsed at this level is of other issuers, who have no say about these.
        claims.retain(|claim| self.lapsed.get(&subject).is_none_or(|lapsed| newness_of(claim) > *lapsed));
        for claim in expired {
            let lapsed = self.lapsed.entry(subject).or_default();
            *lapsed = newness_of(&claim).max(*lapsed);
            self.refuse(claim.index, Refusal::Expired);
        }
        if claims.len() > 1 || self.by_principal.contains_key(&subject) {
            claims.iter().for_each(|claim| self.refuse(claim.index, Refusal::NotAuthorised));
        } else if let Some(Indexed { statement: mut member, .. }) = claims.pop() {
            member.log = self.log_of(&subject);
            member.keys = speaking(&member);
            self.by_principal.insert(subject, self.organisations.len());
            self.organisations.push(member);
        }
    }

    /// The log that this member published, as far as it holds. Of two events that go on from the same one the first in the list
    /// stands: whoever has seen one of them stays with it.
    fn log_of(&mut self, subject: &Principal) -> Option<PublishedLog> {
        let mut log: Option<PublishedLog> = None;
        while let Some(candidates) = self.events.after(log.as_ref(), subject) {
            let before = log.take();
            for Indexed { index, statement } in candidates {
                // Once one stands, the others go on from what is no longer the last.
                match PublishedLog::with(log.as_ref().or(before.as_ref()), statement) {
                    Ok(longer) => log = Some(longer),
                    Err(refusal) => self.refuse(index, refusal),
                }
            }
            if log.is_none() {
                return before;
            }
        }
        log
    }

    fn place_profiles(&mut self) {
        let mut found: BTreeMap<usize, Vec<Indexed<Verified<Profile>>>> = BTreeMap::new();
        for Indexed { index, statement } in std::mem::take(&mut self.profiles) {
            match self.own_profile(statement) {
                Ok((at, statement)) => found.entry(at).or_default().push(Indexed { index, statement }),
                Err(refusal) => self.refuse(index, refusal),
            }
        }
        for (at, profiles) in found {
            let newest = profiles.into_iter().max_by_key(|profile| newness(&profile.statement, |claims| claims.issued));
            let Some(Indexed { index, statement }) = newest else { continue };
            if statement.expires <= self.now_secs {
                self.refuse(index, Refusal::Expired);
            } else if let Some(organisation) = self.organisations.get_mut(at) {
                organisation.profile = Some(statement);
                self.profile_index.insert(at, index);
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
    fn finish(mut self) -> (Registry, Vec<(usize, Refusal)>) {
        // Memberships whose issuer was never admitted.
        for item in std::mem::take(&mut self.memberships) {
            self.refuse(item.index, Refusal::UnknownKey);
        }
        // Key events of nobody who was admitted, and what goes on from one that does not hold.
        for index in std::mem::take(&mut self.events).rest() {
            self.refuse(index, Refusal::UnknownKey);
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
            valid_until_secs: valid_until(&self.organisations, self.now_secs),
            organisations: self.organisations,
            by_principal: self.by_principal,
            by_name: names.split().0,
            by_kid: kids.split().0,
            services,
            services_by_kid,
            dormant: Vec::new(),
        };
        (registry, self.refused)
    }
}

/// Key events that stand in no log yet.
#[derive(Default)]
struct Events {
    first: HashMap<ObjectId, Vec<Indexed<Signed<KeyEvent>>>>,
    /// By the event before.
    following: HashMap<ObjectId, Vec<Indexed<Signed<KeyEvent>>>>,
}

impl Events {
    fn push(&mut self, event: Indexed<Signed<KeyEvent>>) {
        let place = match event.statement.unverified().previous {
            None => self.first.entry(event.statement.id()),
            Some(previous) => self.following.entry(previous),
        };
        let candidates = place.or_default();
        // The same one twice is no fork: it was held, and fetched again.
        if candidates.iter().all(|other| other.statement.bytes() != event.statement.bytes()) {
            candidates.push(event);
        }
    }

    /// What claims to go on from the last event of this log, or to begin it.
    fn after(&mut self, log: Option<&PublishedLog>, subject: &Principal) -> Option<Vec<Indexed<Signed<KeyEvent>>>> {
        match log {
            None => self.first.remove(&ObjectId::new(*subject.as_bytes())),
            Some(log) => self.following.remove(&log.state().head()),
        }
    }

    fn rest(self) -> impl Iterator<Item = usize> {
        self.first.into_values().chain(self.following.into_values()).flatten().map(|event| event.index)
    }
}

/// The keys with which a member signs now. A log that was only begun says nothing that the membership does not: its first event
/// was handed to the trust anchor, and anybody who saw it there can publish it.
fn speaking(member: &Organisation) -> Vec<PublicKey> {
    let admitted = &member.membership.keys;
    match &member.log {
        Some(log) if log.state().seq() > 0 => {
            log.signing().filter(|(added, key)| *added > 0 || admitted.contains(key)).map(|(_, key)| *key).collect()
        }
        _ => admitted.clone(),
    }
}

/// Verifies with that one of `keys` which the header names.
fn verify_with<T: Payload>(signed: Signed<T>, keys: &[PublicKey]) -> Result<Verified<T>, Refusal> {
    let kid = signed.kid();
    let key = keys.iter().find(|key| Thumbprint::of(key).kid() == kid).ok_or(Refusal::UnknownKey)?;
    signed.verify(key)
}

fn newness<T: Payload>(statement: &Verified<T>, issued: impl Fn(&T) -> u64) -> Newness {
    (issued(statement), *statement.id().as_bytes())
}

fn newness_of(claim: &Indexed<Organisation>) -> Newness {
    newness(&claim.statement.membership, |claims| claims.issued)
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

//! The grants that holders have on record for this person: those of every device, of before a recovery, and what was passed on below
//! them. A holder only says which there are: each counts by the signature that it carries.

use std::collections::{BTreeMap, BTreeSet};

use pod_crypto::PublicKey;
use pod_protocol::cose::Signed;
use pod_protocol::grant::Grant;
use pod_protocol::ids::{GrantId, Kid, PodId, Principal, Thumbprint};
use pod_protocol::key_event::KeyState;
use pod_protocol::registry::Registry;
use pod_protocol::request::MAX_LINKS;
use serde::{Deserialize, Serialize};

use crate::blob::Blob;
use crate::keys::{HeldEvent, KeysFault, every_signer, replay};
use crate::state::WalletState;

/// Most grants that are remembered of what a holder has on record for one pod: as many as a node keeps of one, so that nothing which
/// a person can take back is left out. Of more, those that may still be used and the newest stay.
pub const MAX_ON_RECORD: usize = 2_000;

/// A grant as its holder tells it, in answer to the command `standing`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ToldGrant {
    /// Its id.
    pub id: GrantId,
    /// The signed grant.
    pub bytes: Blob,
}

impl ToldGrant {
    /// The grant; none when it does not read, or is not the one of its id.
    #[must_use]
    pub fn read(&self) -> Option<Signed<Grant>> {
        Signed::<Grant>::decode(&self.bytes).ok().filter(|grant| grant.id() == self.id)
    }
}

/// Whose key uses a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceOf {
    /// The service.
    pub service: Principal,
    /// Its organisation.
    pub organisation: Principal,
}

/// A grant that a holder has on record: a key of the person signed it, on any device, or whoever passed on what such a key had signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedGrant {
    /// Its id.
    pub id: GrantId,
    /// Below which it was passed on; none when a key of the person signed it.
    pub parent: Option<GrantId>,
    /// The key that may use it.
    pub key: Thumbprint,
    /// Whose that is, as was known when it was first seen, or since; none while nobody knows.
    pub to: Option<ServiceOf>,
    /// When it was signed.
    pub issued_secs: u64,
    /// First second at which it no longer counts.
    pub expires_secs: u64,
    /// Whether nothing is released under it: it was taken back, as the holder says, or the key that signed it does not count.
    pub is_over: bool,
    /// When the holder acknowledged to this wallet that it is taken back.
    pub revoked_secs: Option<u64>,
}

impl RecordedGrant {
    /// Whether something may still be released under it.
    #[must_use]
    pub fn is_usable(&self, now_secs: u64) -> bool {
        !self.is_over && self.revoked_secs.is_none() && self.expires_secs > now_secs
    }
}

/// What a holder has on record for a pod, as it was found last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnRecord {
    /// The holder.
    pub holder: Principal,
    /// The pod.
    pub pod: PodId,
    /// What is believed.
    pub grants: Vec<RecordedGrant>,
    /// How many others are there that somebody else signed.
    pub of_others: usize,
    /// How many are not believed.
    pub refused: usize,
}

/// The person's keys at a holder.
#[derive(Clone, Debug)]
pub struct OwnKeys {
    now: KeyState,
    ever: BTreeMap<Kid, PublicKey>,
}

impl OwnKeys {
    /// As the key log there says at `now_secs`.
    ///
    /// # Errors
    /// As [`replay`].
    pub fn of(holder: Principal, events: &[HeldEvent], now_secs: u64) -> Result<Self, KeysFault> {
        Ok(Self { now: replay(holder, events, now_secs)?, ever: every_signer(holder, events, now_secs)? })
    }
}

/// What the registry and the wallet know of whose keys are whose.
#[derive(Clone, Debug)]
pub struct Attributions<'a> {
    registry: &'a Registry,
    then: BTreeMap<Thumbprint, ServiceOf>,
}

impl<'a> Attributions<'a> {
    /// As the registry has it, or as it was when a grant to a key was given or first seen: nothing is passed over while a service is
    /// out of the registry.
    #[must_use]
    pub fn new(registry: &'a Registry, state: &WalletState) -> Self {
        let recorded = state.on_record().iter().flat_map(|one| &one.grants);
        let mut then: BTreeMap<Thumbprint, ServiceOf> = recorded.filter_map(|one| Some((one.key, one.to?))).collect();
        // What this device gave it gave on a request that the service had signed.
        then.extend(state.grants().iter().filter_map(|given| {
            let key = Signed::<Grant>::decode(&given.bytes).ok()?.unverified().confirmation;
            Some((key, ServiceOf { service: given.service, organisation: given.organisation }))
        }));
        Self { registry, then }
    }

    /// Whose key it is; none while nobody knows.
    #[must_use]
    pub fn of(&self, key: &Thumbprint) -> Option<ServiceOf> {
        let found = self.registry.service_by_kid(&key.kid()).filter(|found| Thumbprint::of(found.key) == *key);
        let now = found
            .map(|found| ServiceOf { service: found.service.principal, organisation: *found.organisation.principal() });
        now.or_else(|| self.then.get(key).copied())
    }

    /// Whether it is a key of the service: of now, or of then.
    #[must_use]
    pub fn is_key_of(&self, key: &Thumbprint, service: &Principal) -> bool {
        let now = self.registry.service(service);
        now.is_some_and(|found| found.service.keys.iter().any(|one| Thumbprint::of(one) == *key))
            || self.then.get(key).is_some_and(|to| to.service == *service)
    }

    /// Whether a service that has left the registry could have this key.
    #[must_use]
    pub fn may_be_of(&self, key: &Thumbprint, service: &Principal) -> bool {
        self.registry.service(service).is_none() && self.of(key).is_none()
    }
}

/// What a grant that a holder lists is.
#[derive(Clone, Debug)]
enum Judged {
    /// The person's.
    Own {
        grant: Box<Signed<Grant>>,
        is_over: bool,
    },
    /// Signed by somebody else who speaks for the pod, or did: whether by them, this wallet cannot tell.
    OfOthers,
    /// Passed on by a service whose key is not in the registry now: nothing is released under it, and it ends with what it is below.
    OfNobodyNow,
    Refused,
}

/// What is believed of what a holder lists for a pod. `is_revoked` is the holder's word.
#[must_use]
pub fn believed(
    (holder, pod): (Principal, PodId),
    told: &[ToldGrant],
    keys: &OwnKeys,
    known: &Attributions<'_>,
    is_revoked: impl Fn(&GrantId, &Grant) -> bool,
) -> OnRecord {
    let ids: BTreeSet<GrantId> = told.iter().map(|one| one.id).collect();
    let mut judged: BTreeMap<GrantId, Judged> = BTreeMap::new();
    // No node keeps more: whoever lists them has this device check signatures without end.
    let mut left: Vec<(GrantId, Option<Signed<Grant>>)> =
        told.iter().take(MAX_ON_RECORD).map(|one| (one.id, one.read())).collect();
    // Roots first, then what was passed on, one link after the other.
    for _ in 0..MAX_LINKS {
        let found: Vec<(GrantId, Judged)> = left
            .iter()
            .filter_map(|(id, grant)| Some((*id, judge((holder, pod), grant.as_ref(), keys, known.registry, &judged)?)))
            .collect();
        judged.extend(found);
        left.retain(|(id, _)| !judged.contains_key(id));
    }
    let count = |wanted: fn(&Judged) -> bool| judged.values().filter(|one| wanted(one)).count();
    let refused = count(|one| matches!(one, Judged::Refused)) + (ids.len() - judged.len());
    let of_others = count(|one| matches!(one, Judged::OfOthers));
    let grants = judged.values().filter_map(|one| match one {
        Judged::Own { grant, is_over } => {
            let claims = grant.unverified();
            Some(RecordedGrant {
                id: grant.id(),
                parent: claims.parent,
                key: claims.confirmation,
                to: known.of(&claims.confirmation),
                issued_secs: claims.issued,
                expires_secs: claims.expires,
                is_over: *is_over || is_revoked(&grant.id(), claims),
                revoked_secs: None,
            })
        }
        _ => None,
    });
    OnRecord { holder, pod, grants: grants.collect(), of_others, refused }
}

/// None while it is not known what is above it.
fn judge(
    (holder, pod): (Principal, PodId),
    grant: Option<&Signed<Grant>>,
    keys: &OwnKeys,
    registry: &Registry,
    judged: &BTreeMap<GrantId, Judged>,
) -> Option<Judged> {
    let here = |grant: &&Signed<Grant>| grant.unverified().audience == holder && grant.unverified().subject == pod;
    let Some(grant) = grant.filter(here) else { return Some(Judged::Refused) };
    match &grant.unverified().parent {
        None => Some(judge_root(grant, keys)),
        Some(parent) => match judged.get(parent)? {
            Judged::Own { grant: above, is_over } => Some(judge_below(grant, above, *is_over, registry)),
            other => Some(other.clone()),
        },
    }
}

fn judge_root(grant: &Signed<Grant>, keys: &OwnKeys) -> Judged {
    let claims = grant.unverified();
    if claims.issuer != keys.now.principal() {
        return Judged::OfOthers;
    }
    match keys.ever.get(&grant.kid()) {
        Some(key) if grant.clone().verify(key).is_ok() => {
            // When the holder took it in, only the holder knows: it may have ended there that counts by its date.
            let signed_by_secs = claims.issued;
            let signer = keys.now.check_signer_at(grant.kid(), claims.key_event, claims.issued, signed_by_secs);
            let is_over = signer.is_err();
            Judged::Own { grant: Box::new(grant.clone()), is_over }
        }
        _ => Judged::Refused,
    }
}

fn judge_below(grant: &Signed<Grant>, above: &Signed<Grant>, is_over: bool, registry: &Registry) -> Judged {
    let confirmed = above.unverified().confirmation;
    if confirmed.kid() != grant.kid() {
        return Judged::Refused;
    }
    match registry.service_by_kid(&grant.kid()).filter(|by| Thumbprint::of(by.key) == confirmed) {
        None => Judged::OfNobodyNow,
        Some(by) if grant.clone().verify(by.key).is_ok() => Judged::Own { grant: Box::new(grant.clone()), is_over },
        Some(_) => Judged::Refused,
    }
}

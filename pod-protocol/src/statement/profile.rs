//! Profiles: what a member says about itself: where it answers and which services it owns (`docs/protocol/profile.md`).

use pod_crypto::PublicKey;
use pod_crypto::hpke::SealPublicKey;

use super::{Endpoint, keys_from_cbor, keys_to_cbor};
use crate::codec::{Cbor, Claims, Limits, MAX_ARRAY_ITEMS, MAX_DEPTH, fixed, map, parsed, uint};
use crate::cose::Payload;
use crate::field::{FieldPath, Purpose, RecordType};
use crate::grant::distinct;
use crate::ids::{Cti, Principal};
use crate::lists::{any, some, texts, tuple, window};
use crate::refusal::ClaimFault;
use crate::words::Words;

/// Longest life of a profile: as a membership's.
pub const MAX_PROFILE_LIFETIME_SECS: u64 = super::MAX_MEMBERSHIP_LIFETIME_SECS;
/// Most bytes of a profile: 256 services of 1 kB each.
pub const MAX_PROFILE_BYTES: usize = 256 * 1024;

/// What an organisation says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The organisation, which signs with one of the keys of its membership.
    pub issuer: Principal,
    /// First second at which it no longer counts.
    pub expires: u64,
    /// When it was signed. The newest counts.
    pub issued: u64,
    /// Makes it unique.
    pub cti: Cti,
    /// What people call the organisation.
    pub names: Words,
    /// Where its node answers, the preferred one first.
    pub endpoints: Vec<Endpoint>,
    /// SHA-256 of its catalogue; none when it holds no pods.
    pub catalogue: Option<[u8; 32]>,
    /// The services that it owns.
    pub services: Vec<ServiceEntry>,
    /// The X25519 key to which is sealed what reaches it through the directory's log; none when it holds no pods.
    pub seal_key: Option<SealPublicKey>,
}

/// One service, as its organisation registered it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceEntry {
    /// The service.
    pub principal: Principal,
    /// The keys with which it signs access requests and requests.
    pub keys: Vec<PublicKey>,
    /// The X25519 key to which decisions are sealed.
    pub seal_key: SealPublicKey,
    /// What people call it.
    pub names: Words,
    /// The purposes for which it may ask.
    pub purposes: Vec<Purpose>,
    /// The fields for which it may ask.
    pub fields: Vec<RegisteredFields>,
    /// How long it may keep what it gets, in seconds.
    pub max_retention_secs: u64,
}

/// What a service may ask of one record type. Whoever may ask for a field may ask for answers about it too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredFields {
    /// The record type.
    pub record_type: RecordType,
    /// Fields as they are.
    pub raw: Vec<FieldPath>,
    /// Fields about which derived answers alone may be asked.
    pub derived: Vec<FieldPath>,
}

impl ServiceEntry {
    /// What it may ask of this record type.
    #[must_use]
    pub fn registered(&self, record_type: &RecordType) -> Option<&RegisteredFields> {
        // A service has a handful of types: comparing them costs less than hashing one.
        self.fields.iter().find(|fields| fields.record_type == *record_type)
    }
}

impl RegisteredFields {
    /// Whether this field may be asked for as it is.
    #[must_use]
    pub fn allows_raw(&self, field: &FieldPath) -> bool {
        self.raw.iter().any(|registered| registered.covers(field))
    }

    /// Whether answers about this field may be asked for.
    #[must_use]
    pub fn allows_derived(&self, field: &FieldPath) -> bool {
        self.allows_raw(field) || self.derived.iter().any(|registered| registered.covers(field))
    }
}

const NAMES: i64 = -70210;
const ENDPOINTS: i64 = -70211;
const CATALOGUE: i64 = -70212;
const SERVICES: i64 = -70213;
const SEAL_KEY: i64 = -70214;

impl Payload for Profile {
    const TYP: &'static str = "application/aitta-profile+cwt";
    const LIMITS: Limits = Limits { bytes: MAX_PROFILE_BYTES, depth: MAX_DEPTH, items: MAX_ARRAY_ITEMS };

    fn to_cbor(&self) -> Cbor {
        let services = self.services.iter().map(ServiceEntry::to_cbor).collect();
        map([
            (1, Some(Cbor::Text(self.issuer.to_string()))),
            (4, Some(self.expires.into())),
            (6, Some(self.issued.into())),
            (7, Some(Cbor::Bytes(self.cti.as_bytes().to_vec()))),
            (NAMES, Some(self.names.to_cbor())),
            (ENDPOINTS, Some(texts(&self.endpoints))),
            (CATALOGUE, self.catalogue.map(|digest| Cbor::Bytes(digest.to_vec()))),
            (SERVICES, (!self.services.is_empty()).then_some(Cbor::Array(services))),
            (SEAL_KEY, self.seal_key.map(|key| Cbor::Bytes(key.0.to_vec()))),
        ])
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        let mut claims = Claims::open(item)?;
        let profile = Self {
            issuer: claims.principal(1)?,
            expires: claims.time(4)?,
            issued: claims.time(6)?,
            cti: Cti::new(claims.fixed(7)?),
            names: Words::from_claim(NAMES, claims.need(NAMES)?)?,
            endpoints: claims.list(ENDPOINTS, |item| parsed(ENDPOINTS, item))?,
            catalogue: claims.take(CATALOGUE).map(|item| fixed(CATALOGUE, item)).transpose()?,
            services: match claims.take(SERVICES) {
                Some(item) => some(SERVICES, item, ServiceEntry::from_cbor)?,
                None => Vec::new(),
            },
            seal_key: claims.take(SEAL_KEY).map(|item| fixed(SEAL_KEY, item).map(SealPublicKey)).transpose()?,
        };
        claims.finish()?;
        profile.check()?;
        Ok(profile)
    }
}

impl Profile {
    /// What makes sense only when the claims are seen together.
    fn check(&self) -> Result<(), ClaimFault> {
        window(self.issued, self.expires, MAX_PROFILE_LIFETIME_SECS)?;
        distinct(ENDPOINTS, &self.endpoints)?;
        distinct(SERVICES, &self.services.iter().map(|service| service.principal).collect::<Vec<_>>())?;
        let keys: Vec<_> = self.services.iter().flat_map(|service| &service.keys).map(PublicKey::to_bytes).collect();
        distinct(SERVICES, &keys)
    }
}

impl ServiceEntry {
    /// As `[principal, keys, seal key, names, purposes, fields, longest retention]`.
    fn to_cbor(&self) -> Cbor {
        Cbor::Array(vec![
            Cbor::Text(self.principal.to_string()),
            keys_to_cbor(&self.keys),
            Cbor::Bytes(self.seal_key.0.to_vec()),
            self.names.to_cbor(),
            texts(&self.purposes),
            Cbor::Array(self.fields.iter().map(RegisteredFields::to_cbor).collect()),
            self.max_retention_secs.into(),
        ])
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        const CLAIM: i64 = SERVICES;
        let [principal, keys, seal_key, names, purposes, fields, max_retention_secs] = tuple(CLAIM, item)?;
        let entry = Self {
            principal: parsed(CLAIM, principal)?,
            keys: keys_from_cbor(CLAIM, keys)?,
            seal_key: SealPublicKey(fixed(CLAIM, seal_key)?),
            names: Words::from_claim(CLAIM, names)?,
            purposes: some(CLAIM, purposes, |item| Purpose::from_claim(CLAIM, item))?,
            fields: some(CLAIM, fields, RegisteredFields::from_cbor)?,
            max_retention_secs: uint(CLAIM, max_retention_secs)?,
        };
        if entry.max_retention_secs == 0 {
            return Err(ClaimFault::OutOfRange { claim: CLAIM });
        }
        distinct(CLAIM, &entry.purposes)?;
        distinct(CLAIM, &entry.fields.iter().map(|fields| &fields.record_type).collect::<Vec<_>>())?;
        Ok(entry)
    }
}

impl RegisteredFields {
    /// As `[type, raw, derived]`.
    fn to_cbor(&self) -> Cbor {
        Cbor::Array(vec![Cbor::Text(self.record_type.to_string()), texts(&self.raw), texts(&self.derived)])
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        const CLAIM: i64 = SERVICES;
        let [record_type, raw, derived] = tuple(CLAIM, item)?;
        let fields = Self {
            record_type: RecordType::from_claim(CLAIM, record_type)?,
            raw: any(CLAIM, raw, |item| FieldPath::from_claim(CLAIM, item))?,
            derived: any(CLAIM, derived, |item| FieldPath::from_claim(CLAIM, item))?,
        };
        if fields.raw.is_empty() && fields.derived.is_empty() {
            return Err(ClaimFault::Empty { claim: CLAIM });
        }
        distinct(CLAIM, &fields.raw.iter().chain(&fields.derived).collect::<Vec<_>>())?;
        Ok(fields)
    }
}

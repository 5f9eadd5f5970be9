//! Access requests: what a service would like to know, for what, for how long (`docs/protocol/access-request.md`).

use crate::codec::{Cbor, Claims, map, parsed};
use crate::cose::Payload;
use crate::field::{FieldPath, Purpose, RecordType};
use crate::grant::{
    CONFIRMATION, GrantLimits, MAX_DEPTH, MAX_GRANT_LIFETIME_SECS, Permission, confirmation_from_cbor,
    confirmation_to_cbor, distinct,
};
use crate::ids::{Cti, Principal, Thumbprint};
use crate::lists::{any, some, texts, tuple, window};
use crate::predicate::Predicate;
use crate::refusal::ClaimFault;
use crate::words::Words;

/// Longest time in which an access request may be answered: it can go out with a letter, before the summer.
pub const MAX_ACCESS_REQUEST_LIFETIME_SECS: u64 = 92 * 24 * 3600;
/// Longest retention that may be asked for: a century, for archives. What is allowed stands in the registration.
pub const MAX_RETENTION_SECS: u64 = 36_525 * 24 * 3600;

/// What a service asks a citizen for. It names nobody: the citizen gets it by a link, a code or an inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRequest {
    /// The service, which signs.
    pub service: Principal,
    /// The organisation that owns it and takes the decision for it.
    pub organisation: Principal,
    /// First second at which it can no longer be answered.
    pub expires: u64,
    /// When it was signed.
    pub issued: u64,
    /// Makes it unique.
    pub cti: Cti,
    /// The service's key that will fetch: the grants are confirmed to it.
    pub confirmation: Thumbprint,
    /// What is asked for, one for each record type.
    pub items: Vec<Ask>,
    /// For what.
    pub purpose: Purpose,
    /// How long the service would keep what it gets, in seconds.
    pub retention_secs: u64,
    /// How long the grants should count, in seconds.
    pub validity_secs: u64,
    /// Why, in words that the citizen reads.
    pub reason: Words,
    /// At which holders; none means wherever the citizen has such records.
    pub holders: Option<Vec<Principal>>,
    /// How often the grants may be passed on, 0 mostly.
    pub depth: u64,
    /// To which organisations (processors); empty when `depth` is 0, never otherwise.
    pub delegatees: Vec<Principal>,
}

/// What is asked of one record type. The citizen may leave out what is optional.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The record type.
    pub record_type: RecordType,
    /// Fields without which the service cannot do its work.
    pub required: Vec<FieldPath>,
    /// Fields that would help.
    pub optional: Vec<FieldPath>,
    /// Questions without whose answers the service cannot do its work.
    pub required_predicates: Vec<Predicate>,
    /// Questions whose answers would help.
    pub optional_predicates: Vec<Predicate>,
}

const ORGANISATION: i64 = -70220;
const ITEMS: i64 = -70221;
const PURPOSE: i64 = -70222;
const RETENTION: i64 = -70223;
const VALIDITY: i64 = -70224;
const REASON: i64 = -70225;
const HOLDERS: i64 = -70226;
const DEPTH: i64 = -70227;
const DELEGATEES: i64 = -70228;

impl AccessRequest {
    /// What a grant would give when the citizen agrees: all that is required, and of the optional things those named
    /// in `chosen_optional` by record type and name (a field, or a predicate's id with its `?`). Names that are not
    /// optional here add nothing.
    #[must_use]
    pub fn to_permissions(&self, chosen_optional: &[(RecordType, String)]) -> Vec<Permission> {
        self.items.iter().flat_map(|ask| ask.to_permissions(chosen_optional)).collect()
    }

    /// The limits that a grant for this request has.
    #[must_use]
    pub fn grant_limits(&self) -> GrantLimits {
        GrantLimits {
            depth: self.depth,
            organisations: (!self.delegatees.is_empty()).then(|| self.delegatees.clone()),
            retention_secs: Some(self.retention_secs),
            ..GrantLimits::default()
        }
    }

    /// What makes sense only when the claims are seen together.
    fn check(&self) -> Result<(), ClaimFault> {
        let range = |claim| Err(ClaimFault::OutOfRange { claim });
        window(self.issued, self.expires, MAX_ACCESS_REQUEST_LIFETIME_SECS)?;
        distinct(ITEMS, &self.items.iter().map(|ask| &ask.record_type).collect::<Vec<_>>())?;
        distinct(HOLDERS, self.holders.as_deref().unwrap_or_default())?;
        distinct(DELEGATEES, &self.delegatees)?;
        if !(1..=MAX_RETENTION_SECS).contains(&self.retention_secs) {
            return range(RETENTION);
        }
        if !(1..=MAX_GRANT_LIFETIME_SECS).contains(&self.validity_secs) {
            return range(VALIDITY);
        }
        // A citizen sees to whom it would go, so "anybody" cannot be asked for.
        if self.depth > MAX_DEPTH || (self.depth == 0) != self.delegatees.is_empty() {
            return range(DEPTH);
        }
        Ok(())
    }
}

impl Payload for AccessRequest {
    const TYP: &'static str = "application/aitta-access-request+cwt";

    fn to_cbor(&self) -> Cbor {
        map([
            (1, Some(Cbor::Text(self.service.to_string()))),
            (4, Some(self.expires.into())),
            (6, Some(self.issued.into())),
            (7, Some(Cbor::Bytes(self.cti.as_bytes().to_vec()))),
            (CONFIRMATION, Some(confirmation_to_cbor(&self.confirmation))),
            (ORGANISATION, Some(Cbor::Text(self.organisation.to_string()))),
            (ITEMS, Some(Cbor::Array(self.items.iter().map(Ask::to_cbor).collect()))),
            (PURPOSE, Some(Cbor::Text(self.purpose.to_string()))),
            (RETENTION, Some(self.retention_secs.into())),
            (VALIDITY, Some(self.validity_secs.into())),
            (REASON, Some(self.reason.to_cbor())),
            (HOLDERS, self.holders.as_deref().map(texts)),
            (DEPTH, (self.depth > 0).then_some(self.depth.into())),
            (DELEGATEES, (!self.delegatees.is_empty()).then_some(texts(&self.delegatees))),
        ])
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        let mut claims = Claims::open(item)?;
        let request = Self {
            service: claims.principal(1)?,
            organisation: claims.principal(ORGANISATION)?,
            expires: claims.time(4)?,
            issued: claims.time(6)?,
            cti: Cti::new(claims.fixed(7)?),
            confirmation: confirmation_from_cbor(claims.need(CONFIRMATION)?)?,
            items: claims.list(ITEMS, Ask::from_cbor)?,
            purpose: Purpose::from_claim(PURPOSE, claims.need(PURPOSE)?)?,
            retention_secs: claims.uint(RETENTION)?,
            validity_secs: claims.uint(VALIDITY)?,
            reason: Words::from_claim(REASON, claims.need(REASON)?)?,
            holders: claims.take(HOLDERS).map(|item| principals(HOLDERS, item)).transpose()?,
            depth: match claims.take(DEPTH) {
                None => 0,
                // 0 is said by leaving the claim out: one meaning, one encoding.
                Some(item) => match crate::codec::uint(DEPTH, item)? {
                    0 => return Err(ClaimFault::OutOfRange { claim: DEPTH }),
                    depth => depth,
                },
            },
            delegatees: match claims.take(DELEGATEES) {
                None => Vec::new(),
                Some(item) => principals(DELEGATEES, item)?,
            },
        };
        claims.finish()?;
        request.check()?;
        Ok(request)
    }
}

fn principals(claim: i64, item: Cbor) -> Result<Vec<Principal>, ClaimFault> {
    some(claim, item, |item| parsed(claim, item))
}

impl Ask {
    fn to_permissions(&self, chosen_optional: &[(RecordType, String)]) -> Vec<Permission> {
        let chosen = |name: &str| chosen_optional.iter().any(|(of, chosen)| *of == self.record_type && chosen == name);
        let fields: Vec<FieldPath> =
            self.required.iter().chain(self.optional.iter().filter(|field| chosen(field.as_str()))).cloned().collect();
        let optional = self.optional_predicates.iter().filter(|predicate| chosen(predicate.id.as_str()));
        let predicates: Vec<Predicate> = self.required_predicates.iter().chain(optional).cloned().collect();
        let raw = (!fields.is_empty()).then(|| Permission::Raw(self.record_type.clone(), fields));
        let derived = (!predicates.is_empty()).then(|| Permission::Derived(self.record_type.clone(), predicates));
        raw.into_iter().chain(derived).collect()
    }

    /// As `[type, required, optional, required predicates, optional predicates]`.
    fn to_cbor(&self) -> Cbor {
        let predicates = |list: &[Predicate]| Cbor::Array(list.iter().map(Predicate::to_cbor).collect());
        Cbor::Array(vec![
            Cbor::Text(self.record_type.to_string()),
            texts(&self.required),
            texts(&self.optional),
            predicates(&self.required_predicates),
            predicates(&self.optional_predicates),
        ])
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        const CLAIM: i64 = ITEMS;
        let fields = |item| any(CLAIM, item, |item| FieldPath::from_claim(CLAIM, item));
        let predicates = |item| any(CLAIM, item, |item| Predicate::from_cbor(CLAIM, item));
        let [record_type, required, optional, required_predicates, optional_predicates] = tuple(CLAIM, item)?;
        let ask = Self {
            record_type: RecordType::from_claim(CLAIM, record_type)?,
            required: fields(required)?,
            optional: fields(optional)?,
            required_predicates: predicates(required_predicates)?,
            optional_predicates: predicates(optional_predicates)?,
        };
        ask.check()?;
        Ok(ask)
    }

    fn check(&self) -> Result<(), ClaimFault> {
        const CLAIM: i64 = ITEMS;
        let fields: Vec<&FieldPath> = self.required.iter().chain(&self.optional).collect();
        let ids: Vec<_> =
            self.required_predicates.iter().chain(&self.optional_predicates).map(|predicate| &predicate.id).collect();
        if fields.is_empty() && ids.is_empty() {
            return Err(ClaimFault::Empty { claim: CLAIM });
        }
        distinct(CLAIM, &fields)?;
        distinct(CLAIM, &ids)?;
        // Leaving out an optional field must make a difference, or the citizen's choice would be none.
        let idle = self.optional.iter().any(|optional| self.required.iter().any(|required| required.covers(optional)));
        if idle { Err(ClaimFault::Repeated { claim: CLAIM }) } else { Ok(()) }
    }
}

//! Grants: the signed capability (`docs/protocol/grant.md`).

use crate::codec::{Cbor, Claims, array, fixed, map, parsed, uint};
use crate::cose::Payload;
use crate::field::{FieldPath, PredicateId, Purpose, RecordType};
use crate::ids::{Cti, ObjectId, PodId, Principal, Thumbprint};
use crate::predicate::Predicate;
use crate::refusal::ClaimFault;

/// Longest life of a grant: a school year and the summers around it.
pub const MAX_GRANT_LIFETIME_SECS: u64 = 400 * 24 * 3600;
/// Most times that a grant may be passed on: a chain has at most 4 links.
pub const MAX_DEPTH: u64 = 3;

/// A grant's claims: who may read which fields of which pod, at which holder, for what, until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Who signs: the citizen at the root, the previous delegatee below.
    pub issuer: Principal,
    /// The pod; the same in every link.
    pub subject: PodId,
    /// The one holder at which it counts.
    pub audience: Principal,
    /// First second at which it no longer counts.
    pub expires: u64,
    /// First second at which it counts, if later than `issued`.
    pub not_before: Option<u64>,
    /// When it was signed.
    pub issued: u64,
    /// Makes it unique.
    pub cti: Cti,
    /// The key that may use it or pass it on.
    pub confirmation: Thumbprint,
    /// The link above; none at the root.
    pub parent: Option<ObjectId>,
    /// What it gives.
    pub permissions: Vec<Permission>,
    /// For what.
    pub purposes: Vec<Purpose>,
    /// How often, and how far it may be passed on.
    pub limits: GrantLimits,
    /// The issuer's key event in which the signing key is valid; 0 in a grant that was passed on.
    pub key_event: u64,
    /// The legal basis, such as `eu-gdpr:A6-1-a`.
    pub legal_basis: Option<Purpose>,
}

/// What a grant gives of one record type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permission {
    /// These fields as they are.
    Raw(RecordType, Vec<FieldPath>),
    /// Answers to these questions alone.
    Derived(RecordType, Vec<Predicate>),
}

/// Limits of a grant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantLimits {
    /// Most fetches, ever.
    pub uses: Option<u64>,
    /// Most fetches in so many seconds.
    pub rate: Option<(u64, u64)>,
    /// How often it may be passed on.
    pub depth: u64,
    /// To which organisations it may be passed on; none means to no particular ones.
    pub organisations: Option<Vec<Principal>>,
    /// How long the recipient may keep what it got.
    pub retention_secs: Option<u64>,
}

const PARENT: i64 = -70000;
const PERMISSIONS: i64 = -70001;
const PURPOSES: i64 = -70002;
const LIMITS: i64 = -70003;
const KEY_EVENT: i64 = -70004;
const LEGAL_BASIS: i64 = -70005;
/// The claim that says whose key may use a grant.
pub(crate) const CONFIRMATION: i64 = 8;
/// Confirmation method `ckt`: a key's thumbprint (RFC 9679 §5.6).
const CKT: i64 = 5;

const RAW: u64 = 0;
const DERIVED: u64 = 1;

impl Grant {
    /// First second at which it counts.
    #[must_use]
    pub fn begins(&self) -> u64 {
        self.not_before.unwrap_or(self.issued)
    }

    /// The fields that it gives as they are, of one record type.
    pub fn raw(&self, record_type: &RecordType) -> impl Iterator<Item = &FieldPath> {
        self.permissions
            .iter()
            .filter_map(move |permission| match permission {
                Permission::Raw(of, fields) if of == record_type => Some(fields),
                _ => None,
            })
            .flatten()
    }

    /// The predicates that it gives, of one record type.
    pub fn derived(&self, record_type: &RecordType) -> impl Iterator<Item = &Predicate> {
        self.permissions
            .iter()
            .filter_map(move |permission| match permission {
                Permission::Derived(of, predicates) if of == record_type => Some(predicates),
                _ => None,
            })
            .flatten()
    }

    /// Whether it gives the whole of this field as it is.
    #[must_use]
    pub fn gives(&self, record_type: &RecordType, field: &FieldPath) -> bool {
        self.raw(record_type).any(|given| given.covers(field))
    }

    /// The predicate with this id, if it gives one.
    #[must_use]
    pub fn predicate(&self, record_type: &RecordType, id: &PredicateId) -> Option<&Predicate> {
        self.derived(record_type).find(|predicate| predicate.id == *id)
    }
}

impl Payload for Grant {
    const TYP: &'static str = "application/aitta-grant+cwt";

    fn to_cbor(&self) -> Cbor {
        map([
            (1, Some(Cbor::Text(self.issuer.to_string()))),
            (2, Some(Cbor::Text(self.subject.to_string()))),
            (3, Some(Cbor::Text(self.audience.to_string()))),
            (4, Some(self.expires.into())),
            (5, self.not_before.map(Cbor::from)),
            (6, Some(self.issued.into())),
            (7, Some(Cbor::Bytes(self.cti.as_bytes().to_vec()))),
            (CONFIRMATION, Some(confirmation_to_cbor(&self.confirmation))),
            (PARENT, Some(self.parent.map_or(Cbor::Null, |parent| Cbor::Bytes(parent.as_bytes().to_vec())))),
            (PERMISSIONS, Some(Cbor::Array(self.permissions.iter().map(Permission::to_cbor).collect()))),
            (
                PURPOSES,
                Some(Cbor::Array(self.purposes.iter().map(|purpose| Cbor::Text(purpose.to_string())).collect())),
            ),
            (LIMITS, Some(self.limits.to_cbor())),
            (KEY_EVENT, Some(self.key_event.into())),
            (LEGAL_BASIS, self.legal_basis.as_ref().map(|basis| Cbor::Text(basis.to_string()))),
        ])
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        let mut claims = Claims::open(item)?;
        let grant = Self {
            issuer: claims.principal(1)?,
            subject: claims.pod(2)?,
            audience: claims.principal(3)?,
            expires: claims.time(4)?,
            not_before: claims.optional_time(5)?,
            issued: claims.time(6)?,
            cti: Cti::new(claims.fixed(7)?),
            confirmation: confirmation_from_cbor(claims.need(CONFIRMATION)?)?,
            parent: match claims.need(PARENT)? {
                Cbor::Null => None,
                item => Some(ObjectId::new(fixed(PARENT, item)?)),
            },
            permissions: claims.list(PERMISSIONS, Permission::from_cbor)?,
            purposes: claims.list(PURPOSES, |item| Purpose::from_claim(PURPOSES, item))?,
            limits: GrantLimits::from_cbor(claims.need(LIMITS)?)?,
            key_event: claims.uint(KEY_EVENT)?,
            legal_basis: claims.take(LEGAL_BASIS).map(|item| Purpose::from_claim(LEGAL_BASIS, item)).transpose()?,
        };
        claims.finish()?;
        grant.check()?;
        Ok(grant)
    }
}

impl Grant {
    /// What makes sense only when the claims are seen together.
    fn check(&self) -> Result<(), ClaimFault> {
        if self.expires <= self.begins() || self.begins() < self.issued {
            return Err(ClaimFault::OutOfRange { claim: 4 });
        }
        if self.expires - self.issued > MAX_GRANT_LIFETIME_SECS {
            return Err(ClaimFault::OutOfRange { claim: 4 });
        }
        // A child is judged by the key that its parent confirms: a number here would say something that nobody reads.
        if self.parent.is_some() && self.key_event != 0 {
            return Err(ClaimFault::OutOfRange { claim: KEY_EVENT });
        }
        distinct(PURPOSES, &self.purposes)?;
        let names: Vec<(bool, &RecordType)> = self
            .permissions
            .iter()
            .map(|permission| match permission {
                Permission::Raw(of, _) => (true, of),
                Permission::Derived(of, _) => (false, of),
            })
            .collect();
        distinct(PERMISSIONS, &names)
    }
}

/// Up to how many items are compared pair by pair.
const FEW: usize = 8;

/// Refuses a list in which something stands twice.
pub(crate) fn distinct<T: Ord>(claim: i64, items: &[T]) -> Result<(), ClaimFault> {
    // Nearly all lists are short: comparing each pair is then quicker than sorting a copy.
    let twice = if items.len() <= FEW {
        items.iter().enumerate().any(|(at, item)| items.iter().take(at).any(|before| before == item))
    } else {
        let mut sorted: Vec<&T> = items.iter().collect();
        sorted.sort_unstable();
        sorted.windows(2).any(|pair| matches!(pair, [left, right] if left == right))
    };
    if twice { Err(ClaimFault::Repeated { claim }) } else { Ok(()) }
}

/// As `{5: thumbprint}`, the value of claim 8 (RFC 9679 §5.6).
pub(crate) fn confirmation_to_cbor(confirmation: &Thumbprint) -> Cbor {
    map([(CKT, Some(Cbor::Bytes(confirmation.as_bytes().to_vec())))])
}

/// Reads `{5: thumbprint}`; faults are about claim 8.
pub(crate) fn confirmation_from_cbor(item: Cbor) -> Result<Thumbprint, ClaimFault> {
    let [(method, thumbprint)] = <[(Cbor, Cbor); 1]>::try_from(item.into_map().unwrap_or_default())
        .map_err(|_| ClaimFault::WrongType { claim: CONFIRMATION })?;
    if method == Cbor::from(CKT) {
        fixed(CONFIRMATION, thumbprint).map(Thumbprint::new)
    } else {
        Err(ClaimFault::Unknown { claim: CONFIRMATION })
    }
}

impl Permission {
    /// The record type.
    #[must_use]
    pub fn record_type(&self) -> &RecordType {
        match self {
            Self::Raw(of, _) | Self::Derived(of, _) => of,
        }
    }

    /// As `[type, 0, fields]` or `[type, 1, predicates]`.
    #[must_use]
    pub fn to_cbor(&self) -> Cbor {
        let (of, kind, list) = match self {
            Self::Raw(of, fields) => (of, RAW, fields.iter().map(|field| Cbor::Text(field.to_string())).collect()),
            Self::Derived(of, predicates) => (of, DERIVED, predicates.iter().map(Predicate::to_cbor).collect()),
        };
        Cbor::Array(vec![Cbor::Text(of.to_string()), kind.into(), Cbor::Array(list)])
    }

    /// Reads `[type, 0, fields]` or `[type, 1, predicates]`; claim numbers in faults are those of a grant.
    ///
    /// # Errors
    /// [`ClaimFault`].
    pub fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        const CLAIM: i64 = PERMISSIONS;
        let wrong = ClaimFault::WrongType { claim: CLAIM };
        let Ok([of, kind, list]) = <[Cbor; 3]>::try_from(array(CLAIM, item)?) else { return Err(wrong) };
        let of = RecordType::from_claim(CLAIM, of)?;
        let list = array(CLAIM, list)?;
        if list.is_empty() {
            return Err(ClaimFault::Empty { claim: CLAIM });
        }
        match uint(CLAIM, kind)? {
            RAW => {
                let fields =
                    list.into_iter().map(|item| FieldPath::from_claim(CLAIM, item)).collect::<Result<Vec<_>, _>>()?;
                distinct(CLAIM, &fields)?;
                Ok(Self::Raw(of, fields))
            }
            DERIVED => {
                let predicates =
                    list.into_iter().map(|item| Predicate::from_cbor(CLAIM, item)).collect::<Result<Vec<_>, _>>()?;
                distinct(CLAIM, &predicates.iter().map(|predicate| &predicate.id).collect::<Vec<_>>())?;
                Ok(Self::Derived(of, predicates))
            }
            _ => Err(wrong),
        }
    }
}

impl GrantLimits {
    fn to_cbor(&self) -> Cbor {
        map([
            (1, self.uses.map(Cbor::from)),
            (2, self.rate.map(|(uses, secs)| Cbor::Array(vec![uses.into(), secs.into()]))),
            (3, Some(self.depth.into())),
            (
                4,
                self.organisations.as_ref().map(|list| {
                    Cbor::Array(list.iter().map(|organisation| Cbor::Text(organisation.to_string())).collect())
                }),
            ),
            (5, self.retention_secs.map(Cbor::from)),
        ])
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        let range = ClaimFault::OutOfRange { claim: LIMITS };
        let positive = |item| match uint(LIMITS, item)? {
            0 => Err(range),
            number => Ok(number),
        };
        let mut claims = Claims::open(item)?;
        let limits = Self {
            uses: claims.take(1).map(positive).transpose()?,
            rate: claims
                .take(2)
                .map(|item| match <[Cbor; 2]>::try_from(array(LIMITS, item)?) {
                    Ok([uses, secs]) => Ok((positive(uses)?, positive(secs)?)),
                    Err(_) => Err(ClaimFault::WrongType { claim: LIMITS }),
                })
                .transpose()?,
            depth: claims.uint(3)?,
            organisations: match claims.take(4) {
                None => None,
                Some(item) => {
                    let list = array(LIMITS, item)?;
                    if list.is_empty() {
                        return Err(ClaimFault::Empty { claim: LIMITS });
                    }
                    let list: Vec<Principal> =
                        list.into_iter().map(|item| parsed(LIMITS, item)).collect::<Result<_, _>>()?;
                    distinct(LIMITS, &list)?;
                    Some(list)
                }
            },
            retention_secs: claims.take(5).map(positive).transpose()?,
        };
        claims.finish()?;
        if limits.depth > MAX_DEPTH { Err(range) } else { Ok(limits) }
    }
}

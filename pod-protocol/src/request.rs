//! Requests: one signed question of a service to a holder, about 1 to 256 grants (`docs/protocol/request.md`).

use std::collections::BTreeMap;

use crate::codec::{Cbor, Claims, OBJECT_LIMITS, array, bytes, decode, encode, fixed, map, text, uint};
use crate::cose::Payload;
use crate::field::{FieldPath, PredicateId, Purpose, RecordType};
use crate::grant::distinct;
use crate::ids::{Cti, GrantId, Principal};
use crate::refusal::{ClaimFault, Refusal};

/// Longest life of a request or a command: they are answered at once.
pub const MAX_REQUEST_LIFETIME_SECS: u64 = 120;
/// Most links of a chain.
pub const MAX_LINKS: usize = 4;
/// Longest origin in a binding, in bytes: a host name with scheme and port.
const MAX_ORIGIN_BYTES: usize = 255;

/// A request's claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The service.
    pub issuer: Principal,
    /// The holder.
    pub audience: Principal,
    /// First second at which it is too late to answer.
    pub expires: u64,
    /// When it was signed.
    pub issued: u64,
    /// Makes it unique.
    pub cti: Cti,
    /// A nonce that the holder handed out.
    pub nonce: Option<Cti>,
    /// What is asked.
    pub items: Vec<RequestItem>,
    /// For what.
    pub purpose: Purpose,
    /// The connection on which it counts.
    pub binding: Binding,
}

/// One pod's part of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestItem {
    /// The ids of the grants, the root first.
    pub chain: Vec<GrantId>,
    /// What is wanted of each record type.
    pub wanted: Vec<Wanted>,
}

/// What is wanted of one record type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The record type.
    pub record_type: RecordType,
    /// Fields and predicates.
    pub names: Vec<Name>,
}

/// A field, or a predicate by its id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// A field as it is.
    Field(FieldPath),
    /// The answer to a predicate.
    Predicate(PredicateId),
}

/// What ties a request to the connection that it travels on, so that nobody can forward it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binding {
    /// The libp2p peer's Ed25519 key, which must also be the signer's.
    Peer([u8; 32]),
    /// The TLS exporter of RFC 9266.
    Exporter([u8; 32]),
    /// A browser or a node behind a proxy: the holder's origin; then the nonce is mandatory.
    Origin(String),
}

const ITEMS: i64 = -70010;
const PURPOSE: i64 = -70012;
/// The claim that carries a [`Binding`].
pub(crate) const BINDING: i64 = -70013;

impl Payload for Request {
    const TYP: &'static str = "application/aitta-request+cwt";

    fn to_cbor(&self) -> Cbor {
        map([
            (1, Some(Cbor::Text(self.issuer.to_string()))),
            (3, Some(Cbor::Text(self.audience.to_string()))),
            (4, Some(self.expires.into())),
            (6, Some(self.issued.into())),
            (7, Some(Cbor::Bytes(self.cti.as_bytes().to_vec()))),
            (10, self.nonce.map(|nonce| Cbor::Bytes(nonce.as_bytes().to_vec()))),
            (ITEMS, Some(Cbor::Array(self.items.iter().map(RequestItem::to_cbor).collect()))),
            (PURPOSE, Some(Cbor::Text(self.purpose.to_string()))),
            (BINDING, Some(self.binding.to_cbor())),
        ])
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        let mut claims = Claims::open(item)?;
        let request = Self {
            issuer: claims.principal(1)?,
            audience: claims.principal(3)?,
            expires: claims.time(4)?,
            issued: claims.time(6)?,
            cti: Cti::new(claims.fixed(7)?),
            nonce: claims.take(10).map(|item| Ok(Cti::new(fixed(10, item)?))).transpose()?,
            items: claims.list(ITEMS, RequestItem::from_cbor)?,
            purpose: Purpose::from_claim(PURPOSE, claims.need(PURPOSE)?)?,
            binding: Binding::from_cbor(claims.need(BINDING)?)?,
        };
        claims.finish()?;
        Ok(request)
    }
}

impl RequestItem {
    fn to_cbor(&self) -> Cbor {
        Cbor::Array(vec![
            Cbor::Array(self.chain.iter().map(|id| Cbor::Bytes(id.as_bytes().to_vec())).collect()),
            wanted_to_cbor(&self.wanted),
        ])
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        let Ok([chain, wanted]) = <[Cbor; 2]>::try_from(array(ITEMS, item)?) else {
            return Err(ClaimFault::WrongType { claim: ITEMS });
        };
        let chain: Vec<GrantId> = array(ITEMS, chain)?
            .into_iter()
            .map(|item| Ok(GrantId::new(fixed(ITEMS, item)?)))
            .collect::<Result<_, ClaimFault>>()?;
        match chain.len() {
            0 => Err(ClaimFault::Empty { claim: ITEMS }),
            1..=MAX_LINKS => Ok(Self { chain, wanted: wanted_from_cbor(ITEMS, wanted)? }),
            _ => Err(ClaimFault::OutOfRange { claim: ITEMS }),
        }
    }
}

/// As `[+ [type, [+ name]]]`.
#[must_use]
pub fn wanted_to_cbor(wanted: &[Wanted]) -> Cbor {
    let one = |wanted: &Wanted| {
        Cbor::Array(vec![
            Cbor::Text(wanted.record_type.as_str().to_owned()),
            Cbor::Array(wanted.names.iter().map(|name| Cbor::Text(name.as_str().to_owned())).collect()),
        ])
    };
    Cbor::Array(wanted.iter().map(one).collect())
}

/// Reads `[+ [type, [+ name]]]`.
///
/// # Errors
/// [`ClaimFault`] when it is empty, repeats something or has a wildcard.
pub fn wanted_from_cbor(claim: i64, item: Cbor) -> Result<Vec<Wanted>, ClaimFault> {
    let one = |item: Cbor| {
        let Ok([record_type, names]) = <[Cbor; 2]>::try_from(array(claim, item)?) else {
            return Err(ClaimFault::WrongType { claim });
        };
        let names: Vec<Name> =
            array(claim, names)?.into_iter().map(|item| Name::from_claim(claim, item)).collect::<Result<_, _>>()?;
        if names.is_empty() {
            return Err(ClaimFault::Empty { claim });
        }
        distinct(claim, &names)?;
        Ok(Wanted { record_type: RecordType::from_claim(claim, record_type)?, names })
    };
    let wanted: Vec<Wanted> = array(claim, item)?.into_iter().map(one).collect::<Result<_, _>>()?;
    if wanted.is_empty() {
        return Err(ClaimFault::Empty { claim });
    }
    distinct(claim, &wanted.iter().map(|wanted| &wanted.record_type).collect::<Vec<_>>())?;
    Ok(wanted)
}

impl Name {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Field(field) => field.as_str(),
            Self::Predicate(id) => id.as_str(),
        }
    }

    fn from_claim(claim: i64, item: Cbor) -> Result<Self, ClaimFault> {
        match &item {
            Cbor::Text(text) if text.starts_with('?') => PredicateId::from_claim(claim, item).map(Self::Predicate),
            _ => FieldPath::from_claim(claim, item).map(Self::Field),
        }
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Name {
    type Err = crate::field::NameFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with('?') { text.parse().map(Self::Predicate) } else { text.parse().map(Self::Field) }
    }
}

impl serde::Serialize for Name {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Binding {
    /// As `[1, key]`, `[2, exporter]` or `[3, origin]`.
    #[must_use]
    pub fn to_cbor(&self) -> Cbor {
        match self {
            Self::Peer(key) => Cbor::Array(vec![1.into(), Cbor::Bytes(key.to_vec())]),
            Self::Exporter(exporter) => Cbor::Array(vec![2.into(), Cbor::Bytes(exporter.to_vec())]),
            Self::Origin(origin) => Cbor::Array(vec![3.into(), Cbor::Text(origin.clone())]),
        }
    }

    /// Reads what [`Binding::to_cbor`] writes.
    ///
    /// # Errors
    /// [`ClaimFault::WrongType`], [`ClaimFault::OutOfRange`].
    pub fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        let Ok([kind, value]) = <[Cbor; 2]>::try_from(array(BINDING, item)?) else {
            return Err(ClaimFault::WrongType { claim: BINDING });
        };
        match uint(BINDING, kind)? {
            1 => Ok(Self::Peer(fixed(BINDING, value)?)),
            2 => Ok(Self::Exporter(fixed(BINDING, value)?)),
            3 => match text(BINDING, value)? {
                origin if is_origin(&origin) => Ok(Self::Origin(origin)),
                _ => Err(ClaimFault::OutOfRange { claim: BINDING }),
            },
            _ => Err(ClaimFault::OutOfRange { claim: BINDING }),
        }
    }
}

/// Whether text could be an origin. It is shown to people, so that it is printable ASCII alone.
fn is_origin(text: &str) -> bool {
    (1..=MAX_ORIGIN_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What a service sends: the request, and grants that the holder may not have yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The signed request.
    pub request: Vec<u8>,
    /// Signed grants by their ids.
    pub grants: BTreeMap<GrantId, Vec<u8>>,
}

impl Call {
    /// The deterministic encoding.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let grants = self
            .grants
            .iter()
            .map(|(id, grant)| (Cbor::Bytes(id.as_bytes().to_vec()), Cbor::Bytes(grant.clone())))
            .collect();
        encode(&map([
            (0, Some(Cbor::Bytes(self.request.clone()))),
            (1, (!self.grants.is_empty()).then_some(Cbor::Map(grants))),
        ]))
    }

    /// Reads a call; what is inside is judged later.
    ///
    /// # Errors
    /// [`Refusal::Cbor`], [`Refusal::Claim`].
    pub fn from_bytes(message: &[u8]) -> Result<Self, Refusal> {
        let mut claims = Claims::open(decode(message, OBJECT_LIMITS)?)?;
        let request = claims.bytes(0)?;
        let grants = match claims.take(1) {
            None => BTreeMap::new(),
            // None are said by leaving the map out: one meaning, one encoding.
            Some(Cbor::Map(entries)) if entries.is_empty() => return Err(ClaimFault::Empty { claim: 1 }.into()),
            Some(Cbor::Map(entries)) => entries
                .into_iter()
                .map(|(id, grant)| Ok((GrantId::new(fixed(1, id)?), bytes(1, grant)?)))
                .collect::<Result<_, ClaimFault>>()?,
            Some(_) => return Err(ClaimFault::WrongType { claim: 1 }.into()),
        };
        claims.finish()?;
        Ok(Self { request, grants })
    }
}

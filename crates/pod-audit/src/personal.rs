//! The part of an entry that points at people, sealed under the pod's audit key. Names of fields; never a value.

use pod_crypto::Zeroizing;
use pod_protocol::codec::{Cbor, decode, encode};
use pod_protocol::ids::Principal;

use crate::entry::{items, present, uint};
use crate::fault::EntryFault;
use crate::limits::ENTRY_LIMITS;

/// Who asked, for what, what was released, what was kept back and why, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonalPart {
    /// The service that asked; `None` for a wallet's command or an import.
    pub service: Option<Principal>,
    /// The organisation that owns the service, or whose register was imported.
    pub organisation: String,
    /// The purpose, a DPV term; for a command, the command.
    pub purpose: String,
    /// What left the pod, by record type.
    pub released: Vec<Released>,
    /// What was asked for and kept back, by record type and reason.
    pub withheld: Vec<Withheld>,
    /// How it ended: a stable code such as `released`, or that of a refusal.
    pub outcome: String,
    /// The person who acted: the citizen, a representative, or a clerk as the service named them.
    pub acting: Option<String>,
}

/// Fields of one record type that were released, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    /// The record type.
    pub record_type: String,
    /// The fields' names, or ids of predicates.
    pub fields: Vec<String>,
}

/// Fields of one record type that were kept back for one reason, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withheld {
    /// The record type.
    pub record_type: String,
    /// Why.
    pub reason: WithheldReason,
    /// The fields' names, or ids of predicates.
    pub fields: Vec<String>,
}

/// Why a field was kept back. The service never learns this; the citizen does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum WithheldReason {
    /// The grant does not give it.
    NotGranted = 1,
    /// The pod has no such record or field.
    Absent = 2,
    /// The person is under non-disclosure (turvakielto).
    NonDisclosure = 3,
    /// The citizen restricted processing (GDPR article 18).
    Restricted = 4,
    /// The citizen objected (GDPR article 21).
    Objected = 5,
    /// The grant was revoked.
    Revoked = 6,
}

impl WithheldReason {
    const ALL: [Self; 6] =
        [Self::NotGranted, Self::Absent, Self::NonDisclosure, Self::Restricted, Self::Objected, Self::Revoked];

    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotGranted => "not-granted",
            Self::Absent => "absent",
            Self::NonDisclosure => "non-disclosure",
            Self::Restricted => "restricted",
            Self::Objected => "objected",
            Self::Revoked => "revoked",
        }
    }
}

impl PersonalPart {
    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let names = |fields: &[String]| Cbor::Array(fields.iter().cloned().map(Cbor::Text).collect());
        let released = self
            .released
            .iter()
            .map(|released| Cbor::Array(vec![Cbor::Text(released.record_type.clone()), names(&released.fields)]));
        let withheld = self.withheld.iter().map(|withheld| {
            let reason = Cbor::from(withheld.reason as u8);
            Cbor::Array(vec![Cbor::Text(withheld.record_type.clone()), reason, names(&withheld.fields)])
        });
        Zeroizing::new(encode(&Cbor::Array(vec![
            self.service.map_or(Cbor::Null, |service| Cbor::Bytes(service.as_bytes().to_vec())),
            Cbor::Text(self.organisation.clone()),
            Cbor::Text(self.purpose.clone()),
            Cbor::Array(released.collect()),
            Cbor::Array(withheld.collect()),
            Cbor::Text(self.outcome.clone()),
            self.acting.clone().map_or(Cbor::Null, Cbor::Text),
        ])))
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, EntryFault> {
        let item = decode(bytes, ENTRY_LIMITS).map_err(|_| EntryFault::Shape)?;
        let [service, organisation, purpose, released, withheld, outcome, acting] =
            <[Cbor; 7]>::try_from(items(item)?).map_err(|_| EntryFault::Shape)?;
        Ok(Self {
            service: present(service).map(principal).transpose()?,
            organisation: text(organisation)?,
            purpose: text(purpose)?,
            released: items(released)?.into_iter().map(released_from).collect::<Result<_, _>>()?,
            withheld: items(withheld)?.into_iter().map(withheld_from).collect::<Result<_, _>>()?,
            outcome: text(outcome)?,
            acting: present(acting).map(text).transpose()?,
        })
    }
}

fn principal(item: Cbor) -> Result<Principal, EntryFault> {
    let bytes = item.into_bytes().map_err(|_| EntryFault::Shape)?;
    Ok(Principal::new(bytes.try_into().map_err(|_| EntryFault::Shape)?))
}

fn text(item: Cbor) -> Result<String, EntryFault> {
    item.into_text().map_err(|_| EntryFault::Shape)
}

fn names(item: Cbor) -> Result<Vec<String>, EntryFault> {
    items(item)?.into_iter().map(text).collect()
}

fn released_from(item: Cbor) -> Result<Released, EntryFault> {
    let [record_type, fields] = <[Cbor; 2]>::try_from(items(item)?).map_err(|_| EntryFault::Shape)?;
    Ok(Released { record_type: text(record_type)?, fields: names(fields)? })
}

fn withheld_from(item: Cbor) -> Result<Withheld, EntryFault> {
    let [record_type, reason, fields] = <[Cbor; 3]>::try_from(items(item)?).map_err(|_| EntryFault::Shape)?;
    let number = uint(reason)?;
    let reason = WithheldReason::ALL.into_iter().find(|known| *known as u64 == number).ok_or(EntryFault::Shape)?;
    Ok(Withheld { record_type: text(record_type)?, reason, fields: names(fields)? })
}

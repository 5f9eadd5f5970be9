//! What the log takes. Nothing in it is personal: statements of members, tags with sealed bytes, hashes.

use crate::codec::{Cbor, Limits, array, bytes, decode, encode, fixed, uint};
use crate::ids::ObjectId;
use crate::lists::tuple;
use crate::merkle::Hash;
use crate::refusal::{ClaimFault, Refusal};

/// Most bytes of a leaf: what an entry bundle can hold (C2SP tlog-tiles, "entries").
pub const MAX_LEAF_BYTES: usize = u16::MAX as usize;
/// Most bytes of a statement in one leaf; a longer one stands in several, one after the other.
pub const MAX_PART_BYTES: usize = 60 * 1024;
/// How long what is sealed for a holder is, in bytes: one length for revocations and key events alike, with room for a key
/// event of a dozen devices.
pub const SEALED_BYTES: usize = 2048;

const LIMITS: Limits = Limits { bytes: MAX_LEAF_BYTES, depth: 3, items: 8 };

/// One leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// When the log took it, in seconds since 1970: *log time*. It never goes back.
    pub time_secs: u64,
    /// What it is.
    pub body: Body,
}

/// What a leaf is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A member's statement, or a part of one: part `part` of `parts`, which follow one another.
    Statement {
        /// Which part, from 0.
        part: u64,
        /// How many parts.
        parts: u64,
        /// The part.
        bytes: Vec<u8>,
    },
    /// A holder's signed entry or tombstone.
    HolderEntry(Vec<u8>),
    /// Something for a holder's eyes alone: a revocation or a key event. Which holder it is for only the holder finds out.
    Sealed(Sealed),
    /// What all leaves before make together. The last leaf of each checkpoint.
    State(State),
}

/// Something for a holder's eyes alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The id of the object that is sealed: whoever has it can see that it stands in the log.
    pub id: ObjectId,
    /// HPKE to the holder's key (`docs/protocol/log.md`), [`SEALED_BYTES`] long.
    pub sealed: Vec<u8>,
}

/// What the leaves before it make together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// How many bits number the buckets.
    pub bits: u8,
    /// How many entries stand in them.
    pub entries: u64,
    /// The root of the tree over the buckets ([`super::map`]).
    pub map_root: Hash,
    /// SHA-256 of the registry's snapshot.
    pub registry: Hash,
}

const STATEMENT: u64 = 0;
const HOLDER_ENTRY: u64 = 1;
const SEALED: u64 = 2;
const STATE: u64 = 3;

impl Leaf {
    /// The deterministic encoding: `[time, kind, …]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let byte_string = |bytes: &[u8]| Cbor::Bytes(bytes.to_vec());
        let mut items = vec![self.time_secs.into()];
        match &self.body {
            Body::Statement { part, parts, bytes } => {
                items.extend([STATEMENT.into(), (*part).into(), (*parts).into(), byte_string(bytes)]);
            }
            Body::HolderEntry(bytes) => items.extend([HOLDER_ENTRY.into(), byte_string(bytes)]),
            Body::Sealed(sealed) => {
                items.extend([SEALED.into(), byte_string(sealed.id.as_bytes()), byte_string(&sealed.sealed)]);
            }
            Body::State(state) => items.extend([
                STATE.into(),
                u64::from(state.bits).into(),
                state.entries.into(),
                byte_string(&state.map_root),
                byte_string(&state.registry),
            ]),
        }
        encode(&Cbor::Array(items))
    }

    /// Reads the encoding. What is signed inside is not looked at.
    ///
    /// # Errors
    /// [`Refusal::Cbor`], [`Refusal::Claim`] with the place in the list as the claim.
    pub fn from_bytes(message: &[u8]) -> Result<Self, Refusal> {
        let mut items = array(0, decode(message, LIMITS)?)?;
        if items.len() < 2 {
            return Err(ClaimFault::Missing { claim: 1 }.into());
        }
        let rest = items.split_off(2);
        let [time, kind] = tuple(0, Cbor::Array(items))?;
        let time_secs = crate::codec::time(0, time)?;
        let rest = Cbor::Array(rest);
        let body = match uint(1, kind)? {
            STATEMENT => {
                let [part, parts, statement] = tuple(2, rest)?;
                let (part, parts) = (uint(2, part)?, uint(3, parts)?);
                if part >= parts {
                    return Err(ClaimFault::OutOfRange { claim: 2 }.into());
                }
                Body::Statement { part, parts, bytes: bytes(4, statement)? }
            }
            HOLDER_ENTRY => {
                let [entry] = tuple(2, rest)?;
                Body::HolderEntry(bytes(2, entry)?)
            }
            SEALED => {
                let [id, sealed] = tuple(2, rest)?;
                Body::Sealed(Sealed {
                    id: ObjectId::new(fixed(2, id)?),
                    sealed: fixed::<SEALED_BYTES>(3, sealed)?.to_vec(),
                })
            }
            STATE => {
                let [bits, entries, map_root, registry] = tuple(2, rest)?;
                let bits = u8::try_from(uint(2, bits)?).map_err(|_| ClaimFault::OutOfRange { claim: 2 })?;
                Body::State(State {
                    bits,
                    entries: uint(3, entries)?,
                    map_root: fixed(4, map_root)?,
                    registry: fixed(5, registry)?,
                })
            }
            _ => return Err(ClaimFault::OutOfRange { claim: 1 }.into()),
        };
        Ok(Self { time_secs, body })
    }

    /// A statement as leaves.
    #[must_use]
    pub fn statement(time_secs: u64, statement: &[u8]) -> Vec<Self> {
        let parts = statement.chunks(MAX_PART_BYTES);
        let count = parts.len() as u64;
        let leaf = |(part, bytes): (u64, &[u8])| {
            let body = Body::Statement { part, parts: count, bytes: bytes.to_vec() };
            Self { time_secs, body }
        };
        (0..).zip(parts).map(leaf).collect()
    }
}

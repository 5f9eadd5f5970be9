//! Answers and receipts: what came back, and the signed evidence of it without any value (`docs/protocol/receipt.md`).

use pod_crypto::sha256;

use crate::codec::{
    ANSWER_LIMITS, Cbor, Claims, MAJOR_ARRAY, MAJOR_MAP, array, bytes, decode, fixed, map, uint, write_bytes,
    write_head, write_integer,
};
use crate::cose::Payload;
use crate::ids::{GrantId, Principal, RequestId};
use crate::refusal::{ClaimFault, Outward, Refusal};
use crate::request::{Wanted, wanted_from_cbor, wanted_to_cbor};
use crate::value::Value;

/// How one item ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Whatever of the wanted exists and may be released is in the answer.
    Released,
    /// Nothing is.
    Refused(Outward),
}

impl Outcome {
    /// Its number on the wire.
    #[must_use]
    pub fn number(self) -> u64 {
        match self {
            Self::Released => 0,
            Self::Refused(outward) => outward as u64,
        }
    }

    /// The outcome with this number.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        match number {
            0 => Some(Self::Released),
            number => Outward::from_number(number).map(Self::Refused),
        }
    }

    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::Refused(outward) => outward.code(),
        }
    }
}

/// What a receipt says of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptItem {
    /// The last grant of the chain.
    pub leaf: GrantId,
    /// How it ended.
    pub outcome: Outcome,
    /// The names that the answer has values for.
    pub released: Vec<Wanted>,
    /// [`data_digest`] of the data; absent when refused.
    pub digest: Option<[u8; 32]>,
    /// Where the entry stands in the holder's log.
    pub audit_index: u64,
}

/// Signed evidence of a fetch: the holder says what it released, and where it wrote that down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The holder.
    pub issuer: Principal,
    /// The service.
    pub audience: Principal,
    /// When.
    pub issued: u64,
    /// Which request.
    pub request: RequestId,
    /// One for each item of the request.
    pub items: Vec<ReceiptItem>,
    /// Size of the holder's log after these entries.
    pub tree_size: u64,
    /// Its root at that size.
    pub tree_root: [u8; 32],
}

const REQUEST: i64 = -70030;
const ITEMS: i64 = -70031;
const TREE: i64 = -70032;

impl Payload for Receipt {
    const TYP: &'static str = "application/aitta-receipt+cwt";
    const LIMITS: crate::codec::Limits = ANSWER_LIMITS;

    fn to_cbor(&self) -> Cbor {
        map([
            (1, Some(Cbor::Text(self.issuer.to_string()))),
            (3, Some(Cbor::Text(self.audience.to_string()))),
            (6, Some(self.issued.into())),
            (REQUEST, Some(Cbor::Bytes(self.request.as_bytes().to_vec()))),
            (ITEMS, Some(Cbor::Array(self.items.iter().map(ReceiptItem::to_cbor).collect()))),
            (TREE, Some(Cbor::Array(vec![self.tree_size.into(), Cbor::Bytes(self.tree_root.to_vec())]))),
        ])
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        let mut claims = Claims::open(item)?;
        let tree = array(TREE, claims.need(TREE)?)?;
        let Ok([size, root]) = <[Cbor; 2]>::try_from(tree) else { return Err(ClaimFault::WrongType { claim: TREE }) };
        let receipt = Self {
            issuer: claims.principal(1)?,
            audience: claims.principal(3)?,
            issued: claims.time(6)?,
            request: RequestId::new(claims.fixed(REQUEST)?),
            items: claims.list(ITEMS, ReceiptItem::from_cbor)?,
            tree_size: uint(TREE, size)?,
            tree_root: fixed(TREE, root)?,
        };
        claims.finish()?;
        // An entry that is not in the tree that the receipt names is evidence of nothing.
        if receipt.items.iter().any(|item| item.audit_index >= receipt.tree_size) {
            return Err(ClaimFault::OutOfRange { claim: TREE });
        }
        Ok(receipt)
    }
}

impl ReceiptItem {
    fn to_cbor(&self) -> Cbor {
        Cbor::Array(vec![
            Cbor::Bytes(self.leaf.as_bytes().to_vec()),
            self.outcome.number().into(),
            if self.released.is_empty() { Cbor::Null } else { wanted_to_cbor(&self.released) },
            self.digest.map_or(Cbor::Null, |digest| Cbor::Bytes(digest.to_vec())),
            self.audit_index.into(),
        ])
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        let wrong = ClaimFault::WrongType { claim: ITEMS };
        let Ok([leaf, outcome, released, digest, index]) = <[Cbor; 5]>::try_from(array(ITEMS, item)?) else {
            return Err(wrong);
        };
        let item = Self {
            leaf: GrantId::new(fixed(ITEMS, leaf)?),
            outcome: Outcome::from_number(uint(ITEMS, outcome)?).ok_or(wrong)?,
            released: match released {
                Cbor::Null => Vec::new(),
                released => wanted_from_cbor(ITEMS, released)?,
            },
            digest: match digest {
                Cbor::Null => None,
                digest => Some(fixed(ITEMS, digest)?),
            },
            audit_index: uint(ITEMS, index)?,
        };
        let consistent = match item.outcome {
            Outcome::Released => item.digest.is_some(),
            Outcome::Refused(_) => item.digest.is_none() && item.released.is_empty(),
        };
        if consistent { Ok(item) } else { Err(ClaimFault::OutOfRange { claim: ITEMS }) }
    }
}

/// The digest in a receipt: salted, so that a yes or a no cannot be found again by hashing both.
#[must_use]
pub fn data_digest(salt: &[u8; 16], data: &[u8]) -> [u8; 32] {
    sha256(&[salt, data])
}

/// One item's part of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemAnswer {
    /// The salt of the digest, and the encoded data: `{type: [record, …]}`, predicates under their ids.
    Released {
        /// 16 random bytes.
        salt: [u8; 16],
        /// A [`Value`] in its deterministic encoding.
        data: Vec<u8>,
    },
    /// Refused, with what the peer may know of the reason.
    Refused(Outward),
}

/// What a holder sends back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The signed receipt.
    pub receipt: Vec<u8>,
    /// One for each item of the request.
    pub items: Vec<ItemAnswer>,
}

impl Answer {
    /// The deterministic encoding.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Written without an item in between: the data of many people would be copied into it first.
        let mut out = Vec::with_capacity(self.most_bytes());
        write_head(&mut out, MAJOR_MAP, 2);
        write_integer(&mut out, 0);
        write_bytes(&mut out, &self.receipt);
        write_integer(&mut out, 1);
        write_head(&mut out, MAJOR_ARRAY, self.items.len() as u64);
        for item in &self.items {
            match item {
                ItemAnswer::Released { salt, data } => {
                    write_head(&mut out, MAJOR_ARRAY, 3);
                    write_integer(&mut out, 0);
                    write_bytes(&mut out, salt);
                    write_bytes(&mut out, data);
                }
                ItemAnswer::Refused(outward) => {
                    write_head(&mut out, MAJOR_ARRAY, 1);
                    write_integer(&mut out, (*outward as u64).into());
                }
            }
        }
        out
    }

    /// At least as many bytes as the encoding has: 32 around the receipt and around each item are more than heads and salt take.
    fn most_bytes(&self) -> usize {
        let one = |item: &ItemAnswer| match item {
            ItemAnswer::Released { data, .. } => 32 + data.len(),
            ItemAnswer::Refused(_) => 32,
        };
        32 + self.receipt.len() + self.items.iter().map(one).sum::<usize>()
    }

    /// Reads an answer; the receipt is checked by its reader.
    ///
    /// # Errors
    /// [`Refusal::Cbor`], [`Refusal::Claim`].
    pub fn from_bytes(message: &[u8]) -> Result<Self, Refusal> {
        let mut claims = Claims::open(decode(message, ANSWER_LIMITS)?)?;
        let receipt = claims.bytes(0)?;
        let items = claims.list(1, |item| {
            let wrong = ClaimFault::WrongType { claim: 1 };
            let mut parts = array(1, item)?.into_iter();
            let outcome = uint(1, parts.next().ok_or(wrong)?)?;
            let item = match Outcome::from_number(outcome).ok_or(wrong)? {
                Outcome::Released => ItemAnswer::Released {
                    salt: fixed(1, parts.next().ok_or(wrong)?)?,
                    data: bytes(1, parts.next().ok_or(wrong)?)?,
                },
                Outcome::Refused(outward) => ItemAnswer::Refused(outward),
            };
            if parts.next().is_some() { Err(wrong) } else { Ok(item) }
        })?;
        claims.finish()?;
        Ok(Self { receipt, items })
    }
}

/// Checks that an answer's data are what its receipt says, item by item.
///
/// # Errors
/// [`Refusal::Claim`] when the two differ in number, outcome or digest.
pub fn check_against_receipt(items: &[ItemAnswer], receipt: &Receipt) -> Result<(), Refusal> {
    let differs = Refusal::Claim(ClaimFault::OutOfRange { claim: ITEMS });
    if items.len() != receipt.items.len() {
        return Err(differs);
    }
    for (item, said) in items.iter().zip(&receipt.items) {
        let same = match item {
            ItemAnswer::Released { salt, data } => {
                said.outcome == Outcome::Released && said.digest == Some(data_digest(salt, data))
            }
            ItemAnswer::Refused(outward) => said.outcome == Outcome::Refused(*outward) && said.digest.is_none(),
        };
        if !same {
            return Err(differs);
        }
    }
    Ok(())
}

impl ItemAnswer {
    /// The released data.
    ///
    /// # Errors
    /// The [`Outward`] reason when there are none; [`Outward::Malformed`] when they do not decode.
    pub fn data(&self) -> Result<Value, Outward> {
        match self {
            Self::Released { data, .. } => Value::from_cbor(data).map_err(|_| Outward::Malformed),
            Self::Refused(outward) => Err(*outward),
        }
    }
}

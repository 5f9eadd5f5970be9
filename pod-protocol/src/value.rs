//! The values that records are made of: JSON's, without floating-point numbers.
//!
//! Money and measures are text in decimal form (`"118.00"`), dates are text (`"2026-08-01"`): what a register
//! says is released as it said it, and every value has one encoding.

use std::collections::BTreeMap;

use pod_crypto::Zeroize;

use crate::codec::{
    ANSWER_LIMITS, Cbor, CborFault, MAJOR_ARRAY, MAJOR_MAP, decode, text_order, write_head, write_integer,
    write_simple, write_text,
};

/// Most bytes of an item's head: the initial byte and 8 of argument.
const MAX_HEAD_BYTES: usize = 9;

/// One value of a record.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// Known to be nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Text; also dates and decimals.
    Text(String),
    /// A list.
    Array(Vec<Value>),
    /// Named properties.
    Map(BTreeMap<String, Value>),
}

/// A value that is not a record's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueFault {
    /// Not deterministic CBOR.
    #[error(transparent)]
    Cbor(#[from] CborFault),
    /// A byte string, or a map key that is not text.
    #[error("only null, booleans, 64-bit integers, text, arrays and maps with text keys can stand in a record")]
    Kind,
    /// A JSON number with a fraction or outside 64 bits.
    #[error("numbers must be whole and fit 64 bits: write decimals as text, such as \"118.00\"")]
    Number,
}

impl Value {
    /// The deterministic encoding.
    #[must_use]
    pub fn to_cbor(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.encoded_len());
        self.write(&mut out);
        out
    }

    /// Writes what [`encode`](crate::codec::encode) writes of [`Value::to_item`], without a copy of each text on the way.
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => write_simple(out, None),
            Self::Bool(value) => write_simple(out, Some(*value)),
            Self::Int(value) => write_integer(out, (*value).into()),
            Self::Text(value) => write_text(out, value),
            Self::Array(items) => {
                write_head(out, MAJOR_ARRAY, items.len() as u64);
                items.iter().for_each(|item| item.write(out));
            }
            Self::Map(entries) => {
                write_head(out, MAJOR_MAP, entries.len() as u64);
                let mut sorted: Vec<(&String, &Self)> = entries.iter().collect();
                sorted.sort_by(|(left, _), (right, _)| text_order(left, right));
                for (name, value) in sorted {
                    write_text(out, name);
                    value.write(out);
                }
            }
        }
    }

    /// At least as many bytes as the encoding has: a buffer that grows leaves copies of what was in it behind.
    fn encoded_len(&self) -> usize {
        MAX_HEAD_BYTES
            + match self {
                Self::Text(value) => value.len(),
                Self::Array(items) => items.iter().map(Self::encoded_len).sum(),
                Self::Map(entries) => {
                    entries.iter().map(|(name, value)| MAX_HEAD_BYTES + name.len() + value.encoded_len()).sum()
                }
                Self::Null | Self::Bool(_) | Self::Int(_) => 0,
            }
    }

    /// Reads the deterministic encoding.
    ///
    /// # Errors
    /// [`ValueFault::Cbor`], [`ValueFault::Kind`].
    pub fn from_cbor(bytes: &[u8]) -> Result<Self, ValueFault> {
        Self::from_item(decode(bytes, ANSWER_LIMITS)?)
    }

    /// As a CBOR item, to stand inside another object.
    #[must_use]
    pub fn to_item(&self) -> Cbor {
        match self {
            Self::Null => Cbor::Null,
            Self::Bool(value) => Cbor::Bool(*value),
            Self::Int(value) => Cbor::from(*value),
            Self::Text(value) => Cbor::Text(value.clone()),
            Self::Array(items) => Cbor::Array(items.iter().map(Self::to_item).collect()),
            Self::Map(entries) => {
                Cbor::Map(entries.iter().map(|(key, value)| (Cbor::Text(key.clone()), value.to_item())).collect())
            }
        }
    }

    /// From a CBOR item that the strict decoder made.
    ///
    /// # Errors
    /// [`ValueFault::Kind`].
    pub fn from_item(item: Cbor) -> Result<Self, ValueFault> {
        Ok(match item {
            Cbor::Null => Self::Null,
            Cbor::Bool(value) => Self::Bool(value),
            Cbor::Integer(value) => Self::Int(i64::try_from(value).map_err(|_| ValueFault::Kind)?),
            Cbor::Text(value) => Self::Text(value),
            Cbor::Array(items) => Self::Array(items.into_iter().map(Self::from_item).collect::<Result<_, _>>()?),
            Cbor::Map(entries) => Self::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| match key {
                        Cbor::Text(key) => Ok((key, Self::from_item(value)?)),
                        _ => Err(ValueFault::Kind),
                    })
                    .collect::<Result<_, _>>()?,
            ),
            _ => return Err(ValueFault::Kind),
        })
    }

    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Int(value) => (*value).into(),
            Self::Text(value) => value.clone().into(),
            Self::Array(items) => items.iter().map(Self::to_json).collect(),
            Self::Map(entries) => {
                serde_json::Value::Object(entries.iter().map(|(key, value)| (key.clone(), value.to_json())).collect())
            }
        }
    }

    /// From JSON.
    ///
    /// # Errors
    /// [`ValueFault::Number`].
    pub fn from_json(json: &serde_json::Value) -> Result<Self, ValueFault> {
        Ok(match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(*value),
            serde_json::Value::Number(number) => Self::Int(number.as_i64().ok_or(ValueFault::Number)?),
            serde_json::Value::String(text) => Self::Text(text.clone()),
            serde_json::Value::Array(items) => {
                Self::Array(items.iter().map(Self::from_json).collect::<Result<_, _>>()?)
            }
            serde_json::Value::Object(entries) => Self::Map(
                entries
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), Self::from_json(value)?)))
                    .collect::<Result<_, ValueFault>>()?,
            ),
        })
    }
}

/// Says what kind of value it is and how large, never the value: records end up in no log.
impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Bool(_) => f.write_str("Bool(…)"),
            Self::Int(_) => f.write_str("Int(…)"),
            Self::Text(_) => f.write_str("Text(…)"),
            Self::Array(items) => write!(f, "Array({} items)", items.len()),
            Self::Map(entries) => write!(f, "Map({} entries)", entries.len()),
        }
    }
}

impl Zeroize for Value {
    fn zeroize(&mut self) {
        match self {
            Self::Text(text) => text.zeroize(),
            Self::Int(value) => value.zeroize(),
            Self::Bool(value) => value.zeroize(),
            Self::Array(items) => items.iter_mut().for_each(Zeroize::zeroize),
            Self::Map(entries) => entries.values_mut().for_each(Zeroize::zeroize),
            Self::Null => {}
        }
        *self = Self::Null;
    }
}

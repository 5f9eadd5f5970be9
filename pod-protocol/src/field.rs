//! Field paths: which part of a record somebody means, and taking exactly that part out.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::codec::Cbor;
use crate::refusal::ClaimFault;
use crate::value::Value;

/// Longest name of a record type, a field path or a predicate, in bytes: they are shown to people.
pub const MAX_NAME_BYTES: usize = 96;

/// Most segments of a field path; a record is nested less deeply.
const MAX_SEGMENTS: usize = 8;

/// Text that is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a name: lower-case letters, digits, `_` and `-`, a letter first, at most {MAX_NAME_BYTES} bytes; fields join names with dots"
)]
pub struct NameFault;

fn check_segment(segment: &str) -> Result<(), NameFault> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-';
    match segment.as_bytes().split_first() {
        Some((first, rest)) if first.is_ascii_lowercase() && rest.iter().copied().all(plain) => Ok(()),
        _ => Err(NameFault),
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Box<str>);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Reads it from a claim. `*` is named as what it is.
            ///
            /// # Errors
            /// [`ClaimFault::Wildcard`], [`ClaimFault::WrongType`].
            pub fn from_claim(claim: i64, item: Cbor) -> Result<Self, ClaimFault> {
                match item {
                    Cbor::Text(text) if text.contains('*') => Err(ClaimFault::Wildcard { claim }),
                    Cbor::Text(text) => match Self::check(&text) {
                        Ok(()) => Ok(Self(text.into_boxed_str())),
                        Err(NameFault) => Err(ClaimFault::WrongType { claim }),
                    },
                    _ => Err(ClaimFault::WrongType { claim }),
                }
            }

            fn check(text: &str) -> Result<(), NameFault> {
                if text.len() > MAX_NAME_BYTES {
                    return Err(NameFault);
                }
                #[allow(clippy::redundant_closure_call)]
                ($check)(text)
            }
        }

        impl FromStr for $name {
            type Err = NameFault;

            fn from_str(text: &str) -> Result<Self, NameFault> {
                Self::check(text).map(|()| Self(text.into()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

name! {
    /// A record type of a catalogue, such as `child-health`.
    RecordType, check_segment
}
name! {
    /// A field of a record type: property names joined by dots, such as `allergies.substance`. Arrays are traversed; a parent
    /// name means all below it.
    FieldPath, |text: &str| {
        let segments = text.split('.');
        if segments.clone().count() > MAX_SEGMENTS { return Err(NameFault) }
        segments.clone().try_for_each(check_segment)
    }
}
name! {
    /// The id of a predicate inside a grant: `?` and a name, so that it can never be taken for a field.
    PredicateId, |text: &str| check_segment(text.strip_prefix('?').ok_or(NameFault)?)
}
name! {
    /// Why a service asks: a term of the W3C Data Privacy Vocabulary, such as `dpv:ServiceProvision`.
    Purpose, |text: &str| {
        let (prefix, term) = text.split_once(':').ok_or(NameFault)?;
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if plain(prefix) && plain(term) { Ok(()) } else { Err(NameFault) }
    }
}

impl FieldPath {
    /// Whether this path means `other` too: it is the same, or a parent of it.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        match other.0.strip_prefix(&*self.0) {
            Some(rest) => rest.is_empty() || rest.starts_with('.'),
            None => false,
        }
    }

    fn segments(&self) -> Vec<&str> {
        self.0.split('.').collect()
    }

    /// Every value that stands at this path, through arrays.
    #[must_use]
    pub fn values<'a>(&self, record: &'a Value) -> Vec<&'a Value> {
        let mut found = vec![record];
        for segment in self.segments() {
            found = found.into_iter().flat_map(elements).filter_map(|value| property(value, segment)).collect();
        }
        found
    }
}

fn elements(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().flat_map(elements).collect(),
        other => vec![other],
    }
}

fn property<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Map(entries) => entries.get(name),
        _ => None,
    }
}

/// What remains of `record` when only `paths` are kept: exactly the named parts in their places. `None` when nothing does.
#[must_use]
pub fn project(record: &Value, paths: &[FieldPath]) -> Option<Value> {
    let segments: Vec<Vec<&str>> = paths.iter().map(FieldPath::segments).collect();
    let remaining: Vec<&[&str]> = segments.iter().map(Vec::as_slice).collect();
    keep(record, &remaining)
}

fn keep(value: &Value, paths: &[&[&str]]) -> Option<Value> {
    if paths.iter().any(|path| path.is_empty()) {
        return Some(value.clone());
    }
    match value {
        Value::Array(items) => {
            let kept: Vec<Value> = items.iter().filter_map(|item| keep(item, paths)).collect();
            // An empty list says "there is none", which is an answer; a list of things that have no such part is not.
            (items.is_empty() || !kept.is_empty()).then_some(Value::Array(kept))
        }
        Value::Map(entries) => {
            let kept: BTreeMap<String, Value> = entries
                .iter()
                .filter_map(|(name, value)| {
                    let below: Vec<&[&str]> = paths
                        .iter()
                        .filter_map(|path| path.split_first().filter(|(first, _)| *first == name).map(|(_, rest)| rest))
                        .collect();
                    if below.is_empty() { None } else { Some((name.clone(), keep(value, &below)?)) }
                })
                .collect();
            (!kept.is_empty()).then_some(Value::Map(kept))
        }
        _ => None,
    }
}

/// Whether [`project`] would keep anything of `record` at this path, without a copy of it.
#[must_use]
pub fn stands(record: &Value, path: &FieldPath) -> bool {
    found(record, &path.segments())
}

fn found(value: &Value, path: &[&str]) -> bool {
    let Some((first, rest)) = path.split_first() else { return true };
    match value {
        Value::Array(items) => items.is_empty() || items.iter().any(|item| found(item, path)),
        Value::Map(entries) => entries.get(*first).is_some_and(|below| found(below, rest)),
        _ => false,
    }
}

/// Takes the parts named by `paths` out of `record`, in place. What that leaves empty goes too: an empty address would say
/// that there is one. A record that is a list and of which nothing is left becomes null: an empty list would be an answer.
pub fn withhold(record: &mut Value, paths: &[FieldPath]) {
    for path in paths {
        if remove(record, &path.segments()) && matches!(record, Value::Array(_)) {
            *record = Value::Null;
        }
    }
}

/// Says whether something was removed and nothing is left of `value`.
fn remove(value: &mut Value, path: &[&str]) -> bool {
    let Some((first, rest)) = path.split_first() else { return false };
    match value {
        Value::Array(items) => {
            let before = items.len();
            items.retain_mut(|item| !remove(item, path));
            items.is_empty() && before > 0
        }
        Value::Map(entries) => {
            let gone = entries.get_mut(*first).is_some_and(|below| rest.is_empty() || remove(below, rest));
            if gone && let Some(mut removed) = entries.remove(*first) {
                pod_crypto::Zeroize::zeroize(&mut removed);
            }
            gone && entries.is_empty()
        }
        _ => false,
    }
}

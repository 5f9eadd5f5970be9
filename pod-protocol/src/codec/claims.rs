//! Reading and writing claims: a map whose integer keys each mean something, and none of which may be left over.

use super::Cbor;
use crate::ids::{PodId, Principal};
use crate::refusal::ClaimFault;

/// Claims being read. Each claim is taken once; [`Claims::finish`] refuses what nobody asked for,
/// so that an object never says more than its reader understood.
#[derive(Debug)]
pub struct Claims {
    entries: Vec<(i64, Cbor)>,
}

impl Claims {
    /// Opens a map with integer keys.
    ///
    /// # Errors
    /// [`ClaimFault::WrongType`] when `item` is anything else.
    pub fn open(item: Cbor) -> Result<Self, ClaimFault> {
        let Cbor::Map(pairs) = item else { return Err(ClaimFault::WrongType { claim: 0 }) };
        let entries = pairs
            .into_iter()
            .map(|(key, value)| match key {
                Cbor::Integer(key) => match i64::try_from(key) {
                    Ok(key) => Ok((key, value)),
                    Err(_) => Err(ClaimFault::Unknown { claim: 0 }),
                },
                _ => Err(ClaimFault::Unknown { claim: 0 }),
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { entries })
    }

    /// Takes a claim that may be absent.
    pub fn take(&mut self, claim: i64) -> Option<Cbor> {
        let at = self.entries.iter().position(|(key, _)| *key == claim)?;
        Some(self.entries.swap_remove(at).1)
    }

    /// Takes a claim that must be there.
    ///
    /// # Errors
    /// [`ClaimFault::Missing`].
    pub fn need(&mut self, claim: i64) -> Result<Cbor, ClaimFault> {
        self.take(claim).ok_or(ClaimFault::Missing { claim })
    }

    /// Takes an unsigned integer.
    ///
    /// # Errors
    /// [`ClaimFault::Missing`], [`ClaimFault::WrongType`].
    pub fn uint(&mut self, claim: i64) -> Result<u64, ClaimFault> {
        uint(claim, self.need(claim)?)
    }

    /// Takes a time in whole seconds since 1970: 0 and times after 2^53 - 1 are refused (JavaScript's safe range).
    ///
    /// # Errors
    /// [`ClaimFault::Missing`], [`ClaimFault::WrongType`], [`ClaimFault::OutOfRange`].
    pub fn time(&mut self, claim: i64) -> Result<u64, ClaimFault> {
        time(claim, self.need(claim)?)
    }

    /// Takes a time that may be absent.
    ///
    /// # Errors
    /// As [`Claims::time`], but for absence.
    pub fn optional_time(&mut self, claim: i64) -> Result<Option<u64>, ClaimFault> {
        self.take(claim).map(|item| time(claim, item)).transpose()
    }

    /// Takes a text.
    ///
    /// # Errors
    /// [`ClaimFault::Missing`], [`ClaimFault::WrongType`].
    pub fn text(&mut self, claim: i64) -> Result<String, ClaimFault> {
        text(claim, self.need(claim)?)
    }

    /// Takes a byte string of any length.
    ///
    /// # Errors
    /// [`ClaimFault::Missing`], [`ClaimFault::WrongType`].
    pub fn bytes(&mut self, claim: i64) -> Result<Vec<u8>, ClaimFault> {
        bytes(claim, self.need(claim)?)
    }

    /// Takes a byte string of exactly `N` bytes.
    ///
    /// # Errors
    /// [`ClaimFault::Missing`], [`ClaimFault::WrongType`].
    pub fn fixed<const N: usize>(&mut self, claim: i64) -> Result<[u8; N], ClaimFault> {
        fixed(claim, self.need(claim)?)
    }

    /// Takes a principal's id.
    ///
    /// # Errors
    /// [`ClaimFault::Missing`], [`ClaimFault::WrongType`].
    pub fn principal(&mut self, claim: i64) -> Result<Principal, ClaimFault> {
        parsed(claim, self.need(claim)?)
    }

    /// Takes a pod's id.
    ///
    /// # Errors
    /// [`ClaimFault::Missing`], [`ClaimFault::WrongType`].
    pub fn pod(&mut self, claim: i64) -> Result<PodId, ClaimFault> {
        parsed(claim, self.need(claim)?)
    }

    /// Takes a non-empty array, reading each item with `read`.
    ///
    /// # Errors
    /// [`ClaimFault::Missing`], [`ClaimFault::WrongType`], [`ClaimFault::Empty`], and those of `read`.
    pub fn list<T>(
        &mut self,
        claim: i64,
        read: impl FnMut(Cbor) -> Result<T, ClaimFault>,
    ) -> Result<Vec<T>, ClaimFault> {
        let items = array(claim, self.need(claim)?)?;
        if items.is_empty() {
            return Err(ClaimFault::Empty { claim });
        }
        items.into_iter().map(read).collect()
    }

    /// Refuses claims that nobody took.
    ///
    /// # Errors
    /// [`ClaimFault::Unknown`].
    pub fn finish(self) -> Result<(), ClaimFault> {
        match self.entries.first() {
            Some((claim, _)) => Err(ClaimFault::Unknown { claim: *claim }),
            None => Ok(()),
        }
    }
}

const LATEST_TIME: u64 = (1 << 53) - 1;

/// Reads a time in whole seconds since 1970, as [`Claims::time`] does.
///
/// # Errors
/// [`ClaimFault::WrongType`], [`ClaimFault::OutOfRange`].
pub fn time(claim: i64, item: Cbor) -> Result<u64, ClaimFault> {
    match uint(claim, item)? {
        secs @ 1..=LATEST_TIME => Ok(secs),
        _ => Err(ClaimFault::OutOfRange { claim }),
    }
}

/// Reads an unsigned integer.
///
/// # Errors
/// [`ClaimFault::WrongType`].
pub fn uint(claim: i64, item: Cbor) -> Result<u64, ClaimFault> {
    match item {
        Cbor::Integer(integer) => u64::try_from(integer).map_err(|_| ClaimFault::WrongType { claim }),
        _ => Err(ClaimFault::WrongType { claim }),
    }
}

/// Reads a text.
///
/// # Errors
/// [`ClaimFault::WrongType`].
pub fn text(claim: i64, item: Cbor) -> Result<String, ClaimFault> {
    match item {
        Cbor::Text(text) => Ok(text),
        _ => Err(ClaimFault::WrongType { claim }),
    }
}

/// Reads a text that has a type of its own, such as a principal's id.
///
/// # Errors
/// [`ClaimFault::WrongType`].
pub fn parsed<T: std::str::FromStr>(claim: i64, item: Cbor) -> Result<T, ClaimFault> {
    text(claim, item)?.parse().map_err(|_| ClaimFault::WrongType { claim })
}

/// Reads a byte string.
///
/// # Errors
/// [`ClaimFault::WrongType`].
pub fn bytes(claim: i64, item: Cbor) -> Result<Vec<u8>, ClaimFault> {
    match item {
        Cbor::Bytes(bytes) => Ok(bytes),
        _ => Err(ClaimFault::WrongType { claim }),
    }
}

/// Reads a byte string of exactly `N` bytes.
///
/// # Errors
/// [`ClaimFault::WrongType`].
pub fn fixed<const N: usize>(claim: i64, item: Cbor) -> Result<[u8; N], ClaimFault> {
    bytes(claim, item)?.try_into().map_err(|_| ClaimFault::WrongType { claim })
}

/// Reads an array.
///
/// # Errors
/// [`ClaimFault::WrongType`].
pub fn array(claim: i64, item: Cbor) -> Result<Vec<Cbor>, ClaimFault> {
    match item {
        Cbor::Array(items) => Ok(items),
        _ => Err(ClaimFault::WrongType { claim }),
    }
}

/// Builds a map from claims; absent ones are left out.
#[must_use]
pub fn map<const N: usize>(entries: [(i64, Option<Cbor>); N]) -> Cbor {
    Cbor::Map(entries.into_iter().filter_map(|(key, value)| Some((Cbor::from(key), value?))).collect())
}

/// `null` for `None`.
#[must_use]
pub fn optional(item: Option<Cbor>) -> Cbor {
    item.unwrap_or(Cbor::Null)
}

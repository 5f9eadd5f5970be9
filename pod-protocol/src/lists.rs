//! Lists inside objects, and the window of an object: read and checked the same way everywhere.

use std::fmt::Display;

use crate::codec::{Cbor, array};
use crate::refusal::ClaimFault;

/// A list of texts.
pub(crate) fn texts<T: Display>(items: &[T]) -> Cbor {
    Cbor::Array(items.iter().map(|item| Cbor::Text(item.to_string())).collect())
}

/// Reads a list that may be empty.
pub(crate) fn any<T>(
    claim: i64,
    item: Cbor,
    read: impl FnMut(Cbor) -> Result<T, ClaimFault>,
) -> Result<Vec<T>, ClaimFault> {
    array(claim, item)?.into_iter().map(read).collect()
}

/// Reads a list that must not be empty.
pub(crate) fn some<T>(
    claim: i64,
    item: Cbor,
    read: impl FnMut(Cbor) -> Result<T, ClaimFault>,
) -> Result<Vec<T>, ClaimFault> {
    let list = any(claim, item, read)?;
    if list.is_empty() { Err(ClaimFault::Empty { claim }) } else { Ok(list) }
}

/// Reads a list of 1 to `most` items, counted before any is read: for items that are dear to read.
pub(crate) fn few<T>(
    claim: i64,
    item: Cbor,
    most: usize,
    read: impl FnMut(Cbor) -> Result<T, ClaimFault>,
) -> Result<Vec<T>, ClaimFault> {
    match array(claim, item)? {
        items if items.len() > most => Err(ClaimFault::OutOfRange { claim }),
        items => some(claim, Cbor::Array(items), read),
    }
}

/// Reads exactly `N` items.
pub(crate) fn tuple<const N: usize>(claim: i64, item: Cbor) -> Result<[Cbor; N], ClaimFault> {
    array(claim, item)?.try_into().map_err(|_| ClaimFault::WrongType { claim })
}

/// Refuses a window that is empty or longer than `longest_secs`; the fault names `exp` (claim 4).
pub(crate) fn window(issued: u64, expires: u64, longest_secs: u64) -> Result<(), ClaimFault> {
    match expires.checked_sub(issued) {
        Some(secs) if (1..=longest_secs).contains(&secs) => Ok(()),
        _ => Err(ClaimFault::OutOfRange { claim: 4 }),
    }
}

/// Refuses an object of times to come.
pub(crate) fn issued(issued_secs: u64, now_secs: u64) -> Result<(), crate::Refusal> {
    let ahead = issued_secs > now_secs.saturating_add(crate::chain::CLOCK_SKEW_SECS);
    if ahead { Err(crate::Refusal::NotYetIssued) } else { Ok(()) }
}

/// Refuses an object that is not of this time.
pub(crate) fn current(issued_secs: u64, expires: u64, now_secs: u64) -> Result<(), crate::Refusal> {
    issued(issued_secs, now_secs)?;
    if expires <= now_secs { Err(crate::Refusal::Expired) } else { Ok(()) }
}

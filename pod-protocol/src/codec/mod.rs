//! Strict deterministic CBOR (RFC 8949 §4.2.1), the only encoding on the wire.
//!
//! [`decode`] runs a byte-level [`scan()`] first, because no general decoder refuses duplicate keys,
//! unsorted maps, long integers and trailing bytes, and two readers that disagree about bytes
//! are how signatures get bypassed. What it accepts is then read with the same steps, so that the two cannot
//! disagree. [`encode()`] can only write what [`scan()`] accepts. ciborium gives the model of an item, and is the tests' second opinion.

mod claims;
mod encode;
mod read;
mod scan;

pub use claims::{Claims, array, bytes, fixed, map, optional, parsed, text, time, uint};
pub use encode::encode;
pub(crate) use encode::{head_len, text_order, write_bytes, write_head, write_integer, write_simple, write_text};
pub use scan::{CborFault, Limits, scan, scan_tagged};
pub(crate) use scan::{Cursor, MAJOR_ARRAY, MAJOR_BYTES, MAJOR_MAP};

/// A decoded CBOR item, as ciborium models it.
pub type Cbor = ciborium::Value;

/// Most bytes that a signed object or a call may have. A request of 256 items with their grants'
/// ids needs 30 kB; twice that bounds what an unauthenticated peer can make a node parse.
pub const MAX_OBJECT_BYTES: usize = 64 * 1024;

/// Most bytes that an answer or an export page may have: 256 items of 4 kB of fields.
pub const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// Most items in one array and entries in one map: the batch size of a request.
pub const MAX_ARRAY_ITEMS: usize = 256;

/// Most levels of nesting. The deepest object (a receipt) needs 6.
pub const MAX_DEPTH: usize = 8;

/// The limits of signed objects and calls.
pub const OBJECT_LIMITS: Limits = Limits { bytes: MAX_OBJECT_BYTES, depth: MAX_DEPTH, items: MAX_ARRAY_ITEMS };

/// The limits of answers and of record values, which a holder's own registers shaped: deeper and longer.
pub const ANSWER_LIMITS: Limits = Limits { bytes: MAX_ANSWER_BYTES, depth: 24, items: 4096 };

/// Decodes one item under `limits`, refusing everything that is not deterministic.
///
/// # Errors
/// The first [`CborFault`] in byte order.
pub fn decode(bytes: &[u8], limits: Limits) -> Result<Cbor, CborFault> {
    scan(bytes, limits)?;
    read::read(bytes)
}

/// Decodes a COSE_Sign1 message without its tag, as [`decode`] does an untagged item.
///
/// # Errors
/// The first [`CborFault`] in byte order.
pub(crate) fn decode_tagged(bytes: &[u8], limits: Limits) -> Result<Cbor, CborFault> {
    scan_tagged(bytes, limits)?;
    // Tag 18 in its shortest form is one byte.
    read::read(bytes.split_first().map_or(bytes, |(_, item)| item))
}

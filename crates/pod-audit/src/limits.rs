//! Every bound of the log, by name, with its reason.

use pod_protocol::codec::{Limits, MAX_ARRAY_ITEMS, MAX_OBJECT_BYTES};
use pod_protocol::field::MAX_NAME_BYTES;
use pod_protocol::path::MAX_PROTECTED_FIELDS;

/// Bytes of an entry beside names: with a chain of 4 grants and the longest purpose some 700.
const BESIDE_NAMES_BYTES: usize = 1024;

/// In how many lists of an entry a record type can stand that stands once in the request: what was released, and what
/// was kept back for each of three reasons. A list costs no more than the request's own of the same names.
const LISTS_OF_A_TYPE: usize = 4;

/// Bytes of the names that an entry can have and its request has not: fields under non-disclosure, of which the request
/// names a parent; each with its length.
const PROTECTED_BYTES: usize = MAX_PROTECTED_FIELDS * (2 + MAX_NAME_BYTES);

/// Most bytes of one entry: no request that can be read makes a larger one. An entry that does not fit would be an
/// answer that cannot leave, and would tell what was kept back.
pub const MAX_ENTRY_BYTES: usize = BESIDE_NAMES_BYTES + PROTECTED_BYTES + LISTS_OF_A_TYPE * MAX_OBJECT_BYTES;

/// Most bytes of the entries of one [`append`](crate::Log::append): those of a request with the most items, which share
/// its bytes.
pub const MAX_BATCH_BYTES: usize =
    MAX_ARRAY_ITEMS * (BESIDE_NAMES_BYTES + PROTECTED_BYTES) + LISTS_OF_A_TYPE * MAX_OBJECT_BYTES;

// Whoever appended more than the queue holds would wait for ever.
const _: () = assert!(MAX_ENTRY_BYTES <= MAX_BATCH_BYTES && MAX_BATCH_BYTES <= QUEUE_BYTES);

/// Most bytes of entries that wait for the writer. A waiting entry is an answer that has not left, so this bounds
/// memory when the disk stalls; appenders beyond it wait for room in the order they came.
pub const QUEUE_BYTES: usize = 16 * 1024 * 1024;

/// Most bytes of entries that one sync makes durable. A group is at most this and one batch, so that the first waiter
/// of a full queue does not pay for the last.
pub const MAX_GROUP_BYTES: usize = 4 * 1024 * 1024;

/// Usual bytes of a segment file: some 75,000 entries. The newest segment is read in full at start (about 0.2 s), and
/// its index is in memory (20 bytes an entry, 1.5 MB).
pub const DEFAULT_SEGMENT_BYTES: u64 = 32 * 1024 * 1024;

/// Fewest bytes of a segment: header, the repeated head, and a few entries.
pub const MIN_SEGMENT_BYTES: u64 = 4 * 1024;

/// Most bytes of a segment: offsets in it are 32 bits wide, with room for a group that is too large for it.
pub const MAX_SEGMENT_BYTES: u64 = 1024 * 1024 * 1024;

/// How far ahead of the entries a segment is filled with zeros. Writing over zeros that are on disk changes no file
/// metadata, which makes a sync about twice as fast; this much is written with one in some thousand syncs.
pub(crate) const ZERO_AHEAD_BYTES: u64 = 512 * 1024;

/// Most bytes of a signed head: it must fit a slot of the head file, which is one disk sector.
pub(crate) const MAX_HEAD_BYTES: usize = 480;

/// Limits for the CBOR of an entry and of its personal part; the lists hold names, at most as many as fit the bytes.
pub(crate) const ENTRY_LIMITS: Limits = Limits { bytes: MAX_ENTRY_BYTES, depth: 6, items: 16 * 1024 };

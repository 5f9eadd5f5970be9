//! Every bound of the vault, by name, and why it is what it is.

use pod_protocol::codec::{ANSWER_LIMITS, Limits};

/// Most pods whose keys are kept opened: those of a city district are warm, at some 250 bytes each (4 MB). What is beyond is opened
/// again when needed, which costs a read and some microseconds.
pub const MAX_CACHED_POD_KEYS: usize = 16_384;

/// Most records of one type in one pod that are opened for one answer: what an answer's list can hold.
pub const MAX_RECORDS_OF_TYPE: usize = ANSWER_LIMITS.items;

/// Most bytes of one record's fields, encoded: a quarter of the longest answer. A register's largest rows have some KiB.
pub const MAX_RECORD_BYTES: usize = 256 * 1024;

/// Longest record id, in bytes: card numbers and dates are shorter than a third of it.
pub const MAX_RECORD_ID_BYTES: usize = 128;

/// Longest name of the source of a record (a register), in bytes.
pub const MAX_SOURCE_BYTES: usize = 128;

/// Most records on one page of a citizen's own reading.
pub const MAX_PAGE_RECORDS: usize = 256;

/// Bytes of opened records after which a page of a citizen's own reading ends: half of the longest answer, because the page
/// becomes JSON.
pub const MAX_PAGE_BYTES: usize = ANSWER_LIMITS.bytes / 2;

/// Most guardians of one child: two parents, and whom courts may add.
pub const MAX_GUARDIANS: usize = 16;

/// Most children of one guardian: an institution's guardian can have some hundred, and each costs a login some microseconds.
pub const MAX_WARDS: usize = 1_024;

/// Most key-encryption keys of a node: one that seals, and those that still open what was not rewrapped. Rotations end with
/// retiring the old ones, so that more than two or three mean that the rewrapping never ran.
pub const MAX_SEAL_KEYS: usize = 8;

/// Longest file of node keys, in bytes: eight keys and comments are a tenth of it.
pub const MAX_KEY_FILE_BYTES: usize = 16 * 1024;

/// Most pods whose keys are sealed anew in one commit: well within what a store's batch takes, and some hundred milliseconds in
/// which others wait.
pub const MAX_REWRAPPED_AT_ONCE: usize = 8_192;

/// Rows taken at a time when many are walked over: some hundred kilobytes of memory.
pub(crate) const ROWS_AT_A_TIME: usize = 256;

/// What a record's fields may be: an answer wraps them into a list and a map, and must still be readable.
pub(crate) const RECORD_LIMITS: Limits =
    Limits { bytes: MAX_RECORD_BYTES, depth: ANSWER_LIMITS.depth - 2, items: ANSWER_LIMITS.items };

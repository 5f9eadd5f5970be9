//! Every bound of the store, by name, and why it is what it is.

/// Longest key, in bytes. Keys are ids and digests with a prefix, some 100 bytes at most; a longer key is a mistake,
/// and long keys make every inner page of the tree hold few of them.
pub const MAX_KEY_BYTES: usize = 1_024;

/// Longest value, in bytes (4 MiB). A sealed record is some KiB, a file of grants some 100 KiB; what is larger
/// belongs into a file of its own.
pub const MAX_VALUE_BYTES: usize = 4 * 1_024 * 1_024;

/// Most operations and preconditions in one batch, together. An import commits a few thousand rows at a time.
pub const MAX_BATCH_OPERATIONS: usize = 65_536;

/// Most bytes of keys and values in one batch (64 MiB): an engine holds a whole transaction in memory.
pub const MAX_BATCH_BYTES: usize = 64 * 1_024 * 1_024;

/// Longest table name, in bytes. One engine writes the name before every key.
pub const MAX_TABLE_NAME_BYTES: usize = 64;

/// Most batches that one engine transaction carries for their callers. Beyond some hundred the share of the sync in
/// one commit is small, and the first caller of a group waits for the last one's work.
pub const MAX_GROUP_BATCHES: usize = 256;

/// Bytes after which a group takes no further batch (8 MiB): a small commit must not wait for many large ones. A
/// single larger batch goes alone.
pub const MAX_GROUP_BYTES: usize = 8 * 1_024 * 1_024;

/// Most batches waiting for the next group; further callers wait at the door. Four groups: what is beyond cannot be
/// served within the deadline of a request anyway.
pub const MAX_WAITING_BATCHES: usize = 1_024;

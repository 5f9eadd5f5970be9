//! What lies in the directory's store.
//!
//! | table | key | value |
//! |---|---|---|
//! | `statements` | the statement's id (32) | the signed statement |
//! | `entries` | tag (16), holder (32) | second until which it is remembered (8, big endian), the signed entry or tombstone |

use pod_store::Table;

/// The format of the tables.
pub(super) const SCHEMA_VERSION: u32 = 1;
/// Memberships and profiles.
pub(super) const STATEMENTS: Table = Table("statements");
/// Holder entries and tombstones.
pub(super) const ENTRIES: Table = Table("entries");
/// All of them.
pub(super) const ALL: [Table; 2] = [STATEMENTS, ENTRIES];

/// Rows that are read at once at the start.
pub(super) const PAGE_ROWS: usize = 4096;

//! What lies in the blinder's store.
//!
//! | table | key | value |
//! |---|---|---|
//! | `registry` | a statement's id (32) | the signed statement |
//! | `fetched` | `registry` | second at which the copy was fetched (8, big endian), its entity tag |
//! | `asks` | second after which it is forgotten (8, big endian), keyed digest of the login (32) | keyed digest of the subject (32) |

use pod_store::Table;

/// The format of the tables.
pub(super) const SCHEMA_VERSION: u32 = 1;
/// The last good copy of the registry.
pub(super) const REGISTRY: Table = Table("registry");
/// When it was fetched.
pub(super) const FETCHED: Table = Table("fetched");
/// The one key of [`FETCHED`].
pub(super) const FETCHED_KEY: &[u8] = b"registry";
/// Logins that were used.
pub(super) const ASKS: Table = Table("asks");
/// All of them.
pub(super) const ALL: [Table; 3] = [REGISTRY, FETCHED, ASKS];

/// Rows that are read at once at the start.
pub(super) const PAGE_ROWS: usize = 4096;

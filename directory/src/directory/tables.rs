//! What lies in the store of a directory or a mirror.
//!
//! | table | key | value |
//! |---|---|---|
//! | `leaves` | index (8, big endian) | the leaf |
//! | `notes` | `signed` | the newest checkpoint, as the log signed it |
//! | `notes` | `published` | the checkpoint that is published, with cosignatures |
//! | `tiles` | level (1), number (8, big endian) | the hashes of the tile, as many as there are |
//! | `posts` | SHA-256 of id and sealed bytes (32) | index of the leaf (8, big endian) |
//! | `statements` | the statement's id (32) | the signed statement |
//! | `entries` | tag (16), holder (32) | second until which it is remembered (8, big endian), the signed entry or tombstone |
//! | `index` | `mark` | format of the index (1), number of leaves that it is made of (8, big endian) |
//!
//! Leaves and notes are the log. All else is the index: made of the leaves, and made anew from them when it is gone.

use pod_store::Table;

/// The format of the tables.
pub(super) const SCHEMA_VERSION: u32 = 2;
/// The log.
pub(super) const LEAVES: Table = Table("leaves");
/// Checkpoints.
pub(super) const NOTES: Table = Table("notes");
/// Hashes of the tree.
pub(super) const TILES: Table = Table("tiles");
/// What was posted, so that it stands in the log once.
pub(super) const POSTS: Table = Table("posts");
/// Memberships and profiles.
pub(super) const STATEMENTS: Table = Table("statements");
/// Holder entries and tombstones.
pub(super) const ENTRIES: Table = Table("entries");
/// How far the index goes.
pub(super) const INDEX: Table = Table("index");
/// All of them.
pub(super) const ALL: [Table; 7] = [LEAVES, NOTES, TILES, POSTS, STATEMENTS, ENTRIES, INDEX];
/// Those that are made of the leaves.
pub(super) const DERIVED: [Table; 5] = [INDEX, TILES, POSTS, STATEMENTS, ENTRIES];

/// In [`NOTES`].
pub(super) const SIGNED: &[u8] = b"signed";
/// In [`NOTES`].
pub(super) const PUBLISHED: &[u8] = b"published";
/// In [`INDEX`].
pub(super) const MARK: &[u8] = b"mark";

/// Rows that are read or changed at once.
pub(super) const PAGE_ROWS: usize = 4096;

//! One suite for all engines: what a store promises, and that a kill at any moment does not break it.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod bench;
mod child;
mod full_disk_poisons;
mod killed_at_any_moment;
mod promises;
mod wrong_store_refuses;

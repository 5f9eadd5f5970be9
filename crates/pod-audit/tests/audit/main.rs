//! The audit log, from outside: what is acknowledged stays, what is changed is found, what is erased is gone.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod derived_files_come_back;
mod disk_fails_and_log_stops;
mod durable_before_it_is_promised;
mod entries_of_a_pod;
mod erased_part_keeps_the_tree;
mod every_flipped_byte_is_found;
mod every_request_has_room_in_the_log;
mod group_commit_shares_syncs;
mod killed_and_nothing_lost;
mod names_never_lie_in_clear;
mod opening_refuses;
mod proofs_for_every_size;
mod support;
mod tampering_is_named;
mod whoever_appends_writes;

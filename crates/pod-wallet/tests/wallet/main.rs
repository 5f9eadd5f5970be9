//! The wallet's promises, one story a file.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod a_lost_phone_is_recovered;
mod commands_are_bound;
mod day_to_day_keys;
mod forked_log_is_refused;
mod grants_are_what_was_reviewed;
mod grants_of_every_device;
mod keys_are_unlinkable;
mod mistyped_recovery_code_is_named;
mod notices_in_three_languages;
mod over_asking_is_never_signed;
mod requests_in_three_languages;
mod sentences_in_three_languages;
mod state_is_sealed;
mod tree;
mod unshowable_is_not_signed;
mod world;

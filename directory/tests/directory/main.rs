//! Directory and blinder over real connections, as stories. One binary, so that it links once.
#![allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod federation;
mod liar;
mod log;
mod provider;
mod witness;
mod world;

mod a_bucket_comes_whole;
mod a_login_counts_once;
mod a_lookup_leaves_no_trace;
mod a_mirror_believes_nothing;
mod a_slow_provider_holds_nobody_up;
mod citizen_finds_all_holders;
mod directory_away_blinder_goes_on;
mod entries_are_their_holders;
mod every_route_refuses;
mod holder_gets_its_own_tags_alone;
mod limits_hold;
mod members_keys_come_and_go;
mod misconfigured_never_starts;
mod newest_entry_stands;
mod one_entry_moves_no_others;
mod others_cosign_what_is_shown;
mod problems_are_told_apart;
mod registry_is_sent_when_it_changed;
mod registry_takes_what_is_vouched_for;
mod state_outlives_a_restart;
mod the_log_is_there_to_be_checked;

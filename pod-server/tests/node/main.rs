//! Stories of one node: what services get, what citizens decide, what an operator sees.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc
)]
#![allow(clippy::duplicate_mod, reason = "a story of the request path is one file, and runs on each way")]

mod city;
mod log;
mod neighbours;
mod notices;
mod people;
mod scene;
mod ways;
mod web;

mod a_lost_wallet_is_recovered;
mod a_stopped_log_releases_nothing;
mod a_wallet_finds_the_pod;
mod a_witness_cosigns_one_history;
mod an_answer_can_be_read;
mod an_import_counts_at_the_next_release;
mod an_import_is_killed;
mod an_import_through_the_admin_socket;
mod asked_and_decided;
mod citizens_read_their_own;
mod commands_hold_their_pod;
mod enrolment;
mod every_route_refuses;
mod from_its_configuration;
mod keys_of_services_are_taken_back;
mod no_code_lies_in_clear;
mod notices_of_strangers;
mod over_https;
mod over_libp2p;
mod registers_come_in;
mod services_are_told;
mod the_directory_is_away_for_an_hour;
mod the_log_is_followed;
mod the_next_day_changes_sixty;
mod the_registry_stays;
mod upkeep_settings_say_what_to_write;
mod with_the_directory_itself;

/// The stories of the path of a request, as services come over real connections: each runs once on each way.
macro_rules! on_each_way {
    ($($name:ident: $way:ident),*) => {
        $(#[path = "."]
        mod $name {
            const WAY: crate::ways::Way = crate::ways::Way::$way;

            mod a_fetch_returns_what_was_granted;
            mod delegated_grants;
            mod each_outward_code;
            mod guardians_act_until_eighteen;
            mod limits_survive_a_restart;
            mod nobody_crowds_others_out;
            mod revoked_before_its_use;
            mod revoked_then_refused;
            mod strangers_are_refused;
            mod withheld_looks_absent;
            mod withheld_stays_here;
        })*
    };
}

on_each_way!(over_https_too: Https, over_quic: Quic, over_tcp: Tcp);

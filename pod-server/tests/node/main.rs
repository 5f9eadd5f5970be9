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

mod city;
mod neighbours;
mod notices;
mod people;
mod scene;
mod web;

mod a_fetch_returns_what_was_granted;
mod a_stopped_log_releases_nothing;
mod a_wallet_finds_the_pod;
mod an_answer_can_be_read;
mod an_import_counts_at_the_next_release;
mod an_import_is_killed;
mod an_import_through_the_admin_socket;
mod asked_and_decided;
mod citizens_read_their_own;
mod commands_hold_their_pod;
mod delegated_grants;
mod each_outward_code;
mod enrolment;
mod every_route_refuses;
mod from_its_configuration;
mod guardians_act_until_eighteen;
mod keys_of_services_are_taken_back;
mod limits_survive_a_restart;
mod no_code_lies_in_clear;
mod nobody_crowds_others_out;
mod notices_of_strangers;
mod over_https;
mod registers_come_in;
mod revoked_before_its_use;
mod revoked_then_refused;
mod services_are_told;
mod strangers_are_refused;
mod the_directory_is_away_for_an_hour;
mod the_next_day_changes_sixty;
mod the_registry_stays;
mod upkeep_settings_say_what_to_write;
mod with_the_directory_itself;
mod withheld_looks_absent;
mod withheld_stays_here;

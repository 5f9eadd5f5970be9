//! The program as people and scripts meet it: the real binary, real files, real connections.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod a_citizen_agrees_to_what_they_name;
mod a_citizen_uses_their_rights;
mod a_holder_is_away;
mod a_lost_wallet_is_recovered;
mod a_store_that_fails_ends_the_node;
mod an_organisation_changes_its_keys;
mod bad_input_says_what_to_do;
mod browsers_get_the_wallet;
mod citizen;
mod daemons_serve_until_told_to_stop;
mod every_command_speaks_json;
mod exit_codes_are_documented;
mod family;
mod grants_of_every_device;
mod init_never_writes_over;
mod inspect_weighs_what_wallets_give_out;
mod killed_under_load;
mod lab;
mod members_come_and_go;
mod memory_stays_in_the_process;
mod registers_come_in_and_the_log_holds;
mod services_are_told_what_to_do;
mod taken_back_and_answered;
mod the_demo_is_played_by_hand;
mod the_demo_takes_everything_down;
mod the_desk_asks_and_shows;
mod the_doctor_names_the_step;
mod the_wallet_asks_for_the_code;
mod town;
mod two_devices;
mod wallets_are_told_what_to_do;
mod words_come_from_those_who_hold_it;
mod world;

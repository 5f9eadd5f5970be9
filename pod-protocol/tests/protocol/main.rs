//! The protocol's objects and rules, as stories. One binary, so that it links once.
#![allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../../../fuzz/decoders.rs"]
mod decoders;
mod scene;
mod support;
#[path = "../../examples/vectors/build/mod.rs"]
mod vectors;

mod a_blind_request_is_its_signers;
mod a_bucket_proves_itself;
mod a_chain_gives_what_it_says;
mod a_flipped_bit_is_refused;
mod a_login_code_is_one_organisations;
mod a_request_counts_once_here_and_now;
mod a_thief_does_not_win;
mod an_object_says_one_thing;
mod attenuation_never_widens;
mod bytes_have_one_reading;
mod decision_opens_for_its_service_alone;
mod documents_show_what_is_signed;
mod each_claim_is_refused_with_its_code;
mod fuzzed_lightly;
mod holders_are_found_by_tag;
mod inspect_says_what_it_is;
mod key_log;
mod key_logs_say_who_could_sign;
mod log_scene;
mod members_change_their_keys;
mod objects_are_small;
mod others_merkle_proofs;
mod others_vectors;
mod over_asking_is_flagged;
mod pages_agree_with_the_code;
mod registry_counts_what_is_vouched_for;
mod rotations_show_what_was_committed;
mod round_trips;
mod sealed_for_one_holder;
mod the_log_shows_one_history;
mod tiles_are_read_by_others;
mod vectors_are_what_they_say;
mod what_a_wallet_gives_out_is_weighed;
mod whatever_a_thief_tries;
mod withheld_is_absent;
mod words_are_what_people_read;

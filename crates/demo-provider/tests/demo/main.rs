//! The demonstration provider is as strict as a real one.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub
)]

mod a_code_is_redeemed_once_by_its_client;
mod a_wallet_in_a_browser_logs_in;
mod only_nodes_learn_the_identity_code;
mod only_what_is_registered_is_answered;
mod world;

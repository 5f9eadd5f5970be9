//! Stories of the network between organisations: who gets in, what carries a call, what hostile peers achieve.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod hostile;
mod world;

mod a_hundred_thousand_streams;
mod a_peer_goes_away;
mod a_relay_sees_sizes;
mod answers_come_in_any_order;
mod frames_that_break_the_rules;
mod key_exchange_is_hybrid;
mod misconfigured_never_starts;
mod quic_then_tcp;
mod strangers_are_cut;
mod the_key_is_the_peer;
mod through_a_relay;
mod too_many_are_refused;

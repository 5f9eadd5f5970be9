//! The edge, seen from outside: real sockets, real TLS, small deadlines.
#![allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod world;

mod a_simulated_machine_carries_it;
mod certificate_is_swapped;
mod client_keeps_connections;
mod client_names_the_step;
mod drain_finishes_what_began;
mod http2_serves;
mod misconfigured_never_starts;
mod pages_of_other_origins;
mod problem_reads;
mod signature_binds_to_connection;
mod slow_peers_are_closed;
mod tls_is_strict;
mod too_large_is_refused;
mod too_many_connections;
mod traceparent_is_checked;
mod unix_socket_serves;

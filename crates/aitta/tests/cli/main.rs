//! The program as people and scripts meet it: the real binary, real files, real connections.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod bad_input_says_what_to_do;
mod daemons_serve_until_told_to_stop;
mod every_command_speaks_json;
mod exit_codes_are_documented;
mod family;
mod init_never_writes_over;
mod killed_under_load;
mod members_come_and_go;
mod registers_come_in_and_the_log_holds;
mod world;

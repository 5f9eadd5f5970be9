//! The client against small servers that behave, misbehave or are not there.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod a_directory_that_lies_is_found_out;
mod a_holder_that_is_down_is_named;
mod a_link_brings_what_it_names;
mod an_answer_that_does_not_hold_is_not_used;
mod an_enrolment_is_confirmed;
mod commands_are_acknowledged;
mod curl_lines_run;
mod grants_are_sent_when_unknown;
mod holders_are_found;
mod log;
mod many_citizens_in_few_calls;
mod passed_on_grants_hold;
mod problems_say_whose_fault;
mod registry_outlives_its_directory;
mod requests_are_bound_to_their_connection;
mod revocations_go_by_the_log;
mod world;

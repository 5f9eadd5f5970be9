//! What pod-vault promises about data at rest.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod a_batch_is_whole_or_nothing;
mod a_batch_serves_its_callers;
mod a_citizen_reads_page_by_page;
mod a_key_file_is_for_its_owner_alone;
mod a_key_file_says_what_is_wrong;
mod a_moved_row_does_not_open;
mod an_unchanged_row_is_recognised;
mod erased_is_gone;
mod guardians_are_found_and_sealed;
mod keys_at_hand_are_bounded;
mod no_canary_in_the_store;
mod opened_fields_show_nothing;
mod released_is_within_the_selection;
mod the_first_key_seals_and_any_opens;
mod what_is_written_can_be_read;
mod world;

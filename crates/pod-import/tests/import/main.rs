//! The importer over whole registers: the sample of the demo, or the full ones where `AITTA_REGISTERS` names them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod world;

mod a_bad_row_is_refused_alone;
mod catalogue_mistakes_are_named;
mod delimited_rows_are_those_of_csv;
mod encodings_and_shapes_of_four_cities;
mod every_row_goes_in;
mod identity_codes_of_all_centuries;
mod killed_then_resumed;
mod the_next_day_changes_sixty_people;

//! A region of real processes in a network that is cut apart and heals: directory, two nodes, two services, a citizen, each a
//! host of its own.
//!
//! | File | What |
//! |---|---|
//! | `region` | who there is, and where |
//! | `fetching` | a service that fetches all the time, and what it was answered when |
//! | `scenario` | what a row of a table can say |
//! | `played` | how a row is played, and what must hold in it |
//! | `what_was_taken_back_stays_so`, `passed_on_grants_need_a_recent_view`, `the_directorys_word_arrives` | the tables |
//! | `village`, `those_behind_routers_fetch_from_each_other` | two organisations that nobody can call from outside, and a relay |
//! | `a_notice_goes_from_node_to_node` | what was taken back at one organisation is heard of at another |
//! | `campaign` | the same rows with the bounds that citizens are promised: `cargo xtask campaign partitions` |

mod a_notice_goes_from_node_to_node;
mod campaign;
mod fetching;
mod passed_on_grants_need_a_recent_view;
mod played;
mod region;
mod scenario;
mod the_directorys_word_arrives;
mod those_behind_routers_fetch_from_each_other;
mod village;
mod what_was_taken_back_stays_so;

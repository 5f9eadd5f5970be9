//! One organisation's node: holds pods, checks grants, answers and records.
//!
//! | Room | What is in it |
//! |---|---|
//! | [`request`] | the path of a service's request, one file a step |
//! | [`commands`] | what citizens and the organisation's own services have the node do |
//! | `book` | what the node has on record beside the records: standings, grants, uses, nonces, requests, registry |
//! | [`enrolment`] | citizens log in once and bind their wallet to their pods |
//! | [`desk`] | another wallet for somebody who has lost everything |
//! | [`import`] | registers come in |
//! | [`notices`] | services whose grants were taken back are told, and answer |
//! | [`upkeep`] | what the node does by itself: a fresh registry, its entries in the directory |
//! | [`node`] | one node, opened from its parts |
//! | [`config`], [`key_file`] | what an operator writes |
//! | [`serve`] | a node from its configuration, until it is told to stop |
//! | [`p2p`] | the node over libp2p |
//! | [`routes`] | the node over HTTP: one table of routes, one file for each group |

mod age;
mod blocking;
mod book;
mod clock;
pub mod commands;
pub mod config;
pub mod desk;
pub mod enrolment;
mod fault;
pub mod import;
pub mod key_file;
mod metrics;
pub mod node;
pub mod notices;
mod own_keys;
pub mod p2p;
mod reach;
mod releases;
pub mod reload;
pub mod request;
pub mod routes;
pub mod serve;
mod stop;
mod tables;
mod to_the_end;
pub mod upkeep;
pub mod view;
mod witness;

pub use clock::{Clock, Monotonic, ThreadCpu};
pub use fault::{Failure, Fault};
pub use tables::{SCHEMA_VERSION, tables};

//! Development only: one organisation's node on disk, with people, wallets and a service, ready to be served.
//!
//! [`World::make`] builds what a city has after a day of work: registers imported, citizens enrolled, a service registered,
//! grants signed. Tests and measurements then start the real server on it, as a process of its own, and call it over TLS.
//! [`lab`] is a network of hosts that tests cut apart and heal.
//! A mistake in here is a failed test, so it panics.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod certificates;
pub mod lab;
mod service;
mod world;

pub use certificates::write as write_certificates;
pub use world::{Citizen, World, WorldPlan};

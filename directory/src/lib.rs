//! The thin directory: organisations, blinded holder entries, and the blinder.
//!
//! | Need | Use |
//! |---|---|
//! | who is a member, what members say about themselves | [`directory`]: `GET /v1/registry`, `POST /v1/statements` |
//! | which holders have something of somebody, in whole buckets | [`directory`]: `POST /v1/entries`, `GET /v1/buckets/…` |
//! | that the directory shows everybody the same | [`directory`]: `GET /v1/log/…`, `POST /v1/log/posts` |
//! | the digests under which entries are found | [`blinder`]: `POST /v1/evaluate`, `POST /v1/evaluate-citizen` |
//! | what stands in the configuration files | [`config`] |
//!
//! Directory and blinder are two servers with two stores, meant for two operators: nothing in [`blinder`] names anything
//! of [`directory`], it fetches the registry from it as everybody does.
//!
//! Architecture invariants: the directory holds tags, sealed bytes, keys and endpoints, no personal field and no identity
//! code. The blinder keeps nothing about what it evaluates: no blinded point is stored, logged or counted.

pub mod blinder;
pub mod config;
pub mod directory;
mod fault;
mod http;
mod problems;
mod quota;
mod running;
mod startup;
mod surroundings;

pub use fault::Fault;
pub use http::Route;
pub use problems::{all_problems, problem_of};
pub use running::{Running, ServeError};
pub use startup::StartupError;
pub use surroundings::{Clock, Surroundings};

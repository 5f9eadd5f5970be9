//! The Aitta protocol: the objects that are signed, the rules that decide, and nothing else.
//!
//! No IO, no clock, no source of randomness and no async: time, keys and random bytes are arguments. The specification is
//! `docs/protocol/`, one page for each signed object.
//!
//! ```
#![doc = include_str!("../examples/grant_and_check.rs")]
//! ```

pub mod access_request;
pub mod answer;
pub mod blind_request;
pub mod bucket;
pub mod chain;
pub mod codec;
pub mod command;
pub mod contradiction;
pub mod cose;
pub mod decision;
pub mod field;
pub mod grant;
pub mod holder_entry;
pub mod ids;
pub mod inspect;
pub mod key_event;
mod lists;
pub mod login_code;
pub mod merkle;
pub mod notice;
mod padding;
pub mod path;
pub mod predicate;
pub mod refusal;
pub mod registry;
pub mod request;
pub mod revocation;
pub mod standing;
pub mod statement;
pub mod tlog;
pub mod tree_head;
pub mod value;
pub mod words;

pub use cose::{Payload, Signed, Verified};
pub use refusal::{Outward, Refusal};

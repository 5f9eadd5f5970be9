//! The Aitta protocol: the objects that are signed, the rules that decide, and nothing else.
//!
//! No IO, no clock, no source of randomness and no async: time, keys and random bytes are arguments. The specification is
//! `docs/protocol/`, one page for each signed object.

pub mod codec;
pub mod cose;
pub mod field;
pub mod grant;
pub mod ids;
pub mod merkle;
pub mod predicate;
pub mod refusal;
pub mod tree_head;
pub mod value;

pub use cose::{Payload, Signed, Verified};
pub use refusal::{Outward, Refusal};

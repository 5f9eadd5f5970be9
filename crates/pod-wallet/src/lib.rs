//! A citizen's keys and decisions, without IO: bytes in, bytes out; time and randomness are arguments.
//!
//! | Need | Use |
//! |---|---|
//! | the root secret, its wraps, the printed recovery code | [`root`], [`recovery_code`] |
//! | one key-event log for each organisation | [`keys`] |
//! | a further device | [`device_code`] |
//! | taking a log back from the paper | [`recovery`] |
//! | what a service asks for, as a person sees it | [`labels`], [`review`], [`request_view`] |
//! | agree or deny | [`decide`] |
//! | tell a holder something | [`commands`] |
//! | everything that a wallet remembers | [`state`] |
//! | what holders have on record, whichever device signed it | [`on_record`] |
//! | who had data under grants that were taken back | [`notices`] |
//! | what is to be done at several organisations | [`outstanding`] |
//! | who looked, with proofs, in plain sentences | [`log_page`], [`log_view`] |
//!
//! Architecture invariants: nothing here signs a structure that somebody else handed over, what is signed is built from
//! typed values that were shown; no key is ever used at two organisations.

pub mod blob;
pub mod commands;
pub mod decide;
pub mod device_code;
pub mod keys;
pub mod labels;
pub mod language;
pub mod log_check;
pub mod log_page;
pub mod log_view;
pub mod notices;
pub mod on_record;
pub mod outstanding;
pub mod recovery;
pub mod recovery_code;
pub mod request_view;
pub mod review;
pub mod root;
pub mod state;
pub mod when;
pub mod wording;

pub use language::{Language, Sentence};

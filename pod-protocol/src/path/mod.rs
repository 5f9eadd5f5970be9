//! The path of a request, in types: each step takes what only the step before can make.
//!
//! [`Signed`](crate::Signed)`<Request>` → [`verify()`] → [`VerifiedRequest`] → [`authorise()`] → [`Authorised`] → [`select()`] →
//! [`Selection`]. Opening, recording and responding need keys, disks and connections: they go on in pod-vault, pod-audit and
//! pod-server, from a [`Selection`] that nobody else can make.

mod authorise;
mod replay;
mod select;
mod verify;

pub use authorise::{Authorised, AuthorisedItem, ItemFacts, LinkUse, Registered, Rules, authorise};
pub use replay::{MAX_REPLAY_ENTRIES, ReplayWindow, Unseen};
pub use select::{
    DisclosureRules, ItemSelection, MAX_PROTECTED_FIELDS, Selection, TypeSelection, Withheld, WithheldReason, select,
};
pub use verify::{Caller, Channel, VerifiedCommand, VerifiedRequest, verify, verify_command};

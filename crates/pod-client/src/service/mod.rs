//! What a service does: ask, collect decisions, fetch, pass on, answer notices.

mod ask;
mod check;
mod fetch;
mod grants;
mod notices;

use pod_crypto::SigningKey;
use pod_protocol::ids::Principal;

pub use ask::{ask, collect};
pub use fetch::{
    FetchItem, FetchOutcome, HolderCarried, HolderFailure, ItemOutcome, MAX_HOLDERS_AT_ONCE, fetch, sign_call,
};
pub use grants::{HeldGrant, PassOn, pass_on};
pub use notices::{answer_notice, notices};

/// A service with its key.
#[derive(Debug)]
pub struct ServiceIdentity {
    /// The service.
    pub principal: Principal,
    /// The organisation that owns it.
    pub organisation: Principal,
    /// The key that its access requests confirm.
    pub key: SigningKey,
}

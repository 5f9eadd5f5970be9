//! What the node has on record beside the records themselves, with bounded caches before the store.
//!
//! - [`standings`]: who speaks for a pod, what is restricted, objected to and revoked
//! - [`key_logs`]: key logs, event by event
//! - [`log_time`]: when an event was logged
//! - [`grants`]: deposited grants, their signatures checked
//! - [`early`]: what was taken back before the node saw it
//! - [`released`]: which services had what, under which grants
//! - [`revoked_keys`]: services' keys of which what they passed on is taken back
//! - [`uses`]: how often limited grants were used
//! - [`nonces`]: nonces handed out
//! - [`requests`]: access requests, inboxes and decisions
//! - [`registry`]: the last good copy of the registry

pub(crate) mod cache;
pub(crate) mod early;
pub(crate) mod grants;
pub(crate) mod key_logs;
pub(crate) mod log_time;
pub(crate) mod nonces;
pub(crate) mod registry;
pub(crate) mod released;
pub(crate) mod requests;
pub(crate) mod revoked_keys;
pub(crate) mod standings;
pub(crate) mod uses;

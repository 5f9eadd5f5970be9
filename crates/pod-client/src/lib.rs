//! Typed calls to nodes, directories and blinders, for services and wallets.
//!
//! | Need | Use |
//! |---|---|
//! | one node: call, command, revoke, enrol, catalogue, log | [`node::NodeClient`] |
//! | the registry with its last good copy, buckets, entries | [`directory::DirectoryClient`] |
//! | tags of an identity code | [`blinder::BlinderClient`] |
//! | fields of many citizens at many holders in one go | [`service::fetch`] |
//! | who holds something of a citizen | [`wallet::find_holders`] |
//! | the same call as a line for a terminal | [`curl`] |
//!
//! Every error says whose fault it is ([`CallError`]) and what to do. What comes back is checked before it is handed on:
//! receipts and acknowledgements against the holder's registered key, data against the receipt.

pub mod blinder;
mod caller;
pub mod curl;
pub mod directory;
mod error;
pub mod node;
pub mod service;
mod target;
pub mod wallet;
mod way;

pub use caller::Caller;
pub use error::{CallError, Disbelief, RemoteRefusal};
pub use target::Bound;
pub use way::{Carried, Way, peers_of};

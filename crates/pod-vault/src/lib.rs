//! Records at rest, sealed with a key for each pod.
//!
//! What lies in the store opens only here, with the node's keys:
//!
//! - **A key for each pod.** Two random keys (data, audit) are sealed together under the node's first key-encryption key, and
//!   any of the node's key-encryption keys opens them ("first seals, any opens", [`NodeKeys`]). [`Vault::erase`] destroys them.
//! - **A record opens in its place alone.** The additional data of AES-256-GCM binds pod, type, record id, version and digest:
//!   a row copied to another place does not open.
//! - **Identity codes lie nowhere in clear.** A pod is found by an HMAC of the code, and a guardian by another one, so that the
//!   two cannot be told to be the same person without the node's keys.
//! - **Nobody sees who is protected.** Non-disclosure and guardianship are sealed too.
//! - **Opened fields leave once, after they were recorded.** [`OpenedFields`] is wiped on drop, cannot be cloned or printed, and
//!   gives its bytes only for a [`ProofOfRecord`].
//!
//! What it does not do: it does not notice when somebody who can write to the store puts a whole older row back in its place;
//! that is for the store's permissions and the audit log.
//!
//! | Need | Use |
//! |---|---|
//! | the node's keys | [`NodeKeys`] |
//! | open the vault, find a pod | [`Vault::open`], [`Vault::find`] |
//! | write (an import) | [`Vault::write`], [`WriteBatch`] |
//! | release what a service may have | [`Vault::open_selection`], [`OpenedFields`] |
//! | give a citizen their own | [`Vault::read_own`], [`OpenedRecords`] |
//! | guardians, non-disclosure | [`Vault::wards_of`], [`Vault::non_disclosure`] |
//! | keys for the log | [`Vault::audit_key`], [`Vault::audit_tag`] |

mod erase;
mod fault;
mod guardianship;
mod key_cache;
mod limits;
mod node_keys;
mod non_disclosure;
mod opened;
mod pod_keys;
mod read;
mod record;
mod rewrap;
mod tables;
mod vault;
mod write;

pub use erase::Erased;
pub use fault::{VaultError, VaultFault};
pub use guardianship::Ward;
pub use limits::{
    MAX_CACHED_POD_KEYS, MAX_GUARDIANS, MAX_KEY_FILE_BYTES, MAX_PAGE_BYTES, MAX_PAGE_RECORDS, MAX_RECORD_BYTES,
    MAX_RECORD_ID_BYTES, MAX_RECORDS_OF_TYPE, MAX_REWRAPPED_AT_ONCE, MAX_SEAL_KEYS, MAX_SOURCE_BYTES, MAX_WARDS,
};
pub use node_keys::{KeysError, NodeKeys};
pub use opened::{OpenedFields, OpenedRecords, OwnRecord, ProofOfRecord};
pub use rewrap::Rewrapped;
pub use tables::tables;
pub use vault::Vault;
pub use write::{Committed, Outcome, RecordDraft, WriteBatch};

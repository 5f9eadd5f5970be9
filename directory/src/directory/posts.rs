//! What comes in, checked as far as it can be before it waits for its batch; and how much everybody may post.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use pod_crypto::sha256;
use pod_http::PeerAddress;
use pod_protocol::chain::CLOCK_SKEW_SECS;
use pod_protocol::codec::{Limits, MAX_ARRAY_ITEMS, array, bytes, decode};
use pod_protocol::holder_entry::{HolderEntry, SEALED_HANDLE_BYTES};
use pod_protocol::ids::Principal;
use pod_protocol::refusal::ClaimFault;
use pod_protocol::registry::Registry;
use pod_protocol::tlog::leaf::{SEALED_BYTES, Sealed};
use pod_protocol::tlog::post::{LogPost, MAX_POSTED, items_from_bytes};
use pod_protocol::{Refusal, Signed, Verified};

use super::machine::check_entry;
use crate::fault::{Failure, Refused};
use crate::quota::Quota;

/// Most entries in one post: as many as a blind request has inputs. Their signatures take 15 ms.
pub const MAX_ENTRIES_PER_POST: usize = MAX_ARRAY_ITEMS;
/// Most bytes of one post of entries: an entry has a sealed part of fixed length and some 250 bytes more.
pub(super) const MAX_ENTRIES_BODY_BYTES: usize = MAX_ENTRIES_PER_POST * (SEALED_HANDLE_BYTES + 512);
/// Most bytes of one post for holders' eyes alone, with a member's signature around it.
pub(super) const MAX_POST_BODY_BYTES: usize = MAX_POSTED * (SEALED_BYTES + 64) + 2048;

const ENTRIES_LIMITS: Limits = Limits { bytes: MAX_ENTRIES_BODY_BYTES, depth: 1, items: MAX_ENTRIES_PER_POST };

/// How long a member's signature on a post counts: a node signs when it sends.
const POST_LIFETIME_SECS: u64 = 300;
/// Items that one network may post in 24 hours: a wallet that stops everything at ten holders, four times. Who has more
/// posts at a node.
pub const STRANGERS_ITEMS_PER_NETWORK: u64 = 256;
/// Items that all strangers together may post in 24 hours: 40 MB, which the log keeps for ever.
pub const STRANGERS_ITEMS: u64 = 20_000;
/// Items that one member may post in 24 hours for those who came to it: a city whose citizens all change their keys does so
/// in some days.
pub const MEMBERS_ITEMS: u64 = 100_000;

/// What waits for its batch.
#[derive(Debug)]
pub(super) enum Posted {
    /// A statement that a member signed.
    Statement(Vec<u8>),
    /// Entries that their holder signed, by this registry.
    Entries {
        /// They.
        entries: Vec<Verified<HolderEntry>>,
        /// What they were checked against.
        registry: Arc<Registry>,
    },
    /// For holders' eyes alone.
    Sealed(Vec<Sealed>),
}

/// Where what is posted is remembered. By all of it: whoever posts rubbish under the id of a revocation does not keep the
/// revocation out.
pub(super) fn post_key(sealed: &Sealed) -> [u8; 32] {
    sha256(&[sealed.id.as_bytes(), &sealed.sealed])
}

/// Reads a post of entries: all of them are of this time, and signed by the holders that they name.
pub(super) fn read_entries(body: &[u8], registry: Arc<Registry>, now_secs: u64) -> Result<Posted, Failure> {
    let items = array(0, decode(body, ENTRIES_LIMITS)?)?;
    if items.is_empty() {
        return Err(ClaimFault::Empty { claim: 0 }.into());
    }
    let mut entries = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let entry = bytes(0, item).map_err(Refusal::from).and_then(|bytes| check_entry(&bytes, &registry, now_secs));
        entries.push(entry.map_err(|refusal| Refused::from(refusal).at(format!("/{index}")))?);
    }
    Ok(Posted::Entries { entries, registry })
}

/// Who posts for holders' eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    /// A member, for those who came to it.
    Member(Principal),
    /// Anybody else, by network; none for those on this machine.
    Stranger(Option<IpAddr>),
}

/// Reads what anybody may post.
pub(super) fn read_items(body: &[u8], from: PeerAddress) -> Result<(Sender, Vec<Sealed>), Failure> {
    Ok((Sender::Stranger(from.network()), items_from_bytes(body)?))
}

/// Reads what a member forwards to the log of `own`.
pub(super) fn read_log_post(
    body: &[u8],
    own: &Principal,
    registry: &Registry,
    now_secs: u64,
) -> Result<(Sender, Vec<Sealed>), Failure> {
    let signed = Signed::<LogPost>::decode(body)?;
    let issuer = signed.unverified().issuer;
    let post = registry.verify_by_organisation(signed, &issuer)?;
    if post.audience != *own {
        return Err(Refusal::Audience.into());
    }
    if post.issued > now_secs.saturating_add(CLOCK_SKEW_SECS) {
        return Err(Refusal::NotYetIssued.into());
    }
    if post.issued.saturating_add(POST_LIFETIME_SECS) <= now_secs {
        return Err(Refusal::Expired.into());
    }
    Ok((Sender::Member(issuer), post.into_claims().items))
}

/// How much everybody has posted.
#[derive(Debug)]
pub(super) struct Shares(Mutex<Counted>);

#[derive(Debug)]
struct Counted {
    members: Quota<Principal>,
    networks: Quota<Option<IpAddr>>,
    strangers: Quota<()>,
}

impl Default for Shares {
    fn default() -> Self {
        Self(Mutex::new(Counted {
            members: Quota::new("items of this member", MEMBERS_ITEMS),
            networks: Quota::new("items of this network", STRANGERS_ITEMS_PER_NETWORK),
            strangers: Quota::new("items of everybody who is no member", STRANGERS_ITEMS),
        }))
    }
}

impl Shares {
    /// Counts items that are new.
    pub(super) fn take(&self, from: Sender, items: usize, now_secs: u64) -> Result<(), Refused> {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match from {
            Sender::Member(member) => counted.members.take(member, items as u64, now_secs),
            Sender::Stranger(network) => {
                counted.networks.take(network, items as u64, now_secs)?;
                counted.strangers.take((), items as u64, now_secs)
            }
        }
    }
}

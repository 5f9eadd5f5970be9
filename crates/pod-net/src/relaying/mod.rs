//! Relays: how an organisation behind NAT is reached, and what a member does that carries calls for others
//! (`docs/protocol/transport.md`, "Behind NAT").
//!
//! | File | What |
//! |---|---|
//! | `circuits` | libp2p's client of relays, spoken on connections to chosen relays and on no others |
//! | `reserving` | the slots that this node holds at relays, and whether it needs them |
//! | `heard` | identify, without what it makes of others' words |
//! | `driving` | what the swarm's task does about all of it |
//! | `carrying` | this node as a relay: its limits |

pub(crate) mod carrying;
pub(crate) mod circuits;
pub(crate) mod driving;
pub(crate) mod heard;
pub(crate) mod reserving;

use std::fmt;
use std::sync::Arc;

use crate::address::Address;
use crate::net::Peer;

/// What a node has to do with relays. By default nothing: it neither holds a slot nor gives any, and offers no protocol for it.
#[derive(Clone, Debug, Default)]
pub struct Relaying {
    /// For a node behind NAT: through whom it is reached.
    pub through: Option<Through>,
    /// Whether whoever may connect may also reserve a slot here, and be called through it.
    pub for_members: bool,
}

/// Through whom a node behind NAT is reached.
#[derive(Clone)]
pub struct Through {
    /// The relays with their addresses, best first. Asked whenever a slot is missing, since their addresses may have changed.
    pub relays: Arc<dyn Fn() -> Vec<Peer> + Send + Sync>,
    /// Whether callers know this direct address of ours. Once a relay has reached us at one that they know, no slot is needed.
    pub published: Arc<dyn Fn(&Address) -> bool + Send + Sync>,
}

impl fmt::Debug for Through {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Through")
    }
}

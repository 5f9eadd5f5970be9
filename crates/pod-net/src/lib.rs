//! Calls between organisations over libp2p: QUIC, or TCP with Noise and Yamux, between registered keys alone
//! (`docs/protocol/transport.md`).
//!
//! A peer's id *is* its Ed25519 key, and the handshake proves that it holds it. So a call needs no binding but that key, and
//! who is not in the registry is cut right after the handshake, before any protocol is spoken.
//!
//! - [`Net`]: listens, answers and calls; made once from a key
//! - [`NetLimits`]: every wait and every size, each with its reason
//! - [`Address`], [`Transport`]: where a peer is, and what carries a call to it
//! - [`Relaying`]: how an organisation behind NAT is reached, and who carries calls for others
//! - [`Handler`]: answers what comes; [`Turned`]: why it did not
//! - [`CallFault`]: why a call brought nothing, and whether it may be sent again another way

mod address;
mod calling;
mod counts;
mod driver;
mod frame;
mod gate;
mod gathering;
mod identity;
mod limits;
mod muxer;
mod net;
mod relaying;
mod serving;
mod startup;
mod transport;

pub use address::{Address, AddressFault};
pub use bytes::Bytes;
pub use calling::{CallFault, DialFault, Reply, Tried};
pub use counts::NetCounts;
pub use driver::Said;
pub use frame::{Kind, PROTOCOL};
pub use identity::peer_id;
pub use limits::NetLimits;
pub use net::{Allow, Net, NetConfig, Peer};
pub use relaying::{Relaying, Through};
pub use serving::{Caller, Handler, Turned, Working};
pub use startup::{KeyLogOff, NetStartError, refuse_key_log};
pub use transport::Transport;

//! Step 2: who asks, is it meant for us, on this connection, now, and for the first time?

use std::collections::BTreeMap;
use std::sync::Arc;

use pod_protocol::grant::Grant;
use pod_protocol::ids::{Cti, GrantId};
use pod_protocol::path::{Channel, VerifiedRequest, verify as verify_request};
use pod_protocol::{Refusal, Signed};

use super::receive::Received;
use crate::node::Node;

/// The other end of the connection on which a message came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// HTTP: the TLS exporter (RFC 9266), absent behind a proxy on loopback or a unix socket.
    Http {
        /// The exporter.
        exporter: Option<[u8; 32]>,
    },
    /// libp2p: the key that the handshake proved.
    Libp2p {
        /// The key.
        key: [u8; 32],
    },
}

impl Peer {
    /// What the protocol's rules need to know of the connection. Uses the nonce up.
    pub(crate) fn channel(&self, node: &Node, nonce: Option<Cti>, now_secs: u64) -> Channel {
        let (peer, exporter) = match self {
            Self::Http { exporter } => (None, *exporter),
            Self::Libp2p { key } => (Some(*key), None),
        };
        Channel {
            peer,
            exporter,
            origins: Arc::clone(&node.origins),
            nonce: nonce.and_then(|nonce| node.nonces.use_up(nonce, now_secs)),
        }
    }
}

/// Verifies the request; the grants sent along go on to the next step.
pub(super) fn verify(
    node: &Node,
    received: Received,
    channel: &Channel,
    now_secs: u64,
) -> Result<(VerifiedRequest, BTreeMap<GrantId, Signed<Grant>>), Refusal> {
    let registry = node.registry.current();
    let caller = registry.service_by_kid(&received.request.kid()).map(|service| service.caller());
    let request = verify_request(received.request, caller, &node.principal, channel, now_secs, |kid, cti, expires| {
        node.admit(kid, cti, expires, now_secs)
    })?;
    Ok((request, received.carried))
}

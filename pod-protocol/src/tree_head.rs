//! Signed tree heads: how a log says, at a time, what it has recorded.

use crate::codec::{Cbor, Claims, map};
use crate::cose::Payload;
use crate::ids::Principal;
use crate::refusal::ClaimFault;

/// The head of an append-only log. Wire form: `docs/protocol/tree-head.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeHead {
    /// Whose log it is: the organisation that runs the node.
    pub origin: Principal,
    /// How many entries it has.
    pub size: u64,
    /// The RFC 6962 root over them.
    pub root: [u8; 32],
    /// When it was signed, in seconds since 1970. Never goes back.
    pub time_secs: u64,
}

const SIZE: i64 = -70040;
const ROOT: i64 = -70041;

impl Payload for TreeHead {
    const TYP: &'static str = "application/aitta-tree-head+cwt";

    fn to_cbor(&self) -> Cbor {
        map([
            (1, Some(Cbor::Text(self.origin.to_string()))),
            (6, Some(self.time_secs.into())),
            (SIZE, Some(self.size.into())),
            (ROOT, Some(Cbor::Bytes(self.root.to_vec()))),
        ])
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        let mut claims = Claims::open(item)?;
        let head = Self {
            origin: claims.principal(1)?,
            time_secs: claims.time(6)?,
            size: claims.uint(SIZE)?,
            root: claims.fixed(ROOT)?,
        };
        claims.finish()?;
        Ok(head)
    }
}

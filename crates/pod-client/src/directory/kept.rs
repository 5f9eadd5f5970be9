//! What a client keeps on disk of the directory: the registry, which snapshot it is of, and the view of the log.

use pod_protocol::Refusal;
use pod_protocol::codec::{Cbor, Claims, Limits, decode, encode, fixed, map};
use pod_protocol::merkle::Hash;
use pod_protocol::registry::{Anchor, MAX_REGISTRY_AGE_SECS, Registry, SNAPSHOT_LIMITS};
use pod_protocol::tlog::note::MAX_NOTE_BYTES;
use pod_protocol::tlog::view::View;

/// Format version.
const VERSION: u64 = 2;
/// The limits of a kept copy: a snapshot, a note and some bytes.
const LIMITS: Limits = Limits { bytes: SNAPSHOT_LIMITS.bytes + MAX_NOTE_BYTES + 1024, depth: 2, items: 8 };

/// Kept as `{0: version, 1: fetched, 2: digest of the snapshot, 3: snapshot of what is held, ? 4: view}`.
#[derive(Clone, Debug)]
pub struct Held {
    /// When it was last known to be the newest; 0 for nothing.
    pub fetched_secs: u64,
    /// SHA-256 of the snapshot that was fetched last; what is held can be more.
    pub digest: Option<Hash>,
    /// The registry.
    pub registry: Registry,
    /// The last head that was believed.
    pub view: Option<View>,
}

impl Held {
    /// Before anything was fetched.
    pub(super) fn nothing(anchor: &Anchor, now_secs: u64) -> Self {
        Self { fetched_secs: 0, digest: None, registry: Registry::of_held(anchor, &[], now_secs), view: None }
    }

    /// A copy that was kept. None when it does not read, or is of another trust anchor.
    pub(super) fn read(bytes: &[u8], anchor: &Anchor, now_secs: u64) -> Option<Self> {
        let (fetched_secs, digest, snapshot, view) = parts(bytes).ok()?;
        let registry = Registry::of_held(anchor, &Registry::read_snapshot(&snapshot).ok()?, now_secs);
        registry.organisations().next()?;
        Some(Self { fetched_secs, digest: Some(digest), registry, view })
    }

    /// What to keep.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        encode(&map([
            (0, Some(VERSION.into())),
            (1, Some(self.fetched_secs.into())),
            (2, Some(Cbor::Bytes(self.digest.unwrap_or_default().to_vec()))),
            (3, Some(Cbor::Bytes(self.registry.held_snapshot()))),
            (4, self.view.as_ref().map(|view| Cbor::Bytes(view.to_bytes()))),
        ]))
    }

    /// Whether it still counts while nothing newer is to be had.
    pub(super) fn counts(&self, now_secs: u64) -> bool {
        self.fetched_secs > 0 && now_secs.saturating_sub(self.fetched_secs) < MAX_REGISTRY_AGE_SECS
    }

    /// First second at which it no longer counts.
    pub(super) fn valid_until_secs(&self) -> u64 {
        self.registry.valid_until().min(self.fetched_secs.saturating_add(MAX_REGISTRY_AGE_SECS))
    }
}

type Parts = (u64, Hash, Vec<u8>, Option<View>);

fn parts(bytes: &[u8]) -> Result<Parts, Refusal> {
    let mut claims = Claims::open(decode(bytes, LIMITS)?)?;
    let version = claims.uint(0)?;
    let (fetched_secs, digest, snapshot) = (claims.uint(1)?, fixed(2, claims.need(2)?)?, claims.bytes(3)?);
    let view = claims.take(4).map(|item| pod_protocol::codec::bytes(4, item)).transpose()?;
    claims.finish()?;
    if version != VERSION {
        return Err(Refusal::Unavailable);
    }
    Ok((fetched_secs, digest, snapshot, view.map(|view| View::from_bytes(&view)).transpose()?))
}

//! Key-event logs: which keys speak for a principal, and since when (`docs/protocol/key-event.md`).
//!
//! One log for each citizen and organisation, so that holders cannot correlate; one for each organisation and service. The
//! id of the log is the id of its first event. The rules are those of did:plc (a key of higher authority takes back what
//! lower ones did within 72 hours) and of KERI (the keys that may rotate are committed to by their digests beforehand).
//!
//! | Need | Use |
//! |---|---|
//! | an event, as it is signed | [`KeyEvent`] |
//! | what a log says: who may sign, what is pending | [`KeyState`] |
//! | a recovery that has not taken effect | [`Pending`] |
//! | the log that a member of the federation published | [`PublishedLog`] |

mod pending;
mod published;
mod replay;
mod state;
mod wire;

pub use pending::{Pending, RecoveryPoint};
pub use published::{
    MAX_LIVE_DEVICES, MAX_PUBLISHED_EVENT_BYTES, MAX_PUBLISHED_EVENTS, MAX_PUBLISHED_EVENTS_WITH_ROTATIONS,
    PublishedLog,
};
pub use state::{Device, KeyState, Taken};

use pod_crypto::{PublicKey, SigningKey, sha256};

use crate::cose;
use crate::ids::{Kid, ObjectId, Principal};
use crate::refusal::Refusal;

/// Most device keys that were ever in one log: old ones stay, to check what they signed.
pub const MAX_DEVICES: usize = 64;
/// Most recovery keys (did:plc allows 5).
pub const MAX_RECOVERY_KEYS: usize = 5;
/// Most controlling keys that can be committed to.
pub const MAX_NEXT_KEYS: usize = 5;
/// Shortest delay of a recovery key, in seconds of log time: did:plc's 72 hours. Who holds the other keys has so long to object.
pub const MIN_RECOVERY_DELAY_SECS: u64 = 72 * 3600;
/// Longest: with a longer one, whoever lost the devices would wait for more than a month.
pub const MAX_RECOVERY_DELAY_SECS: u64 = 30 * 24 * 3600;
/// How long a recovery key can take back what devices and controlling keys did, in seconds of log time (did:plc's 72 hours).
pub const UNDO_WINDOW_SECS: u64 = 72 * 3600;
/// How often a recovery by one key can be cancelled before the key counts no more by itself: whoever stole it can stop the
/// rightful holder's new grants for a while, and not for ever.
pub const MAX_CANCELLED: usize = 3;
/// Most events of one log that devices and controlling keys can add: each device is added and revoked once, and some rotations.
pub const MAX_EVENTS: usize = 160;
/// Most events altogether. A thief who fills the log leaves room to recover it.
pub const MAX_EVENTS_WITH_RECOVERY: usize = 256;

/// What a device key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles {
    /// May sign grants, requests and commands.
    pub sign: bool,
    /// May add and revoke device keys, and cancel recoveries.
    pub manage: bool,
}

/// A key of a device, with what it may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceKey {
    /// The public key.
    pub key: PublicKey,
    /// What it may do.
    pub roles: Roles,
}

/// A recovery key, by its digest, and how long the others may object when it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecoveryKey {
    /// SHA-256 of the public key, revealed on use: [`key_digest`].
    pub digest: [u8; 32],
    /// Seconds of log time before its event takes effect: [`MIN_RECOVERY_DELAY_SECS`] to [`MAX_RECOVERY_DELAY_SECS`].
    pub delay_secs: u64,
}

/// The keys that control a log from some event on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Controls {
    /// SHA-256 of each next controlling key (pre-rotation).
    pub next: Vec<[u8; 32]>,
    /// How many of them a rotation needs.
    pub threshold: u64,
    /// Recovery keys in falling authority.
    pub recovery: Vec<RecoveryKey>,
}

/// What changes with an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyChange {
    /// The first event; it signs itself.
    Inception {
        /// For whose eyes the log is: the organisation, or none when the principal is one itself or a service.
        organisation: Option<Principal>,
        /// The first device keys.
        devices: Vec<DeviceKey>,
        /// SHA-256 of each next controlling key (pre-rotation).
        next: Vec<[u8; 32]>,
        /// How many of them a rotation needs.
        threshold: u64,
        /// Recovery keys in falling authority.
        recovery: Vec<RecoveryKey>,
        /// Makes logs of the same keys differ.
        salt: [u8; 16],
    },
    /// The controlling keys that were committed to show themselves and commit to others.
    Rotation(Rotation),
    /// A device more.
    AddDevice(DeviceKey),
    /// A device less.
    RevokeDevice {
        /// The device's key.
        kid: Kid,
        /// Since when it may have been in other hands: what it signed from then on does not count.
        compromised_since: Option<u64>,
    },
    /// A recovery key takes the log back. Takes effect after the key's delay, unless it is cancelled.
    Recovery(Recovery),
    /// Ends a recovery that has not taken effect, or objects to something outside the log that the holder has told of, such as
    /// a binding made at its desk.
    Cancel {
        /// The id of the event, or of the other wallet's first event.
        target: ObjectId,
        /// The recovery key that signs, when no device does.
        revealed: Option<PublicKey>,
    },
}

/// What a rotation says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// As many of the keys that were committed to as the threshold says. The first one signs the event.
    pub revealed: Vec<PublicKey>,
    /// The signatures of the others, in the same order: [`KeyEvent::endorse`].
    pub endorsements: Vec<[u8; 64]>,
    /// All devices from now on; none when they stay.
    pub devices: Option<Vec<DeviceKey>>,
    /// SHA-256 of each next controlling key.
    pub next: Vec<[u8; 32]>,
    /// How many of them the next rotation needs.
    pub threshold: u64,
    /// The recovery keys from now on; none when they stay.
    pub recovery: Option<Vec<RecoveryKey>>,
    /// Since when the devices that go may have been in other hands.
    pub compromised_since: Option<u64>,
}

/// What a recovery says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// The recovery key, which signs.
    pub revealed: PublicKey,
    /// All devices from then on.
    pub devices: Vec<DeviceKey>,
    /// The controlling and recovery keys from then on.
    pub controls: Controls,
    /// Since when the devices that go may have been in other hands.
    pub compromised_since: Option<u64>,
}

/// One event of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyEvent {
    /// 0 for the first.
    pub seq: u64,
    /// The id of the event before. A recovery names the last event that it lets stand.
    pub previous: Option<ObjectId>,
    /// When the signer says it was signed, in seconds since 1970.
    pub time_secs: u64,
    /// What changes.
    pub change: KeyChange,
}

impl KeyEvent {
    /// The signature with which another controlling key takes part in a rotation: what that key would sign if it signed the
    /// event alone, without endorsements.
    #[must_use]
    pub fn endorse(&self, key: &SigningKey) -> [u8; 64] {
        cose::countersign(key, &self.unendorsed())
    }

    fn check_endorsement(&self, key: &PublicKey, signature: &[u8; 64]) -> Result<(), Refusal> {
        cose::check_countersignature(key, &self.unendorsed(), signature)
    }

    fn unendorsed(&self) -> Self {
        let mut event = self.clone();
        if let KeyChange::Rotation(rotation) = &mut event.change {
            rotation.endorsements.clear();
        }
        event
    }
}

/// What stands for a key that is not known yet: SHA-256 of its 32 bytes.
#[must_use]
pub fn key_digest(key: &PublicKey) -> [u8; 32] {
    sha256(&[&key.to_bytes()])
}

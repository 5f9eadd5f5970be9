//! The wallet's side of its key-event logs: one for each organisation (`docs/protocol/key-event.md`).

use pod_crypto::{SigningKey, sha256};
use pod_protocol::cose::{Signed, Verified};
use pod_protocol::ids::{Kid, Principal, Thumbprint};
use pod_protocol::key_event::{DeviceKey, KeyChange, KeyEvent, KeyState, MAX_DEVICES, RecoveryKey, Roles};
use pod_protocol::refusal::Refusal;

use crate::root::{KeyPurpose, RootSecret};

/// How long the other keys may object when the recovery key is used (did:plc's 72 hours).
pub const RECOVERY_DELAY_SECS: u64 = 72 * 3600;
/// When every log began: the first second that the protocol knows, which a recovered wallet knows too. When the log was bound
/// stands in the holder's log.
const BEGUN_SECS: u64 = 1;

/// Why a key log cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysFault {
    /// An event does not hold.
    #[error("a key event does not hold: {0}")]
    Event(#[from] Refusal),
    /// There is no event at all.
    #[error("the key log has no event")]
    Empty,
    /// The log is for another organisation.
    #[error("the key log is for another organisation")]
    Organisation,
    /// No key of this wallet may sign in the log now.
    #[error(
        "no key of this wallet is valid at this organisation: its device was revoked there, or the log is another wallet's"
    )]
    NotOurs,
}

/// A key log of this wallet at one organisation.
#[derive(Clone, Debug)]
pub struct KeyLog {
    organisation: Principal,
    device_index: u32,
    events: Vec<Vec<u8>>,
    state: KeyState,
}

/// What signs at one organisation.
#[derive(Debug)]
pub struct Signer {
    /// Who signs there.
    pub principal: Principal,
    /// The organisation.
    pub organisation: Principal,
    /// The device's key.
    pub key: SigningKey,
    /// The last event of the log, in which the key is valid: goes into grants.
    pub key_event: u64,
}

impl KeyLog {
    /// Begins the log for an organisation: one device key that signs and manages, the digest of the next controlling key
    /// (pre-rotation) and that of a recovery key. Everything in it comes from the root secret, the time too: a wallet that was
    /// lost and recovered begins the very log that the organisation has, and is who it was.
    ///
    /// # Errors
    /// [`KeysFault::Event`], which only a defect could cause.
    pub fn begin(root: &RootSecret, organisation: Principal) -> Result<Self, KeysFault> {
        let digest = |purpose| sha256(&[&root.signing_key(&organisation, purpose, 0).public_key().to_bytes()]);
        let device = root.signing_key(&organisation, KeyPurpose::Device, 0);
        let change = KeyChange::Inception {
            organisation: Some(organisation),
            devices: vec![DeviceKey { key: device.public_key(), roles: Roles { sign: true, manage: true } }],
            next: vec![digest(KeyPurpose::NextControlling)],
            threshold: 1,
            recovery: vec![RecoveryKey { digest: digest(KeyPurpose::Recovery), delay_secs: RECOVERY_DELAY_SECS }],
            salt: root.log_salt(&organisation),
        };
        let event = Verified::sign(&device, KeyEvent { seq: 0, previous: None, time_secs: BEGUN_SECS, change });
        let state = KeyState::begin(Signed::decode(event.bytes())?)?;
        Ok(Self { organisation, device_index: 0, events: vec![event.bytes().to_vec()], state })
    }

    /// Replays a log, from the wallet's own memory or from the organisation after a loss, and finds which key derived
    /// from `root` signs in it.
    ///
    /// # Errors
    /// [`KeysFault`].
    pub fn restore(root: &RootSecret, organisation: Principal, events: &[Vec<u8>]) -> Result<Self, KeysFault> {
        let (first, rest) = events.split_first().ok_or(KeysFault::Empty)?;
        let mut state = KeyState::begin(Signed::decode(first)?)?;
        if state.organisation() != Some(organisation) {
            return Err(KeysFault::Organisation);
        }
        for event in rest {
            state = state.apply(Signed::decode(event)?)?;
        }
        let most = u32::try_from(MAX_DEVICES).unwrap_or(u32::MAX);
        let device_index = (0..most)
            .find(|index| state.signer_now(device_kid(root, &organisation, *index)).is_ok())
            .ok_or(KeysFault::NotOurs)?;
        Ok(Self { organisation, device_index, events: events.to_vec(), state })
    }

    /// Adds a device's key, which that device made itself and showed to this one.
    ///
    /// # Errors
    /// [`KeysFault::NotOurs`], [`KeysFault::Event`] when the key is there already.
    pub fn add_device(
        &self,
        root: &RootSecret,
        device: DeviceKey,
        now_secs: u64,
    ) -> Result<(Self, Verified<KeyEvent>), KeysFault> {
        self.append(root, KeyChange::AddDevice(device), now_secs)
    }

    /// Adds the next key that this root secret gives, with all roles, for the device on which the wallet was restored.
    /// The log that comes back signs with it.
    ///
    /// # Errors
    /// As [`KeyLog::add_device`].
    pub fn add_own_device(&self, root: &RootSecret, now_secs: u64) -> Result<(Self, Verified<KeyEvent>), KeysFault> {
        let index = self.device_index + 1;
        let key = root.signing_key(&self.organisation, KeyPurpose::Device, index).public_key();
        let device = DeviceKey { key, roles: Roles { sign: true, manage: true } };
        let (log, event) = self.append(root, KeyChange::AddDevice(device), now_secs)?;
        Ok((Self { device_index: index, ..log }, event))
    }

    /// Revokes a device's key. What it signed from `compromised_since` on does not count.
    ///
    /// # Errors
    /// [`KeysFault::NotOurs`], [`KeysFault::Event`] when there is no such device.
    pub fn revoke_device(
        &self,
        root: &RootSecret,
        kid: Kid,
        compromised_since: Option<u64>,
        now_secs: u64,
    ) -> Result<(Self, Verified<KeyEvent>), KeysFault> {
        self.append(root, KeyChange::RevokeDevice { kid, compromised_since }, now_secs)
    }

    fn append(
        &self,
        root: &RootSecret,
        change: KeyChange,
        now_secs: u64,
    ) -> Result<(Self, Verified<KeyEvent>), KeysFault> {
        let signer = self.signer(root)?;
        let event =
            KeyEvent { seq: self.state.seq() + 1, previous: Some(self.state.head()), time_secs: now_secs, change };
        let event = Verified::sign(&signer.key, event);
        let state = self.state.apply(Signed::decode(event.bytes())?)?;
        let events = self.events.iter().cloned().chain([event.bytes().to_vec()]).collect();
        Ok((Self { events, state, ..self.clone() }, event))
    }

    /// What signs at this organisation.
    ///
    /// # Errors
    /// [`KeysFault::NotOurs`] when this wallet's key was revoked, or `root` is another wallet's.
    pub fn signer(&self, root: &RootSecret) -> Result<Signer, KeysFault> {
        let key = root.signing_key(&self.organisation, KeyPurpose::Device, self.device_index);
        let kid = Thumbprint::of(&key.public_key()).kid();
        self.state.signer_now(kid).map_err(|_| KeysFault::NotOurs)?;
        Ok(Signer {
            principal: self.state.principal(),
            organisation: self.organisation,
            key,
            key_event: self.state.seq(),
        })
    }

    /// Under which number the root secret gives the key with this id here, if it is one of those.
    #[must_use]
    pub fn index_of(&self, root: &RootSecret, kid: Kid) -> Option<u32> {
        let most = u32::try_from(MAX_DEVICES).unwrap_or(u32::MAX);
        (0..most).find(|index| self.kid_at(root, *index) == kid)
    }

    /// The id of the key that the root secret gives here under a number: the same device has another key at each organisation.
    #[must_use]
    pub fn kid_at(&self, root: &RootSecret, index: u32) -> Kid {
        device_kid(root, &self.organisation, index)
    }

    /// Who the wallet is at this organisation.
    #[must_use]
    pub fn principal(&self) -> Principal {
        self.state.principal()
    }

    /// For whose eyes the log is.
    #[must_use]
    pub fn organisation(&self) -> Principal {
        self.organisation
    }

    /// The signed events, the first first.
    #[must_use]
    pub fn events(&self) -> &[Vec<u8>] {
        &self.events
    }

    /// What the log says now.
    #[must_use]
    pub fn state(&self) -> &KeyState {
        &self.state
    }
}

fn device_kid(root: &RootSecret, organisation: &Principal, index: u32) -> Kid {
    Thumbprint::of(&root.signing_key(organisation, KeyPurpose::Device, index).public_key()).kid()
}

//! The wallet's side of its key-event logs: one for each organisation (`docs/protocol/key-event.md`).

use std::collections::BTreeMap;

use pod_crypto::{PublicKey, SigningKey};
use pod_protocol::cose::{Signed, Verified};
use pod_protocol::ids::{Kid, ObjectId, Principal, Thumbprint};
use pod_protocol::key_event::{
    DeviceKey, KeyChange, KeyEvent, KeyState, MAX_DEVICES, MIN_RECOVERY_DELAY_SECS, RecoveryKey, Roles, Rotation,
    Taken, key_digest,
};
use pod_protocol::refusal::Refusal;

use crate::root::{KeyPurpose, RootSecret};

/// When every log began: the first second that the protocol knows, so that a device which begins again begins the same log. When the
/// log was bound stands in the holder's log.
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
    /// The paper is another one.
    #[error(
        "this recovery code is none of the key log's: another one was written down later, or it is another wallet's"
    )]
    Paper,
    /// The controlling key that was committed to is not this device's.
    #[error("the next controlling key is on another device: rotate there, or recover with the recovery code")]
    NotControlling,
}

/// A signed event, and what the organisation knows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldEvent {
    /// The signed event.
    pub bytes: Vec<u8>,
    /// When it was taken in, and its log time.
    pub taken: Taken,
}

/// A key log of this wallet at one organisation.
#[derive(Clone, Debug)]
pub struct KeyLog {
    organisation: Principal,
    device_index: u32,
    events: Vec<HeldEvent>,
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
    /// (pre-rotation), and `recovery`, the digest of the recovery key ([`crate::root::RecoveryRoot::digest`]), whose secret is on
    /// paper alone.
    ///
    /// # Errors
    /// [`KeysFault::Event`], which only a defect could cause.
    pub fn begin(root: &RootSecret, organisation: Principal, recovery: [u8; 32]) -> Result<Self, KeysFault> {
        let device = root.signing_key(&organisation, KeyPurpose::Device, 0);
        let change = KeyChange::Inception {
            organisation: Some(organisation),
            devices: vec![may_all(&device)],
            next: vec![next_digest(root, &organisation, 0)],
            threshold: 1,
            recovery: vec![RecoveryKey { digest: recovery, delay_secs: MIN_RECOVERY_DELAY_SECS }],
            salt: root.log_salt(&organisation),
        };
        let event = Verified::sign(&device, KeyEvent { seq: 0, previous: None, time_secs: BEGUN_SECS, change });
        let state = KeyState::begin(Signed::decode(event.bytes())?)?;
        let events = vec![HeldEvent { bytes: event.bytes().to_vec(), taken: Taken::logged(BEGUN_SECS) }];
        Ok(Self { organisation, device_index: 0, events, state })
    }

    /// Replays a log, from the wallet's own memory or from the organisation, and finds which key derived from `root` signs in
    /// it at `now_secs`.
    ///
    /// # Errors
    /// [`KeysFault`].
    pub fn restore(
        root: &RootSecret,
        organisation: Principal,
        events: &[HeldEvent],
        now_secs: u64,
    ) -> Result<Self, KeysFault> {
        let state = replay(organisation, events, now_secs)?;
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

    /// Cancels a recovery that is pending, or objects to something outside the log.
    ///
    /// # Errors
    /// As [`KeyLog::add_device`]; [`Refusal::KeyOutranked`] when the person identified themselves for the recovery.
    pub fn cancel(
        &self,
        root: &RootSecret,
        target: ObjectId,
        now_secs: u64,
    ) -> Result<(Self, Verified<KeyEvent>), KeysFault> {
        self.append(root, KeyChange::Cancel { target, revealed: None }, now_secs)
    }

    /// Shows the controlling key that was committed to, commits to another, and puts a fresh device key in the place of this
    /// device's own; other devices stay. With `recovery` another paper counts from now on.
    ///
    /// # Errors
    /// [`KeysFault::NotControlling`], and as [`KeyLog::add_device`].
    pub fn rotate(
        &self,
        root: &RootSecret,
        recovery: Option<[u8; 32]>,
        now_secs: u64,
    ) -> Result<(Self, Verified<KeyEvent>), KeysFault> {
        let own = self.signer(root)?.key.public_key();
        let most = u32::try_from(MAX_DEVICES).unwrap_or(u32::MAX);
        let committed = |index: &u32| self.state.controls().next == [next_digest(root, &self.organisation, *index)];
        let at = (0..most).find(committed).ok_or(KeysFault::NotControlling)?;
        let controlling = root.signing_key(&self.organisation, KeyPurpose::NextControlling, at);
        let fresh = root.signing_key(&self.organisation, KeyPurpose::Device, self.device_index + 1);
        let valid = self.state.devices().iter().filter(|device| device.revoked_seq.is_none());
        let others = valid.map(|device| device.device).filter(|device| device.key != own);
        let rotation = Rotation {
            revealed: vec![controlling.public_key()],
            endorsements: Vec::new(),
            devices: Some(others.chain([may_all(&fresh)]).collect()),
            next: vec![next_digest(root, &self.organisation, at + 1)],
            threshold: 1,
            recovery: recovery.map(|digest| vec![RecoveryKey { digest, delay_secs: MIN_RECOVERY_DELAY_SECS }]),
            compromised_since: None,
        };
        let (log, event) = self.append_with(&controlling, KeyChange::Rotation(rotation), now_secs)?;
        Ok((Self { device_index: self.device_index + 1, ..log }, event))
    }

    fn append(
        &self,
        root: &RootSecret,
        change: KeyChange,
        now_secs: u64,
    ) -> Result<(Self, Verified<KeyEvent>), KeysFault> {
        let signer = self.signer(root)?;
        self.append_with(&signer.key, change, now_secs)
    }

    fn append_with(
        &self,
        key: &SigningKey,
        change: KeyChange,
        now_secs: u64,
    ) -> Result<(Self, Verified<KeyEvent>), KeysFault> {
        let event =
            KeyEvent { seq: self.state.seq() + 1, previous: Some(self.state.head()), time_secs: now_secs, change };
        let event = Verified::sign(key, event);
        let taken = Taken::logged(now_secs);
        let state = self.state.apply(Signed::decode(event.bytes())?, taken)?;
        let held = HeldEvent { bytes: event.bytes().to_vec(), taken };
        Ok((Self { events: self.events.iter().cloned().chain([held]).collect(), state, ..self.clone() }, event))
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
    pub fn events(&self) -> Vec<Vec<u8>> {
        self.events.iter().map(|event| event.bytes.clone()).collect()
    }

    /// The same, with what the organisation knows of them.
    #[must_use]
    pub fn held(&self) -> &[HeldEvent] {
        &self.events
    }

    /// What the log says now.
    #[must_use]
    pub fn state(&self) -> &KeyState {
        &self.state
    }
}

/// What a log says at `now_secs`, whoever's keys are in it.
///
/// # Errors
/// [`KeysFault::Empty`], [`KeysFault::Organisation`], [`KeysFault::Event`].
pub fn replay(organisation: Principal, events: &[HeldEvent], now_secs: u64) -> Result<KeyState, KeysFault> {
    let last = states(organisation, events)?.pop().ok_or(KeysFault::Empty)?;
    Ok(last.settled(now_secs))
}

/// Every key that a log says or ever said may sign, also those that a recovery left out.
///
/// # Errors
/// As [`replay`].
pub fn every_signer(
    organisation: Principal,
    events: &[HeldEvent],
    now_secs: u64,
) -> Result<BTreeMap<Kid, PublicKey>, KeysFault> {
    let mut all = states(organisation, events)?;
    all.push(replay(organisation, events, now_secs)?);
    let devices = all.iter().flat_map(|state| state.devices()).filter(|one| one.device.roles.sign);
    Ok(devices.map(|one| (Thumbprint::of(&one.device.key).kid(), one.device.key)).collect())
}

/// What a log says after each of its events.
fn states(organisation: Principal, events: &[HeldEvent]) -> Result<Vec<KeyState>, KeysFault> {
    let (first, rest) = events.split_first().ok_or(KeysFault::Empty)?;
    let mut last = KeyState::begin(Signed::decode(&first.bytes)?)?;
    if last.organisation() != Some(organisation) {
        return Err(KeysFault::Organisation);
    }
    let mut all = Vec::with_capacity(events.len());
    for event in rest {
        let next = last.apply(Signed::decode(&event.bytes)?, event.taken)?;
        all.push(std::mem::replace(&mut last, next));
    }
    all.push(last);
    Ok(all)
}

/// A key of this wallet's own device.
pub(crate) fn may_all(key: &SigningKey) -> DeviceKey {
    DeviceKey { key: key.public_key(), roles: Roles { sign: true, manage: true } }
}

/// The digest of the controlling key with this number.
pub(crate) fn next_digest(root: &RootSecret, organisation: &Principal, index: u32) -> [u8; 32] {
    key_digest(&root.signing_key(organisation, KeyPurpose::NextControlling, index).public_key())
}

fn device_kid(root: &RootSecret, organisation: &Principal, index: u32) -> Kid {
    Thumbprint::of(&root.signing_key(organisation, KeyPurpose::Device, index).public_key()).kid()
}

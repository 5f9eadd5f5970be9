//! What a log says: replayed event by event, each with the time at which it was logged.

use pod_crypto::PublicKey;

use super::pending::Pending;
use super::replay::Keys;
use super::wire::{KIND, SEQ};
use super::{Controls, DeviceKey, KeyChange, KeyEvent, MAX_EVENTS, MAX_EVENTS_WITH_RECOVERY, Rotation, key_digest};
use crate::cose::{Signed, Verified};
use crate::ids::{Kid, ObjectId, Principal, Thumbprint};
use crate::refusal::{ChainFault, ClaimFault, Refusal};

/// A device key in a log's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    /// The key and its roles.
    pub device: DeviceKey,
    /// The event that added it.
    pub added_seq: u64,
    /// The event that revoked it.
    pub revoked_seq: Option<u64>,
    /// When that event was signed: what the key signed from then on does not count.
    pub revoked_secs: Option<u64>,
    /// Since when it may have been in other hands.
    pub compromised_since: Option<u64>,
}

/// What the holder knows of an event besides the event. None of it is the signer's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// When the holder took it in, in seconds since 1970: never earlier than the event before it, and never changed afterwards.
    pub taken_secs: u64,
    /// Its log time; none when it does not stand in the directory's log yet. Told once, it never changes.
    pub logged_secs: Option<u64>,
    /// The person whom the log is of identified themselves to the holder for this very event, by login or at a desk.
    pub identified: bool,
}

impl Taken {
    /// Of an event that was logged when it was taken in, by somebody who showed their keys and nothing else.
    #[must_use]
    pub fn logged(secs: u64) -> Self {
        Self { taken_secs: secs, logged_secs: Some(secs), identified: false }
    }
}

/// An event that stands. Its number is its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) id: ObjectId,
    pub(super) time_secs: u64,
    pub(super) taken_secs: u64,
    pub(super) change: KeyChange,
}

/// What a log says after its last event, as of the time until which it was [settled](KeyState::settled).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyState {
    principal: Principal,
    organisation: Option<Principal>,
    /// Events that were taken back are in it no more.
    pub(super) steps: Vec<Step>,
    /// What `steps` add up to.
    pub(super) keys: Keys,
    pub(super) pending: Option<Pending>,
    /// The recovery keys whose recoveries were cancelled, once for each time.
    pub(super) cancelled: Vec<[u8; 32]>,
    /// How many events were ever taken in.
    events: usize,
}

impl KeyState {
    /// Opens a log with its first event, which must be signed by one of its own managing keys.
    ///
    /// # Errors
    /// [`Refusal::UnknownKey`] when another key signed, [`Refusal::Signature`], [`Refusal::Claim`] when it is no inception.
    pub fn begin(event: Signed<KeyEvent>) -> Result<Self, Refusal> {
        let KeyChange::Inception { organisation, devices, .. } = &event.unverified().change else {
            return Err(ClaimFault::OutOfRange { claim: KIND }.into());
        };
        let organisation = *organisation;
        let signer = devices.iter().find(|device| device.roles.manage && kid(device) == event.kid());
        let key = signer.ok_or(Refusal::UnknownKey)?.key;
        let event = event.verify(&key)?;
        let id = event.id();
        // Nothing takes the first event back, so when it was taken in does not matter.
        let steps = vec![Step { id, time_secs: event.time_secs, taken_secs: 0, change: event.into_claims().change }];
        let keys = Keys::after(&steps)?;
        let principal = Principal::new(*id.as_bytes());
        Ok(Self { principal, organisation, steps, keys, pending: None, cancelled: Vec::new(), events: 1 })
    }

    /// Goes on with the next event.
    ///
    /// # Errors
    /// [`Refusal::UnknownKey`] when it is not signed by a key that may do this, [`Refusal::Signature`]; [`Refusal::Claim`] when
    /// it does not follow, adds a key that is there, or revokes one that is not; [`Refusal::TooLarge`] when the log is full;
    /// [`Refusal::KeyPending`], [`Refusal::KeyTooLate`], [`Refusal::KeyOutranked`] and [`Refusal::KeySpent`] about recoveries.
    pub fn apply(&self, event: Signed<KeyEvent>, taken: Taken) -> Result<Self, Refusal> {
        let mut state = self.clone().settled(taken.taken_secs);
        let recovers = match &event.unverified().change {
            KeyChange::Recovery(_) => true,
            KeyChange::Cancel { target, .. } => state.pending.as_ref().is_some_and(|one| one.id == *target),
            _ => false,
        };
        if state.events >= if recovers { MAX_EVENTS_WITH_RECOVERY } else { MAX_EVENTS } {
            return Err(Refusal::TooLarge);
        }
        if matches!(event.unverified().change, KeyChange::Recovery(_)) {
            state.recover(event, taken)?;
        } else {
            let event = state.verified(event)?;
            state.follow(&event, taken)?;
        }
        state.events += 1;
        Ok(state)
    }

    /// As it stands at `now_secs`: a recovery whose delay has passed has taken effect.
    #[must_use]
    pub fn settled(mut self, now_secs: u64) -> Self {
        if self.pending.as_ref().and_then(Pending::due_secs).is_some_and(|due| due <= now_secs)
            && let Some(pending) = self.pending.take()
        {
            self.take_effect(pending);
        }
        self
    }

    /// Checks that the key which signed may do this, and its signature. Recoveries are another matter.
    fn verified(&self, event: Signed<KeyEvent>) -> Result<Verified<KeyEvent>, Refusal> {
        match &event.unverified().change {
            KeyChange::Rotation(rotation) => {
                self.check_rotation(event.unverified(), rotation)?;
                let key = *rotation.revealed.first().ok_or(Refusal::UnknownKey)?;
                event.verify(&key)
            }
            KeyChange::Cancel { target, revealed: Some(key) } => {
                self.check_cancelling_key(target, &key_digest(key))?;
                let key = *key;
                event.verify(&key)
            }
            KeyChange::Cancel { target, revealed: None } => {
                let key = self.manager(event.kid())?;
                self.check_cancelling_device(target)?;
                event.verify(&key)
            }
            _ => {
                let key = self.manager(event.kid())?;
                event.verify(&key)
            }
        }
    }

    fn manager(&self, signer: Kid) -> Result<PublicKey, Refusal> {
        Ok(self.keys.manager(signer).ok_or(Refusal::UnknownKey)?.device.key)
    }

    /// As many distinct keys as the threshold says were committed to, and each signed.
    fn check_rotation(&self, event: &KeyEvent, rotation: &Rotation) -> Result<(), Refusal> {
        let controls = &self.keys.controls;
        let committed = rotation.revealed.iter().all(|key| controls.next.contains(&key_digest(key)));
        if !committed || rotation.revealed.len() as u64 != controls.threshold {
            return Err(Refusal::UnknownKey);
        }
        let others = rotation.revealed.iter().skip(1).zip(&rotation.endorsements);
        others.into_iter().try_for_each(|(key, signature)| event.check_endorsement(key, signature))
    }

    /// Takes in an event that goes on from the last one.
    fn follow(&mut self, event: &Verified<KeyEvent>, taken: Taken) -> Result<(), Refusal> {
        let cancels = matches!(event.change, KeyChange::Cancel { .. });
        if self.pending.is_some() && !cancels {
            return Err(Refusal::KeyPending);
        }
        if event.seq != self.seq() + 1 || event.previous != Some(self.head()) || event.time_secs < self.time_secs() {
            return Err(ClaimFault::OutOfRange { claim: SEQ }.into());
        }
        self.keys.take(event.seq, event.time_secs, &event.change)?;
        if let KeyChange::Cancel { target, .. } = &event.change {
            self.cancel(target);
        }
        self.steps.push(Step {
            id: event.id(),
            time_secs: event.time_secs,
            taken_secs: taken.taken_secs,
            change: event.change.clone(),
        });
        Ok(())
    }

    /// The principal: the id of the first event.
    #[must_use]
    pub fn principal(&self) -> Principal {
        self.principal
    }

    /// The organisation that the log is for, when it is a citizen's.
    #[must_use]
    pub fn organisation(&self) -> Option<Principal> {
        self.organisation
    }

    /// The number of the last event that stands.
    #[must_use]
    pub fn seq(&self) -> u64 {
        (self.steps.len() as u64).saturating_sub(1)
    }

    /// When the last event that stands was signed, as its signer said.
    #[must_use]
    pub fn time_secs(&self) -> u64 {
        self.steps.last().map_or(0, |step| step.time_secs)
    }

    /// The id of the last event that stands.
    #[must_use]
    pub fn head(&self) -> ObjectId {
        self.steps.last().map_or(ObjectId::new(*self.principal.as_bytes()), |step| step.id)
    }

    /// How many events were ever taken in, those among them that no longer stand.
    #[must_use]
    pub fn events(&self) -> usize {
        self.events
    }

    /// Every device that ever was.
    #[must_use]
    pub fn devices(&self) -> &[Device] {
        &self.keys.devices
    }

    /// The controlling and recovery keys.
    #[must_use]
    pub fn controls(&self) -> &Controls {
        &self.keys.controls
    }

    /// The recovery that has not taken effect, if there is one.
    #[must_use]
    pub fn pending(&self) -> Option<&Pending> {
        self.pending.as_ref()
    }

    /// The device with this key, if it is valid now.
    #[must_use]
    pub fn current(&self, wanted: Kid) -> Option<&Device> {
        self.keys.current(wanted)
    }

    /// The device with this key, if it may sign commands and requests now.
    ///
    /// # Errors
    /// [`Refusal::UnknownKey`].
    pub fn signer_now(&self, wanted: Kid) -> Result<&PublicKey, Refusal> {
        match self.current(wanted) {
            Some(device) if device.device.roles.sign => Ok(&device.device.key),
            _ => Err(Refusal::UnknownKey),
        }
    }

    /// The device with this key, if a grant that it signed may be taken in now: not while it is open whose log it is.
    ///
    /// # Errors
    /// [`Refusal::UnknownKey`], [`Refusal::KeyPending`].
    pub fn grantor_now(&self, wanted: Kid) -> Result<&PublicKey, Refusal> {
        match self.pending {
            None => self.signer_now(wanted),
            Some(_) => Err(Refusal::KeyPending),
        }
    }

    /// Whether this key could sign grants when event `seq` was the last, for something issued at `issued_secs` that is certain to
    /// have been signed from `signed_by_secs` on: whoever has a stolen device writes an earlier date.
    ///
    /// # Errors
    /// [`ChainFault::KeyEvent`], [`ChainFault::KeyCompromised`].
    pub fn check_signer_at(
        &self,
        wanted: Kid,
        seq: u64,
        issued_secs: u64,
        signed_by_secs: u64,
    ) -> Result<(), ChainFault> {
        let device = self
            .devices()
            .iter()
            .find(|device| kid(&device.device) == wanted && device.device.roles.sign)
            .ok_or(ChainFault::KeyEvent)?;
        let valid =
            seq <= self.seq() && device.added_seq <= seq && device.revoked_seq.is_none_or(|revoked| seq < revoked);
        // Whoever has a revoked device can still name an old event.
        if !valid || device.revoked_secs.is_some_and(|revoked| issued_secs >= revoked) {
            return Err(ChainFault::KeyEvent);
        }
        match device.compromised_since {
            Some(since) if signed_by_secs >= since => Err(ChainFault::KeyCompromised),
            _ => Ok(()),
        }
    }
}

pub(super) fn kid(device: &DeviceKey) -> Kid {
    Thumbprint::of(&device.key).kid()
}

//! The log that a member of the federation published: statements of the registry, one for each event.
//!
//! The same events as everybody's, with less allowed. Whoever reads the registry has no log times, and nobody else is there to
//! object, so a published log has neither recoveries nor their cancelling: what answers a stolen managing key is a rotation by
//! the keys that were committed to beforehand.

use pod_crypto::PublicKey;

use super::state::{KeyState, Taken, kid};
use super::wire::{DEVICES, KIND, ORGANISATION};
use super::{KeyChange, KeyEvent};
use crate::cose::Signed;
use crate::ids::{Kid, ObjectId};
use crate::refusal::{ClaimFault, Refusal};
use crate::statement::MAX_KEYS;

/// Most bytes of a published event: all live keys of a log and a rotation's digests take 2 kB. What a stranger sends is decoded
/// before its signature can be checked, and each of its keys costs as much as a signature.
pub const MAX_PUBLISHED_EVENT_BYTES: usize = 4096;
/// Most events that managing keys can add to a published log, its first one included: an online key that is exchanged once a
/// year adds two, and every reader of the registry replays them all.
pub const MAX_PUBLISHED_EVENTS: usize = 64;
/// Most events with rotations: whoever stole a managing key and fills the log leaves room to take it back.
pub const MAX_PUBLISHED_EVENTS_WITH_ROTATIONS: usize = 80;
/// Most device keys that are valid at once, managing ones included. With [`MAX_PUBLISHED_EVENTS`] it keeps a thief of the
/// managing key from using up the devices that a log can ever have.
pub const MAX_LIVE_DEVICES: usize = 2 * MAX_KEYS;

/// A member's published log: what it says, and its events as they were signed.
#[derive(Clone, Debug)]
pub struct PublishedLog {
    state: KeyState,
    events: Vec<(ObjectId, Vec<u8>)>,
}

impl PublishedLog {
    /// Reads an event as it may stand in a published log. Its signature is for [`PublishedLog::with`].
    ///
    /// # Errors
    /// [`Refusal::TooLarge`] above [`MAX_PUBLISHED_EVENT_BYTES`]; those of decoding; [`Refusal::Claim`] for a recovery or its
    /// cancelling, and for a citizen's log.
    pub fn read(bytes: &[u8]) -> Result<Signed<KeyEvent>, Refusal> {
        if bytes.len() > MAX_PUBLISHED_EVENT_BYTES {
            return Err(Refusal::TooLarge);
        }
        let event = Signed::<KeyEvent>::decode(bytes)?;
        match &event.unverified().change {
            KeyChange::Recovery(_) | KeyChange::Cancel { .. } => Err(ClaimFault::OutOfRange { claim: KIND }.into()),
            KeyChange::Inception { organisation: Some(_), .. } => {
                Err(ClaimFault::OutOfRange { claim: ORGANISATION }.into())
            }
            _ => Ok(event),
        }
    }

    /// The log with an event more, or with its first one.
    ///
    /// # Errors
    /// Those of [`KeyState::begin`] and [`KeyState::apply`]; [`Refusal::TooLarge`] when the log is full; [`Refusal::Claim`] when
    /// more than [`MAX_KEYS`] signing keys or [`MAX_LIVE_DEVICES`] devices would be valid at once.
    pub fn with(log: Option<&Self>, event: Signed<KeyEvent>) -> Result<Self, Refusal> {
        let before = log.map_or(&[][..], |log| &log.events);
        let rotates = matches!(event.unverified().change, KeyChange::Rotation(_));
        if before.len() >= if rotates { MAX_PUBLISHED_EVENTS_WITH_ROTATIONS } else { MAX_PUBLISHED_EVENTS } {
            return Err(Refusal::TooLarge);
        }
        let (entry, taken) = ((event.id(), event.bytes().to_vec()), Taken::logged(event.unverified().time_secs));
        let state = match log {
            None => KeyState::begin(event)?,
            Some(log) => log.state.apply(event, taken)?,
        };
        let log = Self { state, events: before.iter().cloned().chain(std::iter::once(entry)).collect() };
        let live = log.state.devices().iter().filter(|device| device.revoked_seq.is_none()).count();
        if log.signing().count() > MAX_KEYS || live > MAX_LIVE_DEVICES {
            return Err(ClaimFault::OutOfRange { claim: DEVICES }.into());
        }
        Ok(log)
    }

    /// What it says.
    #[must_use]
    pub fn state(&self) -> &KeyState {
        &self.state
    }

    /// Its events from the first one on, as they were signed.
    pub fn events(&self) -> impl Iterator<Item = (ObjectId, &[u8])> {
        self.events.iter().map(|(id, bytes)| (*id, bytes.as_slice()))
    }

    /// The keys that sign now: those that stand there, with the number of the event that added each.
    pub fn signing(&self) -> impl Iterator<Item = (u64, &PublicKey)> {
        let valid = self.state.devices().iter().filter(|one| one.device.roles.sign && one.revoked_seq.is_none());
        valid.map(|one| (one.added_seq, &one.device.key))
    }

    /// The key with this id, if it could sign something that was issued at this second: it had the role, was not revoked yet,
    /// and could not be in other hands.
    ///
    /// # Errors
    /// [`Refusal::UnknownKey`].
    pub fn signer_at(&self, wanted: Kid, issued_secs: u64) -> Result<&PublicKey, Refusal> {
        let known = self.state.devices().iter().find(|one| kid(&one.device) == wanted && one.device.roles.sign);
        let device = known.ok_or(Refusal::UnknownKey)?;
        let ended = [device.revoked_secs, device.compromised_since].into_iter().flatten().min();
        match ended {
            Some(ended) if issued_secs >= ended => Err(Refusal::UnknownKey),
            _ => Ok(&device.device.key),
        }
    }
}

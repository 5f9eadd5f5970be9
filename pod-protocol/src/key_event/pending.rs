//! Recoveries: who may begin one, what it takes back, who may cancel it, when it takes effect.

use super::replay::Keys;
use super::state::{KeyState, Step, Taken, kid};
use super::wire::SEQ;
use super::{Controls, DeviceKey, KeyChange, KeyEvent, MAX_CANCELLED, Recovery, UNDO_WINDOW_SECS, key_digest};
use crate::cose::Signed;
use crate::ids::{Kid, ObjectId};
use crate::refusal::{ClaimFault, Refusal};

/// A recovery that has not taken effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The event.
    pub id: ObjectId,
    /// The last event that it lets stand.
    pub keeps_seq: u64,
    /// The place of its key among the recovery keys; 0 is the highest.
    pub rank: usize,
    /// When its signer says it was signed.
    pub time_secs: u64,
    /// What the holder knows of it.
    pub taken: Taken,
    /// Seconds of log time before it takes effect.
    pub delay_secs: u64,
    /// What it says.
    pub recovery: Recovery,
}

impl Pending {
    /// When it takes effect; none as long as it does not stand in the log.
    #[must_use]
    pub fn due_secs(&self) -> Option<u64> {
        Some(self.taken.logged_secs?.saturating_add(self.delay_secs))
    }

    /// The devices that it would put in place of all others.
    #[must_use]
    pub fn devices(&self) -> &[DeviceKey] {
        &self.recovery.devices
    }

    fn digest(&self) -> [u8; 32] {
        key_digest(&self.recovery.revealed)
    }
}

/// From where a recovery key recovers a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryPoint {
    /// The last event in which the key is a recovery key.
    pub id: ObjectId,
    /// Its number.
    pub seq: u64,
    /// When it was signed.
    pub time_secs: u64,
    /// The controlling and recovery keys after it.
    pub controls: Controls,
}

impl KeyState {
    /// The last event after which the key with this digest is a recovery key; none when it never was one. What comes after was
    /// done by whoever took it out.
    #[must_use]
    pub fn recovery_point(&self, digest: &[u8; 32]) -> Option<RecoveryPoint> {
        (0..).zip(&self.steps).collect::<Vec<_>>().into_iter().rev().find_map(|(seq, step)| {
            let keys = self.keys_at(seq).ok().filter(|keys| keys.rank(digest).is_some())?;
            Some(RecoveryPoint { id: step.id, seq, time_secs: step.time_secs, controls: keys.controls })
        })
    }

    /// Takes a recovery in; it waits.
    pub(super) fn recover(&mut self, event: Signed<KeyEvent>, taken: Taken) -> Result<(), Refusal> {
        let KeyEvent { seq, previous, time_secs, change } = event.unverified().clone();
        let (KeyChange::Recovery(recovery), Some(previous)) = (change, previous) else {
            return Err(ClaimFault::OutOfRange { claim: SEQ }.into());
        };
        let not_following = ClaimFault::OutOfRange { claim: SEQ };
        let fork = self.steps.iter().position(|step| step.id == previous).ok_or(not_following)?;
        let (kept, undone) = self.steps.split_at_checked(fork + 1).ok_or(not_following)?;
        let at_fork = Keys::after(kept)?;
        let digest = key_digest(&recovery.revealed);
        let rank = at_fork.rank(&digest).ok_or(Refusal::UnknownKey)?;
        let delay_secs = at_fork.controls.recovery.get(rank).ok_or(Refusal::UnknownKey)?.delay_secs;
        let event = event.verify(&recovery.revealed)?;
        if seq != fork as u64 + 1 || kept.last().is_some_and(|step| time_secs < step.time_secs) {
            return Err(not_following.into());
        }
        // A recovery waits longer than this before it stands, so it is undone while it is pending or not at all.
        let too_late = |step: &Step| {
            let age_secs = taken.taken_secs.saturating_sub(step.taken_secs);
            age_secs > UNDO_WINDOW_SECS || matches!(step.change, KeyChange::Recovery(_))
        };
        if undone.iter().any(too_late) {
            return Err(Refusal::KeyTooLate);
        }
        if !taken.identified && self.cancelled.iter().filter(|one| **one == digest).count() >= MAX_CANCELLED {
            return Err(Refusal::KeySpent);
        }
        // It must be able to stand, or its taking effect would find that it cannot.
        at_fork.clone().take(seq, time_secs, &event.change)?;
        let pending = Pending { id: event.id(), keeps_seq: fork as u64, rank, time_secs, taken, delay_secs, recovery };
        if let Some(other) = self.pending.take() {
            if !self.outranks(&pending, &other)? {
                return Err(Refusal::KeyPending);
            }
            self.cancelled.push(other.digest());
        }
        self.pending = Some(pending);
        Ok(())
    }

    /// Whether one recovery goes before another that came first. Ranks are those in force before either: a thief who put a key
    /// of their own into the list does not gain by it.
    fn outranks(&self, one: &Pending, other: &Pending) -> Result<bool, Refusal> {
        let before_both = self.keys_at(one.keeps_seq.min(other.keeps_seq))?;
        let rank = |pending: &Pending| before_both.rank(&pending.digest()).unwrap_or(usize::MAX);
        let identified_more = one.taken.identified && !other.taken.identified;
        Ok(rank(one) < rank(other) || (rank(one) == rank(other) && identified_more))
    }

    /// Devices cancel recoveries for which nobody identified themselves.
    pub(super) fn check_cancelling_device(&self, target: &ObjectId) -> Result<(), Refusal> {
        let outranked = self.pending.as_ref().is_some_and(|one| one.id == *target && one.taken.identified);
        if outranked { Err(Refusal::KeyOutranked) } else { Ok(()) }
    }

    /// The same recovery key, or a higher one, cancels any recovery. Any recovery key objects to what is outside the log.
    pub(super) fn check_cancelling_key(&self, target: &ObjectId, digest: &[u8; 32]) -> Result<(), Refusal> {
        match self.pending.as_ref().filter(|pending| pending.id == *target) {
            None => self.keys.rank(digest).map(drop).ok_or(Refusal::UnknownKey),
            Some(pending) => match self.keys_at(pending.keeps_seq)?.rank(digest) {
                Some(rank) if rank <= pending.rank => Ok(()),
                Some(_) => Err(Refusal::KeyOutranked),
                None => Err(Refusal::UnknownKey),
            },
        }
    }

    pub(super) fn cancel(&mut self, target: &ObjectId) {
        if let Some(pending) = self.pending.take_if(|pending| pending.id == *target) {
            self.cancelled.push(pending.digest());
        }
    }

    /// The devices that may cancel what is pending; none when nothing is, or when no device may.
    #[must_use]
    pub fn cancelling_devices(&self) -> Vec<Kid> {
        match &self.pending {
            Some(pending) if !pending.taken.identified => {
                let kids = self.devices().iter().map(|device| kid(&device.device));
                kids.filter(|kid| self.keys.manager(*kid).is_some()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What it takes back is gone, and it stands.
    pub(super) fn take_effect(&mut self, pending: Pending) {
        let Pending { id, keeps_seq, time_secs, taken, recovery, .. } = pending;
        let mut steps: Vec<Step> = (0..=keeps_seq).zip(&self.steps).map(|(_, step)| step.clone()).collect();
        let change = KeyChange::Recovery(recovery);
        steps.push(Step { id, time_secs, taken_secs: taken.taken_secs, change });
        // It was tried when it was taken in, and what it goes on from is what it was then.
        if let Ok(keys) = Keys::after(&steps) {
            (self.steps, self.keys) = (steps, keys);
        }
    }

    fn keys_at(&self, seq: u64) -> Result<Keys, Refusal> {
        let steps: Vec<Step> = (0..=seq).zip(&self.steps).map(|(_, step)| step.clone()).collect();
        Keys::after(&steps)
    }
}

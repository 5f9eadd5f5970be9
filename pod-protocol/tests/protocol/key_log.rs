//! A citizen's log for the tests about recovery: a phone, a paper, and the keys that were committed to.

use pod_crypto::SigningKey;
use pod_protocol::ids::{Kid, ObjectId, Principal};
use pod_protocol::key_event::{
    Controls, DeviceKey, KeyChange, KeyEvent, KeyState, Pending, Recovery, RecoveryKey, Rotation, Taken, key_digest,
};
use pod_protocol::{Refusal, Signed, Verified};

use crate::vectors::world::{NOW, device, thumbprint};

/// An hour, in seconds.
pub const HOUR: u64 = 3600;
/// What did:plc gives for objecting.
pub const HOURS_72: u64 = 72 * HOUR;

/// A key of the stories; a number is a key.
pub fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32])
}

/// The key on the phone.
pub const PHONE: u8 = 1;
/// The key on the tablet.
pub const TABLET: u8 = 2;
/// The recovery key in a bank's vault, the higher one.
pub const VAULT: u8 = 3;
/// The recovery key on paper at home.
pub const PAPER: u8 = 4;
/// The three next controlling keys; 5, 6 and 7, of which two rotate.
pub const NEXT: [u8; 3] = [5, 6, 7];
/// Those after them.
pub const AFTER: [u8; 3] = [8, 9, 10];
/// The phone that is bought after a loss.
pub const NEW_PHONE: u8 = 20;
/// A thief's own device.
pub const THIEFS: u8 = 30;
/// A thief's own paper.
pub const THIEFS_PAPER: u8 = 31;

pub fn kid(number: u8) -> Kid {
    thumbprint(&key(number)).kid()
}

pub fn may_all(number: u8) -> DeviceKey {
    device(&key(number), true, true)
}

pub fn digests(numbers: &[u8]) -> Vec<[u8; 32]> {
    numbers.iter().map(|number| key_digest(&key(*number).public_key())).collect()
}

pub fn recovery_keys(numbers: &[u8]) -> Vec<RecoveryKey> {
    digests(numbers).into_iter().map(|digest| RecoveryKey { digest, delay_secs: HOURS_72 }).collect()
}

/// A log and the clock of its holder.
#[derive(Clone)]
pub struct Log {
    pub state: KeyState,
    pub now: u64,
}

impl Log {
    /// Phone, vault and paper; two of three rotate.
    pub fn new() -> Self {
        let change = KeyChange::Inception {
            organisation: Some(Principal::new([7; 32])),
            devices: vec![may_all(PHONE)],
            next: digests(&NEXT),
            threshold: 2,
            recovery: recovery_keys(&[VAULT, PAPER]),
            salt: [0; 16],
        };
        let first = Verified::sign(&key(PHONE), KeyEvent { seq: 0, previous: None, time_secs: NOW, change });
        Self { state: KeyState::begin(Signed::decode(first.bytes()).unwrap()).unwrap(), now: NOW }
    }

    /// Time passes.
    pub fn wait(&mut self, secs: u64) {
        self.now += secs;
        self.state = self.state.clone().settled(self.now);
    }

    /// What follows the last event.
    pub fn next(&self, change: KeyChange) -> KeyEvent {
        KeyEvent { seq: self.state.seq() + 1, previous: Some(self.state.head()), time_secs: self.now, change }
    }

    pub fn send(&mut self, signer: u8, event: KeyEvent) -> &'static str {
        self.send_taken(signer, event, Taken::logged(self.now))
    }

    pub fn send_taken(&mut self, signer: u8, event: KeyEvent, taken: Taken) -> &'static str {
        let event = Verified::sign(&key(signer), event);
        match self.state.apply(Signed::decode(event.bytes()).unwrap(), taken) {
            Ok(state) => {
                self.state = state;
                "accepted"
            }
            Err(refusal) => Refusal::code(refusal),
        }
    }

    pub fn add(&mut self, signer: u8, added: u8) -> &'static str {
        self.send(signer, self.next(KeyChange::AddDevice(may_all(added))))
    }

    /// A recovery from the last event.
    pub fn recovery(&self, by: u8, to: u8) -> KeyEvent {
        self.next(recovery(by, to))
    }

    /// Somebody recovers from the last event.
    pub fn recover(&mut self, by: u8, to: u8) -> &'static str {
        self.send(by, self.recovery(by, to))
    }

    /// The same, and they logged in for it.
    pub fn recover_identified(&mut self, by: u8, to: u8) -> &'static str {
        let taken = Taken { identified: true, ..Taken::logged(self.now) };
        self.send_taken(by, self.recovery(by, to), taken)
    }

    pub fn pending(&self) -> &Pending {
        self.state.pending().unwrap()
    }

    fn cancel(&self, target: ObjectId, revealed: Option<u8>) -> KeyEvent {
        self.next(KeyChange::Cancel { target, revealed: revealed.map(|number| key(number).public_key()) })
    }

    /// A device cancels what is pending.
    pub fn device_cancels(&mut self, device: u8) -> &'static str {
        self.send(device, self.cancel(self.pending().id, None))
    }

    /// A recovery key cancels what is pending.
    pub fn key_cancels(&mut self, by: u8) -> &'static str {
        self.send(by, self.cancel(self.pending().id, Some(by)))
    }

    /// A rotation with these keys of those that were committed to.
    pub fn rotation(&self, revealed: &[u8], edit: impl FnOnce(&mut Rotation)) -> KeyEvent {
        let mut rotation = Rotation {
            revealed: revealed.iter().map(|number| key(*number).public_key()).collect(),
            endorsements: Vec::new(),
            devices: None,
            next: digests(&AFTER),
            threshold: 2,
            recovery: None,
            compromised_since: None,
        };
        edit(&mut rotation);
        let mut event = self.next(KeyChange::Rotation(rotation));
        let signed: Vec<[u8; 64]> = revealed.iter().skip(1).map(|number| event.endorse(&key(*number))).collect();
        if let KeyChange::Rotation(rotation) = &mut event.change {
            rotation.endorsements = signed;
        }
        event
    }

    /// Whether this key's new grants are taken in.
    pub fn grants(&self, number: u8) -> bool {
        self.state.grantor_now(kid(number)).is_ok()
    }

    /// Whether this key may command.
    pub fn commands(&self, number: u8) -> bool {
        self.state.signer_now(kid(number)).is_ok()
    }
}

/// A recovery to one new phone, which leaves the recovery keys as they are.
pub fn recovery(by: u8, to: u8) -> KeyChange {
    KeyChange::Recovery(Recovery {
        revealed: key(by).public_key(),
        devices: vec![may_all(to)],
        controls: Controls { next: digests(&AFTER), threshold: 2, recovery: recovery_keys(&[VAULT, PAPER]) },
        compromised_since: None,
    })
}

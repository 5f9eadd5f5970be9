//! Key logs as they lie in the store: each event with when it was taken in, in the order in which it was.

use std::sync::Arc;

use pod_protocol::chain::CLOCK_SKEW_SECS;
use pod_protocol::ids::Principal;
use pod_protocol::key_event::{KeyChange, KeyEvent, KeyState, MAX_EVENTS_WITH_RECOVERY, Taken, key_digest};
use pod_protocol::{Refusal, Signed};
use pod_store::{Batch, Store};

use super::log_time::LogTimes;
use crate::fault::{Failure, Fault};
use crate::tables::{KEY_DIGESTS, KEY_EVENTS, KEY_EVENTS_TAKEN};

/// Most logs that are told to whoever shows a digest: a key is in one log, and whoever puts another's digest into theirs does not
/// hide it.
const MAX_FOUND: usize = 8;

/// An event of a log, with what the node knows of it.
#[derive(Clone, Debug)]
pub(crate) struct StoredEvent {
    /// The signed event.
    pub(crate) bytes: Vec<u8>,
    /// What the node knows of it.
    pub(crate) taken: Taken,
}

/// How an event came.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Arrival {
    /// The person identified themselves for it: they logged in, or came to the desk.
    pub(crate) identified: bool,
    /// The directory's log brought it, which took it then.
    pub(crate) logged_secs: Option<u64>,
}

/// Reads key logs and adds to them.
#[derive(Debug)]
pub(crate) struct KeyLogs {
    store: Arc<dyn Store>,
    log_times: LogTimes,
}

impl KeyLogs {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { log_times: LogTimes::new(Arc::clone(&store)), store }
    }

    /// When events were logged.
    pub(crate) fn log_times(&self) -> &LogTimes {
        &self.log_times
    }

    /// The events of a log, the first first; none when there is no such log.
    pub(crate) fn events(&self, principal: &Principal) -> Result<Vec<StoredEvent>, Fault> {
        let events = self.store.prefix(KEY_EVENTS, principal.as_bytes(), MAX_EVENTS_WITH_RECOVERY)?;
        let with_time = |(key, bytes): (Vec<u8>, Vec<u8>)| {
            let event = Signed::<KeyEvent>::decode(&bytes).map_err(|_| DAMAGED)?;
            let taken = match self.store.get(KEY_EVENTS_TAKEN, &key)? {
                Some(taken) => {
                    let (taken_secs, identified) = read_taken(&taken).ok_or(DAMAGED)?;
                    Taken { taken_secs, logged_secs: self.logged_secs(&event, taken_secs)?, identified }
                }
                // Of before times were kept: then there were no events for which they matter.
                None => Taken::logged(event.unverified().time_secs),
            };
            Ok(StoredEvent { bytes, taken })
        };
        events.into_iter().map(with_time).collect()
    }

    /// Only recoveries wait by it.
    fn logged_secs(&self, event: &Signed<KeyEvent>, taken_secs: u64) -> Result<Option<u64>, Fault> {
        match event.unverified().change {
            KeyChange::Recovery(_) => self.log_times.of(&event.id(), taken_secs),
            _ => Ok(Some(taken_secs)),
        }
    }

    /// What somebody's log says at `now_secs`.
    pub(crate) fn state(&self, principal: &Principal, now_secs: u64) -> Result<Option<KeyState>, Fault> {
        let events = self.events(principal)?;
        if events.is_empty() {
            return Ok(None);
        }
        let state = replay(events.iter().map(|event| (event.bytes.as_slice(), event.taken))).map_err(|_| DAMAGED)?;
        Ok(Some(state.settled(now_secs)))
    }

    /// What somebody's log says with this event at its end, when it can stand there, and what is noted of the event.
    pub(crate) fn with(
        &self,
        principal: &Principal,
        event: &[u8],
        arrival: Arrival,
        now_secs: u64,
    ) -> Result<(KeyState, Taken), Failure> {
        let events = self.events(principal)?;
        let before = events.last().ok_or(Refusal::NotAuthorised)?.taken.taken_secs;
        let state = replay(events.iter().map(|event| (event.bytes.as_slice(), event.taken))).map_err(|_| DAMAGED)?;
        let event = Signed::<KeyEvent>::decode(event)?;
        // One from the future would keep out every honest event that comes before that time, and let a revoked key go on
        // signing until then.
        if event.unverified().time_secs > now_secs + CLOCK_SKEW_SECS {
            return Err(Refusal::NotYetIssued.into());
        }
        // A clock that was set back does not change the order.
        let taken_secs = now_secs.max(before);
        let logged_secs = match arrival.logged_secs {
            Some(logged_secs) => Some(logged_secs.max(taken_secs)),
            None => self.logged_secs(&event, taken_secs)?,
        };
        let taken = Taken { taken_secs, logged_secs, identified: arrival.identified };
        Ok((state.apply(event, taken)?, taken))
    }

    /// Has a batch append an event; what the log then says.
    pub(crate) fn append(
        &self,
        batch: &mut Batch,
        principal: &Principal,
        event: &[u8],
        arrival: Arrival,
        now_secs: u64,
    ) -> Result<KeyState, Failure> {
        let (state, taken) = self.with(principal, event, arrival, now_secs)?;
        let number = state.events().saturating_sub(1);
        put(batch, principal, number as u64, event, (taken.taken_secs, taken.identified))?;
        if let Some(logged_secs) = arrival.logged_secs {
            self.log_times.note(batch, &Signed::<KeyEvent>::decode(event)?.id(), logged_secs)?;
        }
        Ok(state)
    }

    /// The logs in which a key with this digest is or was a device's or a recovery key.
    pub(crate) fn find(&self, digest: &[u8; 32]) -> Result<Vec<Principal>, Fault> {
        let rows = self.store.prefix(KEY_DIGESTS, digest, MAX_FOUND)?;
        let principal = |(key, _): (Vec<u8>, Vec<u8>)| {
            key.get(32..).and_then(|id| <[u8; 32]>::try_from(id).ok()).map(Principal::new).ok_or(DAMAGED)
        };
        rows.into_iter().map(principal).collect()
    }
}

const DAMAGED: Fault = Fault::Damaged { what: "a key-event log" };

/// Puts a whole log that is new here, taken in now.
pub(crate) fn put_new(
    batch: &mut Batch,
    principal: &Principal,
    events: &[Vec<u8>],
    now_secs: u64,
) -> Result<(), Failure> {
    (0..).zip(events).try_for_each(|(number, event)| put(batch, principal, number, event, (now_secs, false)))
}

fn put(batch: &mut Batch, principal: &Principal, number: u64, event: &[u8], taken: (u64, bool)) -> Result<(), Failure> {
    let key = [principal.as_bytes().as_slice(), &number.to_be_bytes()].concat();
    batch.require_absent(KEY_EVENTS, key.clone());
    batch.put(KEY_EVENTS, key.clone(), event);
    batch.put(KEY_EVENTS_TAKEN, key, write_taken(taken));
    for digest in digests(&Signed::<KeyEvent>::decode(event)?.unverified().change) {
        batch.put(KEY_DIGESTS, [digest, *principal.as_bytes()].concat(), Vec::new());
    }
    Ok(())
}

/// The digests of the devices and recovery keys that an event names.
fn digests(change: &KeyChange) -> Vec<[u8; 32]> {
    let (devices, recovery) = match change {
        KeyChange::Inception { devices, recovery, .. } => (devices.as_slice(), recovery.as_slice()),
        KeyChange::AddDevice(device) => (std::slice::from_ref(device), &[][..]),
        KeyChange::Rotation(rotation) => {
            (rotation.devices.as_deref().unwrap_or_default(), rotation.recovery.as_deref().unwrap_or_default())
        }
        KeyChange::Recovery(recovery) => (recovery.devices.as_slice(), recovery.controls.recovery.as_slice()),
        KeyChange::RevokeDevice { .. } | KeyChange::Cancel { .. } => (&[][..], &[][..]),
    };
    let of_devices = devices.iter().map(|device| key_digest(&device.key));
    of_devices.chain(recovery.iter().map(|key| key.digest)).collect()
}

/// When it was taken in, and whether the person identified themselves for it.
fn write_taken((taken_secs, identified): (u64, bool)) -> Vec<u8> {
    [taken_secs.to_be_bytes().as_slice(), &[u8::from(identified)]].concat()
}

fn read_taken(bytes: &[u8]) -> Option<(u64, bool)> {
    let (secs, identified) = bytes.split_first_chunk::<8>()?;
    Some((u64::from_be_bytes(*secs), identified == [1]))
}

/// What the log of these signed events says, the first first.
///
/// # Errors
/// As [`KeyState::begin`] and [`KeyState::apply`]; [`Refusal::NotAuthorised`] when there is no event.
pub(crate) fn replay<'a>(events: impl IntoIterator<Item = (&'a [u8], Taken)>) -> Result<KeyState, Refusal> {
    let mut state: Option<KeyState> = None;
    for (event, taken) in events {
        let signed = Signed::<KeyEvent>::decode(event)?;
        state = Some(match state {
            None => KeyState::begin(signed)?,
            Some(state) => state.apply(signed, taken)?,
        });
    }
    state.ok_or(Refusal::NotAuthorised)
}

/// What a log says that is new here: all of it is taken in now, so no recovery in it has waited.
///
/// # Errors
/// As [`replay`]; [`Refusal::KeyPending`] when there is a recovery in it.
pub(crate) fn replay_new(events: &[Vec<u8>], now_secs: u64) -> Result<KeyState, Refusal> {
    let state = replay(events.iter().map(|event| (event.as_slice(), Taken::logged(now_secs))))?;
    if state.pending().is_some() { Err(Refusal::KeyPending) } else { Ok(state) }
}

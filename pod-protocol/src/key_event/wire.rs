//! Key events as claims.

use pod_crypto::PublicKey;

use super::{
    Controls, DeviceKey, KeyChange, KeyEvent, MAX_DEVICES, MAX_NEXT_KEYS, MAX_RECOVERY_DELAY_SECS, MAX_RECOVERY_KEYS,
    MIN_RECOVERY_DELAY_SECS, Recovery, RecoveryKey, Roles, Rotation, key_digest,
};
use crate::codec::{Cbor, Claims, fixed, parsed, uint};
use crate::cose::Payload;
use crate::grant::distinct;
use crate::ids::{Kid, ObjectId};
use crate::lists::{any, few, tuple};
use crate::refusal::ClaimFault;

pub(super) const ORGANISATION: i64 = 3;
const TIME: i64 = 6;
pub(super) const SEQ: i64 = -70100;
const PREVIOUS: i64 = -70101;
pub(super) const KIND: i64 = -70102;
pub(super) const DEVICES: i64 = -70103;
pub(super) const NEXT: i64 = -70104;
const THRESHOLD: i64 = -70105;
const RECOVERY: i64 = -70106;
const SALT: i64 = -70107;
pub(super) const REVOKED: i64 = -70108;
const COMPROMISED: i64 = -70109;
const REVEALED: i64 = -70110;
const ENDORSEMENTS: i64 = -70111;
const TARGET: i64 = -70112;

const KIND_INCEPTION: u64 = 0;
const KIND_ROTATION: u64 = 1;
const KIND_ADD: u64 = 2;
const KIND_REVOKE: u64 = 3;
const KIND_RECOVERY: u64 = 4;
const KIND_CANCEL: u64 = 5;

impl Payload for KeyEvent {
    const TYP: &'static str = "application/aitta-key-event+cwt";

    fn to_cbor(&self) -> Cbor {
        let (kind, own) = change_to_cbor(&self.change);
        let common = [
            (TIME, Some(self.time_secs.into())),
            (SEQ, Some(self.seq.into())),
            (PREVIOUS, Some(self.previous.map_or(Cbor::Null, |id| bytes(id.as_bytes())))),
            (KIND, Some(kind.into())),
        ];
        Cbor::Map(common.into_iter().chain(own).filter_map(|(key, value)| Some((key.into(), value?))).collect())
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        let mut claims = Claims::open(item)?;
        let (time_secs, seq) = (claims.time(TIME)?, claims.uint(SEQ)?);
        let previous = match claims.need(PREVIOUS)? {
            Cbor::Null => None,
            item => Some(ObjectId::new(fixed(PREVIOUS, item)?)),
        };
        let change = match claims.uint(KIND)? {
            KIND_INCEPTION => inception(&mut claims)?,
            KIND_ROTATION => KeyChange::Rotation(rotation(&mut claims)?),
            KIND_ADD => match few(DEVICES, claims.need(DEVICES)?, 1, DeviceKey::from_cbor)?.as_slice() {
                [device] => KeyChange::AddDevice(*device),
                _ => return Err(ClaimFault::OutOfRange { claim: DEVICES }),
            },
            KIND_REVOKE => KeyChange::RevokeDevice {
                kid: Kid::new(claims.fixed(REVOKED)?),
                compromised_since: claims.optional_time(COMPROMISED)?,
            },
            KIND_RECOVERY => KeyChange::Recovery(recovery(&mut claims)?),
            KIND_CANCEL => KeyChange::Cancel {
                target: ObjectId::new(claims.fixed(TARGET)?),
                revealed: claims.take(REVEALED).map(|item| revealed(item, 1)).transpose()?.and_then(|keys| one(&keys)),
            },
            _ => return Err(ClaimFault::OutOfRange { claim: KIND }),
        };
        claims.finish()?;
        let first = matches!(change, KeyChange::Inception { .. });
        if first != (seq == 0) || first != previous.is_none() {
            return Err(ClaimFault::OutOfRange { claim: SEQ });
        }
        Ok(Self { seq, previous, time_secs, change })
    }
}

type Entries = Vec<(i64, Option<Cbor>)>;

fn change_to_cbor(change: &KeyChange) -> (u64, Entries) {
    match change {
        KeyChange::Inception { organisation, devices, next, threshold, recovery, salt } => (
            KIND_INCEPTION,
            vec![
                (ORGANISATION, organisation.map(|organisation| Cbor::Text(organisation.to_string()))),
                (DEVICES, Some(devices_to_cbor(devices))),
                (NEXT, Some(digests_to_cbor(next))),
                (THRESHOLD, Some((*threshold).into())),
                (RECOVERY, Some(recovery_to_cbor(recovery))),
                (SALT, Some(bytes(salt))),
            ],
        ),
        KeyChange::Rotation(rotation) => {
            let endorsements = rotation.endorsements.iter().map(|signature| bytes(signature)).collect();
            (
                KIND_ROTATION,
                vec![
                    (DEVICES, rotation.devices.as_deref().map(devices_to_cbor)),
                    (NEXT, Some(digests_to_cbor(&rotation.next))),
                    (THRESHOLD, Some(rotation.threshold.into())),
                    (RECOVERY, rotation.recovery.as_deref().map(recovery_to_cbor)),
                    (COMPROMISED, rotation.compromised_since.map(Cbor::from)),
                    (REVEALED, Some(keys_to_cbor(&rotation.revealed))),
                    (ENDORSEMENTS, (!rotation.endorsements.is_empty()).then_some(Cbor::Array(endorsements))),
                ],
            )
        }
        KeyChange::AddDevice(device) => (KIND_ADD, vec![(DEVICES, Some(devices_to_cbor(&[*device])))]),
        KeyChange::RevokeDevice { kid, compromised_since } => (
            KIND_REVOKE,
            vec![(REVOKED, Some(bytes(kid.as_bytes()))), (COMPROMISED, compromised_since.map(Cbor::from))],
        ),
        KeyChange::Recovery(recovery) => (
            KIND_RECOVERY,
            vec![
                (DEVICES, Some(devices_to_cbor(&recovery.devices))),
                (NEXT, Some(digests_to_cbor(&recovery.controls.next))),
                (THRESHOLD, Some(recovery.controls.threshold.into())),
                (RECOVERY, Some(recovery_to_cbor(&recovery.controls.recovery))),
                (COMPROMISED, recovery.compromised_since.map(Cbor::from)),
                (REVEALED, Some(keys_to_cbor(&[recovery.revealed]))),
            ],
        ),
        KeyChange::Cancel { target, revealed } => (
            KIND_CANCEL,
            vec![(TARGET, Some(bytes(target.as_bytes()))), (REVEALED, revealed.map(|key| keys_to_cbor(&[key])))],
        ),
    }
}

fn inception(claims: &mut Claims) -> Result<KeyChange, ClaimFault> {
    let devices = devices(claims.need(DEVICES)?)?;
    let Controls { next, threshold, recovery } = controls(claims)?;
    let organisation = claims.take(ORGANISATION).map(|item| parsed(ORGANISATION, item)).transpose()?;
    let salt = claims.fixed(SALT)?;
    Ok(KeyChange::Inception { organisation, devices, next, threshold, recovery, salt })
}

fn rotation(claims: &mut Claims) -> Result<Rotation, ClaimFault> {
    let revealed = revealed(claims.need(REVEALED)?, MAX_NEXT_KEYS)?;
    let endorsements = match claims.take(ENDORSEMENTS) {
        None => Vec::new(),
        Some(item) => few(ENDORSEMENTS, item, MAX_NEXT_KEYS - 1, |item| fixed(ENDORSEMENTS, item))?,
    };
    if endorsements.len() + 1 != revealed.len() {
        return Err(ClaimFault::OutOfRange { claim: ENDORSEMENTS });
    }
    let (next, threshold) = next_keys(claims)?;
    unrevealed(&next, &revealed)?;
    Ok(Rotation {
        revealed,
        endorsements,
        devices: claims.take(DEVICES).map(devices).transpose()?,
        next,
        threshold,
        recovery: claims.take(RECOVERY).map(recovery_keys).transpose()?,
        compromised_since: claims.optional_time(COMPROMISED)?,
    })
}

fn recovery(claims: &mut Claims) -> Result<Recovery, ClaimFault> {
    let keys = revealed(claims.need(REVEALED)?, 1)?;
    let revealed = one(&keys).ok_or(ClaimFault::Empty { claim: REVEALED })?;
    let devices = devices(claims.need(DEVICES)?)?;
    let controls = controls(claims)?;
    unrevealed(&controls.next, &keys)?;
    if !devices.iter().any(|device| device.roles.manage) {
        return Err(ClaimFault::OutOfRange { claim: DEVICES });
    }
    Ok(Recovery { revealed, devices, controls, compromised_since: claims.optional_time(COMPROMISED)? })
}

fn controls(claims: &mut Claims) -> Result<Controls, ClaimFault> {
    let (next, threshold) = next_keys(claims)?;
    Ok(Controls { next, threshold, recovery: recovery_keys(claims.need(RECOVERY)?)? })
}

fn next_keys(claims: &mut Claims) -> Result<(Vec<[u8; 32]>, u64), ClaimFault> {
    let next = any(NEXT, claims.need(NEXT)?, |item| fixed(NEXT, item))?;
    let threshold = claims.uint(THRESHOLD)?;
    if next.len() > MAX_NEXT_KEYS || threshold == 0 || threshold > next.len() as u64 {
        return Err(ClaimFault::OutOfRange { claim: THRESHOLD });
    }
    distinct(NEXT, &next)?;
    Ok((next, threshold))
}

/// A key that has shown itself is no secret before its use any more: committing to it again would undo pre-rotation.
fn unrevealed(next: &[[u8; 32]], revealed: &[PublicKey]) -> Result<(), ClaimFault> {
    match revealed.iter().any(|key| next.contains(&key_digest(key))) {
        true => Err(ClaimFault::Repeated { claim: NEXT }),
        false => Ok(()),
    }
}

fn recovery_keys(item: Cbor) -> Result<Vec<RecoveryKey>, ClaimFault> {
    let keys = any(RECOVERY, item, RecoveryKey::from_cbor)?;
    if keys.len() > MAX_RECOVERY_KEYS {
        return Err(ClaimFault::OutOfRange { claim: RECOVERY });
    }
    distinct(RECOVERY, &keys.iter().map(|key| key.digest).collect::<Vec<_>>())?;
    Ok(keys)
}

fn devices(item: Cbor) -> Result<Vec<DeviceKey>, ClaimFault> {
    let devices = few(DEVICES, item, MAX_DEVICES, DeviceKey::from_cbor)?;
    distinct(DEVICES, &devices.iter().map(|device| device.key.to_bytes()).collect::<Vec<_>>())?;
    Ok(devices)
}

fn revealed(item: Cbor, most: usize) -> Result<Vec<PublicKey>, ClaimFault> {
    let keys = few(REVEALED, item, most, |item| {
        PublicKey::register(&fixed(REVEALED, item)?).map_err(|_| ClaimFault::OutOfRange { claim: REVEALED })
    })?;
    distinct(REVEALED, &keys.iter().map(PublicKey::to_bytes).collect::<Vec<_>>())?;
    Ok(keys)
}

fn one(keys: &[PublicKey]) -> Option<PublicKey> {
    keys.first().copied()
}

fn bytes(bytes: &[u8]) -> Cbor {
    Cbor::Bytes(bytes.to_vec())
}

fn digests_to_cbor(digests: &[[u8; 32]]) -> Cbor {
    Cbor::Array(digests.iter().map(|digest| bytes(digest)).collect())
}

fn keys_to_cbor(keys: &[PublicKey]) -> Cbor {
    Cbor::Array(keys.iter().map(|key| bytes(&key.to_bytes())).collect())
}

fn devices_to_cbor(devices: &[DeviceKey]) -> Cbor {
    Cbor::Array(devices.iter().copied().map(DeviceKey::to_cbor).collect())
}

fn recovery_to_cbor(keys: &[RecoveryKey]) -> Cbor {
    Cbor::Array(keys.iter().map(|key| Cbor::Array(vec![bytes(&key.digest), key.delay_secs.into()])).collect())
}

impl DeviceKey {
    fn to_cbor(self) -> Cbor {
        let roles = u64::from(self.roles.sign) | u64::from(self.roles.manage) << 1;
        Cbor::Array(vec![bytes(&self.key.to_bytes()), roles.into()])
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        let [key, roles] = tuple(DEVICES, item)?;
        let key = PublicKey::register(&fixed(DEVICES, key)?).map_err(|_| ClaimFault::OutOfRange { claim: DEVICES })?;
        match uint(DEVICES, roles)? {
            roles @ 1..=3 => Ok(Self { key, roles: Roles { sign: roles & 1 == 1, manage: roles & 2 == 2 } }),
            _ => Err(ClaimFault::OutOfRange { claim: DEVICES }),
        }
    }
}

impl RecoveryKey {
    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        let [digest, delay] = tuple(RECOVERY, item)?;
        match uint(RECOVERY, delay)? {
            delay_secs @ MIN_RECOVERY_DELAY_SECS..=MAX_RECOVERY_DELAY_SECS => {
                Ok(Self { digest: fixed(RECOVERY, digest)?, delay_secs })
            }
            _ => Err(ClaimFault::OutOfRange { claim: RECOVERY }),
        }
    }
}

//! Key-event logs: which keys speak for a principal, and since when (`docs/protocol/key-event.md`).
//!
//! One log for each citizen and organisation, so that holders cannot correlate; one for each organisation and service. The
//! id of the log is the id of its first event. This version replays inception and the adding and revoking of devices; the
//! format already carries what rotation and recovery need (the digests of the next controlling keys, recovery keys).

use pod_crypto::PublicKey;

use crate::codec::{Cbor, Claims, array, fixed, uint};
use crate::cose::{Payload, Signed};
use crate::ids::{Kid, ObjectId, Principal, Thumbprint};
use crate::lists::few;
use crate::refusal::{ChainFault, ClaimFault, Refusal};

/// Most device keys that were ever in one log: old ones stay, to check what they signed.
pub const MAX_DEVICES: usize = 64;
/// Most recovery keys (did:plc allows 5).
const MAX_RECOVERY_KEYS: usize = 5;
/// Most controlling keys that can be committed to.
const MAX_NEXT_KEYS: usize = 5;

/// What a device key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles {
    /// May sign grants, requests and commands.
    pub sign: bool,
    /// May add and revoke device keys.
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
    /// SHA-256 of the public key, revealed on use.
    pub digest: [u8; 32],
    /// Seconds of log time before its event takes effect.
    pub delay_secs: u64,
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
    /// A device more.
    AddDevice(DeviceKey),
    /// A device less.
    RevokeDevice {
        /// The device's key.
        kid: Kid,
        /// Since when it may have been in other hands: what it signed from then on does not count.
        compromised_since: Option<u64>,
    },
}

/// One event of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyEvent {
    /// 0 for the first.
    pub seq: u64,
    /// The id of the event before.
    pub previous: Option<ObjectId>,
    /// When the signer says it was signed, in seconds since 1970.
    pub time_secs: u64,
    /// What changes.
    pub change: KeyChange,
}

const SEQ: i64 = -70100;
const PREVIOUS: i64 = -70101;
const KIND: i64 = -70102;
const DEVICES: i64 = -70103;
const NEXT: i64 = -70104;
const THRESHOLD: i64 = -70105;
const RECOVERY: i64 = -70106;
const SALT: i64 = -70107;
const REVOKED: i64 = -70108;
const COMPROMISED: i64 = -70109;

const KIND_INCEPTION: u64 = 0;
const KIND_ADD: u64 = 2;
const KIND_REVOKE: u64 = 3;

impl Payload for KeyEvent {
    const TYP: &'static str = "application/aitta-key-event+cwt";

    fn to_cbor(&self) -> Cbor {
        let bytes = |bytes: &[u8]| Cbor::Bytes(bytes.to_vec());
        let common = |kind: u64| {
            [
                (6, Some(self.time_secs.into())),
                (SEQ, Some(self.seq.into())),
                (PREVIOUS, Some(self.previous.map_or(Cbor::Null, |id| bytes(id.as_bytes())))),
                (KIND, Some(kind.into())),
            ]
        };
        let entries: Vec<(i64, Option<Cbor>)> = match &self.change {
            KeyChange::Inception { organisation, devices, next, threshold, recovery, salt } => {
                let recovery = recovery.iter().map(|key| Cbor::Array(vec![bytes(&key.digest), key.delay_secs.into()]));
                let own = [
                    (3, organisation.map(|organisation| Cbor::Text(organisation.to_string()))),
                    (DEVICES, Some(Cbor::Array(devices.iter().copied().map(DeviceKey::to_cbor).collect()))),
                    (NEXT, Some(Cbor::Array(next.iter().map(|digest| bytes(digest)).collect()))),
                    (THRESHOLD, Some((*threshold).into())),
                    (RECOVERY, Some(Cbor::Array(recovery.collect()))),
                    (SALT, Some(bytes(salt))),
                ];
                common(KIND_INCEPTION).into_iter().chain(own).collect()
            }
            KeyChange::AddDevice(device) => {
                common(KIND_ADD).into_iter().chain([(DEVICES, Some(Cbor::Array(vec![device.to_cbor()])))]).collect()
            }
            KeyChange::RevokeDevice { kid, compromised_since } => common(KIND_REVOKE)
                .into_iter()
                .chain([(REVOKED, Some(bytes(kid.as_bytes()))), (COMPROMISED, compromised_since.map(Cbor::from))])
                .collect(),
        };
        Cbor::Map(entries.into_iter().filter_map(|(key, value)| Some((key.into(), value?))).collect())
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        let mut claims = Claims::open(item)?;
        let (time_secs, seq) = (claims.time(6)?, claims.uint(SEQ)?);
        let previous = match claims.need(PREVIOUS)? {
            Cbor::Null => None,
            item => Some(ObjectId::new(fixed(PREVIOUS, item)?)),
        };
        let change = match claims.uint(KIND)? {
            KIND_INCEPTION => inception(&mut claims)?,
            KIND_ADD => match few(DEVICES, claims.need(DEVICES)?, 1, DeviceKey::from_cbor)?.as_slice() {
                [device] => KeyChange::AddDevice(*device),
                _ => return Err(ClaimFault::OutOfRange { claim: DEVICES }),
            },
            KIND_REVOKE => KeyChange::RevokeDevice {
                kid: Kid::new(claims.fixed(REVOKED)?),
                compromised_since: claims.optional_time(COMPROMISED)?,
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

fn inception(claims: &mut Claims) -> Result<KeyChange, ClaimFault> {
    let devices = few(DEVICES, claims.need(DEVICES)?, MAX_DEVICES, DeviceKey::from_cbor)?;
    let next = array(NEXT, claims.need(NEXT)?)?;
    let next: Vec<[u8; 32]> = next.into_iter().map(|item| fixed(NEXT, item)).collect::<Result<_, _>>()?;
    let threshold = claims.uint(THRESHOLD)?;
    let recovery = array(RECOVERY, claims.need(RECOVERY)?)?;
    let recovery: Vec<RecoveryKey> = recovery.into_iter().map(RecoveryKey::from_cbor).collect::<Result<_, _>>()?;
    let organisation = match claims.take(3) {
        None => None,
        Some(item) => Some(crate::codec::parsed(3, item)?),
    };
    let salt = claims.fixed(SALT)?;
    if next.len() > MAX_NEXT_KEYS || threshold == 0 || threshold > next.len() as u64 {
        return Err(ClaimFault::OutOfRange { claim: THRESHOLD });
    }
    if recovery.len() > MAX_RECOVERY_KEYS {
        return Err(ClaimFault::OutOfRange { claim: RECOVERY });
    }
    crate::grant::distinct(NEXT, &next)?;
    crate::grant::distinct(DEVICES, &devices.iter().map(|device| device.key.to_bytes()).collect::<Vec<_>>())?;
    Ok(KeyChange::Inception { organisation, devices, next, threshold, recovery, salt })
}

impl DeviceKey {
    fn to_cbor(self) -> Cbor {
        let roles = u64::from(self.roles.sign) | u64::from(self.roles.manage) << 1;
        Cbor::Array(vec![Cbor::Bytes(self.key.to_bytes().to_vec()), roles.into()])
    }

    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        let Ok([key, roles]) = <[Cbor; 2]>::try_from(array(DEVICES, item)?) else {
            return Err(ClaimFault::WrongType { claim: DEVICES });
        };
        let key = PublicKey::register(&fixed(DEVICES, key)?).map_err(|_| ClaimFault::OutOfRange { claim: DEVICES })?;
        match uint(DEVICES, roles)? {
            roles @ 1..=3 => Ok(Self { key, roles: Roles { sign: roles & 1 == 1, manage: roles & 2 == 2 } }),
            _ => Err(ClaimFault::OutOfRange { claim: DEVICES }),
        }
    }
}

impl RecoveryKey {
    fn from_cbor(item: Cbor) -> Result<Self, ClaimFault> {
        match <[Cbor; 2]>::try_from(array(RECOVERY, item)?) {
            Ok([digest, delay]) => Ok(Self { digest: fixed(RECOVERY, digest)?, delay_secs: uint(RECOVERY, delay)? }),
            Err(_) => Err(ClaimFault::WrongType { claim: RECOVERY }),
        }
    }
}

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

/// What a log says after its last event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyState {
    principal: Principal,
    organisation: Option<Principal>,
    head: ObjectId,
    seq: u64,
    time_secs: u64,
    devices: Vec<Device>,
}

impl KeyState {
    /// Opens a log with its first event, which must be signed by one of its own managing keys.
    ///
    /// # Errors
    /// [`Refusal::UnknownKey`] when another key signed, [`Refusal::Signature`], [`Refusal::Claim`] when it is no inception.
    pub fn begin(event: Signed<KeyEvent>) -> Result<Self, Refusal> {
        let KeyChange::Inception { organisation, devices, .. } = event.unverified().change.clone() else {
            return Err(ClaimFault::OutOfRange { claim: KIND }.into());
        };
        let signer = devices.iter().find(|device| device.roles.manage && kid(device) == event.kid());
        let event = event.verify(&signer.ok_or(Refusal::UnknownKey)?.key)?;
        let devices = devices
            .into_iter()
            .map(|device| Device {
                device,
                added_seq: 0,
                revoked_seq: None,
                revoked_secs: None,
                compromised_since: None,
            })
            .collect();
        let principal = Principal::new(*event.id().as_bytes());
        Ok(Self { principal, organisation, head: event.id(), seq: 0, time_secs: event.time_secs, devices })
    }

    /// Goes on with the next event, which must be signed by a managing key that is valid now.
    ///
    /// # Errors
    /// [`Refusal::UnknownKey`], [`Refusal::Signature`]; [`Refusal::Claim`] when it does not follow the last event, adds a
    /// key that is there, or revokes one that is not.
    pub fn apply(&self, event: Signed<KeyEvent>) -> Result<Self, Refusal> {
        let signer = self.current(event.kid()).filter(|device| device.device.roles.manage);
        let event = event.verify(&signer.ok_or(Refusal::UnknownKey)?.device.key)?;
        if event.seq != self.seq + 1 || event.previous != Some(self.head) || event.time_secs < self.time_secs {
            return Err(ClaimFault::OutOfRange { claim: SEQ }.into());
        }
        let mut next = Self { seq: event.seq, head: event.id(), time_secs: event.time_secs, ..self.clone() };
        match &event.change {
            KeyChange::Inception { .. } => return Err(ClaimFault::OutOfRange { claim: KIND }.into()),
            KeyChange::AddDevice(device) => next.add(*device)?,
            KeyChange::RevokeDevice { kid, compromised_since } => next.revoke(*kid, *compromised_since)?,
        }
        Ok(next)
    }

    fn add(&mut self, device: DeviceKey) -> Result<(), Refusal> {
        let known = self.devices.iter().any(|known| kid(&known.device) == kid(&device));
        if known || self.devices.len() >= MAX_DEVICES {
            return Err(ClaimFault::Repeated { claim: DEVICES }.into());
        }
        let added_seq = self.seq;
        self.devices.push(Device { device, added_seq, revoked_seq: None, revoked_secs: None, compromised_since: None });
        Ok(())
    }

    fn revoke(&mut self, target: Kid, compromised_since: Option<u64>) -> Result<(), Refusal> {
        let (seq, time_secs) = (self.seq, self.time_secs);
        let device = self
            .devices
            .iter_mut()
            .find(|device| kid(&device.device) == target && device.revoked_seq.is_none())
            .ok_or(ClaimFault::OutOfRange { claim: REVOKED })?;
        device.revoked_seq = Some(seq);
        device.revoked_secs = Some(time_secs);
        device.compromised_since = compromised_since;
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

    /// The number of the last event.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// When the last event was signed, as its signer said.
    #[must_use]
    pub fn time_secs(&self) -> u64 {
        self.time_secs
    }

    /// The id of the last event.
    #[must_use]
    pub fn head(&self) -> ObjectId {
        self.head
    }

    /// Every device that ever was.
    #[must_use]
    pub fn devices(&self) -> &[Device] {
        &self.devices
    }

    /// The device with this key, if it is valid now.
    #[must_use]
    pub fn current(&self, wanted: Kid) -> Option<&Device> {
        self.devices.iter().find(|device| kid(&device.device) == wanted && device.revoked_seq.is_none())
    }

    /// The device with this key, if it may sign now.
    ///
    /// # Errors
    /// [`Refusal::UnknownKey`].
    pub fn signer_now(&self, wanted: Kid) -> Result<&PublicKey, Refusal> {
        match self.current(wanted) {
            Some(device) if device.device.roles.sign => Ok(&device.device.key),
            _ => Err(Refusal::UnknownKey),
        }
    }

    /// Whether this key could sign grants when event `seq` was the last, for something issued at `issued_secs`.
    ///
    /// # Errors
    /// [`ChainFault::KeyEvent`], [`ChainFault::KeyCompromised`].
    pub fn check_signer_at(&self, wanted: Kid, seq: u64, issued_secs: u64) -> Result<(), ChainFault> {
        let device = self
            .devices
            .iter()
            .find(|device| kid(&device.device) == wanted && device.device.roles.sign)
            .ok_or(ChainFault::KeyEvent)?;
        let valid =
            seq <= self.seq && device.added_seq <= seq && device.revoked_seq.is_none_or(|revoked| seq < revoked);
        // Whoever has a revoked device can still name an old event.
        if !valid || device.revoked_secs.is_some_and(|revoked| issued_secs >= revoked) {
            return Err(ChainFault::KeyEvent);
        }
        match device.compromised_since {
            Some(since) if issued_secs >= since => Err(ChainFault::KeyCompromised),
            _ => Ok(()),
        }
    }
}

fn kid(device: &DeviceKey) -> Kid {
    Thumbprint::of(&device.key).kid()
}

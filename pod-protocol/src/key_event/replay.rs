//! What a run of events that stand adds up to: devices, and the keys that control the log.

use super::state::{Device, Step, kid};
use super::wire::{DEVICES, KIND, REVOKED};
use super::{Controls, DeviceKey, KeyChange, MAX_DEVICES};
use crate::ids::Kid;
use crate::refusal::{ClaimFault, Refusal};

/// Devices and controls after some events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Keys {
    pub(super) devices: Vec<Device>,
    pub(super) controls: Controls,
}

impl Keys {
    /// After the steps of a log, the first of which is its inception.
    pub(super) fn after(steps: &[Step]) -> Result<Self, Refusal> {
        let mut keys =
            Self { devices: Vec::new(), controls: Controls { next: Vec::new(), threshold: 1, recovery: Vec::new() } };
        for (seq, step) in (0..).zip(steps) {
            keys.take(seq, step.time_secs, &step.change)?;
        }
        Ok(keys)
    }

    /// Goes on with event `seq`, whose signature and place were checked.
    pub(super) fn take(&mut self, seq: u64, time_secs: u64, change: &KeyChange) -> Result<(), Refusal> {
        match change {
            KeyChange::Inception { devices, next, threshold, recovery, .. } => {
                if seq != 0 {
                    return Err(ClaimFault::OutOfRange { claim: KIND }.into());
                }
                self.controls = Controls { next: next.clone(), threshold: *threshold, recovery: recovery.clone() };
                devices.iter().try_for_each(|device| self.add(seq, *device))
            }
            KeyChange::AddDevice(device) => self.add(seq, *device),
            KeyChange::RevokeDevice { kid, compromised_since } => self.revoke(seq, time_secs, *kid, *compromised_since),
            KeyChange::Rotation(rotation) => {
                self.controls = Controls {
                    next: rotation.next.clone(),
                    threshold: rotation.threshold,
                    recovery: rotation.recovery.clone().unwrap_or_else(|| self.controls.recovery.clone()),
                };
                match &rotation.devices {
                    Some(devices) => self.replace(seq, time_secs, devices, rotation.compromised_since),
                    None => Ok(()),
                }
            }
            KeyChange::Recovery(recovery) => {
                self.controls = recovery.controls.clone();
                self.replace(seq, time_secs, &recovery.devices, recovery.compromised_since)
            }
            KeyChange::Cancel { .. } => Ok(()),
        }
    }

    /// The device with this key, if it is valid.
    pub(super) fn current(&self, wanted: Kid) -> Option<&Device> {
        self.devices.iter().find(|device| kid(&device.device) == wanted && device.revoked_seq.is_none())
    }

    /// The device with this key, if it is valid and manages.
    pub(super) fn manager(&self, wanted: Kid) -> Option<&Device> {
        self.current(wanted).filter(|device| device.device.roles.manage)
    }

    /// The place of the recovery key with this digest: 0 is the highest.
    pub(super) fn rank(&self, digest: &[u8; 32]) -> Option<usize> {
        self.controls.recovery.iter().position(|key| key.digest == *digest)
    }

    fn add(&mut self, seq: u64, device: DeviceKey) -> Result<(), Refusal> {
        let known = self.devices.iter().any(|known| kid(&known.device) == kid(&device));
        if known || self.devices.len() >= MAX_DEVICES {
            return Err(ClaimFault::Repeated { claim: DEVICES }.into());
        }
        self.devices.push(Device {
            device,
            added_seq: seq,
            revoked_seq: None,
            revoked_secs: None,
            compromised_since: None,
        });
        Ok(())
    }

    fn revoke(&mut self, seq: u64, time_secs: u64, target: Kid, since: Option<u64>) -> Result<(), Refusal> {
        let device = self
            .devices
            .iter_mut()
            .find(|device| kid(&device.device) == target && device.revoked_seq.is_none())
            .ok_or(ClaimFault::OutOfRange { claim: REVOKED })?;
        device.revoked_seq = Some(seq);
        device.revoked_secs = Some(time_secs);
        device.compromised_since = since;
        Ok(())
    }

    /// These devices and no others: one that is valid stays as it is, the others go, new ones come.
    fn replace(
        &mut self,
        seq: u64,
        time_secs: u64,
        devices: &[DeviceKey],
        compromised_since: Option<u64>,
    ) -> Result<(), Refusal> {
        let stays = |device: &DeviceKey| devices.iter().any(|one| one == device);
        let going: Vec<Kid> = self
            .devices
            .iter()
            .filter(|device| device.revoked_seq.is_none() && !stays(&device.device))
            .map(|device| kid(&device.device))
            .collect();
        for target in going {
            self.revoke(seq, time_secs, target, compromised_since)?;
        }
        for device in devices {
            if self.current(kid(device)).is_none() {
                self.add(seq, *device)?;
            }
        }
        Ok(())
    }
}

/** What a run of events that stand adds up to: devices, and the keys that control the log. */

import { equalBytes } from '../bytes.ts';
import type { Kid, ObjectId } from '../ids.ts';
import { refuseClaim } from '../refusal.ts';
import type { Controls, DeviceKey, KeyChange } from './event.ts';
import { DEVICES, KIND, MAX_DEVICES, REVOKED } from './wire.ts';

/** A device that is or was in a log. */
export interface Device {
  readonly device: DeviceKey;
  /** The event that added it. */
  readonly addedSeq: bigint;
  /** The event that revoked it, and the time of that event; null while it is valid. */
  readonly revokedSeq: bigint | null;
  readonly revokedSecs: bigint | null;
  /** Since when its key may have been in other hands. */
  readonly compromisedSince: bigint | null;
}

/** An event that stands. */
export interface Step {
  readonly id: ObjectId;
  readonly timeSecs: bigint;
  /** When the holder took it in. */
  readonly takenSecs: bigint;
  readonly change: KeyChange;
}

/** Devices and controls after some events. Never changed: each event makes another. */
export interface Keys {
  readonly devices: readonly Device[];
  readonly controls: Controls;
}

const NO_KEYS: Keys = { devices: [], controls: { next: [], threshold: 1n, recovery: [] } };

/** After the steps of a log, the first of which is its inception. @throws {Refusal} */
export function keysAfter(steps: readonly Step[]): Keys {
  return steps.reduce((keys, step, seq) => keysWith(keys, BigInt(seq), step.timeSecs, step.change), NO_KEYS);
}

/** Goes on with event `seq`, whose signature and place were checked. @throws {Refusal} `claim-range`, `claim-repeated`. */
export function keysWith(keys: Keys, seq: bigint, timeSecs: bigint, change: KeyChange): Keys {
  switch (change.kind) {
    case 'inception': {
      if (seq !== 0n) refuseClaim('claim-range', KIND);
      const devices = change.devices.reduce((known, device) => add(known, seq, device), keys.devices);
      return { devices, controls: change.controls };
    }
    case 'add':
      return { ...keys, devices: add(keys.devices, seq, change.device) };
    case 'revoke':
      return { ...keys, devices: revoke(keys.devices, seq, timeSecs, change.key, change.compromisedSince) };
    case 'rotation': {
      const { next, threshold, recovery, devices, compromisedSince } = change;
      return {
        controls: { next, threshold, recovery: recovery ?? keys.controls.recovery },
        devices: devices ? replace(keys.devices, seq, timeSecs, devices, compromisedSince) : keys.devices,
      };
    }
    case 'recovery':
      return {
        controls: change.controls,
        devices: replace(keys.devices, seq, timeSecs, change.devices, change.compromisedSince),
      };
    case 'cancel':
      return keys;
  }
}

/** The device with this key, if it is valid. */
export function currentDevice(devices: readonly Device[], wanted: Kid): Device | undefined {
  return devices.find(({ device, revokedSeq }) => device.key.kid === wanted && revokedSeq === null);
}

/** The device with this key, if it is valid and manages. */
export function managerOf(keys: Keys, wanted: Kid): Device | undefined {
  const found = currentDevice(keys.devices, wanted);
  return found?.device.roles.manage ? found : undefined;
}

/** The place of the recovery key with this digest: 0 is the highest; null when it is none. */
export function rankOf(keys: Keys, digest: Uint8Array): number | null {
  const rank = keys.controls.recovery.findIndex((key) => equalBytes(key.digest, digest));
  return rank === -1 ? null : rank;
}

function add(devices: readonly Device[], seq: bigint, device: DeviceKey): readonly Device[] {
  const isKnown = devices.some((known) => known.device.key.kid === device.key.kid);
  if (isKnown || devices.length >= MAX_DEVICES) refuseClaim('claim-repeated', DEVICES);
  return [...devices, { device, addedSeq: seq, revokedSeq: null, revokedSecs: null, compromisedSince: null }];
}

function revoke(
  devices: readonly Device[],
  seq: bigint,
  timeSecs: bigint,
  target: Kid,
  compromisedSince: bigint | null,
): readonly Device[] {
  const going = currentDevice(devices, target) ?? refuseClaim('claim-range', REVOKED);
  const gone: Device = { ...going, revokedSeq: seq, revokedSecs: timeSecs, compromisedSince };
  return devices.map((device) => (device === going ? gone : device));
}

/** These devices and no others: one that is valid stays as it is, the others go, new ones come. */
function replace(
  before: readonly Device[],
  seq: bigint,
  timeSecs: bigint,
  wanted: readonly DeviceKey[],
  compromisedSince: bigint | null,
): readonly Device[] {
  const stays = ({ key, roles }: DeviceKey): boolean =>
    wanted.some((one) => one.key.equals(key) && one.roles.sign === roles.sign && one.roles.manage === roles.manage);
  const going = before.filter(({ device, revokedSeq }) => revokedSeq === null && !stays(device));
  const left = going.reduce(
    (devices, { device }) => revoke(devices, seq, timeSecs, device.key.kid, compromisedSince),
    before,
  );
  return wanted.reduce(
    (devices, device) => (currentDevice(devices, device.key.kid) ? devices : add(devices, seq, device)),
    left,
  );
}

/** Key events as claims. */

import { base64url } from '../base64.ts';
import { equalBytes } from '../bytes.ts';
import {
  type Cbor,
  Claims,
  fixed,
  identifier,
  map,
  nullable,
  OBJECT_LIMITS,
  principal,
  type Read,
  time,
  uint,
} from '../codec/index.ts';
import type { Payload } from '../cose.ts';
import { HASH_BYTES } from '../crypto/hash.ts';
import { PUBLIC_KEY_BYTES, PublicKey, SIGNATURE_BYTES } from '../crypto/signing.ts';
import { Kid, ObjectId } from '../ids.ts';
import { distinct, few, list, tuple } from '../lists.ts';
import { refuseClaim } from '../refusal.ts';
import {
  type Controls,
  type DeviceKey,
  type Inception,
  type KeyChange,
  type KeyEventClaims,
  keyDigest,
  type Recovery,
  type RecoveryKey,
  type Rotation,
} from './event.ts';

/** Most devices that were ever in a log: a phone and a laptop a year for 30 years. */
export const MAX_DEVICES = 64;
/** Most recovery keys at a time. */
export const MAX_RECOVERY_KEYS = 5;
/** Most keys that may rotate. */
export const MAX_NEXT_KEYS = 5;
/** Shortest delay of a recovery: a weekend without a telephone. */
export const MIN_RECOVERY_DELAY_SECS = 72n * 3600n;
/** Longest delay of a recovery. */
export const MAX_RECOVERY_DELAY_SECS = 30n * 24n * 3600n;
/** Bytes of the salt of an inception. */
const SALT_BYTES = 16;

export const ORGANISATION = 3n;
const TIME = 6n;
export const SEQ = -70100n;
const PREVIOUS = -70101n;
export const KIND = -70102n;
export const DEVICES = -70103n;
const NEXT = -70104n;
const THRESHOLD = -70105n;
const RECOVERY = -70106n;
const SALT = -70107n;
export const REVOKED = -70108n;
const COMPROMISED = -70109n;
const REVEALED = -70110n;
const ENDORSEMENTS = -70111n;
const TARGET = -70112n;

/** The changes by their numbers on the wire. */
const KINDS: readonly KeyChange['kind'][] = ['inception', 'rotation', 'add', 'revoke', 'recovery', 'cancel'];

const ROLE_SIGN = 1n;
const ROLE_MANAGE = 2n;

export const KeyEvent: Payload<KeyEventClaims> = {
  typ: 'application/aitta-key-event+cwt',
  limits: OBJECT_LIMITS,

  toCbor: ({ seq, previous, timeSecs, change }) =>
    map([
      [TIME, timeSecs],
      [SEQ, seq],
      [PREVIOUS, previous && ObjectId.bytes(previous)],
      [KIND, BigInt(KINDS.indexOf(change.kind))],
      ...changeToCbor(change),
    ]),

  fromCbor(item) {
    const claims = new Claims(item);
    const timeSecs = claims.need(TIME, time);
    const seq = claims.need(SEQ, uint);
    const previous = claims.need(PREVIOUS, nullable(identifier(ObjectId)));
    const change = changeOf(claims.need(KIND, kind), claims);
    claims.finish();
    const isFirst = change.kind === 'inception';
    if (isFirst !== (seq === 0n) || isFirst !== (previous === null)) refuseClaim('claim-range', SEQ);
    return { seq, previous, timeSecs, change };
  },
};

type Entries = readonly (readonly [bigint, Cbor | undefined])[];

function changeToCbor(change: KeyChange): Entries {
  switch (change.kind) {
    case 'inception':
      return [
        [ORGANISATION, change.organisation ?? undefined],
        [DEVICES, change.devices.map(deviceToCbor)],
        ...controlsToCbor(change.controls),
        [SALT, change.salt],
      ];
    case 'rotation':
      return [
        [DEVICES, change.devices?.map(deviceToCbor)],
        [NEXT, change.next],
        [THRESHOLD, change.threshold],
        [RECOVERY, change.recovery?.map(recoveryKeyToCbor)],
        [COMPROMISED, change.compromisedSince ?? undefined],
        [REVEALED, change.revealed.map((key) => key.bytes)],
        [ENDORSEMENTS, change.endorsements.length > 0 ? change.endorsements : undefined],
      ];
    case 'add':
      return [[DEVICES, [deviceToCbor(change.device)]]];
    case 'revoke':
      return [
        [REVOKED, Kid.bytes(change.key)],
        [COMPROMISED, change.compromisedSince ?? undefined],
      ];
    case 'recovery':
      return [
        [DEVICES, change.devices.map(deviceToCbor)],
        ...controlsToCbor(change.controls),
        [COMPROMISED, change.compromisedSince ?? undefined],
        [REVEALED, [change.revealed.bytes]],
      ];
    case 'cancel':
      return [
        [TARGET, ObjectId.bytes(change.target)],
        [REVEALED, change.revealed ? [change.revealed.bytes] : undefined],
      ];
  }
}

function controlsToCbor({ next, threshold, recovery }: Controls): Entries {
  return [
    [NEXT, next],
    [THRESHOLD, threshold],
    [RECOVERY, recovery.map(recoveryKeyToCbor)],
  ];
}

const kind: Read<KeyChange['kind']> = (claim, item) => {
  const number = uint(claim, item);
  return KINDS.find((_kind, at) => BigInt(at) === number) ?? refuseClaim('claim-range', claim);
};

function changeOf(kind: KeyChange['kind'], claims: Claims): KeyChange {
  switch (kind) {
    case 'inception':
      return inception(claims);
    case 'rotation':
      return rotation(claims);
    case 'add':
      return { kind, device: claims.need(DEVICES, one(device)) };
    case 'revoke':
      return { kind, key: claims.need(REVOKED, identifier(Kid)), compromisedSince: claims.maybe(COMPROMISED, time) };
    case 'recovery':
      return recovery(claims);
    case 'cancel':
      return {
        kind,
        target: claims.need(TARGET, identifier(ObjectId)),
        revealed: claims.maybe(REVEALED, one(registered)),
      };
  }
}

function inception(claims: Claims): Inception {
  const devices = claims.need(DEVICES, deviceList);
  const controls = controlsOf(claims);
  const organisation = claims.maybe(ORGANISATION, principal);
  return { kind: 'inception', organisation, devices, controls, salt: claims.need(SALT, fixed(SALT_BYTES)) };
}

function rotation(claims: Claims): Rotation {
  const revealed = claims.need(REVEALED, revealedKeys);
  const endorsements = claims.maybe(ENDORSEMENTS, few(MAX_NEXT_KEYS - 1, fixed(SIGNATURE_BYTES))) ?? [];
  if (endorsements.length + 1 !== revealed.length) refuseClaim('claim-range', ENDORSEMENTS);
  const { next, threshold } = nextKeys(claims);
  checkUnrevealed(next, revealed);
  return {
    kind: 'rotation',
    revealed,
    endorsements,
    devices: claims.maybe(DEVICES, deviceList),
    next,
    threshold,
    recovery: claims.maybe(RECOVERY, recoveryKeys),
    compromisedSince: claims.maybe(COMPROMISED, time),
  };
}

function recovery(claims: Claims): Recovery {
  const revealed = claims.need(REVEALED, one(registered));
  const devices = claims.need(DEVICES, deviceList);
  const controls = controlsOf(claims);
  checkUnrevealed(controls.next, [revealed]);
  if (!devices.some(({ roles }) => roles.manage)) refuseClaim('claim-range', DEVICES);
  return { kind: 'recovery', revealed, devices, controls, compromisedSince: claims.maybe(COMPROMISED, time) };
}

function controlsOf(claims: Claims): Controls {
  const { next, threshold } = nextKeys(claims);
  return { next, threshold, recovery: claims.need(RECOVERY, recoveryKeys) };
}

function nextKeys(claims: Claims): Pick<Controls, 'next' | 'threshold'> {
  const next = claims.need(NEXT, list(fixed(HASH_BYTES)));
  const threshold = claims.need(THRESHOLD, uint);
  if (next.length > MAX_NEXT_KEYS || threshold === 0n || threshold > BigInt(next.length)) {
    refuseClaim('claim-range', THRESHOLD);
  }
  distinct(NEXT, next.map(base64url));
  return { next, threshold };
}

/** A key that has shown itself is no secret before its use any more: committing to it again would undo pre-rotation. */
function checkUnrevealed(next: readonly Uint8Array[], revealed: readonly PublicKey[]): void {
  for (const digest of revealed.map(keyDigest)) {
    if (next.some((committed) => equalBytes(committed, digest))) refuseClaim('claim-repeated', NEXT);
  }
}

/** Reads a list of exactly one. */
function one<T>(read: Read<T>): Read<T> {
  return (claim, item) => few(1, read)(claim, item)[0] ?? refuseClaim('claim-empty', claim);
}

const registered: Read<PublicKey> = (claim, item) =>
  PublicKey.register(fixed(PUBLIC_KEY_BYTES)(claim, item)) ?? refuseClaim('claim-range', claim);

const revealedKeys: Read<readonly PublicKey[]> = (claim, item) => {
  const keys = few(MAX_NEXT_KEYS, registered)(claim, item);
  distinct(
    claim,
    keys.map((key) => base64url(key.bytes)),
  );
  return keys;
};

const device: Read<DeviceKey> = (claim, item) => {
  const [key, roles] = tuple(2)(claim, item);
  const found = registered(claim, key);
  const bits = uint(claim, roles);
  if (bits < 1n || bits > (ROLE_SIGN | ROLE_MANAGE)) refuseClaim('claim-range', claim);
  return { key: found, roles: { sign: (bits & ROLE_SIGN) !== 0n, manage: (bits & ROLE_MANAGE) !== 0n } };
};

const deviceList: Read<readonly DeviceKey[]> = (claim, item) => {
  const devices = few(MAX_DEVICES, device)(claim, item);
  distinct(
    claim,
    devices.map(({ key }) => base64url(key.bytes)),
  );
  return devices;
};

function deviceToCbor({ key, roles }: DeviceKey): Cbor {
  return [key.bytes, (roles.sign ? ROLE_SIGN : 0n) | (roles.manage ? ROLE_MANAGE : 0n)];
}

const recoveryKey: Read<RecoveryKey> = (claim, item) => {
  const [digest, delay] = tuple(2)(claim, item);
  const delaySecs = uint(claim, delay);
  if (delaySecs < MIN_RECOVERY_DELAY_SECS || delaySecs > MAX_RECOVERY_DELAY_SECS) refuseClaim('claim-range', claim);
  return { digest: fixed(HASH_BYTES)(claim, digest), delaySecs };
};

const recoveryKeys: Read<readonly RecoveryKey[]> = (claim, item) => {
  const keys = list(recoveryKey)(claim, item);
  if (keys.length > MAX_RECOVERY_KEYS) refuseClaim('claim-range', claim);
  distinct(
    claim,
    keys.map(({ digest }) => base64url(digest)),
  );
  return keys;
};

function recoveryKeyToCbor({ digest, delaySecs }: RecoveryKey): Cbor {
  return [digest, delaySecs];
}

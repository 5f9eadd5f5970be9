/**
 * Changes of a key log, each an event that the organisation is to take in (`docs/protocol/key-event.md`). What does not hold after what
 * is in the log is not signed away: each is tried on the log first.
 */

import { sign, Signed, type Signer } from '../protocol/cose.ts';
import { equalBytes } from '../protocol/bytes.ts';
import type { Kid, ObjectId, Principal } from '../protocol/ids.ts';
import {
  type DeviceKey,
  KeyEvent,
  type KeyChange,
  type KeyEventClaims,
  type KeyState,
  keyDigest,
  MAX_DEVICES,
  type Taken,
  takenAt,
} from '../protocol/key-event/index.ts';
import { Refusal, type RefusalCode } from '../protocol/refusal.ts';
import type { Custody } from './custody.ts';
import { type HeldEvent, type KeysCode, KeysFault, ownKey, RECOVERY_DELAY_SECS, replay, signerIn } from './key-log.ts';
import type { RecoveryRoot } from './root.ts';

/** A key log at one organisation as it is now, and the keys of this device. */
export interface OwnLog {
  readonly custody: Custody;
  readonly organisation: Principal;
  readonly events: readonly HeldEvent[];
  readonly nowSecs: bigint;
}

/** A signed event, and the log with it. */
export interface Changed {
  readonly id: ObjectId;
  readonly bytes: Uint8Array;
  readonly events: readonly HeldEvent[];
}

const MAY_ALL = { sign: true, manage: true } as const;

/** Adds a key that another device made itself and showed to this one. @throws {KeysFault} */
export function addDevice(log: OwnLog, device: DeviceKey): Promise<Changed> {
  return append(log, { kind: 'add', device });
}

/**
 * Revokes a key; what it signed from `compromisedSince` on does not count. @throws {KeysFault} `keys-last` when no key of this device
 * would be left.
 */
export async function revokeDevice(log: OwnLog, key: Kid, compromisedSince: bigint | null): Promise<Changed> {
  const changed = await append(log, { kind: 'revoke', key, compromisedSince });
  try {
    await signerIn(log.custody, log.organisation, changed.events, log.nowSecs);
  } catch (thrown) {
    throw thrown instanceof KeysFault && thrown.code === 'keys-not-ours' ? new KeysFault('keys-last', thrown) : thrown;
  }
  return changed;
}

/** Cancels with this device what waits in the log, or at the organisation's desk. @throws {KeysFault} `keys-outranked` */
export function cancel(log: OwnLog, target: ObjectId): Promise<Changed> {
  return append(log, { kind: 'cancel', target, revealed: null });
}

/** As `cancel`, with the printed code: what it began itself, what a lower one began, or what the desk did. @throws {KeysFault} */
export async function cancelWithPaper(log: OwnLog, paper: RecoveryRoot, target: ObjectId): Promise<Changed> {
  const signer = paper.signer(log.organisation);
  if (stateOf(log).recoveryPoint(keyDigest(signer.key)) === null) throw new KeysFault('keys-other-paper');
  return appendBy(signer, log, { kind: 'cancel', target, revealed: signer.key });
}

/**
 * Shows the controlling key that was committed to, commits to another, and puts a fresh key in the place of this device's own; other
 * devices stay. With `recovery`, a digest, another paper counts from now on. @throws {KeysFault} `keys-not-controlling`
 */
export async function rotate(log: OwnLog, recovery: Uint8Array | null): Promise<Changed> {
  const { custody, organisation } = log;
  const state = stateOf(log);
  const own = await ownKey(custody, organisation, state);
  const { signer: controlling, index } = await committed(custody, organisation, state);
  const fresh = await custody.signer(organisation, 'device', own.index + 1);
  const next = await custody.signer(organisation, 'next', index + 1);
  const others = state.devices
    .filter(({ device, revokedSeq }) => revokedSeq === null && !device.key.equals(own.signer.key))
    .map(({ device }) => device);
  return appendBy(controlling, log, {
    kind: 'rotation',
    revealed: [controlling.key],
    endorsements: [],
    devices: [...others, { key: fresh.key, roles: MAY_ALL }],
    next: [keyDigest(next.key)],
    threshold: 1n,
    recovery: recovery && [{ digest: recovery, delaySecs: RECOVERY_DELAY_SECS }],
    compromisedSince: null,
  });
}

/** Whether this device may rotate the log now: nothing waits in it, and its key is the one that was committed to. */
export async function mayRotate(log: OwnLog): Promise<boolean> {
  const state = stateOf(log);
  try {
    await committed(log.custody, log.organisation, state);
    return state.pending === null;
  } catch (thrown) {
    if (thrown instanceof KeysFault) return false;
    throw thrown;
  }
}

/** The key of this device that may rotate the log. */
async function committed(
  custody: Custody,
  organisation: Principal,
  { controls, devices }: KeyState,
): Promise<{ readonly signer: Signer; readonly index: number }> {
  const [digest] = controls.next;
  // Each rotation by this device added a key of it: no more can have been.
  for (let index = 0; index < Math.min(MAX_DEVICES, devices.length); index += 1) {
    const signer = await custody.signer(organisation, 'next', index);
    if (controls.next.length === 1 && digest && equalBytes(keyDigest(signer.key), digest)) return { signer, index };
  }
  throw new KeysFault('keys-not-controlling');
}

/**
 * Takes the log back to this device with the printed code. It keeps everything up to the last event in which the paper counts, and
 * takes back what came after; it waits. What other devices signed from `lostSince` on does not count. `identified`: the person
 * logs in for it, so that it goes before one with the paper alone. @throws {KeysFault} `keys-other-paper`
 */
export async function recover(
  log: OwnLog,
  paper: RecoveryRoot,
  lostSince: bigint | null,
  identified: boolean,
): Promise<Changed> {
  const { custody, organisation, nowSecs } = log;
  const state = stateOf(log);
  const point = state.recoveryPoint(paper.digest(organisation));
  if (point === null) throw new KeysFault('keys-other-paper');
  const signer = paper.signer(organisation);
  const device = await unusedKey(custody, organisation, state);
  const next = await custody.signer(organisation, 'next', 0);
  const change: KeyChange = {
    kind: 'recovery',
    revealed: signer.key,
    devices: [{ key: device.key, roles: MAY_ALL }],
    controls: { next: [keyDigest(next.key)], threshold: 1n, recovery: point.controls.recovery },
    compromisedSince: lostSince,
  };
  const timeSecs = later(nowSecs, point.timeSecs);
  const claims = { seq: point.seq + 1n, previous: point.id, timeSecs, change };
  return signed(signer, log, claims, { ...takenAt(nowSecs), identified });
}

/** A key of this device that was never in the log: one that was revoked does not come back. */
async function unusedKey(custody: Custody, organisation: Principal, { devices }: KeyState): Promise<Signer> {
  for (let index = 0; index < MAX_DEVICES; index += 1) {
    const signer = await custody.signer(organisation, 'device', index);
    if (!devices.some(({ device }) => device.key.equals(signer.key))) return signer;
  }
  throw new KeysFault('keys-unchangeable');
}

async function append(log: OwnLog, change: KeyChange): Promise<Changed> {
  const state = stateOf(log);
  const { signer } = await ownKey(log.custody, log.organisation, state);
  const own = state.devices.find(({ device }) => device.key.equals(signer.key));
  if (!own?.device.roles.manage) throw new KeysFault('keys-signs-only');
  return appendBy(signer, log, change);
}

function appendBy(signer: Signer, log: OwnLog, change: KeyChange): Promise<Changed> {
  const { seq, head, timeSecs } = stateOf(log);
  return signed(signer, log, { seq: seq + 1n, previous: head, timeSecs: later(log.nowSecs, timeSecs), change });
}

/** What a refusal of the log means to a person; of all others, that it cannot be done. */
const MEANS: Partial<Readonly<Record<RefusalCode, KeysCode>>> = {
  'key-pending': 'keys-pending',
  'key-outranked': 'keys-outranked',
  'key-unknown': 'keys-not-ours',
};

async function signed(signer: Signer, log: OwnLog, claims: KeyEventClaims, taken?: Taken): Promise<Changed> {
  const { bytes } = await attempted(() => sign(KeyEvent, claims, signer));
  return withEvent(log, bytes, taken);
}

/** The log with an event that was signed before. @throws {KeysFault} when it does not follow what is in the log now. */
export function withEvent(log: OwnLog, bytes: Uint8Array, taken = takenAt(log.nowSecs)): Promise<Changed> {
  return attempted(() => {
    const event = Signed.decode(KeyEvent, bytes);
    stateOf(log).apply(event, taken);
    return Promise.resolve({ id: event.id, bytes, events: [...log.events, { bytes, taken }] });
  });
}

async function attempted<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    throw new KeysFault(MEANS[thrown.code] ?? 'keys-unchangeable', thrown);
  }
}

function stateOf({ organisation, events, nowSecs }: OwnLog): KeyState {
  return replay(organisation, events, nowSecs);
}

/** A clock that was set back does not make an event come before the one that it follows. */
function later(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}

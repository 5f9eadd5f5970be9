/**
 * The wallet's key log at one organisation (`docs/protocol/key-event.md`): one log for each, so that no two of them can be told to
 * be one person's.
 */

import { sign, Signed, type Signer, type Verified } from '../protocol/cose.ts';
import type { PublicKey } from '../protocol/crypto/signing.ts';
import type { Kid, Principal } from '../protocol/ids.ts';
import {
  KeyEvent,
  type KeyEventClaims,
  KeyState,
  keyDigest,
  MAX_DEVICES,
  type Taken,
  takenAt,
} from '../protocol/key-event/index.ts';
import { Refusal } from '../protocol/refusal.ts';
import type { Custody } from './custody.ts';

/**
 * When every log began: the first second that the protocol knows, so that a device which begins again begins the same log. When the
 * log was bound stands in the holder's log.
 */
const BEGUN_SECS = 1n;
/** How long a recovery with the paper waits, in seconds: 72 hours, the least that the protocol allows. */
export const RECOVERY_DELAY_SECS = 72n * 3600n;

/** A signed event, and what the organisation knows of it. */
export interface HeldEvent {
  readonly bytes: Uint8Array;
  readonly taken: Taken;
}

export type KeysCode =
  /** The wallet is not enrolled at this organisation. */
  | 'not-enrolled'
  /** An event does not hold, or is of a log at another organisation. */
  | 'keys-broken'
  /** No key of this device may sign now: it was revoked, or the log is another wallet's. */
  | 'keys-not-ours'
  /** A recovery waits: until it is cancelled or takes effect, nothing else changes the log. */
  | 'keys-pending'
  /** What is to be cancelled goes before what cancels it: the person identified themselves for it, or a higher paper began it. */
  | 'keys-outranked'
  /** What was to be cancelled has taken effect, or nothing says that it has not. */
  | 'keys-too-late'
  /** It is the last key of this device there: without it the wallet could do nothing there any more. */
  | 'keys-last'
  /** This device signs, and may not change the log. */
  | 'keys-signs-only'
  /** Another device holds the keys that may rotate. */
  | 'keys-not-controlling'
  /** The printed code is none of the log's. */
  | 'keys-other-paper'
  /** The printed code is to be typed once more. */
  | 'keys-paper-needed'
  /** The change does not hold after what is in the log already. */
  | 'keys-unchangeable';

const WHAT: Readonly<Record<KeysCode, string>> = {
  'not-enrolled': 'this wallet is not enrolled there: log in there first',
  'keys-broken': 'the key log of this organisation does not hold: load it again; if it goes on, tell the organisation',
  'keys-not-ours':
    'no key of this device is valid there: log in with the device that is, or recover with the printed code',
  'keys-pending': 'a recovery waits there: cancel it, or wait until it has taken effect',
  'keys-outranked': 'this cannot cancel it: use the printed code, and call the organisation at once if it was not you',
  'keys-too-late':
    'it was not cancelled in time: look at the devices there, and go to the organisation at once if it was not you',
  'keys-last': 'it is the last key of this wallet there: add another device first',
  'keys-signs-only': 'this device may not add or revoke devices: do it on one that may',
  'keys-not-controlling':
    'the keys that may be renewed are on another device: renew them there, or recover with the printed code',
  'keys-other-paper': 'this printed code is not the one that counts there: take the one that was printed last',
  'keys-paper-needed': 'this organisation was not asked yet: type the printed code once more',
  'keys-unchangeable': 'the key log of this organisation does not allow that: look at the devices again',
};

/** Why a key log cannot be used. */
export class KeysFault extends Error {
  override readonly name = 'KeysFault';
  readonly code: KeysCode;

  constructor(code: KeysCode, cause?: unknown) {
    super(WHAT[code], cause === undefined ? {} : { cause });
    this.code = code;
  }
}

/** What signs at one organisation. */
export interface OrganisationSigner {
  /** Who signs there. */
  readonly principal: Principal;
  readonly organisation: Principal;
  /** The device's key. */
  readonly signer: Signer;
  /** The last event of the log, in which the key is valid: goes into grants. */
  readonly keyEvent: bigint;
}

/**
 * Begins the log for an organisation: one device key that signs and manages, the digest of the next controlling key (pre-rotation),
 * and `recovery`, the digest of the paper's key.
 */
export async function beginLog(custody: Custody, organisation: Principal, recovery: Uint8Array): Promise<HeldEvent> {
  const device = await custody.signer(organisation, 'device', 0);
  const next = await custody.signer(organisation, 'next', 0);
  const event: Verified<KeyEventClaims> = await sign(
    KeyEvent,
    {
      seq: 0n,
      previous: null,
      timeSecs: BEGUN_SECS,
      change: {
        kind: 'inception',
        organisation,
        devices: [{ key: device.key, roles: { sign: true, manage: true } }],
        controls: {
          next: [keyDigest(next.key)],
          threshold: 1n,
          recovery: [{ digest: recovery, delaySecs: RECOVERY_DELAY_SECS }],
        },
        salt: await custody.logSalt(organisation),
      },
    },
    device,
  );
  return { bytes: event.bytes, taken: takenAt(BEGUN_SECS) };
}

/** What a log says at this second, whoever's keys are in it. @throws {KeysFault} */
export function replay(organisation: Principal, events: readonly HeldEvent[], nowSecs: bigint): KeyState {
  let last: KeyState | null = null;
  for (const state of states(organisation, events)) last = state;
  if (last === null) throw new KeysFault('not-enrolled');
  return last.settled(nowSecs);
}

/** Every key that a log says or ever said may sign, also those that a recovery left out. @throws {KeysFault} */
export function everySigner(
  organisation: Principal,
  events: readonly HeldEvent[],
  nowSecs: bigint,
): ReadonlyMap<Kid, PublicKey> {
  const signers = new Map<Kid, PublicKey>();
  for (const state of [...states(organisation, events), replay(organisation, events, nowSecs)]) {
    for (const { device } of state.devices) if (device.roles.sign) signers.set(device.key.kid, device.key);
  }
  return signers;
}

/** What a log says after each of its events. @throws {KeysFault} */
function* states(organisation: Principal, events: readonly HeldEvent[]): Generator<KeyState> {
  const [first, ...rest] = events;
  if (first === undefined) return;
  try {
    let state = KeyState.begin(Signed.decode(KeyEvent, first.bytes));
    if (state.organisation !== organisation) throw new KeysFault('keys-broken');
    yield state;
    for (const { bytes, taken } of rest) {
      state = state.apply(Signed.decode(KeyEvent, bytes), taken);
      yield state;
    }
  } catch (thrown) {
    if (thrown instanceof Refusal) throw new KeysFault('keys-broken', thrown);
    throw thrown;
  }
}

/** The key of this device that may sign in the log now. @throws {KeysFault} */
export async function signerIn(
  custody: Custody,
  organisation: Principal,
  events: readonly HeldEvent[],
  nowSecs: bigint,
): Promise<OrganisationSigner> {
  const state = replay(organisation, events, nowSecs);
  const { signer } = await ownKey(custody, organisation, state);
  return { principal: state.principal, organisation, signer, keyEvent: state.seq };
}

/** A key of this device, and which it is. */
export interface OwnKey {
  readonly signer: Signer;
  readonly index: number;
}

/** The key of this device that may sign in the log. @throws {KeysFault} `keys-not-ours` */
export async function ownKey(custody: Custody, organisation: Principal, state: KeyState): Promise<OwnKey> {
  const live = state.devices
    .filter(({ device, revokedSeq }) => device.roles.sign && revokedSeq === null)
    .map(({ device }) => device.key.kid);
  const found = await keyAmong(custody, organisation, state, live);
  if (found === null) throw new KeysFault('keys-not-ours');
  return found;
}

/** The first key of this device with one of these ids. */
export async function keyAmong(
  custody: Custody,
  organisation: Principal,
  state: KeyState,
  kids: readonly Kid[],
): Promise<OwnKey | null> {
  // A rotation puts a key with the next number in its place, and what waits one that is in no log yet; more can never have been.
  for (let index = 0; index < Math.min(MAX_DEVICES, state.devices.length + 1); index += 1) {
    const signer = await custody.signer(organisation, 'device', index);
    if (kids.includes(signer.key.kid)) return { signer, index };
  }
  return null;
}

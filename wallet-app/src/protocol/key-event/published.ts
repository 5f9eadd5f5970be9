/**
 * The log that a member of the federation published: statements of the registry, one for each event. The same events as
 * everybody's, with less allowed: readers of the registry have no log times, so that there are no recoveries and nothing cancels one.
 */

import { Signed } from '../cose.ts';
import type { Check } from '../crypto/checked.ts';
import type { PublicKey } from '../crypto/signing.ts';
import type { Kid } from '../ids.ts';
import { refuse, refuseClaim } from '../refusal.ts';
import { MAX_KEYS } from '../statement/keys.ts';
import type { KeyEventClaims } from './event.ts';
import { KeyState, takenAt } from './state.ts';
import { DEVICES, KeyEvent, KIND, ORGANISATION } from './wire.ts';

/** Most bytes of a published event. */
export const MAX_PUBLISHED_EVENT_BYTES = 4096;
/** Most events of a published log. */
export const MAX_PUBLISHED_EVENTS = 64;
/** Most events of a published log with rotations: whoever stole a managing key and filled the log is still thrown out. */
export const MAX_PUBLISHED_EVENTS_WITH_ROTATIONS = 80;
/** Most devices that are valid at once: as many that manage as may sign. */
export const MAX_LIVE_DEVICES = 2 * MAX_KEYS;

/** Reads one event, as `Signed.decode`. @throws {Refusal} `too-large`; `claim-range` for one that published logs do not have. */
export function readPublished(bytes: Uint8Array, check: Check): Signed<KeyEventClaims> {
  if (bytes.length > MAX_PUBLISHED_EVENT_BYTES) refuse('too-large');
  const event = Signed.decode(KeyEvent, bytes, check);
  const { change } = event.unverified;
  if (change.kind === 'recovery' || change.kind === 'cancel') refuseClaim('claim-range', KIND);
  if (change.kind === 'inception' && change.organisation !== null) refuseClaim('claim-range', ORGANISATION);
  return event;
}

/** A key that signs for a member, and the event that added it. */
export interface SigningDevice {
  readonly addedSeq: bigint;
  readonly key: PublicKey;
}

/** A member's log. Never changed: each event makes another. */
export class PublishedLog {
  readonly state: KeyState;
  /** The events as they were received. */
  readonly events: readonly Signed<KeyEventClaims>[];

  private constructor(state: KeyState, events: readonly Signed<KeyEventClaims>[]) {
    this.state = state;
    this.events = events;
  }

  /** The log, or none, with one more event. @throws {Refusal} */
  static with(log: PublishedLog | null, event: Signed<KeyEventClaims>): PublishedLog {
    const before = log?.events ?? [];
    const rotates = event.unverified.change.kind === 'rotation';
    if (before.length >= (rotates ? MAX_PUBLISHED_EVENTS_WITH_ROTATIONS : MAX_PUBLISHED_EVENTS)) refuse('too-large');
    const state = log ? log.state.apply(event, takenAt(event.unverified.timeSecs)) : KeyState.begin(event);
    const longer = new PublishedLog(state, [...before, event]);
    const live = state.devices.filter(({ revokedSeq }) => revokedSeq === null).length;
    if (longer.signing.length > MAX_KEYS || live > MAX_LIVE_DEVICES) refuseClaim('claim-range', DEVICES);
    return longer;
  }

  /** The keys that sign now. */
  get signing(): readonly SigningDevice[] {
    return this.state.devices
      .filter(({ device, revokedSeq }) => device.roles.sign && revokedSeq === null)
      .map(({ device, addedSeq }) => ({ addedSeq, key: device.key }));
  }

  /** The key with this id, if what it signed at this second is the member's. @throws {Refusal} `key-unknown`. */
  signerAt(wanted: Kid, issuedSecs: bigint): PublicKey {
    const found = this.state.devices.find(({ device }) => device.key.kid === wanted && device.roles.sign);
    if (found === undefined) refuse('key-unknown');
    const ends = [found.revokedSecs, found.compromisedSince].filter((secs) => secs !== null);
    return ends.some((end) => issuedSecs >= end) ? refuse('key-unknown') : found.device.key;
  }
}

/** What a log says: replayed event by event, each with the time at which it was taken in and logged. */

import { equalBytes } from '../bytes.ts';
import { countersigned, type Signed, type Verified } from '../cose.ts';
import type { PublicKey } from '../crypto/signing.ts';
import { type Kid, ObjectId, Principal } from '../ids.ts';
import { refuse, refuseClaim, type RefusalCode } from '../refusal.ts';
import {
  type Controls,
  type DeviceKey,
  keyDigest,
  type KeyEventClaims,
  type Recovery,
  type Rotation,
} from './event.ts';
import { currentDevice, type Device, type Keys, keysAfter, keysWith, managerOf, rankOf, type Step } from './replay.ts';
import { KeyEvent, KIND, SEQ } from './wire.ts';

/** In which time a recovery takes back what was done before it: 72 hours of log time. */
export const UNDO_WINDOW_SECS = 72n * 3600n;
/** How often recoveries by one key may be cancelled before it counts only with an identification. */
export const MAX_CANCELLED = 3;
/** Most events of a log. */
export const MAX_EVENTS = 160;
/** Most events with recoveries and what cancels them: a thief who fills the log cannot keep its owner out. */
export const MAX_EVENTS_WITH_RECOVERY = 256;

/** How an event came to the holder. */
export interface Taken {
  /** When the holder took it in. */
  readonly takenSecs: bigint;
  /** Its log time; null while it is not in the directory's log. */
  readonly loggedSecs: bigint | null;
  /** Whether the person identified themselves to the holder for it. */
  readonly identified: boolean;
}

/** Taken in and logged at one second, by nobody who identified themselves. */
export function takenAt(secs: bigint): Taken {
  return { takenSecs: secs, loggedSecs: secs, identified: false };
}

/** A recovery that has not taken effect. */
export interface Pending {
  readonly id: ObjectId;
  /** The last event that it leaves. */
  readonly keepsSeq: number;
  /** The place of its key: 0 is the highest. */
  readonly rank: number;
  readonly timeSecs: bigint;
  readonly taken: Taken;
  readonly delaySecs: bigint;
  readonly recovery: Recovery;
}

/** When a recovery takes effect; null while nobody can say. */
export function dueSecs(pending: Pending): bigint | null {
  return pending.taken.loggedSecs === null ? null : pending.taken.loggedSecs + pending.delaySecs;
}

/** From where a recovery with some key goes on. */
export interface RecoveryPoint {
  /** The last event in which the key is a recovery key. */
  readonly id: ObjectId;
  readonly seq: bigint;
  readonly timeSecs: bigint;
  /** The controlling and recovery keys after it. */
  readonly controls: Controls;
}

interface Parts {
  readonly principal: Principal;
  readonly organisation: Principal | null;
  readonly steps: readonly Step[];
  readonly keys: Keys;
  readonly pending: Pending | null;
  /** Digests of the keys whose recoveries were cancelled, once for each. */
  readonly cancelled: readonly Uint8Array[];
  /** How many events were ever taken in, also those that were taken back. */
  readonly events: number;
}

/** A log, as far as it was read. Never changed: each event makes another. */
export class KeyState {
  readonly #parts: Parts;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** A log's first event, which one of its own managing devices signs. @throws {Refusal} */
  static begin(event: Signed<KeyEventClaims>): KeyState {
    const { change, timeSecs } = event.unverified;
    if (change.kind !== 'inception') refuseClaim('claim-range', KIND);
    const signer = change.devices.find(({ key, roles }) => roles.manage && key.kid === event.kid);
    const { id } = event.verify(signer?.key ?? refuse('key-unknown'));
    // Nothing takes the first event back, so when it was taken in does not matter.
    const steps = [{ id, timeSecs, takenSecs: 0n, change }];
    return new KeyState({
      principal: Principal.of(ObjectId.bytes(id)),
      organisation: change.organisation,
      steps,
      keys: keysAfter(steps),
      pending: null,
      cancelled: [],
      events: 1,
    });
  }

  /** The log with one more event. @throws {Refusal} */
  apply(event: Signed<KeyEventClaims>, taken: Taken): KeyState {
    const state = this.settled(taken.takenSecs);
    const { change } = event.unverified;
    const recovers =
      change.kind === 'recovery' || (change.kind === 'cancel' && state.#parts.pending?.id === change.target);
    if (state.#parts.events >= (recovers ? MAX_EVENTS_WITH_RECOVERY : MAX_EVENTS)) refuse('too-large');
    const next =
      change.kind === 'recovery' ? state.#recover(event, change, taken) : state.#follow(state.#verified(event), taken);
    return next.#with({ events: state.#parts.events + 1 });
  }

  /** The log at this second: a recovery whose delay is over has taken effect. */
  settled(nowSecs: bigint): KeyState {
    const { pending, steps } = this.#parts;
    const due = pending && dueSecs(pending);
    if (pending === null || due === null || due > nowSecs) return this;
    const { id, timeSecs, taken, recovery } = pending;
    const kept = steps.slice(0, pending.keepsSeq + 1);
    const left = [...kept, { id, timeSecs, takenSecs: taken.takenSecs, change: recovery }];
    // It was tried when it was taken in, and what it goes on from is what it was then.
    return this.#with({ steps: left, keys: keysAfter(left), pending: null });
  }

  /** The id of the first event. */
  get principal(): Principal {
    return this.#parts.principal;
  }

  /** At which organisation this log is a citizen's. */
  get organisation(): Principal | null {
    return this.#parts.organisation;
  }

  /** The number of the last event that stands. */
  get seq(): bigint {
    return BigInt(this.#parts.steps.length - 1);
  }

  /** The id of the last event that stands. */
  get head(): ObjectId {
    return this.#last.id;
  }

  /** Whether this event stands: it is neither pending, nor cancelled, nor taken back. */
  stands(event: ObjectId): boolean {
    return this.#parts.steps.some(({ id }) => id === event);
  }

  /** The time of the last event that stands. */
  get timeSecs(): bigint {
    return this.#last.timeSecs;
  }

  /** How many events were ever taken in. */
  get events(): number {
    return this.#parts.events;
  }

  get devices(): readonly Device[] {
    return this.#parts.keys.devices;
  }

  get controls(): Controls {
    return this.#parts.keys.controls;
  }

  get pending(): Pending | null {
    return this.#parts.pending;
  }

  /** The key with this id, which may sign now. @throws {Refusal} `key-unknown`. */
  signerNow(wanted: Kid): PublicKey {
    const found = currentDevice(this.devices, wanted)?.device;
    return found?.roles.sign ? found.key : refuse('key-unknown');
  }

  /** The key with this id, whose grants are taken in now. @throws {Refusal} `key-unknown`; `key-pending` while a recovery is. */
  grantorNow(wanted: Kid): PublicKey {
    return this.pending === null ? this.signerNow(wanted) : refuse('key-pending');
  }

  /** What is wrong with a grant that this key signed at this event and second; null when nothing is. */
  signerFaultAt(wanted: Kid, seq: bigint, issuedSecs: bigint): RefusalCode | null {
    const found = this.devices.find(({ device }) => device.key.kid === wanted && device.roles.sign);
    if (found === undefined || seq > this.seq || found.addedSeq > seq) return 'chain-key-event';
    if (found.revokedSeq !== null && seq >= found.revokedSeq) return 'chain-key-event';
    // Whoever has a revoked device can still name an old event.
    if (found.revokedSecs !== null && issuedSecs >= found.revokedSecs) return 'chain-key-event';
    const isCompromised = found.compromisedSince !== null && issuedSecs >= found.compromisedSince;
    return isCompromised ? 'chain-key-compromised' : null;
  }

  /** The devices that could cancel what is pending. */
  get cancellingDevices(): readonly DeviceKey[] {
    const { pending, keys } = this.#parts;
    if (pending === null || pending.taken.identified) return [];
    return keys.devices
      .filter(({ device, revokedSeq }) => revokedSeq === null && device.roles.manage)
      .map(({ device }) => device);
  }

  /**
   * The last event after which the key with this digest is a recovery key; null when it never was one. What comes after was done by
   * whoever took it out.
   */
  recoveryPoint(digest: Uint8Array): RecoveryPoint | null {
    const { steps } = this.#parts;
    for (const [seq, { id, timeSecs }] of [...steps.entries()].toReversed()) {
      const keys = this.#keysAt(seq);
      if (rankOf(keys, digest) !== null) return { id, seq: BigInt(seq), timeSecs, controls: keys.controls };
    }
    return null;
  }

  get #last(): Step {
    const last = this.#parts.steps.at(-1);
    if (last === undefined) throw new Error('a log has its first event');
    return last;
  }

  #with(changed: Partial<Parts>): KeyState {
    return new KeyState({ ...this.#parts, ...changed });
  }

  #keysAt(seq: number): Keys {
    return keysAfter(this.#parts.steps.slice(0, seq + 1));
  }

  /** Checks the signature by the key that may make this change. */
  #verified(event: Signed<KeyEventClaims>): Verified<KeyEventClaims> {
    const { change } = event.unverified;
    if (change.kind === 'rotation') {
      this.#checkRotation(event.unverified, change);
      return event.verify(change.revealed[0] ?? refuse('key-unknown'));
    }
    if (change.kind === 'cancel' && change.revealed !== null) {
      this.#checkCancellingKey(change.target, keyDigest(change.revealed));
      return event.verify(change.revealed);
    }
    const key = managerOf(this.#parts.keys, event.kid)?.device.key ?? refuse('key-unknown');
    if (change.kind === 'cancel') this.#checkCancellingDevice(change.target);
    return event.verify(key);
  }

  #checkRotation(event: KeyEventClaims, { revealed, endorsements }: Rotation): void {
    const { next, threshold } = this.controls;
    const isCommitted = (key: PublicKey): boolean => next.some((digest) => equalBytes(digest, keyDigest(key)));
    if (!revealed.every(isCommitted) || BigInt(revealed.length) !== threshold) refuse('key-unknown');
    for (const [at, signature] of endorsements.entries()) {
      checkEndorsement(event, revealed[at + 1] ?? refuse('key-unknown'), signature);
    }
  }

  #checkCancellingDevice(target: ObjectId): void {
    const { pending } = this.#parts;
    if (pending?.id === target && pending.taken.identified) refuse('key-outranked');
  }

  #checkCancellingKey(target: ObjectId, digest: Uint8Array): void {
    const { pending, keys } = this.#parts;
    if (pending?.id !== target) {
      if (rankOf(keys, digest) === null) refuse('key-unknown');
      return;
    }
    const rank = rankOf(this.#keysAt(pending.keepsSeq), digest) ?? refuse('key-unknown');
    if (rank > pending.rank) refuse('key-outranked');
  }

  #follow({ id, claims }: Verified<KeyEventClaims>, taken: Taken): KeyState {
    const { pending, cancelled, steps } = this.#parts;
    const { change, seq, previous, timeSecs } = claims;
    if (pending !== null && change.kind !== 'cancel') refuse('key-pending');
    if (seq !== this.seq + 1n || previous !== this.head || timeSecs < this.timeSecs) refuseClaim('claim-range', SEQ);
    const keys = keysWith(this.#parts.keys, seq, timeSecs, change);
    const step: Step = { id, timeSecs, takenSecs: taken.takenSecs, change };
    const isCancelled = change.kind === 'cancel' && pending?.id === change.target;
    return this.#with({
      keys,
      steps: [...steps, step],
      ...(isCancelled && { pending: null, cancelled: [...cancelled, keyDigest(pending.recovery.revealed)] }),
    });
  }

  #recover(event: Signed<KeyEventClaims>, recovery: Recovery, taken: Taken): KeyState {
    const { steps, pending: other, cancelled } = this.#parts;
    const { seq, previous, timeSecs } = event.unverified;
    const keepsSeq = steps.findIndex((step) => step.id === previous);
    if (keepsSeq === -1) refuseClaim('claim-range', SEQ);
    const atFork = this.#keysAt(keepsSeq);
    const digest = keyDigest(recovery.revealed);
    const rank = rankOf(atFork, digest) ?? refuse('key-unknown');
    const { delaySecs } = atFork.controls.recovery[rank] ?? refuse('key-unknown');
    const { id } = event.verify(recovery.revealed);
    const before = steps[keepsSeq]?.timeSecs ?? 0n;
    if (seq !== BigInt(keepsSeq) + 1n || timeSecs < before) refuseClaim('claim-range', SEQ);
    if (steps.slice(keepsSeq + 1).some((step) => isTooLate(step, taken.takenSecs))) refuse('key-too-late');
    const timesCancelled = cancelled.filter((one) => equalBytes(one, digest)).length;
    if (!taken.identified && timesCancelled >= MAX_CANCELLED) refuse('key-spent');
    // It must be able to stand, or its taking effect would find that it cannot.
    keysWith(atFork, seq, timeSecs, recovery);
    const pending: Pending = { id, keepsSeq, rank, timeSecs, taken, delaySecs, recovery };
    if (other === null) return this.#with({ pending });
    if (!this.#outranks(pending, other)) refuse('key-pending');
    return this.#with({ pending, cancelled: [...cancelled, keyDigest(other.recovery.revealed)] });
  }

  /** Whether a recovery goes before another that is pending. */
  #outranks(one: Pending, other: Pending): boolean {
    const beforeBoth = this.#keysAt(Math.min(one.keepsSeq, other.keepsSeq));
    const rank = ({ recovery }: Pending): number => rankOf(beforeBoth, keyDigest(recovery.revealed)) ?? Infinity;
    const isIdentifiedMore = one.taken.identified && !other.taken.identified;
    return rank(one) < rank(other) || (rank(one) === rank(other) && isIdentifiedMore);
  }
}

/** A recovery waits longer than this before it stands, so it is undone while it is pending or not at all. */
function isTooLate(step: Step, takenSecs: bigint): boolean {
  return takenSecs - step.takenSecs > UNDO_WINDOW_SECS || step.change.kind === 'recovery';
}

/** Checks what another key than the signer's says to a rotation: a signature over it without any endorsement. @throws {Refusal} `signature`. */
function checkEndorsement(event: KeyEventClaims, key: PublicKey, signature: Uint8Array): void {
  const change = event.change.kind === 'rotation' ? { ...event.change, endorsements: [] } : event.change;
  if (!key.verifies(countersigned(KeyEvent, { ...event, change }, key), signature)) refuse('signature');
}

/** Key events, as they are signed (`docs/protocol/key-event.md`). */

import { sha256 } from '../crypto/hash.ts';
import type { PublicKey } from '../crypto/signing.ts';
import type { Kid, ObjectId, Principal } from '../ids.ts';

/** What a device may do: sign grants, commands and revocations; change the log. At least one of them. */
export interface Roles {
  readonly sign: boolean;
  readonly manage: boolean;
}

/** A device's key. */
export interface DeviceKey {
  readonly key: PublicKey;
  readonly roles: Roles;
}

/** A recovery key by its digest, and how long a recovery with it waits. */
export interface RecoveryKey {
  readonly digest: Uint8Array;
  readonly delaySecs: bigint;
}

/** The keys that control a log. */
export interface Controls {
  /** Digests of the keys that may rotate. */
  readonly next: readonly Uint8Array[];
  /** How many of them it takes. */
  readonly threshold: bigint;
  /** The recovery keys, the highest first. */
  readonly recovery: readonly RecoveryKey[];
}

/** Keys that were committed to show themselves, and say what follows. */
export interface Rotation {
  readonly kind: 'rotation';
  /** The keys, as many as the threshold says; the first signs the event. */
  readonly revealed: readonly PublicKey[];
  /** The signatures of the others, in their order. */
  readonly endorsements: readonly Uint8Array[];
  /** All devices from now on; null leaves them. */
  readonly devices: readonly DeviceKey[] | null;
  readonly next: readonly Uint8Array[];
  readonly threshold: bigint;
  /** The recovery keys from now on; null leaves them. */
  readonly recovery: readonly RecoveryKey[] | null;
  /** Since when the keys of the devices that go may have been in other hands. */
  readonly compromisedSince: bigint | null;
}

/** A recovery key shows itself, and replaces devices and controls after its delay. */
export interface Recovery {
  readonly kind: 'recovery';
  readonly revealed: PublicKey;
  readonly devices: readonly DeviceKey[];
  readonly controls: Controls;
  readonly compromisedSince: bigint | null;
}

/** The first event of a log. */
export interface Inception {
  readonly kind: 'inception';
  /** At which organisation this log is a citizen's; null in the log of an organisation or a service. */
  readonly organisation: Principal | null;
  readonly devices: readonly DeviceKey[];
  readonly controls: Controls;
  /** So that nobody finds the log by guessing keys. */
  readonly salt: Uint8Array;
}

/** What an event changes. */
export type KeyChange =
  | Inception
  | Rotation
  | Recovery
  | { readonly kind: 'add'; readonly device: DeviceKey }
  | { readonly kind: 'revoke'; readonly key: Kid; readonly compromisedSince: bigint | null }
  /** A recovery is called off; `revealed` is the recovery key that does it, null when a device does. */
  | { readonly kind: 'cancel'; readonly target: ObjectId; readonly revealed: PublicKey | null };

/** An event's claims. */
export interface KeyEventClaims {
  /** Its number; 0 is the inception. */
  readonly seq: bigint;
  /** The event before; null in the inception. */
  readonly previous: ObjectId | null;
  readonly timeSecs: bigint;
  readonly change: KeyChange;
}

/** How logs name a key that has not shown itself: SHA-256 of its 32 bytes. */
export function keyDigest(key: PublicKey): Uint8Array {
  return sha256(key.bytes);
}

/**
 * Holder entries: how a wallet finds who holds something of its citizen, and nobody else can (`docs/protocol/holder-entry.md`).
 */

import { expand, extract } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';

import { concat, utf8 } from './bytes.ts';
import { Claims, fixed, map, nullable, OBJECT_LIMITS, principal, time } from './codec/index.ts';
import type { Payload } from './cose.ts';
import { AEAD_EXTRA_BYTES, openUnder } from './crypto/aead.ts';
import { Pod, type PodId, Principal } from './ids.ts';
import { window } from './lists.ts';

/** Longest life of an entry: longer than an epoch of the blinder, shorter than anybody forgets to renew. */
export const MAX_ENTRY_LIFETIME_SECS = 400n * 24n * 3600n;
/** Bytes of a tag. */
export const TAG_BYTES = 16;
/** How long every handle is before sealing, in bytes: the pod. */
const HANDLE_BYTES = Pod.length;
/** How long the sealed part of every entry is, in bytes. */
export const SEALED_HANDLE_BYTES = HANDLE_BYTES + AEAD_EXTRA_BYTES;

/** What the key of an entry is derived for (RFC 5869, `info`). */
const KEY_INFO = utf8('aitta-holder-entry-key-1');
const KEY_BYTES = 32;
/** Beginning of the blinder's public info. */
const BLIND_INFO = utf8('aitta-holder-tag-1');

/** A holder's signed entry in the directory. */
export interface HolderEntry {
  /** The holder, which signs with a key of its membership. */
  readonly holder: Principal;
  /** First second at which it no longer counts. */
  readonly expires: bigint;
  /** When it was signed. Of several entries of one holder under one tag, the newest counts. */
  readonly issued: bigint;
  /** Under which it is found: 16 bytes. */
  readonly tag: Uint8Array;
  /** The sealed handle; null withdraws the entry (a tombstone). */
  readonly sealed: Uint8Array | null;
}

const TAG = -70230n;
const SEALED = -70231n;

export const HolderEntry: Payload<HolderEntry> = {
  typ: 'application/aitta-holder-entry+cwt',
  limits: OBJECT_LIMITS,

  toCbor: (entry) =>
    map([
      [1n, entry.holder],
      [4n, entry.expires],
      [6n, entry.issued],
      [TAG, entry.tag],
      [SEALED, entry.sealed],
    ]),

  fromCbor(item) {
    const claims = new Claims(item);
    const entry: HolderEntry = {
      holder: claims.need(1n, principal),
      expires: claims.need(4n, time),
      issued: claims.need(6n, time),
      tag: claims.need(TAG, fixed(TAG_BYTES)),
      sealed: claims.need(SEALED, nullable(fixed(SEALED_HANDLE_BYTES))),
    };
    claims.finish();
    checkWindow(entry);
    return entry;
  },
};

/** Refuses a window that no entry has. @throws {Refusal} `claim-range`. */
export function checkWindow({ issued, expires }: HolderEntry): void {
  window(issued, expires, MAX_ENTRY_LIFETIME_SECS);
}

/**
 * What the blinder's digest is bound to, so that one person's tags at two holders have nothing in common:
 * `"aitta-holder-tag-1" || holder (32) || epoch (2, big endian)`.
 */
export function blindInfo(holder: Principal, epoch: number): Uint8Array {
  return concat(BLIND_INFO, Principal.bytes(holder), Uint8Array.of(epoch >> 8, epoch & 0xff));
}

/** Splits the blinder's output of 64 bytes: the tag is its first 16, the key of the handle comes from its second half. */
export function tagAndKey(output: Uint8Array): { readonly tag: Uint8Array; readonly key: Uint8Array } {
  const secret = extract(sha256, output.subarray(32), new Uint8Array(0));
  return { tag: output.slice(0, TAG_BYTES), key: expand(sha256, secret, KEY_INFO, KEY_BYTES) };
}

/** What a wallet learns from an entry. What lies in the pod, the holder says on enrolment. */
export interface HolderHandle {
  readonly pod: PodId;
}

/** Opens the handle of an entry; null under another key, holder or tag. */
export function openHandle(
  key: Uint8Array,
  holder: Principal,
  tag: Uint8Array,
  sealed: Uint8Array,
): HolderHandle | null {
  const plain = openUnder(key, concat(Principal.bytes(holder), tag), sealed);
  return plain?.length === HANDLE_BYTES ? { pod: Pod.of(plain) } : null;
}

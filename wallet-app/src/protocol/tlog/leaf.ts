/** What the log takes. Nothing in it is personal: statements of members, tags with sealed bytes, hashes. */

import { array, bytes, type Cbor, decode, encode, fixed, identifier, type Limits, time, uint } from '../codec/index.ts';
import { HASH_BYTES } from '../crypto/hash.ts';
import { ObjectId } from '../ids.ts';
import { tuple } from '../lists.ts';
import { refuseClaim } from '../refusal.ts';

/** Most bytes of a leaf: tiles of leaves give its length 16 bits (C2SP tlog-tiles). */
export const MAX_LEAF_BYTES = 0xffff;
/** Bytes of what is sealed for a holder. */
export const SEALED_BYTES = 2048;
/** Most bits of a state's map that fit its form. */
const MAX_BITS = 0xffn;

const LIMITS: Limits = { bytes: MAX_LEAF_BYTES, depth: 3, items: 8 };

/** A leaf of the log. */
export interface Leaf {
  /** Log time: when the directory took it. */
  readonly timeSecs: bigint;
  readonly body: Body;
}

/** What a leaf says. */
export type Body =
  /** A part of a statement of the registry. */
  | { readonly kind: 'statement'; readonly part: bigint; readonly parts: bigint; readonly bytes: Uint8Array }
  /** A holder entry or a tombstone. */
  | { readonly kind: 'holder-entry'; readonly bytes: Uint8Array }
  /** Sealed for a holder. */
  | ({ readonly kind: 'sealed' } & Sealed)
  | ({ readonly kind: 'state' } & State);

/** What is sealed for a holder: a revocation or a key event, by its id. */
export interface Sealed {
  readonly id: ObjectId;
  readonly sealed: Uint8Array;
}

/** The state after a batch of leaves. */
export interface State {
  /** How many bits number the buckets. */
  readonly bits: bigint;
  /** How many entries all buckets have. */
  readonly entries: bigint;
  readonly mapRoot: Uint8Array;
  /** SHA-256 of the registry's snapshot. */
  readonly registry: Uint8Array;
}

const STATEMENT = 0n;
const HOLDER_ENTRY = 1n;
const SEALED = 2n;
const STATE = 3n;

/** The deterministic encoding. */
export function leafToBytes({ timeSecs, body }: Leaf): Uint8Array {
  return encode([timeSecs, ...bodyToCbor(body)]);
}

function bodyToCbor(body: Body): readonly Cbor[] {
  switch (body.kind) {
    case 'statement':
      return [STATEMENT, body.part, body.parts, body.bytes];
    case 'holder-entry':
      return [HOLDER_ENTRY, body.bytes];
    case 'sealed':
      return [SEALED, ObjectId.bytes(body.id), body.sealed];
    case 'state':
      return [STATE, body.bits, body.entries, body.mapRoot, body.registry];
  }
}

/** Reads the encoding; claims in faults are places in the array. @throws {Refusal} `cbor-…`, `claim-…`. */
export function leafFromBytes(message: Uint8Array): Leaf {
  const [first, second, ...rest] = array(0n, decode(message, LIMITS));
  if (first === undefined || second === undefined) refuseClaim('claim-missing', 1n);
  const timeSecs = time(0n, first);
  return { timeSecs, body: bodyOf(uint(1n, second), rest) };
}

function bodyOf(kind: bigint, rest: readonly Cbor[]): Body {
  switch (kind) {
    case STATEMENT: {
      const [first, second, statement] = tuple(3)(2n, rest);
      const [part, parts] = [uint(2n, first), uint(3n, second)];
      if (part >= parts) refuseClaim('claim-range', 2n);
      return { kind: 'statement', part, parts, bytes: bytes(4n, statement) };
    }
    case HOLDER_ENTRY: {
      const [entry] = tuple(1)(2n, rest);
      return { kind: 'holder-entry', bytes: bytes(2n, entry) };
    }
    case SEALED: {
      const [id, sealed] = tuple(2)(2n, rest);
      return { kind: 'sealed', id: identifier(ObjectId)(2n, id), sealed: fixed(SEALED_BYTES)(3n, sealed) };
    }
    case STATE: {
      const [first, entries, mapRoot, registry] = tuple(4)(2n, rest);
      const bits = uint(2n, first);
      if (bits > MAX_BITS) refuseClaim('claim-range', 2n);
      return {
        kind: 'state',
        bits,
        entries: uint(3n, entries),
        mapRoot: fixed(HASH_BYTES)(4n, mapRoot),
        registry: fixed(HASH_BYTES)(5n, registry),
      };
    }
    default:
      return refuseClaim('claim-range', 1n);
  }
}

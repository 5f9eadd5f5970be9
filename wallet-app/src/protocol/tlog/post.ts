/** What goes into the log for a holder's eyes alone: revocations and key events for which there is no direct way. */

import {
  type Cbor,
  Claims,
  decode,
  encode,
  fixed,
  identifier,
  type Limits,
  map,
  OBJECT_LIMITS,
  principal,
  type Read,
  time,
} from '../codec/index.ts';
import type { Payload } from '../cose.ts';
import { Cti, ObjectId, type Principal } from '../ids.ts';
import { some, tuple } from '../lists.ts';
import { refuseClaim } from '../refusal.ts';
import { type Sealed, SEALED_BYTES } from './leaf.ts';

/** Most sealed things in one post. */
export const MAX_POSTED = 64;
/** Bytes around each of them, and around all. */
const AROUND_BYTES = { item: 64, post: 1024 } as const;

/** A member's word that it forwards these. */
export interface LogPost {
  /** The member that forwards. */
  readonly issuer: Principal;
  /** The directory's member. */
  readonly audience: Principal;
  readonly issued: bigint;
  readonly cti: Cti;
  readonly items: readonly Sealed[];
}

const ITEMS = -70260n;

const LOG_POST_LIMITS: Limits = {
  ...OBJECT_LIMITS,
  bytes: MAX_POSTED * (SEALED_BYTES + AROUND_BYTES.item) + AROUND_BYTES.post,
};

export const LogPost: Payload<LogPost> = {
  typ: 'application/aitta-log-post+cwt',
  limits: LOG_POST_LIMITS,

  toCbor: (post) =>
    map([
      [1n, post.issuer],
      [3n, post.audience],
      [6n, post.issued],
      [7n, Cti.bytes(post.cti)],
      [ITEMS, itemsToCbor(post.items)],
    ]),

  fromCbor(item) {
    const claims = new Claims(item);
    const post: LogPost = {
      issuer: claims.need(1n, principal),
      audience: claims.need(3n, principal),
      issued: claims.need(6n, time),
      cti: claims.need(7n, identifier(Cti)),
      items: claims.need(ITEMS, sealedItems),
    };
    claims.finish();
    return post;
  },
};

/** What anybody posts: the sealed things without a member's signature. */
export function itemsToBytes(items: readonly Sealed[]): Uint8Array {
  return encode(itemsToCbor(items));
}

/** Reads the encoding. @throws {Refusal} `cbor-…`, `claim-…`. */
export function itemsFromBytes(message: Uint8Array): readonly Sealed[] {
  return sealedItems(ITEMS, decode(message, LOG_POST_LIMITS));
}

function itemsToCbor(items: readonly Sealed[]): Cbor {
  return items.map(({ id, sealed }) => [ObjectId.bytes(id), sealed]);
}

const sealedItems: Read<readonly Sealed[]> = (claim, item) => {
  const items = some(sealedItem)(claim, item);
  return items.length > MAX_POSTED ? refuseClaim('claim-range', claim) : items;
};

const sealedItem: Read<Sealed> = (claim, item) => {
  const [id, sealed] = tuple(2)(claim, item);
  const found = fixed(SEALED_BYTES)(claim, sealed);
  return { id: identifier(ObjectId)(claim, id), sealed: found };
};

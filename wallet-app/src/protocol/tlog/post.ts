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
import { utf8 } from '../bytes.ts';
import { type Payload, Signed } from '../cose.ts';
import { seal, SEALED_EXTRA_BYTES } from '../crypto/hpke.ts';
import { Cti, ObjectId, type Principal } from '../ids.ts';
import { some, tuple } from '../lists.ts';
import { KeyEvent } from '../key-event/index.ts';
import { pad } from '../padding.ts';
import { refuse, refuseClaim } from '../refusal.ts';
import { Revocation } from '../revocation.ts';
import { type Sealed, SEALED_BYTES } from './leaf.ts';

/** What HPKE's `info` is: the use and its version (RFC 9180 §5.1). */
const SEAL_INFO = utf8('aitta-log-sealed-1');
/** How long what is sealed is, with its padding: every leaf of this kind looks alike. */
const PLAIN_BYTES = SEALED_BYTES - SEALED_EXTRA_BYTES;

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

/** What is sealed for a holder. */
export type Posted =
  | { readonly kind: 'revocation'; readonly revocation: Uint8Array }
  /** An event of this principal's log. */
  | { readonly kind: 'key-event'; readonly principal: Principal; readonly event: Uint8Array };

const REVOCATION = 0n;
const PRINCIPAL = 1n;
const EVENT = 2n;

/**
 * Seals a signed object to a holder's key, with 32 random bytes; null when the key is none.
 * @throws {Refusal} when it is no such object; `too-large` when the log does not take it: then it goes to the holder itself.
 */
export function sealPosted(posted: Posted, holder: Uint8Array, random: Uint8Array): Sealed | null {
  const isRevocation = posted.kind === 'revocation';
  const { id } = isRevocation ? Signed.decode(Revocation, posted.revocation) : Signed.decode(KeyEvent, posted.event);
  const plain = encode(
    isRevocation
      ? map([[REVOCATION, posted.revocation]])
      : map([
          [PRINCIPAL, posted.principal],
          [EVENT, posted.event],
        ]),
  );
  if (plain.length >= PLAIN_BYTES) refuse('too-large');
  const sealed = seal(holder, SEAL_INFO, ObjectId.bytes(id), pad(plain, PLAIN_BYTES), random);
  return sealed && { id, sealed };
}

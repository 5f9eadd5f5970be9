/** Signed tree heads: how a log says, at a time, what it has recorded (`docs/protocol/tree-head.md`). */

import { Claims, fixed, map, OBJECT_LIMITS, principal, time, uint } from './codec/index.ts';
import type { Payload } from './cose.ts';
import { HASH_BYTES } from './crypto/hash.ts';
import type { Principal } from './ids.ts';

/** The head of an append-only log. */
export interface TreeHead {
  /** Whose log it is: the organisation that runs the node. */
  readonly origin: Principal;
  /** How many entries it has. */
  readonly size: bigint;
  /** The RFC 6962 root over them. */
  readonly root: Uint8Array;
  /** When it was signed, in seconds since 1970. Never goes back. */
  readonly timeSecs: bigint;
}

const SIZE = -70040n;
const ROOT = -70041n;

export const TreeHead: Payload<TreeHead> = {
  typ: 'application/aitta-tree-head+cwt',
  limits: OBJECT_LIMITS,

  toCbor: (head) =>
    map([
      [1n, head.origin],
      [6n, head.timeSecs],
      [SIZE, head.size],
      [ROOT, head.root],
    ]),

  fromCbor(item) {
    const claims = new Claims(item);
    const head: TreeHead = {
      origin: claims.need(1n, principal),
      timeSecs: claims.need(6n, time),
      size: claims.need(SIZE, uint),
      root: claims.need(ROOT, fixed(HASH_BYTES)),
    };
    claims.finish();
    return head;
  },
};

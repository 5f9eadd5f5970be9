/** Answers and receipts: what came back, and the signed evidence of it without any value (`docs/protocol/receipt.md`). */

import { equalBytes } from './bytes.ts';
import {
  ANSWER_LIMITS,
  bytes,
  type Cbor,
  Claims,
  decode,
  encode,
  fixed,
  identifier,
  map,
  nullable,
  principal,
  type Read,
  time,
  uint,
} from './codec/index.ts';
import type { Payload } from './cose.ts';
import { HASH_BYTES, sha256 } from './crypto/hash.ts';
import { ObjectId, type Principal } from './ids.ts';
import { Parts, some, tuple } from './lists.ts';
import { type Outward, refuseClaim } from './refusal.ts';
import { type Wanted, wanted, wantedToCbor } from './request.ts';

/** How one item ended: whatever of the wanted exists and may be released is in the answer, or nothing is. */
export type Outcome = 'released' | Outward;

/** The outcomes by their numbers on the wire. */
const OUTCOMES: readonly Outcome[] = [
  'released',
  'denied',
  'malformed',
  'use-nonce',
  'expired',
  'replay',
  'too-large',
  'limit',
  'unknown-grant',
  'unavailable',
];

/** Bytes of the salt of a digest. */
const SALT_BYTES = 16;

/** What a receipt says of one item. */
export interface ReceiptItem {
  /** The last grant of the chain. */
  readonly leaf: ObjectId;
  readonly outcome: Outcome;
  /** The names that the answer has values for. */
  readonly released: readonly Wanted[];
  /** `dataDigest` of the data; null when refused. */
  readonly digest: Uint8Array | null;
  /** Where the entry stands in the holder's log. */
  readonly auditIndex: bigint;
}

/** Where a log stands: its size, and its root at that size. */
export interface Tree {
  readonly size: bigint;
  readonly root: Uint8Array;
}

/** Signed evidence of a fetch: the holder says what it released, and where it wrote that down. */
export interface Receipt {
  /** The holder. */
  readonly issuer: Principal;
  /** The service. */
  readonly audience: Principal;
  readonly issued: bigint;
  /** Which request. */
  readonly request: ObjectId;
  /** One for each item of the request. */
  readonly items: readonly ReceiptItem[];
  /** The holder's log after these entries. */
  readonly tree: Tree;
}

const REQUEST = -70030n;
const ITEMS = -70031n;
const TREE = -70032n;

export const Receipt: Payload<Receipt> = {
  typ: 'application/aitta-receipt+cwt',
  limits: ANSWER_LIMITS,

  toCbor: (receipt) =>
    map([
      [1n, receipt.issuer],
      [3n, receipt.audience],
      [6n, receipt.issued],
      [REQUEST, ObjectId.bytes(receipt.request)],
      [ITEMS, receipt.items.map(receiptItemToCbor)],
      [TREE, treeToCbor(receipt.tree)],
    ]),

  fromCbor(item) {
    const claims = new Claims(item);
    const [size, root] = claims.need(TREE, tuple(2));
    const receipt: Receipt = {
      issuer: claims.need(1n, principal),
      audience: claims.need(3n, principal),
      issued: claims.need(6n, time),
      request: claims.need(REQUEST, identifier(ObjectId)),
      items: claims.need(ITEMS, some(receiptItem)),
      tree: tree(TREE, size, root),
    };
    claims.finish();
    // An entry that is not in the tree that the receipt names is evidence of nothing.
    if (receipt.items.some((one) => one.auditIndex >= receipt.tree.size)) refuseClaim('claim-range', TREE);
    return receipt;
  },
};

/** As `[size, root]`. */
export function treeToCbor(tree: Tree): Cbor {
  return [tree.size, tree.root];
}

/** Reads the two parts of `[size, root]`. @throws {Refusal} `claim-type`. */
export function tree(claim: bigint, size: Cbor, root: Cbor): Tree {
  return { size: uint(claim, size), root: fixed(HASH_BYTES)(claim, root) };
}

function receiptItemToCbor(item: ReceiptItem): Cbor {
  return [
    ObjectId.bytes(item.leaf),
    outcomeToCbor(item.outcome),
    item.released.length === 0 ? null : wantedToCbor(item.released),
    item.digest,
    item.auditIndex,
  ];
}

const receiptItem: Read<ReceiptItem> = (claim, item) => {
  const [leaf, ended, released, digest, index] = tuple(5)(claim, item);
  const found: ReceiptItem = {
    leaf: identifier(ObjectId)(claim, leaf),
    outcome: outcome(claim, ended),
    released: nullable(wanted)(claim, released) ?? [],
    digest: nullable(fixed(HASH_BYTES))(claim, digest),
    auditIndex: uint(claim, index),
  };
  const isConsistent =
    found.outcome === 'released' ? found.digest !== null : found.digest === null && found.released.length === 0;
  return isConsistent ? found : refuseClaim('claim-range', claim);
};

function outcomeToCbor(ended: Outcome): Cbor {
  return BigInt(OUTCOMES.indexOf(ended));
}

const outcome: Read<Outcome> = (claim, item) => {
  const number = uint(claim, item);
  return OUTCOMES.find((_ended, at) => BigInt(at) === number) ?? refuseClaim('claim-type', claim);
};

/** The digest in a receipt: salted, so that a yes or a no cannot be found again by hashing both. */
export function dataDigest(salt: Uint8Array, data: Uint8Array): Uint8Array {
  return sha256(salt, data);
}

/** One item's part of an answer. */
export type ItemAnswer =
  /** The salt of the digest, and the encoded data: `{type: [record, …]}`, predicates under their ids. */
  | { readonly outcome: 'released'; readonly salt: Uint8Array; readonly data: Uint8Array }
  /** Refused, with what the peer may know of the reason. */
  | { readonly outcome: Outward };

/** What a holder sends back. */
export interface Answer {
  /** The signed receipt. */
  readonly receipt: Uint8Array;
  /** One for each item of the request. */
  readonly items: readonly ItemAnswer[];
}

/** The deterministic encoding. */
export function answerToBytes(answer: Answer): Uint8Array {
  const one = (item: ItemAnswer): Cbor =>
    item.outcome === 'released' ? [outcomeToCbor(item.outcome), item.salt, item.data] : [outcomeToCbor(item.outcome)];
  return encode(
    map([
      [0n, answer.receipt],
      [1n, answer.items.map(one)],
    ]),
  );
}

/** Reads an answer; the receipt is checked by its reader. @throws {Refusal} `cbor-…`, `claim-…`. */
export function answerFromBytes(message: Uint8Array): Answer {
  const claims = new Claims(decode(message, ANSWER_LIMITS));
  const answer = { receipt: claims.need(0n, bytes), items: claims.need(1n, some(itemAnswer)) };
  claims.finish();
  return answer;
}

const itemAnswer: Read<ItemAnswer> = (claim, item) => {
  const parts = new Parts(claim, item);
  const ended = parts.next(outcome);
  const found: ItemAnswer =
    ended === 'released'
      ? { outcome: ended, salt: parts.next(fixed(SALT_BYTES)), data: parts.next(bytes) }
      : { outcome: ended };
  parts.finish();
  return found;
};

/**
 * Checks that an answer's data are what its receipt says, item by item.
 * @throws {Refusal} `claim-range` when the two differ in number, outcome or digest.
 */
export function checkAgainstReceipt(items: readonly ItemAnswer[], receipt: Receipt): void {
  if (items.length !== receipt.items.length) refuseClaim('claim-range', ITEMS);
  for (const [at, item] of items.entries()) {
    const said = receipt.items[at];
    const digest = item.outcome === 'released' ? dataDigest(item.salt, item.data) : null;
    if (said?.outcome !== item.outcome || !sameDigest(said.digest, digest)) refuseClaim('claim-range', ITEMS);
  }
}

function sameDigest(said: Uint8Array | null, found: Uint8Array | null): boolean {
  return said === null || found === null ? said === found : equalBytes(said, found);
}

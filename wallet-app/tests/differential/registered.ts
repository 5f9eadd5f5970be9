/** What a registry vouches for: access requests, heads of the log, what is kept. */

import { concat } from '../../src/protocol/bytes.ts';
import { bytes, encode, principal, uint } from '../../src/protocol/codec/index.ts';
import { Signed } from '../../src/protocol/cose.ts';
import { ObjectId } from '../../src/protocol/ids.ts';
import { list, type Parts } from '../../src/protocol/lists.ts';
import { attempt } from '../../src/protocol/refusal.ts';
import {
  checkAccessRequest,
  overAsking,
  verifyByOrganisation,
  verifySignedAt,
} from '../../src/protocol/registry/checks.ts';
import { Registry } from '../../src/protocol/registry/index.ts';
import { headFromBytes, verifyHead } from '../../src/protocol/tlog/head.ts';
import { TreeHead } from '../../src/protocol/tree-head.ts';
import { inputOf, type Judge, publicKey } from './told.ts';

interface World {
  readonly registry: Registry;
  readonly now: bigint;
}

/** Every input begins with this. */
function world(parts: Parts): World {
  const statements = parts.next(list(bytes));
  const anchor = { principal: parts.next(principal), key: parts.next(publicKey) };
  const now = parts.next(uint);
  return { registry: Registry.build(anchor, statements, now).registry, now };
}

const asked: Judge = (_keys, input) => {
  const { registry, now, request } = inputOf(input, (parts) => ({ ...world(parts), request: parts.next(bytes) }));
  const { id, claims } = checkAccessRequest(registry, request, now);
  return encode([ObjectId.bytes(id), overAsking(registry, claims).map(({ code }) => code)]);
};

const believed: Judge = (_keys, input) => {
  const found = inputOf(input, (parts) => ({
    ...world(parts),
    head: parts.next(bytes),
    witnesses: parts.next(uint),
    maxAgeSecs: parts.next(uint),
  }));
  const policy = { witnesses: Number(found.witnesses), maxAgeSecs: found.maxAgeSecs };
  const head = verifyHead(headFromBytes(found.head), found.registry, policy, found.now);
  return encode([
    head.checkpoint.size,
    head.checkpoint.root,
    head.state.entries,
    head.loggedSecs,
    head.seenSecs,
    head.witnesses.map(({ witness, timeSecs }) => [witness, timeSecs]),
  ]);
};

const kept: Judge = (_keys, input) => {
  const { registry, head, issuer } = inputOf(input, (parts) => ({
    ...world(parts),
    head: parts.next(bytes),
    issuer: parts.next(principal),
  }));
  const signed = Signed.decode(TreeHead, head);
  const now = attempt(() => verifyByOrganisation(registry, signed, issuer)).accepted;
  const { id } = verifySignedAt(registry, signed, issuer, signed.unverified.timeSecs);
  return concat(ObjectId.bytes(id), Uint8Array.of(now ? 1 : 0));
};

/** The rules, by the names of their inputs. */
export const REGISTERED: readonly (readonly [string, Judge])[] = [
  ['asked', asked],
  ['believed', believed],
  ['kept', kept],
];

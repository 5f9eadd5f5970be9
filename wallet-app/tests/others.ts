/** A holder, a service's organisation and a directory that answer a wallet, or do not. */

import assert from 'node:assert/strict';

import { systemRandom } from '../src/crypto/random.ts';
import { WrappedCustody } from '../src/keys/custody.ts';
import { RootSecret } from '../src/keys/root.ts';
import type { Storage } from '../src/keys/storage.ts';
import { base64url } from '../src/protocol/base64.ts';
import { utf8 } from '../src/protocol/bytes.ts';
import { Acknowledgement, Command, commandAnswerToBytes } from '../src/protocol/command.ts';
import { sign, Signed } from '../src/protocol/cose.ts';
import { Grant } from '../src/protocol/grant.ts';
import { Cti, ObjectId } from '../src/protocol/ids.ts';
import { Revocation } from '../src/protocol/revocation.ts';
import { Core, type Parts } from '../src/wallet/core.ts';
import { bound, held } from '../src/wallet/state.ts';
import { bytesOf, callerOf, jsonOf, NOW, problemOf } from './server.ts';
import {
  ANCHORED,
  CATALOGUE,
  DIRECTORY_URL,
  enrolled,
  headOver,
  HELSINKI,
  HELSINKI_SIGNER,
  POD,
  served,
  SNAPSHOT,
  someLeaf,
} from './world.ts';

const CBOR = 'application/cbor';

/** Whoever answers: what the holder has, what it took back, and what the service was told. */
export class Others {
  readonly deposited: ObjectId[] = [];
  readonly revoked: ObjectId[] = [];
  readonly decisions: Uint8Array[] = [];
  /** Answers with this to whatever is asked at this host. */
  away: string | null = null;
  refuses: string | null = null;
  /** Answers once in its place: by path. */
  readonly instead: Map<string, Response> = new Map();
  /** The grants that stand, whichever device signed them. */
  readonly onRecord: { readonly id: ObjectId; readonly bytes: Uint8Array }[] = [];
  /** What the directory's log begins with, and when its witnesses saw that. */
  log: { readonly leaves: readonly Uint8Array[]; readonly witnessedSecs?: bigint } = { leaves: [someLeaf(1)] };
  /** What commands of a kind bring, if anything. */
  readonly results: Map<Command['action']['kind'], () => Uint8Array> = new Map();
  /** Where the next act stands in the holder's log. */
  index = 0n;

  async answer(path: string, request: Request): Promise<Response> {
    const { host } = new URL(request.url);
    if (host === this.away) throw new TypeError('no route');
    if (host === this.refuses) return problemOf(403, { code: 'denied', title: 'No' });
    const instead = this.instead.get(path);
    this.instead.delete(path);
    if (instead !== undefined) return instead;
    if (request.url.startsWith(DIRECTORY_URL)) return this.#directory(path);
    if (path === '/v1/nonce') return jsonOf({ nonce: Cti.of(systemRandom(16)) });
    if (path === '/v1/catalogue') return bytesOf('application/json', CATALOGUE);
    const body = new Uint8Array(await request.arrayBuffer());
    if (path.endsWith('/decisions')) {
      this.decisions.push(body);
      return new Response(null, { status: 204 });
    }
    if (path === '/v1/revocations') {
      const { id, unverified } = Signed.decode(Revocation, body);
      if (unverified.target.kind === 'grant') this.revoked.push(unverified.target.grant);
      return this.#acknowledge(id, unverified.issuer);
    }
    assert.equal(path, '/v1/command');
    const { id, unverified } = Signed.decode(Command, body);
    if (unverified.action.kind === 'deposit') this.deposited.push(Signed.decode(Grant, unverified.action.grant).id);
    return this.#acknowledge(id, unverified.issuer, this.#result(unverified));
  }

  #result({ action }: Command): Uint8Array {
    if (action.kind !== 'standing') return this.results.get(action.kind)?.() ?? new Uint8Array(0);
    const grants = this.onRecord.map(({ id, bytes }) => ({ id, bytes: base64url(bytes) }));
    return utf8(JSON.stringify({ grants, revoked: this.revoked, revoked_before_secs: 0 }));
  }

  async #directory(path: string): Promise<Response> {
    if (path === '/v1/registry') return bytesOf(CBOR, SNAPSHOT);
    if (path === '/v1/log/head') return bytesOf(CBOR, served(await headOver(this.log.leaves, this.log)));
    return problemOf(503, { code: 'unavailable', title: 'Later' });
  }

  async #acknowledge(
    of: ObjectId,
    audience: typeof HELSINKI,
    result: Uint8Array = new Uint8Array(0),
  ): Promise<Response> {
    const auditIndex = this.index++;
    const tree = { size: this.index, root: new Uint8Array(32) };
    const claims = { issuer: HELSINKI, audience, issued: NOW, of, auditIndex, tree };
    const { bytes } = await sign(Acknowledgement, claims, HELSINKI_SIGNER);
    return bytesOf(CBOR, commandAnswerToBytes({ acknowledgement: bytes, result }));
  }
}

/** A wallet that all these answer. */
export function partsOf(others: Others, storage: Storage): Parts {
  return {
    caller: callerOf((path, request) => others.answer(path, request)),
    storage,
    custody: new WrappedCustody(new RootSecret(new Uint8Array(32).fill(42))),
    federation: { directory: DIRECTORY_URL, mirrors: [], witnesses: 2, anchor: ANCHORED, blinder: null },
  };
}

/** It is enrolled at Helsinki. */
export async function opened(others: Others, storage: Storage): Promise<Core> {
  const core = await Core.open(partsOf(others, storage));
  if (core.enrolled().length > 0) return core;
  const pod = { pod: POD, relation: 'self', untilSecs: null, label: null } as const;
  await core.keep(held(HELSINKI, 'helsinki', [(await enrolled()).event]), bound(HELSINKI, [pod]));
  return core;
}

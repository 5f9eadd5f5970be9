/** A holder, a service's organisation and a directory that answer a wallet, or do not. */

import assert from 'node:assert/strict';

import { systemRandom } from '../src/crypto/random.ts';
import { WrappedCustody } from '../src/keys/custody.ts';
import { beginLog } from '../src/keys/key-log.ts';
import { RecoveryCode } from '../src/keys/recovery-code.ts';
import { RecoveryRoot, RootSecret } from '../src/keys/root.ts';
import type { Storage } from '../src/keys/storage.ts';
import { sha256 } from '../src/protocol/crypto/hash.ts';
import { base64url } from '../src/protocol/base64.ts';
import { utf8 } from '../src/protocol/bytes.ts';
import { Acknowledgement, Command, commandAnswerToBytes } from '../src/protocol/command.ts';
import { sign, Signed } from '../src/protocol/cose.ts';
import { Grant } from '../src/protocol/grant.ts';
import { Cti, ObjectId, type Principal } from '../src/protocol/ids.ts';
import { Revocation } from '../src/protocol/revocation.ts';
import type { Core, Parts } from '../src/wallet/core.ts';
import { notePaper } from '../src/wallet/enrol.ts';
import { bound, held } from '../src/wallet/state.ts';
import { KeyLogs } from './key-logs.ts';
import { bytesOf, callerOf, jsonOf, NOW, problemOf } from './server.ts';
import { lookedCore } from './support.ts';
import {
  ANCHORED,
  CATALOGUE,
  DIRECTORY_URL,
  enrolled,
  ESPOO,
  ESPOO_SIGNER,
  headOver,
  HELSINKI,
  HELSINKI_SIGNER,
  POD,
  served,
  SNAPSHOT,
  someLeaf,
} from './world.ts';

const CBOR = 'application/cbor';
/** How many grants are on one page of what stands. */
const PAGE = 500;

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
  /** The grants that stand, whichever device signed them; of some, at one host only. */
  readonly onRecord: { readonly id: ObjectId; readonly bytes: Uint8Array; readonly host?: string }[] = [];
  /** All issued before it are taken back, as the holders say. */
  revokedBeforeSecs = 0n;
  /** What services were told, as the holder tells it. */
  readonly notices: unknown[] = [];
  /** What the directory's log begins with, and when its witnesses saw that; null while it shows none. */
  log: { readonly leaves: readonly Uint8Array[]; readonly witnessedSecs?: bigint } | null = { leaves: [someLeaf(1)] };
  /** What holders say that fields are called. */
  catalogue = (): Response => bytesOf('application/json', CATALOGUE);
  /** The registry's snapshot. */
  snapshot: Uint8Array = SNAPSHOT;
  /** What commands of a kind bring, if anything. */
  readonly results: Map<Command['action']['kind'], () => Uint8Array> = new Map();
  /** The key logs that holders have, by their hosts. */
  readonly keyLogs: ReadonlyMap<string, KeyLogs> = new Map([
    ['helsinki.example', new KeyLogs(HELSINKI, () => this.nowSecs)],
    ['espoo.example', new KeyLogs(ESPOO, () => this.nowSecs)],
  ]);
  /** What the directory's log was given; null while it takes nothing. */
  posted: Uint8Array[] | null = null;
  /** Where the directory says that it stands. */
  places: readonly number[] = [1];
  /** What everybody's clock says. */
  nowSecs = NOW;
  /** Where the next act stands in the holder's log. */
  index = 0n;

  async answer(path: string, request: Request): Promise<Response> {
    const { host } = new URL(request.url);
    if (host === this.away) throw new TypeError('no route');
    if (host === this.refuses) return problemOf(403, { code: 'denied', title: 'No' });
    const instead = this.instead.get(path);
    this.instead.delete(path);
    if (instead !== undefined) return instead;
    if (request.url.startsWith(DIRECTORY_URL)) return this.#directory(path, request);
    if (path === '/v1/nonce') return jsonOf({ nonce: Cti.of(systemRandom(16)) });
    if (path === '/v1/catalogue') return this.catalogue();
    const body = new Uint8Array(await request.arrayBuffer());
    const keyLogs = this.keyLogs.get(host);
    if (path === '/v1/key-logs') return keyLogs?.find(body) ?? jsonOf({ logs: [] });
    if (path === '/v1/key-events') return keyLogs?.send(body) ?? problemOf(404, { code: 'denied' });
    if (path.endsWith('/decisions')) {
      this.decisions.push(body);
      return new Response(null, { status: 204 });
    }
    if (path === '/v1/revocations') {
      const { id, unverified } = Signed.decode(Revocation, body);
      if (unverified.target.kind === 'grant') this.revoked.push(unverified.target.grant);
      return this.#acknowledge(host, id, unverified.issuer);
    }
    assert.equal(path, '/v1/command');
    const { id, unverified } = Signed.decode(Command, body);
    if (unverified.action.kind === 'key-event') {
      const refused = keyLogs?.take(unverified.issuer, unverified.action.event);
      if (refused) return refused;
    }
    if (unverified.action.kind === 'deposit') this.deposited.push(Signed.decode(Grant, unverified.action.grant).id);
    return this.#acknowledge(host, id, unverified.issuer, this.#result(host, unverified));
  }

  #result(host: string, { action }: Command): Uint8Array {
    if (action.kind !== 'standing') return this.results.get(action.kind)?.() ?? new Uint8Array(0);
    const there = this.onRecord.filter((one) => one.host === undefined || one.host === host);
    const end = Number(action.skip) + PAGE;
    const page = there.slice(end - PAGE, end).map(({ id, bytes }) => ({ id, bytes: base64url(bytes) }));
    const { revoked, notices } = this;
    const more = { revoked_before_secs: Number(this.revokedBeforeSecs), next_skip: end < there.length ? end : null };
    return utf8(JSON.stringify({ grants: page, revoked, notices, ...more }));
  }

  async #directory(path: string, request: Request): Promise<Response> {
    if (path === '/v1/log/posts' && this.posted !== null) {
      this.posted.push(new Uint8Array(await request.arrayBuffer()));
      return jsonOf({ places: this.places, size: 2 });
    }
    if (path === '/v1/registry') return bytesOf(CBOR, this.snapshot);
    if (path === '/v1/log/head' && this.log !== null)
      return bytesOf(CBOR, served(await headOver(this.log.leaves, { ...this.log, registry: sha256(this.snapshot) })));
    return problemOf(503, { code: 'unavailable', title: 'Later' });
  }

  async #acknowledge(
    host: string,
    of: ObjectId,
    audience: typeof HELSINKI,
    result: Uint8Array = new Uint8Array(0),
  ): Promise<Response> {
    const auditIndex = this.index++;
    const tree = { size: this.index, root: new Uint8Array(32) };
    const [issuer, signer] = host === 'espoo.example' ? [ESPOO, ESPOO_SIGNER] : [HELSINKI, HELSINKI_SIGNER];
    const claims = { issuer, audience, issued: NOW, of, auditIndex, tree };
    const { bytes } = await sign(Acknowledgement, claims, signer);
    return bytesOf(CBOR, commandAnswerToBytes({ acknowledgement: bytes, result }));
  }
}

/** A wallet that all these answer; another device has another root. */
export function partsOf(others: Others, storage: Storage, device = 42): Parts {
  return {
    caller: callerOf((path, request) => others.answer(path, request), { nowSecs: () => others.nowSecs }),
    storage,
    custody: new WrappedCustody(new RootSecret(new Uint8Array(32).fill(device))),
    federation: { directory: DIRECTORY_URL, mirrors: [], witnesses: 2, anchor: ANCHORED, blinder: null },
  };
}

/** It is enrolled at Helsinki. */
export async function opened(others: Others, storage: Storage): Promise<Core> {
  const core = await lookedCore(partsOf(others, storage));
  if (core.enrolled().length > 0) return core;
  const pod = { pod: POD, relation: 'self', untilSecs: null, label: null } as const;
  await core.keep(held(HELSINKI, 'helsinki', [(await enrolled()).event]), bound(HELSINKI, [pod]));
  return core;
}

/** The organisations with their hosts. */
export const HOSTS: readonly (readonly [string, Principal])[] = [
  ['helsinki.example', HELSINKI],
  ['espoo.example', ESPOO],
];
/** What is printed on the paper of `enrolledAtBoth`. */
export const PAPER = RecoveryCode.parse('ER54Z4-E47JWF-XSAXZC\nSD49YP-6SBSXM-SY816X');

/** A device that logged in at both organisations, and is bound there. */
export async function enrolledAtBoth(others: Others, storage: Storage, device = 42): Promise<Core> {
  const core = await lookedCore(partsOf(others, storage, device));
  const pod = { pod: POD, relation: 'self', untilSecs: null, label: null } as const;
  await notePaper(core, PAPER);
  for (const [host, holder] of HOSTS) {
    const events = [await beginLog(core.custody, holder, new RecoveryRoot(PAPER).digest(holder))];
    others.keyLogs.get(host)?.bind(events);
    await core.keep(held(holder, core.nameOf(holder), events), bound(holder, [pod]));
  }
  return core;
}

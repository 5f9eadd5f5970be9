/** A holder that answers without end, or fills the wallet's memory, is stopped by a limit; other holders lose nothing by it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MemoryStorage } from '../src/keys/storage.ts';
import { base64url } from '../src/protocol/base64.ts';
import { utf8 } from '../src/protocol/bytes.ts';
import { Acknowledgement } from '../src/protocol/command.ts';
import { sign, type Verified } from '../src/protocol/cose.ts';
import { ObjectId, type Principal } from '../src/protocol/ids.ts';
import { TreeHead } from '../src/protocol/tree-head.ts';
import { inbox } from '../src/wallet/answer.ts';
import { MAX_PAGES } from '../src/wallet/core.ts';
import { whoLooked } from '../src/wallet/look.ts';
import { acknowledged, MAX_ACKNOWLEDGEMENTS, NEW_STATE } from '../src/wallet/state.ts';
import { opened, Others } from './others.ts';
import { NOW } from './server.ts';
import { ESPOO, ESPOO_SIGNER, HELSINKI, HELSINKI_SIGNER, POD } from './world.ts';

test('pages without end are not believed', async () => {
  const others = new Others();
  let asked = 0;
  others.results.set('inbox', () => {
    asked += 1;
    return utf8(JSON.stringify({ requests: [base64url(Uint8Array.of(1))], next_skip: asked }));
  });
  const core = await opened(others, new MemoryStorage());
  await assert.rejects(inbox(core, HELSINKI, POD), { code: 'not-believed' });
  assert.equal(asked, MAX_PAGES);
});

test('a page with nothing on it that leads on is not believed', async () => {
  const others = new Others();
  others.results.set('inbox', () => utf8(JSON.stringify({ requests: [], next_skip: 1 })));
  const core = await opened(others, new MemoryStorage());
  await assert.rejects(inbox(core, HELSINKI, POD), { code: 'not-believed' });
});

test('nor is a page of the log with no entry that leads on', async () => {
  const others = new Others();
  others.index = 9n;
  const head = { origin: HELSINKI, size: 9n, root: new Uint8Array(32), timeSecs: NOW };
  const { bytes } = await sign(TreeHead, head, HELSINKI_SIGNER);
  others.results.set('log', () => utf8(JSON.stringify({ tree_head: base64url(bytes), entries: [], next: 1 })));
  const core = await opened(others, new MemoryStorage());
  await assert.rejects(whoLooked(core, HELSINKI, POD), { code: 'log-order' });
});

test("a holder that acknowledges much pushes out nothing of another holder's", async () => {
  const seen = async (issuer: Principal, number: number): Promise<Verified<Acknowledgement>> => {
    const tree = { size: BigInt(number) + 1n, root: new Uint8Array(32) };
    const of = ObjectId.of(new Uint8Array(32).fill(number % 256));
    const claims = { issuer, audience: issuer, issued: NOW, of, auditIndex: BigInt(number), tree };
    return sign(Acknowledgement, claims, issuer === ESPOO ? ESPOO_SIGNER : HELSINKI_SIGNER);
  };
  const one = await seen(ESPOO, 1);
  let state = acknowledged(POD, await seen(HELSINKI, 1))(NEW_STATE);
  for (let number = 0; number <= MAX_ACKNOWLEDGEMENTS; number += 1) state = acknowledged(POD, one)(state);
  const count = (of: Principal): number => state.acknowledgements.filter(({ holder }) => holder === of).length;
  assert.deepEqual([count(HELSINKI), count(ESPOO)], [1, MAX_ACKNOWLEDGEMENTS]);
});

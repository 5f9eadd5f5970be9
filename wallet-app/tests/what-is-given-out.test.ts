/** What a wallet gives out of those who contradicted themselves: the bytes that they signed, under a name that is the same everywhere. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import { evidenceIn, noticed } from '../src/app/noticed.ts';
import { evidenceFile, evidenceName } from '../src/app/pages/warning/evidence-file.ts';
import { proofName, proofText } from '../src/app/pages/looked/proof.ts';
import { CallFault } from '../src/client/fault.ts';
import { fromBase64url } from '../src/protocol/base64.ts';
import { sign, Signed } from '../src/protocol/cose.ts';
import { signedCheckpointToBytes } from '../src/protocol/tlog/checkpoint.ts';
import { type Evidence, evidenceFromBytes } from '../src/protocol/tlog/evidence.ts';
import { TreeHead } from '../src/protocol/tree-head.ts';
import { evidenceSeen, forkSeen, NEW_STATE, type SeenHead } from '../src/wallet/state.ts';
import { NOW } from './server.ts';
import { headOver, HELSINKI, HELSINKI_SIGNER, someLeaf } from './world.ts';

async function note(leaf: number): Promise<Uint8Array> {
  return signedCheckpointToBytes((await headOver([someLeaf(leaf)])).checkpoint);
}

const FORK: Evidence = { code: 'log-fork', noticedSecs: NOW, kept: await note(1), shown: await note(9) };

async function head(number: number): Promise<SeenHead> {
  const claims: TreeHead = { origin: HELSINKI, size: 2n, root: new Uint8Array(32).fill(number), timeSecs: NOW };
  const { bytes } = await sign(TreeHead, claims, HELSINKI_SIGNER);
  return { size: claims.size, root: claims.root, timeSecs: NOW, bytes };
}

test('evidence is given out in the form that all clients write', async () => {
  const bytes = new Uint8Array(await evidenceFile(FORK).arrayBuffer());
  assert.deepEqual(evidenceFromBytes(bytes), FORK);
  const digest = createHash('sha256').update(FORK.kept).update(FORK.shown).digest('base64url');
  assert.equal(evidenceName(FORK), `log-fork-${digest.slice(0, 16)}.cbor`);
});

test('a proof says of each head what its holder signed', async () => {
  const [earlier, later] = [await head(1), await head(2)];
  const fork = { holder: HELSINKI, earlier, later, proof: [new Uint8Array(32).fill(3)], seenSecs: NOW };
  const names = { fi: 'Helsinki', sv: 'Helsingfors', en: 'Helsinki' };
  const file = JSON.parse(proofText(names, { forks: [fork], lacks: [] })) as {
    contradictions: readonly {
      readonly organisation: string;
      readonly proof: readonly string[];
      readonly later: Readonly<Record<'size' | 'signed' | 'tree_head', string>>;
    }[];
  };
  const [one] = file.contradictions;
  assert.ok(one);
  const signed = Signed.decode(TreeHead, fromBase64url(one.later.tree_head) ?? new Uint8Array()).unverified;
  assert.equal(one.organisation, signed.origin);
  assert.equal(one.later.size, String(signed.size));
  assert.equal(one.later.signed, new Date(Number(signed.timeSecs) * 1000).toISOString());
  assert.equal(one.proof.length, 1);
  assert.equal(
    proofName('helsinki', NOW),
    `aitta-helsinki-${new Date(Number(NOW) * 1000).toISOString().slice(0, 10)}.json`,
  );
});

test('the home page tells of all that was noticed, and softly when it may be an old list', async () => {
  assert.equal(noticed(NEW_STATE), null);
  const older = evidenceSeen({ ...FORK, code: 'log-truncated' })(NEW_STATE);
  assert.deepEqual(noticed(older), { ofDirectory: true, ofHolders: false, isOlder: true });
  const forked = evidenceSeen({ ...FORK, shown: await note(8) })(older);
  assert.equal(noticed(forked)?.isOlder, false);
  const [earlier, later] = [await head(1), await head(2)];
  const holders = forkSeen({ holder: HELSINKI, earlier, later, proof: [], seenSecs: NOW })(NEW_STATE);
  assert.deepEqual(noticed(holders), { ofDirectory: false, ofHolders: true, isOlder: false });
});

test('what stopped the opening brings its evidence along', () => {
  const fault = new CallFault('not-believed', 'the directory', 'two views', { code: 'log-fork', evidence: FORK });
  assert.equal(evidenceIn(fault), FORK);
  assert.equal(evidenceIn(new CallFault('not-reached', 'the directory', 'away')), null);
  assert.equal(evidenceIn(new TypeError('no fault of a call')), null);
});

/** A directory that shows another history than before, signed with its own key. */

import assert from 'node:assert/strict';
import { join } from 'node:path';

import type { BrowserContext, Response } from 'playwright-core';

import { systemRandom } from '../../src/crypto/random.ts';
import { base64url } from '../../src/protocol/base64.ts';
import { utf8 } from '../../src/protocol/bytes.ts';
import { HASH_BYTES } from '../../src/protocol/crypto/hash.ts';
import { leafHash, nodeHash } from '../../src/protocol/merkle.ts';
import { checkpointToText, signedCheckpointFromBytes } from '../../src/protocol/tlog/checkpoint.ts';
import { headFromBytes, headToBytes } from '../../src/protocol/tlog/head.ts';
import { keyId, noteToBytes } from '../../src/protocol/tlog/note.ts';
import { signerIn } from './hostile.ts';

/** The head that the directory showed when `deed` was done. */
export async function shownTo(
  context: BrowserContext,
  address: string,
  deed: () => Promise<void>,
): Promise<Uint8Array> {
  let shown: Buffer | null = null;
  const read = async (response: Response): Promise<boolean> => {
    if (response.url() !== address) return false;
    // A page that goes away takes what it was reading along.
    shown = await response.body().catch(() => null);
    return shown !== null;
  };
  const answered = context.waitForEvent('response', read);
  await deed();
  await answered;
  assert.ok(shown);
  return new Uint8Array(shown);
}

/** From now on it shows the same state at the end of another history, which nobody cosigns. */
export async function fork(context: BrowserContext, address: string, folder: string, shown: Uint8Array): Promise<void> {
  const { checkpoint, leaf, proof } = headFromBytes(shown);
  const others = [systemRandom(HASH_BYTES), ...proof.slice(1)];
  // All that is beside the way up from the last leaf stands left of it.
  const root = others.reduce((hash, sibling) => nodeHash(sibling, hash), leafHash(leaf));
  const text = checkpointToText({ ...checkpoint.unverified, root });
  const { origin } = checkpoint.unverified;
  const signer = await signerIn(join(folder, DIRECTORY_KEY));
  const own = { name: origin, keyId: keyId(origin, 'ed25519', signer.key), blob: await signer.sign(utf8(text)) };
  const note = noteToBytes({ text, signatures: [own] });
  const forked = headToBytes({ checkpoint: signedCheckpointFromBytes(note), leaf, proof: others });
  await context.route(address, (route) =>
    route.fulfill({
      body: Buffer.from(forked),
      contentType: 'application/cbor',
      headers: { 'Access-Control-Allow-Origin': '*' },
    }),
  );
}

/** Where the key lies with which the directory of a demonstration signs, and that of a city. */
export const DIRECTORY_KEY = 'directory/keys/directory.key';
export const HELSINKIS_KEY = 'helsinki/keys/organisation.key';

/** The public half of it, as the registry shows it. */
export async function publicKey(folder: string, path: string): Promise<string> {
  return base64url((await signerIn(join(folder, path))).key.bytes);
}

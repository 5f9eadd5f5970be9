/** A signature has one reading: keys, R and S at the edges of the curve. */

import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { test } from 'node:test';

import { ed25519 } from '@noble/curves/ed25519.js';

import { concat } from '../src/protocol/bytes.ts';
import { sign, type Signer } from '../src/protocol/cose.ts';
import { PublicKey } from '../src/protocol/crypto/signing.ts';
import { Principal } from '../src/protocol/ids.ts';
import { Refusal } from '../src/protocol/refusal.ts';
import { TreeHead } from '../src/protocol/tree-head.ts';
import { unhex } from './vectors.ts';

const MESSAGE = unhex('616263');
const SECRET = new Uint8Array(32).fill(7);

function usual(): { readonly key: PublicKey; readonly signature: Uint8Array } {
  const key = PublicKey.register(ed25519.getPublicKey(SECRET));
  assert.ok(key);
  return { key, signature: ed25519.sign(MESSAGE, SECRET) };
}

/** The canonical encodings of the eight points of small order. */
const SMALL_ORDER = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
].map(unhex);

test('what a key signed is its own, and nothing near it is', () => {
  const { key, signature } = usual();
  assert.ok(key.verifies(MESSAGE, signature));
  assert.ok(!key.verifies(unhex('616264'), signature));
  for (let bit = 0; bit < 512; bit += 37) {
    const flipped = signature.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.ok(!key.verifies(MESSAGE, flipped), String(bit));
  }
  assert.ok(!key.verifies(MESSAGE, signature.subarray(0, 63)));
});

test('keys of small order, under which anybody signs, are none', () => {
  for (const bytes of SMALL_ORDER) assert.equal(PublicKey.fromBytes(bytes), null);
});

test('keys that are not canonical are none', () => {
  // y = p and y = p + 1, and 0 with the sign of an x that is 0.
  for (const bytes of [
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  ]) {
    assert.equal(PublicKey.fromBytes(unhex(bytes)), null);
  }
  assert.equal(PublicKey.fromBytes(unhex(`01${'00'.repeat(30)}80`)), null);
  assert.equal(PublicKey.fromBytes(new Uint8Array(31)), null);
});

test('a key of mixed order may be read, and is not registered', () => {
  const small = ed25519.Point.fromBytes(SMALL_ORDER[4] ?? MESSAGE);
  const mixed = ed25519.Point.BASE.multiply(5n).add(small).toBytes();
  assert.ok(PublicKey.fromBytes(mixed));
  assert.equal(PublicKey.register(mixed), null);
});

test('an S that is not below the order is refused', () => {
  const { key, signature } = usual();
  const scalar = signature.subarray(32).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  const more = scalar + ed25519.Point.Fn.ORDER;
  const bytes = Uint8Array.from({ length: 32 }, (_, at) => Number((more >> BigInt(8 * at)) & 0xffn));
  assert.ok(!key.verifies(MESSAGE, concat(signature.subarray(0, 32), bytes)));
});

test('what WebCrypto signs is an object that everybody reads', async () => {
  const algorithm = { name: 'Ed25519' };
  const pair = (await webcrypto.subtle.generateKey(algorithm, false, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const key = PublicKey.register(new Uint8Array(await webcrypto.subtle.exportKey('raw', pair.publicKey)));
  assert.ok(key);
  const signer: Signer = {
    key,
    sign: async (message) =>
      new Uint8Array(await webcrypto.subtle.sign(algorithm, pair.privateKey, new Uint8Array(message))),
  };
  const head: TreeHead = {
    origin: Principal.of(new Uint8Array(32)),
    size: 3n,
    root: new Uint8Array(32),
    timeSecs: 1_790_000_000n,
  };
  const signed = await sign(TreeHead, head, signer);
  assert.deepEqual(signed.claims, head);
  await assert.rejects(sign(TreeHead, { ...head, timeSecs: 0n }, signer), (thrown) => {
    return thrown instanceof Refusal && thrown.code === 'claim-range';
  });
});

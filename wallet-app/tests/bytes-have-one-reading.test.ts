/** Bytes have one reading, and what is read is written the same. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { base64, base64url, fromBase64, fromBase64url } from '../src/protocol/base64.ts';
import { compareText, equalBytes, utf8 } from '../src/protocol/bytes.ts';
import { CborMap, decode, encode, OBJECT_LIMITS } from '../src/protocol/codec/index.ts';
import { Kid, Principal } from '../src/protocol/ids.ts';
import { refusedWith } from './support.ts';
import { hex, unhex } from './vectors.ts';

test('a byte order mark is a character like others', () => {
  const bytes = unhex('63efbbbf');
  assert.equal(decode(bytes, OBJECT_LIMITS), '\ufeff');
  assert.ok(equalBytes(encode('\ufeff'), bytes));
});

test('a lone surrogate is no text, in bytes or in ours', () => {
  refusedWith('cbor-not-utf8', () => decode(unhex('63eda080'), OBJECT_LIMITS));
  assert.throws(() => encode('\ud800'), RangeError);
});

test('integers keep all their digits', () => {
  for (const number of [0n, 23n, 24n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n, -1n, -(2n ** 63n)]) {
    assert.equal(decode(encode(number), OBJECT_LIMITS), number);
  }
  refusedWith('cbor-integer-range', () => decode(unhex('1b8000000000000000'), OBJECT_LIMITS));
  refusedWith('cbor-integer-range', () => decode(unhex('3b8000000000000000'), OBJECT_LIMITS));
  assert.throws(() => encode(2n ** 63n), RangeError);
});

test('keys are sorted by their encodings, whatever their kinds', () => {
  const map = new CborMap([
    ['aa', 1n],
    ['z', 2n],
    [-1n, 3n],
    [100n, 4n],
    [10n, 5n],
  ]);
  assert.equal(hex(encode(map)), 'a50a05186404200361' + '7a0262616101');
});

test('a count that the bytes do not have allocates nothing', () => {
  refusedWith('cbor-too-many-items', () => decode(unhex('9bffffffffffffffff'), OBJECT_LIMITS));
  refusedWith('cbor-truncated', () => decode(unhex('5bffffffffffffffff'), OBJECT_LIMITS));
  refusedWith('cbor-truncated', () => decode(unhex('990100'), OBJECT_LIMITS));
});

test('nesting ends where the limit says', () => {
  const nested = (levels: number): Uint8Array => unhex('81'.repeat(levels) + '00');
  assert.doesNotThrow(() => decode(nested(OBJECT_LIMITS.depth), OBJECT_LIMITS));
  refusedWith('cbor-too-deep', () => decode(nested(OBJECT_LIMITS.depth + 1), OBJECT_LIMITS));
  refusedWith('cbor-too-deep', () => decode(nested(60_000), OBJECT_LIMITS));
});

test('base64 has one text for each value', () => {
  for (const bytes of [[], [0], [255], [1, 2], [1, 2, 3], [250, 251, 252, 253]].map((all) => Uint8Array.from(all))) {
    assert.deepEqual(fromBase64url(base64url(bytes)), bytes);
    assert.deepEqual(fromBase64(base64(bytes)), bytes);
  }
  for (const text of ['A', 'AB', 'AAB', 'AA==', 'AA=', 'AA A', 'AA+A', 'AA/A', '\u00e4AAA']) {
    assert.equal(fromBase64url(text), null, text);
  }
  for (const text of ['AA', 'AB==', 'AAA', 'AAB=', 'A===', '====', 'AA-A', 'AA_A', 'AA==AAAA', ' AA==']) {
    assert.equal(fromBase64(text), null, text);
  }
});

test('an identifier is its one text', () => {
  const principal = Principal.of(new Uint8Array(32).fill(0xff));
  assert.equal(principal, `ai:${'_'.repeat(42)}8`);
  assert.equal(Principal.parse(principal), principal);
  for (const other of [principal.slice(3), `${principal}A`, principal.replace('ai:', 'AI:'), `ai:${'_'.repeat(43)}`]) {
    assert.equal(Principal.parse(other), null, other);
  }
  assert.equal(Kid.parse('A'.repeat(22)), 'A'.repeat(22));
});

test('texts are ordered by their UTF-8, also beyond U+FFFF', () => {
  assert.ok('\u{10000}' < '\uffff');
  assert.ok(compareText('\u{10000}', '\uffff') > 0);
  assert.ok(equalBytes(utf8('\u{10000}'), unhex('f0908080')));
});

/** A login's code is typed as people write it, and tells for which organisation and which wallet it is. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Principal } from '../src/protocol/ids.ts';
import { isCodeOf, typedCode } from '../src/protocol/login-code.ts';

const [HELSINKI, ESPOO, LOG, OTHER_LOG] = [1, 2, 3, 4].map((number) => Principal.of(new Uint8Array(32).fill(number)));
assert.ok(HELSINKI && ESPOO && LOG && OTHER_LOG);

test('it is typed as people write it', () => {
  for (const text of ['123456789012', '1234 5678 9012', ' 1234-5678-9012\n', '1234\u00A05678\u00A09012']) {
    assert.equal(typedCode(text), '123456789012');
  }
  for (const text of [
    '',
    '1234 5678',
    '1234 5678 901',
    '1234 5678 90123',
    '1234 5678 901x',
    '１２３４５６７８９０１２',
  ]) {
    assert.equal(typedCode(text), null, text);
  }
});

/** The same in `pod-protocol/tests/protocol/a_login_code_is_one_organisations.rs`. */
test('the check is what the protocol says, of one organisation and of one key log', () => {
  const fitting = (random: string, organisation: Principal, log: Principal): readonly number[] =>
    Array.from({ length: 10_000 }, (_none, check) => check).filter((check) =>
      isCodeOf(`${random}${String(check).padStart(4, '0')}`, organisation, log),
    );
  const places = [
    [HELSINKI, LOG],
    [ESPOO, LOG],
    [HELSINKI, OTHER_LOG],
    [LOG, HELSINKI],
  ] as const;
  const found = places.map(([organisation, log]) => fitting('12345678', organisation, log));
  assert.deepEqual(found, [[9645], [675], [9708], [5609]]);
  assert.deepEqual(fitting('00000000', HELSINKI, LOG), [4827]);
});

/** Names that mean something to JavaScript are names like others. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { encode, CborMap } from '../src/protocol/codec/index.ts';
import { FieldPath, project, withhold } from '../src/protocol/field.ts';
import { equalValues, type Value, valueFromCbor, ValueMap, valueToCbor } from '../src/protocol/value.ts';

const NAMES = ['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'length'];

function path(text: string): FieldPath {
  const found = FieldPath.parse(text);
  assert.ok(found);
  return found;
}

test('records keep such names, and nothing else has them', () => {
  const bytes = encode(new CborMap(NAMES.map((name) => [name, new CborMap([['polluted', true]])])));
  const record = valueFromCbor(bytes);
  assert.ok(record instanceof ValueMap);
  assert.deepEqual([...record.keys()].toSorted(), NAMES.toSorted());
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  assert.deepEqual(valueToCbor(record), bytes);
});

test('a field that a record does not have is absent, whatever objects have', () => {
  const record: Value = new ValueMap([['diet', 'vegan']]);
  for (const name of ['constructor', 'length', 'valueof']) assert.equal(project(record, [path(name)]), undefined);
  assert.ok(equalValues(withhold(record, [path('constructor.prototype')]), record));
});

test('a field called constructor is released like others', () => {
  const record: Value = new ValueMap([['constructor', new ValueMap([['prototype', 1n]])]]);
  const released = project(record, [path('constructor.prototype')]);
  assert.ok(released !== undefined && equalValues(released, record));
});

/** The wallet's core runs where people have it: nothing in it exists only in Node, and nobody's text becomes a page or a program. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

// Tests run as JavaScript from `build/tests`.
const SOURCES = new URL('../../src/', import.meta.url);
const FOLDERS = ['client', 'crypto', 'keys', 'wallet'];

const MAY_IMPORT = /^(?:\.{1,2}\/|@noble\/(?:curves|hashes|ciphers)\/)/;
const MAY_NOT_SAY =
  /\b(?:process|Buffer|require|setImmediate|__dirname|innerHTML|outerHTML|document|eval(?!:)|localStorage|console|Math\.random)\b|\bany\b(?=[,;)\]>])|@ts-/;

function sources(): readonly string[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, SOURCES), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `${folder}/${name}`),
  );
}

/** The code without its comments. */
function code(path: string): string {
  return readFileSync(new URL(path, SOURCES), 'utf8').replaceAll(/\/\*[^]*?\*\/|(?<![:'"`])\/\/.*/g, '');
}

test('sources import each other and the arithmetic, and name nothing of Node or of a page', () => {
  assert.ok(sources().length > 30);
  for (const path of sources()) {
    for (const [, from = ''] of code(path).matchAll(/\bfrom '([^']+)'/g)) assert.match(from, MAY_IMPORT, path);
    assert.equal(MAY_NOT_SAY.exec(code(path))?.[0], undefined, path);
  }
});

test('time and randomness are arguments: they are made in one place each', () => {
  const saying = (what: RegExp): readonly string[] => sources().filter((path) => what.test(code(path)));
  assert.deepEqual(saying(/\bDate\b/), ['client/caller.ts']);
  assert.deepEqual(saying(/getRandomValues/), ['crypto/random.ts']);
});

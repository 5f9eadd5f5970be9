/** What stands in `src/protocol` decides, and does nothing; what it depends on is pinned; its codes are the specification's. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

import { Refusal, REFUSAL_CODES } from '../src/protocol/refusal.ts';

// Tests run as JavaScript from `build/tests`.
const PACKAGE = new URL('../../', import.meta.url);
const SOURCES = new URL('src/protocol/', PACKAGE);

const MAY_IMPORT = /^(?:\.{1,2}\/|@noble\/(?:curves|hashes|ciphers)\/)/;
/** A clock, randomness, the network, the page, the process: and what goes around the compiler. */
const MAY_NOT_SAY =
  /\b(?:Date|Math\.random|crypto\.|fetch|window\.|document\.|process|globalThis|setTimeout|console|eval)\b|\bany\b(?=[,;)\]>])|@ts-|\bas unknown\b/;
/** Of what is in the wallet that people get. */
const LICENCES: readonly string[] = ['MIT', 'Apache-2.0', '(MIT OR Apache-2.0)', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC'];
/** Of tools alone, nothing of which is in the wallet. */
const LICENCES_OF_TOOLS: readonly string[] = [...LICENCES, 'MPL-2.0', '0BSD'];

function read(path: string): string {
  return readFileSync(new URL(path, PACKAGE), 'utf8');
}

function sources(): readonly string[] {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' });
  return files.filter((name) => name.endsWith('.ts')).map((name) => `src/protocol/${name}`);
}

/** The code without its comments. */
function code(path: string): string {
  return read(path).replaceAll(/\/\*[^]*?\*\/|(?<![:'"`])\/\/.*/g, '');
}

test('sources import each other and the arithmetic, and do nothing', () => {
  assert.ok(sources().length > 40);
  for (const path of sources()) {
    for (const [, from = ''] of code(path).matchAll(/\bfrom '([^']+)'/g)) assert.match(from, MAY_IMPORT, path);
    const said = MAY_NOT_SAY.exec(code(path));
    assert.equal(said?.[0], undefined, path);
  }
});

test('files are small', () => {
  for (const path of sources()) assert.ok(read(path).split('\n').length < 400, path);
});

test('each package has one version, a digest, no address, and a licence that we take', () => {
  const lock = JSON.parse(read('package-lock.json')) as { readonly packages: Readonly<Record<string, unknown>> };
  const packages = Object.entries(lock.packages).filter(([name]) => name !== '');
  assert.ok(packages.length > 0);
  for (const [name, found] of packages) {
    const { version, integrity, license, resolved, dev, optional } = found as Readonly<Record<string, unknown>>;
    // What a tool would take on other machines, it names by itself.
    const isReleased = /^[0-9]+\.[0-9]+\.[0-9]+$/.test(String(version));
    assert.ok(isReleased || (dev === true && optional === true), `${name}: ${String(version)}`);
    assert.match(String(integrity), /^sha512-/, name);
    assert.equal(resolved, undefined, name);
    const taken = dev === true ? LICENCES_OF_TOOLS : LICENCES;
    assert.ok(taken.includes(String(license)), `${name}: ${String(license)}`);
  }
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Readonly<
    Record<'dependencies' | 'devDependencies', Readonly<Record<string, string>>>
  >;
  for (const version of Object.values({ ...dependencies, ...devDependencies })) assert.match(version, /^[0-9.]+$/);
});

test('the codes, and what a peer sees of each, are those of the specification', () => {
  const page = readFileSync(new URL('../docs/protocol/README.md', PACKAGE), 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z0-9-]+)` \| `([a-z-]+)` \|/gm)].map(([, first, second]) => [first, second]);
  const own = REFUSAL_CODES.map((name) => [name, new Refusal(name).outward]);
  assert.deepEqual(own, rows);
});

/** What the wallet says: all of it in three languages, in words that people use, and written as each language writes. */

import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { verbatim, counted, day, isoDay, lasting, listed } from '../src/app/text/format.ts';
import type { Words } from '../src/protocol/words.ts';

const APP = fileURLToPath(new URL('../src/app/', import.meta.url));
/** Words of those who make it, which nobody else uses, at the beginning of any word. */
const JARGON: Readonly<Record<keyof Words, RegExp>> = {
  en: /\b(capabilit|scope|token|grant|pod\b|pods\b|node\b|nodes\b|holder|registry|hash\b|protocol|cryptograph|enrol|revoc|revoke|predicate|delegat|audience|payload|subject\b)/i,
  fi: /(kapabil|skooppi|tokeni|\bpodi|\bnoodi|solmu|haltija|rekisteröity palvelu|tiiviste|protokolla|kryptogra|valtuutusmerk|predikaat|deleg)/i,
  sv: /(kapabil|\btoken|\bpodd|\bnod\b|\bnoden|innehavare|hashvärde|protokoll|kryptogra|predikat|deleger)/i,
};

/** Every text of every page, by where it stands. */
async function allWords(): Promise<ReadonlyMap<string, Words>> {
  const found = new Map<string, Words>();
  const files = (await readdir(APP, { recursive: true })).filter((file) => file.endsWith('.words.js'));
  assert.ok(files.length >= 5, 'the texts of the pages are found');
  for (const file of files) {
    const module = (await import(pathToFileURL(`${APP}/${file}`).href)) as object;
    collect(relative('.', file), module, found);
  }
  return found;
}

function collect(at: string, value: unknown, found: Map<string, Words>): void {
  if (typeof value === 'function') {
    // Whatever it is about: a name, a number, a list of such.
    const about = verbatim('Maija');
    for (const given of [about, 3, 3n, 'Maija', 'dpv:ServiceProvision', [about]]) {
      const once = attempt(() => (value as (...given: unknown[]) => unknown)(given, given, given));
      // One that is told of two things, one after the other.
      const said = typeof once === 'function' ? attempt(() => (once as (about: Words) => unknown)(about)) : once;
      if (isWords(said) && Object.values(said).every(isWhole)) {
        found.set(`${at}()`, said);
        return;
      }
    }
    assert.fail(`${at} gives no words`);
  }
  if (typeof value !== 'object' || value === null) return;
  if (isWords(value)) found.set(at, value);
  for (const [name, inner] of Object.entries(value)) {
    if (!isWords(value) || !['fi', 'sv', 'en'].includes(name)) collect(`${at}.${name}`, inner, found);
  }
}

function isWhole(text: unknown): boolean {
  return typeof text === 'string' && text.trim() !== '' && !/undefined|NaN|\[object/.test(text);
}

function attempt(deed: () => unknown): unknown {
  try {
    return deed();
  } catch {
    // Not what this text is about.
    return null;
  }
}

function isWords(value: unknown): value is Words {
  return typeof value === 'object' && value !== null && 'fi' in value && 'sv' in value && 'en' in value;
}

test('everything is said in three languages, in whole words, without jargon', async () => {
  const words = await allWords();
  for (const [at, said] of words) {
    for (const language of ['fi', 'sv', 'en'] as const) {
      const text = said[language];
      assert.equal(typeof text, 'string', `${at} in ${language}`);
      assert.ok(
        text.trim() !== '' && !text.includes('undefined') && !text.includes('[object'),
        `${at} in ${language}: ${text}`,
      );
      assert.doesNotMatch(text, JARGON[language], `${at} in ${language}: ${text}`);
    }
  }
  assert.ok(words.size > 60, String(words.size));
});

test('days, counts and lists are written as each language does', () => {
  const noon = BigInt(Date.parse('2026-11-22T12:00:00Z') / 1000);
  assert.deepEqual(day(noon), { fi: '22. marraskuuta 2026', sv: '22 november 2026', en: '22 November 2026' });
  assert.equal(isoDay('2022-09-06')?.fi, '6. syyskuuta 2022');
  assert.equal(isoDay('2022-9-6'), null);
  const one = { fi: '# pyyntö', sv: '# förfrågan', en: '# request' };
  const many = { fi: '# pyyntöä', sv: '# förfrågningar', en: '# requests' };
  assert.equal(counted(1, one, many).fi, '1 pyyntö');
  assert.equal(counted(2, one, many).sv, '2 förfrågningar');
  assert.equal(listed([verbatim('Helsinki'), verbatim('Espoo')]).fi, 'Helsinki ja Espoo');
  assert.equal(lasting(365n * 86_400n).en, '1 year');
  assert.equal(lasting(90n * 86_400n).sv, '90 dygn');
  assert.equal(lasting(300n).fi, '5 minuuttia');
});

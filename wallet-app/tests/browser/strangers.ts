/**
 * Registers and profiles with names as the world has them, and with texts as somebody would write them who wants to harm: they come
 * in as every other does, by import and by publishing.
 */

import assert from 'node:assert/strict';
import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { MAX_WORDS_BYTES } from '../../src/protocol/words.ts';
import { REPOSITORY } from '../federation/demo.ts';

/** Ulla, and the other guardian of her children. */
const GUARDIANS = ['200289-957B', '050692-920F'];
/** How long a called name may be, as the cities' catalogues say. */
const MAX_CALLED_NAME = 200;
/** How long a text in a record may be here: far more than anybody shows. */
const MAX_TEXT = 10_000;
/** Turns what follows round, and hides where a word ends. */
const [OVERRIDE, ZERO_WIDTH] = ['\u{202e}', '\u{200b}'];
const HTML = '<img src="/injected" onerror="window.injected = true"><b>x</b>';

/** Children of Ulla's by what their names are. */
export const CHILDREN = {
  arabic: 'فاطمة',
  hebrew: 'נועה',
  greek: 'Ελένη',
  cyrillic: 'Айгуль',
  chinese: '李小龙',
  words: 'Maria Magdalena '.repeat(MAX_CALLED_NAME / 16).trim(),
  unbroken: 'Ä'.repeat(MAX_CALLED_NAME),
  hostile: `Anna${OVERRIDE}nimda${ZERO_WIDTH} ${HTML}`,
} as const;

/** The day-care centre of the youngest, as its register has it, and her diet. */
export const HOSTILE_UNIT = `Meri${OVERRIDE}aliR-${ZERO_WIDTH} ${HTML}`;
export const LONG_DIET = 'vegan'.repeat(MAX_TEXT / 5);

/** What organisations and services call themselves: the longest that the protocol takes, and one from right to left. */
export const LONG_NAME = 'Varhaiskasvatuspalveluidenasiakaspalvelukeskus'.repeat(20).slice(0, MAX_WORDS_BYTES);
export const ARABIC_CITY = 'مدينة إسبو';
export const ARABIC_SERVICE = 'التعليم المبكر';

/** The arguments of a demonstration with such registers; they go with the test. */
export async function strangeRegisters(t: TestContext): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'aitta-strangers-'));
  t.after(() => rm(folder, { recursive: true }));
  const [registers, catalogues] = [join(folder, 'registers'), join(folder, 'catalogues')];
  await cp(join(REPOSITORY, 'demo/registers'), registers, { recursive: true });
  await cp(join(REPOSITORY, 'crates/pod-import/catalogues'), catalogues, { recursive: true });
  const lines = Object.values(CHILDREN).map((called, nth) => JSON.stringify(childOf(called, nth)));
  await appendFile(join(registers, 'espoo/residents.jsonl'), `${lines.join('\n')}\n`);
  const quoted = `"${HOSTILE_UNIT.replaceAll('"', '""')}"`;
  await change(join(registers, 'helsinki/early_education.csv'), /Päiväkoti Meri-Rastila;2023-10-30/, (row) =>
    row.replace('Päiväkoti Meri-Rastila', quoted).replace('vegan', LONG_DIET),
  );
  await change(join(catalogues, 'helsinki.toml'), /"special_diet": {/, (line) =>
    line.replace('"maxLength": 200', `"maxLength": ${String(MAX_TEXT)}`),
  );
  return ['--registers', registers, '--catalogues', catalogues];
}

/** An organisation calls itself something else in English, and its services, in their order: written where its people write it. Gives what is to be published. */
export async function rename(
  folder: string,
  organisation: string,
  name: string,
  services: readonly string[] = [],
): Promise<string> {
  const profile = join(folder, organisation, 'profile.toml');
  await change(profile, /^names = /, (line) => inEnglish(line, name));
  let nth = 0;
  if (services.length > 0) {
    await change(join(folder, organisation, 'services.toml'), /^names = /, (line) => {
      const called = services[nth++];
      return called === undefined ? line : inEnglish(line, called);
    });
  }
  return profile;
}

function inEnglish(line: string, name: string): string {
  return line.replace(/en = "[^"]*"/, () => `en = "${name}"`);
}

/** A child of hers in Espoo's register. */
function childOf(called: string, nth: number): object {
  return {
    personalId: identityCode(nth),
    name: { family: 'Timonen', given: ['Anna'], called },
    birthDate: '2019-05-01',
    nativeLanguage: 'fi',
    address: { street: 'Osmonpolku 81 B 12', postalCode: '02230', municipality: 'Espoo' },
    nonDisclosure: false,
    contact: { email: null, phone: null },
    guardians: GUARDIANS,
  };
}

/** Of somebody born on 1 May 2019, with a number that is given to nobody. */
function identityCode(nth: number): string {
  const [day, number] = ['010519', String(980 + nth)];
  return `${day}A${number}${'0123456789ABCDEFHJKLMNPRSTUVWXY'[Number(day + number) % 31] ?? ''}`;
}

/** Changes the lines of a file that look like this; there must be one. */
async function change(path: string, like: RegExp, how: (line: string) => string): Promise<void> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  assert.ok(
    lines.some((line) => like.test(line)),
    `${String(like)} in ${path}`,
  );
  await writeFile(path, lines.map((line) => (like.test(line) ? how(line) : line)).join('\n'));
}

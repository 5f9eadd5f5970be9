/**
 * The wallet's core against a whole federation: the real programs, witnesses, and services that are played by `aitta service`.
 * `AITTA_PROGRAM` names the program; without it the test is skipped.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { ended, startDemo } from './federation/demo.ts';

const PROGRAM = process.env['AITTA_PROGRAM'];
const SKIP = PROGRAM === undefined && 'AITTA_PROGRAM does not name the program `aitta`';
const STORY = fileURLToPath(new URL('federation/story.js', import.meta.url));
/** How long all of it may take, in milliseconds: debug builds on busy machines. */
const TIMEOUT_MS = 10 * 60 * 1000;

test('a mother plays her part of the story', { skip: SKIP, timeout: TIMEOUT_MS }, async (t) => {
  assert.ok(PROGRAM);
  const demo = await startDemo(t, PROGRAM);
  const story = spawn(process.execPath, [STORY, PROGRAM, demo.folder, String(demo.nodePid('espoo'))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  assert.ok(story.stdout);
  createInterface(story.stdout).on('line', (line) => {
    t.diagnostic(line);
  });
  assert.equal(await ended(story), 0, 'the story goes as it must');
});

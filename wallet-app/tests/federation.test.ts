/**
 * The wallet's core against a whole federation: the real programs, witnesses, and services that are played by `aitta service`.
 * `AITTA_PROGRAM` names the program; without it the test is skipped.
 */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { at, textAt } from './federation/aitta.ts';

const PROGRAM = process.env['AITTA_PROGRAM'];
const SKIP = PROGRAM === undefined && 'AITTA_PROGRAM does not name the program `aitta`';
// Tests run as JavaScript from `build/tests`.
const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
const STORY = fileURLToPath(new URL('federation/story.js', import.meta.url));
/** How long all of it may take, in milliseconds: debug builds on busy machines. */
const TIMEOUT_MS = 10 * 60 * 1000;

test('a mother plays her part of the story', { skip: SKIP, timeout: TIMEOUT_MS }, async (t) => {
  assert.ok(PROGRAM);
  const parent = await mkdtemp(join(tmpdir(), 'aitta-wallet-'));
  const folder = join(parent, 'federation');
  const demo = spawn(PROGRAM, ['demo', '--json', '--dir', folder], {
    cwd: REPOSITORY,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(async () => {
    demo.kill('SIGTERM');
    await ended(demo);
    await rm(parent, { recursive: true });
  });
  const federation: unknown = JSON.parse(await firstLine(demo));
  const nodes = at(federation, 'nodes');
  assert.ok(Array.isArray(nodes), JSON.stringify(federation));
  const espoo: unknown = nodes.find((node: unknown) => textAt(node, 'name') === 'espoo');
  const story = spawn(process.execPath, [STORY, PROGRAM, folder, String(at(espoo, 'pid'))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  assert.ok(story.stdout);
  createInterface(story.stdout).on('line', (line) => {
    t.diagnostic(line);
  });
  assert.equal(await ended(story), 0, 'the story goes as it must');
});

async function firstLine(child: ChildProcess): Promise<string> {
  assert.ok(child.stdout);
  for await (const line of createInterface(child.stdout)) return line;
  throw new Error('the federation ended before it was up');
}

function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once('exit', resolve));
}

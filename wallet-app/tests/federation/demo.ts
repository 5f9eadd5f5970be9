/** A whole federation of real programs, for as long as a test lasts. */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

import { at, textAt } from './aitta.ts';

// Tests run as JavaScript from `build/tests`.
export const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url));

/** Where everybody is. */
export interface Demo {
  readonly folder: string;
  /** The addresses, as the program told them. */
  readonly told: unknown;
  /** The process of a city's node. */
  nodePid(name: string): number;
  /** Its address. */
  nodeUrl(name: string): string;
}

/** Starts it, with the sample registers unless `more` names others; it ends with the test. */
export async function startDemo(t: TestContext, program: string, more: readonly string[] = []): Promise<Demo> {
  const parent = await mkdtemp(join(tmpdir(), 'aitta-wallet-'));
  const folder = join(parent, 'federation');
  const demo = spawn(program, ['demo', '--json', '--dir', folder, ...more], {
    cwd: REPOSITORY,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(async () => {
    demo.kill('SIGTERM');
    await ended(demo);
    await rm(parent, { recursive: true });
  });
  const told: unknown = JSON.parse(await firstLine(demo));
  const nodes = at(told, 'nodes');
  assert.ok(Array.isArray(nodes), JSON.stringify(told));
  const nodeOf = (name: string): unknown => nodes.find((one: unknown) => at(one, 'name') === name);
  return {
    folder,
    told,
    nodePid: (name) => Number(at(nodeOf(name), 'pid')),
    nodeUrl: (name) => textAt(nodeOf(name), 'url'),
  };
}

/** With which code a process ended; null when a signal ended it. */
export function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once('exit', resolve));
}

async function firstLine(child: ChildProcess): Promise<string> {
  assert.ok(child.stdout);
  for await (const line of createInterface(child.stdout)) return line;
  throw new Error('the federation ended before it was up');
}

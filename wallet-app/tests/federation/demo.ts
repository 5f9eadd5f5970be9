/** A whole federation of real programs, for as long as a test lasts. */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { at, textAt } from './aitta.ts';

// Tests run as JavaScript from `build/tests`.
export const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url));

/** Where everybody is. */
export interface Demo {
  readonly folder: string;
  /** The addresses, as the program told them. */
  readonly told: unknown;
  /** The process of a city's node, as it was started first. */
  nodePid(name: string): number;
  /** Its address. */
  nodeUrl(name: string): string;
  /** A city's node is gone from one moment to the next. */
  kill(name: string): Promise<void>;
  /** It is started again, with what lies in its folder. */
  startAgain(name: string): Promise<void>;
}

/** How often somebody is asked whether they serve, in milliseconds. */
const ASK_AGAIN_MS = 100;

/** Starts it, with the sample registers unless `more` names others; it ends with the test. */
export async function startDemo(t: TestContext, program: string, more: readonly string[] = []): Promise<Demo> {
  const parent = await mkdtemp(join(tmpdir(), 'aitta-wallet-'));
  const folder = join(parent, 'federation');
  const demo = spawn(program, ['demo', '--json', '--dir', folder, ...more], {
    cwd: REPOSITORY,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  /** Nodes that were started again, by their names. */
  const own = new Map<string, ChildProcess>();
  t.after(async () => {
    for (const child of [...own.values(), demo]) {
      child.kill('SIGTERM');
      await ended(child);
    }
    await rm(parent, { recursive: true });
  });
  const told: unknown = JSON.parse(await firstLine(demo));
  const nodes = at(told, 'nodes');
  assert.ok(Array.isArray(nodes), JSON.stringify(told));
  const nodeOf = (name: string): unknown => nodes.find((one: unknown) => at(one, 'name') === name);
  const nodePid = (name: string): number => Number(at(nodeOf(name), 'pid'));
  const nodeUrl = (name: string): string => textAt(nodeOf(name), 'url');
  const serves = (name: string): Promise<boolean> =>
    fetch(`${nodeUrl(name)}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
  const until = async (name: string, isThere: boolean): Promise<void> => {
    while ((await serves(name)) !== isThere) await setTimeout(ASK_AGAIN_MS);
  };
  const kill = (name: string): Promise<void> => {
    process.kill(own.get(name)?.pid ?? nodePid(name), 'SIGKILL');
    return until(name, false);
  };
  const startAgain = (name: string): Promise<void> => {
    const config = join(name, 'node.toml');
    const env = { ...process.env, AITTA_LOG: 'error' };
    own.set(name, spawn(program, ['node', 'serve', '--config', config], { cwd: folder, env, stdio: 'ignore' }));
    return until(name, true);
  };
  return { folder, told, nodePid, nodeUrl, kill, startAgain };
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

/** What several stories need. */

import assert from 'node:assert/strict';

import { attempt, type RefusalCode } from '../src/protocol/refusal.ts';
import { Core, type Parts } from '../src/wallet/core.ts';

/** Asserts that a step is refused with this code. */
export function refusedWith(code: RefusalCode, step: () => unknown): void {
  const ended = attempt(step);
  assert.equal(ended.accepted ? 'accepted' : ended.refusal.code, code);
}

/** A wallet as it is when something is done with it: the directory was looked at. */
export async function lookedCore(parts: Parts): Promise<Core> {
  const core = await Core.open(parts);
  await core.looked();
  return core;
}

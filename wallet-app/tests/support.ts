/** What several stories need. */

import assert from 'node:assert/strict';

import { attempt, type RefusalCode } from '../src/protocol/refusal.ts';

/** Asserts that a step is refused with this code. */
export function refusedWith(code: RefusalCode, step: () => unknown): void {
  const ended = attempt(step);
  assert.equal(ended.accepted ? 'accepted' : ended.refusal.code, code);
}

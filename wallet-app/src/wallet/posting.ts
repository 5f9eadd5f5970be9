/** When a holder cannot be reached: what it is to hear goes by way of the directory's log. */

import { CallFault } from '../client/fault.ts';
import type { Principal } from '../protocol/ids.ts';
import { attempt } from '../protocol/refusal.ts';
import { type Posted, sealPosted } from '../protocol/tlog/post.ts';
import type { Core } from './core.ts';
import type { Act } from './state.ts';

/** Random bytes of which the key of one sealing is made. */
const SEED_BYTES = 32;

/**
 * Posts what a holder is to hear, and remembers with `mark` that it is on its way. Whether that it stands in the log was checked.
 * @throws {CallFault} `away`, why the holder was not reached, when there is no other way to it. @throws {StorageFault}
 */
export async function postFor(
  core: Core,
  holder: Principal,
  post: Posted,
  mark: Act,
  away: CallFault,
): Promise<boolean> {
  const key = core.registry.organisation(holder)?.profile?.claims.sealKey ?? null;
  // It has published no key for it, or none that can be sealed to; or what it is to hear is too large for the log.
  const tried = attempt(() => key && sealPosted(post, key, core.caller.random(SEED_BYTES)));
  const sealed = tried.accepted ? tried.value : null;
  if (sealed === null) throw away;
  // Why the holder was not reached says more than why the log was not.
  const taken = await unlessFault(core.directory.post(core.registry, holder, [sealed]));
  if (taken === null) throw away;
  await core.keep(mark);
  if (taken.by === 'node') return false;
  const { index } = taken.logged;
  const seen = await unlessFault(core.keepingEvidence(() => core.directory.standInLog(core.copy, [sealed], index)));
  if (seen !== null) await core.viewed(seen);
  return seen !== null;
}

async function unlessFault<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (thrown) {
    if (thrown instanceof CallFault) return null;
    throw thrown;
  }
}

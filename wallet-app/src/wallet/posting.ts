/** When a holder cannot be reached: what it is to hear goes by way of the directory's log. */

import { CallFault, caught } from '../client/fault.ts';
import type { Principal } from '../protocol/ids.ts';
import { attempt } from '../protocol/refusal.ts';
import { type Posted, sealPosted } from '../protocol/tlog/post.ts';
import type { Core } from './core.ts';
import type { Act } from './state.ts';

/** Random bytes of which the key of one sealing is made. */
const SEED_BYTES = 32;

/**
 * Posts what a holder is to hear, and remembers with `mark` that it is on its way: not when a directory says that it took it, and its
 * log lacks it. Whether it was seen to stand in the log.
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
  const taken = await caught(core.directory.post(core.registry, holder, [sealed]));
  if (taken instanceof CallFault) throw away;
  if (taken.by === 'node') {
    await core.keep(mark);
    return false;
  }
  const { logged } = taken;
  const seen = await caught(core.keepingEvidence(() => core.directory.standInLog(core.copy, [sealed], logged)));
  if (seen instanceof CallFault) {
    if (seen.code !== 'log-leaves') await core.keep(mark);
    return false;
  }
  await core.keep(mark);
  await core.viewed(seen);
  return true;
}

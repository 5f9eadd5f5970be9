/** There is one paper: where keys lie locked under another one, they are locked under this. */

import { systemRandom } from '../../../crypto/random.ts';
import { WrappedCustody } from '../../../keys/custody.ts';
import { LockedRoot } from '../../../keys/locked-root.ts';
import type { RecoveryCode } from '../../../keys/recovery-code.ts';
import { session } from '../../session.svelte.ts';

/** @throws {StorageFault} */
export async function keepPaper(code: RecoveryCode): Promise<void> {
  const storage = session.ground?.storage ?? null;
  const { custody } = session.core;
  if (storage === null || !(custody instanceof WrappedCustody)) return;
  const locked = await LockedRoot.find(storage);
  await locked?.changePaper(custody, code, systemRandom);
}

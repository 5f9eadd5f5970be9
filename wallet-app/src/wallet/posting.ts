/** What reaches a holder by way of the directory's log, sealed for it alone (`docs/protocol/log.md`, Posts). */

import { sealTo } from '../crypto/hpke.ts';
import { pad } from '../crypto/padding.ts';
import type { Random } from '../crypto/random.ts';
import { utf8 } from '../protocol/bytes.ts';
import { encode, map } from '../protocol/codec/index.ts';
import type { Verified } from '../protocol/cose.ts';
import { ObjectId } from '../protocol/ids.ts';
import type { Organisation } from '../protocol/registry/index.ts';
import type { Revocation } from '../protocol/revocation.ts';
import { type Sealed, SEALED_BYTES } from '../protocol/tlog/leaf.ts';

const SEAL_INFO = utf8('aitta-log-sealed-1');
/** What HPKE adds: the encapsulated key and the tag. */
const HPKE_EXTRA_BYTES = 32 + 16;
const REVOCATION = 0n;

/** In how many seconds a holder hears of what stands in the log, once it is connected: it looks every 30 s. */
export const HEARD_WITHIN_SECS = 35n;

/** A revocation sealed for its holder; null when the holder has published no key for it. */
export async function sealRevocation(
  holder: Organisation,
  { id, bytes }: Verified<Revocation>,
  random: Random,
): Promise<Sealed | null> {
  const key = holder.profile?.claims.sealKey ?? null;
  if (key === null) return null;
  const plain = pad(encode(map([[REVOCATION, bytes]])), SEALED_BYTES - HPKE_EXTRA_BYTES);
  const sealed = await sealTo(key, SEAL_INFO, ObjectId.bytes(id), plain, random);
  return sealed?.length === SEALED_BYTES ? { id, sealed } : null;
}

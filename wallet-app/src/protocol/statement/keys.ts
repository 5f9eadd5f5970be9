/** Public keys in statements of the registry. */

import { base64url } from '../base64.ts';
import { fixed, type Read } from '../codec/index.ts';
import { PUBLIC_KEY_BYTES, PublicKey } from '../crypto/signing.ts';
import { distinct, few } from '../lists.ts';
import { refuseClaim } from '../refusal.ts';

/**
 * Most keys of a member or of a service: a handful of machines, and the keys that follow theirs. Each is checked in full when it
 * is read, which takes as long as a signature.
 */
export const MAX_KEYS = 8;

/** Reads public keys as they are registered: each is checked in full here, so that its uses need not. */
export const registeredKeys: Read<readonly PublicKey[]> = (claim, item) => {
  const keys = few(MAX_KEYS, fixed(PUBLIC_KEY_BYTES))(claim, item);
  distinct(claim, keys.map(base64url));
  return keys.map((key) => PublicKey.register(key) ?? refuseClaim('claim-range', claim));
};

/** The code that a login's last page shows, and that the person types into the wallet that they mean (`docs/protocol/login-code.md`). */

import { utf8 } from './bytes.ts';
import { sha256 } from './crypto/hash.ts';
import { Principal } from './ids.ts';

/** Digits that nobody can guess. */
const RANDOM_DIGITS = 8;
/** Digits that say whose the code is. */
const CHECK_DIGITS = 4;
const DIGITS = RANDOM_DIGITS + CHECK_DIGITS;
const CHECKS = 10n ** BigInt(CHECK_DIGITS);
/** So that the hash is of nothing else. */
const DOMAIN = utf8('aitta login code 1');

/** The digits of what somebody typed, with spaces and hyphens as people write them; null when it is no code. */
export function typedCode(text: string): string | null {
  const digits = text.replaceAll(/[ \u00A0\t\r\n-]/g, '');
  return digits.length === DIGITS && /^[0-9]+$/.test(digits) ? digits : null;
}

/**
 * Whether the digits are a code of this organisation, for this key log. Another's must not leave the wallet: whoever got it could
 * bind their own keys there.
 */
export function isCodeOf(digits: string, organisation: Principal, log: Principal): boolean {
  const random = digits.slice(0, RANDOM_DIGITS);
  const hash = sha256(DOMAIN, Principal.bytes(organisation), Principal.bytes(log), utf8(random));
  const number = new DataView(hash.buffer, hash.byteOffset).getBigUint64(0) % CHECKS;
  return digits.slice(RANDOM_DIGITS) === number.toString().padStart(CHECK_DIGITS, '0');
}

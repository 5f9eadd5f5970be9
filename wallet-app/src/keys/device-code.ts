/**
 * What a new device shows and one that has the wallet takes in: its public keys, one for each organisation. No secret leaves either.
 *
 * `AITTA-DEVICE-1:` and, as base64url, organisation (32 bytes) and key (32 bytes) for each, then the first 4 bytes of the SHA-256 of
 * all that. Whoever sees it learns no secret, but which keys are one person's: it goes from screen to camera, or by hand. The other
 * wallet's program (`pod_wallet::device_code`) writes and reads the same.
 */

import { base64url, fromBase64url } from '../protocol/base64.ts';
import { concat, equalBytes } from '../protocol/bytes.ts';
import { sha256 } from '../protocol/crypto/hash.ts';
import { PUBLIC_KEY_BYTES, PublicKey } from '../protocol/crypto/signing.ts';
import { Principal } from '../protocol/ids.ts';

const BEGINS = 'AITTA-DEVICE-1:';
/** Most organisations: all members of a federation. */
const MAX_ORGANISATIONS = 1024;
/** Finds a slip of the pen, not an enemy: who shows the code is seen. */
const CHECK_BYTES = 4;
const ENTRY_BYTES = Principal.length + PUBLIC_KEY_BYTES;
/** Longest text that is read, in characters: spaces and line ends do not matter, and nobody types more of them than twice. */
const MAX_TEXT = 4 * MAX_ORGANISATIONS * ENTRY_BYTES;

const WHAT = {
  'device-code-none': "this is no device's code: scan or copy it again",
  'device-code-damaged': 'a part of the code is missing or was changed: scan or copy it again',
  'device-code-key': 'a key in the code is not acceptable: show the code again',
  'device-code-own': "this is this device's own code: show it to the device that has the wallet",
  'device-code-elsewhere':
    'the code is for none of the organisations at which this wallet is: show it again with those organisations',
} as const;

export type DeviceCodeProblem = keyof typeof WHAT;

/** Why a text does not add a device. */
export class DeviceCodeFault extends Error {
  override readonly name = 'DeviceCodeFault';
  readonly code: DeviceCodeProblem;

  constructor(code: DeviceCodeProblem) {
    super(WHAT[code]);
    this.code = code;
  }
}

/** The public keys of a device, by organisation. */
export type DeviceKeys = ReadonlyMap<Principal, PublicKey>;

/** As text, for a screen or a picture of squares. */
export function deviceCodeToText(keys: DeviceKeys): string {
  const some = [...keys].slice(0, MAX_ORGANISATIONS);
  const entries = concat(...some.flatMap(([organisation, key]) => [Principal.bytes(organisation), key.bytes]));
  return BEGINS + base64url(concat(entries, check(entries)));
}

/** Reads what `deviceCodeToText` writes; spaces and line ends do not matter. @throws {DeviceCodeFault} */
export function parseDeviceCode(typed: string): DeviceKeys {
  if (typed.length > MAX_TEXT) throw new DeviceCodeFault('device-code-damaged');
  const text = typed.replaceAll(/\s/g, '');
  if (!text.startsWith(BEGINS)) throw new DeviceCodeFault('device-code-none');
  const bytes = fromBase64url(text.slice(BEGINS.length));
  if (bytes === null || bytes.length < CHECK_BYTES) throw new DeviceCodeFault('device-code-damaged');
  const entries = bytes.slice(0, bytes.length - CHECK_BYTES);
  const isWhole = equalBytes(bytes.slice(entries.length), check(entries)) && entries.length % ENTRY_BYTES === 0;
  if (!isWhole || entries.length > MAX_ORGANISATIONS * ENTRY_BYTES) throw new DeviceCodeFault('device-code-damaged');
  const keys = new Map<Principal, PublicKey>();
  for (let at = 0; at < entries.length; at += ENTRY_BYTES) {
    const organisation = Principal.of(entries.slice(at, at + Principal.length));
    const key = PublicKey.register(entries.slice(at + Principal.length, at + ENTRY_BYTES));
    if (key === null) throw new DeviceCodeFault('device-code-key');
    // Where one is named twice, the first stays, as in the other program.
    if (!keys.has(organisation)) keys.set(organisation, key);
  }
  return keys;
}

function check(entries: Uint8Array): Uint8Array {
  return sha256(entries).slice(0, CHECK_BYTES);
}

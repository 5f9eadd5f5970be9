/** Signed notes (C2SP signed-note): a text that people can read, and who signed it. */

import { base64, fromBase64 } from '../base64.ts';
import { concat, fromUtf8, utf8 } from '../bytes.ts';
import { sha256 } from '../crypto/hash.ts';
import type { PublicKey } from '../crypto/signing.ts';
import { Principal } from '../ids.ts';
import { distrust } from './fault.ts';

/** Most signatures of a note: the log's, and a witness in every region. */
export const MAX_NOTE_SIGNATURES = 64;
/** Most bytes of a note. */
export const MAX_NOTE_BYTES = 16 * 1024;
/** Bytes of a key id. */
const KEY_ID_BYTES = 4;
/** How the line of a signature begins: an em dash. */
const DASH = '\u2014 ';
/** Control characters but the end of a line. */
const CONTROLS = /[\u0000-\u0009\u000b-\u001f]/; // eslint-disable-line no-control-regex

/** What a signature is: the log's own, or a witness's with a time. */
export type Algorithm = 'ed25519' | 'cosignature';

const ALGORITHM_BYTES = { ed25519: 0x01, cosignature: 0x04 } as const satisfies Record<Algorithm, number>;

/** By which 4 bytes a line names its key. */
export function keyId(name: Principal, algorithm: Algorithm, key: PublicKey): Uint8Array {
  const typed = Uint8Array.of(ALGORITHM_BYTES[algorithm]);
  return sha256(utf8(`${name}\n`), typed, key.bytes).subarray(0, KEY_ID_BYTES);
}

/** One line: whose signature, by which key, and the signature itself. */
export interface NoteSignature {
  readonly name: Principal;
  readonly keyId: Uint8Array;
  readonly blob: Uint8Array;
}

/** A text and its signatures. */
export interface Note {
  /** The text, with the end of its last line. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** As bytes. */
export function noteToBytes(note: Note): Uint8Array {
  const line = ({ name, keyId: id, blob }: NoteSignature): string => `${DASH}${name} ${base64(concat(id, blob))}\n`;
  return utf8(`${note.text}\n${note.signatures.map(line).join('')}`);
}

/** Reads a note. Lines of strangers, whose names are no principals, are left out. @throws {LogFault} `log-note`. */
export function noteFromBytes(bytes: Uint8Array): Note {
  if (bytes.length > MAX_NOTE_BYTES) distrust('log-note');
  const whole = fromUtf8(bytes) ?? distrust('log-note');
  if (CONTROLS.test(whole)) distrust('log-note');
  const end = whole.lastIndexOf('\n\n');
  if (end === -1 || !whole.endsWith('\n')) distrust('log-note');
  const lines = whole.slice(end + 2, -1).split('\n');
  if (end + 2 >= whole.length || lines.length > MAX_NOTE_SIGNATURES) distrust('log-note');
  const signatures = lines.map(signatureFromLine).filter((signature) => signature !== null);
  // With lines of strangers alone nobody here could say whose note it is, and written again it would be none.
  if (signatures.length === 0) distrust('log-note');
  return { text: whole.slice(0, end + 1), signatures };
}

/** Reads one line; null when the name is no principal. @throws {LogFault} `log-note`. */
function signatureFromLine(line: string): NoteSignature | null {
  const rest = line.startsWith(DASH) ? line.slice(DASH.length) : distrust('log-note');
  const space = rest.indexOf(' ');
  const bytes = space > 0 ? fromBase64(rest.slice(space + 1)) : null;
  if (bytes === null || bytes.length <= KEY_ID_BYTES) distrust('log-note');
  const name = Principal.parse(rest.slice(0, space));
  return name && { name, keyId: bytes.subarray(0, KEY_ID_BYTES), blob: bytes.subarray(KEY_ID_BYTES) };
}

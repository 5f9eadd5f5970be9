/** Checkpoints (C2SP tlog-checkpoint) and what witnesses say of them (C2SP tlog-cosignature). */

import { base64, fromBase64 } from '../base64.ts';
import { equalBytes, fromBigEndian, utf8 } from '../bytes.ts';
import { HASH_BYTES } from '../crypto/hash.ts';
import { type PublicKey, SIGNATURE_BYTES } from '../crypto/signing.ts';
import { Principal } from '../ids.ts';
import type { Organisation, Registry } from '../registry/index.ts';
import { distrust } from './fault.ts';
import { keyId, type Note, noteFromBytes, type NoteSignature, noteToBytes } from './note.ts';

/** Before the text that a witness signs (C2SP tlog-cosignature). */
const COSIGNATURE_HEAD = 'cosignature/v1\ntime ';
/** Bytes of the time before a cosignature. */
const TIME_BYTES = 8;
/** No sign, no leading zeros, and no more digits than 64 bits have. */
const DECIMAL = /^(?:0|[1-9][0-9]{0,19})$/;
const MAX_UINT64 = (1n << 64n) - 1n;

/** What a log says of itself at one size. */
export interface Checkpoint {
  /** The member that runs the log. */
  readonly origin: Principal;
  /** How many leaves it has. */
  readonly size: bigint;
  readonly root: Uint8Array;
}

/** An unsigned decimal of 64 bits in its one text; null for anything else. */
export function parseDecimal(text: string): bigint | null {
  const number = DECIMAL.test(text) ? BigInt(text) : null;
  return number !== null && number <= MAX_UINT64 ? number : null;
}

/** Its one text. */
export function checkpointToText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${base64(root)}\n`;
}

/** Reads the text. @throws {LogFault} `log-note`. */
export function checkpointFromText(text: string): Checkpoint {
  const [first = '', second = '', third = '', end, ...more] = text.split('\n');
  if (end !== '' || more.length > 0) distrust('log-note');
  const root = fromBase64(third);
  if (root?.length !== HASH_BYTES) distrust('log-note');
  return {
    origin: Principal.parse(first) ?? distrust('log-note'),
    size: parseDecimal(second) ?? distrust('log-note'),
    root,
  };
}

/** What a witness signs. */
export function witnessedText(checkpoint: Checkpoint, timeSecs: bigint): string {
  return `${COSIGNATURE_HEAD}${timeSecs}\n${checkpointToText(checkpoint)}`;
}

/** When this key cosigned the checkpoint, by this line; null when it did not. */
export function cosignedSecs(checkpoint: Checkpoint, line: NoteSignature, key: PublicKey): bigint | null {
  if (!equalBytes(line.keyId, keyId(line.name, 'cosignature', key))) return null;
  if (line.blob.length !== TIME_BYTES + SIGNATURE_BYTES) return null;
  const timeSecs = fromBigEndian(line.blob.subarray(0, TIME_BYTES));
  const text = utf8(witnessedText(checkpoint, timeSecs));
  return key.verifies(text, line.blob.subarray(TIME_BYTES)) ? timeSecs : null;
}

/** A witness, and when it last saw the checkpoint. */
export interface Seen {
  readonly witness: Principal;
  readonly timeSecs: bigint;
}

/** A checkpoint with its signatures, none of which is checked yet. */
export interface SignedCheckpoint {
  readonly unverified: Checkpoint;
  readonly note: Note;
}

/** Reads a signed checkpoint. @throws {LogFault} `log-note`. */
export function signedCheckpointFromBytes(bytes: Uint8Array): SignedCheckpoint {
  const note = noteFromBytes(bytes);
  return { unverified: checkpointFromText(note.text), note };
}

/** As bytes. */
export function signedCheckpointToBytes(signed: SignedCheckpoint): Uint8Array {
  return noteToBytes(signed.note);
}

/** Whether the log's own line is by this key. */
export function isLogsOwn({ unverified, note }: SignedCheckpoint, key: PublicKey): boolean {
  const id = keyId(unverified.origin, 'ed25519', key);
  return note.signatures
    .filter((line) => line.name === unverified.origin && equalBytes(line.keyId, id))
    .some((line) => key.verifies(utf8(note.text), line.blob));
}

/** The checkpoint, if a member that runs the directory signed it. @throws {LogFault} `log-signature`. */
export function verifyCheckpoint(signed: SignedCheckpoint, registry: Registry): Checkpoint {
  const member = standingMember(registry, signed.unverified.origin);
  const isDirectory = member?.membership.claims.roles.includes('directory') ?? false;
  if (!isDirectory || !member?.keys.some((key) => isLogsOwn(signed, key))) distrust('log-signature');
  return signed.unverified;
}

/** The other members that cosigned, each with the latest time at which it did. */
export function witnessesOf({ unverified, note }: SignedCheckpoint, registry: Registry): readonly Seen[] {
  const seen = new Map<Principal, bigint>();
  for (const line of note.signatures) {
    if (line.name === unverified.origin) continue;
    for (const key of standingMember(registry, line.name)?.keys ?? []) {
      const timeSecs = cosignedSecs(unverified, line, key);
      const before = seen.get(line.name);
      if (timeSecs !== null && (before === undefined || before < timeSecs)) seen.set(line.name, timeSecs);
    }
  }
  return [...seen].map(([witness, timeSecs]) => ({ witness, timeSecs }));
}

function standingMember(registry: Registry, principal: Principal): Organisation | undefined {
  const member = registry.organisation(principal);
  return member?.isSuspended ? undefined : member;
}

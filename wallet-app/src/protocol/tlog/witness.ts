/**
 * What a log sends to a witness (C2SP tlog-witness): the checkpoint to be cosigned, and the proof that it continues the one that the
 * witness saw last.
 */

import { base64, fromBase64 } from '../base64.ts';
import { concat, fromUtf8, utf8 } from '../bytes.ts';
import { HASH_BYTES } from '../crypto/hash.ts';
import {
  parseDecimal,
  type SignedCheckpoint,
  signedCheckpointFromBytes,
  signedCheckpointToBytes,
} from './checkpoint.ts';
import { distrust } from './fault.ts';
import { MAX_NOTE_BYTES } from './note.ts';

/** Most hashes of a proof (C2SP tlog-witness). */
export const MAX_PROOF_HASHES = 63;
/** Most bytes of the whole: the line of the old size, a line of 45 for each hash, and the note. */
export const MAX_ADD_CHECKPOINT_BYTES = 64 + MAX_PROOF_HASHES * 45 + MAX_NOTE_BYTES;

const OLD = 'old ';

/** A checkpoint to be cosigned. */
export interface AddCheckpoint {
  /** The size that the witness saw last. */
  readonly old: bigint;
  readonly proof: readonly Uint8Array[];
  readonly checkpoint: SignedCheckpoint;
}

/** As bytes. */
export function addCheckpointToBytes({ old, proof, checkpoint }: AddCheckpoint): Uint8Array {
  const lines = proof.map((hash) => `${base64(hash)}\n`);
  return concat(utf8(`${OLD}${old}\n${lines.join('')}\n`), signedCheckpointToBytes(checkpoint));
}

/** Reads the bytes. @throws {LogFault} `log-note`. */
export function addCheckpointFromBytes(bytes: Uint8Array): AddCheckpoint {
  if (bytes.length > MAX_ADD_CHECKPOINT_BYTES) distrust('log-note');
  const text = fromUtf8(bytes) ?? distrust('log-note');
  const end = text.indexOf('\n\n');
  if (end === -1) distrust('log-note');
  const [first = '', ...hashes] = text.slice(0, end).split('\n');
  const old = first.startsWith(OLD) ? parseDecimal(first.slice(OLD.length)) : null;
  if (old === null || hashes.length > MAX_PROOF_HASHES) distrust('log-note');
  return { old, proof: hashes.map(hashOf), checkpoint: signedCheckpointFromBytes(utf8(text.slice(end + 2))) };
}

function hashOf(line: string): Uint8Array {
  const hash = fromBase64(line);
  return hash?.length === HASH_BYTES ? hash : distrust('log-note');
}

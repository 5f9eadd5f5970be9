/** What proves to others that a directory contradicted itself, as a file: the bytes and the name that the command-line wallet writes too. */

import { base64url } from '../../../protocol/base64.ts';
import { sha256 } from '../../../protocol/crypto/hash.ts';
import { type Evidence, evidenceToBytes } from '../../../protocol/tlog/evidence.ts';

export function evidenceFile(evidence: Evidence): Blob {
  return new Blob([Uint8Array.from(evidenceToBytes(evidence))], { type: 'application/cbor' });
}

/** The same two checkpoints have one name, whoever saw them when: `log-fork-iojj3XQJ8ZX9UtsD.cbor` */
export function evidenceName({ code, kept, shown }: Evidence): string {
  return `${code}-${base64url(sha256(kept, shown)).slice(0, 16)}.cbor`;
}

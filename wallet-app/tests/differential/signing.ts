/** Signing what was broken, so that it gets past the check of the signature. */

import { createPrivateKey, type KeyObject, sign } from 'node:crypto';

import { concat } from '../../src/protocol/bytes.ts';
import { byteString } from '../../src/protocol/codec/index.ts';
import { signatureStructure } from '../../src/protocol/cose.ts';
import { sha256 } from '../../src/protocol/crypto/hash.ts';
import { PublicKey } from '../../src/protocol/crypto/signing.ts';
import { Kid } from '../../src/protocol/ids.ts';
import { keysOf, readVectors } from '../vectors.ts';
import { parse, type Tree, write } from './tree.ts';

/** Somebody of the vectors' world, whose secrets are public. */
export interface TestSigner {
  readonly key: PublicKey;
  readonly secret: KeyObject;
}

/** Before the seed in a private key of PKCS #8 (RFC 8410 §7). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');
/** Vectors of recoveries have keys whose seeds are one byte, repeated. */
const NUMBERED_SEEDS = 32;

function signer(seed: Uint8Array): TestSigner {
  const secret = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' });
  const digits = secret.export({ format: 'jwk' }).x ?? '';
  const key = PublicKey.register(new Uint8Array(Buffer.from(digits, 'base64url')));
  if (key === null) throw new RangeError('a weak key');
  return { key, secret };
}

/** The keys that the vectors name: inputs are checked with these. */
export const NAMED: readonly TestSigner[] = keysOf(readVectors('envelope.json')).map(({ seed }) => signer(seed));

const BY_KID: ReadonlyMap<Kid, TestSigner> = new Map(
  [...NAMED, ...Array.from({ length: NUMBERED_SEEDS }, (_, seed) => signer(new Uint8Array(32).fill(seed)))].map(
    (one) => [one.key.kid, one],
  ),
);

/** All signers there are. */
export const SIGNERS: readonly TestSigner[] = [...BY_KID.values()];

/** The Ed25519 signature over `message`. */
export function signatureOf(by: TestSigner, message: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, message, by.secret));
}

/** A signed object in its parts, each of which can be broken by itself. */
export interface Parts {
  header: Tree;
  payload: Tree;
  by: TestSigner;
}

/** The parts of a valid object; null when it is none, or of a stranger. */
export function partsOf(bytes: Uint8Array): Parts | null {
  const tree = parse(bytes);
  const items = tree?.kind === 'tag' && tree.inside.kind === 'array' ? tree.inside.items : [];
  const [header, , payload] = items.map((item) => (item.kind === 'bytes' ? item.inside : null));
  if (!header || !payload || header.kind !== 'map') return null;
  const kid = header.entries.map(([, value]) => value).find((value) => value.kind === 'bytes');
  const by = kid?.kind === 'bytes' && kid.bytes.length === Kid.length ? BY_KID.get(Kid.of(kid.bytes)) : undefined;
  return by ? { header, payload, by } : null;
}

/** The object, signed. */
export function assemble({ header, payload, by }: Parts): Uint8Array {
  const [protectedHeader, claims] = [write(header), write(payload)];
  const toBeSigned = signatureStructure(protectedHeader, new Uint8Array(0), claims);
  const signature = signatureOf(by, toBeSigned);
  const parts = [protectedHeader, new Uint8Array(0), claims, signature];
  return concat(
    Uint8Array.of(0xd2, 0x84),
    ...parts.map((part, at) => (at === 1 ? Uint8Array.of(0xa0) : byteString(part))),
  );
}

/** The id of the object. */
export function idOf({ header, payload }: Parts): Uint8Array {
  return sha256(signatureStructure(write(header), new Uint8Array(0), write(payload)));
}

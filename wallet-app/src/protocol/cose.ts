/**
 * The envelope of everything that is signed: COSE_Sign1 (RFC 9052 §4.2) with one fixed protected header,
 * `{1: -19, 4: kid, 16: typ}`, an empty unprotected header, the payload inside, no external data. `typ` (RFC 9596) keeps an
 * object of one kind from being taken for another.
 */

import { concat, equalBytes, utf8 } from './bytes.ts';
import {
  ANSWER_LIMITS,
  byteString,
  type Cbor,
  CborMap,
  Cursor,
  decode,
  decodeTagged,
  encode,
  head,
  isArray,
  type Limits,
  MAJOR_ARRAY,
  MAJOR_BYTES,
  MAJOR_TEXT,
  OBJECT_LIMITS,
  scanTagged,
} from './codec/index.ts';
import { type Check, checkAnew } from './crypto/checked.ts';
import { sha256 } from './crypto/hash.ts';
import { type PublicKey, SIGNATURE_BYTES } from './crypto/signing.ts';
import { Kid, ObjectId, type Thumbprint } from './ids.ts';
import { refuse, type RefusalCode } from './refusal.ts';

/** COSE algorithm Ed25519 (RFC 9864 §2.2). EdDSA (-8) is deprecated and refused. */
export const ALGORITHM_ED25519 = -19n;
const HEADER_ALGORITHM = 1n;
const HEADER_KEY_ID = 4n;
/** Header parameter `typ` (RFC 9596). */
const HEADER_TYPE = 16n;
/** How every message begins: tag 18, an array of four. */
const MESSAGE_BEGINS = Uint8Array.of(0xd2, 0x84);
const EMPTY_MAP = Uint8Array.of(0xa0);
const NO_EXTERNAL_DATA = new Uint8Array(0);

/** A kind of object that can be signed. */
export interface Payload<T> {
  /** The media type in the protected header, one for each kind. */
  readonly typ: string;
  /** How large the object may be. */
  readonly limits: Limits;
  /** As claims. */
  toCbor(claims: T): Cbor;
  /** From claims, refusing any that is unknown. @throws {Refusal} `claim-…`: the first fault. */
  fromCbor(item: Cbor): T;
}

/** The parts of a message. There is one shape, byte by byte; everything else is only looked at to say what is wrong. */
interface Envelope {
  readonly header: Uint8Array;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

/** A signed object whose signature nobody has checked yet. */
export class Signed<T> {
  /** The key that claims to have signed. */
  readonly kid: Kid;
  /** The object's id: SHA-256 of its `Sig_structure`. */
  readonly id: ObjectId;
  /** The bytes as received. */
  readonly bytes: Uint8Array;
  /** The claims, which nobody has vouched for: good for finding the key to check with, and for showing. */
  readonly unverified: T;
  /** The signature, which nobody has checked. */
  readonly signature: Uint8Array;
  readonly #toBeSigned: Uint8Array;
  readonly #check: Check;

  private constructor(
    kid: Kid,
    bytes: Uint8Array,
    toBeSigned: Uint8Array,
    signature: Uint8Array,
    claims: T,
    check: Check,
  ) {
    this.kid = kid;
    this.id = ObjectId.of(sha256(toBeSigned));
    this.bytes = bytes;
    this.unverified = claims;
    this.#toBeSigned = toBeSigned;
    this.signature = signature;
    this.#check = check;
  }

  /**
   * Reads an object: bytes, envelope, claims; not the signature, of which `check` will say whether it holds.
   * @throws {Refusal} `cbor-…`, `cose-…`, `claim-…`.
   */
  static decode<T>(kind: Payload<T>, bytes: Uint8Array, check: Check = checkAnew): Signed<T> {
    // A copy, so that nobody changes the bytes between this check and the next.
    const own = bytes.slice();
    const { header, payload, signature } = openEnvelope(own, kind.limits);
    const kid = checkHeader(header, kind.typ);
    const claims = kind.fromCbor(decode(payload, kind.limits));
    return new Signed(kid, own, signatureStructure(header, NO_EXTERNAL_DATA, payload), signature, claims, check);
  }

  /**
   * Puts an object together that came without what all of its kind have in common. It is the one that `decode` would read, if
   * `claims` are such as their own reader takes.
   */
  static assemble<T>(kind: Payload<T>, kid: Kid, claims: T, signature: Uint8Array): Signed<T> {
    const header = protectedHeader(kid, kind.typ);
    const payload = encode(kind.toCbor(claims));
    const toBeSigned = signatureStructure(header, NO_EXTERNAL_DATA, payload);
    return new Signed(kid, message(header, payload, signature), toBeSigned, signature, claims, checkAnew);
  }

  /** Checks the signature strictly: `key` must be the one that the header names. @throws {Refusal} `key-refused`, `signature`. */
  verify(key: PublicKey): Verified<T> {
    if (key.kid !== this.kid) refuse('key-refused');
    if (!this.#check(key, this.#toBeSigned, this.signature)) refuse('signature');
    return { bytes: this.bytes, id: this.id, key, claims: this.unverified };
  }
}

/** A signed object whose signature holds under the key that its header names. */
export interface Verified<T> {
  /** The bytes as received. */
  readonly bytes: Uint8Array;
  readonly id: ObjectId;
  /** The key that signed. */
  readonly key: PublicKey;
  readonly claims: T;
}

/** Somebody who can sign: asynchronous, since the keys of a browser are (WebCrypto). */
export interface Signer {
  readonly key: PublicKey;
  /** The Ed25519 signature over `message`. Two signatures over one message may differ. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/**
 * Signs `claims`, and reads what was signed as everybody else will.
 * @throws {Refusal} when no reader takes these claims, or the signature is not by this key.
 */
export async function sign<T>(kind: Payload<T>, claims: T, signer: Signer): Promise<Verified<T>> {
  const header = protectedHeader(signer.key.kid, kind.typ);
  const payload = encode(kind.toCbor(claims));
  const signature = await signer.sign(signatureStructure(header, NO_EXTERNAL_DATA, payload));
  return Signed.decode(kind, message(header, payload, signature)).verify(signer.key);
}

/** What `key` signs in an object with these claims: for claims that several keys sign. */
export function countersigned<T>(kind: Payload<T>, claims: T, key: PublicKey): Uint8Array {
  return signatureStructure(protectedHeader(key.kid, kind.typ), NO_EXTERNAL_DATA, encode(kind.toCbor(claims)));
}

/** The bytes that a COSE_Sign1 signature is over (RFC 9052 §4.4). */
export function signatureStructure(header: Uint8Array, external: Uint8Array, payload: Uint8Array): Uint8Array {
  const context = utf8('Signature1');
  return concat(
    head(MAJOR_ARRAY, 4n),
    head(MAJOR_TEXT, BigInt(context.length)),
    context,
    byteString(header),
    byteString(external),
    byteString(payload),
  );
}

/** The kind of the object in `bytes` as its header names it. @throws {Refusal} `cbor-…`, `cose-…`. */
export function kindOf(bytes: Uint8Array): string {
  // The largest of any kind: which kind it is, and so how large it may be, is what is asked.
  const { header } = openEnvelope(bytes, ANSWER_LIMITS);
  const map = decode(header, OBJECT_LIMITS);
  if (!(map instanceof CborMap)) refuse('cose-header');
  const typ = entry(map, HEADER_TYPE);
  return typeof typ === 'string' ? typ : refuse('cose-typ');
}

/** Whether the object is signed by this thumbprint's key. */
export function isSignedBy<T>(verified: Verified<T>, thumbprint: Thumbprint): boolean {
  return verified.key.thumbprint === thumbprint;
}

function openEnvelope(bytes: Uint8Array, limits: Limits): Envelope {
  scanTagged(bytes, limits);
  return takeEnvelope(bytes) ?? refuse(envelopeFault(bytes, limits));
}

function takeEnvelope(bytes: Uint8Array): Envelope | null {
  if (!equalBytes(bytes.subarray(0, MESSAGE_BEGINS.length), MESSAGE_BEGINS)) return null;
  const cursor = new Cursor(bytes);
  cursor.take(BigInt(MESSAGE_BEGINS.length));
  const header = takeByteString(cursor);
  if (header === null || !equalBytes(cursor.take(1n), EMPTY_MAP)) return null;
  const payload = takeByteString(cursor);
  const signature = payload && takeByteString(cursor);
  return payload && signature?.length === SIGNATURE_BYTES ? { header, payload, signature } : null;
}

/** The byte string that follows, in bytes that were scanned. */
function takeByteString(cursor: Cursor): Uint8Array | null {
  const { major, argument } = cursor.head();
  return major === MAJOR_BYTES ? cursor.take(argument) : null;
}

/** What is wrong with a message that is not of the one shape. */
function envelopeFault(bytes: Uint8Array, limits: Limits): RefusalCode {
  const parts = decodeTagged(bytes, limits);
  if (!isArray(parts) || parts.length !== 4) return 'cose-shape';
  const [header, unprotected, payload, signature] = parts;
  if (!(unprotected instanceof CborMap)) return 'cose-shape';
  if (unprotected.entries.length > 0) return 'cose-unprotected';
  if (!(header instanceof Uint8Array)) return 'cose-shape';
  if (payload === null) return 'cose-detached';
  return payload instanceof Uint8Array && signature instanceof Uint8Array ? 'cose-signature-length' : 'cose-shape';
}

/** A message of the one shape. */
function message(header: Uint8Array, payload: Uint8Array, signature: Uint8Array): Uint8Array {
  return concat(MESSAGE_BEGINS, byteString(header), EMPTY_MAP, byteString(payload), byteString(signature));
}

function protectedHeader(kid: Kid, typ: string): Uint8Array {
  return encode(
    new CborMap([
      [HEADER_ALGORITHM, ALGORITHM_ED25519],
      [HEADER_KEY_ID, Kid.bytes(kid)],
      [HEADER_TYPE, typ],
    ]),
  );
}

function entry(map: CborMap, wanted: bigint): Cbor | undefined {
  return map.entries.find(([key]) => key === wanted)?.[1];
}

/** Accepts exactly the header that `protectedHeader` writes; names what differs in any other. */
function checkHeader(header: Uint8Array, typ: string): Kid {
  if (header.length === 0) refuse('cose-alg-missing');
  const map = decode(header, OBJECT_LIMITS);
  if (!(map instanceof CborMap)) refuse('cose-header');
  const algorithm = entry(map, HEADER_ALGORITHM);
  if (algorithm === undefined) refuse('cose-alg-missing');
  if (algorithm !== ALGORITHM_ED25519) refuse('cose-alg');
  if (entry(map, HEADER_TYPE) !== typ) refuse('cose-typ');
  const kid = entry(map, HEADER_KEY_ID);
  if (!(kid instanceof Uint8Array) || kid.length !== Kid.length) refuse('cose-kid');
  // Deterministic, and with these three: nothing else is left to differ but a fourth.
  return map.entries.length === 3 ? Kid.of(kid) : refuse('cose-header');
}

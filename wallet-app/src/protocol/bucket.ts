/** Buckets: the holder entries whose tags begin alike, handed out together so that nobody learns which one was wanted (`docs/protocol/bucket.md`). */

import { compareBytes, concat, equalBytes } from './bytes.ts';
import {
  asItIs,
  type Cbor,
  Claims,
  decode,
  encode,
  fixed,
  identifier,
  type Limits,
  map,
  type Read,
  time,
  uint,
} from './codec/index.ts';
import { Signed } from './cose.ts';
import { SIGNATURE_BYTES } from './crypto/signing.ts';
import { checkWindow, HolderEntry, SEALED_HANDLE_BYTES, TAG_BYTES } from './holder-entry.ts';
import { Kid, Principal } from './ids.ts';
import { distinct, list, tuple } from './lists.ts';
import { refuseClaim } from './refusal.ts';

/** Most bits of a bucket's number: 16 million buckets, a thousand million entries. */
export const MAX_BUCKET_BITS = 24n;
/** The limits of a bucket: some 128 entries of 140 bytes; directories take 2,048, and 4,096 stand in one when two become one. */
export const BUCKET_LIMITS: Limits = { bytes: 1024 * 1024, depth: 3, items: 4096 };

/** All entries whose tags begin with the same bits. */
export interface Bucket {
  /** How many bits. */
  readonly bits: bigint;
  /** Which bits. */
  readonly number: bigint;
  /**
   * The entries in the order of their tags, those of one tag in the order of their holders; no tombstones. Their signatures are for
   * the reader to check on those that it wants.
   */
  readonly entries: readonly Signed<HolderEntry>[];
}

/** Who signed an entry, and with which key: said once for all entries. */
interface EntrySigner {
  readonly holder: Principal;
  readonly kid: Kid;
}

const BITS = 0n;
const NUMBER = 1n;
const SIGNERS = 2n;
const ENTRIES = 3n;

/** Fewest entries that buckets hold on average before two become one. */
const MERGE_MEAN_ENTRIES = 60n;

/** Most bits that so many entries have; with more, a bucket's number would say whom one looks for. */
export function mostBucketBits(entries: bigint): bigint {
  let bits = 0n;
  while (bits < MAX_BUCKET_BITS && entries >> (bits + 1n) >= MERGE_MEAN_ENTRIES) bits += 1n;
  return bits;
}

/** The number of the bucket that this tag is in: its first `bits` bits, most significant first. */
export function bucketOf(tag: Uint8Array, bits: bigint): bigint {
  const prefix = new DataView(tag.buffer, tag.byteOffset).getUint32(0);
  return BigInt(prefix) >> (32n - bits);
}

/** The deterministic encoding. */
export function bucketToBytes(bucket: Bucket): Uint8Array {
  const signers = new Map<string, readonly [place: bigint, signer: Cbor]>();
  const rows = bucket.entries.flatMap(({ unverified: entry, kid, signature }): Cbor[] => {
    if (entry.sealed === null) return [];
    const key = entry.holder + kid;
    const known = signers.get(key);
    const place = known?.[0] ?? BigInt(signers.size);
    if (known === undefined) signers.set(key, [place, [Principal.bytes(entry.holder), Kid.bytes(kid)]]);
    return [[place, entry.issued, entry.expires, entry.tag, entry.sealed, signature]];
  });
  return encode(
    map([
      [BITS, bucket.bits],
      [NUMBER, bucket.number],
      [SIGNERS, [...signers.values()].map(([, signer]) => signer)],
      [ENTRIES, rows],
    ]),
  );
}

/** Reads the encoding. Every entry must belong into this bucket and stand in order. @throws {Refusal} `cbor-…`, `claim-…`. */
export function bucketFromBytes(message: Uint8Array): Bucket {
  const bucket = readBucket(message);
  checkBucket(bucket);
  return bucket;
}

/** Reads the form alone, for who says with a code of its own what is wrong with the entries. @throws {Refusal} */
export function readBucket(message: Uint8Array): Bucket {
  const claims = new Claims(decode(message, BUCKET_LIMITS));
  const bits = claims.need(BITS, upTo(MAX_BUCKET_BITS));
  const number = claims.need(NUMBER, uint);
  if (number >> bits !== 0n) refuseClaim('claim-range', NUMBER);
  const signers = list(entrySigner)(SIGNERS, claims.need(SIGNERS, asItIs));
  const rows = new Rows(signers);
  const entries = list((claim, item) => rows.read(claim, item))(ENTRIES, claims.need(ENTRIES, asItIs));
  claims.finish();
  if (rows.used < signers.length) refuseClaim('claim-range', SIGNERS);
  distinct(
    SIGNERS,
    signers.map(({ holder, kid }) => holder + kid),
  );
  return { bits, number, entries };
}

function entrySigner(claim: bigint, item: Cbor): EntrySigner {
  const [holder, kid] = tuple(2)(claim, item);
  return { holder: identifier(Principal)(claim, holder), kid: identifier(Kid)(claim, kid) };
}

/** Reads entries, whose signers stand in the order in which they are named first. */
class Rows {
  /** How many signers were named. */
  used = 0;
  readonly #signers: readonly EntrySigner[];

  constructor(signers: readonly EntrySigner[]) {
    this.#signers = signers;
  }

  read(claim: bigint, item: Cbor): Signed<HolderEntry> {
    const [place, issued, expires, tag, sealed, signature] = tuple(6)(claim, item);
    const at = uint(claim, place);
    const signer = at <= BigInt(this.used) ? this.#signers[Number(at)] : undefined;
    if (signer === undefined) refuseClaim('claim-range', claim);
    this.used = Math.max(this.used, Number(at) + 1);
    const entry: HolderEntry = {
      holder: signer.holder,
      issued: time(claim, issued),
      expires: time(claim, expires),
      tag: fixed(TAG_BYTES)(claim, tag),
      sealed: fixed(SEALED_HANDLE_BYTES)(claim, sealed),
    };
    checkWindow(entry);
    return Signed.assemble(HolderEntry, signer.kid, entry, fixed(SIGNATURE_BYTES)(claim, signature));
  }
}

function upTo(most: bigint): Read<bigint> {
  return (claim, item) => {
    const number = uint(claim, item);
    return number <= most ? number : refuseClaim('claim-range', claim);
  };
}

/** Checks what `readBucket` leaves to be checked. @throws {Refusal} `claim-range`, `claim-repeated`. */
export function checkBucket(bucket: Bucket): void {
  let previous: Uint8Array | null = null;
  for (const { unverified: entry } of bucket.entries) {
    if (bucketOf(entry.tag, bucket.bits) !== bucket.number) refuseClaim('claim-range', ENTRIES);
    const place = concat(entry.tag, Principal.bytes(entry.holder));
    if (previous !== null && compareBytes(place, previous) <= 0) refuseClaim('claim-repeated', ENTRIES);
    previous = place;
  }
}

/** The entries under this tag, mostly one or none; their signatures are yet to be checked. */
export function findEntries(bucket: Bucket, tag: Uint8Array): readonly Signed<HolderEntry>[] {
  return bucket.entries.filter((entry) => equalBytes(entry.unverified.tag, tag));
}

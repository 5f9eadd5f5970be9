/** Buckets: the holder entries whose tags begin alike, handed out together so that nobody learns which one was wanted (`docs/protocol/bucket.md`). */

import { compareBytes, concat, equalBytes } from './bytes.ts';
import { asItIs, bytes, Claims, decode, encode, type Limits, map, type Read, uint } from './codec/index.ts';
import { Signed } from './cose.ts';
import { HolderEntry } from './holder-entry.ts';
import { Principal } from './ids.ts';
import { list } from './lists.ts';
import { refuseClaim } from './refusal.ts';

/** Most bits of a bucket's number: 16 million buckets, a thousand million entries. */
export const MAX_BUCKET_BITS = 24n;
/** The limits of a bucket: some 128 entries of 440 bytes, and 30 times that before a directory that grew looks at it again. */
export const BUCKET_LIMITS: Limits = { bytes: 2 * 1024 * 1024, depth: 2, items: 4096 };

/** All entries whose tags begin with the same bits. */
export interface Bucket {
  /** How many bits. */
  readonly bits: bigint;
  /** Which bits. */
  readonly number: bigint;
  /** The signed entries in the order of their tags, those of one tag in the order of their holders. Without tombstones. */
  readonly entries: readonly Uint8Array[];
}

const BITS = 0n;
const NUMBER = 1n;
const ENTRIES = 2n;

/** The number of the bucket that this tag is in: its first `bits` bits, most significant first. */
export function bucketOf(tag: Uint8Array, bits: bigint): bigint {
  const prefix = new DataView(tag.buffer, tag.byteOffset).getUint32(0);
  return BigInt(prefix) >> (32n - bits);
}

/** The deterministic encoding. */
export function bucketToBytes(bucket: Bucket): Uint8Array {
  return encode(
    map([
      [BITS, bucket.bits],
      [NUMBER, bucket.number],
      [ENTRIES, bucket.entries],
    ]),
  );
}

/**
 * Reads the encoding. Every entry must decode, belong into this bucket and stand in order; signatures are for the reader to
 * check on the entries that it wants. @throws {Refusal} `cbor-…`, `cose-…`, `claim-…`.
 */
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
  const entries = claims.need(ENTRIES, asItIs);
  if (number >> bits !== 0n) refuseClaim('claim-range', NUMBER);
  const bucket = { bits, number, entries: list(bytes)(ENTRIES, entries) };
  claims.finish();
  return bucket;
}

function upTo(most: bigint): Read<bigint> {
  return (claim, item) => {
    const number = uint(claim, item);
    return number <= most ? number : refuseClaim('claim-range', claim);
  };
}

/** Checks what `readBucket` leaves to be checked. @throws {Refusal} `claim-range`, `claim-repeated`, and those of the entries. */
export function checkBucket(bucket: Bucket): void {
  let previous: Uint8Array | null = null;
  for (const { unverified: entry } of decodedEntries(bucket)) {
    if (bucketOf(entry.tag, bucket.bits) !== bucket.number || entry.sealed === null)
      refuseClaim('claim-range', ENTRIES);
    const place = concat(entry.tag, Principal.bytes(entry.holder));
    if (previous !== null && compareBytes(place, previous) <= 0) refuseClaim('claim-repeated', ENTRIES);
    previous = place;
  }
}

/** The entries one by one, decoded as they are asked for. @throws {Refusal} those of `Signed.decode`. */
export function* decodedEntries(bucket: Bucket): Generator<Signed<HolderEntry>> {
  for (const entry of bucket.entries) yield Signed.decode(HolderEntry, entry);
}

/** The entries under this tag, mostly one or none; their signatures are yet to be checked. @throws {Refusal} */
export function findEntries(bucket: Bucket, tag: Uint8Array): readonly Signed<HolderEntry>[] {
  return [...decodedEntries(bucket)].filter((entry) => equalBytes(entry.unverified.tag, tag));
}

/** The tree over all buckets, and a bucket that proves what is in it and what is not. */

import {
  type Bucket,
  bucketOf,
  bucketToBytes,
  BUCKET_LIMITS,
  checkBucket,
  MAX_BUCKET_BITS,
  readBucket,
} from '../bucket.ts';
import { concat } from '../bytes.ts';
import { bytes, Claims, decode, encode, fixed, type Limits, map, MAX_DEPTH } from '../codec/index.ts';
import type { Signed } from '../cose.ts';
import { HASH_BYTES } from '../crypto/hash.ts';
import type { HolderEntry } from '../holder-entry.ts';
import { list } from '../lists.ts';
import { inclusionFault, leafHash } from '../merkle.ts';
import { attempt } from '../refusal.ts';
import { distrust } from './fault.ts';
import { type Head, headFromBytes, headToBytes } from './head.ts';
import type { State } from './leaf.ts';

/** The hash of a bucket: over the leaf hashes of its entries, in their order. */
export function bucketHash(entries: readonly Uint8Array[]): Uint8Array {
  return leafHash(concat(...entries.map(leafHash)));
}

/** A bucket, the way up to the map's root, and the head that vouches for the root. */
export interface ProvenBucket {
  readonly bucket: Bucket;
  readonly siblings: readonly Uint8Array[];
  readonly head: Head;
}

/** The limits of a proven bucket: a bucket, and 64 kB for the rest. */
export const PROVEN_BUCKET_LIMITS: Limits = { bytes: BUCKET_LIMITS.bytes + 64 * 1024, depth: MAX_DEPTH, items: 4096 };

const BUCKET = 0n;
const SIBLINGS = 1n;
const HEAD = 2n;

/** The deterministic encoding. */
export function provenBucketToBytes(proven: ProvenBucket): Uint8Array {
  return encode(
    map([
      [BUCKET, bucketToBytes(proven.bucket)],
      [SIBLINGS, proven.siblings],
      [HEAD, headToBytes(proven.head)],
    ]),
  );
}

/** Reads the encoding; what is wrong with the entries is for `checkProvenBucket` to say. @throws {Refusal} */
export function provenBucketFromBytes(message: Uint8Array): ProvenBucket {
  const claims = new Claims(decode(message, PROVEN_BUCKET_LIMITS));
  const proven: ProvenBucket = {
    bucket: readBucket(claims.need(BUCKET, bytes)),
    siblings: claims.need(SIBLINGS, list(fixed(HASH_BYTES))),
    head: headFromBytes(claims.need(HEAD, bytes)),
  };
  claims.finish();
  return proven;
}

/** Checks that the bucket is the one that the state vouches for. @throws {LogFault} `map-root`, `map-place`. */
export function checkProvenBucket({ bucket, siblings }: ProvenBucket, state: State): void {
  if (bucket.bits !== state.bits || bucket.bits > MAX_BUCKET_BITS) distrust('map-root');
  const belongs = ({ unverified: { tag } }: Signed<HolderEntry>): boolean =>
    bucketOf(tag, bucket.bits) === bucket.number;
  if (!bucket.entries.every(belongs)) distrust('map-place');
  if (!attempt(() => checkBucket(bucket)).accepted) distrust('map-root');
  const count = 1n << bucket.bits;
  const fault = inclusionFault(
    bucket.number,
    count,
    bucketHash(bucket.entries.map(({ bytes }) => bytes)),
    siblings,
    state.mapRoot,
  );
  if (fault !== null) distrust('map-root');
}

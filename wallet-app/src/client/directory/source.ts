/** What the directory or a mirror serves: heads, tiles, leaves, the registry, buckets. Every answer is held against what it must be. */

import { BUCKET_LIMITS } from '../../protocol/bucket.ts';
import { MAX_OBJECT_BYTES } from '../../protocol/codec/index.ts';
import { consistencyFault } from '../../protocol/merkle.ts';
import { type Registry, SNAPSHOT_LIMITS } from '../../protocol/registry/index.ts';
import { distrust, type LogCode, LogFault } from '../../protocol/tlog/fault.ts';
import {
  type CheckedHead,
  type Head,
  headFromBytes,
  type Policy,
  signedHead,
  type SignedHead,
  vouchedFor,
} from '../../protocol/tlog/head.ts';
import { type ProvenBucket, PROVEN_BUCKET_LIMITS, provenBucketFromBytes } from '../../protocol/tlog/map.ts';
import type { Caller } from '../caller.ts';
import type { CallFault } from '../fault.ts';
import { list, Members, parseJson, uint } from '../json.ts';
import { CBOR, JSON_TYPE, OCTETS, Target } from '../target.ts';
import {
  MAX_BUNDLE_BYTES,
  MAX_TILE_BYTES,
  MissingTile,
  type Tile,
  TILE_WIDTH,
  TileNodes,
  tileOf,
  tilePath,
  unbundle,
} from './tiles.ts';
import { advance, evidenceOf, stepTo, type View } from '../../protocol/tlog/view.ts';

/** Most tiles of hashes that one question takes: those along two edges of a tree of 2^64 leaves, with some to spare. */
const MAX_TILES = 40;

/** Two heads of one log that cannot both be true. */
const CONTRADICTING: readonly LogCode[] = ['log-fork', 'log-truncated'];

/** Where what was posted stands in the log, as the directory says. */
export interface Logged {
  /** The leaf of each item, in the order in which they were posted. */
  readonly places: readonly bigint[];
  readonly size: bigint;
}

/** The directory or a mirror of it. */
export class LogSource {
  readonly #target: Target;

  /** @throws {CallFault} `own-address` */
  constructor(caller: Caller, url: string, whom: string) {
    this.#target = new Target(caller, url, whom);
  }

  get whom(): string {
    return this.#target.whom;
  }

  /** That this source's answer is not believed, for this reason. */
  lied(reason: unknown): CallFault {
    return this.#target.unbelievable(reason);
  }

  /** As `lied`, with evidence when what was shown contradicts what is kept. */
  contradicts(reason: unknown, kept: View | null, shown: Head): CallFault {
    const isProof = reason instanceof LogFault && CONTRADICTING.includes(reason.code);
    const nowSecs = this.#target.caller.nowSecs();
    const evidence = kept && isProof ? evidenceOf(kept, shown.checkpoint, reason.code, nowSecs) : null;
    return this.#target.unbelievable(reason, evidence);
  }

  /** The published head, not yet checked. @throws {CallFault} */
  async head(): Promise<Head> {
    const body = await this.#target.get('/v1/log/head', CBOR, MAX_OBJECT_BYTES);
    return this.#target.believe(() => headFromBytes(body));
  }

  /** The registry's snapshot, not yet checked. @throws {CallFault} */
  snapshot(): Promise<Uint8Array> {
    return this.#target.get('/v1/registry', CBOR, SNAPSHOT_LIMITS.bytes);
  }

  /** @throws {CallFault} with the code `bucket` when there are more or fewer buckets by now. */
  async bucket(bits: bigint, number: bigint): Promise<ProvenBucket> {
    const most = Math.max(BUCKET_LIMITS.bytes, PROVEN_BUCKET_LIMITS.bytes);
    const body = await this.#target.get(`/v1/buckets/${bits}/${number}`, CBOR, most);
    const proven = this.#target.believe(() => provenBucketFromBytes(body));
    if (proven.bucket.bits !== bits || proven.bucket.number !== number) throw this.lied('it is another bucket');
    return proven;
  }

  /** Checks a head: signature, time, witnesses. @throws {CallFault} */
  checked(head: Head, registry: Registry, policy: Policy): CheckedHead {
    return this.vouchedFor(this.signed(head, registry), policy);
  }

  /** The first half of `checked`: what the log's own member signed. @throws {CallFault} */
  signed(head: Head, registry: Registry): SignedHead {
    return this.#target.believe(() => signedHead(head, registry, this.#target.caller.nowSecs()));
  }

  /** The second half of `checked`: whether enough others vouch for it. @throws {CallFault} */
  vouchedFor(signed: SignedHead, policy: Policy): CheckedHead {
    return this.#target.believe(() => vouchedFor(signed, policy, this.#target.caller.nowSecs()));
  }

  /** Goes on from the view that is kept, with a proof from this source's tiles that the head continues it. @throws {CallFault} */
  async advance(kept: View | null, head: Head, checked: CheckedHead): Promise<View> {
    const contradicting = <T>(step: () => T): T => {
      try {
        return step();
      } catch (thrown) {
        throw this.contradicts(thrown, kept, head);
      }
    };
    const step = contradicting(() => stepTo(kept, checked));
    if (step !== 'longer' || kept === null) return contradicting(() => advance(kept, checked, []));
    const { size: from } = kept.checkpoint;
    const { size, root } = checked.checkpoint;
    const { before, proof } = await this.#withTiles(size, (nodes) => ({
      before: nodes.root(from),
      proof: nodes.consistencyProof(from, size),
    }));
    // Wrong tiles are no fork: what they say of the smaller tree must first lead to the root of the larger one.
    this.#target.believe(() => {
      if (consistencyFault(from, size, before, root, proof) !== null) distrust('log-proof');
    });
    return contradicting(() => advance(kept, checked, proof));
  }

  /** The proof that a leaf stands at `index` of the tree of `size`; it leads to the root if the tiles are the log's. @throws {CallFault} */
  inclusionProof(index: bigint, size: bigint): Promise<readonly Uint8Array[]> {
    return this.#withTiles(size, (nodes) => nodes.inclusionProof(index, size));
  }

  /** The leaves from `from` up to the end of their bundle, or up to `size`. @throws {CallFault} */
  async leaves(from: bigint, size: bigint): Promise<readonly Uint8Array[]> {
    const tile = tileOf('entries', from / TILE_WIDTH, size);
    if (tile === null) throw this.lied('the log has no such leaf');
    const bytes = await this.#tile(tile, MAX_BUNDLE_BYTES);
    return this.#target.believe(() => unbundle(bytes, tile.width)).slice(Number(from % TILE_WIDTH));
  }

  /** Posts what is sealed for a holder. @throws {CallFault} */
  async post(items: Uint8Array): Promise<Logged> {
    const body = await this.#target.post('/v1/log/posts', CBOR, items, JSON_TYPE, MAX_OBJECT_BYTES);
    return this.#target.believe(() => {
      const members = new Members(parseJson(body));
      return { places: members.need('places', list(uint)), size: members.need('size', uint) };
    });
  }

  #tile(tile: Tile, mostBytes: number): Promise<Uint8Array> {
    return this.#target.get(`/v1/log/${tilePath(tile)}`, OCTETS, mostBytes);
  }

  async #withTiles<T>(size: bigint, work: (nodes: TileNodes) => T): Promise<T> {
    const nodes = new TileNodes(size);
    for (let brought = 0; brought < MAX_TILES; brought += 1) {
      try {
        return work(nodes);
      } catch (thrown) {
        if (!(thrown instanceof MissingTile)) throw this.lied(thrown);
        const bytes = await this.#tile(thrown.tile, MAX_TILE_BYTES);
        this.#target.believe(() => {
          nodes.bring(thrown.tile, bytes);
        });
      }
    }
    return this.#target.believe(() => distrust('log-proof'));
  }
}

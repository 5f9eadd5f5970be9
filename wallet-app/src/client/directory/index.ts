/**
 * The directory: the registry with its last good copy, the log that vouches for it, and the buckets of holder entries. Nothing that
 * a directory shows is taken on its word: what it shows is signed by those whom it is about; that nothing was left out, that
 * nothing is old, and that everybody is shown the same, is what the log proves (`docs/protocol/log.md`).
 */

import { bucketOf, findEntries } from '../../protocol/bucket.ts';
import { equalBytes } from '../../protocol/bytes.ts';
import type { Verified } from '../../protocol/cose.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import type { HolderEntry } from '../../protocol/holder-entry.ts';
import type { Principal } from '../../protocol/ids.ts';
import { inclusionFault, leafHash } from '../../protocol/merkle.ts';
import { attempt } from '../../protocol/refusal.ts';
import { verifySignedAt } from '../../protocol/registry/checks.ts';
import { type Anchor, readSnapshot, type RefusedStatement, type Registry } from '../../protocol/registry/index.ts';
import { LogFault } from '../../protocol/tlog/fault.ts';
import type { CheckedHead, Head, Policy } from '../../protocol/tlog/head.ts';
import { leafFromBytes, type Sealed } from '../../protocol/tlog/leaf.ts';
import { checkProvenBucket, type ProvenBucket } from '../../protocol/tlog/map.ts';
import { itemsToBytes } from '../../protocol/tlog/post.ts';
import { base64url } from '../../protocol/base64.ts';
import type { Caller } from '../caller.ts';
import { CallFault, caught } from '../fault.ts';
import { NodeClient } from '../node.ts';
import { counts, join, type Kept, NOTHING_KEPT, madeOf } from './held.ts';
import { type Logged, LogSource } from './source.ts';
import { stepTo, type View } from '../../protocol/tlog/view.ts';

/**
 * How long ago witnesses may have seen a head that is believed, in seconds: what nodes allow when a passed-on grant counts. A
 * directory that works has its newest head cosigned every quarter of a minute.
 */
export const MAX_HEAD_AGE_SECS = 300n;
/** Most mirrors that are asked: each may cost a timeout. */
export const MAX_MIRRORS = 8;
/** How often something is fetched again when the directory published a new state in between. */
const MAX_RACES = 3;
/** Most nodes that are asked to forward when the directory does not answer: each may cost a timeout. */
const MAX_FORWARDERS = 5;
/** What a directory says when its buckets have another number of bits. */
const OTHER_BITS = 'bucket';
/** Larger than any age. */
const ANY_AGE_SECS = 1n << 62n;

/** What stands behind a copy of the registry. */
export type Standing =
  /** The log vouches for it: nothing is left out, and as many organisations as are wanted saw it by then. */
  | { readonly by: 'log'; readonly seenSecs: bigint }
  /** It was fetched and all in it is signed; that nothing is left out, nobody vouches for now. */
  | { readonly by: 'signatures' }
  /** Nothing was fetched: the last good copy. */
  | { readonly by: 'last-good' }
  /** Nothing that counts is kept, and nobody was asked: it is empty, so that nothing can be done with it. */
  | { readonly by: 'nobody' };

/** A verified registry, and what stands behind it. */
export interface RegistryCopy {
  readonly registry: Registry;
  readonly standing: Standing;
  /** Who was away, and who showed what is not believed; evidence is in them. */
  readonly troubles: readonly CallFault[];
  readonly refused: readonly RefusedStatement[];
  /** To be kept, and brought to the next look. */
  readonly kept: Kept;
}

/** Of each of a citizen's own tags (base64url), when the newest entry under it that was seen had been signed. */
export type NewestSeen = ReadonlyMap<string, bigint>;

/** Calls to the directory and its mirrors. */
export class DirectoryClient {
  readonly #caller: Caller;
  readonly #sources: readonly LogSource[];
  readonly policy: Policy;

  /**
   * The directory, its mirrors in the order in which they are asked, and how many other organisations must have cosigned a head: 2
   * mostly; with 0 the directory is believed when it says that nothing was left out. @throws {CallFault}
   */
  constructor(caller: Caller, url: string, witnesses: number, mirrors: readonly string[] = []) {
    if (mirrors.length > MAX_MIRRORS) {
      throw new CallFault('ours', 'the directory', `more than ${MAX_MIRRORS} mirrors of the directory are named`);
    }
    this.#caller = caller;
    this.#sources = [
      new LogSource(caller, url, 'the directory'),
      ...mirrors.map((mirror) => new LogSource(caller, mirror, `the mirror ${mirror}`)),
    ];
    this.policy = { witnesses, maxAgeSecs: witnesses === 0 ? ANY_AGE_SECS : MAX_HEAD_AGE_SECS };
  }

  /** What is kept while it counts, before anybody is asked: what is shown until then, and nothing that is signed goes by. */
  before(anchor: Anchor, kept: Kept): RegistryCopy {
    const nowSecs = this.#caller.nowSecs();
    const look: Look = { kept, refused: [], isFetched: false };
    if (counts(kept, nowSecs)) return copyOf(anchor, look, { by: 'last-good' }, [], nowSecs);
    // What does not count any more still says how far the log was, and what was suspended.
    return { ...copyOf(anchor, { ...look, kept: NOTHING_KEPT }, { by: 'nobody' }, [], nowSecs), kept };
  }

  /**
   * The registry, verified from the trust anchor down and held against the log. What is `kept` saves the download when nothing
   * changed, is joined with what did, says where the log was, and stands in for a directory that is away or lies, until it is a day
   * old. While nobody vouches, statements that hold by themselves count, so that a federation can begin before it has witnesses;
   * whoever saw a proven copy before goes on for a day at most without one. @throws {CallFault}
   */
  async registry(anchor: Anchor, before: Kept | null): Promise<RegistryCopy> {
    const nowSecs = this.#caller.nowSecs();
    const troubles: CallFault[] = [];
    let look: Look = { kept: before ?? NOTHING_KEPT, refused: [], isFetched: false };
    for (const source of this.#sources) {
      try {
        const shown = await this.#look(source, anchor, look.kept, nowSecs);
        look = { kept: shown.kept, refused: shown.refused, isFetched: true };
        if (!(shown.proven instanceof CallFault)) {
          const standing = { by: 'log', seenSecs: shown.proven.seenSecs } as const;
          return copyOf(anchor, look, standing, troubles, nowSecs);
        }
        troubles.push(shown.proven);
      } catch (thrown) {
        if (!(thrown instanceof CallFault)) throw thrown;
        troubles.push(thrown);
      }
    }
    if (counts(look.kept, nowSecs)) {
      return copyOf(anchor, look, { by: look.isFetched ? 'signatures' : 'last-good' }, troubles, nowSecs);
    }
    throw mostTelling(troubles);
  }

  /** What one source shows, joined with what is kept. @throws {CallFault} when nothing of it may be used. */
  async #look(source: LogSource, anchor: Anchor, before: Kept, nowSecs: bigint): Promise<Shown> {
    let kept = before;
    let refused: readonly RefusedStatement[] = [];
    for (let race = 0; race < MAX_RACES; race += 1) {
      const head = await caught(source.head());
      // Only a hint: what the head says is believed when it was checked.
      const said = head instanceof CallFault ? null : saidDigest(head);
      if (kept.digest === null || said === null || !equalBytes(said, kept.digest)) {
        const fetched = await this.#join(source, anchor, kept, nowSecs);
        ({ kept, refused } = fetched);
      }
      if (head instanceof CallFault) {
        // One that says what is no head is not one that is away.
        if (head.kind === 'not-believed') throw head;
        return { kept: confirmUnproven(kept, nowSecs), refused, proven: head };
      }
      const held = await caught(this.#holdAgainst(source, head, anchor, kept, nowSecs));
      // A new state was published between the two calls, or a lie: the next look says which.
      if (held instanceof CallFault && held.code === 'log-registry') continue;
      if (held instanceof CallFault) throw held;
      return { kept: held.kept, refused, proven: held.proven };
    }
    throw source.lied(new LogFault('log-registry'));
  }

  async #join(source: LogSource, anchor: Anchor, kept: Kept, nowSecs: bigint): Promise<Omit<Shown, 'proven'>> {
    const snapshot = await source.snapshot();
    const fetched = attempt(() => readSnapshot(snapshot));
    if (!fetched.accepted) throw source.lied(fetched.refusal);
    const { checked: before, statements: held } = kept;
    const { statements, checked, refused } = join(anchor, held, fetched.value, nowSecs, before);
    // A snapshot in which nothing holds is not the registry of this trust anchor.
    if (refused.length === fetched.value.length) throw source.lied('it is no registry under the trust anchor');
    return { kept: { ...kept, statements, checked, digest: sha256(snapshot) }, refused };
  }

  /** Holds a head against what is kept, and goes on to it when enough organisations vouch for it. @throws {CallFault} */
  async #holdAgainst(
    source: LogSource,
    head: Head,
    anchor: Anchor,
    kept: Kept,
    nowSecs: bigint,
  ): Promise<{ readonly kept: Kept; readonly proven: CheckedHead | CallFault }> {
    const { registry } = madeOf(anchor, kept, nowSecs);
    // What nobody cosigned may be late; what contradicts the log that was seen before is a lie all the same.
    const signed = source.signed(head, registry);
    try {
      stepTo(kept.view, signed);
    } catch (thrown) {
      throw source.contradicts(thrown, kept.view, head);
    }
    if (kept.digest === null || !equalBytes(signed.state.registry, kept.digest)) {
      throw source.lied(new LogFault('log-registry'));
    }
    try {
      const checked = source.vouchedFor(signed, this.policy);
      const view = await source.advance(kept.view, head, checked);
      return { kept: { ...kept, view, fetchedSecs: nowSecs }, proven: checked };
    } catch (thrown) {
      if (thrown instanceof CallFault && thrown.isLate) return { kept: confirmUnproven(kept, nowSecs), proven: thrown };
      throw thrown;
    }
  }

  /** Begins to look entries up in proven buckets. What `copy` gives is the newest each time: another look may end meanwhile. */
  lookup(copy: () => RegistryCopy, seen: NewestSeen): Lookup {
    return new Lookup(this.#sources, this.policy, copy, seen, this.#caller);
  }

  /**
   * Posts what is sealed for a holder that is away; when the directory does not answer, through another member's node. Gives its
   * place, or who passes it on. @throws {CallFault} of the directory, when nobody takes it.
   */
  async post(registry: Registry, holder: Principal, items: readonly Sealed[]): Promise<Posted> {
    const body = itemsToBytes(items);
    const logged = await caught(this.#directory.post(body));
    if (!(logged instanceof CallFault)) return { by: 'directory', logged };
    const others = registry.organisations.filter(
      ({ membership, isSuspended }) => membership.claims.subject !== holder && !isSuspended,
    );
    let asked = 0;
    for (const other of others) {
      const node = await caught(Promise.resolve().then(() => NodeClient.of(this.#caller, other)));
      if (node instanceof CallFault) continue;
      if (asked === MAX_FORWARDERS) break;
      asked += 1;
      if (!((await caught(node.forwardToLog(body))) instanceof CallFault)) return { by: 'node', node: node.whom };
    }
    throw logged;
  }

  /**
   * Checks that these stand in the log where the directory said, under a head that is vouched for. The view goes on.
   * @throws {CallFault} `log-leaves` when something else stands there, or it did not say where
   */
  async standInLog(copy: RegistryCopy, items: readonly Sealed[], { places }: Logged): Promise<View> {
    const source = this.#directory;
    const head = await source.head();
    const checked = source.checked(head, copy.registry, this.policy);
    const view = await source.advance(copy.kept.view, head, checked);
    const { size, root } = checked.checkpoint;
    for (const [at, item] of items.entries()) {
      const place = places[at] ?? size;
      const [leaf] = place < size ? await source.leaves(place, size) : [];
      if (leaf === undefined || !isSealed(leaf, item)) throw source.lied(new LogFault('log-leaves'));
      const proof = await source.inclusionProof(place, size);
      if (inclusionFault(place, size, leafHash(leaf), proof, root) !== null)
        throw source.lied(new LogFault('log-proof'));
    }
    return view;
  }

  get #directory(): LogSource {
    const [first] = this.#sources;
    if (first === undefined) throw new Error('the first source is the directory');
    return first;
  }
}

/** Who took what was posted. */
export type Posted =
  /** The directory: it stands in the log, as it says. */
  | { readonly by: 'directory'; readonly logged: Logged }
  /** This organisation's node, which forwards it. */
  | { readonly by: 'node'; readonly node: string };

/** Looks entries up, each bucket once. A source that failed once is not asked again. */
export class Lookup {
  readonly #sources: readonly LogSource[];
  readonly #policy: Policy;
  readonly #copy: () => RegistryCopy;
  readonly #caller: Caller;
  readonly #buckets: Map<string, ProvenBucket['bucket']> = new Map();
  readonly #seen: Map<string, bigint>;
  /** Who was away or showed what is not believed. */
  readonly troubles: CallFault[] = [];
  #at = 0;
  #bits: bigint | null = null;
  #view: View | null;

  constructor(
    sources: readonly LogSource[],
    policy: Policy,
    copy: () => RegistryCopy,
    seen: NewestSeen,
    caller: Caller,
  ) {
    this.#sources = sources;
    this.#policy = policy;
    this.#copy = copy;
    this.#view = copy().kept.view;
    this.#seen = new Map(seen);
    this.#caller = caller;
  }

  /** How far the log was seen by now. */
  get view(): View | null {
    return this.#view;
  }

  /** How new the entries are that were seen by now. */
  get seen(): NewestSeen {
    return this.#seen;
  }

  /** The entries of a holder under a tag that count now, mostly one or none. @throws {CallFault} when no source shows what holds. */
  async entries(holder: Principal, tag: Uint8Array): Promise<readonly Verified<HolderEntry>[]> {
    for (let source = this.#sources[this.#at]; source !== undefined; source = this.#sources[this.#at]) {
      const entries = await caught(this.#entriesAt(source, holder, tag));
      if (!(entries instanceof CallFault)) {
        const nowSecs = this.#caller.nowSecs();
        return entries.filter(({ claims }) => claims.expires > nowSecs);
      }
      this.troubles.push(entries);
      this.#at += 1;
      this.#bits = null;
    }
    throw mostTelling(this.troubles);
  }

  async #entriesAt(source: LogSource, holder: Principal, tag: Uint8Array): Promise<readonly Verified<HolderEntry>[]> {
    const bucket = await this.#bucketWith(source, tag);
    const entries = findEntries(bucket, tag).flatMap((one) => {
      // The directory took each when its key was one of the holder's, which may have gone since.
      const verified = attempt(() => verifySignedAt(this.#copy().registry, one, holder, one.unverified.issued));
      return verified.accepted && verified.value.claims.holder === holder ? [verified.value] : [];
    });
    const newest = entries.reduce((secs, { claims }) => (claims.issued > secs ? claims.issued : secs), 0n);
    if (newest === 0n) return entries;
    const key = base64url(tag);
    if (newest < (this.#seen.get(key) ?? 0n)) throw source.lied(new LogFault('entry-replayed'));
    this.#seen.set(key, newest);
    return entries;
  }

  async #bucketWith(source: LogSource, tag: Uint8Array): Promise<ProvenBucket['bucket']> {
    let last: CallFault | null = null;
    for (let race = 0; race < MAX_RACES; race += 1) {
      const bits = this.#bits ?? (await this.#bitsOf(source));
      const number = bucketOf(tag, bits);
      const place = `${this.#at}/${number}`;
      const known = this.#buckets.get(place);
      if (known !== undefined) return known;
      const bucket = await caught(this.#fetch(source, bits, number));
      if (!(bucket instanceof CallFault)) {
        this.#buckets.set(place, bucket);
        return bucket;
      }
      if (bucket.code !== OTHER_BITS) throw bucket;
      // There are more or fewer buckets than a moment ago.
      this.#bits = null;
      this.#buckets.clear();
      last = bucket;
    }
    throw last ?? source.lied('it is another bucket');
  }

  /** Only of a head that is believed: the number of a bucket says of its tag as many bits as one lets oneself be told. */
  async #bitsOf(source: LogSource): Promise<bigint> {
    const [checked, view] = await this.#believed(source, await source.head());
    this.#view = view;
    this.#bits = checked.state.bits;
    return this.#bits;
  }

  async #believed(source: LogSource, head: Head): Promise<readonly [CheckedHead, View]> {
    const checked = source.checked(head, this.#copy().registry, this.#policy);
    return [checked, await source.advance(this.#view, head, checked)];
  }

  async #fetch(source: LogSource, bits: bigint, number: bigint): Promise<ProvenBucket['bucket']> {
    const proven = await source.bucket(bits, number);
    const [checked, view] = await this.#believed(source, proven.head);
    try {
      checkProvenBucket(proven, checked.state);
    } catch (thrown) {
      throw source.lied(thrown);
    }
    this.#view = view;
    return proven.bucket;
  }
}

interface Look {
  readonly kept: Kept;
  readonly refused: readonly RefusedStatement[];
  readonly isFetched: boolean;
}

interface Shown {
  readonly kept: Kept;
  readonly refused: readonly RefusedStatement[];
  /** The head that enough organisations vouch for; else why nobody vouches for what was fetched. */
  readonly proven: CheckedHead | CallFault;
}

function copyOf(
  anchor: Anchor,
  { kept, refused }: Look,
  standing: Standing,
  troubles: readonly CallFault[],
  nowSecs: bigint,
): RegistryCopy {
  const { registry, checked } = madeOf(anchor, kept, nowSecs);
  return { registry, standing, troubles, refused, kept: { ...kept, checked } };
}

/**
 * Who never saw a proven head takes what is signed; who did holds out for another one, so that taking the witnesses away keeps no
 * suspension from anybody for longer than a day.
 */
function confirmUnproven(kept: Kept, nowSecs: bigint): Kept {
  return kept.view === null ? { ...kept, fetchedSecs: nowSecs } : kept;
}

/** Of which snapshot a head says that it is, before anything of it was checked. */
function saidDigest(head: Head): Uint8Array | null {
  const leaf = attempt(() => leafFromBytes(head.leaf));
  return leaf.accepted && leaf.value.body.kind === 'state' ? leaf.value.body.registry : null;
}

function isSealed(leaf: Uint8Array, item: Sealed): boolean {
  const read = attempt(() => leafFromBytes(leaf).body);
  if (!read.accepted || read.value.kind !== 'sealed') return false;
  return read.value.id === item.id && equalBytes(read.value.sealed, item.sealed);
}

/** Of what several sources said, what a person should read: what proves a lie, else that somebody lied, else who was away. */
function mostTelling(faults: readonly CallFault[]): CallFault {
  const [first] = faults;
  const proof = faults.find(({ evidence }) => evidence !== null);
  const lie = proof ?? faults.find(({ kind }) => kind === 'not-believed');
  return lie ?? first ?? new CallFault('ours', 'the directory', 'no directory is named');
}

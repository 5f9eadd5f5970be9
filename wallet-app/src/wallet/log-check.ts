/**
 * Checking a page of a holder's log: every entry stands in the tree that the holder signed, that tree goes on from the one seen
 * before, and what the holder acknowledged to this wallet is in it. A holder that shows two histories is caught, and its two
 * signed heads are kept as evidence.
 */

import { equalBytes } from '../protocol/bytes.ts';
import { ANSWER_LIMITS, array, bytes, decode, identifier, nullable, uint } from '../protocol/codec/index.ts';
import { Signed, type Verified } from '../protocol/cose.ts';
import { ObjectId, type PodId, type Principal } from '../protocol/ids.ts';
import { list, tuple } from '../protocol/lists.ts';
import { consistencyFault, inclusionFault, leafHash } from '../protocol/merkle.ts';
import { attempt, Refusal } from '../protocol/refusal.ts';
import { verifySignedAt } from '../protocol/registry/checks.ts';
import type { Registry } from '../protocol/registry/index.ts';
import { TreeHead } from '../protocol/tree-head.ts';
import type { LogEntry, LogPage, Opened } from './log-page.ts';
import {
  type Act,
  all,
  type ForkEvidence,
  headSeen,
  type LackEvidence,
  podTagSeen,
  type SeenHead,
  type WalletState,
} from './state.ts';

const WHAT = {
  'log-head': "the tree head is not the holder's",
  'log-consistency-needed': 'the holder must prove that its log goes on from the one seen before',
  'log-stale': 'the tree head is older than what the holder showed or acknowledged before: ask again',
  'log-fork': "the holder's log shows another history than before: both signed heads are kept as evidence",
  'log-entry-proof': 'an entry does not stand in the signed tree',
  'log-entry-differs': 'what the holder says of an entry differs from the entry itself',
  'log-entry-pod': 'an entry is about another pod than the one that was asked about',
  'log-order': 'the entries of the page are not in order',
  'log-entry-missing': 'the holder acknowledged an act of this wallet and does not show it where it said',
} as const;

/** Why a page is not believed. */
export type LogCheckCode = keyof typeof WHAT;

export class LogCheckFault extends Error {
  override readonly name = 'LogCheckFault';
  readonly code: LogCheckCode;
  /** Of which entry, when it is about one. */
  readonly index: bigint | null;
  /** Two signed heads that cannot both be true. */
  readonly fork: ForkEvidence | null;
  /** A signed head that lacks what was acknowledged. */
  readonly lack: LackEvidence | null;
  /** The proof that is needed. */
  readonly needed: { readonly from: bigint; readonly to: bigint } | null;

  constructor(
    code: LogCheckCode,
    more: {
      readonly index?: bigint;
      readonly fork?: ForkEvidence;
      readonly lack?: LackEvidence;
      readonly needed?: { readonly from: bigint; readonly to: bigint };
      readonly cause?: unknown;
    } = {},
  ) {
    super(WHAT[code], more.cause === undefined ? {} : { cause: more.cause });
    this.code = code;
    this.index = more.index ?? null;
    this.fork = more.fork ?? null;
    this.lack = more.lack ?? null;
    this.needed = more.needed ?? null;
  }
}

/** An entry whose place in the signed tree was checked. */
export interface CheckedEntry {
  readonly index: bigint;
  readonly opened: Opened;
}

/** A page that holds. */
export interface CheckedPage {
  readonly entries: readonly CheckedEntry[];
  /** From where the next page begins. */
  readonly next: bigint | null;
  /** Size of the tree that they stand in. */
  readonly treeSize: bigint;
  /** What is to be remembered of it. */
  readonly act: Act;
}

/** What was asked for. */
export interface AskedPage {
  readonly holder: Principal;
  readonly pod: PodId;
  /** From which index on. */
  readonly from: bigint;
  /** The last place at which the holder had acknowledged an act of this wallet when it was asked; null when none is remembered. */
  readonly acknowledged: bigint | null;
}

/**
 * Checks a page. `consistency` is the holder's proof from the last head seen to the page's, when the page itself brings none; it is
 * needed when the log has grown. @throws {LogCheckFault}
 */
export function checkLogPage(
  state: WalletState,
  asked: AskedPage,
  page: LogPage,
  consistency: readonly Uint8Array[] | null,
  registry: Registry,
  nowSecs: bigint,
): CheckedPage {
  const head = readHead(asked.holder, page, registry);
  const last = state.organisations.get(asked.holder)?.lastHead ?? null;
  checkHistory(asked.holder, last, head, consistency ?? page.consistency, nowSecs);
  // A holder signs the head when it answers: one from before what it had acknowledged hides what came since.
  if (asked.acknowledged !== null && head.claims.size <= asked.acknowledged) throw new LogCheckFault('log-stale');
  checkOrder(asked.from, page, head.claims.size);
  const open = page.entries.map((entry) => checkEntry(entry, head.claims));
  const tag = checkPod(state.podTags.get(asked.pod) ?? null, page, open);
  checkAcknowledged(state, asked, page, open, head, nowSecs);
  return {
    entries: page.entries.map(({ index, opened }) => ({ index, opened })),
    next: page.next,
    treeSize: head.claims.size,
    act: all([...(tag === null ? [] : [podTagSeen(asked.pod, tag)]), headSeen(asked.holder, seen(head))]),
  };
}

function readHead(holder: Principal, page: LogPage, registry: Registry): Verified<TreeHead> {
  const head = attempt(() => {
    const signed = Signed.decode(TreeHead, page.treeHead);
    // As old as the log's last entry.
    return verifySignedAt(registry, signed, holder, signed.unverified.timeSecs);
  });
  if (!head.accepted) throw new LogCheckFault('log-head', { cause: head.refusal });
  if (head.value.claims.origin !== holder) throw new LogCheckFault('log-head', { cause: new Refusal('audience') });
  return head.value;
}

function checkHistory(
  holder: Principal,
  last: SeenHead | null,
  head: Verified<TreeHead>,
  proof: readonly Uint8Array[],
  nowSecs: bigint,
): void {
  if (last === null || goesOn(last, head.claims, proof)) return;
  throw new LogCheckFault('log-fork', { fork: { holder, earlier: last, later: seen(head), proof, seenSecs: nowSecs } });
}

function goesOn(last: SeenHead, { size, root, timeSecs }: TreeHead, proof: readonly Uint8Array[]): boolean {
  if (size < last.size) {
    // Within one second nobody can tell which was signed first: a log may grow more than once in it.
    if (timeSecs <= last.timeSecs) throw new LogCheckFault('log-stale');
    // Signed later, with fewer entries: something was taken out.
    return false;
  }
  if (size === last.size) return equalBytes(root, last.root);
  if (proof.length === 0 && last.size > 0n) {
    throw new LogCheckFault('log-consistency-needed', { needed: { from: last.size, to: size } });
  }
  // From the empty tree there is nothing to prove, whatever came along.
  return consistencyFault(last.size, size, last.root, root, last.size === 0n ? [] : proof) === null;
}

function seen({ claims, bytes }: Verified<TreeHead>): SeenHead {
  return { size: claims.size, root: claims.root, timeSecs: claims.timeSecs, bytes };
}

function checkOrder(from: bigint, { entries, next }: LogPage, size: bigint): void {
  let least = from;
  for (const { index } of entries) {
    if (index < least) throw new LogCheckFault('log-order', { index });
    least = index + 1n;
  }
  // The holder knows where the last one is: it sends nobody on without any.
  if (next !== null && (entries.length === 0 || next < least || next <= from || next > size))
    throw new LogCheckFault('log-order');
}

function checkEntry({ index, entry, proof, opened }: LogEntry, head: TreeHead): OpenPart {
  if (inclusionFault(index, head.size, leafHash(entry), proof, head.root) !== null) {
    throw new LogCheckFault('log-entry-proof', { index });
  }
  const open = attempt(() => readOpenPart(entry));
  if (!open.accepted || open.value === null || !agrees(open.value, opened)) {
    throw new LogCheckFault('log-entry-differs', { index });
  }
  return open.value;
}

/**
 * All that is shown of a pod has one tag: that of the entries shown before, when there were any. Since the acts of this wallet about
 * the pod must be among them, it is this pod's.
 */
function checkPod(known: Uint8Array | null, { entries }: LogPage, open: readonly OpenPart[]): Uint8Array | null {
  return open.reduce((before: Uint8Array | null, { pod }, at) => {
    const isThisPods = pod !== null && (before === null || equalBytes(before, pod));
    if (!isThisPods) throw new LogCheckFault('log-entry-pod', { index: entries[at]?.index ?? 0n });
    return pod;
  }, known);
}

/**
 * Every act that the holder acknowledged and whose entry falls into the page must be on it, and be that very act; one acknowledged
 * before the head was signed must stand below it.
 */
function checkAcknowledged(
  { acknowledgements }: WalletState,
  { holder, pod, from }: AskedPage,
  page: LogPage,
  open: readonly OpenPart[],
  head: Verified<TreeHead>,
  nowSecs: bigint,
): void {
  const { size, timeSecs } = head.claims;
  const end = page.next ?? size;
  for (const one of acknowledgements) {
    if (one.holder !== holder || one.pod !== pod) continue;
    const isOnPage = from <= one.auditIndex && one.auditIndex < end;
    const isLeftOut = one.auditIndex >= size && one.issuedSecs < timeSecs;
    if (!isOnPage && !isLeftOut) continue;
    const at = page.entries.findIndex(({ index }) => index === one.auditIndex);
    if (open[at]?.request === one.of) continue;
    const lack = { holder, acknowledgement: one, head: seen(head), seenSecs: nowSecs };
    throw new LogCheckFault('log-entry-missing', { index: one.auditIndex, lack });
  }
}

/** The kinds of entries by their numbers, from 1. */
const KINDS = ['disclosure', 'refusal', 'command', 'import', 'head-cosigned', 'notice', 'notice-answer'] as const;
const ENTRY_VERSION = 1n;

/**
 * The part of an entry that is not sealed: `[version, salt, time, kind, pod / null, request / null, grants / null]`, where
 * `request = [id, cti, kid, issued]` and `grants = [chain, uses]` (`docs/data-model.md`, "The audit log").
 */
interface OpenPart {
  readonly timeSecs: bigint;
  readonly kind: string;
  /** The tag that stands for the pod in this log. */
  readonly pod: Uint8Array | null;
  readonly request: ObjectId | null;
  readonly chain: readonly ObjectId[];
}

/** Null for a version or kind that this wallet does not know. @throws {Refusal} */
function readOpenPart(entry: Uint8Array): OpenPart | null {
  const [opening] = tuple(2)(0n, decode(entry, ANSWER_LIMITS));
  const [version, , time, number, pod, request, grants] = tuple(7)(0n, decode(bytes(0n, opening), ANSWER_LIMITS));
  const kind = KINDS[Number(uint(3n, number)) - 1];
  if (uint(0n, version) !== ENTRY_VERSION || kind === undefined) return null;
  const asked = nullable(tuple(4))(5n, request);
  const granted = nullable(array)(6n, grants);
  return {
    timeSecs: uint(2n, time),
    kind,
    pod: nullable(bytes)(4n, pod),
    request: asked && identifier(ObjectId)(5n, asked[0]),
    chain: granted === null ? [] : list(identifier(ObjectId))(6n, tuple(2)(6n, granted)[0]),
  };
}

/** Whether what the holder says fits. What the entry itself leaves out can only be believed. */
function agrees(own: OpenPart, said: Opened): boolean {
  const isSameRequest = own.request === null || said.requestId === null || own.request === said.requestId;
  const isGrantKnown = said.grant === null || own.chain.length === 0 || own.chain.includes(said.grant);
  return own.timeSecs === said.timeSecs && own.kind === said.kind && isSameRequest && isGrantKnown;
}

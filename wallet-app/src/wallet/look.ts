/** Looking: one's own data, who looked, and everything to take along. */

import type { RecordType } from '../protocol/field.ts';
import type { PodId, Principal } from '../protocol/ids.ts';
import { type Core, isMissing, MAX_PAGES, type Missing } from './core.ts';
import { type AskedPage, type CheckedEntry, type CheckedPage, checkLogPage, LogCheckFault } from './log-check.ts';
import { type LogPage, readLogPage } from './log-page.ts';
import { type OwnRecord, ownRecord, readRecordPage } from './records.ts';
import { forkSeen, lackSeen } from './state.ts';

/** Entries asked for at once. */
const LOG_PAGE = 100n;
/** Most proofs that are fetched for one page: each look that goes on meanwhile costs another. */
const MAX_PROOFS = 3;

/** One's own records at a holder, of one type or (null) of all. @throws {CallFault} @throws {KeysFault} */
export async function ownData(
  core: Core,
  holder: Principal,
  pod: PodId,
  recordType: RecordType | null,
): Promise<readonly OwnRecord[]> {
  const read = (skip: bigint): Parameters<Core['order']>[0] => ({
    holder,
    pod,
    action: { kind: 'read', recordType, skip },
  });
  const pages = await core.pages(read, readRecordPage);
  return core.reading(holder, () => pages.flatMap(({ raw }) => raw.map(ownRecord)));
}

/** Who looked, with every proof checked. */
export interface Looked {
  /** The oldest first. */
  readonly entries: readonly CheckedEntry[];
  /** Size of the holder's log in which they all stand. */
  readonly treeSize: bigint;
  /** From which index on there is more; null when that was all. */
  readonly next: bigint | null;
}

/**
 * The entries about a pod from one index on, at most `MAX_PAGES` pages of them, with their proofs checked and the log's history
 * followed. A fork, and what is missing, is kept as evidence.
 * @throws {LogCheckFault} @throws {CallFault} @throws {KeysFault}
 */
export async function whoLooked(core: Core, holder: Principal, pod: PodId, from = 0n): Promise<Looked> {
  const entries: CheckedEntry[] = [];
  let [treeSize, next]: [bigint, bigint | null] = [0n, from];
  for (let pages = 0; next !== null && pages < MAX_PAGES; pages += 1) {
    const page: CheckedPage = await logPage(core, {
      holder,
      pod,
      from: next,
      acknowledged: lastAcknowledged(core, holder),
    });
    entries.push(...page.entries);
    ({ treeSize, next } = page);
  }
  return { entries, treeSize, next };
}

function lastAcknowledged({ state }: Core, holder: Principal): bigint | null {
  const places = state.acknowledgements.filter((one) => one.holder === holder).map(({ auditIndex }) => auditIndex);
  return places.reduce<bigint | null>((last, place) => (last === null || place > last ? place : last), null);
}

async function logPage(core: Core, asked: AskedPage): Promise<CheckedPage> {
  const { holder, pod, from } = asked;
  const { result } = await core.order({ holder, pod, action: { kind: 'log', from, limit: LOG_PAGE } });
  const page = core.reading(holder, () => readLogPage(result));
  try {
    return await orProof(core, holder, (proof) => keepChecked(core, asked, page, proof));
  } catch (thrown) {
    if (thrown instanceof LogCheckFault) {
      if (thrown.fork !== null) await core.keep(forkSeen(thrown.fork));
      if (thrown.lack !== null) await core.keep(lackSeen(thrown.lack));
    }
    throw thrown;
  }
}

/** That the log goes on from the one with so many entries. */
interface GrowthProof {
  readonly from: bigint;
  readonly hashes: readonly Uint8Array[];
}

/**
 * Checks a page against what is remembered at the very moment at which it is remembered itself: two looks at once, in two windows
 * too, are held against each other. @throws {LogCheckFault}
 */
async function keepChecked(
  core: Core,
  asked: AskedPage,
  page: LogPage,
  proof: GrowthProof | null,
): Promise<CheckedPage> {
  let checked: CheckedPage | null = null;
  await core.keep((state) => {
    const before = state.organisations.get(asked.holder)?.lastHead?.size;
    // Another look went on meanwhile: a proof from where the log was before then proves nothing, and accuses nobody.
    const hashes = proof !== null && proof.from === before ? proof.hashes : null;
    checked = checkLogPage(state, asked, page, hashes, core.registry, core.caller.nowSecs());
    return checked.act(state);
  });
  if (checked === null) throw new Error('what was kept was checked');
  return checked;
}

/** Fetches the proof that the log goes on from the head that was seen last, when it has grown; again when others went on meanwhile. */
async function orProof(
  core: Core,
  holder: Principal,
  check: (proof: GrowthProof | null) => Promise<CheckedPage>,
): Promise<CheckedPage> {
  let proof: GrowthProof | null = null;
  for (let fetched = 0; ; fetched += 1) {
    try {
      return await check(proof);
    } catch (thrown) {
      const needed = thrown instanceof LogCheckFault ? thrown.needed : null;
      if (needed === null || fetched >= MAX_PROOFS) throw thrown;
      proof = { from: needed.from, hashes: await core.node(holder).consistency(needed.from, needed.to) };
    }
  }
}

/** All that one holder has of a pod. */
export interface Exported {
  readonly holder: Principal;
  readonly name: string;
  readonly pod: PodId;
  /** The holder's catalogue, as it came: what each field is. */
  readonly catalogue: unknown;
  /** The records, as they came. */
  readonly records: readonly unknown[];
}

/** Somewhere to take from. */
export interface Held {
  readonly holder: Principal;
  readonly name: string;
  readonly pod: PodId;
}

/** All places from which there is something to take. */
export function allHeld(core: Core): readonly Held[] {
  return core.enrolled().flatMap(({ holder, name, pods }) => pods.map((pod) => ({ holder, name, pod })));
}

/** Everything that one holder has of a pod, or the holder as missing. @throws {StorageFault} */
export function exportOne(core: Core, { holder, name, pod }: Held): Promise<Exported | Missing> {
  return core.orMissing(holder, pod, async () => {
    const pages = await core.pages((skip) => ({ holder, pod, action: { kind: 'export', skip } }), readRecordPage);
    const records = pages.flatMap(({ raw }) => raw);
    return { holder, name, pod, catalogue: pages[0]?.catalogue ?? null, records };
  });
}

/** Everything that is held, from every organisation. One that is down is named, and the rest arrives. @throws {StorageFault} */
export async function exportAll(
  core: Core,
): Promise<{ readonly arrived: readonly Exported[]; readonly missing: readonly Missing[] }> {
  const arrived: Exported[] = [];
  const missing: Missing[] = [];
  for (const found of await Promise.all(allHeld(core).map((held) => exportOne(core, held)))) {
    if (isMissing(found)) missing.push(found);
    else arrived.push(found);
  }
  return { arrived, missing };
}

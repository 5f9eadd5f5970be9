/**
 * Recovering a lost wallet with the printed code, and recoveries that somebody else began.
 *
 * - `recover(core, code, lostSince)`, on the new device: begins at every organisation, all at once, and says how it stands; called
 *   again, it goes on with what is left. It takes effect 72 hours of log time later. `recoverIdentified` begins with a login at one
 *   organisation, which no device cancels; it ends like an enrolment (`enrolmentStatus`, `confirmEnrolment`).
 * - `recoveries(core)` lists what waits anywhere, own and others'; `cancelRecovery(core, one, code)` cancels it.
 * - `withoutPaper(core)` names organisations that joined after the code was last typed; `typePaperAgain(core, code)` takes them in.
 *
 * Whoever was not reached is `Missing` in what these give. `finish` goes on with cancelling; where a recovery is still to be begun it
 * can only be named, since the code is kept nowhere.
 */

import { CallFault } from '../client/fault.ts';
import { cancelWithPaper, recover as recoveryOf } from '../keys/key-change.ts';
import { keyAmong, KeysFault, replay } from '../keys/key-log.ts';
import type { RecoveryCode } from '../keys/recovery-code.ts';
import { RecoveryRoot } from '../keys/root.ts';
import { equalBytes } from '../protocol/bytes.ts';
import type { ObjectId, Principal } from '../protocol/ids.ts';
import { dueSecs, type KeyState, type Pending } from '../protocol/key-event/index.ts';
import { type Core, isMissing, type Missing } from './core.ts';
import { type Enrolling, notePaper } from './enrol.ts';
import { allHolders, allLogs, findLogs, type FoundLog, knownHolders, ownLog } from './key-logs.ts';
import { changeKeys, type KeysChanged } from './key-tasks.ts';
import { held, recoveringAt } from './state.ts';

/** How a recovery stands at one organisation. */
export type RecoveryStands =
  /** No wallet with this code is known there. */
  | { readonly state: 'nothing' }
  /** It waits. Whose times are null is not in the log yet: the 72 hours have not begun. */
  | { readonly state: 'waits'; readonly countsFromSecs: bigint | null; readonly dueSecs: bigint | null }
  /** This device's keys count there: log in to see the pods. */
  | { readonly state: 'recovered' };

/** How a recovery stands. */
export interface RecoveryBegun {
  readonly stands: readonly { readonly holder: Principal; readonly name: string; readonly at: RecoveryStands }[];
  readonly missing: readonly Missing[];
}

/**
 * Recovers the wallet to this device, everywhere; where that was begun before, it says how it stands. What the lost device signed from
 * `lostSince` on does not count. @throws {StorageFault}
 */
export async function recover(core: Core, code: RecoveryCode, lostSince: bigint | null): Promise<RecoveryBegun> {
  const paper = new RecoveryRoot(code);
  const holders = allHolders(core);
  await core.keep(recoveringAt(lostSince, holders));
  const asked = await Promise.all(
    holders.map(async (holder) => {
      const at = await core.orMissing(holder, null, () => recoverAt(core, holder, paper, lostSince));
      return isMissing(at) ? at : { holder, name: core.nameOf(holder), at };
    }),
  );
  const missing = asked.filter(isMissing);
  await core.keep(
    recoveringAt(
      lostSince,
      missing.map(({ holder }) => holder),
    ),
  );
  const stands = asked.flatMap((one) => (isMissing(one) ? [] : [one]));
  // A paper that nobody knows takes the place of none.
  if (stands.some(({ at }) => at.state !== 'nothing')) await notePaper(core, code);
  return { stands, missing };
}

async function recoverAt(
  core: Core,
  holder: Principal,
  paper: RecoveryRoot,
  lostSince: bigint | null,
): Promise<RecoveryStands> {
  const log = await logOf(core, holder, paper);
  if (log === null) return { state: 'nothing' };
  const stands = await standsIn(core, holder, log);
  if (stands !== null) return stands;
  // What somebody else began is shown by `recoveries`, to be cancelled with the paper.
  if (log.state.pending !== null) await core.keep(held(holder, core.nameOf(holder), log.events));
  const { id, bytes } = await recoveryOf({ ...ownLog(core, holder), events: log.events }, paper, lostSince, false);
  await core.node(holder).sendKeyEvent(log.state.principal, bytes);
  const after = await logOf(core, holder, paper);
  const begun = after?.state.pending?.id === id ? await standsIn(core, holder, after) : null;
  if (begun === null) {
    const name = core.nameOf(holder);
    throw new CallFault('not-believed', name, `${name} says that it took the recovery in, and does not show it`);
  }
  return begun;
}

/** The log in which the paper counts or counted. @throws {CallFault} */
async function logOf(core: Core, holder: Principal, paper: RecoveryRoot): Promise<FoundLog | null> {
  const digest = paper.digest(holder);
  const logs = await findLogs(core, holder, digest);
  return logs.find(({ state }) => state.recoveryPoint(digest) !== null) ?? null;
}

/** How a recovery to this device stands in a log; it is remembered. Null when there is none. */
async function standsIn(core: Core, holder: Principal, { events, state }: FoundLog): Promise<RecoveryStands | null> {
  const current = state.devices.filter(({ revokedSeq }) => revokedSeq === null).map(({ device }) => device.key.kid);
  const isIn = (await keyAmong(core.custody, holder, state, current)) !== null;
  const isToUs = state.pending !== null && (await isToThisDevice(core, holder, state, state.pending));
  if (!isIn && !isToUs) return null;
  await core.keep(held(holder, core.nameOf(holder), events));
  if (isIn || state.pending === null) return { state: 'recovered' };
  return { state: 'waits', countsFromSecs: state.pending.taken.loggedSecs, dueSecs: dueSecs(state.pending) };
}

async function isToThisDevice(core: Core, holder: Principal, state: KeyState, pending: Pending): Promise<boolean> {
  const kids = pending.recovery.devices.map(({ key }) => key.kid);
  return (await keyAmong(core.custody, holder, state, kids)) !== null;
}

/**
 * Begins a recovery for which the person logs in at the organisation, so that no device cancels it: for when somebody else has the
 * lost one. @throws {KeysFault} `keys-other-paper` @throws {CallFault} @throws {StorageFault}
 */
export async function recoverIdentified(
  core: Core,
  code: RecoveryCode,
  organisation: Principal,
  lostSince: bigint | null,
): Promise<Enrolling> {
  const paper = new RecoveryRoot(code);
  const log = await logOf(core, organisation, paper);
  if (log === null) throw new KeysFault('keys-other-paper');
  const { bytes } = await recoveryOf({ ...ownLog(core, organisation), events: log.events }, paper, lostSince, true);
  await notePaper(core, code);
  await core.keep(held(organisation, core.nameOf(organisation), log.events));
  const first = log.events.slice(0, 1).map((event) => event.bytes);
  const started = await core.node(organisation).beginRecovery(first, bytes);
  return { organisation, log: log.state.principal, started };
}

/** Something that waits to replace this wallet's keys at an organisation. */
export interface WaitingRecovery {
  readonly holder: Principal;
  readonly name: string;
  /** Names it, to cancel it. */
  readonly target: ObjectId;
  /** What began it: the printed code; the code and a login as the person; the organisation's desk, without the code. */
  readonly by: 'code' | 'code-and-login' | 'desk';
  /** When the organisation took it in; null for the desk's. */
  readonly begunSecs: bigint | null;
  /** From when its 72 hours count; null while it is not in the log, and for the desk's. */
  readonly countsFromSecs: bigint | null;
  /** When it takes effect, unless it is cancelled; null while nobody can say. */
  readonly dueSecs: bigint | null;
  /** Whether it is to this very device. */
  readonly toThisDevice: boolean;
  /** Whether this device may cancel it; else only the printed code does. */
  readonly deviceCancels: boolean;
}

/** All that waits, at every organisation that this wallet knows. @throws {StorageFault} */
export async function recoveries(
  core: Core,
): Promise<{ readonly waiting: readonly WaitingRecovery[]; readonly missing: readonly Missing[] }> {
  const { logs, missing } = await allLogs(core);
  const waiting: WaitingRecovery[] = [];
  for (const { holder, name, state, desk } of logs) {
    const managing = state.devices
      .filter(({ device, revokedSeq }) => device.roles.manage && revokedSeq === null)
      .map(({ device }) => device.key.kid);
    const manages = (await keyAmong(core.custody, holder, state, managing)) !== null;
    const { pending } = state;
    if (pending !== null) {
      waiting.push({
        holder,
        name,
        target: pending.id,
        by: pending.taken.identified ? 'code-and-login' : 'code',
        begunSecs: pending.taken.takenSecs,
        countsFromSecs: pending.taken.loggedSecs,
        dueSecs: dueSecs(pending),
        toThisDevice: await isToThisDevice(core, holder, state, pending),
        deviceCancels: manages && !pending.taken.identified,
      });
    }
    if (desk !== null) {
      const { target, dueSecs: due } = desk;
      const times = { begunSecs: null, countsFromSecs: null, dueSecs: due };
      waiting.push({ holder, name, target, by: 'desk', ...times, toThisDevice: false, deviceCancels: manages });
    }
  }
  return { waiting, missing };
}

/**
 * Cancels what waits, with this device or, given the code, with the paper. An organisation that is away hears of it through the
 * directory's log. A device that is in no log yet cancels with the paper too. It is told as done when the log shows it; where it took
 * effect before, the fault is `keys-too-late`. @throws {KeysFault} `keys-other-paper`
 * @throws {StorageFault}
 */
export async function cancelRecovery(
  core: Core,
  { holder, target, by, dueSecs: due }: Pick<WaitingRecovery, 'holder' | 'target' | 'by' | 'dueSecs'>,
  code: RecoveryCode | null,
): Promise<KeysChanged> {
  const byPaper = code && (await cancelWithPaper(ownLog(core, holder), new RecoveryRoot(code), target));
  const deskDueSecs = by === 'desk' ? due : null;
  return changeKeys(core, [{ kind: 'cancel', holder, target, signed: byPaper && byPaper.bytes, deskDueSecs }]);
}

/** Organisations at which this wallet could not enrol now: they joined after the printed code was last typed. */
export function withoutPaper(core: Core): readonly Principal[] {
  return allHolders(core).filter((holder) => !core.state.recoveryDigests.has(holder));
}

/** Another printed code than the one that counts was typed. */
export class OtherPaper extends Error {
  override readonly name = 'OtherPaper';
  readonly code = 'other-paper';

  constructor() {
    super('this is not the printed code of this wallet: take the one that was printed last');
  }
}

/** Takes the printed code in once more, for the organisations of today. @throws {OtherPaper} @throws {KeysFault} @throws {StorageFault} */
export async function typePaperAgain(core: Core, code: RecoveryCode): Promise<void> {
  const paper = new RecoveryRoot(code);
  const known = [...core.state.recoveryDigests];
  const isNoted = known.every(([member, digest]) => equalBytes(paper.digest(member), digest));
  // A device on which no code was typed yet has it from the logs that others began.
  const isInLogs = knownHolders(core).every((holder) => {
    const { events, nowSecs } = ownLog(core, holder);
    return replay(holder, events, nowSecs).recoveryPoint(paper.digest(holder)) !== null;
  });
  if (known.length > 0 ? !isNoted : !isInLogs) throw new OtherPaper();
  await notePaper(core, code);
}

/** Where a recovery is still to be begun: the code is needed once more. */
export function unaskedInRecovery(core: Core): readonly Missing[] {
  const unasked = core.state.recovering?.unasked ?? [];
  return unasked.map((holder) => ({
    holder,
    name: core.nameOf(holder),
    pod: null,
    fault: new KeysFault('keys-paper-needed'),
  }));
}

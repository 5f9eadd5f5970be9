/**
 * Changing the wallet's key logs, at every organisation that it concerns. What is to be done is remembered before it is tried; each
 * organisation is done by itself, and who was away is named. What takes keys or recoveries away is posted to the directory's log for
 * whoever was away, and `finish` goes on with all of it.
 */

import { CallFault } from '../client/fault.ts';
import { addDevice, cancel, type Changed, revokeDevice, rotate, withEvent } from '../keys/key-change.ts';
import { type KeysCode, KeysFault, RECOVERY_DELAY_SECS, replay } from '../keys/key-log.ts';
import { equalBytes } from '../protocol/bytes.ts';
import { Signed } from '../protocol/cose.ts';
import { PublicKey } from '../protocol/crypto/signing.ts';
import { KeyEvent, type KeyState } from '../protocol/key-event/index.ts';
import type { ObjectId } from '../protocol/ids.ts';
import { type Core, isMissing, type Missing } from './core.ts';
import { type FoundLog, ownLog, refreshLog } from './key-logs.ts';
import { postFor } from './posting.ts';
import { changeEnded, changePosted, held, type KeyTask, type OutstandingKeyTask, toChange } from './state.ts';

/** Something that waits is to be cancelled. */
type Cancel = Extract<KeyTask, { readonly kind: 'cancel' }>;

/** How often a change is made anew on a log that somebody else changed meanwhile. */
const MAX_RACES = 3;

/** How a change was made. */
export type KeyTaskHow =
  /** It is in the key log, as its organisation says. */
  | { readonly by: 'holder' }
  /** The organisation was not reached: it hears of it through the directory's log. `proven`: that it stands there was checked. */
  | { readonly by: 'log'; readonly proven: boolean; readonly away: CallFault };

/** What came of changes at several organisations. */
export interface KeysChanged {
  readonly done: readonly { readonly task: KeyTask; readonly name: string; readonly how: KeyTaskHow }[];
  /** Where it was not done, and why. Unless it cannot be done there any more, `finish` tries again. */
  readonly missing: readonly Missing[];
}

/** Does these, and what is left from before. @throws {StorageFault} */
export async function changeKeys(core: Core, tasks: readonly KeyTask[]): Promise<KeysChanged> {
  await core.keep(...tasks.map(toChange));
  return finishKeyTasks(core);
}

/** Goes on with what was begun. @throws {StorageFault} */
export async function finishKeyTasks(core: Core): Promise<KeysChanged> {
  const tasks = core.state.keyTasks;
  const holders = [...new Set(tasks.map(({ task }) => task.holder))];
  // Organisations at once; at one of them each change goes on from the one before.
  const all = await Promise.all(
    holders.map(async (holder) => {
      const ended: (KeysChanged['done'][number] | Missing)[] = [];
      for (const one of tasks.filter(({ task }) => task.holder === holder)) ended.push(await perform(core, one));
      return ended;
    }),
  );
  const ended = all.flat();
  return {
    done: ended.flatMap((one) => (isMissing(one) ? [] : [one])),
    missing: ended.filter(isMissing),
  };
}

async function perform(
  core: Core,
  { task, posted }: OutstandingKeyTask,
): Promise<KeysChanged['done'][number] | Missing> {
  const ended = await core.orMissing(task.holder, null, async () => {
    const how = await change(core, task, posted);
    return { task, name: core.nameOf(task.holder), how };
  });
  if (isMissing(ended) && isOver(task, ended.fault)) await core.keep(changeEnded(task));
  return ended;
}

/** Why this device can revoke nothing at an organisation, now or later. */
const UNABLE: readonly KeysCode[] = ['keys-not-ours', 'keys-signs-only', 'keys-last'];

/**
 * Whether trying again would end the same way. A recovery that waits passes; and that a lost device is revoked is promised until the log
 * says so, whatever an organisation answers in error.
 */
function isOver({ kind }: KeyTask, fault: CallFault | KeysFault): boolean {
  if (fault instanceof KeysFault)
    return kind === 'revoke' ? UNABLE.includes(fault.code) : fault.code !== 'keys-pending';
  const isPending = fault.refusal?.detail?.startsWith('key-pending:') ?? false;
  return fault.isFinal && !isPending && kind !== 'revoke';
}

async function change(core: Core, task: KeyTask, posted: boolean): Promise<KeyTaskHow> {
  try {
    return await changeAt(core, task);
  } catch (thrown) {
    if (!(thrown instanceof CallFault && thrown.mayPass)) throw thrown;
    // Keys that come are shown to people who wait for them: only what goes away is worth another way.
    if (task.kind !== 'revoke' && task.kind !== 'cancel') throw thrown;
    if (posted) return { by: 'log', proven: false, away: thrown };
    return { by: 'log', proven: await post(core, task, thrown), away: thrown };
  }
}

/** @throws {CallFault} @throws {KeysFault} @throws {StorageFault} */
async function changeAt(core: Core, task: KeyTask): Promise<KeyTaskHow> {
  const { holder } = task;
  for (let race = 1, head: ObjectId | null = null; ; race += 1) {
    const log = await logFor(core, task);
    if (isDone(task, log)) {
      // The key may have gone without another in its place: then this device has none there.
      if (task.kind === 'rotate') await core.signer(holder);
      await core.keep(changeEnded(task));
      return { by: 'holder' };
    }
    const changed = await changedBy(core, task);
    try {
      await send(core, task, log.state, changed.bytes);
    } catch (thrown) {
      // Another window or device may have changed the log a moment ago, or done this very thing.
      const isRefused = thrown instanceof CallFault && thrown.kind === 'refused' && log.state.head !== head;
      if (!isRefused || race >= MAX_RACES) throw thrown;
      head = log.state.head;
      continue;
    }
    await core.keep(held(holder, core.nameOf(holder), changed.events));
    // The desk may have bound the other wallet a moment ago: the log takes in what would have cancelled that, and nothing is cancelled.
    if (task.kind === 'cancel' && !isDone(task, await logFor(core, task))) {
      const name = core.nameOf(holder);
      throw new CallFault('not-believed', name, `${name} says that it took the cancelling in, and does not show it`);
    }
    await core.keep(changeEnded(task));
    return { by: 'holder' };
  }
}

/** @throws {CallFault} @throws {KeysFault} `not-enrolled` */
async function logFor(core: Core, task: KeyTask): Promise<FoundLog> {
  return (await refreshLog(core, task.holder)) ?? lastSeen(core, task);
}

/**
 * The log as it was seen last, for what the paper signed: a device that is in the log of no organisation cancels with it too.
 * @throws {KeysFault} `not-enrolled`
 */
function lastSeen(core: Core, task: KeyTask): FoundLog {
  if (task.kind !== 'cancel' || task.signed === null) throw new KeysFault('not-enrolled');
  const { organisation, events, nowSecs } = ownLog(core, task.holder);
  return { events, state: replay(organisation, events, nowSecs), desk: null };
}

/** If another device changed the log since it was last seen, it does not count there, and `finish` makes another. */
async function post(core: Core, task: KeyTask, away: CallFault): Promise<boolean> {
  const { holder } = task;
  const changed = await changedBy(core, task).catch((thrown: unknown) => {
    // By what was seen last it cannot be done; by what the organisation has now, perhaps: it is asked later.
    throw thrown instanceof KeysFault ? away : thrown;
  });
  const event = changed.bytes;
  const { principal } = replay(holder, ownLog(core, holder).events, core.caller.nowSecs());
  return postFor(core, holder, { kind: 'key-event', principal, event }, changePosted(task), away);
}

/** A revocation goes as a command where there is a pod: then the organisation's signed word, and its log, say that it was done. */
async function send(core: Core, { kind, holder }: KeyTask, { principal }: KeyState, event: Uint8Array): Promise<void> {
  const [pod] = core.state.organisations.get(holder)?.pods ?? [];
  if (kind !== 'revoke' || pod === undefined) await core.node(holder).sendKeyEvent(principal, event);
  else await core.order({ holder, pod: pod.pod, action: { kind: 'key-event', event } });
}

/**
 * Whether the log says already what it is to say: somebody else did it, or what was sent before arrived after all.
 * @throws {KeysFault} `keys-too-late`
 */
function isDone(task: KeyTask, log: FoundLog): boolean {
  const { state, desk } = log;
  const current = state.devices.filter(({ revokedSeq }) => revokedSeq === null).map(({ device }) => device.key);
  switch (task.kind) {
    case 'add': {
      const key = PublicKey.fromBytes(task.key);
      return key !== null && current.some((one) => one.equals(key));
    }
    case 'revoke':
      return !current.some(({ kid }) => kid === task.key);
    case 'rotate': {
      const { recovery } = task;
      const isPaperIn = recovery === null || state.controls.recovery.some((one) => equalBytes(one.digest, recovery));
      return isPaperIn && !current.some(({ kid }) => kid === task.from);
    }
    case 'cancel':
      if (state.pending?.id === task.target || desk?.target === task.target) return false;
      // What waits no more was cancelled, or has taken effect.
      if (!isCancelled(task, log)) throw new KeysFault('keys-too-late');
      return true;
  }
}

function isCancelled({ target, deskDueSecs }: Cancel, { events, state }: FoundLog): boolean {
  const read = events.map(({ bytes, taken }) => ({ event: Signed.decode(KeyEvent, bytes), taken }));
  if (read.some(({ event }) => event.id === target)) return !state.stands(target);
  // What the desk did stands in no log, and what would cancel it can come after it took effect: it is to have come while that waited.
  const endsSecs = deskDueSecs ?? 0n;
  return read.some(({ event: { unverified }, taken: { takenSecs } }) => {
    const isOfIt = unverified.change.kind === 'cancel' && unverified.change.target === target;
    return isOfIt && takenSecs >= endsSecs - RECOVERY_DELAY_SECS && takenSecs < endsSecs;
  });
}

/** @throws {KeysFault} */
function changedBy(core: Core, task: KeyTask): Promise<Changed> {
  const log = ownLog(core, task.holder);
  switch (task.kind) {
    case 'add': {
      const key = PublicKey.register(task.key);
      if (key === null) throw new KeysFault('keys-unchangeable');
      return addDevice(log, { key, roles: { sign: true, manage: task.manages } });
    }
    case 'revoke':
      return revokeDevice(log, task.key, task.compromisedSince);
    case 'rotate':
      return rotate(log, task.recovery);
    case 'cancel':
      if (replay(log.organisation, log.events, log.nowSecs).stands(task.target)) throw new KeysFault('keys-too-late');
      return task.signed === null ? cancel(log, task.target) : withEvent(log, task.signed);
  }
}

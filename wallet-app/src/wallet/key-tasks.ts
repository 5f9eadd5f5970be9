/**
 * Changing the wallet's key logs, at every organisation that it concerns. What is to be done is remembered before it is tried; each
 * organisation is done by itself, and who was away is named. What takes keys or recoveries away is posted to the directory's log for
 * whoever was away, and `finish` goes on with all of it.
 */

import { CallFault } from '../client/fault.ts';
import { addDevice, cancel, type Changed, revokeDevice, rotate, withEvent } from '../keys/key-change.ts';
import { KeysFault, replay } from '../keys/key-log.ts';
import { PublicKey } from '../protocol/crypto/signing.ts';
import type { KeyState } from '../protocol/key-event/index.ts';
import { type Core, isMissing, type Missing } from './core.ts';
import { type FoundLog, ownLog, refreshLog } from './key-logs.ts';
import { postFor } from './posting.ts';
import { changeEnded, changePosted, held, type KeyTask, type OutstandingKeyTask, toChange } from './state.ts';

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

/**
 * Whether trying again would end the same way. A recovery that waits passes; and that a lost device is revoked is promised until the log
 * says so, whatever an organisation answers in error.
 */
function isOver({ kind }: KeyTask, fault: CallFault | KeysFault): boolean {
  if (fault instanceof KeysFault) return fault.code !== 'keys-pending';
  const isPending = fault.refusal?.detail?.startsWith('key-pending:') ?? false;
  return fault.isFinal && !isPending && kind !== 'revoke';
}

async function change(core: Core, task: KeyTask, posted: boolean): Promise<KeyTaskHow> {
  const { holder } = task;
  try {
    const log = await refreshLog(core, holder);
    if (log === null) throw new KeysFault('not-enrolled');
    if (isDone(task, log)) {
      await core.keep(changeEnded(task));
      return { by: 'holder' };
    }
    const changed = await changedBy(core, task);
    await send(core, task, log.state, changed.bytes);
    await core.keep(held(holder, core.nameOf(holder), changed.events), changeEnded(task));
    return { by: 'holder' };
  } catch (thrown) {
    if (!(thrown instanceof CallFault && thrown.mayPass)) throw thrown;
    // Keys that come are shown to people who wait for them: only what goes away is worth another way.
    if (task.kind !== 'revoke' && task.kind !== 'cancel') throw thrown;
    if (posted) return { by: 'log', proven: false, away: thrown };
    // If another device changed the log since it was last seen, it does not count there, and `finish` makes another.
    const { bytes } = await changedBy(core, task);
    const { principal } = replay(holder, ownLog(core, holder).events, core.caller.nowSecs());
    const post = { kind: 'key-event', principal, event: bytes } as const;
    return { by: 'log', proven: await postFor(core, holder, post, changePosted(task), thrown), away: thrown };
  }
}

/** A revocation goes as a command where there is a pod: then the organisation's signed word, and its log, say that it was done. */
async function send(core: Core, { kind, holder }: KeyTask, { principal }: KeyState, event: Uint8Array): Promise<void> {
  const [pod] = core.state.organisations.get(holder)?.pods ?? [];
  if (kind !== 'revoke' || pod === undefined) await core.node(holder).sendKeyEvent(principal, event);
  else await core.order({ holder, pod: pod.pod, action: { kind: 'key-event', event } });
}

/** Whether the log says already what it is to say: somebody else did it, or what was sent before arrived after all. */
function isDone(task: KeyTask, { state, desk }: FoundLog): boolean {
  const current = state.devices.filter(({ revokedSeq }) => revokedSeq === null).map(({ device }) => device.key);
  switch (task.kind) {
    case 'add': {
      const key = PublicKey.fromBytes(task.key);
      return key !== null && current.some((one) => one.equals(key));
    }
    case 'revoke':
      return !current.some(({ kid }) => kid === task.key);
    case 'rotate':
      return !current.some(({ kid }) => kid === task.from);
    case 'cancel':
      // One that took effect was not cancelled: then no key of this device is left to say so.
      return state.pending?.id !== task.target && state.head !== task.target && desk?.target !== task.target;
  }
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
      return task.signed === null ? cancel(log, task.target) : withEvent(log, task.signed);
  }
}

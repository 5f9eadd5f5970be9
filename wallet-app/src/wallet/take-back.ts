/** Rights: take back, restrict, object. Nothing counts as done before its holder has said so with its signature. */

import { CallFault } from '../client/fault.ts';
import type { Purpose, RecordType } from '../protocol/field.ts';
import { Signed } from '../protocol/cose.ts';
import { Grant } from '../protocol/grant.ts';
import { CLOCK_SKEW_SECS } from '../protocol/limits.ts';
import { attempt } from '../protocol/refusal.ts';
import type { ObjectId, PodId, Principal, Thumbprint } from '../protocol/ids.ts';
import { signRevocation } from './commands.ts';
import { type Core, isMissing, type Missing } from './core.ts';
import { sendOn } from './answer.ts';
import { finishKeyTasks, type KeysChanged } from './key-tasks.ts';
import { postFor } from './posting.ts';
import { unaskedInRecovery } from './recovery.ts';
import { keysOf, serviceOf, standingPages } from './on-record.ts';
import {
  acknowledged,
  endedDropped,
  type KnownGrant,
  knownGrants,
  type Outstanding,
  posted,
  recordsOf,
  revoked,
  standingTold,
  toBeStopped,
  toRevoke,
  type ToStop,
} from './state.ts';

/** In how many seconds a holder hears of what stands in the log, once it is connected: it looks every 30 s. */
export const HEARD_WITHIN_SECS = 35n;

/** How a grant was taken back. */
export type TakenBack =
  /** Its holder acknowledged it, and releases nothing more; `boundSecs` says when it reaches those to whom it was passed on. */
  | { readonly by: 'holder'; readonly atSecs: bigint }
  /** Its holder was not reached: it hears of it through the directory's log. `proven`: that it stands there was checked. */
  | { readonly by: 'log'; readonly proven: boolean; readonly away: CallFault };

/** This wallet knows no such grant. */
export class UnknownGrant extends Error {
  override readonly name = 'UnknownGrant';
  readonly code = 'unknown-grant';

  constructor() {
    super('this wallet knows no such consent: look at the list again');
  }
}

/**
 * Takes one grant back. That it is to be done is remembered first, so that `finish` goes on with it whatever happens.
 * @throws {UnknownGrant} @throws {CallFault} when neither the holder nor the log took it. @throws {KeysFault} @throws {StorageFault}
 */
export async function takeBack(core: Core, grant: ObjectId): Promise<TakenBack> {
  const known = knownGrants(core.state).find(({ id }) => id === grant);
  if (known === undefined) throw new UnknownGrant();
  const task = taskOf(known);
  await core.keep(toRevoke(task));
  return revoke(core, { ...task, posted: false });
}

function taskOf({ holder, pod, id, expiresSecs }: KnownGrant): Omit<Outstanding, 'posted'> {
  return { holder, pod, grant: id, expiresSecs };
}

/** In how many seconds what is taken back at a holder reaches everybody to whom it was passed on; null when it does not say now. */
export async function boundSecs(core: Core, holder: Principal): Promise<bigint | null> {
  const known = await core.orMissing(holder, null, () => core.node(holder).wellKnown());
  return isMissing(known) ? null : known.revocationBoundSecs;
}

/** What came of an act at several organisations. */
export interface Everywhere {
  readonly done: readonly { readonly task: Outstanding; readonly how: TakenBack }[];
  /** Who was not reached, and could not be told through the log: `finish` tries again. */
  readonly missing: readonly Missing[];
}

/**
 * Takes back all that a service may use, at every organisation: what this wallet knows, and what its holder has on record for the
 * service's keys, whichever device signed it and whoever passed it on. That it is to be done is remembered first; one that is away
 * is named, and `finish` asks it again. @throws {KeysFault} @throws {StorageFault}
 */
export async function stopService(core: Core, service: Principal): Promise<Everywhere> {
  const askedSecs = core.caller.nowSecs();
  const keys = keysOf(core, service);
  const records = recordsOf(core.state);
  const isUsable = ({ id, bytes, revokedSecs, expiresSecs }: KnownGrant): boolean =>
    revokedSecs === null && expiresSecs > askedSecs && records.get(id)?.isOver !== true && isFor(keys, bytes);
  const known = knownGrants(core.state).filter(isUsable);
  const everywhere = core
    .enrolled()
    .flatMap(({ holder, pods }) => pods.map((pod) => ({ holder, pod, service, askedSecs })));
  await core.keep(...known.map((one) => toRevoke(taskOf(one))), ...everywhere.map(toBeStopped));
  return finishRevocations(core);
}

function isFor(keys: ReadonlySet<Thumbprint>, bytes: Uint8Array): boolean {
  const read = attempt(() => Signed.decode(Grant, bytes).unverified.confirmation);
  return read.accepted && keys.has(read.value);
}

/** What of a service is to be taken back at a holder. */
interface Usable {
  readonly tasks: readonly Omit<Outstanding, 'posted'>[];
  /** Whether that is all: the registry has no keys of a service that is not in it, and a grant there is for a key that nobody knows. */
  readonly isAll: boolean;
}

/** What of a service stands at a holder and is to be taken back. */
async function usableBy(core: Core, { holder, pod, service, askedSecs }: ToStop): Promise<Usable> {
  const pages = await standingPages(core, holder, pod);
  const keys = keysOf(core, service);
  const revokedIds = new Set(pages.flatMap((page) => page.revoked));
  const before = pages[0]?.revokedBeforeSecs ?? 0n;
  const nowSecs = core.caller.nowSecs();
  // What this wallet had given when the service was to be stopped is being taken back; what it gave since was agreed to after that.
  const given = new Set(core.state.grants.flatMap(({ id, revokedSecs }) => (revokedSecs === null ? [id] : [])));
  // Nor is what another device signed since, whose clock and this one may each be off.
  const isUsable = ({ id, unverified: { expires, issued } }: Signed<Grant>): boolean =>
    expires > nowSecs &&
    !revokedIds.has(id) &&
    !given.has(id) &&
    issued >= before &&
    (askedSecs === undefined || issued <= askedSecs + 2n * CLOCK_SKEW_SECS);
  const usable = pages
    .flatMap((page) => page.grants)
    .flatMap(({ grant }) => (grant !== null && isUsable(grant) ? [grant] : []));
  const theirs = usable.filter(({ unverified }) => keys.has(unverified.confirmation));
  const isKnown = core.registry.service(service) !== undefined;
  return {
    tasks: theirs.map(({ id, unverified }) => ({ holder, pod, grant: id, expiresSecs: unverified.expires })),
    isAll: isKnown || usable.every(({ unverified }) => serviceOf(core, unverified.confirmation) !== null),
  };
}

/** What came of going on with everything that was begun. */
export interface Finished extends Everywhere {
  /** Changes of the wallet's key logs that were made. */
  readonly keys: KeysChanged['done'];
}

/**
 * Goes on with everything that was begun: first what is to be taken back, then keys, then decisions that were not told yet. Where a
 * recovery was not begun yet is named: the printed code is needed for it.
 */
export async function finish(core: Core): Promise<Finished> {
  const { done, missing: unrevoked } = await finishRevocations(core);
  const changed = await finishKeyTasks(core);
  const missing = [...unrevoked, ...changed.missing, ...unaskedInRecovery(core)];
  for (const { untold } of core.state.decisions) {
    if (untold !== null) missing.push(...(await sendOn(core, untold)));
  }
  return { done, keys: changed.done, missing };
}

/** What is known goes first: it does not wait for holders that are still to say what stands there. */
async function finishRevocations(core: Core): Promise<Everywhere> {
  const nowSecs = core.caller.nowSecs();
  if (core.state.outstanding.some(({ expiresSecs }) => expiresSecs <= nowSecs)) await core.keep(endedDropped(nowSecs));
  const tried = core.state.outstanding;
  const known = await revokeEach(core, tried);
  const unasked = await askWhatStands(core);
  const isNew = (task: Outstanding): boolean => !tried.some(({ grant }) => grant === task.grant);
  const found = await revokeEach(core, core.state.outstanding.filter(isNew));
  return { done: [...known.done, ...found.done], missing: [...known.missing, ...unasked, ...found.missing] };
}

/** Asks every holder at which a service is to be stopped, all at once; who did not answer is named, and asked again another time. */
async function askWhatStands(core: Core): Promise<readonly Missing[]> {
  const asked = core.state.toStop.map(async (task) => {
    const usable = await core.orMissing(task.holder, task.pod, () => usableBy(core, task));
    if (isMissing(usable)) return [usable];
    await core.keep(standingTold(task, usable.tasks, usable.isAll));
    return [];
  });
  return (await Promise.all(asked)).flat();
}

async function revokeEach(core: Core, tasks: readonly Outstanding[]): Promise<Everywhere> {
  const done: { task: Outstanding; how: TakenBack }[] = [];
  const missing: Missing[] = [];
  for (const task of tasks) {
    const how = await core.orMissing(task.holder, task.pod, () => revoke(core, task));
    if (isMissing(how)) missing.push(how);
    else done.push({ task, how });
  }
  return { done, missing };
}

async function revoke(core: Core, task: Outstanding): Promise<TakenBack> {
  const { holder, pod, grant } = task;
  const by = await core.signer(holder);
  const revocation = await signRevocation({ kind: 'grant', grant }, by, core.caller.nowSecs(), core.caller.random);
  try {
    const acknowledgement = await core.node(holder).revoke(core.registry, revocation);
    const given = core.state.grants.find(({ id }) => id === grant);
    // The entry about a grant that the holder has not seen stands in no pod's log.
    const isInLog = given?.deposited ?? true;
    const atSecs = acknowledgement.claims.issued;
    await core.keep(revoked(grant, atSecs), ...(isInLog ? [acknowledged(pod, acknowledgement)] : []));
    return { by: 'holder', atSecs };
  } catch (thrown) {
    if (!(thrown instanceof CallFault)) throw thrown;
    if (!thrown.mayPass) throw thrown;
    if (task.posted) return { by: 'log', proven: false, away: thrown };
    const post = { kind: 'revocation', revocation: revocation.bytes } as const;
    return { by: 'log', proven: await postFor(core, holder, post, posted(grant), thrown), away: thrown };
  }
}

/** Stops a holder from releasing these record types (all when there are none), or allows it again. @throws {CallFault} */
export async function restrict(
  core: Core,
  holder: Principal,
  pod: PodId,
  recordTypes: readonly RecordType[],
  on: boolean,
): Promise<void> {
  await core.order({ holder, pod, action: { kind: 'restrict', recordTypes, on } });
}

/** What a person has restricted at a holder. */
export interface Restrictions {
  readonly everything: boolean;
  readonly recordTypes: ReadonlySet<string>;
}

/** @throws {CallFault} @throws {KeysFault} @throws {StorageFault} */
export async function restrictions(core: Core, holder: Principal, pod: PodId): Promise<Restrictions> {
  const pages = await standingPages(core, holder, pod);
  return {
    everything: pages.some(({ isRestricted }) => isRestricted),
    recordTypes: new Set(pages.flatMap(({ restrictedTypes }) => restrictedTypes)),
  };
}

/** Objects to a purpose, at one organisation or (null) at all, or withdraws that. @throws {CallFault} */
export async function object(
  core: Core,
  holder: Principal,
  pod: PodId,
  purpose: Purpose,
  organisation: Principal | null,
  on: boolean,
): Promise<void> {
  await core.order({ holder, pod, action: { kind: 'object', purpose, organisation, on } });
}

/** The wallet's own key logs, as their organisations have them now. */

import type { DeskTold, KeyLogTold } from '../client/node.ts';
import { type HeldEvent, KeysFault, replay } from '../keys/key-log.ts';
import type { OwnLog } from '../keys/key-change.ts';
import { Signed } from '../protocol/cose.ts';
import type { Principal } from '../protocol/ids.ts';
import { KeyEvent, type KeyEventClaims, keyDigest, type KeyState } from '../protocol/key-event/index.ts';
import { attempt } from '../protocol/refusal.ts';
import { type Core, isMissing, type Missing } from './core.ts';
import { held } from './state.ts';

/** A key log that holds. */
export interface FoundLog {
  readonly events: readonly HeldEvent[];
  readonly state: KeyState;
  /** Another wallet that the organisation's desk binds in place of this log; as the organisation says. */
  readonly desk: DeskTold | null;
}

/** The logs at an organisation in which the key with this digest is, each replayed; one that does not hold is left out. @throws {CallFault} */
export async function findLogs(core: Core, organisation: Principal, digest: Uint8Array): Promise<readonly FoundLog[]> {
  const told = await core.node(organisation).keyLogs(digest);
  const nowSecs = core.caller.nowSecs();
  return told.flatMap((log) => {
    const found = foundLog(organisation, log, nowSecs);
    return found === null ? [] : [found];
  });
}

function foundLog(organisation: Principal, { events: told, desk }: KeyLogTold, nowSecs: bigint): FoundLog | null {
  const events = told.map(({ event, taken }) => ({ bytes: event, taken }));
  try {
    return { events, state: replay(organisation, events, nowSecs), desk };
  } catch (thrown) {
    if (thrown instanceof KeysFault) return null;
    throw thrown;
  }
}

/**
 * The log in which this device is, as its organisation has it now; it is remembered. Null when the organisation has none: then what is
 * remembered was only begun. @throws {CallFault} @throws {StorageFault}
 */
export async function refreshLog(core: Core, organisation: Principal): Promise<FoundLog | null> {
  const own = await core.custody.signer(organisation, 'device', 0);
  const found = await findLogs(core, organisation, keyDigest(own.key));
  const { isCodeShown, organisations } = core.state;
  const enrolled = organisations.get(organisation);
  const known = enrolled?.events[0];
  const begun = known && firstOf([known])?.id;
  const same = found.find(({ events }) => firstOf(events)?.id === begun);
  // Somebody could have put this device's key into a log of their own: another log than the one that is remembered counts when this
  // wallet was not bound by that, and this device began it itself, or was shown to one that did.
  const isBound = enrolled !== undefined && enrolled.pods.length > 0;
  const isOurs = ({ events }: FoundLog): boolean => isCodeShown || firstOf(events)?.kid === own.key.kid;
  const log = same ?? (isBound ? undefined : found.find(isOurs)) ?? null;
  if (log !== null) await core.keep(held(organisation, core.nameOf(organisation), log.events));
  return log;
}

/** The first event, whose id names the log. Not its bytes: the signature in them may be another whenever the same event is signed. */
function firstOf([first]: readonly HeldEvent[]): Signed<KeyEventClaims> | null {
  const read = first && attempt(() => Signed.decode(KeyEvent, first.bytes));
  return read?.accepted ? read.value : null;
}

/** Whoever may have a log of this wallet. */
export function allHolders(core: Core): readonly Principal[] {
  return core.registry.organisations
    .filter(({ membership, isSuspended }) => membership.claims.roles.includes('holder') && !isSuspended)
    .map(({ membership }) => membership.claims.subject);
}

/** Where an organisation knows a log of this wallet: what was only begun, nobody does. */
export function knownHolders(core: Core): readonly Principal[] {
  return [...core.state.organisations].flatMap(([holder, { events, pods }]) =>
    pods.length > 0 || events.length > 1 ? [holder] : [],
  );
}

/** What is remembered of the log at an organisation, with the keys of this device, to change it. */
export function ownLog(core: Core, organisation: Principal): OwnLog {
  const events = core.state.organisations.get(organisation)?.events ?? [];
  return { custody: core.custody, organisation, events, nowSecs: core.caller.nowSecs() };
}

/** The log at one organisation. */
export interface KnownLog extends Omit<FoundLog, 'desk'> {
  readonly holder: Principal;
  readonly name: string;
  /** As the organisation said just now; null also when it did not answer. */
  readonly desk: DeskTold | null;
}

/** All logs of this wallet. Who was not reached is named, and what was last seen there stands in for it. @throws {StorageFault} */
export async function allLogs(
  core: Core,
): Promise<{ readonly logs: readonly KnownLog[]; readonly missing: readonly Missing[] }> {
  const logs: KnownLog[] = [];
  const missing: Missing[] = [];
  const holders = knownHolders(core);
  const asked = await Promise.all(
    holders.map((holder) => core.orMissing(holder, null, async () => ({ log: await refreshLog(core, holder) }))),
  );
  for (const [at, holder] of holders.entries()) {
    const found = asked[at];
    if (found === undefined) continue;
    if (isMissing(found)) missing.push(found);
    const name = core.nameOf(holder);
    const desk = isMissing(found) ? null : (found.log?.desk ?? null);
    const { events, nowSecs } = ownLog(core, holder);
    const read = await core.orMissing(holder, null, async () => ({ state: replay(holder, events, nowSecs) }));
    if (isMissing(read)) missing.push(read);
    else logs.push({ holder, name, events, state: read.state, desk });
  }
  return { logs, missing };
}

/**
 * The grants that holders have on record for this person: those of every device, of before a recovery, and what was passed on below
 * them. A holder only says which there are: each counts by the signature that it carries.
 *
 * - `askWhatIsOnRecord(core)` asks every holder, and remembers what it believes; who was not reached is `Missing`.
 * - `serviceOf(core, key)` and `keysOf(core, service)` say whose keys are whose: as the registry has it, or as it was when a grant to
 *   them was given or first seen, so that nothing is passed over while a service is out of the registry.
 */

import { everySigner, replay } from '../keys/key-log.ts';
import { Signed } from '../protocol/cose.ts';
import type { PublicKey } from '../protocol/crypto/signing.ts';
import { Grant } from '../protocol/grant.ts';
import { type Kid, kidOf, type ObjectId, type PodId, type Principal, type Thumbprint } from '../protocol/ids.ts';
import type { KeyState } from '../protocol/key-event/index.ts';
import { MAX_LINKS } from '../protocol/limits.ts';
import { attempt } from '../protocol/refusal.ts';
import type { Registry } from '../protocol/registry/index.ts';
import { type Core, isMissing, type Missing } from './core.ts';
import { ownLog, refreshLog } from './key-logs.ts';
import { knownNotices } from './notices.ts';
import { readStanding, type StandingPage, type ToldGrant } from './standing.ts';
import {
  MAX_ON_RECORD,
  noticesTold,
  type OnRecord,
  type RecordedGrant,
  recordTold,
  type ServiceOf,
  type WalletState,
} from './state.ts';

/** Asks every holder, all at once. Who did not answer is named: what was found there before stands in for it. @throws {StorageFault} */
export async function askWhatIsOnRecord(core: Core): Promise<readonly Missing[]> {
  const asked = core.enrolled().map(({ holder, pods }) => askHolder(core, holder, pods));
  return (await Promise.all(asked)).flat();
}

async function askHolder(core: Core, holder: Principal, pods: readonly PodId[]): Promise<readonly Missing[]> {
  // Another device may have been added since.
  const log = await core.orMissing(holder, null, async () => {
    await refreshLog(core, holder);
    return ownKeys(core, holder);
  });
  if (isMissing(log)) return [log];
  const asked = pods.map(async (pod) => {
    const pages = await core.orMissing(holder, pod, () => standingPages(core, holder, pod));
    if (isMissing(pages)) return [pages];
    const told = believed(core, { holder, pod }, pages, log);
    await core.keep(recordTold(told, core.caller.nowSecs()), noticesTold(knownNotices(holder, pod, pages)));
    return [];
  });
  return (await Promise.all(asked)).flat();
}

/** All that a holder has on record for a pod. @throws {CallFault} */
export function standingPages(core: Core, holder: Principal, pod: PodId): Promise<readonly StandingPage[]> {
  return core.pages((skip) => ({ holder, pod, action: { kind: 'standing', skip } }), readStanding);
}

/** The person's keys at a holder. */
interface OwnKeys {
  readonly now: KeyState;
  readonly ever: ReadonlyMap<Kid, PublicKey>;
}

function ownKeys(core: Core, holder: Principal): OwnKeys {
  const { events, nowSecs } = ownLog(core, holder);
  return { now: replay(holder, events, nowSecs), ever: everySigner(holder, events, nowSecs) };
}

/** What a grant that a holder lists is. */
type Judged =
  | { readonly is: 'own'; readonly grant: Signed<Grant>; readonly isOver: boolean }
  /** Signed by somebody else who speaks for the pod, or did: whether by them, this wallet cannot tell. */
  | { readonly is: 'of-others' }
  /** Passed on by a service whose key is not in the registry now: nothing is released under it, and it ends with what it is below. */
  | { readonly is: 'of-nobody-now' }
  | { readonly is: 'refused' };

/** Where something is on record. */
type At = Pick<OnRecord, 'holder' | 'pod'>;

function believed(core: Core, at: At, pages: readonly StandingPage[], keys: OwnKeys): OnRecord {
  const revoked = new Set(pages.flatMap((page) => page.revoked));
  const before = pages.reduce((last, page) => (page.revokedBeforeSecs > last ? page.revokedBeforeSecs : last), 0n);
  const judged = judgedAll(
    core.registry,
    at,
    pages.flatMap((page) => page.grants),
    keys,
  );
  const attributed = attributions(core.state);
  const recorded = ({ grant: { id, bytes, unverified }, isOver }: Judged & { readonly is: 'own' }): RecordedGrant => ({
    ...at,
    id,
    bytes,
    issuedSecs: unverified.issued,
    expiresSecs: unverified.expires,
    revokedSecs: null,
    to: registered(core.registry, unverified.confirmation) ?? attributed.get(unverified.confirmation) ?? null,
    isOver: isOver || revoked.has(id) || unverified.issued < before,
  });
  return {
    ...at,
    grants: judged.flatMap((one) => (one.is === 'own' ? [recorded(one)] : [])),
    ofOthers: judged.filter(({ is }) => is === 'of-others').length,
    refused: judged.filter(({ is }) => is === 'refused').length,
  };
}

/** Each grant once: roots first, then what was passed on, one link after the other. */
function judgedAll(registry: Registry, at: At, told: readonly ToldGrant[], keys: OwnKeys): readonly Judged[] {
  const listed = new Map(told.map(({ id, grant }) => [id, grant]));
  const judged = new Map<ObjectId, Judged>();
  // No node keeps more: whoever lists them has this device check signatures without end.
  let left = [...listed].slice(0, MAX_ON_RECORD);
  for (let link = 0; link < MAX_LINKS; link += 1) {
    const now = left.map(([id, grant]) => [id, judgedOne(registry, at, grant, keys, judged)] as const);
    for (const [id, one] of now) if (one !== null) judged.set(id, one);
    left = left.filter(([id]) => !judged.has(id));
  }
  return [...listed.keys()].map((id) => judged.get(id) ?? { is: 'refused' });
}

/** Null while it is not known what is above it. */
function judgedOne(
  registry: Registry,
  { holder, pod }: At,
  grant: Signed<Grant> | null,
  keys: OwnKeys,
  judged: ReadonlyMap<ObjectId, Judged>,
): Judged | null {
  if (grant === null) return { is: 'refused' };
  const { audience, subject, parent } = grant.unverified;
  if (audience !== holder || subject !== pod) return { is: 'refused' };
  if (parent === null) return judgedRoot(grant, keys);
  const above = judged.get(parent);
  return above?.is === 'own' ? judgedBelow(registry, grant, above) : (above ?? null);
}

function judgedRoot(grant: Signed<Grant>, { now, ever }: OwnKeys): Judged {
  const { issuer, keyEvent, issued } = grant.unverified;
  if (issuer !== now.principal) return { is: 'of-others' };
  const key = ever.get(grant.kid);
  if (key === undefined || !holds(grant, key)) return { is: 'refused' };
  return { is: 'own', grant, isOver: now.signerFaultAt(key.kid, keyEvent, issued) !== null };
}

function judgedBelow(registry: Registry, grant: Signed<Grant>, above: Judged & { readonly is: 'own' }): Judged {
  const { confirmation } = above.grant.unverified;
  if (kidOf(confirmation) !== grant.kid) return { is: 'refused' };
  const by = registry.serviceByKid(grant.kid);
  if (by?.key.thumbprint !== confirmation) return { is: 'of-nobody-now' };
  return holds(grant, by.key) ? { is: 'own', grant, isOver: above.isOver } : { is: 'refused' };
}

function holds(grant: Signed<Grant>, key: PublicKey): boolean {
  return attempt(() => grant.verify(key)).accepted;
}

/** Whose key this is: as the registry says, or as it was when a grant to it was given or first seen. */
export function serviceOf({ registry, state }: Core, key: Thumbprint): ServiceOf | null {
  return registered(registry, key) ?? attributions(state).get(key) ?? null;
}

/** All keys of a service that are known: those that it has now, and those to which something was given while they were its own. */
export function keysOf({ registry, state }: Core, service: Principal): ReadonlySet<Thumbprint> {
  const now = registry.service(service)?.service.keys.map(({ thumbprint }) => thumbprint) ?? [];
  const then = [...attributions(state)].flatMap(([key, to]) => (to.service === service ? [key] : []));
  return new Set([...now, ...then]);
}

function registered(registry: Registry, key: Thumbprint): ServiceOf | null {
  const found = registry.serviceByKid(kidOf(key));
  if (found?.key.thumbprint !== key) return null;
  return { service: found.service.principal, organisation: found.organisation.membership.claims.subject };
}

/** Whose keys were whose when a grant to them was given or first seen. */
function attributions(state: WalletState): ReadonlyMap<Thumbprint, ServiceOf> {
  const recorded = state.onRecord.flatMap(({ grants }) => grants);
  const known = new Map<Thumbprint, ServiceOf>();
  for (const { bytes, to } of recorded) if (to !== null) note(known, bytes, to);
  // What this device gave it gave on a request that the service had signed.
  for (const { bytes, service, organisation } of state.grants) note(known, bytes, { service, organisation });
  return known;
}

function note(known: Map<Thumbprint, ServiceOf>, bytes: Uint8Array, to: ServiceOf): void {
  const read = attempt(() => Signed.decode(Grant, bytes).unverified.confirmation);
  if (read.accepted) known.set(read.value, to);
}

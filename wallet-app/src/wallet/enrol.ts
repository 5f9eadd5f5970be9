/**
 * Enrolling: the wallet's keys at an organisation are bound to whoever logs in there, once they have typed the code that the
 * login's last page shows into this wallet. Without it a login at an address that somebody else sent would bind theirs.
 */

import { findHolders, type FoundHolder } from '../client/holders.ts';
import type { EnrolmentStarted, EnrolmentStatus } from '../client/node.ts';
import { beginLog, type HeldEvent, replay, signerIn } from '../keys/key-log.ts';
import type { RecoveryCode } from '../keys/recovery-code.ts';
import { RecoveryRoot } from '../keys/root.ts';
import type { Principal } from '../protocol/ids.ts';
import { isCodeOf, typedCode } from '../protocol/login-code.ts';
import type { Core } from './core.ts';
import { refreshLog } from './key-logs.ts';
import { bound, entriesSeen, held, paperNoted } from './state.ts';

/** An enrolment that waits for a person. */
export interface Enrolling {
  readonly organisation: Principal;
  /** This wallet's own there. */
  readonly log: Principal;
  readonly started: EnrolmentStarted;
}

/**
 * What was typed is no code of a login at this organisation for this wallet. Nothing was sent: somebody who shows another
 * organisation's login as their own would get what binds their keys there.
 */
export class CodeOfAnother extends Error {
  override readonly name = 'CodeOfAnother';
  readonly code = 'code-of-another';

  constructor() {
    super('this is not the code of a login at this organisation for this wallet; it was not sent');
  }
}

/** The organisation joined after the recovery code was last typed: it is typed once more. */
export class PaperNeeded extends Error {
  override readonly name = 'PaperNeeded';
  readonly code = 'paper-needed';

  constructor() {
    super('this organisation was not known when the recovery code was last typed: type it once more');
  }
}

/** Notes which recovery keys the paper has, for the organisations of today. @throws {StorageFault} */
export async function notePaper(core: Core, code: RecoveryCode): Promise<void> {
  const paper = new RecoveryRoot(code);
  const members = core.registry.organisations.map(({ membership }) => membership.claims.subject);
  await core.keep(paperNoted(new Map(members.map((member) => [member, paper.digest(member)]))));
}

/**
 * Begins: the person is to log in at `started.authorizationUrl`. The log is kept before the organisation hears of it.
 * @throws {PaperNeeded} @throws {CallFault} @throws {KeysFault} @throws {StorageFault}
 */
export async function beginEnrolment(core: Core, organisation: Principal): Promise<Enrolling> {
  const { events, principal: log } = await ownLog(core, organisation);
  // From now on there are keys that exist nowhere else. What a person is asked about it, the login does not wait for.
  void core.isPersistent();
  // The first event names the log; whatever else is in it, the organisation has.
  const first = events.slice(0, 1).map(({ bytes }) => bytes);
  return { organisation, log, started: await core.node(organisation).beginEnrolment(first) };
}

/** How it stands; when it has ended well, the pods are remembered. @throws {CallFault} @throws {StorageFault} */
export async function enrolmentStatus(core: Core, { organisation, started }: Enrolling): Promise<EnrolmentStatus> {
  return settle(core, organisation, await core.node(organisation).enrolment(started));
}

/**
 * Sends the code that the login's last page showed. @throws {CodeOfAnother} when it is none of this login
 * @throws {CallFault} `confirmation-wrong`: it may be typed again.
 */
export async function confirmEnrolment(
  core: Core,
  { organisation, log, started }: Enrolling,
  typed: string,
): Promise<EnrolmentStatus> {
  const digits = typedCode(typed);
  if (digits === null || !isCodeOf(digits, organisation, log)) throw new CodeOfAnother();
  return settle(core, organisation, await core.node(organisation).confirm(started, digits));
}

async function settle(core: Core, organisation: Principal, status: EnrolmentStatus): Promise<EnrolmentStatus> {
  if (status.status === 'bound') await core.keep(bound(organisation, status.pods));
  return status;
}

interface OwnLog {
  readonly principal: Principal;
  readonly events: readonly HeldEvent[];
}

/** The log in which this device is at the organisation, as that has it now; or a new one. */
async function ownLog(core: Core, organisation: Principal): Promise<OwnLog> {
  const found = await refreshLog(core, organisation);
  const known = core.state.organisations.get(organisation);
  const digest = core.state.recoveryDigests.get(organisation);
  const isBound = known !== undefined && known.pods.length > 0;
  // What was only begun is begun again: it is the same log, unless another paper was printed since.
  const events = found?.events ?? (isBound || digest === undefined ? known?.events : undefined);
  if (events !== undefined) {
    const { principal } = await signerIn(core.custody, organisation, events, core.caller.nowSecs());
    return { principal, events };
  }
  if (digest === undefined) throw new PaperNeeded();
  const begun = [await beginLog(core.custody, organisation, digest)];
  await core.keep(held(organisation, core.nameOf(organisation), begun));
  return { principal: replay(organisation, begun, core.caller.nowSecs()).principal, events: begun };
}

/**
 * Finds every organisation that holds something, without anybody learning who was looked for. `idToken` is a fresh login at the
 * blinder's own client. What a holder has is said on enrolment, to whoever may know it. @throws {CallFault} @throws {StorageFault}
 */
export async function find(core: Core, identityCode: string, idToken: string): Promise<readonly FoundHolder[]> {
  const { caller, directory, state } = core;
  const blinder = core.blinder();
  const found = await core.keepingEvidence(() =>
    findHolders(caller, identityCode, idToken, () => core.copy, blinder, directory, state.newestEntries),
  );
  await core.keepEvidence(found.troubles);
  await core.keep(entriesSeen(found.seen));
  await core.viewed(found.view);
  return found.holders;
}

/** Access requests: received, reviewed, answered. */

import { blob, list, Members, parseJson, uint } from '../client/json.ts';
import { CallFault } from '../client/fault.ts';
import { NodeClient } from '../client/node.ts';
import { mayTravelTo } from '../client/target.ts';
import { AccessRequest } from '../protocol/access-request.ts';
import { Signed } from '../protocol/cose.ts';
import { ObjectId, type PodId, type Principal } from '../protocol/ids.ts';
import { attempt, Refusal } from '../protocol/refusal.ts';
import type { Core } from './core.ts';
import { agree, type Choice, type Decided, deny, permissionsOf } from './decide.ts';
import { ownRecord, type Preview, previewOf, readRecordPage } from './records.ts';
import { type Review, reviewOf } from './review.ts';
import { decided, isTakenBack, told, untoldDecision } from './state.ts';

/** The path that a link to an access request has. */
const PATH = '/v1/access-requests/';

/** A text is no link to an access request. */
export class LinkFault extends Error {
  override readonly name = 'LinkFault';
  readonly code = 'link';

  constructor() {
    super('this is no link to a request: open it as it was received, or scan it again');
  }
}

/** Something that waits and is no acceptable access request: named, and not to be answered. */
export interface NotAcceptable {
  /** Null when it is not even one. */
  readonly id: ObjectId | null;
  readonly code: string;
}

/** What a link to an access request names. @throws {LinkFault} */
export function parseLink(link: string): { readonly node: string; readonly id: ObjectId } {
  const at = link.lastIndexOf(PATH);
  const wanted = at === -1 ? null : ObjectId.parse(link.slice(at + PATH.length));
  const node = link.slice(0, Math.max(at, 0));
  if (wanted === null || !mayTravelTo(node)) throw new LinkFault();
  return { node, id: wanted };
}

/** The link to an access request at a node. */
export function linkTo(node: string, id: ObjectId): string {
  return node.replace(/\/+$/, '') + PATH + id;
}

/** The signed access request behind a link. @throws {LinkFault} @throws {CallFault} */
export async function fetchRequest(core: Core, link: string): Promise<Uint8Array> {
  const { node, id } = parseLink(link);
  return new NodeClient(core.caller, node, new URL(node).host).accessRequest(id);
}

/** The signed access requests that wait at a holder for a pod. @throws {CallFault} @throws {KeysFault} */
export async function inbox(core: Core, holder: Principal, pod: PodId): Promise<readonly Uint8Array[]> {
  const pages = await core.pages(
    (skip) => ({ holder, pod, action: { kind: 'inbox', skip } }),
    (json) => {
      const members = new Members(parseJson(json));
      const requests = members.need('requests', list(blob));
      return { requests, count: requests.length, nextSkip: members.maybe('next_skip', uint) };
    },
  );
  return pages.flatMap(({ requests }) => requests);
}

/** What a person sees of an access request, in the words of the holders that it is about. @throws {Refusal}: it is not to be answered. */
export async function review(core: Core, bytes: Uint8Array): Promise<Review> {
  const labels = await core.labels(holdersOf(core, bytes));
  return reviewOf(bytes, core.registry, labels, core.caller.nowSecs());
}

/** As `review`, of each that waits: what cannot be read does not hide the others. */
export async function reviewAll(
  core: Core,
  waiting: readonly Uint8Array[],
): Promise<{ readonly reviews: readonly Review[]; readonly notAcceptable: readonly NotAcceptable[] }> {
  const reviews: Review[] = [];
  const notAcceptable: NotAcceptable[] = [];
  for (const bytes of waiting) {
    try {
      reviews.push(await review(core, bytes));
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      const read = attempt(() => Signed.decode(AccessRequest, bytes).id);
      notAcceptable.push({ id: read.accepted ? read.value : null, code: thrown.code });
    }
  }
  return { reviews, notAcceptable };
}

/**
 * Whose words tell what an access request asks for: those of the holders at which it can be granted. No other member has a say in
 * what somebody's fields are called; only before any of them can be granted at, those that the request names have.
 */
function holdersOf(core: Core, bytes: Uint8Array): readonly Principal[] {
  const read = attempt(() => Signed.decode(AccessRequest, bytes).unverified.holders);
  const named = read.accepted ? read.value : null;
  const enrolled = core.enrolled().map(({ holder }) => holder);
  const grantable = enrolled.filter((holder) => named?.includes(holder) ?? true);
  return grantable.length > 0 ? grantable : (named ?? []);
}

/**
 * What would be shared right now at one holder, with the real values, opened by this device alone. @throws {CallFault}
 * @throws {ChoiceFault}
 */
export async function preview(
  core: Core,
  reviewed: Review,
  choice: Pick<Choice, 'optional'>,
  holder: Principal,
  pod: PodId,
): Promise<readonly Preview[]> {
  const permissions = permissionsOf(reviewed, choice);
  const types = [...new Set(permissions.map(({ recordType }) => recordType))];
  const pages = await Promise.all(
    types.map((recordType) =>
      core.pages((skip) => ({ holder, pod, action: { kind: 'read', recordType, skip } }), readRecordPage),
    ),
  );
  const raw = pages.flat().flatMap((page) => page.raw);
  return previewOf(
    permissions,
    core.reading(holder, () => raw.map(ownRecord)),
  );
}

/** What a person chose, before it is known which keys sign. */
export interface Wanted extends Omit<Choice, 'holders'> {
  readonly holders: readonly { readonly holder: Principal; readonly pod: PodId }[];
}

/** Agrees, remembers it, deposits each grant and tells the service. @throws {ChoiceFault} @throws {CallFault}: `finish` goes on. */
export async function agreeTo(core: Core, reviewed: Review, wanted: Wanted): Promise<Decided> {
  const holders = await Promise.all(
    wanted.holders.map(async ({ holder, pod }) => ({ pod, signer: await core.signer(holder), recordTypes: null })),
  );
  const made = await agree(reviewed, { ...wanted, holders }, core.caller.nowSecs(), core.caller.random);
  return remember(core, reviewed, made);
}

/** Denies, remembers it and tells the service. @throws {ChoiceFault} @throws {CallFault}: `finish` goes on. */
export async function denyTo(core: Core, reviewed: Review, forGood: boolean): Promise<Decided> {
  return remember(core, reviewed, deny(reviewed, forGood, core.caller.nowSecs(), core.caller.random));
}

async function remember(core: Core, reviewed: Review, made: Decided): Promise<Decided> {
  await core.keep(decided(reviewed, made, core.caller.nowSecs()));
  await send(core, made.sealed);
  return made;
}

/**
 * Sends what of the decision with these sealed bytes was not sent yet. What was done is remembered step by step, so that it can be gone on with; what a node
 * will not take is not tried again. @throws {CallFault} @throws {KeysFault} @throws {StorageFault}
 */
export async function send(core: Core, sealed: Uint8Array): Promise<void> {
  try {
    await sendOn(core, sealed);
  } catch (thrown) {
    if (thrown instanceof CallFault && thrown.isFinal) await core.keep(told(sealed));
    throw thrown;
  }
}

/**
 * Deposits the grants of a decision that their holders do not have yet, then tells the service: in this order, so that a grant that
 * the service knows of is one that the holder has. What was taken back meanwhile is left out; of a consent of which nothing is left
 * the service hears nothing.
 */
async function sendOn(core: Core, sealed: Uint8Array): Promise<void> {
  const made = untoldDecision(core.state, sealed);
  if (made === null) return;
  for (const id of made.grants) {
    // Looked up each time: a person may take one back while another is on its way.
    const grant = core.state.grants.find((one) => one.id === id);
    if (grant !== undefined && !grant.deposited && !isTakenBack(core.state, id)) await core.deposit(grant);
  }
  const isNothingLeft = made.grants.length > 0 && made.grants.every((id) => isTakenBack(core.state, id));
  if (!isNothingLeft) await core.node(made.organisation).leaveDecision(made.request, sealed);
  await core.keep(told(sealed));
}

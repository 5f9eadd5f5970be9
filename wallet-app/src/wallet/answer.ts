/** Access requests: received, reviewed, answered. */

import { blob, list, Members, parseJson, uint } from '../client/json.ts';
import { CallFault } from '../client/fault.ts';
import { NodeClient } from '../client/node.ts';
import { mayTravelTo } from '../client/target.ts';
import { AccessRequest } from '../protocol/access-request.ts';
import { Signed } from '../protocol/cose.ts';
import { ObjectId, type PodId, type Principal } from '../protocol/ids.ts';
import { attempt, Refusal } from '../protocol/refusal.ts';
import { type Core, isMissing, type Missing } from './core.ts';
import { agree, type Choice, ChoiceFault, type Decided, deny, permissionsOf } from './decide.ts';
import { ownRecord, type Preview, previewOf, readRecordPage } from './records.ts';
import { isShownSame, type Review, reviewOf } from './review.ts';
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
export function review(core: Core, bytes: Uint8Array): Promise<Review> {
  return reviewWith(core, bytes, core.labelling());
}

async function reviewWith(core: Core, bytes: Uint8Array, labelsOf: ReturnType<Core['labelling']>): Promise<Review> {
  const labels = await labelsOf(holdersOf(core, bytes));
  return reviewOf(bytes, core.registry, labels, core.caller.nowSecs());
}

/**
 * The request once more, under the registry of now: what is signed is what was shown. @throws {ChoiceFault} `changed`
 * @throws {Refusal}: it is not to be answered any more. @throws {CallFault} when there is no registry that counts.
 */
async function reviewAgain(core: Core, shown: Review): Promise<Review> {
  await core.refresh();
  const now = await review(core, shown.request.bytes);
  if (!isShownSame(shown, now)) throw new ChoiceFault('changed');
  return now;
}

/** As `review`, of each that waits: what cannot be read does not hide the others. */
export async function reviewAll(
  core: Core,
  waiting: readonly Uint8Array[],
): Promise<{ readonly reviews: readonly Review[]; readonly notAcceptable: readonly NotAcceptable[] }> {
  const reviews: Review[] = [];
  const notAcceptable: NotAcceptable[] = [];
  const labelsOf = core.labelling();
  for (const bytes of waiting) {
    try {
      reviews.push(await reviewWith(core, bytes, labelsOf));
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

/**
 * Agrees, remembers it, deposits each grant and tells the service. Looks at the registry once more before it signs.
 * @throws {ChoiceFault} @throws {Refusal} @throws {CallFault}: once it is signed, `finish` goes on.
 */
export async function agreeTo(core: Core, shown: Review, wanted: Wanted): Promise<Decided> {
  const enrolled = core.enrolled();
  for (const { holder, pod } of wanted.holders) {
    const isHere = enrolled.some((one) => one.holder === holder && one.pods.includes(pod));
    if (!isHere) throw new ChoiceFault('pod-not-enrolled');
  }
  const reviewed = await reviewAgain(core, shown);
  const holders = await Promise.all(
    wanted.holders.map(async ({ holder, pod }) => ({ pod, signer: await core.signer(holder), recordTypes: null })),
  );
  const made = await agree(reviewed, { ...wanted, holders }, core.caller.nowSecs(), core.caller.random);
  return remember(core, reviewed, made);
}

/** Denies, remembers it and tells the service; as `agreeTo`. @throws {ChoiceFault} @throws {Refusal} @throws {CallFault} */
export async function denyTo(core: Core, shown: Review, forGood: boolean): Promise<Decided> {
  const reviewed = await reviewAgain(core, shown);
  return remember(core, reviewed, deny(reviewed, forGood, core.caller.nowSecs(), core.caller.random));
}

async function remember(core: Core, reviewed: Review, made: Decided): Promise<Decided> {
  await core.keep(decided(reviewed, made, core.caller.nowSecs()));
  await send(core, made.sealed);
  return made;
}

/** As `sendOn`. @throws {CallFault} @throws {KeysFault} of the first who is missing. @throws {StorageFault} */
export async function send(core: Core, sealed: Uint8Array): Promise<void> {
  const [missing] = await sendOn(core, sealed);
  if (missing !== undefined) throw missing.fault;
}

/**
 * Deposits the grants of the decision with these sealed bytes that their holders do not have yet, then tells the service: in this
 * order, so that a grant that the service knows of is one that the holder has. What was done is remembered step by step, so that it
 * can be gone on with.
 *
 * A holder that does not take a grant is named and asked again until the grant ends, whatever it says: while a recovery waits there it
 * takes none in, and outside that is told like any other no. What the service's node will not hear is not told again. What was taken
 * back or ended meanwhile is left out; of a consent of which nothing is left the service hears nothing. @throws {StorageFault}
 */
export async function sendOn(core: Core, sealed: Uint8Array): Promise<readonly Missing[]> {
  const made = untoldDecision(core.state, sealed);
  if (made === null) return [];
  const missing: Missing[] = [];
  for (const id of made.grants) {
    // Looked up each time: a person may take one back while another is on its way.
    const grant = core.state.grants.find((one) => one.id === id);
    if (grant === undefined || grant.deposited || isOver(core, id)) continue;
    const kept = await core.orMissing(grant.holder, grant.pod, async () => ({ deposited: await core.deposit(grant) }));
    if (isMissing(kept)) missing.push(kept);
  }
  if (missing.length > 0) return missing;
  const { organisation, request } = made;
  const isNothingLeft = made.grants.length > 0 && made.grants.every((id) => isOver(core, id));
  const heard = isNothingLeft
    ? null
    : await core.orMissing(organisation, null, async () => ({
        told: await core.node(organisation).leaveDecision(request, sealed),
      }));
  const unheard = heard !== null && isMissing(heard) ? heard : null;
  const isRefused = unheard?.fault instanceof CallFault && unheard.fault.isFinal;
  if (unheard === null || isRefused) await core.keep(told(sealed));
  return unheard === null ? [] : [unheard];
}

/** Whether a grant was taken back, or has ended: it is neither deposited nor told any more. */
function isOver({ state, caller }: Core, id: ObjectId): boolean {
  const hasEnded = state.grants.some((one) => one.id === id && one.expiresSecs <= caller.nowSecs());
  return hasEnded || isTakenBack(state, id);
}

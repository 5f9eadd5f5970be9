/** One organisation's node. */

import { base64url } from '../protocol/base64.ts';
import { AccessRequest } from '../protocol/access-request.ts';
import { MAX_ANSWER_BYTES, MAX_OBJECT_BYTES } from '../protocol/codec/index.ts';
import { Acknowledgement, type Command, commandAnswerFromBytes } from '../protocol/command.ts';
import { Signed, type Verified } from '../protocol/cose.ts';
import { HASH_BYTES } from '../protocol/crypto/hash.ts';
import { ObjectId, Pod, type PodId, Principal } from '../protocol/ids.ts';
import type { Taken } from '../protocol/key-event/index.ts';
import { verifyByOrganisation } from '../protocol/registry/checks.ts';
import type { Organisation, Registry } from '../protocol/registry/index.ts';
import type { Revocation } from '../protocol/revocation.ts';
import { isMultiaddr } from '../protocol/statement/endpoint.ts';
import type { Caller } from './caller.ts';
import { CallFault } from './fault.ts';
import { blob, fixed, flag, id, list, Members, type ReadJson, ShapeFault, text, uint } from './json.ts';
import { type Bound, CBOR, CODE, COSE, JSON_TYPE, mayTravelTo, OCTETS, Target } from './target.ts';

/** What a secret id of an enrolment is made of: it goes into a path. */
const ENROLMENT_ID = /^[A-Za-z0-9_-]{1,128}$/;
/** Largest catalogue that is read, in bytes: a city's largest has 40 record types of 10 kB. */
export const MAX_CATALOGUE_BYTES = 2 * 1024 * 1024;

/** What a node says about itself in `/.well-known/aitta`, as far as a wallet reads it. */
export interface WellKnown {
  readonly principal: Principal;
  /** In how many seconds a revocation reaches every node that honours grants that were passed on. */
  readonly revocationBoundSecs: bigint | null;
}

/** What a command brought. */
export interface CommandOutcome {
  /** The holder's signed word, checked. */
  readonly acknowledgement: Verified<Acknowledgement>;
  /** The JSON document that was asked for; empty for commands that ask for none. */
  readonly result: Uint8Array;
}

/** An enrolment that was begun. */
export interface EnrolmentStarted {
  /** Its secret id: whoever knows it learns how it ended. */
  readonly enrolment: string;
  /** Where the person logs in. */
  readonly authorizationUrl: string;
}

/** A pod to which the wallet's keys were bound. */
export interface BoundPod {
  readonly pod: PodId;
  readonly relation: 'self' | 'guardian';
  /** First second at which a guardian's authority ends. */
  readonly untilSecs: bigint | null;
  /** What the child is called. A stranger's text: shown only through `visible`. */
  readonly label: string | null;
}

/** How an enrolment stands. */
export type EnrolmentStatus =
  /** Nobody has logged in yet. */
  | { readonly status: 'pending' }
  /** Somebody has, and the code that they were shown is awaited. */
  | { readonly status: 'confirm' }
  | { readonly status: 'bound'; readonly pods: readonly BoundPod[] }
  /** It ended without. */
  | { readonly status: 'refused'; readonly code: string };

/** An event of a key log, with what the node knows of it. */
export interface KeyEventTold {
  readonly event: Uint8Array;
  readonly taken: Taken;
}

/** A key log as a node tells it. */
export interface KeyLogTold {
  /** The first first. */
  readonly events: readonly KeyEventTold[];
  /** Another wallet that the organisation's desk binds in place of this log. */
  readonly desk: DeskTold | null;
}

/** A wallet that an organisation's desk binds. */
export interface DeskTold {
  /** What to cancel. */
  readonly target: ObjectId;
  /** When it is bound. */
  readonly dueSecs: bigint;
}

/** Calls to one node. */
export class NodeClient {
  readonly #target: Target;

  /** @throws {CallFault} `own-address` */
  constructor(caller: Caller, url: string, whom: string) {
    this.#target = new Target(caller, url, whom);
  }

  /** The node of a member: at the first of its endpoints that is a URL. @throws {CallFault} when it has none, or is suspended. */
  static of(caller: Caller, organisation: Organisation): NodeClient {
    const whom: string = organisation.membership.claims.name;
    if (organisation.isSuspended) throw new CallFault('ours', whom, `${whom} is suspended`, { code: 'suspended' });
    const url = organisation.profile?.claims.endpoints.find((endpoint) => !isMultiaddr(endpoint));
    if (url === undefined) throw new CallFault('ours', whom, `${whom} has published no address to call`);
    return new NodeClient(caller, url, whom);
  }

  /** The node of the member with this id. @throws {CallFault} also when it is no member. */
  static find(caller: Caller, registry: Registry, principal: Principal): NodeClient {
    const organisation = registry.organisation(principal);
    if (organisation === undefined) {
      throw new CallFault('ours', principal, `${principal} is no member of the federation`);
    }
    return NodeClient.of(caller, organisation);
  }

  get whom(): string {
    return this.#target.whom;
  }

  /** @throws {CallFault} */
  wellKnown(): Promise<WellKnown> {
    return this.#target.getJson('/.well-known/aitta', (json) => {
      const members = new Members(json);
      return {
        principal: members.need('principal', id(Principal)),
        revocationBoundSecs: members.maybe('revocation_bound_secs', uint),
      };
    });
  }

  /** Sends a command, signed for this origin by `make`, and checks the acknowledgement. @throws {CallFault} */
  async command(registry: Registry, make: (bound: Bound) => Promise<Verified<Command>>): Promise<CommandOutcome> {
    const signed = async (bound: Bound): Promise<{ body: Uint8Array; kept: Verified<Command> }> => {
      const command = await make(bound);
      return { body: command.bytes, kept: command };
    };
    const { answer, kept } = await this.#target.postBound('/v1/command', COSE, MAX_ANSWER_BYTES, signed);
    return this.#acknowledged(answer, registry, kept.id, kept.claims);
  }

  /** Takes back, and checks the acknowledgement. A revocation needs no connection of its own. @throws {CallFault} */
  async revoke(registry: Registry, revocation: Verified<Revocation>): Promise<Verified<Acknowledgement>> {
    const answer = await this.#target.post('/v1/revocations', COSE, revocation.bytes, CBOR, MAX_ANSWER_BYTES);
    return this.#acknowledged(answer, registry, revocation.id, revocation.claims).acknowledgement;
  }

  #acknowledged(
    answer: Uint8Array,
    registry: Registry,
    of: ObjectId,
    { issuer, audience: holder }: { readonly issuer: Principal; readonly audience: Principal },
  ): CommandOutcome {
    return this.#target.believe(() => {
      const { acknowledgement: message, result } = commandAnswerFromBytes(answer);
      const acknowledgement = verifyByOrganisation(registry, Signed.decode(Acknowledgement, message), holder);
      const { claims } = acknowledgement;
      if (claims.issuer !== holder || claims.audience !== issuer) throw new ShapeFault('it is for somebody else');
      if (claims.of !== of) throw new ShapeFault('it acknowledges something else');
      return { acknowledgement, result };
    });
  }

  /** The published access request with this id; its signature is for the review to check. @throws {CallFault} */
  async accessRequest(wanted: ObjectId): Promise<Uint8Array> {
    const body = await this.#target.get(`/v1/access-requests/${wanted}`, COSE, MAX_OBJECT_BYTES);
    const found = this.#target.believe(() => Signed.decode(AccessRequest, body).id);
    if (found !== wanted) throw this.#target.unbelievable('it is another access request');
    return body;
  }

  /** Leaves a sealed decision with the service's node. @throws {CallFault} */
  leaveDecision(request: ObjectId, sealed: Uint8Array): Promise<void> {
    return this.#target.tell(`/v1/access-requests/${request}/decisions`, OCTETS, sealed);
  }

  /** Begins an enrolment with the wallet's key events. @throws {CallFault} */
  beginEnrolment(events: readonly Uint8Array[]): Promise<EnrolmentStarted> {
    return this.#enrol({ events: events.map(base64url) });
  }

  /** Begins an enrolment in which the person logs in for a recovery of their key log. @throws {CallFault} */
  beginRecovery(events: readonly Uint8Array[], recovery: Uint8Array): Promise<EnrolmentStarted> {
    return this.#enrol({ events: events.map(base64url), recovery: base64url(recovery) });
  }

  #enrol(body: object): Promise<EnrolmentStarted> {
    return this.#target.postJson('/v1/enrolments', body, (json) => {
      const members = new Members(json);
      const enrolment = members.need('enrolment', text);
      const authorizationUrl = members.need('authorization_url', text);
      if (!ENROLMENT_ID.test(enrolment)) throw new ShapeFault('the id of the enrolment is none');
      // A person is sent there: nothing but a web page, whatever the node says.
      if (!mayTravelTo(authorizationUrl)) throw new ShapeFault('the address of the login is none');
      return { enrolment, authorizationUrl };
    });
  }

  /** How an enrolment stands. @throws {CallFault} */
  enrolment({ enrolment }: EnrolmentStarted): Promise<EnrolmentStatus> {
    return this.#target.getJson(`/v1/enrolments/${enrolment}`, enrolmentStatus);
  }

  /**
   * Sends the code that the login's last page showed, once it is known to be of this organisation. @throws {CallFault} `confirmation-wrong` (it may be typed
   * again), `confirmation-malformed` (it is none, and costs no try), `confirmation-failed` (begin again).
   */
  confirm({ enrolment }: EnrolmentStarted, code: string): Promise<EnrolmentStatus> {
    return this.#target.postJson(`/v1/enrolments/${enrolment}/confirmation`, { code }, enrolmentStatus);
  }

  /**
   * The key logs in which the key with this digest is a device's or a recovery key; nothing of them is checked here.
   * @throws {CallFault}
   */
  keyLogs(digest: Uint8Array): Promise<readonly KeyLogTold[]> {
    return this.#target.postJson('/v1/key-logs', { digest: base64url(digest) }, (json) =>
      new Members(json).need('logs', list(keyLogTold)),
    );
  }

  /** Appends an event to a key log. @throws {CallFault} whose detail begins with the exact code when it does not count there. */
  sendKeyEvent(principal: Principal, event: Uint8Array): Promise<void> {
    return this.#target.postJson('/v1/key-events', { principal, event: base64url(event) }, () => undefined);
  }

  /** The holder's catalogue, as JSON. @throws {CallFault} */
  catalogue(): Promise<Uint8Array> {
    return this.#target.get('/v1/catalogue', JSON_TYPE, MAX_CATALOGUE_BYTES);
  }

  /** The proof that the log of `to` entries goes on from that of `from`, for whoever has both heads to check. @throws {CallFault} */
  consistency(from: bigint, to: bigint): Promise<readonly Uint8Array[]> {
    return this.#target.getJson(`/v1/consistency?from=${from}&to=${to}`, (json) =>
      new Members(json).need('proof', list(fixed(HASH_BYTES))),
    );
  }

  /** Has the node pass on to the directory's log what is sealed for another holder. @throws {CallFault} */
  forwardToLog(items: Uint8Array): Promise<void> {
    return this.#target.tell('/v1/log/posts', CBOR, items);
  }
}

const enrolmentStatus: ReadJson<EnrolmentStatus> = (json) => {
  const members = new Members(json);
  const status = members.need('status', text);
  switch (status) {
    case 'pending':
    case 'confirm':
      return { status };
    case 'bound':
      return { status, pods: members.need('pods', list(boundPod)) };
    case 'refused': {
      const code = members.need('code', text);
      // A person sees it: nothing but a code, whatever the node says.
      if (!CODE.test(code)) throw new ShapeFault('why the enrolment ended is no code');
      return { status, code };
    }
    default:
      throw new ShapeFault('the state of the enrolment is none');
  }
};

const boundPod: ReadJson<BoundPod> = (json) => {
  const members = new Members(json);
  return {
    pod: members.need('pod', id(Pod)),
    relation: members.need('relation', text) === 'guardian' ? 'guardian' : 'self',
    untilSecs: members.maybe('until', uint),
    label: members.maybe('label', text),
  };
};

const keyLogTold: ReadJson<KeyLogTold> = (json) => {
  const members = new Members(json);
  return { events: members.need('events', list(keyEventTold)), desk: members.maybe('desk', deskTold) };
};

const deskTold: ReadJson<DeskTold> = (json) => {
  const members = new Members(json);
  return { target: members.need('target', id(ObjectId)), dueSecs: members.need('due', uint) };
};

const keyEventTold: ReadJson<KeyEventTold> = (json) => {
  const members = new Members(json);
  return {
    event: members.need('event', blob),
    taken: {
      takenSecs: members.need('taken', uint),
      loggedSecs: members.maybe('logged', uint),
      identified: members.need('identified', flag),
    },
  };
};

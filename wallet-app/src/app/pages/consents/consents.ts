/** What a person agreed to or denied, on any device: one consent for each answer to a request. */

import { base64url } from '../../../protocol/base64.ts';
import { encode } from '../../../protocol/codec/index.ts';
import { Signed } from '../../../protocol/cose.ts';
import { Grant } from '../../../protocol/grant.ts';
import type { ObjectId, Principal, Thumbprint } from '../../../protocol/ids.ts';
import { attempt } from '../../../protocol/refusal.ts';
import {
  type DecisionMade,
  isTakenBack,
  type KnownGrant,
  type RecordedGrant,
  recordsOf,
  type ServiceOf,
  type WalletState,
} from '../../../wallet/state.ts';

/** How a consent stands at one organisation. */
export type Standing =
  /** It may be used. */
  | 'active'
  /** It was taken back, and the organisation has not confirmed that yet. */
  | 'ending'
  | 'ended';

/** A consent at one organisation. */
export interface Part {
  readonly known: KnownGrant;
  readonly standing: Standing;
  /** As it was signed; null when the bytes do not read, which a newer program can have written. */
  readonly grant: Grant | null;
  /** To whom it was passed on from there. */
  readonly passedOn: readonly PassedOn[];
}

/** A consent that whoever had it passed on. */
export interface PassedOn {
  readonly id: ObjectId;
  readonly to: ServiceOf | null;
  /** The key to which it was. */
  readonly key: Thumbprint;
  readonly expiresSecs: bigint;
  readonly standing: Standing;
}

/** An answer to a request. */
export interface Consent {
  /** Tells answers apart on a page. */
  readonly key: string;
  /** The answer that this device remembers; null for one that was given on another, or before a recovery. */
  readonly decision: DecisionMade | null;
  /** Who may use it; null while nobody knows whose the key is. */
  readonly to: ServiceOf | null;
  readonly decidedSecs: bigint;
  /** None when it was denied. */
  readonly parts: readonly Part[];
}

/** Everything that a service may use. */
export interface OfService {
  /** The service's id, or its key while nobody knows whose that is. */
  readonly key: string;
  /** Null while nobody knows whose the key is. */
  readonly service: Principal | null;
  readonly consents: readonly Consent[];
}

/** All answers, the newest first. */
export interface Consents {
  /** Something of it may still be used somewhere, by service. */
  readonly active: readonly OfService[];
  readonly ended: readonly Consent[];
  readonly denied: readonly (Consent & { readonly decision: DecisionMade; readonly to: ServiceOf })[];
}

/** First second at which nothing of it counts any more by itself. */
export function untilSecs({ parts }: Consent): bigint {
  return parts.reduce((latest, { known }) => (known.expiresSecs > latest ? known.expiresSecs : latest), 0n);
}

/** `kept`: keys of those that stay with the active ones though they have ended. */
export function consentsOf(state: WalletState, nowSecs: bigint, kept: ReadonlySet<string> = new Set()): Consents {
  const records = new Records(state, nowSecs);
  const answers = state.decisions.toReversed().map((decision) => answered(state, decision, records));
  const consents = [...answers, ...records.elsewhere()].sort((one, other) =>
    Number(other.decidedSecs - one.decidedSecs),
  );
  const isActive = (one: Consent): boolean =>
    one.parts.some(({ standing }) => standing !== 'ended') || kept.has(one.key);
  const isDenied = ({ decision }: Consent): boolean => decision?.grants.length === 0;
  return {
    active: byService(consents.filter(isActive)),
    ended: consents.filter((one) => !isDenied(one) && !isActive(one)),
    denied: consents.flatMap((one) => {
      const { decision, to } = one;
      return isDenied(one) && decision !== null && to !== null ? [{ ...one, decision, to }] : [];
    }),
  };
}

function byService(consents: readonly Consent[]): readonly OfService[] {
  const services = new Map<string, Consent[]>();
  for (const consent of consents) {
    const key = consent.to?.service ?? keyOf(consent) ?? '';
    services.set(key, [...(services.get(key) ?? []), consent]);
  }
  return [...services].map(([key, ofService]) => ({
    key,
    service: ofService[0]?.to?.service ?? null,
    consents: ofService,
  }));
}

/** The key that uses a consent: what to call whoever has it while nobody knows whose it is. */
export function keyOf({ parts }: Consent): Thumbprint | null {
  return parts.find(({ grant }) => grant !== null)?.grant?.confirmation ?? null;
}

function answered(state: WalletState, decision: DecisionMade, records: Records): Consent {
  const { request, service, organisation, decidedSecs, grants } = decision;
  const given = state.grants.filter(({ id }) => grants.includes(id));
  return {
    key: grants[0] ?? `${request} ${decidedSecs}`,
    decision,
    to: { service, organisation },
    decidedSecs,
    parts: given.map((one) => records.partOf(one)),
  };
}

/** What holders have on record, beside what this device gave. */
class Records {
  readonly #state: WalletState;
  readonly #nowSecs: bigint;
  readonly #records: ReadonlyMap<ObjectId, RecordedGrant>;
  readonly #below: ReadonlyMap<ObjectId, readonly Read[]>;
  readonly #roots: readonly Read[];

  constructor(state: WalletState, nowSecs: bigint) {
    this.#state = state;
    this.#nowSecs = nowSecs;
    this.#records = recordsOf(state);
    const given = new Set(state.grants.map(({ id }) => id));
    const below = new Map<ObjectId, Read[]>();
    const roots: Read[] = [];
    for (const known of this.#records.values()) {
      const grant = claimsOf(known);
      const parent = grant?.parent ?? null;
      if (grant !== null && parent !== null) below.set(parent, [...(below.get(parent) ?? []), { known, grant }]);
      else if (grant !== null && !given.has(known.id)) roots.push({ known, grant });
    }
    [this.#below, this.#roots] = [below, roots];
  }

  /** The answers that this device does not remember: what is signed alike but for where it counts was given in one. */
  elsewhere(): readonly Consent[] {
    const answers = new Map<string, [Read, ...Read[]]>();
    const [like] = this.#roots;
    for (const read of this.#roots) {
      const key = like === undefined ? '' : saidIn(read.grant, like.grant);
      const same = answers.get(key);
      if (same === undefined) answers.set(key, [read]);
      else same.push(read);
    }
    return [...answers.values()].map((same) => {
      const [{ known }] = same;
      const parts = same.map((one) => this.partOf(one.known));
      // Their order changes with what has ended.
      const [key = known.id] = same.map((one) => one.known.id).sort();
      return { key, decision: null, to: known.to, decidedSecs: known.issuedSecs, parts };
    });
  }

  partOf(known: KnownGrant): Part {
    const standing = this.#standingOf(known);
    return { known, standing, grant: claimsOf(known), passedOn: this.#passedOn(known.id, standing) };
  }

  #passedOn(id: ObjectId, above: Standing): readonly PassedOn[] {
    return (this.#below.get(id) ?? []).flatMap(({ known, grant }) => {
      // It ends with what it is below.
      const standing = above === 'active' ? this.#standingOf(known) : above;
      const { to, expiresSecs } = known;
      return [
        { id: known.id, to, key: grant.confirmation, expiresSecs, standing },
        ...this.#passedOn(known.id, standing),
      ];
    });
  }

  #standingOf({ id, revokedSecs, expiresSecs }: KnownGrant): Standing {
    const isOver = revokedSecs !== null || expiresSecs <= this.#nowSecs || this.#records.get(id)?.isOver === true;
    if (isOver) return 'ended';
    return isTakenBack(this.#state, id) ? 'ending' : 'active';
  }
}

/** A grant on record, and what it says. */
interface Read {
  readonly known: RecordedGrant;
  readonly grant: Grant;
}

function claimsOf({ bytes }: KnownGrant): Grant | null {
  const read = attempt(() => Signed.decode(Grant, bytes).unverified);
  return read.accepted ? read.value : null;
}

/** All that a grant says but at which organisation it counts: there, all are as in `like`. */
function saidIn(grant: Grant, { issuer, subject, audience, cti, keyEvent }: Grant): string {
  return base64url(encode(Grant.toCbor({ ...grant, issuer, subject, audience, cti, keyEvent })));
}

/** What a person agreed to or denied, out of what the wallet remembers: one consent for each answer to a request. */

import { Signed } from '../../../protocol/cose.ts';
import { Grant } from '../../../protocol/grant.ts';
import type { Principal } from '../../../protocol/ids.ts';
import { attempt } from '../../../protocol/refusal.ts';
import { type DecisionMade, type GivenGrant, isTakenBack, type WalletState } from '../../../wallet/state.ts';

/** How a consent stands at one organisation. */
export type Standing =
  /** It may be used. */
  | 'active'
  /** It was taken back, and the organisation has not confirmed that yet. */
  | 'ending'
  | 'ended';

/** A consent at one organisation. */
export interface Part {
  readonly given: GivenGrant;
  readonly standing: Standing;
  /** As it was signed; null when the bytes do not read, which a newer program can have written. */
  readonly grant: Grant | null;
}

/** An answer to a request. */
export interface Consent {
  readonly decision: DecisionMade;
  /** None when it was denied. */
  readonly parts: readonly Part[];
}

/** All answers, the newest first. */
export interface Consents {
  /** Something of it may still be used somewhere, by service. */
  readonly active: readonly { readonly service: Principal; readonly consents: readonly Consent[] }[];
  readonly ended: readonly Consent[];
  readonly denied: readonly Consent[];
}

/** Tells answers apart on a page. */
export function keyOf({ decision: { request, grants, decidedSecs } }: Consent): string {
  return grants[0] ?? `${request} ${decidedSecs}`;
}

/** First second at which nothing of it counts any more by itself. */
export function untilSecs({ parts }: Consent): bigint {
  return parts.reduce((latest, { given }) => (given.expiresSecs > latest ? given.expiresSecs : latest), 0n);
}

/** `kept`: keys of those that stay with the active ones though they have ended. */
export function consentsOf(state: WalletState, nowSecs: bigint, kept: ReadonlySet<string> = new Set()): Consents {
  const consents = state.decisions.toReversed().map((decision) => consentOf(state, decision, nowSecs));
  const isDenied = ({ decision }: Consent): boolean => decision.grants.length === 0;
  const isActive = (one: Consent): boolean =>
    one.parts.some(({ standing }) => standing !== 'ended') || kept.has(keyOf(one));
  const active = consents.filter(isActive);
  const services = [...new Set(active.map(({ decision }) => decision.service))];
  return {
    active: services.map((service) => ({
      service,
      consents: active.filter(({ decision }) => decision.service === service),
    })),
    ended: consents.filter((one) => !isDenied(one) && !isActive(one)),
    denied: consents.filter(isDenied),
  };
}

function consentOf(state: WalletState, decision: DecisionMade, nowSecs: bigint): Consent {
  const given = state.grants.filter(({ id }) => decision.grants.includes(id));
  return { decision, parts: given.map((one) => partOf(state, one, nowSecs)) };
}

function partOf(state: WalletState, given: GivenGrant, nowSecs: bigint): Part {
  const read = attempt(() => Signed.decode(Grant, given.bytes).unverified);
  return { given, standing: standingOf(state, given, nowSecs), grant: read.accepted ? read.value : null };
}

function standingOf(state: WalletState, { id, revokedSecs, expiresSecs }: GivenGrant, nowSecs: bigint): Standing {
  if (revokedSecs !== null || expiresSecs <= nowSecs) return 'ended';
  return isTakenBack(state, id) ? 'ending' : 'active';
}

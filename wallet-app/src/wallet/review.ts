/**
 * An access request as a person sees it before deciding. The wallet renders from the signed bytes, and refuses to sign what it
 * cannot show. Bytes with a claim that this wallet does not know are no access request to it: nothing of them is shown or signed.
 */

import type { AccessRequest, Ask } from '../protocol/access-request.ts';
import { base64url } from '../protocol/base64.ts';
import type { Verified } from '../protocol/cose.ts';
import type { FieldPath, PredicateId, RecordType } from '../protocol/field.ts';
import type { Principal } from '../protocol/ids.ts';
import type { Predicate } from '../protocol/predicate.ts';
import { refuse } from '../protocol/refusal.ts';
import { checkAccessRequest, type OverAsk, overAsking } from '../protocol/registry/checks.ts';
import type { Organisation, Registry } from '../protocol/registry/index.ts';
import type { Name } from '../protocol/request.ts';
import type { ServiceEntry } from '../protocol/statement/profile.ts';
import type { Words } from '../protocol/words.ts';
import type { Labels } from './labels.ts';

/** Something in an access request that the wallet cannot show, so that nothing of it is signed. */
export type Problem =
  /** No holder's catalogue has this record type. */
  | { readonly code: 'unknown-type'; readonly recordType: RecordType }
  /** No holder's catalogue has this field. */
  | { readonly code: 'unknown-field'; readonly recordType: RecordType; readonly field: FieldPath }
  /** A question about a field that no holder's catalogue has. */
  | {
      readonly code: 'unknown-question-field';
      readonly recordType: RecordType;
      readonly predicate: PredicateId;
      readonly field: FieldPath;
    }
  /** It names a holder, or somebody to whom it would be passed on, who is no member. */
  | { readonly code: 'unknown-holder' | 'unknown-delegatee'; readonly principal: Principal };

/** One field or question, as shown. */
export interface ReviewedName {
  /** The name in the grant. */
  readonly name: Name;
  /** What the field is called, or the field that the question is about; null for what has no words and cannot be shown. */
  readonly words: Words | null;
  /** The question, when the service only learns an answer and not the value. */
  readonly question: Predicate | null;
  /** Whether the service says that it cannot do without. */
  readonly required: boolean;
  /** Whether it goes beyond the service's registration. */
  readonly overAsked: boolean;
}

/** What is asked of one record type, as shown. */
export interface ReviewedType {
  readonly recordType: RecordType;
  /** What it is called; null for what has no words and cannot be shown. */
  readonly words: Words | null;
  readonly names: readonly ReviewedName[];
}

/** Somebody named in the request. */
export interface Named {
  readonly principal: Principal;
  /** What people call them; null when they have not said. Then the short name is shown. */
  readonly words: Words | null;
  readonly shortName: string;
}

/** A verified access request with what a person sees of it. What else is shown stands in its claims. */
export interface Review {
  /** The verified access request. */
  readonly request: Verified<AccessRequest>;
  /** Who asks, as registered. */
  readonly service: ServiceEntry;
  /** Whose service it is. */
  readonly organisation: Named;
  readonly types: readonly ReviewedType[];
  /** At which holders; null means wherever there are such records. */
  readonly holders: readonly Named[] | null;
  /** To whom alone it may be passed on; nobody when `depth` is 0. */
  readonly delegatees: readonly Named[];
  /** What goes beyond the service's registration: a warning, never hidden. */
  readonly overAsked: readonly OverAsk[];
  /** What cannot be shown. Unless it is empty, nothing can be signed. */
  readonly problems: readonly Problem[];
}

/** Verifies an access request and prepares what is shown. @throws {Refusal} as `checkAccessRequest` */
export function reviewOf(bytes: Uint8Array, registry: Registry, labels: Labels, nowSecs: bigint): Review {
  const request = checkAccessRequest(registry, bytes, nowSecs);
  const { claims } = request;
  const found = registry.service(claims.service) ?? refuse('suspended');
  const overAsked = overAsking(registry, claims);
  const problems: Problem[] = [];
  const types = claims.items.map((ask) => reviewedType(ask, labels, overAsked, problems));
  const named = (principals: readonly Principal[], code: 'unknown-holder' | 'unknown-delegatee'): readonly Named[] =>
    principals.flatMap((principal) => {
      const member = registry.organisation(principal);
      if (member === undefined) problems.push({ code, principal });
      return member === undefined ? [] : [namedOf(member)];
    });
  return {
    request,
    service: found.service,
    organisation: namedOf(found.organisation),
    types,
    holders: claims.holders && named(claims.holders, 'unknown-holder'),
    delegatees: named(claims.delegatees, 'unknown-delegatee'),
    overAsked,
    problems,
  };
}

/** Whether this name goes beyond the service's registration. */
export function isOverAsked(overAsked: readonly OverAsk[], recordType: RecordType, name: Name): boolean {
  return overAsked.some((one) => {
    switch (one.code) {
      case 'over-ask-type':
        return one.recordType === recordType;
      case 'over-ask-field':
        return one.recordType === recordType && one.field === name;
      case 'over-ask-derived':
        return one.recordType === recordType && one.predicate === name;
      default:
        return false;
    }
  });
}

export function namedOf({ membership, profile }: Organisation): Named {
  const { subject: principal, name: shortName } = membership.claims;
  return { principal, words: profile?.claims.names ?? null, shortName };
}

function reviewedType(ask: Ask, labels: Labels, overAsked: readonly OverAsk[], problems: Problem[]): ReviewedType {
  const { recordType } = ask;
  const words = labels.recordType(recordType);
  if (words === null) problems.push({ code: 'unknown-type', recordType });
  const fields = (names: readonly FieldPath[], required: boolean): readonly ReviewedName[] =>
    names.map((field) => {
      const known = labels.field(recordType, field);
      if (known === null) problems.push({ code: 'unknown-field', recordType, field });
      const isOver = isOverAsked(overAsked, recordType, field);
      return { name: field, words: known, question: null, required, overAsked: isOver };
    });
  const questions = (predicates: readonly Predicate[], required: boolean): readonly ReviewedName[] =>
    predicates.map((question) => {
      const { id, field } = question;
      const known = labels.field(recordType, field);
      if (known === null) problems.push({ code: 'unknown-question-field', recordType, predicate: id, field });
      return { name: id, words: known, question, required, overAsked: isOverAsked(overAsked, recordType, id) };
    });
  const names = [
    ...fields(ask.required, true),
    ...fields(ask.optional, false),
    ...questions(ask.requiredPredicates, true),
    ...questions(ask.optionalPredicates, false),
  ];
  return { recordType, words, names };
}

/** Whether a person sees the same of both. */
export function isShownSame(one: Review, other: Review): boolean {
  return shown(one) === shown(other);
}

/** All that a person sees of a review, as one text. */
function shown({ request, service, organisation, types, holders, delegatees, overAsked, problems }: Review): string {
  const parts = [request.id, service.names, organisation, types, holders, delegatees, overAsked, problems];
  return JSON.stringify(parts, (_name, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`;
    if (value instanceof Uint8Array) return base64url(value);
    return value instanceof Map ? [...(value as ReadonlyMap<unknown, unknown>)] : value;
  });
}

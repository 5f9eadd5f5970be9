/** What the registry answers about signatures, requests and access requests. */

import { AccessRequest, type Ask } from '../access-request.ts';
import { Signed, type Verified } from '../cose.ts';
import type { FieldPath, PredicateId, Purpose, RecordType } from '../field.ts';
import { kidOf, type Principal, type Thumbprint } from '../ids.ts';
import { checkCurrent } from '../lists.ts';
import { refuse } from '../refusal.ts';
import { allowsDerived, allowsRaw, registeredFields } from '../statement/profile.ts';
import type { Registry, ServiceRef } from './index.ts';

/** Where an access request goes beyond what the service is registered for. Shown as a warning, never hidden. */
export type OverAsk =
  | { readonly code: 'over-ask-type'; readonly recordType: RecordType }
  | { readonly code: 'over-ask-field'; readonly recordType: RecordType; readonly field: FieldPath }
  | {
      readonly code: 'over-ask-derived';
      readonly recordType: RecordType;
      readonly predicate: PredicateId;
      readonly field: FieldPath;
    }
  | { readonly code: 'over-ask-purpose'; readonly purpose: Purpose }
  | { readonly code: 'over-ask-retention'; readonly askedSecs: bigint; readonly registeredSecs: bigint };

/** The member that this key of a service works for; null for any other key, and for one that is suspended. */
export function organisationOf(registry: Registry, key: Thumbprint): Principal | null {
  const found = registry.serviceByKid(kidOf(key));
  if (found?.key.thumbprint !== key || found.organisation.isSuspended) return null;
  return found.organisation.membership.claims.subject;
}

/** Checks what a member signs now. @throws {Refusal} `key-unknown`, `key-refused`, `suspended`, `signature`. */
export function verifyByOrganisation<T>(registry: Registry, signed: Signed<T>, issuer: Principal): Verified<T> {
  const { organisation, key } = registry.organisationByKid(signed.kid) ?? refuse('key-unknown');
  if (organisation.membership.claims.subject !== issuer) refuse('key-refused');
  if (organisation.isSuspended) refuse('suspended');
  return signed.verify(key);
}

/**
 * Checks something that is kept, and says that it was signed then: also with a key that the member's log has revoked since.
 * @throws {Refusal} as `verifyByOrganisation`.
 */
export function verifySignedAt<T>(
  registry: Registry,
  signed: Signed<T>,
  issuer: Principal,
  issuedSecs: bigint,
): Verified<T> {
  const former = registry.organisationByKid(signed.kid) === undefined ? registry.organisation(issuer) : undefined;
  if (!former?.log) return verifyByOrganisation(registry, signed, issuer);
  if (former.isSuspended) refuse('suspended');
  // Whatever stands in the log and does not speak was taken out by the trust anchor.
  if (former.log.signing.some(({ key }) => key.kid === signed.kid)) refuse('key-unknown');
  return signed.verify(former.log.signerAt(signed.kid, issuedSecs));
}

/** Checks what a service signs now. @throws {Refusal} `key-unknown`, `key-refused`, `suspended`, `signature`. */
export function verifyByService<T>(
  registry: Registry,
  signed: Signed<T>,
  issuer: Principal,
): { readonly verified: Verified<T>; readonly by: ServiceRef } {
  const by = registry.serviceByKid(signed.kid) ?? refuse('key-unknown');
  if (by.service.principal !== issuer) refuse('key-refused');
  if (by.organisation.isSuspended) refuse('suspended');
  return { verified: signed.verify(by.key), by };
}

/** Checks an access request before anybody is shown it (`docs/protocol/access-request.md`, Rules, 1). @throws {Refusal} */
export function checkAccessRequest(registry: Registry, bytes: Uint8Array, nowSecs: bigint): Verified<AccessRequest> {
  const signed = Signed.decode(AccessRequest, bytes);
  const { verified, by } = verifyByService(registry, signed, signed.unverified.service);
  const { issued, expires, organisation, confirmation } = verified.claims;
  checkCurrent(issued, expires, nowSecs);
  if (organisation !== by.organisation.membership.claims.subject) refuse('not-authorised');
  if (!by.service.keys.some((key) => key.thumbprint === confirmation)) refuse('key-refused');
  return verified;
}

/** Where the request goes beyond the service's registration. @throws {Refusal} `suspended`, also for an unknown service. */
export function overAsking(registry: Registry, request: AccessRequest): readonly OverAsk[] {
  const found = registry.service(request.service) ?? refuse('suspended');
  if (found.organisation.isSuspended) refuse('suspended');
  const over: OverAsk[] = request.items.flatMap((ask) => overAskingOf(found, ask));
  const { purposes, maxRetentionSecs } = found.service;
  if (!purposes.includes(request.purpose)) over.push({ code: 'over-ask-purpose', purpose: request.purpose });
  if (request.retentionSecs > maxRetentionSecs) {
    over.push({ code: 'over-ask-retention', askedSecs: request.retentionSecs, registeredSecs: maxRetentionSecs });
  }
  return over;
}

function overAskingOf({ service }: ServiceRef, ask: Ask): readonly OverAsk[] {
  const { recordType } = ask;
  const registered = registeredFields(service, recordType);
  if (registered === undefined) return [{ code: 'over-ask-type', recordType }];
  const fields = [...ask.required, ...ask.optional].filter((field) => !allowsRaw(registered, field));
  const predicates = [...ask.requiredPredicates, ...ask.optionalPredicates].filter(
    ({ field }) => !allowsDerived(registered, field),
  );
  return [
    ...fields.map((field) => ({ code: 'over-ask-field', recordType, field }) as const),
    ...predicates.map(({ id, field }) => ({ code: 'over-ask-derived', recordType, predicate: id, field }) as const),
  ];
}

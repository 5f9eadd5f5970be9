/** Profiles: what a member says about itself: where it answers and which services it owns (`docs/protocol/profile.md`). */

import { base64url } from '../base64.ts';
import {
  type Cbor,
  Claims,
  fixed,
  identifier,
  type Limits,
  map,
  OBJECT_LIMITS,
  parsed,
  principal,
  type Read,
  time,
  uint,
} from '../codec/index.ts';
import type { Payload } from '../cose.ts';
import { HASH_BYTES } from '../crypto/hash.ts';
import type { PublicKey } from '../crypto/signing.ts';
import { covers, FieldPath, Purpose, RecordType } from '../field.ts';
import { Cti, type Principal } from '../ids.ts';
import { MAX_STATEMENT_LIFETIME_SECS } from '../limits.ts';
import { distinct, list, some, tuple, window } from '../lists.ts';
import { refuseClaim } from '../refusal.ts';
import { type Words, words, wordsToCbor } from '../words.ts';
import { type Endpoint, parseEndpoint } from './endpoint.ts';
import { registeredKeys } from './keys.ts';

/** Most bytes of a profile: 256 services of 1 kB each. */
export const MAX_PROFILE_BYTES = 256 * 1024;
/** Bytes of an X25519 key. */
const SEAL_KEY_BYTES = 32;

/** What an organisation says about itself. */
export interface Profile {
  /** The organisation, which signs with one of the keys of its membership. */
  readonly issuer: Principal;
  /** First second at which it no longer counts. */
  readonly expires: bigint;
  /** When it was signed. The newest counts. */
  readonly issued: bigint;
  readonly cti: Cti;
  /** What people call the organisation. */
  readonly names: Words;
  /** Where its node answers, the preferred one first. */
  readonly endpoints: readonly Endpoint[];
  /** SHA-256 of its catalogue; null when it holds no pods. */
  readonly catalogue: Uint8Array | null;
  /** The services that it owns. */
  readonly services: readonly ServiceEntry[];
  /** The X25519 key to which is sealed what reaches it through the directory's log; null when it holds no pods. */
  readonly sealKey: Uint8Array | null;
}

/** One service, as its organisation registered it. */
export interface ServiceEntry {
  readonly principal: Principal;
  /** The keys with which it signs access requests and requests. */
  readonly keys: readonly PublicKey[];
  /** The X25519 key to which decisions are sealed. */
  readonly sealKey: Uint8Array;
  /** What people call it. */
  readonly names: Words;
  /** The purposes for which it may ask. */
  readonly purposes: readonly Purpose[];
  /** The fields for which it may ask. */
  readonly fields: readonly RegisteredFields[];
  /** How long it may keep what it gets. */
  readonly maxRetentionSecs: bigint;
}

/** What a service may ask of one record type. Whoever may ask for a field may ask for answers about it too. */
export interface RegisteredFields {
  readonly recordType: RecordType;
  /** Fields as they are. */
  readonly raw: readonly FieldPath[];
  /** Fields about which derived answers alone may be asked. */
  readonly derived: readonly FieldPath[];
}

/** What the service may ask of this record type. */
export function registeredFields(service: ServiceEntry, recordType: RecordType): RegisteredFields | undefined {
  return service.fields.find((fields) => fields.recordType === recordType);
}

/** Whether this field may be asked for as it is. */
export function allowsRaw(fields: RegisteredFields, field: FieldPath): boolean {
  return fields.raw.some((registered) => covers(registered, field));
}

/** Whether answers about this field may be asked for. */
export function allowsDerived(fields: RegisteredFields, field: FieldPath): boolean {
  return allowsRaw(fields, field) || fields.derived.some((registered) => covers(registered, field));
}

const NAMES = -70210n;
const ENDPOINTS = -70211n;
const CATALOGUE = -70212n;
const SERVICES = -70213n;
const SEAL_KEY = -70214n;

const PROFILE_LIMITS: Limits = { ...OBJECT_LIMITS, bytes: MAX_PROFILE_BYTES };

export const Profile: Payload<Profile> = {
  typ: 'application/aitta-profile+cwt',
  limits: PROFILE_LIMITS,

  toCbor: (profile) =>
    map([
      [1n, profile.issuer],
      [4n, profile.expires],
      [6n, profile.issued],
      [7n, Cti.bytes(profile.cti)],
      [NAMES, wordsToCbor(profile.names)],
      [ENDPOINTS, profile.endpoints],
      [CATALOGUE, profile.catalogue ?? undefined],
      [SERVICES, profile.services.length > 0 ? profile.services.map(serviceToCbor) : undefined],
      [SEAL_KEY, profile.sealKey ?? undefined],
    ]),

  fromCbor(item) {
    const claims = new Claims(item);
    const profile: Profile = {
      issuer: claims.need(1n, principal),
      expires: claims.need(4n, time),
      issued: claims.need(6n, time),
      cti: claims.need(7n, identifier(Cti)),
      names: claims.need(NAMES, words),
      endpoints: claims.need(ENDPOINTS, some(parsed(parseEndpoint))),
      catalogue: claims.maybe(CATALOGUE, fixed(HASH_BYTES)),
      services: claims.maybe(SERVICES, some(serviceEntry)) ?? [],
      sealKey: claims.maybe(SEAL_KEY, fixed(SEAL_KEY_BYTES)),
    };
    claims.finish();
    check(profile);
    return profile;
  },
};

/** What makes sense only when the claims are seen together. */
function check(profile: Profile): void {
  window(profile.issued, profile.expires, MAX_STATEMENT_LIFETIME_SECS);
  distinct(ENDPOINTS, profile.endpoints);
  distinct(
    SERVICES,
    profile.services.map((service) => service.principal),
  );
  distinct(
    SERVICES,
    profile.services.flatMap((service) => service.keys).map((key) => base64url(key.bytes)),
  );
}

/** As `[principal, keys, seal key, names, purposes, fields, longest retention]`. */
function serviceToCbor(service: ServiceEntry): Cbor {
  return [
    service.principal,
    service.keys.map((key) => key.bytes),
    service.sealKey,
    wordsToCbor(service.names),
    service.purposes,
    service.fields.map(({ recordType, raw, derived }) => [recordType, raw, derived]),
    service.maxRetentionSecs,
  ];
}

const serviceEntry: Read<ServiceEntry> = (claim, item) => {
  const [id, keys, sealKey, names, purposes, fields, maxRetentionSecs] = tuple(7)(claim, item);
  const service: ServiceEntry = {
    principal: principal(claim, id),
    keys: registeredKeys(claim, keys),
    sealKey: fixed(SEAL_KEY_BYTES)(claim, sealKey),
    names: words(claim, names),
    purposes: some(Purpose.read)(claim, purposes),
    fields: some(fieldsOfType)(claim, fields),
    maxRetentionSecs: uint(claim, maxRetentionSecs),
  };
  if (service.maxRetentionSecs === 0n) refuseClaim('claim-range', claim);
  distinct(claim, service.purposes);
  distinct(
    claim,
    service.fields.map(({ recordType }) => recordType),
  );
  return service;
};

const fieldsOfType: Read<RegisteredFields> = (claim, item) => {
  const [recordType, raw, derived] = tuple(3)(claim, item);
  const fields: RegisteredFields = {
    recordType: RecordType.read(claim, recordType),
    raw: list(FieldPath.read)(claim, raw),
    derived: list(FieldPath.read)(claim, derived),
  };
  if (fields.raw.length === 0 && fields.derived.length === 0) refuseClaim('claim-empty', claim);
  distinct(claim, [...fields.raw, ...fields.derived]);
  return fields;
};

/** Requests: one signed question of a service to a holder, about 1 to 256 grants (`docs/protocol/request.md`). */

import {
  bytes,
  type Cbor,
  CborMap,
  Claims,
  decode,
  encode,
  fixed,
  identifier,
  map,
  OBJECT_LIMITS,
  principal,
  type Read,
  text,
  time,
  uint,
} from './codec/index.ts';
import type { Payload } from './cose.ts';
import { PUBLIC_KEY_BYTES } from './crypto/signing.ts';
import { FieldPath, PredicateId, Purpose, RecordType } from './field.ts';
import { Cti, ObjectId, type Principal } from './ids.ts';
import { MAX_LINKS } from './limits.ts';
import { distinct, some, tuple } from './lists.ts';
import { refuseClaim } from './refusal.ts';

/** Longest origin in a binding, in bytes: a host name with scheme and port. */
const MAX_ORIGIN_BYTES = 255;
/** Bytes of a TLS exporter (RFC 9266). */
const EXPORTER_BYTES = 32;

/** A request's claims. */
export interface Request {
  /** The service. */
  readonly issuer: Principal;
  /** The holder. */
  readonly audience: Principal;
  /** First second at which it is too late to answer. */
  readonly expires: bigint;
  readonly issued: bigint;
  readonly cti: Cti;
  /** A nonce that the holder handed out. */
  readonly nonce: Cti | null;
  /** What is asked. */
  readonly items: readonly RequestItem[];
  /** For what. */
  readonly purpose: Purpose;
  /** The connection on which it counts. */
  readonly binding: Binding;
}

/** One pod's part of a request. */
export interface RequestItem {
  /** The ids of the grants, the root first. */
  readonly chain: readonly ObjectId[];
  readonly wanted: readonly Wanted[];
}

/** What is wanted of one record type. */
export interface Wanted {
  readonly recordType: RecordType;
  readonly names: readonly Name[];
}

/** A field as it is, or the answer to a predicate by its id, which begins with `?`. */
export type Name = FieldPath | PredicateId;

/** What ties a request to the connection that it travels on, so that nobody can forward it. */
export type Binding =
  /** The libp2p peer's Ed25519 key, which must also be the signer's. */
  | { readonly kind: 'peer'; readonly key: Uint8Array }
  /** The TLS exporter of RFC 9266. */
  | { readonly kind: 'exporter'; readonly exporter: Uint8Array }
  /** A browser or a node behind a proxy: the holder's origin; then the nonce is mandatory. */
  | { readonly kind: 'origin'; readonly origin: string };

const ITEMS = -70010n;
const PURPOSE = -70012n;
/** The claim that carries a binding. */
export const BINDING = -70013n;

const PEER = 1n;
const EXPORTER = 2n;
const ORIGIN = 3n;

export const Request: Payload<Request> = {
  typ: 'application/aitta-request+cwt',
  limits: OBJECT_LIMITS,

  toCbor: (request) =>
    map([
      [1n, request.issuer],
      [3n, request.audience],
      [4n, request.expires],
      [6n, request.issued],
      [7n, Cti.bytes(request.cti)],
      [10n, request.nonce === null ? undefined : Cti.bytes(request.nonce)],
      [ITEMS, request.items.map(({ chain, wanted }) => [chain.map(ObjectId.bytes), wantedToCbor(wanted)])],
      [PURPOSE, request.purpose],
      [BINDING, bindingToCbor(request.binding)],
    ]),

  fromCbor(item) {
    const claims = new Claims(item);
    const request: Request = {
      issuer: claims.need(1n, principal),
      audience: claims.need(3n, principal),
      expires: claims.need(4n, time),
      issued: claims.need(6n, time),
      cti: claims.need(7n, identifier(Cti)),
      nonce: claims.maybe(10n, identifier(Cti)),
      items: claims.need(ITEMS, some(requestItem)),
      purpose: claims.need(PURPOSE, Purpose.read),
      binding: claims.need(BINDING, binding),
    };
    claims.finish();
    return request;
  },
};

const requestItem: Read<RequestItem> = (claim, item) => {
  const [first, second] = tuple(2)(claim, item);
  const chain = some(identifier(ObjectId))(claim, first);
  if (chain.length > MAX_LINKS) refuseClaim('claim-range', claim);
  return { chain, wanted: wanted(claim, second) };
};

/** As `[+ [type, [+ name]]]`. */
export function wantedToCbor(wanted: readonly Wanted[]): Cbor {
  return wanted.map(({ recordType, names }) => [recordType, names]);
}

/** Reads `[+ [type, [+ name]]]`. @throws {Refusal} `claim-…` when it is empty, repeats something or has a wildcard. */
export const wanted: Read<readonly Wanted[]> = (claim, item) => {
  const found = some(wantedOfType)(claim, item);
  distinct(
    claim,
    found.map(({ recordType }) => recordType),
  );
  return found;
};

const wantedOfType: Read<Wanted> = (claim, item) => {
  const [first, second] = tuple(2)(claim, item);
  const names = some(name)(claim, second);
  distinct(claim, names);
  return { recordType: RecordType.read(claim, first), names };
};

const name: Read<Name> = (claim, item) =>
  typeof item === 'string' && item.startsWith('?') ? PredicateId.read(claim, item) : FieldPath.read(claim, item);

/** As `[1, key]`, `[2, exporter]` or `[3, origin]`. */
export function bindingToCbor(binding: Binding): Cbor {
  switch (binding.kind) {
    case 'peer':
      return [PEER, binding.key];
    case 'exporter':
      return [EXPORTER, binding.exporter];
    case 'origin':
      return [ORIGIN, binding.origin];
  }
}

/** Reads what `bindingToCbor` writes. @throws {Refusal} `claim-type`, `claim-range`. */
export const binding: Read<Binding> = (claim, item) => {
  const [kind, value] = tuple(2)(claim, item);
  switch (uint(claim, kind)) {
    case PEER:
      return { kind: 'peer', key: fixed(PUBLIC_KEY_BYTES)(claim, value) };
    case EXPORTER:
      return { kind: 'exporter', exporter: fixed(EXPORTER_BYTES)(claim, value) };
    case ORIGIN: {
      const origin = text(claim, value);
      return isOrigin(origin) ? { kind: 'origin', origin } : refuseClaim('claim-range', claim);
    }
    default:
      return refuseClaim('claim-range', claim);
  }
};

/** Whether text could be an origin. It is shown to people, so that it is printable ASCII alone. */
function isOrigin(origin: string): boolean {
  return origin.length <= MAX_ORIGIN_BYTES && /^[!-~]+$/.test(origin);
}

/** What a service sends: the request, and grants that the holder may not have yet. */
export interface Call {
  /** The signed request. */
  readonly request: Uint8Array;
  /** Signed grants by their ids. */
  readonly grants: ReadonlyMap<ObjectId, Uint8Array>;
}

/** The deterministic encoding. */
export function callToBytes(call: Call): Uint8Array {
  const grants = [...call.grants].map(([id, grant]) => [ObjectId.bytes(id), grant] as const);
  return encode(
    map([
      [0n, call.request],
      [1n, grants.length === 0 ? undefined : new CborMap(grants)],
    ]),
  );
}

/** Reads a call; what is inside is judged later. @throws {Refusal} `cbor-…`, `claim-…`. */
export function callFromBytes(message: Uint8Array): Call {
  const claims = new Claims(decode(message, OBJECT_LIMITS));
  const call = { request: claims.need(0n, bytes), grants: claims.maybe(1n, grants) ?? new Map<ObjectId, Uint8Array>() };
  claims.finish();
  return call;
}

const grants: Read<ReadonlyMap<ObjectId, Uint8Array>> = (claim, item) => {
  if (!(item instanceof CborMap)) refuseClaim('claim-type', claim);
  // None are said by leaving the map out: one meaning, one encoding.
  if (item.entries.length === 0) refuseClaim('claim-empty', claim);
  return new Map(item.entries.map(([id, grant]) => [identifier(ObjectId)(claim, id), bytes(claim, grant)]));
};

/**
 * The registry: who is a member, with which keys, and which services members own (`docs/protocol/membership.md`). Every node and
 * wallet keeps a whole copy. It is built from signed statements alone, so it does not matter who handed them over.
 */

import { type Cbor, decode, encode, isArray, type Limits } from '../codec/index.ts';
import type { Verified } from '../cose.ts';
import { type Check, checkAnew } from '../crypto/checked.ts';
import type { PublicKey } from '../crypto/signing.ts';
import type { Kid, ObjectId, Principal } from '../ids.ts';
import type { PublishedLog } from '../key-event/index.ts';
import { type Refusal, refuseClaim } from '../refusal.ts';
import type { Membership, ShortName } from '../statement/membership.ts';
import type { Profile, ServiceEntry } from '../statement/profile.ts';
import { build } from './build.ts';

/** How long a copy is believed without a look at the directory. */
export const MAX_REGISTRY_AGE_SECS = 24n * 3600n;
/** The limits of a snapshot: 8192 statements of 1 kB. */
export const SNAPSHOT_LIMITS: Limits = { bytes: 8 * 1024 * 1024, depth: 1, items: 8192 };

/** Whose word admits members: the one thing that a copy is configured with. */
export interface Anchor {
  readonly principal: Principal;
  readonly key: PublicKey;
}

/** A member. */
export interface Organisation {
  readonly membership: Verified<Membership>;
  readonly profile: Verified<Profile> | null;
  /** The key log that it published. */
  readonly log: PublishedLog | null;
  /** The keys with which it speaks now. */
  readonly keys: readonly PublicKey[];
  /** Whether it, or a region above it, is suspended. */
  readonly isSuspended: boolean;
  /** How many levels below the anchor: 1 is admitted by it. */
  readonly level: bigint;
}

/** A service with its organisation, and the key by which it was found. */
export interface ServiceRef {
  readonly service: ServiceEntry;
  readonly organisation: Organisation;
  readonly key: PublicKey;
}

/** A member and the key by which it was found. */
export interface OrganisationRef {
  readonly organisation: Organisation;
  readonly key: PublicKey;
}

/** A statement that was turned down, by its place in the list. */
export interface RefusedStatement {
  readonly index: number;
  readonly refusal: Refusal;
}

/** What a registry is made of. */
export interface RegistryParts {
  readonly organisations: readonly Organisation[];
  readonly byPrincipal: ReadonlyMap<Principal, Organisation>;
  readonly byName: ReadonlyMap<ShortName, Organisation>;
  readonly byKid: ReadonlyMap<Kid, OrganisationRef>;
  readonly services: ReadonlyMap<Principal, ServiceRef>;
  readonly servicesByKid: ReadonlyMap<Kid, ServiceRef>;
  readonly validUntilSecs: bigint;
}

/** A whole copy. Never changed: new statements make another. */
export class Registry {
  readonly anchor: Anchor;
  readonly #parts: RegistryParts;

  private constructor(anchor: Anchor, parts: RegistryParts) {
    this.anchor = anchor;
    this.#parts = parts;
  }

  /** Reads statements, of whose signatures `check` says whether they hold; those that do not are left out, and named with their refusals. */
  static build(
    anchor: Anchor,
    statements: readonly Uint8Array[],
    nowSecs: bigint,
    check: Check = checkAnew,
  ): { readonly registry: Registry; readonly refused: readonly RefusedStatement[] } {
    const { parts, refused } = build(anchor, statements, nowSecs, check);
    return { registry: new Registry(anchor, parts), refused };
  }

  /** All members, those nearer to the anchor first. */
  get organisations(): readonly Organisation[] {
    return this.#parts.organisations;
  }

  /** Until when this copy may be used without another look. */
  get validUntilSecs(): bigint {
    return this.#parts.validUntilSecs;
  }

  organisation(principal: Principal): Organisation | undefined {
    return this.#parts.byPrincipal.get(principal);
  }

  /** Undefined also for a name that two members have. */
  organisationNamed(name: ShortName): Organisation | undefined {
    return this.#parts.byName.get(name);
  }

  /** Undefined also for a key that two members have. */
  organisationByKid(kid: Kid): OrganisationRef | undefined {
    return this.#parts.byKid.get(kid);
  }

  service(principal: Principal): ServiceRef | undefined {
    return this.#parts.services.get(principal);
  }

  serviceByKid(kid: Kid): ServiceRef | undefined {
    return this.#parts.servicesByKid.get(kid);
  }

  /** Whether this is a member that is not suspended. */
  isMember(principal: Principal): boolean {
    return this.organisation(principal)?.isSuspended === false;
  }

  /** The statements that count, as they were received. */
  get statements(): readonly Uint8Array[] {
    return this.organisations.flatMap(({ membership, profile, log }) => [
      membership.bytes,
      ...(profile ? [profile.bytes] : []),
      ...(log?.events ?? []).map((event) => event.bytes),
    ]);
  }

  /** The statements in one object, of which the log's state has the digest. */
  get snapshot(): Uint8Array {
    return encode(this.statements);
  }
}

/** The ids of the statements of one member. */
export function statementIds({ membership, profile, log }: Organisation): readonly ObjectId[] {
  return [membership.id, ...(profile ? [profile.id] : []), ...(log?.events ?? []).map(({ id }) => id)];
}

/** The public keys in the statements of a registry. */
export function keysIn({ organisations }: Registry): readonly PublicKey[] {
  return organisations.flatMap(({ membership, profile, log }) => [
    ...membership.claims.keys,
    ...(profile?.claims.services ?? []).flatMap(({ keys }) => keys),
    ...(log?.state.devices ?? []).map(({ device }) => device.key),
  ]);
}

/** Reads the statements of a snapshot. @throws {Refusal} `cbor-…`, `claim-type`. */
export function readSnapshot(message: Uint8Array): readonly Uint8Array[] {
  const items: Cbor = decode(message, SNAPSHOT_LIMITS);
  if (!isArray(items)) refuseClaim('claim-type', 0n);
  return items.map((item) => (item instanceof Uint8Array ? item : refuseClaim('claim-type', 0n)));
}

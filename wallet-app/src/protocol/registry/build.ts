/** Building the registry: level by level down from the trust anchor, so that nobody's word counts before they are admitted. */

import { compareBytes } from '../bytes.ts';
import { kindOf, Signed, type Verified } from '../cose.ts';
import type { Check } from '../crypto/checked.ts';
import type { PublicKey } from '../crypto/signing.ts';
import { type Kid, ObjectId, Principal } from '../ids.ts';
import { KeyEvent, type KeyEventClaims, PublishedLog, readPublished } from '../key-event/index.ts';
import { checkIssued } from '../lists.ts';
import { attempt, refuse, Refusal, type RefusalCode } from '../refusal.ts';
import { MAX_LEVELS, Membership, type ShortName } from '../statement/membership.ts';
import { Profile } from '../statement/profile.ts';
import {
  type Anchor,
  MAX_REGISTRY_AGE_SECS,
  type Organisation,
  type OrganisationRef,
  type RefusedStatement,
  type RegistryParts,
  type ServiceRef,
} from './index.ts';

interface Indexed<T> {
  readonly index: number;
  readonly statement: T;
}

/** Of two statements the later counts; of two of one second, that with the greater id. */
interface Newness {
  readonly issued: bigint;
  readonly id: ObjectId;
}

/** Whoever may admit at a level. */
interface Admitting {
  readonly keys: readonly PublicKey[];
  readonly depth: bigint;
  readonly isRegion: boolean;
  readonly isSuspended: boolean;
}

/** Builds the parts of a registry; statements that do not hold are refused, in their order. */
export function build(
  anchor: Anchor,
  statements: readonly Uint8Array[],
  nowSecs: bigint,
  check: Check,
): { readonly parts: RegistryParts; readonly refused: readonly RefusedStatement[] } {
  const builder = new Builder(anchor, nowSecs, check);
  for (const [index, bytes] of statements.entries()) builder.read(index, bytes);
  for (let level = 1n; level <= MAX_LEVELS; level += 1n) builder.admit(level);
  builder.placeProfiles();
  return builder.finish();
}

class Builder {
  readonly #anchor: Anchor;
  readonly #nowSecs: bigint;
  readonly #check: Check;
  #memberships: Indexed<Signed<Membership>>[] = [];
  readonly #profiles: Indexed<Signed<Profile>>[] = [];
  readonly #events = new Events();
  /** By principal, in the order in which they were admitted. */
  readonly #organisations = new Map<Principal, Organisation>();
  /** The newest membership of each that lapsed: an older one of an issuer below does not take its place. */
  readonly #lapsed = new Map<Principal, Newness>();
  /** Which statement the profile of a member is. */
  readonly #profileIndex = new Map<Principal, number>();
  readonly #refused: RefusedStatement[] = [];

  constructor(anchor: Anchor, nowSecs: bigint, check: Check) {
    this.#anchor = anchor;
    this.#nowSecs = nowSecs;
    this.#check = check;
  }

  /** Sorts a statement by its kind. */
  read(index: number, bytes: Uint8Array): void {
    this.#orRefuse(index, () => {
      switch (kindOf(bytes)) {
        case Membership.typ: {
          const statement = Signed.decode(Membership, bytes, this.#check);
          checkIssued(statement.unverified.issued, this.#nowSecs);
          this.#memberships.push({ index, statement });
          return;
        }
        case Profile.typ: {
          const statement = Signed.decode(Profile, bytes, this.#check);
          checkIssued(statement.unverified.issued, this.#nowSecs);
          this.#profiles.push({ index, statement });
          return;
        }
        case KeyEvent.typ: {
          const statement = readPublished(bytes, this.#check);
          checkIssued(statement.unverified.timeSecs, this.#nowSecs);
          this.#events.push({ index, statement });
          return;
        }
        default:
          refuse('cose-typ');
      }
    });
  }

  /** Admits the members of one level. */
  admit(level: bigint): void {
    const isDue = ({ statement }: Indexed<Signed<Membership>>): boolean =>
      this.#admitting(level, statement.unverified.issuer) !== null;
    const due = this.#memberships.filter(isDue);
    this.#memberships = this.#memberships.filter((item) => !due.includes(item));
    const candidates = new Map<Principal, Indexed<Organisation>[]>();
    for (const { index, statement } of due) {
      const organisation = this.#orRefuse(index, () => this.#vouch(level, statement));
      if (organisation === undefined) continue;
      const { subject } = organisation.membership.claims;
      candidates.set(subject, [...(candidates.get(subject) ?? []), { index, statement: organisation }]);
    }
    const bySubject = [...candidates].sort(([one], [other]) => comparePrincipals(one, other));
    for (const [subject, claims] of bySubject) this.#settle(subject, claims);
  }

  /** Gives each member its newest profile. */
  placeProfiles(): void {
    const newest = new Map<Principal, Indexed<Verified<Profile>>>();
    for (const { index, statement } of this.#profiles) {
      const profile = this.#orRefuse(index, () => this.#ownProfile(statement));
      if (profile === undefined) continue;
      const { issuer } = profile.claims;
      const other = newest.get(issuer)?.statement;
      if (other === undefined || compareNewness(newnessOf(profile), newnessOf(other)) >= 0) {
        newest.set(issuer, { index, statement: profile });
      }
    }
    for (const [issuer, { index, statement }] of newest) {
      const organisation = this.#organisations.get(issuer);
      if (statement.claims.expires <= this.#nowSecs) {
        this.#refuse(index, 'expired');
      } else if (organisation !== undefined) {
        this.#organisations.set(issuer, { ...organisation, profile: statement });
        this.#profileIndex.set(issuer, index);
      }
    }
  }

  /** What was built, and what was not. */
  finish(): { readonly parts: RegistryParts; readonly refused: readonly RefusedStatement[] } {
    // Memberships whose issuer was never admitted; key events of nobody, and what goes on from one that does not hold.
    for (const { index } of this.#memberships) this.#refuse(index, 'key-unknown');
    for (const index of this.#events.rest()) this.#refuse(index, 'key-unknown');
    const organisations = [...this.#organisations.values()];
    const names = new Unique<ShortName, Organisation>();
    const kids = new Unique<Kid, OrganisationRef>();
    const services = new Unique<Principal, ServiceRef>();
    const serviceKids = new Unique<Kid, ServiceRef>();
    for (const organisation of organisations) {
      names.add(organisation.membership.claims.name, organisation);
      for (const key of organisation.keys) kids.add(key.kid, { organisation, key });
      for (const service of organisation.profile?.claims.services ?? []) {
        for (const key of service.keys.slice(0, 1)) services.add(service.principal, { service, organisation, key });
        for (const key of service.keys) serviceKids.add(key.kid, { service, organisation, key });
      }
    }
    const shared = [...services.shared(), ...serviceKids.shared()];
    for (const principal of new Set(shared.map(({ organisation }) => organisation.membership.claims.subject))) {
      const index = this.#profileIndex.get(principal);
      if (index !== undefined) this.#refuse(index, 'key-refused');
    }
    const parts: RegistryParts = {
      organisations,
      byPrincipal: this.#organisations,
      byName: names.unique(),
      byKid: kids.unique(),
      services: services.unique(),
      servicesByKid: serviceKids.unique(),
      validUntilSecs: validUntil(organisations, this.#nowSecs),
    };
    return { parts, refused: this.#refused.toSorted((one, other) => one.index - other.index) };
  }

  #refuse(index: number, code: RefusalCode): void {
    this.#refused.push({ index, refusal: new Refusal(code) });
  }

  /** Runs a step for a statement; undefined when it is refused. */
  #orRefuse<T>(index: number, step: () => T): T | undefined {
    const ended = attempt(step);
    if (ended.accepted) return ended.value;
    this.#refused.push({ index, refusal: ended.refusal });
    return undefined;
  }

  /** Whoever this issuer is at this level; null when they admit nobody here. */
  #admitting(level: bigint, issuer: Principal): Admitting | null {
    if (level === 1n) {
      const { principal, key } = this.#anchor;
      return issuer === principal ? { keys: [key], depth: MAX_LEVELS, isRegion: true, isSuspended: false } : null;
    }
    const found = this.#organisations.get(issuer);
    if (found === undefined || found.level + 1n !== level) return null;
    const { depth, roles } = found.membership.claims;
    return { keys: found.keys, depth, isRegion: roles.includes('region'), isSuspended: found.isSuspended };
  }

  #vouch(level: bigint, signed: Signed<Membership>): Organisation {
    const issuer = this.#admitting(level, signed.unverified.issuer) ?? refuse('key-unknown');
    const membership = verifyWith(signed, issuer.keys);
    const { subject, issuer: admitter, depth, suspended, keys } = membership.claims;
    if (subject === admitter || subject === this.#anchor.principal || !issuer.isRegion) refuse('not-authorised');
    if (depth >= issuer.depth) throw new Refusal('chain-depth', { link: Number(level) });
    return { membership, profile: null, log: null, keys, isSuspended: suspended || issuer.isSuspended, level };
  }

  /** Of all that is said of one member at one level: the newest of each issuer, and nobody whom two admit. */
  #settle(subject: Principal, candidates: readonly Indexed<Organisation>[]): void {
    const newest = new Map<Principal, Indexed<Organisation>>();
    const sorted = candidates.toSorted((one, other) => compareNewness(newnessOfClaim(one), newnessOfClaim(other)));
    for (const candidate of sorted) newest.set(candidate.statement.membership.claims.issuer, candidate);
    const claims = [...newest.values()];
    const isExpired = ({ statement }: Indexed<Organisation>): boolean =>
      statement.membership.claims.expires <= this.#nowSecs;
    // What lapsed nearer to the anchor; what lapsed at this level is of other issuers, who have no say about these.
    const before = this.#lapsed.get(subject);
    const counting = claims.filter(
      (claim) => !isExpired(claim) && (before === undefined || compareNewness(newnessOfClaim(claim), before) > 0),
    );
    for (const claim of claims.filter(isExpired)) {
      const lapsed = this.#lapsed.get(subject);
      const newness = newnessOfClaim(claim);
      if (lapsed === undefined || compareNewness(newness, lapsed) > 0) this.#lapsed.set(subject, newness);
      this.#refuse(claim.index, 'expired');
    }
    const [only, ...others] = counting;
    if (others.length > 0 || this.#organisations.has(subject)) {
      for (const claim of counting) this.#refuse(claim.index, 'not-authorised');
    } else if (only !== undefined) {
      const log = this.#logOf(subject);
      this.#organisations.set(subject, { ...only.statement, log, keys: speaking(only.statement, log) });
    }
  }

  #logOf(subject: Principal): PublishedLog | null {
    let log: PublishedLog | null = null;
    for (;;) {
      const candidates = this.#events.after(log, subject);
      if (candidates === null) return log;
      let longer: PublishedLog | null = null;
      for (const { index, statement } of candidates) {
        // Once one stands, the others go on from what is no longer the last.
        const before: PublishedLog | null = longer ?? log;
        longer = this.#orRefuse(index, () => PublishedLog.with(before, statement)) ?? longer;
      }
      if (longer === null) return log;
      log = longer;
    }
  }

  #ownProfile(signed: Signed<Profile>): Verified<Profile> {
    const organisation = this.#organisations.get(signed.unverified.issuer) ?? refuse('key-unknown');
    const profile = verifyWith(signed, organisation.keys);
    const ownsServices = organisation.membership.claims.roles.includes('services');
    if (profile.claims.services.length > 0 && !ownsServices) refuse('not-authorised');
    return profile;
  }
}

type IndexedEvent = Indexed<Signed<KeyEventClaims>>;

/** Key events, by where they would go on. */
class Events {
  readonly #first = new Map<ObjectId, IndexedEvent[]>();
  readonly #following = new Map<ObjectId, IndexedEvent[]>();

  push(event: IndexedEvent): void {
    const { previous } = event.statement.unverified;
    const places = previous === null ? this.#first : this.#following;
    const place = previous ?? event.statement.id;
    const candidates = places.get(place) ?? [];
    // The same one twice is no fork: it was held, and fetched again.
    const isKnown = candidates.some(({ statement }) => compareBytes(statement.bytes, event.statement.bytes) === 0);
    places.set(place, isKnown ? candidates : [...candidates, event]);
  }

  /** Takes what goes on from the log, or begins the log of this principal; null when nothing does. */
  after(log: PublishedLog | null, subject: Principal): readonly IndexedEvent[] | null {
    const places = log === null ? this.#first : this.#following;
    const place = log === null ? ObjectId.of(Principal.bytes(subject)) : log.state.head;
    const candidates = places.get(place) ?? null;
    places.delete(place);
    return candidates;
  }

  /** What nobody took. */
  rest(): readonly number[] {
    return [...this.#first.values(), ...this.#following.values()].flat().map(({ index }) => index);
  }
}

/**
 * The keys with which a member speaks: those of its membership, until its log goes on from its first event; then those that the log
 * has, of the first ones only what the membership still names.
 */
function speaking({ membership }: Organisation, log: PublishedLog | null): readonly PublicKey[] {
  const admitted = membership.claims.keys;
  if (log === null || log.state.seq === 0n) return admitted;
  const isAdmitted = (key: PublicKey): boolean => admitted.some((one) => one.equals(key));
  return log.signing.filter(({ addedSeq, key }) => addedSeq > 0n || isAdmitted(key)).map(({ key }) => key);
}

function verifyWith<T>(signed: Signed<T>, keys: readonly PublicKey[]): Verified<T> {
  return signed.verify(keys.find((key) => key.kid === signed.kid) ?? refuse('key-unknown'));
}

function newnessOf({ id, claims }: Verified<{ readonly issued: bigint }>): Newness {
  return { issued: claims.issued, id };
}

function newnessOfClaim({ statement }: Indexed<Organisation>): Newness {
  return newnessOf(statement.membership);
}

function compareNewness(one: Newness, other: Newness): number {
  if (one.issued !== other.issued) return one.issued < other.issued ? -1 : 1;
  return compareBytes(ObjectId.bytes(one.id), ObjectId.bytes(other.id));
}

function comparePrincipals(one: Principal, other: Principal): number {
  return compareBytes(Principal.bytes(one), Principal.bytes(other));
}

function validUntil(organisations: readonly Organisation[], nowSecs: bigint): bigint {
  const expiries = organisations.flatMap(({ membership, profile }) => [
    membership.claims.expires,
    ...(profile ? [profile.claims.expires] : []),
  ]);
  return expiries.reduce((least, secs) => (secs < least ? secs : least), nowSecs + MAX_REGISTRY_AGE_SECS);
}

/** Values by keys that must be theirs alone. */
class Unique<K, V> {
  readonly #found = new Map<K, V[]>();

  add(key: K, value: V): void {
    this.#found.set(key, [...(this.#found.get(key) ?? []), value]);
  }

  /** What is there once. */
  unique(): ReadonlyMap<K, V> {
    const unique = new Map<K, V>();
    for (const [key, [value, ...others]] of this.#found) {
      if (value !== undefined && others.length === 0) unique.set(key, value);
    }
    return unique;
  }

  /** What is there more than once. */
  shared(): readonly V[] {
    return [...this.#found.values()].filter((values) => values.length > 1).flat();
  }
}

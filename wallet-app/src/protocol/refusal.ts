/** Every reason for which something is turned down: a closed set with stable codes (`docs/protocol/README.md`, Refusals). */

/** What a peer is told. Everything that depends on a person is `denied`. */
export type Outward =
  'denied' | 'malformed' | 'use-nonce' | 'expired' | 'replay' | 'too-large' | 'limit' | 'unknown-grant' | 'unavailable';

/** Each code, with what the peer sees of it. */
const OUTWARD = {
  'cbor-trailing': 'malformed',
  'cbor-truncated': 'malformed',
  'cbor-not-shortest': 'malformed',
  'cbor-indefinite': 'malformed',
  'cbor-unsorted': 'malformed',
  'cbor-duplicate-key': 'malformed',
  'cbor-float': 'malformed',
  'cbor-tag': 'malformed',
  'cbor-simple': 'malformed',
  'cbor-not-utf8': 'malformed',
  'cbor-integer-range': 'malformed',
  'cbor-too-deep': 'malformed',
  'cbor-too-large': 'too-large',
  'cbor-too-many-items': 'too-large',
  'cose-shape': 'malformed',
  'cose-alg-missing': 'malformed',
  'cose-alg': 'malformed',
  'cose-unprotected': 'malformed',
  'cose-typ': 'malformed',
  'cose-kid': 'malformed',
  'cose-header': 'malformed',
  'cose-detached': 'malformed',
  'cose-signature-length': 'malformed',
  'claim-missing': 'malformed',
  'claim-type': 'malformed',
  'claim-range': 'malformed',
  'claim-empty': 'malformed',
  'claim-repeated': 'malformed',
  'claim-wildcard': 'malformed',
  'claim-unknown': 'malformed',
  'chain-too-long': 'denied',
  'chain-loop': 'denied',
  'chain-not-root': 'denied',
  'chain-issuer': 'denied',
  'chain-key-event': 'denied',
  'chain-key-compromised': 'denied',
  'chain-parent': 'denied',
  'chain-confirmation': 'denied',
  'chain-subject': 'denied',
  'chain-audience': 'denied',
  'chain-window': 'denied',
  'chain-wider': 'denied',
  'chain-purpose': 'denied',
  'chain-depth': 'denied',
  'chain-limits': 'denied',
  'chain-organisation': 'denied',
  'chain-holder': 'denied',
  'chain-stale-revocations': 'unavailable',
  'key-refused': 'denied',
  'key-unknown': 'denied',
  signature: 'denied',
  'issued-in-future': 'malformed',
  'not-yet-valid': 'denied',
  expired: 'expired',
  lifetime: 'malformed',
  replay: 'replay',
  nonce: 'use-nonce',
  audience: 'denied',
  binding: 'use-nonce',
  'unknown-grant': 'unknown-grant',
  'unknown-pod': 'denied',
  'not-granted': 'denied',
  purpose: 'denied',
  'beyond-registration': 'denied',
  revoked: 'denied',
  restricted: 'denied',
  objected: 'denied',
  suspended: 'denied',
  'not-authorised': 'denied',
  'key-pending': 'denied',
  'key-too-late': 'denied',
  'key-outranked': 'denied',
  'key-spent': 'denied',
  limit: 'limit',
  'too-large': 'too-large',
  unavailable: 'unavailable',
} as const satisfies Record<string, Outward>;

/** The stable, exact code of a refusal. */
export type RefusalCode = keyof typeof OUTWARD;

/** All codes, in the order of the specification. */
export const REFUSAL_CODES: readonly RefusalCode[] = Object.freeze(Object.keys(OUTWARD) as RefusalCode[]);

/** Where in an object the fault is: the key of a claim, the number of a link (0 is the root). */
export interface Place {
  readonly claim?: bigint;
  readonly link?: number;
}

/** Why something was turned down. Every reader and rule of the protocol throws this, and nothing else, because of its input. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;
  readonly place: Place;

  constructor(code: RefusalCode, place: Place = {}) {
    super(code);
    this.code = code;
    this.place = place;
  }

  /** What a peer is told. */
  get outward(): Outward {
    return OUTWARD[this.code];
  }
}

/** Turns something down. @throws {Refusal} */
export function refuse(code: RefusalCode): never {
  throw new Refusal(code);
}

/** The faults of a claim. */
export type ClaimCode = Extract<RefusalCode, `claim-${string}`>;

/** Turns something down because of one of its claims; 0 is the claims as a whole. @throws {Refusal} */
export function refuseClaim(code: ClaimCode, claim: bigint): never {
  throw new Refusal(code, { claim });
}

/** How a step ended that may refuse. */
export type Outcome<T> =
  { readonly accepted: true; readonly value: T } | { readonly accepted: false; readonly refusal: Refusal };

/** Runs a step, and gives its refusal as a value. Faults of our own go on as exceptions. */
export function attempt<T>(step: () => T): Outcome<T> {
  try {
    return { accepted: true, value: step() };
  } catch (thrown) {
    if (thrown instanceof Refusal) return { accepted: false, refusal: thrown };
    throw thrown;
  }
}

/**
 * Blind requests: a holder asks the blinder for the tags of the people whose data it holds (`docs/protocol/blind-request.md`).
 * Nothing in it says under which info the blinder evaluates: it is always that of the holder who signed.
 */

import {
  Claims,
  decode,
  encode,
  fixed,
  identifier,
  type Limits,
  map,
  OBJECT_LIMITS,
  principal,
  type Read,
  time,
  uint,
} from './codec/index.ts';
import type { Payload } from './cose.ts';
import { Cti, type Principal } from './ids.ts';
import { checkCurrent, list, some, tuple, window } from './lists.ts';
import { refuse, refuseClaim } from './refusal.ts';

/** Longest life of a blind request: it is answered at once. */
export const MAX_BLIND_REQUEST_LIFETIME_SECS = 120n;
/** The limits of an answer: 256 pairs of an element and a proof have 26 kB. */
const ANSWER_LIMITS: Limits = { ...OBJECT_LIMITS, depth: 2 };
/** Bytes of a compressed ristretto255 point (RFC 9496 §4.3.2). */
const ELEMENT_BYTES = 32;
/** Bytes of the proof of an evaluation: two scalars (RFC 9497 §2.2). */
const PROOF_BYTES = 64;
const MAX_EPOCH = 0xffffn;

/** A blind request's claims. */
export interface BlindRequest {
  /** The holder, which signs with a key of its membership, and under whose info the inputs are evaluated. */
  readonly issuer: Principal;
  /** The blinder. */
  readonly audience: Principal;
  /** First second at which it is too late to answer. */
  readonly expires: bigint;
  readonly issued: bigint;
  readonly cti: Cti;
  /** For which epoch of the blinder the tags are. */
  readonly epoch: bigint;
  /** The blinded inputs: compressed ristretto255 points. */
  readonly inputs: readonly Uint8Array[];
}

const EPOCH = -70240n;
const INPUTS = -70241n;

export const BlindRequest: Payload<BlindRequest> = {
  typ: 'application/aitta-blind-request+cwt',
  limits: OBJECT_LIMITS,

  toCbor: (request) =>
    map([
      [1n, request.issuer],
      [3n, request.audience],
      [4n, request.expires],
      [6n, request.issued],
      [7n, Cti.bytes(request.cti)],
      [EPOCH, request.epoch],
      [INPUTS, request.inputs],
    ]),

  fromCbor(item) {
    const claims = new Claims(item);
    const request: BlindRequest = {
      issuer: claims.need(1n, principal),
      audience: claims.need(3n, principal),
      expires: claims.need(4n, time),
      issued: claims.need(6n, time),
      cti: claims.need(7n, identifier(Cti)),
      epoch: claims.need(EPOCH, epoch),
      inputs: claims.need(INPUTS, some(fixed(ELEMENT_BYTES))),
    };
    claims.finish();
    window(request.issued, request.expires, MAX_BLIND_REQUEST_LIFETIME_SECS);
    return request;
  },
};

const epoch: Read<bigint> = (claim, item) => {
  const number = uint(claim, item);
  return number <= MAX_EPOCH ? number : refuseClaim('claim-range', claim);
};

/** Whether it is meant for this blinder, and now. @throws {Refusal} `audience`, `issued-in-future`, `expired`. */
export function checkBlindRequest(request: BlindRequest, blinder: Principal, nowSecs: bigint): void {
  if (request.audience !== blinder) refuse('audience');
  checkCurrent(request.issued, request.expires, nowSecs);
}

/** An evaluated input, and the proof that the blinder's published key was used. */
export interface Evaluation {
  readonly element: Uint8Array;
  readonly proof: Uint8Array;
}

/** The deterministic encoding of what the blinder answers: an evaluation for each input, in their order. */
export function blindAnswerToBytes(evaluations: readonly Evaluation[]): Uint8Array {
  return encode(evaluations.map(({ element, proof }) => [element, proof]));
}

/** Reads the encoding. The proofs are checked when the blinding is taken off. @throws {Refusal} `cbor-…`, `claim-type`. */
export function blindAnswerFromBytes(message: Uint8Array): readonly Evaluation[] {
  return list(evaluation)(0n, decode(message, ANSWER_LIMITS));
}

const evaluation: Read<Evaluation> = (claim, item) => {
  const [element, proof] = tuple(2)(claim, item);
  return { element: fixed(ELEMENT_BYTES)(claim, element), proof: fixed(PROOF_BYTES)(claim, proof) };
};

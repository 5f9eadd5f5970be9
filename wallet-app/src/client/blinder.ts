/** The blinder: evaluates blinded identity codes (RFC 9497, POPRF) and sees none. */

import type { Evaluation } from '../protocol/blind-request.ts';
import { base64url } from '../protocol/base64.ts';
import { Principal } from '../protocol/ids.ts';
import type { Caller } from './caller.ts';
import type { CallFault } from './fault.ts';
import { fixed, id, list, Members, ShapeFault } from './json.ts';
import { Target } from './target.ts';

/**
 * With which key the federation's blinder evaluates now. Never asked of the blinder itself: it could name another one to each who
 * asks, and then tell them apart by their tags.
 */
export interface BlinderKey {
  /** A compressed ristretto255 point: 32 bytes. */
  readonly public: Uint8Array;
  /** The epoch, which is part of every tag. */
  readonly epoch: number;
}

/** Calls to the blinder. */
export class BlinderClient {
  readonly key: BlinderKey;
  readonly #target: Target;

  /** @throws {CallFault} `own-address` */
  constructor(caller: Caller, url: string, key: BlinderKey) {
    this.#target = new Target(caller, url, 'the blinder');
    this.key = key;
  }

  /**
   * With a fresh login token: evaluates one blinded input for each holder, in their order. Whoever takes the blinding off checks the
   * proofs. @throws {CallFault}
   */
  evaluate(idToken: string, blinded: Uint8Array, holders: readonly Principal[]): Promise<readonly Evaluation[]> {
    const body = { id_token: idToken, input: base64url(blinded), holders };
    return this.#target.postJson('/v1/evaluate-citizen', body, (json) => {
      const told = new Members(json).need('evaluations', list(evaluation));
      return holders.map(
        (holder) => told.find((one) => one.holder === holder) ?? missing('an evaluation for each holder'),
      );
    });
  }

  /** That an evaluation's proof does not hold. */
  unbelievable(reason: string): CallFault {
    return this.#target.unbelievable(reason);
  }
}

function evaluation(json: unknown): Evaluation & { readonly holder: Principal } {
  const members = new Members(json);
  return {
    holder: members.need('holder', id(Principal)),
    element: members.need('element', fixed(32)),
    proof: members.need('proof', fixed(64)),
  };
}

function missing(what: string): never {
  throw new ShapeFault(`${what} is missing`);
}

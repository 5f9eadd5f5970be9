/** Finding who holds something of a citizen, so that nobody else learns it: not the blinder, not the directory. */

import type { Evaluation } from '../protocol/blind-request.ts';
import { utf8 } from '../protocol/bytes.ts';
import { blind, type Blinding } from '../protocol/crypto/blind.ts';
import { blindInfo, type HolderHandle, openHandle, tagAndKey } from '../protocol/holder-entry.ts';
import type { Principal } from '../protocol/ids.ts';
import type { View } from '../protocol/tlog/view.ts';
import type { BlinderClient } from './blinder.ts';
import type { Caller } from './caller.ts';
import type { DirectoryClient, NewestSeen, RegistryCopy } from './directory/index.ts';
import { CallFault } from './fault.ts';

/** What one random scalar of ristretto255 is made from, in bytes, and some to spare. */
const FACTOR_BYTES = 64;

/** A holder with a pod of this citizen. */
export interface FoundHolder {
  readonly holder: Principal;
  /** Its short name. */
  readonly name: string;
  readonly handle: HolderHandle;
}

/** What came of a search; all but the holders is to be kept. */
export interface Found {
  readonly holders: readonly FoundHolder[];
  readonly seen: NewestSeen;
  readonly view: View | null;
  readonly troubles: readonly CallFault[];
}

/**
 * Finds all holders: blinds the identity code once, has it evaluated for every holder of the registry, downloads whole buckets that
 * prove what is in them, and opens what is this citizen's. `idToken` is a fresh login at the blinder's own client. An entry that is
 * expired, or not signed by its holder, is passed over. `copy` gives the newest registry each time. @throws {CallFault}
 */
export async function findHolders(
  caller: Caller,
  identityCode: string,
  idToken: string,
  copy: () => RegistryCopy,
  blinder: BlinderClient,
  directory: DirectoryClient,
  seen: NewestSeen,
): Promise<Found> {
  const members = inAnyOrder(
    caller,
    copy().registry.organisations.filter(
      ({ membership, isSuspended }) => membership.claims.roles.includes('holder') && !isSuspended,
    ),
  );
  const principals = members.map(({ membership }) => membership.claims.subject);
  const { blinded, finalize } = blindOnce(caller, identityCode, blinder);
  const evaluations = await blinder.evaluate(idToken, blinded, principals);
  const lookup = directory.lookup(copy, seen);
  const holders: FoundHolder[] = [];
  for (const [at, member] of members.entries()) {
    const { subject: holder, name } = member.membership.claims;
    const { tag, key } = tagAndKey(finalize(holder, evaluations[at]));
    const entries = await lookup.entries(holder, tag);
    const handles = entries.flatMap(({ claims: { sealed } }) => {
      // What does not open is another's.
      const opened = sealed && openHandle(key, holder, tag, sealed);
      return opened ? [opened] : [];
    });
    holders.push(...handles.slice(0, 1).map((handle) => ({ holder, name, handle })));
  }
  holders.sort((one, other) => (one.name < other.name ? -1 : 1));
  return { holders, seen: lookup.seen, view: lookup.view, troubles: lookup.troubles };
}

/** In the registry's order each bucket would be asked for one holder's sake, and hide one only among its entries there. */
function inAnyOrder<T>(caller: Caller, members: readonly T[]): readonly T[] {
  const places = members.map((member) => ({ member, place: caller.random(8) }));
  const number = (bytes: Uint8Array): bigint => new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0);
  return places.sort((one, other) => (number(one.place) < number(other.place) ? -1 : 1)).map(({ member }) => member);
}

/**
 * One input, blinded once and unblinded for each holder: what is sent is one element, whatever `info` it is evaluated under. The
 * factor is secret and serves this one search.
 */
function blindOnce(
  caller: Caller,
  identityCode: string,
  blinder: BlinderClient,
): {
  readonly blinded: Uint8Array;
  readonly finalize: (holder: Principal, evaluation: Evaluation | undefined) => Uint8Array;
} {
  // As registers and holders write it.
  const code = utf8(identityCode.trim().replace(/[a-z]/g, (letter) => letter.toUpperCase()));
  const factor = caller.random(FACTOR_BYTES);
  const under = (info: Uint8Array): Blinding => {
    const blinding = blind(code, info, blinder.key.public, (length) => factor.slice(0, length));
    if (blinding !== null) return blinding;
    throw new CallFault('ours', 'the blinder', "the identity code is empty or too long, or the blinder's key is none");
  };
  const finalize = (holder: Principal, evaluation: Evaluation | undefined): Uint8Array => {
    const blinding = under(blindInfo(holder, blinder.key.epoch));
    const output = evaluation && blinding.finalize(evaluation.element, evaluation.proof);
    return output ?? notProven(blinder);
  };
  return { blinded: under(new Uint8Array(0)).blinded, finalize };
}

function notProven(blinder: BlinderClient): never {
  throw blinder.unbelievable("the blinder's proof does not hold for this input, organisation and public key");
}

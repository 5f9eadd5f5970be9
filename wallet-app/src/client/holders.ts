/** Finding who holds something of a citizen, so that nobody else learns it: not the blinder, not the directory. */

import { aeadKey, open } from '../crypto/aead.ts';
import { BlindFault, Blinding } from '../crypto/blind.ts';
import { hkdfSha256 } from '../crypto/hkdf.ts';
import { unpad } from '../crypto/padding.ts';
import { concat, utf8 } from '../protocol/bytes.ts';
import { Claims, decode, identifier, OBJECT_LIMITS, parsed } from '../protocol/codec/index.ts';
import { RecordType } from '../protocol/field.ts';
import { blindInfo, TAG_BYTES } from '../protocol/holder-entry.ts';
import { Pod, type PodId, Principal } from '../protocol/ids.ts';
import { list } from '../protocol/lists.ts';
import { attempt } from '../protocol/refusal.ts';
import { type Endpoint, parseEndpoint } from '../protocol/statement/endpoint.ts';
import type { BlinderClient } from './blinder.ts';
import type { Caller } from './caller.ts';
import type { DirectoryClient, NewestSeen, RegistryCopy } from './directory/index.ts';
import type { View } from './directory/view.ts';
import { CallFault } from './fault.ts';

/** What the key of an entry is derived for. */
const KEY_INFO = utf8('aitta-holder-entry-key-1');

/** What a wallet learns from an entry. */
export interface HolderHandle {
  readonly pod: PodId;
  /** What lies in it; empty when the holder does not say before enrolment. */
  readonly recordTypes: readonly RecordType[];
  /** Where to enrol, when it is not the holder's first endpoint. */
  readonly enrolment: Endpoint | null;
}

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
 * expired, or not signed by its holder, is passed over. @throws {CallFault}
 */
export async function findHolders(
  caller: Caller,
  identityCode: string,
  idToken: string,
  copy: RegistryCopy,
  blinder: BlinderClient,
  directory: DirectoryClient,
  seen: NewestSeen,
): Promise<Found> {
  const members = copy.registry.organisations.filter(
    ({ membership, isSuspended }) => membership.claims.roles.includes('holder') && !isSuspended,
  );
  const principals = members.map(({ membership }) => membership.claims.subject);
  const { blinded, finalize } = blind(caller, identityCode, blinder);
  const evaluations = await blinder.evaluate(idToken, blinded, principals);
  const lookup = directory.lookup(copy, seen);
  const holders: FoundHolder[] = [];
  for (const [at, member] of members.entries()) {
    const { subject: holder, name } = member.membership.claims;
    const output = finalize(holder, evaluations[at]);
    const tag = output.slice(0, TAG_BYTES);
    const key = await aeadKey(hkdfSha256(output.slice(32), KEY_INFO));
    for (const { claims } of await lookup.entries(holder, tag)) {
      const handle = claims.sealed && (await openHandle(key, holder, tag, claims.sealed));
      if (handle === null) continue;
      holders.push({ holder, name, handle });
      break;
    }
  }
  return { holders, seen: lookup.seen, view: lookup.view, troubles: lookup.troubles };
}

type Evaluations = Awaited<ReturnType<BlinderClient['evaluate']>>;

function blind(
  caller: Caller,
  identityCode: string,
  blinder: BlinderClient,
): {
  readonly blinded: Uint8Array;
  readonly finalize: (holder: Principal, evaluation: Evaluations[number] | undefined) => Uint8Array;
} {
  try {
    // As registers and holders write it.
    const code = utf8(identityCode.trim().replace(/[a-z]/g, (letter) => letter.toUpperCase()));
    const blinding = new Blinding(code, blinder.key.public, caller.random);
    const finalize = (holder: Principal, evaluation: Evaluations[number] | undefined): Uint8Array => {
      if (evaluation === undefined) throw blinder.unbelievable('an evaluation is missing');
      try {
        return blinding.finalize(blindInfo(holder, blinder.key.epoch), evaluation);
      } catch (thrown) {
        if (thrown instanceof BlindFault) throw blinder.unbelievable(thrown.message);
        throw thrown;
      }
    };
    return { blinded: blinding.blinded, finalize };
  } catch (thrown) {
    if (!(thrown instanceof BlindFault)) throw thrown;
    throw new CallFault('ours', 'the blinder', 'the identity code is empty or too long', { cause: thrown });
  }
}

const POD = 0n;
const RECORD_TYPES = 1n;
const ENROLMENT = 2n;

/** Opens the handle of an entry; null when it is another person's, or none. */
async function openHandle(
  key: CryptoKey,
  holder: Principal,
  tag: Uint8Array,
  sealed: Uint8Array,
): Promise<HolderHandle | null> {
  const padded = await open(key, concat(Principal.bytes(holder), tag), sealed);
  const plain = padded && unpad(padded);
  if (plain === null) return null;
  const read = attempt(() => {
    const claims = new Claims(decode(plain, OBJECT_LIMITS));
    const handle: HolderHandle = {
      pod: claims.need(POD, identifier(Pod)),
      recordTypes: claims.need(RECORD_TYPES, list(RecordType.read)),
      enrolment: claims.maybe(ENROLMENT, parsed(parseEndpoint)),
    };
    claims.finish();
    return handle;
  });
  return read.accepted ? read.value : null;
}

/** The TypeScript side of `pod-protocol/examples/judge`: the same kinds, the same inputs, the same answers. */

import { answerFromBytes, answerToBytes, checkAgainstReceipt, Receipt } from '../../src/protocol/answer.ts';
import { blindAnswerFromBytes, blindAnswerToBytes } from '../../src/protocol/blind-request.ts';
import { bucketFromBytes, bucketToBytes } from '../../src/protocol/bucket.ts';
import { concat, utf8 } from '../../src/protocol/bytes.ts';
import { decode, encode, OBJECT_LIMITS } from '../../src/protocol/codec/index.ts';
import { commandAnswerFromBytes, commandAnswerToBytes } from '../../src/protocol/command.ts';
import { kindOf, Signed } from '../../src/protocol/cose.ts';
import { decisionFromBytes, decisionToBytes } from '../../src/protocol/decision.ts';
import { ObjectId } from '../../src/protocol/ids.ts';
import { Refusal } from '../../src/protocol/refusal.ts';
import { readSnapshot } from '../../src/protocol/registry/index.ts';
import { callFromBytes, callToBytes } from '../../src/protocol/request.ts';
import { signedCheckpointFromBytes, signedCheckpointToBytes } from '../../src/protocol/tlog/checkpoint.ts';
import { evidenceFromBytes, evidenceToBytes, type Verdict, verdictOf } from '../../src/protocol/tlog/evidence.ts';
import { LogFault } from '../../src/protocol/tlog/fault.ts';
import { headFromBytes, headToBytes } from '../../src/protocol/tlog/head.ts';
import { leafFromBytes, leafToBytes } from '../../src/protocol/tlog/leaf.ts';
import { checkProvenBucket, provenBucketFromBytes, provenBucketToBytes } from '../../src/protocol/tlog/map.ts';
import { itemsFromBytes, itemsToBytes } from '../../src/protocol/tlog/post.ts';
import { viewFromBytes, viewToBytes } from '../../src/protocol/tlog/view.ts';
import { addCheckpointFromBytes, addCheckpointToBytes } from '../../src/protocol/tlog/witness.ts';
import { NotAValue, valueFromCbor, valueToCbor } from '../../src/protocol/value.ts';
import { SIGNED_KINDS } from '../kinds.ts';
import { REGISTERED } from './registered.ts';
import { RULES } from './rules.ts';
import { type Judge, keyOf, type Keys, Other, type Told } from './told.ts';

/** Judges one input. */
export function judge(keys: Keys, kind: string, input: Uint8Array): Told {
  const found = JUDGES.get(kind);
  if (found === undefined) throw new RangeError(`no such kind: ${kind}`);
  try {
    return { accepted: true, bytes: found(keys, input) };
  } catch (thrown) {
    if (thrown instanceof Refusal || thrown instanceof LogFault || thrown instanceof Other) {
      return { accepted: false, code: thrown.code };
    }
    throw thrown;
  }
}

const answer: Judge = (keys, input) => {
  const found = answerFromBytes(input);
  const signed = Signed.decode(Receipt, found.receipt);
  checkAgainstReceipt(found.items, signed.verify(keyOf(keys)(signed.kid)).claims);
  return answerToBytes(found);
};

const value: Judge = (_keys, input) => {
  try {
    return valueToCbor(valueFromCbor(input));
  } catch (thrown) {
    if (thrown instanceof NotAValue) throw new Other('value');
    throw thrown;
  }
};

const VERDICTS: readonly Verdict[] = ['two-roots', 'shorter', 'not-continued', 'nothing'];

const evidence: Judge = (_keys, input) => {
  const found = evidenceFromBytes(input);
  return concat(Uint8Array.of(VERDICTS.indexOf(verdictOf(found))), evidenceToBytes(found));
};

/** A proven bucket under the state that it brings itself. */
const provenBucket: Judge = (_keys, input) => {
  const proven = provenBucketFromBytes(input);
  const { body } = leafFromBytes(proven.head.leaf);
  if (body.kind !== 'state') throw new LogFault('log-state');
  checkProvenBucket(proven, body);
  return provenBucketToBytes(proven);
};

/** Reading and writing again, nothing else. */
function again<T>(read: (input: Uint8Array) => T, write: (found: T) => Uint8Array): Judge {
  return (_keys, input) => write(read(input));
}

const JUDGES: ReadonlyMap<string, Judge> = new Map<string, Judge>([
  ...[...SIGNED_KINDS].map(([name, kind]): [string, Judge] => [
    name,
    (keys, input) => {
      const { id, claims } = kind.judge(input, keyOf(keys));
      return concat(ObjectId.bytes(id), claims);
    },
  ]),
  ['call', again(callFromBytes, callToBytes)],
  ['answer', answer],
  ['command answer', again(commandAnswerFromBytes, commandAnswerToBytes)],
  ['blind answer', again(blindAnswerFromBytes, blindAnswerToBytes)],
  ['decision', again(decisionFromBytes, decisionToBytes)],
  ['bucket', again(bucketFromBytes, bucketToBytes)],
  ['snapshot', again(readSnapshot, (statements) => concat(...statements))],
  ['value', value],
  ['item', again((input) => decode(input, OBJECT_LIMITS), encode)],
  ['kind', again(kindOf, utf8)],
  ['leaf', again(leafFromBytes, leafToBytes)],
  ['add checkpoint', again(addCheckpointFromBytes, addCheckpointToBytes)],
  ['head', again(headFromBytes, headToBytes)],
  ['log items', again(itemsFromBytes, itemsToBytes)],
  ['evidence', evidence],
  ['note', again(signedCheckpointFromBytes, signedCheckpointToBytes)],
  ['proven bucket', provenBucket],
  ['view', again(viewFromBytes, viewToBytes)],
  ...RULES,
  ...REGISTERED,
]);

/** The names of all kinds. */
export const KINDS: readonly string[] = [...JUDGES.keys()];

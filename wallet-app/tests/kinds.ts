/** The kinds of signed objects, by the name of their vectors' file. */

import { AccessRequest } from '../src/protocol/access-request.ts';
import { Receipt } from '../src/protocol/answer.ts';
import { BlindRequest } from '../src/protocol/blind-request.ts';
import { Acknowledgement, Command } from '../src/protocol/command.ts';
import { encode } from '../src/protocol/codec/index.ts';
import { type Payload, Signed } from '../src/protocol/cose.ts';
import type { PublicKey } from '../src/protocol/crypto/signing.ts';
import { Grant } from '../src/protocol/grant.ts';
import { HolderEntry } from '../src/protocol/holder-entry.ts';
import type { Kid, ObjectId } from '../src/protocol/ids.ts';
import { KeyEvent } from '../src/protocol/key-event/index.ts';
import { Notice, NoticeReceipt } from '../src/protocol/notice.ts';
import { Request } from '../src/protocol/request.ts';
import { Revocation } from '../src/protocol/revocation.ts';
import { Membership } from '../src/protocol/statement/membership.ts';
import { Profile } from '../src/protocol/statement/profile.ts';
import { LogPost } from '../src/protocol/tlog/post.ts';
import { TreeHead } from '../src/protocol/tree-head.ts';

/** What is known of an object that was accepted. */
export interface Judged {
  readonly id: ObjectId;
  /** Its claims, encoded anew from what was read. */
  readonly claims: Uint8Array;
}

/** A kind of object: its media type, and reading, checking and writing one. */
export interface SignedKind {
  readonly typ: string;
  /** @throws {Refusal} */
  judge(bytes: Uint8Array, keyOf: (kid: Kid) => PublicKey): Judged;
}

function kind<T>(payload: Payload<T>): SignedKind {
  return {
    typ: payload.typ,
    judge(bytes, keyOf) {
      const signed = Signed.decode(payload, bytes);
      const { id, claims } = signed.verify(keyOf(signed.kid));
      return { id, claims: encode(payload.toCbor(claims)) };
    },
  };
}

/** In the order of the specification. */
export const SIGNED_KINDS: ReadonlyMap<string, SignedKind> = new Map([
  ['grant', kind(Grant)],
  ['request', kind(Request)],
  ['receipt', kind(Receipt)],
  ['command', kind(Command)],
  ['acknowledgement', kind(Acknowledgement)],
  ['revocation', kind(Revocation)],
  ['notice', kind(Notice)],
  ['notice-receipt', kind(NoticeReceipt)],
  ['key-event', kind(KeyEvent)],
  ['access-request', kind(AccessRequest)],
  ['membership', kind(Membership)],
  ['profile', kind(Profile)],
  ['holder-entry', kind(HolderEntry)],
  ['blind-request', kind(BlindRequest)],
  ['log-post', kind(LogPost)],
  ['tree-head', kind(TreeHead)],
]);

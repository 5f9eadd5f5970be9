/** What leads to a request: a link as a service hands it out, the same inside an address of a wallet, or an id in an inbox. */

import { ObjectId } from '../../../protocol/ids.ts';
import { LinkFault, linkTo, parseLink } from '../../../wallet/answer.ts';

/** Where in an address of a wallet a link stands. */
const IN_WALLET = '#/request/';
const INBOX = 'inbox:';

/** Where a request comes from. */
export type Source =
  /** Its id; it waits in an inbox. */
  | { readonly from: 'inbox'; readonly id: ObjectId }
  /** Its link, and the id in it. */
  | { readonly from: 'link'; readonly id: ObjectId; readonly link: string };

/** As it stands in the wallet's address behind `#/request/`, for a request that waits in an inbox. */
export function inInbox(id: ObjectId): string {
  return INBOX + id;
}

/**
 * Reads what a person pasted, scanned or opened. A letter or a message may have broken it into lines: spaces are not part of any.
 * @throws {LinkFault}
 */
export function readSource(text: string): Source {
  const written = text.replaceAll(/\s+/g, '');
  const at = written.indexOf(IN_WALLET);
  const meant = at === -1 ? written : decoded(written.slice(at + IN_WALLET.length));
  const waiting = meant.startsWith(INBOX) ? ObjectId.parse(meant.slice(INBOX.length)) : null;
  if (waiting !== null) return { from: 'inbox', id: waiting };
  const { node, id } = parseLink(meant);
  return { from: 'link', id, link: linkTo(node, id) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // It was cut in the middle of a character.
    throw new LinkFault();
  }
}

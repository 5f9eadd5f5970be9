/** A service whose program is its own, and whose node hands out what no node of ours would. */

import { createPrivateKey, sign as signWith } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Page, Route } from 'playwright-core';

import { AccessRequest } from '../../src/protocol/access-request.ts';
import { utf8 } from '../../src/protocol/bytes.ts';
import { commandAnswerFromBytes, commandAnswerToBytes } from '../../src/protocol/command.ts';
import { sign, Signed, type Signer } from '../../src/protocol/cose.ts';
import { PublicKey } from '../../src/protocol/crypto/signing.ts';
import type { Words } from '../../src/protocol/words.ts';

/** Before the seed in a private key of PKCS #8 (RFC 8410 §7). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The service of this folder signs a request like the one behind `link`, with another reason. Gives the link to that, which `page` finds there. */
export async function withReason(page: Page, folder: string, link: string, reason: Words): Promise<string> {
  const bytes = new Uint8Array(await (await fetch(link)).arrayBuffer());
  const claims = { ...Signed.decode(AccessRequest, bytes).unverified, reason };
  // As it reads its own requests back: without a look at what is in them.
  const careless = { ...AccessRequest, fromCbor: (): AccessRequest => claims };
  const signed = await sign(careless, claims, await signerIn(join(folder, 'key')));
  const other = link.replace(/[^/]+$/, signed.id);
  await page.route(other, (route) =>
    route.fulfill({
      headers: { 'access-control-allow-origin': '*' },
      contentType: 'application/cose',
      body: Buffer.from(signed.bytes),
    }),
  );
  return other;
}

/** For as long as `deed` takes, holders list a consent too that nobody gave. What a command brings nobody signs. */
export async function whileListsMore(page: Page, deed: () => Promise<void>): Promise<void> {
  const commands = '**/v1/command';
  const more = async (route: Route): Promise<void> => {
    const response = await route.fetch();
    const { acknowledgement, result } = commandAnswerFromBytes(new Uint8Array(await response.body()));
    const told = result.length > 0 ? (JSON.parse(new TextDecoder().decode(result)) as { grants?: unknown[] }) : {};
    told.grants?.push({ id: 'A'.repeat(43), bytes: 'AAAA' });
    const listed = told.grants === undefined ? result : utf8(JSON.stringify(told));
    await route.fulfill({ response, body: Buffer.from(commandAnswerToBytes({ acknowledgement, result: listed })) });
  };
  await page.route(commands, more);
  try {
    await deed();
  } finally {
    await page.unroute(commands, more);
  }
}

export async function signerIn(path: string): Promise<Signer> {
  const seed = /^seed (\S+)$/m.exec(await readFile(path, 'utf8'))?.[1] ?? '';
  const secret = createPrivateKey({
    key: Buffer.concat([PKCS8_HEAD, Buffer.from(seed, 'base64url')]),
    format: 'der',
    type: 'pkcs8',
  });
  const key = PublicKey.fromBytes(Buffer.from(secret.export({ format: 'jwk' }).x ?? '', 'base64url'));
  if (key === null) throw new RangeError('a weak key');
  return { key, sign: (message) => Promise.resolve(new Uint8Array(signWith(null, message, secret))) };
}

/** A service whose program is its own, and whose node hands out what no node of ours would. */

import { createPrivateKey, sign as signWith } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Page } from 'playwright-core';

import { AccessRequest } from '../../src/protocol/access-request.ts';
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

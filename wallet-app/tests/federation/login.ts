/** Logging in as a browser would at the demonstration's provider: its form is sent, and the way back followed to its end. */

import assert from 'node:assert/strict';

import { base64url } from '../../src/protocol/base64.ts';
import { utf8 } from '../../src/protocol/bytes.ts';
import { sha256 } from '../../src/protocol/crypto/hash.ts';
import type { KnownBlinder } from '../../src/wallet/federation.ts';

/** Most redirects from the login page back to whoever asked for the login. */
const MAX_REDIRECTS = 5;
/** Where the blinder's login comes back to. Nothing listens there: the address itself is read. */
const NOWHERE = 'http://127.0.0.1/aitta-wallet';

/** Logs in at the page as the person with this identity code; gives the code that the last page shows. */
export async function logIn(authorizationUrl: string, identityCode: string): Promise<string> {
  let next = await submit(authorizationUrl, identityCode);
  for (let redirects = 0; redirects < MAX_REDIRECTS; redirects += 1) {
    const response = await fetch(next, { redirect: 'manual' });
    const further = response.headers.get('location');
    if (further === null) {
      assert.ok(response.ok, `the login ended with ${response.status}`);
      const code = /<output id="code">([^<]*)<\/output>/.exec(await response.text())?.[1];
      assert.ok(code, 'the last page shows a code');
      return code;
    }
    next = new URL(further, next).href;
  }
  throw new Error('the login page sends from one address to another without end');
}

/** Logs in at the blinder's client and gives the login token. */
export async function loginToken({ issuer, clientId }: KnownBlinder, identityCode: string): Promise<string> {
  const discovered: unknown = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
  const endpoints = discovered as { authorization_endpoint: string; token_endpoint: string };
  const random = (): string => base64url(crypto.getRandomValues(new Uint8Array(32)));
  const [verifier, state] = [random(), random()];
  const url = new URL(endpoints.authorization_endpoint);
  url.search = new URLSearchParams({
    response_type: 'code',
    scope: 'openid',
    client_id: clientId,
    redirect_uri: NOWHERE,
    state,
    nonce: random(),
    code_challenge: base64url(sha256(utf8(verifier))),
    code_challenge_method: 'S256',
  }).toString();
  const back = new URL(await submit(url.href, identityCode)).searchParams;
  assert.equal(back.get('state'), state);
  const response = await fetch(endpoints.token_endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: back.get('code') ?? '',
      redirect_uri: NOWHERE,
      client_id: clientId,
      code_verifier: verifier,
    }),
  });
  assert.ok(response.ok, `the login brought no token: ${response.status}`);
  return ((await response.json()) as { id_token: string }).id_token;
}

/** Sends the login form; gives the address to which the provider sends the browser back. */
async function submit(url: string, identityCode: string): Promise<string> {
  const body = new URLSearchParams({ identity_code: identityCode });
  const response = await fetch(url, { method: 'POST', body, redirect: 'manual' });
  const location = response.headers.get('location');
  assert.ok(location, `the login was refused: ${response.status}`);
  return new URL(location, url).href;
}

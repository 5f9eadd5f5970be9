/** A person leaves for the provider's page and comes back with what answers this login, or with nothing that counts. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CallFault } from '../src/client/fault.ts';
import { beginLogin, finishLogin, type LoginKept, type LoginToken } from '../src/client/login.ts';
import { base64url } from '../src/protocol/base64.ts';
import { utf8 } from '../src/protocol/bytes.ts';
import { sha256 } from '../src/protocol/crypto/hash.ts';
import { identityCode } from '../src/wallet/identity-code.ts';
import { callerOf, jsonOf, NOW } from './server.ts';

const ISSUER = 'https://login.example/realm';
const AT = { issuer: ISSUER, clientId: 'aitta-blinder', redirectUri: 'https://wallet.example/' };

/** A provider that answers one code with one token. */
class Provider {
  issuer = ISSUER;
  tokenEndpoint = `${ISSUER}/token`;
  authorizationEndpoint = `${ISSUER}/authorize?ui=fi`;
  /** What it writes into the token, beside what it must. */
  claims: Record<string, unknown> = {};
  asked: URLSearchParams | null = null;
  /** Whether the code counts no longer. */
  isLate = false;
  readonly caller = callerOf(async (path, request) => {
    if (path === '/realm/.well-known/openid-configuration') {
      return jsonOf({
        issuer: this.issuer,
        authorization_endpoint: this.authorizationEndpoint,
        token_endpoint: this.tokenEndpoint,
      });
    }
    assert.equal(path, '/realm/token');
    assert.equal(request.headers.get('content-type'), 'application/x-www-form-urlencoded');
    this.asked = new URLSearchParams(await request.text());
    return this.isLate ? jsonOf({ error: 'invalid_grant' }, 400) : jsonOf({ id_token: this.token() });
  });
  kept: LoginKept | null = null;

  token(): string {
    const claims = { iss: ISSUER, aud: AT.clientId, nonce: this.kept?.nonce, exp: Number(NOW) + 300, ...this.claims };
    return ['{}', JSON.stringify(claims), 'signature'].map((part) => base64url(utf8(part))).join('.');
  }

  async begin(): Promise<{ url: URL; kept: LoginKept }> {
    const { url, kept } = await beginLogin(this.caller, AT);
    this.kept = kept;
    return { url: new URL(url), kept };
  }

  /** Comes back as the provider sends people, but for what is said. */
  finish(more: Record<string, string | undefined> = {}): Promise<LoginToken> {
    assert.ok(this.kept);
    const back = { state: this.kept.state, code: 'a code', ...more };
    const given = Object.entries(back).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
    return finishLogin(this.caller, this.kept, new URLSearchParams(given));
  }
}

test('who comes back from the login that was begun brings its token', async () => {
  const provider = new Provider();
  const { url, kept } = await provider.begin();
  assert.equal(url.origin + url.pathname, `${ISSUER}/authorize`);
  const asked = Object.fromEntries(url.searchParams);
  assert.deepEqual(
    [asked['ui'], asked['response_type'], asked['scope'], asked['client_id'], asked['redirect_uri']],
    ['fi', 'code', 'openid', AT.clientId, AT.redirectUri],
  );
  assert.equal(asked['code_challenge'], base64url(sha256(utf8(kept.verifier))));
  assert.equal(asked['code_challenge_method'], 'S256');
  assert.deepEqual([asked['state'], asked['nonce']], [kept.state, kept.nonce]);
  assert.ok(!url.href.includes(kept.verifier));
  // It waits in a storage of texts meanwhile.
  assert.deepEqual(JSON.parse(JSON.stringify(kept)), kept);

  const token = { idToken: provider.token(), expiresSecs: NOW + 300n };
  assert.deepEqual(await provider.finish({ iss: ISSUER }), token);
  assert.deepEqual(Object.fromEntries(provider.asked ?? []), {
    grant_type: 'authorization_code',
    code: 'a code',
    redirect_uri: AT.redirectUri,
    client_id: AT.clientId,
    code_verifier: kept.verifier,
  });
});

test('no two logins have a state, a nonce or a verifier in common', async () => {
  const provider = new Provider();
  const [one, other] = [(await provider.begin()).kept, (await provider.begin()).kept];
  const all = [one, other].flatMap(({ state, nonce, verifier }) => [state, nonce, verifier]);
  assert.equal(new Set(all).size, 6);
});

test('who comes back from another login, or was refused, gets no token', async () => {
  const provider = new Provider();
  await provider.begin();
  await assert.rejects(provider.finish({ state: 'another' }), { name: 'LoginFault', code: 'login-other' });
  await assert.rejects(provider.finish({ iss: 'https://evil.example' }), { name: 'LoginFault', code: 'login-other' });
  const refused = { code: undefined, error: 'access_denied' };
  await assert.rejects(provider.finish(refused), { name: 'LoginFault', code: 'login-refused' });
  assert.equal(provider.asked, null);
});

test('who comes back too late is told so', async () => {
  const provider = new Provider();
  await provider.begin();
  provider.isLate = true;
  await assert.rejects(provider.finish(), { name: 'LoginFault', code: 'login-over' });
});

test('a token that answers another login is not believed', async () => {
  const wrong: readonly Record<string, unknown>[] = [
    { nonce: 'another' },
    { nonce: undefined },
    { iss: 'https://evil.example' },
    { aud: 'another' },
    { aud: ['another'] },
    { exp: Number(NOW) },
    { exp: 'soon' },
  ];
  for (const claims of wrong) {
    const provider = new Provider();
    await provider.begin();
    provider.claims = claims;
    await assert.rejects(
      provider.finish(),
      (thrown) => thrown instanceof CallFault && thrown.kind === 'not-believed',
      JSON.stringify(claims),
    );
  }
  const several = new Provider();
  await several.begin();
  several.claims = { aud: [AT.clientId, 'another'] };
  assert.equal((await several.finish()).idToken, several.token());
});

test('a provider that describes another, or sends people where nobody may go, is not believed', async () => {
  for (const change of [
    { issuer: 'https://evil.example' },
    { tokenEndpoint: 'http://login.example/token' },
    { authorizationEndpoint: 'javascript:alert(1)' },
  ]) {
    const provider = new Provider();
    Object.assign(provider, change);
    await assert.rejects(
      provider.begin(),
      (thrown) => thrown instanceof CallFault && thrown.kind === 'not-believed',
      JSON.stringify(change),
    );
  }
});

test('an identity code that is mistyped is noticed before anybody is asked', () => {
  assert.equal(identityCode(' 060922d9415 '), '060922D9415');
  assert.equal(identityCode('200289 - 957b'), '200289-957B');
  for (const odd of ['', '060922D9416', '060922D941', '060922G9415', '0609229415', '060922D94155']) {
    assert.equal(identityCode(odd), null, odd);
  }
});

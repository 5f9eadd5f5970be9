/**
 * Logging in at a provider as an application without a secret: OpenID Connect with a code and PKCE (OpenID Connect Core §3.1, RFC 7636,
 * RFC 9207). The person leaves for the provider's page and comes back; what is needed then is handed to whoever keeps it meanwhile.
 */

import { base64url, fromBase64url } from '../protocol/base64.ts';
import { fromUtf8, utf8 } from '../protocol/bytes.ts';
import { sha256 } from '../protocol/crypto/hash.ts';
import type { Caller } from './caller.ts';
import { CallFault } from './fault.ts';
import { Members, parseJson, type ReadJson, ShapeFault, text, uint } from './json.ts';
import { JSON_TYPE, MAX_JSON_BYTES, mayTravelTo, Target } from './target.ts';

const FORM = 'application/x-www-form-urlencoded';
/** Random bytes of a state, a nonce and a verifier: 43 characters, the least that RFC 7636 §4.1 allows. */
const RANDOM_BYTES = 32;
const WHOM = 'the login';

/** Where somebody logs in, and as whose client. */
export interface LoginAt {
  readonly issuer: string;
  readonly clientId: string;
  /** Where the person comes back to. */
  readonly redirectUri: string;
}

/** What is kept while the person is away: texts alone, so that it goes into any storage. Whoever has it can finish the login. */
export interface LoginKept extends LoginAt {
  readonly tokenEndpoint: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

const WHAT = {
  'login-refused': 'the login was stopped, or the provider refused it',
  'login-over': 'too much time passed since the login',
  'login-other': 'somebody came back from another login than the one that was begun here',
} as const;

export type LoginCode = keyof typeof WHAT;

/** Why a login brought nothing, though the provider was reached. */
export class LoginFault extends Error {
  override readonly name = 'LoginFault';
  readonly code: LoginCode;

  constructor(code: LoginCode) {
    super(WHAT[code]);
    this.code = code;
  }
}

/** What a login brings. */
export interface LoginToken {
  readonly idToken: string;
  /** First second at which it no longer counts. */
  readonly expiresSecs: bigint;
}

/** Begins: the person is to go to `url`. @throws {CallFault} */
export async function beginLogin(
  caller: Caller,
  at: LoginAt,
): Promise<{ readonly url: string; readonly kept: LoginKept }> {
  const found = await new Target(caller, at.issuer, WHOM).getJson('/.well-known/openid-configuration', (json) => {
    const members = new Members(json);
    // Another's description would lead to another's pages (OpenID Connect Discovery §4.3).
    if (members.need('issuer', text) !== at.issuer) throw new ShapeFault('it is of another provider');
    return {
      authorizationEndpoint: members.need('authorization_endpoint', address),
      tokenEndpoint: members.need('token_endpoint', address),
    };
  });
  const random = (): string => base64url(caller.random(RANDOM_BYTES));
  const [state, nonce, verifier] = [random(), random(), random()];
  const url = new URL(found.authorizationEndpoint);
  const asked = {
    response_type: 'code',
    scope: 'openid',
    client_id: at.clientId,
    redirect_uri: at.redirectUri,
    state,
    nonce,
    code_challenge: base64url(sha256(utf8(verifier))),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  return { url: url.href, kept: { ...at, tokenEndpoint: found.tokenEndpoint, state, nonce, verifier } };
}

const address: ReadJson<string> = (json) => {
  const url = text(json);
  if (!mayTravelTo(url)) throw new ShapeFault('an address of the login is none');
  return url;
};

/**
 * Finishes with what the person brought back in the address; gives the login token. Its signature is for whoever it is meant for:
 * here it came from the provider itself, over its own connection (OpenID Connect Core §3.1.3.7, 6).
 * @throws {LoginFault} @throws {CallFault}
 */
export async function finishLogin(caller: Caller, kept: LoginKept, back: URLSearchParams): Promise<LoginToken> {
  const issuer = back.get('iss');
  if (back.get('state') !== kept.state || (issuer !== null && issuer !== kept.issuer)) {
    throw new LoginFault('login-other');
  }
  const code = back.get('code');
  if (code === null) throw new LoginFault('login-refused');
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    redirect_uri: kept.redirectUri,
    client_id: kept.clientId,
    code_verifier: kept.verifier,
  });
  const { origin, pathname, search } = new URL(kept.tokenEndpoint);
  const target = new Target(caller, origin, WHOM);
  const answer = await redeeming(() =>
    target.post(pathname + search, FORM, utf8(body.toString()), JSON_TYPE, MAX_JSON_BYTES),
  );
  const idToken = target.believe(() => new Members(parseJson(answer)).need('id_token', text));
  const claims = target.believe(() => readClaims(idToken));
  const isOurs =
    claims.issuer === kept.issuer && claims.audience.includes(kept.clientId) && claims.nonce === kept.nonce;
  if (!isOurs || claims.expiresSecs <= caller.nowSecs()) {
    throw new CallFault('not-believed', WHOM, 'the login token answers another login, or is over');
  }
  return { idToken, expiresSecs: claims.expiresSecs };
}

/** A provider says with 400 that a code counts no longer (RFC 6749 §5.2): whoever comes back late, or twice, brings such a one. */
async function redeeming(call: () => Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await call();
  } catch (thrown) {
    throw thrown instanceof CallFault && thrown.refusal?.status === 400 ? new LoginFault('login-over') : thrown;
  }
}

interface Claims {
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly nonce: string | null;
  readonly expiresSecs: bigint;
}

/** @throws {ShapeFault} */
function readClaims(token: string): Claims {
  const [, payload = '', signature, more] = token.split('.');
  const bytes = fromBase64url(payload);
  if (bytes === null || fromUtf8(bytes) === null || signature === undefined || more !== undefined) {
    throw new ShapeFault('the login token is none');
  }
  const members = new Members(parseJson(bytes));
  const audience = members.get('aud');
  return {
    issuer: members.need('iss', text),
    audience: Array.isArray(audience) ? audience.map(text) : [text(audience)],
    nonce: members.maybe('nonce', text),
    expiresSecs: members.need('exp', uint),
  };
}

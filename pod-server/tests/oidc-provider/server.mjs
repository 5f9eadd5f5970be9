// An OpenID provider that is not ours, as the enrolment tests meet it: npm `oidc-provider`, RS256 keys, and an interaction
// that logs in whoever's identity code is posted. Prints one line, {"issuer": "http://127.0.0.1:PORT"}, when it serves.
// Usage: node server.mjs '{"client_id": "...", "client_secret": "...", "redirect_url": "..."}'

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import http from 'node:http';

import Provider from 'oidc-provider';

const IDENTITY_CODE_CLAIM = 'urn:oid:1.2.246.21';
const LOA = 'substantial';
const MAX_FORM_BYTES = 1024;

const { client_id, client_secret, redirect_url } = JSON.parse(process.argv[2]);

async function readForm(request) {
  const parts = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += part.length;
    if (bytes > MAX_FORM_BYTES) throw new Error('the form is too large');
    parts.push(part);
  }
  return new URLSearchParams(Buffer.concat(parts).toString('utf8'));
}

function makeProvider(issuer) {
  const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
  return new Provider(issuer, {
    clients: [
      {
        client_id,
        client_secret,
        redirect_uris: [redirect_url],
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
    ],
    jwks: { keys: [{ ...key, use: 'sig', alg: 'RS256', kid: 'rsa-1' }] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => true },
    acrValues: [LOA],
    // Claims of the scope stand in the ID token itself, as Finnish providers do it.
    conformIdTokenClaims: false,
    claims: { openid: ['sub', IDENTITY_CODE_CLAIM], acr: null, auth_time: null },
    findAccount: (context, id) => ({
      accountId: id,
      claims: () => ({ sub: `person-${id.length}`, [IDENTITY_CODE_CLAIM]: id }),
    }),
    // The organisation's own client needs no consent page.
    async loadExistingGrant(context) {
      const grant = new context.oidc.provider.Grant({
        clientId: context.oidc.client.clientId,
        accountId: context.oidc.session.accountId,
      });
      grant.addOIDCScope('openid');
      await grant.save();
      return grant;
    },
    interactions: { url: (context, interaction) => `/interaction/${interaction.uid}` },
  });
}

let answer;
const server = http.createServer((request, response) => answer(request, response));
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = makeProvider(issuer);
  const callback = provider.callback();
  answer = async (request, response) => {
    if (request.method !== 'POST' || !request.url.startsWith('/interaction/')) {
      callback(request, response);
      return;
    }
    try {
      const form = await readForm(request);
      const login = { accountId: form.get('identity_code'), acr: LOA, amr: ['test'] };
      await provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false });
    } catch (error) {
      response.writeHead(400, { 'content-type': 'text/plain' });
      response.end(String(error));
    }
  };
  process.stdout.write(`${JSON.stringify({ issuer })}\n`);
});

// Whoever started it closes its standard input, also by dying.
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));

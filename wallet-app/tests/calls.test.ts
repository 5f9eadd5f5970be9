/** Calls to servers that answer too much, too slowly, something else, or no. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Caller } from '../src/client/caller.ts';
import { CallFault } from '../src/client/fault.ts';
import { NodeClient } from '../src/client/node.ts';
import { CBOR, COSE, JSON_TYPE, MAX_JSON_BYTES, Target } from '../src/client/target.ts';
import { Cti, ObjectId, Principal } from '../src/protocol/ids.ts';
import { visible } from '../src/wallet/show.ts';
import { type Answers, bytesOf, callerOf, jsonOf, problemOf } from './server.ts';

const NODE = 'https://pods.helsinki.example';
const HELSINKI = Principal.of(new Uint8Array(32).fill(1));
const SOME_ID = ObjectId.of(new Uint8Array(32).fill(4));

function node(answers: Answers, more: Partial<Caller> = {}): NodeClient {
  return new NodeClient(callerOf(answers, more), NODE, 'helsinki');
}

async function faultOf(call: Promise<unknown>): Promise<CallFault> {
  try {
    await call;
  } catch (thrown) {
    assert.ok(thrown instanceof CallFault, String(thrown));
    return thrown;
  }
  throw new assert.AssertionError({ message: 'the call gave something' });
}

/** Goes on without end, and counts what was taken. */
function endless(taken: { bytes: number }): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      const chunk = new Uint8Array(16 * 1024).fill(0x20);
      taken.bytes += chunk.length;
      controller.enqueue(chunk);
    },
  });
}

test('an answer without end is read no further than it may be long', async () => {
  const taken = { bytes: 0 };
  const headers = { 'Content-Type': JSON_TYPE };
  const fault = await faultOf(node(() => new Response(endless(taken), { headers })).wellKnown());
  assert.equal(fault.code, 'not-believed');
  assert.ok(taken.bytes <= MAX_JSON_BYTES + 64 * 1024, String(taken.bytes));
});

test('an answer that says that it is too large is not read at all', async () => {
  const taken = { bytes: 0 };
  const headers = { 'Content-Type': JSON_TYPE, 'Content-Length': String(MAX_JSON_BYTES + 1) };
  const fault = await faultOf(node(() => new Response(endless(taken), { headers })).wellKnown());
  assert.equal(fault.kind, 'not-believed');
  assert.ok(taken.bytes <= 32 * 1024);
});

test('a server that is too slow was not reached', async () => {
  // Node does not wait for a signal's clock alone; a connection that hangs keeps it.
  const connection = setInterval(() => undefined, 1000);
  const fault = await faultOf(node(() => new Promise<Response>(() => undefined), { timeoutMs: 20 }).wellKnown());
  clearInterval(connection);
  assert.equal(fault.code, 'not-reached');
  assert.ok(fault.mayPass);
});

test('a server that begins an answer and stops was not reached', async () => {
  const stuck = new ReadableStream<Uint8Array>({ pull: () => Promise.reject(new TypeError('terminated')) });
  const fault = await faultOf(node(() => new Response(stuck, { headers: { 'Content-Type': JSON_TYPE } })).wellKnown());
  assert.equal(fault.code, 'not-reached');
});

test('an answer of another type is not believed', async () => {
  const page = (): Response =>
    new Response('<html>Log in to the network</html>', { headers: { 'Content-Type': 'text/html' } });
  assert.equal((await faultOf(node(page).wellKnown())).code, 'not-believed');
  assert.equal((await faultOf(node(() => jsonOf({})).accessRequest(SOME_ID))).code, 'not-believed');
});

test('what has another shape is not believed', async () => {
  const documents: readonly unknown[] = [
    null,
    [],
    'x',
    {},
    { principal: 'helsinki' },
    { principal: HELSINKI, revocation_bound_secs: -1 },
  ];
  for (const json of documents) {
    assert.equal((await faultOf(node(() => jsonOf(json)).wellKnown())).code, 'not-believed');
  }
  const broken = (): Response => bytesOf(JSON_TYPE, Uint8Array.of(0xff, 0xfe));
  assert.equal((await faultOf(node(broken).wellKnown())).code, 'not-believed');
  // A member that every object has is not one that the document has.
  const named = node(() => jsonOf({ principal: HELSINKI }));
  assert.deepEqual(await named.wellKnown(), { principal: HELSINKI, revocationBoundSecs: null });
});

test('nobody is called in the place of whom we called', async () => {
  const elsewhere = (): Response => new Response(null, { status: 302, headers: { Location: 'https://example.org' } });
  assert.equal((await faultOf(node(elsewhere).wellKnown())).code, 'not-reached');
});

test('a problem document is a typed fault with its code', async () => {
  const problem = { code: 'unknown-grant', title: 'No', detail: 'none', trace_id: 'abc' };
  const refused = await faultOf(node(() => problemOf(404, problem)).wellKnown());
  assert.deepEqual([refused.kind, refused.code, refused.mayPass], ['refused', 'unknown-grant', false]);
  assert.deepEqual(refused.refusal, {
    status: 404,
    code: 'unknown-grant',
    title: 'No',
    detail: 'none',
    traceId: 'abc',
  });
  const failed = await faultOf(node(() => problemOf(503, { code: 'unavailable', title: 'Later' })).wellKnown());
  assert.deepEqual([failed.kind, failed.code, failed.mayPass], ['failed', 'unavailable', true]);
});

test('a problem document that is none leaves the status to speak', async () => {
  for (const problem of [{ code: 7 }, { title: {} }, []]) {
    const fault = await faultOf(node(() => problemOf(400, problem)).wellKnown());
    assert.deepEqual([fault.kind, fault.code], ['refused', 'refused']);
  }
  // A code is one of a kind of word: anything else is a stranger's text.
  const shouting = await faultOf(node(() => problemOf(400, { code: 'CALL THIS NUMBER', title: 'x' })).wellKnown());
  assert.equal(shouting.code, 'refused');
  const long = await faultOf(node(() => problemOf(400, { code: 'x', detail: 'y'.repeat(10_000) })).wellKnown());
  assert.ok((long.refusal?.detail?.length ?? 0) <= 500);
  const huge = await faultOf(node(() => problemOf(400, { code: 'x', detail: 'y'.repeat(100_000) })).wellKnown());
  assert.equal(huge.code, 'refused');
});

test('nothing is sent to an address without encryption, or with a name and password in it', () => {
  for (const url of [
    'http://pods.helsinki.example',
    'https://a:b@pods.helsinki.example',
    'ftp://x',
    'x',
    'https://x/?q',
  ]) {
    assert.throws(
      () =>
        new NodeClient(
          callerOf(() => jsonOf({})),
          url,
          'helsinki',
        ),
      (thrown) => thrown instanceof CallFault && thrown.code === 'own-address',
    );
  }
});

test('nothing goes along that tells who calls', async () => {
  const sent: Request[] = [];
  await faultOf(
    node((_path, request) => {
      sent.push(request);
      return jsonOf({});
    }).wellKnown(),
  );
  const [request] = sent;
  assert.ok(request);
  assert.deepEqual(
    [request.credentials, request.referrerPolicy, request.cache, request.redirect],
    ['omit', 'no-referrer', 'no-store', 'error'],
  );
});

test('what is signed is bound to origin and nonce, and signed anew when the nonce came too late', async () => {
  const nonces = [1, 2, 3].map((number) => Cti.of(new Uint8Array(16).fill(number)));
  let given = 0;
  let late = 1;
  const target = new Target(
    callerOf((path) => {
      if (path === '/base/v1/nonce') return jsonOf({ nonce: nonces[given++] });
      if (late > 0) {
        late -= 1;
        return problemOf(401, { code: 'use-nonce', title: 'again' });
      }
      return bytesOf(CBOR, Uint8Array.of(0xf6));
    }),
    `${NODE}/base/`,
    'helsinki',
  );
  const bound: unknown[] = [];
  const make = (to: unknown): Promise<{ body: Uint8Array; kept: null }> => {
    bound.push(to);
    return Promise.resolve({ body: new Uint8Array(0), kept: null });
  };
  const { answer } = await target.postBound('/v1/command', COSE, 16, make);
  assert.deepEqual(answer, Uint8Array.of(0xf6));
  const binding = { kind: 'origin', origin: NODE };
  assert.deepEqual(bound, [
    { binding, nonce: nonces[0] },
    { binding, nonce: nonces[1] },
  ]);
  // A server that never takes a nonce is not asked without end.
  late = Infinity;
  given = 0;
  assert.equal((await faultOf(target.postBound('/v1/command', COSE, 16, make))).code, 'use-nonce');
  assert.equal(given, 2);
});

test('nobody is sent to log in anywhere but on a web page', async () => {
  for (const url of ['javascript:alert(1)', 'http://login.example', 'data:text/html,x', 'https://']) {
    const answers = (): Response => jsonOf({ enrolment: 'abc', authorization_url: url });
    assert.equal((await faultOf(node(answers).beginEnrolment([]))).code, 'not-believed');
  }
  const local = (): Response => jsonOf({ enrolment: 'abc', authorization_url: 'http://127.0.0.1:4/a?b=c' });
  assert.equal((await node(local).beginEnrolment([])).authorizationUrl, 'http://127.0.0.1:4/a?b=c');
  const tricky = (): Response => jsonOf({ enrolment: '../../secret', authorization_url: 'https://login.example/' });
  assert.equal((await faultOf(node(tricky).beginEnrolment([]))).code, 'not-believed');
});

test('why an enrolment ended is a code, or is not believed', async () => {
  const started = { enrolment: 'abc', authorizationUrl: 'https://login.example/' };
  const ended = (code: string) => (): Response => jsonOf({ status: 'refused', code });
  const refused = { status: 'refused', code: 'confirmation-failed' };
  assert.deepEqual(await node(ended('confirmation-failed')).enrolment(started), refused);
  for (const code of ['', 'Call +358 and tell your code', 'x'.repeat(65)]) {
    assert.equal((await faultOf(node(ended(code)).enrolment(started))).code, 'not-believed');
  }
});

test("a stranger's text is made harmless", () => {
  assert.equal(visible('Anni'), 'Anni');
  assert.equal(visible('a\u{202e}b\u{0}c\u{200b}d\ne'), 'a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}e');
  assert.equal(visible('<b>'), '<b>');
  assert.equal([...visible('x'.repeat(10_000))].length, 201);
  assert.equal(visible('\u{1f469}'.repeat(3), 2), '\u{1f469}\u{1f469}…');
  assert.equal(visible('a\u{d800}'), 'a\u{fffd}');
  // What is written from right to left is ordered by itself.
  assert.equal(visible('فاطمة'), '\u{2068}فاطمة\u{2069}');
  assert.equal(visible('Ελένη 李'), 'Ελένη 李');
});

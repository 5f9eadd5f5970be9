/** One server that is called: its origin, the path before ours, and what it is called in faults. */

import { utf8 } from '../protocol/bytes.ts';
import { Cti } from '../protocol/ids.ts';
import { Refusal } from '../protocol/refusal.ts';
import type { Binding } from '../protocol/request.ts';
import type { Evidence } from '../protocol/tlog/evidence.ts';
import { LogFault } from '../protocol/tlog/fault.ts';
import type { Caller } from './caller.ts';
import { CallFault, type RemoteRefusal } from './fault.ts';
import { id, Members, parseJson, type ReadJson, ShapeFault, text } from './json.ts';

/** Media types (RFC 8949 §9.5, RFC 9052 §11.3, RFC 2046 §4.5.1, RFC 8259 §11). */
export const CBOR = 'application/cbor';
export const COSE = 'application/cose';
export const OCTETS = 'application/octet-stream';
export const JSON_TYPE = 'application/json';
const PROBLEM = 'application/problem+json';

/** Largest JSON answer where no other limit is said, in bytes: enrolments, nonces, counts are a few hundred. */
export const MAX_JSON_BYTES = 256 * 1024;
/** Largest problem document that is read, in bytes: a code, three sentences and a trace id. */
const MAX_PROBLEM_BYTES = 16 * 1024;
/** Longest text of a problem that is kept, in characters: a sentence or two. */
const MAX_PROBLEM_TEXT = 500;
/** What a code looks like: anything else is a stranger's text, and no code. */
export const CODE = /^[a-z][a-z0-9-]{0,63}$/;
/** How often what is bound to a nonce is signed anew when the nonce came too late: it lives a minute. */
const NONCES_TRIED = 2;

/** What a request is bound to. */
export interface Bound {
  readonly binding: Binding;
  readonly nonce: Cti;
}

/** What is sent. */
interface Outgoing {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** The type that the answer must have; null when nothing of it is read. */
  readonly accept: string | null;
  readonly mostBytes: number;
  readonly body?: { readonly type: string; readonly bytes: Uint8Array };
}

/** A server. Cheap to make. */
export class Target {
  readonly caller: Caller;
  readonly whom: string;
  readonly origin: string;
  readonly #base: string;

  /** @throws {CallFault} `own-address` for an address that cannot be called. */
  constructor(caller: Caller, url: string, whom: string) {
    const parsed = mayTravelTo(url) ? new URL(url) : null;
    if (parsed === null || !isBare(parsed)) {
      throw new CallFault('ours', whom, `the address of ${whom} must be https://HOST[:PORT][/PATH]`, {
        code: 'own-address',
      });
    }
    this.caller = caller;
    this.whom = whom;
    this.origin = parsed.origin;
    this.#base = parsed.pathname.replace(/\/+$/, '');
  }

  /** That the answer does not hold, for this reason. Faults of ours are thrown on. */
  unbelievable(reason: unknown, evidence: Evidence | null = null): CallFault {
    const says = (what: string, code: string): CallFault =>
      new CallFault('not-believed', this.whom, `the answer of ${this.whom} is not believed: ${what}`, {
        code,
        evidence,
        cause: reason,
      });
    if (reason instanceof LogFault) return says(reason.code, reason.code);
    if (reason instanceof Refusal) return says(reason.code, 'not-believed');
    if (reason instanceof ShapeFault) return says(reason.message, 'not-believed');
    if (typeof reason === 'string') return says(reason, 'not-believed');
    throw reason;
  }

  /** Runs a step that reads an answer; what it refuses is not believed. @throws {CallFault} */
  believe<T>(step: () => T): T {
    try {
      return step();
    } catch (thrown) {
      throw this.unbelievable(thrown);
    }
  }

  /** @throws {CallFault} */
  get(path: string, accept: string, mostBytes: number): Promise<Uint8Array> {
    return this.#send({ method: 'GET', path, accept, mostBytes });
  }

  /** @throws {CallFault} */
  post(path: string, type: string, body: Uint8Array, accept: string, mostBytes: number): Promise<Uint8Array> {
    return this.#send({ method: 'POST', path, accept, mostBytes, body: { type, bytes: body } });
  }

  /** For what is answered by its success alone: whatever comes with it is not read. @throws {CallFault} */
  async tell(path: string, type: string, body: Uint8Array): Promise<void> {
    await this.#send({ method: 'POST', path, accept: null, mostBytes: 0, body: { type, bytes: body } });
  }

  /** @throws {CallFault} */
  async getJson<T>(path: string, read: ReadJson<T>): Promise<T> {
    const body = await this.get(path, JSON_TYPE, MAX_JSON_BYTES);
    return this.believe(() => read(parseJson(body)));
  }

  /** @throws {CallFault} */
  async postJson<T>(path: string, json: unknown, read: ReadJson<T>): Promise<T> {
    const body = await this.post(path, JSON_TYPE, utf8(JSON.stringify(json)), JSON_TYPE, MAX_JSON_BYTES);
    return this.believe(() => read(parseJson(body)));
  }

  /**
   * Sends what is signed for this origin with a nonce that it gave: browsers see nothing of the connection to bind to
   * (`docs/protocol/request.md`, Binding 3). `make` signs; it is asked again when the nonce came too late. @throws {CallFault}
   */
  async postBound<T>(
    path: string,
    type: string,
    mostBytes: number,
    make: (bound: Bound) => Promise<{ readonly body: Uint8Array; readonly kept: T }>,
  ): Promise<{ readonly answer: Uint8Array; readonly kept: T }> {
    for (let tried = 1; ; tried += 1) {
      const nonce = await this.postJson('/v1/nonce', {}, (json) => new Members(json).need('nonce', id(Cti)));
      const { body, kept } = await make({ binding: { kind: 'origin', origin: this.origin }, nonce });
      try {
        return { answer: await this.post(path, type, body, CBOR, mostBytes), kept };
      } catch (thrown) {
        // It was turned down before anything was done.
        const again = thrown instanceof CallFault && thrown.kind === 'refused' && thrown.code === 'use-nonce';
        if (!again || tried >= NONCES_TRIED) throw thrown;
      }
    }
  }

  async #send(outgoing: Outgoing): Promise<Uint8Array> {
    const signal = AbortSignal.timeout(this.caller.timeoutMs);
    try {
      const response = await this.caller.fetch(`${this.origin}${this.#base}${outgoing.path}`, {
        method: outgoing.method,
        headers: {
          Accept: `${outgoing.accept ?? JSON_TYPE}, ${PROBLEM}`,
          ...(outgoing.body && { 'Content-Type': outgoing.body.type }),
        },
        body: outgoing.body ? new Uint8Array(outgoing.body.bytes) : null,
        signal,
        // Nobody else is called in the other side's place, and nothing is sent along that tells who we are.
        redirect: 'error',
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        cache: 'no-store',
      });
      if (!response.ok) throw this.#refused(await this.#refusal(response));
      if (outgoing.accept === null) {
        await response.body?.cancel();
        return new Uint8Array(0);
      }
      if (typeOf(response) !== outgoing.accept) {
        await response.body?.cancel();
        throw this.unbelievable(`it is not ${outgoing.accept}`);
      }
      return await this.#body(response, outgoing.mostBytes);
    } catch (thrown) {
      if (thrown instanceof CallFault) throw thrown;
      const slow = signal.aborted ? ` within ${this.caller.timeoutMs / 1000} s` : '';
      throw new CallFault('not-reached', this.whom, `${this.whom} was not reached${slow}`, { cause: thrown });
    }
  }

  /** The body, of which no more is read than may come. */
  async #body(response: Response, mostBytes: number): Promise<Uint8Array> {
    const reader = response.body?.getReader();
    if (reader === undefined) return new Uint8Array(0);
    const tooLarge = async (): Promise<never> => {
      await reader.cancel();
      throw this.unbelievable(`it is larger than ${mostBytes} bytes`);
    };
    if (Number(response.headers.get('content-length') ?? 0) > mostBytes) return tooLarge();
    const parts: Uint8Array[] = [];
    let length = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > mostBytes) return tooLarge();
      parts.push(value);
    }
    const whole = new Uint8Array(length);
    parts.reduce((at, part) => {
      whole.set(part, at);
      return at + part.length;
    }, 0);
    return whole;
  }

  /** What the other side said, as far as it said it in a problem document; else the status alone speaks. */
  async #refusal(response: Response): Promise<RemoteRefusal> {
    const bare = {
      status: response.status,
      code: null,
      title: `status ${response.status}`,
      detail: null,
      traceId: null,
    };
    if (typeOf(response) !== PROBLEM) {
      await response.body?.cancel();
      return bare;
    }
    try {
      const members = new Members(parseJson(await this.#body(response, MAX_PROBLEM_BYTES)));
      const some = (name: string): string | null => members.maybe(name, text)?.slice(0, MAX_PROBLEM_TEXT) ?? null;
      const code = some('code');
      return {
        status: response.status,
        code: code !== null && CODE.test(code) ? code : null,
        title: some('title') ?? bare.title,
        detail: some('detail'),
        traceId: some('trace_id'),
      };
    } catch (thrown) {
      if (thrown instanceof ShapeFault || thrown instanceof CallFault) return bare;
      throw thrown;
    }
  }

  #refused(refusal: RemoteRefusal): CallFault {
    const isTheirs = refusal.status >= 500 || refusal.code === 'unavailable';
    const kind = isTheirs ? 'failed' : 'refused';
    const what = `${this.whom} ${isTheirs ? 'failed' : 'refused'}: ${refusal.code ?? `status ${refusal.status}`}`;
    return new CallFault(kind, this.whom, what, { refusal, code: refusal.code ?? kind });
  }
}

/** Whether data may travel to a web address: encrypted, or within this machine. */
export function mayTravelTo(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && hostname === '127.0.0.1');
}

function isBare({ username, password, search, hash }: URL): boolean {
  return username === '' && password === '' && search === '' && hash === '';
}

function typeOf(response: Response): string {
  return (response.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

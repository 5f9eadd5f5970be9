/** Somebody who answers calls, in place of a network. */

import type { Caller } from '../src/client/caller.ts';
import { systemRandom } from '../src/crypto/random.ts';

/** When the stories play, in seconds since 1970. */
export const NOW = 1_785_000_000n;

/** Answers a call: what was sent, and to where. */
export type Answers = (path: string, request: Request) => Response | Promise<Response>;

/** A caller whose every call comes here. */
export function callerOf(answers: Answers, more: Partial<Caller> = {}): Caller {
  return {
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const url = new URL(request.url);
      const answer = await Promise.race([answers(url.pathname + url.search, request), aborted(request.signal)]);
      // As the real one: nobody is sent elsewhere.
      if (answer.status >= 300 && answer.status < 400 && request.redirect === 'error') throw new TypeError('redirect');
      return answer;
    },
    nowSecs: () => NOW,
    random: systemRandom,
    timeoutMs: 5000,
    ...more,
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(new DOMException('aborted', 'AbortError'));
    });
  });
}

export function bytesOf(type: string, bytes: Uint8Array, status = 200): Response {
  return new Response(new Uint8Array(bytes), { status, headers: { 'Content-Type': type } });
}

export function jsonOf(json: unknown, status = 200): Response {
  return new Response(JSON.stringify(json), { status, headers: { 'Content-Type': 'application/json' } });
}

export function problemOf(status: number, problem: object): Response {
  const headers = { 'Content-Type': 'application/problem+json' };
  return new Response(JSON.stringify(problem), { status, headers });
}

/** The other judge: `pod-protocol/examples/judge`, a process that is asked and answers. */

import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { concat, fromUtf8, utf8 } from '../../src/protocol/bytes.ts';
import type { Told } from './told.ts';
import type { Input } from './seeds.ts';

// Tests run as JavaScript from `build/tests/differential`.
const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url));
/** The standard output of a build is read whole. */
const MAX_BUILD_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Builds the judge, and gives its path. */
export function buildJudge(): string {
  const words = ['build', '--quiet', '--locked', '--package', 'pod-protocol', '--example', 'judge'];
  const told = execFileSync(process.env['CARGO'] ?? 'cargo', [...words, '--message-format', 'json'], {
    cwd: REPOSITORY,
    encoding: 'utf8',
    maxBuffer: MAX_BUILD_OUTPUT_BYTES,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for (const line of told.split('\n').filter((one) => one.includes('"executable":"'))) {
    const path = (JSON.parse(line) as { readonly executable: unknown }).executable;
    if (typeof path === 'string') return path;
  }
  throw new Error('cargo built no judge');
}

interface Waiting {
  readonly count: number;
  readonly answers: Told[];
  readonly done: (answers: readonly Told[]) => void;
  readonly failed: (error: Error) => void;
}

/** One running judge. */
export class RustJudge {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting: Waiting[] = [];
  #received: Uint8Array = new Uint8Array(0);

  constructor(path: string) {
    this.#child = spawn(path, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout.on('data', (chunk: Buffer) => this.#hear(chunk));
    this.#child.on('exit', (code) => {
      for (const { failed } of this.#waiting) failed(new Error(`the judge ended with ${code}`));
    });
  }

  /** The answers to these, in their order. */
  ask(inputs: readonly Input[]): Promise<readonly Told[]> {
    return new Promise((done, failed) => {
      this.#waiting.push({ count: inputs.length, answers: [], done, failed });
      this.#child.stdin.write(concat(...inputs.map(frame)));
    });
  }

  /** Ends the process. */
  end(): void {
    this.#waiting.length = 0;
    this.#child.stdin.end();
  }

  #hear(chunk: Uint8Array): void {
    this.#received = concat(this.#received, chunk);
    let at = 0;
    while (this.#received.length - at >= 5) {
      const length = new DataView(this.#received.buffer, at + 1).getUint32(0);
      if (this.#received.length - at - 5 < length) break;
      const bytes = this.#received.slice(at + 5, at + 5 + length);
      this.#answer(
        this.#received[at] === 1 ? { accepted: true, bytes } : { accepted: false, code: fromUtf8(bytes) ?? '' },
      );
      at += 5 + length;
    }
    this.#received = this.#received.slice(at);
  }

  #answer(told: Told): void {
    const [first] = this.#waiting;
    if (first === undefined) throw new Error('an answer that nobody asked for');
    first.answers.push(told);
    if (first.answers.length < first.count) return;
    this.#waiting.shift();
    first.done(first.answers);
  }
}

function frame({ kind, bytes }: Input): Uint8Array {
  const name = utf8(kind);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length);
  return concat(Uint8Array.of(name.length), name, length, bytes);
}

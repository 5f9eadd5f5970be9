/** Asks both judges, and compares what they say. */

import { equalBytes } from '../../src/protocol/bytes.ts';
import { encode } from '../../src/protocol/codec/index.ts';
import { SIGNED_KINDS } from '../kinds.ts';
import { hex } from '../vectors.ts';
import { inputOf } from './inputs.ts';
import { judge } from './judge.ts';
import { RustJudge } from './rust.ts';
import type { Input } from './seeds.ts';
import { NAMED } from './signing.ts';
import type { Keys, Told } from './told.ts';
import { parse, write } from './tree.ts';

/** Some of the inputs of a seed. */
export interface Job {
  readonly judge: string;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}

/** An input about which something is wrong. */
export interface Disagreement {
  readonly number: number;
  readonly kind: string;
  readonly rust: string;
  readonly typescript: string;
  /** In hexadecimal. */
  readonly bytes: string;
}

/** What was found. */
export interface Found {
  readonly inputs: number;
  readonly accepted: number;
  /** How many inputs of each kind were accepted, and how many there were. */
  readonly kinds: ReadonlyMap<string, readonly [accepted: number, all: number]>;
  /** How many inputs got each code. */
  readonly codes: ReadonlyMap<string, number>;
  readonly disagreements: readonly Disagreement[];
}

/** Inputs that are under way at a time. */
const AT_A_TIME = 250;
/** Most disagreements that are kept: more say no more. */
const MAX_KEPT = 200;

/** What is accepted is written again the same, but for notes, which lose the lines of strangers, and answers about others. */
const WRITTEN_THE_SAME: ReadonlySet<string> = new Set([
  ...[
    'call',
    'answer',
    'command answer',
    'blind answer',
    'decision',
    'bucket',
    'value',
    'item',
    'leaf',
    'log items',
    'view',
    'endpoint',
  ],
]);

/** Plays one job. */
export async function compare(job: Job): Promise<Found> {
  const rust = new RustJudge(job.judge);
  const keys: Keys = new Map(NAMED.map(({ key }) => [key.kid, key.forManyChecks()]));
  await rust.ask([{ kind: 'keys', bytes: encode([...keys.values()].map((key) => key.bytes)) }]);
  const tally = new Tally();
  for (let from = job.from; from < job.to; from += AT_A_TIME) {
    const count = Math.min(AT_A_TIME, job.to - from);
    const inputs = Array.from({ length: count }, (_, at) => inputOf(job.seed, from + at));
    const asked = rust.ask(inputs);
    const own = inputs.map(({ kind, bytes }) => judge(keys, kind, bytes));
    const others = await asked;
    inputs.forEach((input, at) => tally.add(from + at, input, others[at], own[at]));
  }
  rust.end();
  return tally.found();
}

class Tally {
  #inputs = 0;
  #accepted = 0;
  readonly #kinds = new Map<string, readonly [number, number]>();
  readonly #codes = new Map<string, number>();
  readonly #disagreements: Disagreement[] = [];

  add(number: number, input: Input, rust: Told | undefined, typescript: Told | undefined): void {
    if (rust === undefined || typescript === undefined) throw new Error('an answer is missing');
    const [accepted, all] = this.#kinds.get(input.kind) ?? [0, 0];
    this.#inputs += 1;
    this.#accepted += rust.accepted ? 1 : 0;
    this.#kinds.set(input.kind, [accepted + (rust.accepted ? 1 : 0), all + 1]);
    for (const code of codesOf(input, rust)) this.#codes.set(code, (this.#codes.get(code) ?? 0) + 1);
    const same = sameAnswer(rust, typescript);
    if (same && isWrittenTheSame(input, rust)) return;
    const bytes = hex(input.bytes);
    const disagreement = {
      number,
      kind: input.kind,
      rust: shown(rust),
      typescript: same ? 'not the same bytes again' : shown(typescript),
      bytes,
    };
    if (this.#disagreements.length < MAX_KEPT) this.#disagreements.push(disagreement);
  }

  found(): Found {
    return {
      inputs: this.#inputs,
      accepted: this.#accepted,
      kinds: this.#kinds,
      codes: this.#codes,
      disagreements: this.#disagreements,
    };
  }
}

/** The code, or those of the statements that a registry left out. */
function codesOf({ kind }: Input, told: Told): readonly string[] {
  if (!told.accepted) return [told.code];
  if (kind !== 'registry') return ['accepted'];
  const tree = parse(told.bytes);
  const refused = tree?.kind === 'array' && tree.items[0]?.kind === 'array' ? tree.items[0].items : [];
  return [
    'accepted',
    ...refused.flatMap((one) =>
      one.kind === 'array' && one.items[1]?.kind === 'item' ? String(one.items[1].item) : [],
    ),
  ];
}

function sameAnswer(one: Told, other: Told): boolean {
  if (one.accepted) return other.accepted && equalBytes(one.bytes, other.bytes);
  return !other.accepted && one.code === other.code;
}

/** Whether what was accepted has one encoding, which is the one that was read. */
function isWrittenTheSame({ kind, bytes }: Input, told: Told): boolean {
  if (!told.accepted) return true;
  if (SIGNED_KINDS.has(kind)) return equalBytes(told.bytes.subarray(32), claimsOf(bytes));
  return !WRITTEN_THE_SAME.has(kind) || equalBytes(told.bytes, bytes);
}

/** The claims of an object that both accepted. */
function claimsOf(bytes: Uint8Array): Uint8Array {
  const tree = parse(bytes);
  const payload = tree?.kind === 'tag' && tree.inside.kind === 'array' ? tree.inside.items[2] : undefined;
  if (payload?.kind !== 'bytes') throw new Error('accepted, and has no payload');
  return payload.inside ? write(payload.inside) : payload.bytes;
}

function shown(told: Told): string {
  return told.accepted ? `accepted ${hex(told.bytes)}` : told.code;
}

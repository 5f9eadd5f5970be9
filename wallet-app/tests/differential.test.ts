/**
 * Two implementations, one protocol: mutated inputs go through Rust and TypeScript, and both say the same: accepted or refused, the
 * code, and the bytes that they write of what they read.
 *
 * `AITTA_SEED` plays another seed than the usual one, `AITTA_INPUTS` more or fewer inputs, `AITTA_INPUT` one of them by its number.
 */

import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';

import { compare, type Disagreement, type Found, type Job } from './differential/compare.ts';
import { inputOf } from './differential/inputs.ts';
import { KINDS } from './differential/judge.ts';
import { buildJudge } from './differential/rust.ts';
import { hex } from './vectors.ts';

const USUAL_SEED = 20_261_122;
const USUAL_INPUTS = 100_000;
/** Least share that must be accepted, in hundredths: inputs that are all nonsense reach the first check alone. */
const LEAST_ACCEPTED = 25;
/** Fewest different codes that inputs must be refused with. */
const LEAST_CODES = 75;
/** Threads: each has a judge of its own beside it. */
const MAX_THREADS = 4;

function numberFrom(name: string, usual: number): number {
  const said = process.env[name];
  if (said === undefined) return usual;
  assert.match(said, /^[0-9]{1,9}$/, `${name} is a whole number`);
  return Number(said);
}

function play(job: Job): Promise<Found> {
  return new Promise((done, failed) => {
    const worker = new Worker(new URL('./differential/worker.js', import.meta.url), { workerData: job });
    worker.on('message', done);
    worker.on('error', failed);
  });
}

function sum<K>(maps: readonly ReadonlyMap<K, number>[]): Map<K, number> {
  const all = new Map<K, number>();
  for (const [key, count] of maps.flatMap((map) => [...map])) all.set(key, (all.get(key) ?? 0) + count);
  return all;
}

function report(found: readonly Found[], seconds: number): void {
  const [inputs, accepted] = [total(found, 'inputs'), total(found, 'accepted')];
  console.log(`${inputs} inputs in ${seconds} s, ${((100 * accepted) / inputs).toFixed(1)} % accepted`);
  for (const kind of KINDS) {
    const counts = found.map(({ kinds }) => kinds.get(kind) ?? [0, 0]);
    const of = (at: 0 | 1): number => counts.reduce((all, count) => all + count[at], 0);
    console.log(`  ${kind}: ${of(1)}, accepted ${of(0)}`);
  }
  const codes = [...sum(found.map((one) => one.codes))].toSorted(([, one], [, other]) => other - one);
  console.log(codes.map(([code, count]) => `${code} ${count}`).join(', '));
}

function total(found: readonly Found[], what: 'inputs' | 'accepted'): number {
  return found.reduce((all, one) => all + one[what], 0);
}

/** The smallest of each pair of answers, with what plays it again. */
function shown(disagreements: readonly Disagreement[], seed: number): string {
  const smallest = new Map<string, Disagreement>();
  for (const one of disagreements.toSorted((left, right) => left.bytes.length - right.bytes.length)) {
    const [rust = '', typescript = ''] = [one.rust, one.typescript].map((said) => said.replace(/ [0-9a-f]*$/, ''));
    const about = `${one.kind}: ${rust}, ${typescript}`;
    if (!smallest.has(about)) smallest.set(about, one);
  }
  const lines = [...smallest.values()].map(
    ({ number, kind, rust, typescript, bytes }) =>
      `AITTA_SEED=${seed} AITTA_INPUT=${number} ${kind}\n  Rust:       ${rust}\n  TypeScript: ${typescript}\n  ${bytes}`,
  );
  return `${disagreements.length} disagreements; the smallest of each sort:\n${lines.join('\n')}`;
}

test('Rust and TypeScript say the same of every input', async () => {
  const seed = numberFrom('AITTA_SEED', USUAL_SEED);
  const judge = buildJudge();
  const one = process.env['AITTA_INPUT'] === undefined ? null : numberFrom('AITTA_INPUT', 0);
  if (one !== null) {
    const found = await compare({ judge, seed, from: one, to: one + 1 });
    const input = inputOf(seed, one);
    console.log(`${input.kind} ${[...found.codes.keys()].join()} ${hex(input.bytes)}`);
    return assert.equal(found.disagreements.length, 0, shown(found.disagreements, seed));
  }
  const inputs = numberFrom('AITTA_INPUTS', USUAL_INPUTS);
  const threads = Math.min(MAX_THREADS, availableParallelism());
  console.log(`seed ${seed}, ${inputs} inputs, ${threads} threads`);
  const begun = process.hrtime.bigint();
  const bounds = Array.from({ length: threads + 1 }, (_, at) => Math.floor((inputs * at) / threads));
  const jobs = Array.from({ length: threads }, (_, at) => ({
    judge,
    seed,
    from: bounds[at] ?? 0,
    to: bounds[at + 1] ?? 0,
  }));
  const found = await Promise.all(jobs.map(play));
  report(found, Number((process.hrtime.bigint() - begun) / 1_000_000_000n));
  const disagreements = found.flatMap((part) => part.disagreements);
  assert.equal(disagreements.length, 0, shown(disagreements, seed));
  assert.equal(total(found, 'inputs'), inputs);
  // Fewer inputs than usual reach fewer places: what must be reached is asked of the usual number alone.
  if (inputs < USUAL_INPUTS) return;
  const refusedWith = [...sum(found.map((part) => part.codes)).keys()].filter((code) => code !== 'accepted');
  assert.ok(total(found, 'accepted') * 100 >= inputs * LEAST_ACCEPTED, 'too little is accepted');
  assert.ok(
    refusedWith.length >= LEAST_CODES,
    `only ${refusedWith.length} codes: ${refusedWith.toSorted().join(', ')}`,
  );
});

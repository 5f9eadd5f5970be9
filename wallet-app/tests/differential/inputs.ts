/** Which inputs there are, and how many of each. */

import { carried, endpoint, item, kindOfObject, predicate, projection } from './carriers.ts';
import { arrival, chain, keyLog } from './linked.ts';
import { mutate } from './mutate.ts';
import { mutateBlindly } from './mutate-bytes.ts';
import { Dice } from './random.ts';
import { clone, type Input, type Make, NAMES, objectsOf, POOL } from './seeds.ts';
import { assemble, SIGNERS } from './signing.ts';
import { asked, believed, kept, registry } from './registries.ts';
import { consistency, digest, handle, inclusion, sealed, signature } from './small.ts';
import { parse, write } from './tree.ts';

/** A signed object, broken somewhere, and signed again unless what was broken is around the signature. */
const signedObject: Make = (dice) => {
  const name = dice.pick(NAMES);
  const parts = clone(dice.pick(objectsOf(name)));
  const kind = dice.chance(2) ? dice.pick(NAMES) : name;
  const way = dice.below(100);
  if (way < 7) {
    const other = assemble(dice.pick(objectsOf(dice.pick(NAMES))));
    return { kind, bytes: mutateBlindly(dice, assemble(parts), other) };
  }
  if (way < 13) {
    const tree = parse(assemble(parts));
    // What is inside byte strings is left as it is: the envelope alone is broken.
    if (tree?.kind === 'tag' && tree.inside.kind === 'array') {
      for (const item of tree.inside.items) if (item.kind === 'bytes') item.inside = null;
      return { kind, bytes: write(mutate(dice, tree, POOL)) };
    }
  }
  if (way < 22) parts.header = mutate(dice, parts.header, POOL);
  else if (way < 24) parts.by = dice.pick(SIGNERS);
  else if (way < 97) parts.payload = mutate(dice, parts.payload, POOL);
  return { kind, bytes: assemble(parts) };
};

/** Of some 1000 inputs, how many are made in which way. Those that check many signatures are dear, and fewer. */
const SHARES: readonly (readonly [number, Make])[] = [
  [560, signedObject],
  [140, carried],
  [50, item],
  [10, kindOfObject],
  [60, predicate],
  [40, projection],
  [25, keyLog],
  [25, chain],
  [30, arrival],
  [15, registry],
  [12, asked],
  [8, believed],
  [6, kept],
  [10, inclusion],
  [10, consistency],
  [5, signature],
  [15, endpoint],
  [5, sealed],
  [6, handle],
  [2, digest],
];

const ALL = SHARES.reduce((sum, [share]) => sum + share, 0);

/** The input with this number: always the same for one seed. */
export function inputOf(seed: number, number: number): Input {
  const dice = new Dice(seed, number);
  let left = dice.below(ALL);
  for (const [share, make] of SHARES) {
    if (left < share) return make(dice);
    left -= share;
  }
  throw new RangeError('the shares do not add up');
}

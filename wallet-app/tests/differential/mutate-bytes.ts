/** Ways to break bytes and lines, whatever they mean. */

import { concat, utf8 } from '../../src/protocol/bytes.ts';
import { head } from '../../src/protocol/codec/index.ts';
import { unhex } from '../vectors.ts';
import { flipped, type Pool, scalar } from './mutate.ts';
import { CHARACTERS, ODD } from './odd.ts';
import type { Dice } from './random.ts';
import { write } from './tree.ts';

/** Breaks bytes without looking at what they mean. */
export function mutateBlindly(dice: Dice, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  const at = dice.below(bytes.length);
  const changed = bytes.slice();
  switch (dice.below(7)) {
    case 0:
    case 1:
      return flipped(dice, bytes);
    case 2:
      return changed.subarray(0, at);
    case 3:
      return concat(changed, dice.bytes(1 + dice.below(3)));
    case 4:
      return concat(changed.subarray(0, at), other.subarray(dice.below(other.length)));
    case 5:
      return concat(changed.subarray(0, at), changed.subarray(at + 1 + dice.below(4)));
    default:
      if (at < changed.length) changed[at] = dice.below(256);
      return changed;
  }
}

/** Breaks what people can read, line by line. */
export function mutateLines(dice: Dice, bytes: Uint8Array): Uint8Array {
  const lines = Buffer.from(bytes).toString('utf8').split('\n');
  const at = dice.below(lines.length);
  const line = lines[at] ?? '';
  const within = dice.below(line.length + 1);
  switch (dice.below(8)) {
    case 0:
      lines.splice(at, 1);
      break;
    case 1:
      lines.splice(at, 0, line);
      break;
    case 2:
      lines.splice(at, 0, dice.pick(['', '0', '\u2014 somebody AAAA', '\u2014 ', 'x', '18446744073709551616']));
      break;
    case 3:
      lines[at] = line.slice(0, within) + dice.pick(CHARACTERS) + line.slice(within);
      break;
    case 4:
      lines[at] = line.slice(0, within) + dice.pick(['A', 'Q', 'g', 'w', '0', '1', '9']) + line.slice(within + 1);
      break;
    case 5:
      lines[at] = dice.pick([
        '0',
        '00',
        '01',
        '+1',
        '18446744073709551615',
        '18446744073709551616',
        `${line}=`,
        `${line} `,
      ]);
      break;
    case 6:
      while (lines.length < 80) lines.splice(at, 0, line);
      break;
    default:
      lines[at] = line.slice(0, within);
  }
  return utf8(lines.join('\n').toWellFormed());
}

/** Any item, up to a depth. */
export function anyItem(dice: Dice, depth: number, pool: Pool): Uint8Array {
  const kind = depth === 0 ? dice.below(5) : dice.below(8);
  if (kind < 3) return write(scalar(dice, pool));
  if (kind === 3) return unhex(dice.pick(ODD));
  if (kind === 4) return write({ kind: 'item', item: dice.pick(CHARACTERS) });
  const below = Array.from({ length: dice.below(4) }, () => anyItem(dice, depth - 1, pool));
  if (kind < 7) return concat(head(4, BigInt(below.length)), ...below);
  const entries = below.map((value) => [write(scalar(dice, pool)), value] as const);
  if (!dice.chance(10)) entries.sort(([one], [other]) => Buffer.compare(one, other));
  return concat(head(5, BigInt(entries.length)), ...entries.flat());
}

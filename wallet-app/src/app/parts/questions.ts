/** A question about a field in words for people: what is asked, what the service learns, and what the answer means. */

import type { Predicate, Question } from '../../protocol/predicate.ts';
import { isList, type Value } from '../../protocol/value.ts';
import type { Words } from '../../protocol/words.ts';
import { visible } from '../../wallet/show.ts';
import { isoDay, lasting, listed, number, verbatim } from '../text/format.ts';
import { questionWords as words } from './questions.words.ts';

const YEAR_SECS = 365n * 86_400n;
/** A number, as a question compares it: written as a number, or as decimal text. */
const DECIMAL = /^-?[0-9]{1,12}(?:\.[0-9]{1,6})?$/;

/** What is asked. `field` is what the field is called. */
export function asked({ question }: Predicate, field: Words): Words {
  switch (question.op) {
    case 'eq':
      return words.is(field, constant(question.constant));
    case 'in':
      return words.isAmong(field, listed(question.constants.map(constant), 'or'));
    case 'ge':
      return compared(
        question.constant,
        words.notBefore,
        words.atLeast,
        words.from,
      )(field, constant(question.constant));
    case 'le':
      return compared(question.constant, words.notAfter, words.atMost, words.upTo)(field, constant(question.constant));
    case 'age_ge':
      return words.ofAge(field, words.years(lasting(question.years * YEAR_SECS), constant(question.day)));
    case 'exists':
      return words.exists(field);
    case 'count_ge':
      return words.count(field, number(question.count));
    case 'bucket':
      return words.range(field, listed(ranges(question.bounds), 'or'));
  }
}

/** What the service learns of it, and what not. */
export function learnt({ question }: Predicate): Words {
  return question.op === 'bucket' ? words.whichRange : words.yesOrNo;
}

/** What an answer means. */
export function answered({ question }: Predicate, answer: Value): Words {
  if (typeof answer === 'boolean') return answer ? words.yes : words.no;
  if (question.op === 'bucket' && typeof answer === 'bigint')
    return ranges(question.bounds)[Number(answer)] ?? words.unknown;
  return words.unknown;
}

type Filled = (typeof words)['is'];

/** By what is compared: days, numbers, or other text. */
function compared(value: Value, day: Filled, amount: Filled, text: Filled): Filled {
  if (typeof value !== 'string') return amount;
  if (isoDay(value) !== null) return day;
  return DECIMAL.test(value) ? amount : text;
}

/** The ranges between ascending bounds, one more than there are bounds. */
function ranges(bounds: Extract<Question, { op: 'bucket' }>['bounds']): readonly Words[] {
  const shown = bounds.map(constant);
  return [...shown, null].map((high, at) => {
    const low = shown[at - 1];
    if (low === undefined) return high === null ? words.unknown : words.below(high);
    return high === null ? words.above(low) : words.between(low, high);
  });
}

/** What the citizen agrees that the field is held against. */
function constant(value: Value): Words {
  if (value === null || value === '') return words.nothing;
  if (typeof value === 'boolean') return value ? words.yes : words.no;
  if (typeof value === 'bigint') return number(value);
  if (isList(value)) return listed(value.map(constant), 'or');
  const text = typeof value === 'string' ? value : '';
  return isoDay(text) ?? (DECIMAL.test(text) ? verbatim(text) : quoted(visible(text)));
}

function quoted(text: string): Words {
  return { fi: `”${text}”`, sv: `”${text}”`, en: `“${text}”` };
}

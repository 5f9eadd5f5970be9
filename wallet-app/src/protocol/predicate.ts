/**
 * Derived answers: a question about a field whose constant the citizen agreed to, answered by the holder. A missing field, also
 * a withheld one, answers `unknown`, which is null (`docs/protocol/grant.md`, Predicates).
 */

import { compareText } from './bytes.ts';
import type { Cbor } from './codec/index.ts';
import { elements, FieldPath, PredicateId, valuesAt } from './field.ts';
import { tuple } from './lists.ts';
import { refuseClaim } from './refusal.ts';
import { equalValues, isList, NotAValue, type Value, valueFromItem, valueToItem } from './value.ts';
import { hasHidden } from './hidden.ts';

/** Most members of an `in` list or bounds of a `bucket`. */
const MAX_CONSTANTS = 32;
/** Most years of age that are asked about. */
const MAX_AGE_YEARS = 150n;

/** What is asked of the field's values. */
export type Question =
  /** Is any value equal to this? */
  | { readonly op: 'eq'; readonly constant: Value }
  /** Is any value one of these? */
  | { readonly op: 'in'; readonly constants: readonly Value[] }
  /** Is any value at least, at most this? Compares numbers, decimal text by value, other text bytewise (ISO dates). */
  | { readonly op: 'ge' | 'le'; readonly constant: Value }
  /** On `day` (ISO date), is somebody born on the field's date at least `years` old? */
  | { readonly op: 'age_ge'; readonly years: bigint; readonly day: string }
  /** Is there any value other than null and empty text? */
  | { readonly op: 'exists' }
  /** Are there at least so many values? */
  | { readonly op: 'count_ge'; readonly count: bigint }
  /** Into which range does the (only) value fall? Bounds ascend; the answer counts those that are not above it. */
  | { readonly op: 'bucket'; readonly bounds: readonly Value[] };

/** A question with its field and the id by which requests name it. */
export interface Predicate {
  readonly id: PredicateId;
  readonly field: FieldPath;
  readonly question: Question;
}

/** As `[id, op, field, constant]`. */
export function predicateToCbor(predicate: Predicate): Cbor {
  return [predicate.id, predicate.question.op, predicate.field, constantToCbor(predicate.question)];
}

function constantToCbor(question: Question): Cbor {
  switch (question.op) {
    case 'eq':
    case 'ge':
    case 'le':
      return valueToItem(question.constant);
    case 'in':
      return question.constants.map(valueToItem);
    case 'age_ge':
      return [question.years, question.day];
    case 'exists':
      return null;
    case 'count_ge':
      return question.count;
    case 'bucket':
      return question.bounds.map(valueToItem);
  }
}

/** Reads `[id, op, field, constant]`. @throws {Refusal} `claim-…`; `claim-range` when the constant has a hidden character. */
export function predicate(claim: bigint, item: Cbor): Predicate {
  const [id, op, field, constant] = tuple(4)(claim, item);
  if (typeof op !== 'string') refuseClaim('claim-type', claim);
  const value = constantValue(claim, constant);
  if (hides(value)) refuseClaim('claim-range', claim);
  return {
    id: PredicateId.read(claim, id),
    field: FieldPath.read(claim, field),
    question: question(op, value) ?? refuseClaim('claim-type', claim),
  };
}

function constantValue(claim: bigint, item: Cbor): Value {
  try {
    return valueFromItem(item);
  } catch (thrown) {
    if (thrown instanceof NotAValue) refuseClaim('claim-type', claim);
    throw thrown;
  }
}

/** Whether people who are shown the constant would read another one. */
function hides(constant: Value): boolean {
  if (typeof constant === 'string') return hasHidden(constant);
  return isList(constant) && constant.some(hides);
}

function question(op: string, constant: Value): Question | null {
  const items = isList(constant) ? constant : null;
  switch (op) {
    case 'eq':
      return isScalar(constant) ? { op, constant } : null;
    case 'in':
      return items && isScalarList(items) ? { op, constants: items } : null;
    case 'ge':
    case 'le':
      return typeof constant === 'bigint' || typeof constant === 'string' ? { op, constant } : null;
    case 'age_ge':
      return items && age(items);
    case 'exists':
      return constant === null ? { op } : null;
    case 'count_ge':
      return typeof constant === 'bigint' && constant >= 1n ? { op, count: constant } : null;
    case 'bucket':
      return items && isScalarList(items) && ascend(items) ? { op, bounds: items } : null;
    default:
      return null;
  }
}

function age(parts: readonly Value[]): Question | null {
  const [years, day] = parts;
  if (parts.length !== 2 || typeof years !== 'bigint' || typeof day !== 'string') return null;
  return years >= 0n && years <= MAX_AGE_YEARS && date(day) !== null ? { op: 'age_ge', years, day } : null;
}

function isScalar(value: Value): boolean {
  return typeof value === 'bigint' || typeof value === 'string' || typeof value === 'boolean';
}

function isScalarList(values: readonly Value[]): boolean {
  return values.length >= 1 && values.length <= MAX_CONSTANTS && values.every(isScalar);
}

function ascend(bounds: readonly Value[]): boolean {
  return bounds.every((bound, at) => {
    const below = bounds[at - 1];
    if (below === undefined) return true;
    const order = compare(below, bound);
    return order !== null && order < 0;
  });
}

/** The answer over all records of the type: a boolean, a bucket's number, or null for unknown. */
export function evaluate({ field, question }: Predicate, records: readonly Value[]): Value {
  const found = records.flatMap((record) => valuesAt(record, field));
  if (found.length === 0) return null;
  const values = found.flatMap(elements).filter((value) => value !== null && value !== '');
  if (question.op === 'exists') return values.length > 0;
  if (question.op === 'count_ge') return BigInt(values.length) >= question.count;
  if (values.length === 0) return null;
  switch (question.op) {
    case 'eq':
      return values.some((value) => equalValues(value, question.constant));
    case 'in':
      return values.some((value) => question.constants.some((constant) => equalValues(value, constant)));
    case 'ge':
      return judged(values, (value) => isAtLeast(value, question.constant));
    case 'le':
      return judged(values, (value) => isAtLeast(question.constant, value));
    case 'age_ge':
      return judged(values, (value) => isReached(value, question.years, question.day));
    case 'bucket':
      return bucket(values, question.bounds);
  }
}

/** True when any value answers yes, unknown when none can be judged. */
function judged(values: readonly Value[], judge: (value: Value) => boolean | null): Value {
  const answers = values.map(judge).filter((answer) => answer !== null);
  return answers.length === 0 ? null : answers.includes(true);
}

function bucket(values: readonly Value[], bounds: readonly Value[]): Value {
  const [value] = values;
  if (value === undefined || values.length !== 1) return null;
  const reached = bounds.map((bound) => isAtLeast(value, bound));
  return reached.includes(null) ? null : BigInt(reached.filter((answer) => answer === true).length);
}

function isAtLeast(value: Value, bound: Value): boolean | null {
  const order = compare(value, bound);
  return order === null ? null : order >= 0;
}

/** Negative, 0 or positive; null when the two cannot be compared. */
function compare(left: Value, right: Value): number | null {
  if (typeof left === 'bigint' && typeof right === 'bigint') return order(left, right);
  if (typeof left !== 'string' || typeof right !== 'string') return null;
  const [leftNumber, rightNumber] = [decimal(left), decimal(right)];
  if (leftNumber !== null && rightNumber !== null) return order(leftNumber, rightNumber);
  return leftNumber === null && rightNumber === null ? compareText(left, right) : null;
}

function order(left: bigint, right: bigint): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

const DECIMAL = /^(-?)([0-9]{1,12})(?:\.([0-9]{1,6}))?$/;

/** A decimal of at most 12 digits before and 6 after the point, in millionths: exact, without floating point. */
function decimal(text: string): bigint | null {
  const parts = DECIMAL.exec(text);
  if (parts === null) return null;
  const [, sign, whole = '', part = ''] = parts;
  const millionths = BigInt(whole + part.padEnd(6, '0'));
  return sign === '-' ? -millionths : millionths;
}

interface CalendarDate {
  readonly year: bigint;
  readonly month: bigint;
  readonly day: bigint;
}

const DATE = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;

/** An ISO date of the Gregorian calendar; null for a text or a day that is none. */
function date(text: string): CalendarDate | null {
  const parts = DATE.exec(text);
  if (parts === null) return null;
  const [year, month, day] = [BigInt(parts[1] ?? ''), BigInt(parts[2] ?? ''), BigInt(parts[3] ?? '')];
  return day >= 1n && day <= daysOf(year, month) ? { year, month, day } : null;
}

function daysOf(year: bigint, month: bigint): bigint {
  if (month === 2n) return year % 4n === 0n && (year % 100n !== 0n || year % 400n === 0n) ? 29n : 28n;
  if ([4n, 6n, 9n, 11n].includes(month)) return 30n;
  return month >= 1n && month <= 12n ? 31n : 0n;
}

/**
 * Whether somebody born on `birth` is `years` old on `day`. Somebody born on 29 February has their birthday on 1 March in common
 * years, as Finnish law counts.
 */
function isReached(birth: Value, years: bigint, day: string): boolean | null {
  const born = typeof birth === 'string' ? date(birth) : null;
  const on = date(day);
  if (born === null || on === null) return null;
  const parts = [order(born.year + years, on.year), order(born.month, on.month), order(born.day, on.day)];
  return (parts.find((part) => part !== 0) ?? 0) <= 0;
}

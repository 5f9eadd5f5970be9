/** What the names in an entry are called: record types, fields, and the questions that were answered. */

import { Signed } from '../../../protocol/cose.ts';
import { FieldPath, RecordType } from '../../../protocol/field.ts';
import { Grant } from '../../../protocol/grant.ts';
import type { Predicate } from '../../../protocol/predicate.ts';
import { attempt } from '../../../protocol/refusal.ts';
import type { Words } from '../../../protocol/words.ts';
import type { Labels } from '../../../wallet/labels.ts';
import { visible } from '../../../wallet/show.ts';
import type { GivenGrant } from '../../../wallet/state.ts';
import { asked } from '../../parts/questions.ts';
import { lookedWords } from './looked.words.ts';

const words = lookedWords.entry;

export function typeName(type: string, labels: Labels): Words {
  const recordType = RecordType.parse(type);
  return (recordType && labels.recordType(recordType)) ?? words.unnamed(visible(type));
}

/** `used` is the consent that the entry names: it says what a question asks, of which the entry has the id alone. */
export function nameIn(type: string, name: string, labels: Labels, used: GivenGrant | undefined): Words {
  if (name.startsWith('?')) {
    const question = used && questionIn(used, type, name);
    return question ? words.answer(asked(question, fieldName(type, question.field, labels))) : words.question(name);
  }
  return fieldName(type, name, labels);
}

function fieldName(type: string, name: string, labels: Labels): Words {
  const [recordType, field] = [RecordType.parse(type), FieldPath.parse(name)];
  return (recordType && field && labels.field(recordType, field)) ?? words.unnamed(visible(name));
}

function questionIn({ bytes }: GivenGrant, type: string, id: string): Predicate | undefined {
  const read = attempt(() => Signed.decode(Grant, bytes).unverified);
  const permissions = read.accepted ? read.value.permissions : [];
  return permissions
    .flatMap((one) => (one.kind === 'derived' && one.recordType === type ? one.predicates : []))
    .find((one) => one.id === id);
}

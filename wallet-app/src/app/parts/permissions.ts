/** What a consent gives, by name: for lists of what may be used. */

import type { RecordType } from '../../protocol/field.ts';
import type { Permission } from '../../protocol/grant.ts';
import type { Words } from '../../protocol/words.ts';
import type { Labels } from '../../wallet/labels.ts';
import { visible } from '../../wallet/show.ts';
import { verbatim } from '../text/format.ts';
import { asked } from './questions.ts';

/** What is given of one record type. */
export interface NamedType {
  readonly recordType: RecordType;
  readonly words: Words;
  /** Its fields, and the questions that are answered. */
  readonly names: readonly Words[];
}

/** Each record type once. What no holder has words for is shown as it is written: it was agreed to before. */
export function namedTypes(permissions: readonly Permission[], labels: Labels): readonly NamedType[] {
  const types = new Map<RecordType, Words[]>();
  for (const permission of permissions) {
    const { recordType } = permission;
    const names = types.get(recordType) ?? [];
    types.set(recordType, names);
    if (permission.kind === 'raw') {
      for (const path of permission.fields) names.push(labels.field(recordType, path) ?? verbatim(visible(path)));
    } else {
      for (const one of permission.predicates)
        names.push(asked(one, labels.field(recordType, one.field) ?? verbatim(visible(one.field))));
    }
  }
  return [...types].map(([recordType, names]) => ({
    recordType,
    words: labels.recordType(recordType) ?? verbatim(visible(recordType)),
    names,
  }));
}

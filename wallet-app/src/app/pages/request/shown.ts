/** What would be shared, following what is ticked: made of what was read once, without asking anybody again. */

import { project } from '../../../protocol/field.ts';
import type { Permission } from '../../../protocol/grant.ts';
import type { Preview } from '../../../wallet/records.ts';

/** Whether anything at all is there: an answer to a question counts when it says something. */
export function hasAnything(previews: readonly Preview[]): boolean {
  return previews.some(
    ({ values, answers }) => values.length > 0 || [...answers.values()].some((answer) => answer !== null),
  );
}

/** Of a preview of everything that could be shared, what these permissions give. */
export function narrowed(previews: readonly Preview[], permissions: readonly Permission[]): readonly Preview[] {
  return permissions.map((permission): Preview => {
    const { recordType } = permission;
    const all = previews.filter((one) => one.recordType === recordType);
    if (permission.kind === 'raw') {
      const values = all
        .flatMap((one) => one.values)
        .map((value) => project(value, permission.fields))
        .filter((value) => value !== undefined);
      return { recordType, values, answers: new Map() };
    }
    const ids = permission.predicates.map(({ id }): string => id);
    const answers = new Map(all.flatMap((one) => [...one.answers].filter(([id]) => ids.includes(id))));
    return { recordType, values: [], answers };
  });
}

/** Each record type once, with its values and its answers, in the order in which they were asked for; without those that have nothing. */
export function byType(previews: readonly Preview[]): readonly Preview[] {
  const types = [...new Set(previews.map(({ recordType }) => recordType))];
  return types
    .map((recordType): Preview => {
      const all = previews.filter((one) => one.recordType === recordType);
      const answers = new Map(all.flatMap((one) => [...one.answers]));
      return { recordType, values: all.flatMap(({ values }) => values), answers };
    })
    .filter(({ values, answers }) => values.length > 0 || answers.size > 0);
}

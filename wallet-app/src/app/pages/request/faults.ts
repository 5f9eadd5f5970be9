/** What is wrong with a request, in words: what cannot be shown, what goes beyond the registration, why it is not acceptable. */

import type { RecordType } from '../../../protocol/field.ts';
import type { Words } from '../../../protocol/words.ts';
import type { Review } from '../../../wallet/review.ts';
import { visible } from '../../../wallet/show.ts';
import { asked } from '../../parts/questions.ts';
import { verbatim } from '../../text/format.ts';
import { purposeWords } from '../../text/purposes.words.ts';
import { requestWords as words } from './request.words.ts';

/** What of it cannot be shown, so that nothing of it is agreed to: also a purpose for which there are no words. */
export function unknownWords(review: Review): readonly Words[] {
  const { purpose } = review.request.claims;
  const problems = review.problems.map((problem): Words => {
    switch (problem.code) {
      case 'unknown-type':
        return words.problems.data(verbatim(visible(problem.recordType)));
      case 'unknown-field':
      case 'unknown-question-field':
        return words.problems.data(verbatim(visible(`${problem.recordType} ${problem.field}`)));
      case 'unknown-holder':
      case 'unknown-delegatee':
        return words.problems.member(verbatim(visible(problem.principal)));
    }
  });
  return purposeWords(purpose) === null ? [words.problems.purpose(verbatim(visible(purpose))), ...problems] : problems;
}

/** What data go beyond the service's registration and are left out of whatever is agreed to. */
export function overAskedWords(review: Review): readonly Words[] {
  return review.overAsked.flatMap((over): readonly Words[] => {
    switch (over.code) {
      case 'over-ask-type':
        return [words.over.type(typeName(review, over.recordType))];
      case 'over-ask-field':
        return [within(review, over.recordType, over.field)];
      case 'over-ask-derived':
        return [within(review, over.recordType, over.predicate)];
      case 'over-ask-retention':
      case 'over-ask-purpose':
        return [];
    }
  });
}

/** How long the service would keep what it gets: as asked, but no longer than it may. */
export function retentionOf(review: Review): { readonly secs: bigint; readonly askedSecs: bigint | null } {
  const over = review.overAsked.find(({ code }) => code === 'over-ask-retention');
  return over?.code === 'over-ask-retention'
    ? { secs: over.registeredSecs, askedSecs: over.askedSecs }
    : { secs: review.request.claims.retentionSecs, askedSecs: null };
}

/** Whether it can be agreed to at all: everything is shown, and it is for a purpose for which the service may ask. */
export function isAgreeable(review: Review): boolean {
  return unknownWords(review).length === 0 && review.overAsked.every(({ code }) => code !== 'over-ask-purpose');
}

/** Why a request is not shown, by the code of its refusal. */
export function refusedWords(code: string): Words {
  return (Object.hasOwn(words.refused, code) ? words.refused[code] : undefined) ?? words.notGenuine;
}

/** What a thing is called that is asked for: a field, or a question about one. */
export function nameWords(review: Review, recordType: RecordType, name: string): Words {
  const found = review.types.find((one) => one.recordType === recordType)?.names.find((one) => one.name === name);
  const shown = found?.words ?? verbatim(visible(name));
  return found?.question ? asked(found.question, shown) : shown;
}

export function typeName(review: Review, recordType: RecordType): Words {
  return review.types.find((one) => one.recordType === recordType)?.words ?? verbatim(visible(recordType));
}

function within(review: Review, recordType: RecordType, name: string): Words {
  const [type, one] = [typeName(review, recordType), nameWords(review, recordType, name)];
  return { fi: `${type.fi}: ${one.fi}`, sv: `${type.sv}: ${one.sv}`, en: `${type.en}: ${one.en}` };
}

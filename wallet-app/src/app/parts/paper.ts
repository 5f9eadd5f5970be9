/** What is wrong with a recovery code as it was typed, and where. */

import type { CodeProblem } from '../../keys/recovery-code.ts';
import type { Words } from '../../protocol/words.ts';
import { visible } from '../../wallet/show.ts';
import { verbatim } from '../text/format.ts';
import { paperWords as words } from './paper.words.ts';

export function mistakeIn(problem: CodeProblem): Words {
  switch (problem.code) {
    case 'code-length':
      return words.tooMany(problem.found);
    case 'code-character':
      return words.noneOfOurs(words.place(problem.group, problem.place), verbatim(visible(problem.found)));
    case 'code-mistyped': {
      const { group, place, found, expected } = problem;
      return words.mistyped(words.place(group, place), verbatim(visible(found)), verbatim(expected));
    }
    case 'code-line':
      return words.groups(problem.firstGroup, problem.lastGroup);
  }
}

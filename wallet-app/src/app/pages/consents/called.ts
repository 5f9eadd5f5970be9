/** What to call whoever may use a consent, whether or not the registry has them. */

import type { Thumbprint } from '../../../protocol/ids.ts';
import type { Words } from '../../../protocol/words.ts';
import type { ServiceOf } from '../../../wallet/state.ts';
import { serviceName } from '../../names.ts';
import { verbatim } from '../../text/format.ts';
import { consentsWords as words } from './consents.words.ts';

/** How much of a key is shown: as much as tells a person's few services apart. */
const SHOWN_CHARACTERS = 8;

/** `key` is the one that uses the consent; null where there is none to tell it by. */
export function serviceCalled(to: Pick<ServiceOf, 'service'> | null, key: Thumbprint | null): Words {
  if (to !== null) return serviceName(to.service)?.service ?? words.unknownService;
  return key === null ? words.unknownService : words.unknownKey(verbatim(key.slice(0, SHOWN_CHARACTERS)));
}

/** What organisations, services and people are called on the pages. */

import type { Principal } from '../protocol/ids.ts';
import type { Words } from '../protocol/words.ts';
import { isolated, visible } from '../wallet/show.ts';
import { session } from './session.svelte.ts';
import { verbatim } from './text/format.ts';

/** What an organisation calls itself; for one that the registry does not know, what was given. `whom` is its id or short name. */
export function nameOf(whom: string): Words {
  const { registry } = session;
  const member =
    registry?.organisation(whom as Principal) ??
    registry?.organisations.find(({ membership }) => membership.claims.name === whom);
  const names = member?.profile?.claims.names;
  return names ? published(names) : verbatim(visible(member?.membership.claims.name ?? whom));
}

/** A name that the registry has, as it goes into a sentence. */
export function published({ fi, sv, en }: Words): Words {
  return { fi: isolated(fi), sv: isolated(sv), en: isolated(en) };
}

/** What a service is called, and whose it is; null for one that the registry does not know. */
export function serviceName(service: Principal): { readonly service: Words; readonly of: Words } | null {
  const found = session.registry?.service(service);
  if (found === undefined) return null;
  return { service: published(found.service.names), of: nameOf(found.organisation.membership.claims.subject) };
}

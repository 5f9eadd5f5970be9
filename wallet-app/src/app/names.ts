/** What organisations, services and people are called on the pages. */

import type { Principal } from '../protocol/ids.ts';
import type { Words } from '../protocol/words.ts';
import { visible } from '../wallet/show.ts';
import { session } from './session.svelte.ts';
import { verbatim } from './text/format.ts';

/** What an organisation calls itself; for one that the registry does not know, what was given. `whom` is its id or short name. */
export function nameOf(whom: string): Words {
  if (session.phase.is !== 'open') return verbatim(visible(whom));
  const { registry } = session.core;
  const member =
    registry.organisation(whom as Principal) ??
    registry.organisations.find(({ membership }) => membership.claims.name === whom);
  return member?.profile?.claims.names ?? verbatim(visible(member?.membership.claims.name ?? whom));
}

/** What a service is called, and whose it is; null for one that the registry does not know. */
export function serviceName(service: Principal): { readonly service: Words; readonly of: Words } | null {
  const found = session.core.registry.service(service);
  if (found === undefined) return null;
  return { service: found.service.names, of: nameOf(found.organisation.membership.claims.subject) };
}

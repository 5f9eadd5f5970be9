/** Where the request stands that a consent answers. */

import { isMultiaddr } from '../../../protocol/statement/endpoint.ts';
import { linkTo } from '../../../wallet/answer.ts';
import type { Core } from '../../../wallet/core.ts';
import type { DecisionMade } from '../../../wallet/state.ts';

/** Its link; null when its organisation has no address that a browser can call. */
export function linkOf(core: Core, { organisation, request }: DecisionMade): string | null {
  const endpoints = core.registry.organisation(organisation)?.profile?.claims.endpoints ?? [];
  const url = endpoints.find((endpoint) => !isMultiaddr(endpoint));
  return url === undefined ? null : linkTo(url, request);
}

/** Where the request stands that a consent answers. */

import { isMultiaddr } from '../../../protocol/statement/endpoint.ts';
import { linkTo } from '../../../wallet/answer.ts';
import type { Registry } from '../../../protocol/registry/index.ts';
import type { DecisionMade } from '../../../wallet/state.ts';

/** Its link; null when its organisation has no address that a browser can call. */
export function linkOf(registry: Registry | null, { organisation, request }: DecisionMade): string | null {
  const endpoints = registry?.organisation(organisation)?.profile?.claims.endpoints ?? [];
  const url = endpoints.find((endpoint) => !isMultiaddr(endpoint));
  return url === undefined ? null : linkTo(url, request);
}

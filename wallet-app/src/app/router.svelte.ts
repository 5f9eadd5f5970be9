/** Where in the wallet a person is. It stands behind the `#` of the address, which no server ever sees. */

/** The pages. */
export const PAGES = [
  'home',
  'data',
  'requests',
  'request',
  'looked',
  'warning',
  'consents',
  'acting',
  'download',
  'devices',
  'settings',
] as const;
export type PageName = (typeof PAGES)[number];

export interface Route {
  readonly page: PageName;
  /** What is shown on it: a link to a request, an id. */
  readonly of: string | null;
}

/** Reads `#/page/of`; anything else is home. */
export function routeOf(hash: string): Route {
  const [, name = '', ...rest] = hash.replace(/^#/, '').split('/');
  const page = PAGES.find((one) => one === name);
  if (page === undefined) return { page: 'home', of: null };
  const written = rest.join('/');
  try {
    return { page, of: written === '' ? null : decodeURIComponent(written) };
  } catch {
    // Somebody cut the link in the middle of a character.
    return { page, of: written };
  }
}

/** The address of a page, for links. */
export function to(page: PageName, of: string | null = null): string {
  const base = page === 'home' ? '#/' : `#/${page}`;
  return of === null ? base : `${base}/${encodeURIComponent(of)}`;
}

class Router {
  route: Route = $state.raw(routeOf(location.hash));

  constructor() {
    addEventListener('hashchange', () => {
      this.route = routeOf(location.hash);
    });
  }

  go(page: PageName, of: string | null = null): void {
    location.hash = to(page, of);
  }
}

export const router = new Router();

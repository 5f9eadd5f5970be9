/** What goes wrong on the way to somebody, and answers that wait: in the browser, at its network. */

import type { Page, Route } from 'playwright-core';

/** Answers that are held back. */
export interface Held {
  /** Lets all of them go, and holds back no more. */
  release(): Promise<void>;
}

/** Holds back whatever is asked at this address. */
export async function hold(page: Page, url: string): Promise<Held> {
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const wait = async (route: Route): Promise<void> => {
    await gate;
    await route.fallback();
  };
  const there = `${url}/**`;
  await page.route(there, wait);
  return {
    async release() {
      open();
      await page.unroute(there, wait);
    },
  };
}

/** How an address answers for as long as `deed` takes. */
export async function whileIt(
  page: Page,
  url: string,
  answers: 'with 500' | 'garbage' | 'nothing',
  deed: () => Promise<void>,
): Promise<void> {
  const headers = { 'access-control-allow-origin': '*' };
  const instead = (route: Route): Promise<void> => {
    if (answers === 'nothing') return route.abort('connectionrefused');
    if (answers === 'with 500') return route.fulfill({ status: 500, headers, body: 'down' });
    return route.fulfill({ status: 200, headers, contentType: 'application/cose', body: '<b>{garbage' });
  };
  const there = `${url}/**`;
  await page.route(there, instead);
  try {
    await deed();
  } finally {
    await page.unroute(there, instead);
  }
}

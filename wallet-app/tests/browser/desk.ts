/** What a clerk does at the service's own page. It speaks the browser's language, English here. */

import assert from 'node:assert/strict';

import type { Page } from 'playwright-core';

/** Opens the desk and makes a request, by its reason. Gives the link for the citizen, as it stands on the page. */
export async function ask(page: Page, desk: string, reason: string): Promise<string> {
  await page.goto(desk);
  await page.getByRole('link', { name: 'New request' }).click();
  await page.getByRole('button', { name: reason }).click();
  await page.getByText('Waiting for the citizen’s answer').waitFor();
  await page.locator('svg').waitFor();
  const link = await page.getByRole('link', { name: 'Open the request in the wallet' }).getAttribute('href');
  assert.ok(link);
  return link;
}

/** The page finds the answer by itself. */
export async function answered(page: Page): Promise<string> {
  await page.getByRole('heading', { name: 'What was received' }).waitFor();
  return received(page);
}

/** What the page says once every holder has answered. */
async function received(page: Page): Promise<string> {
  await page.locator('#status:not([data-state="fetching"])').waitFor();
  return page.locator('main').innerText();
}

/** Fetches once more; gives what the page says then. */
export async function fetchAgain(page: Page): Promise<string> {
  const loaded = page.waitForEvent('load');
  await page.getByRole('button', { name: 'Fetch again' }).first().click();
  await loaded;
  return received(page);
}

/** So many clerks ask at the same time. */
const AT_ONCE = 8;

/** As many fetches as a busy service makes in months. By the form of the page, without the page in between. */
export async function fetchOften(page: Page, times: number): Promise<void> {
  const form = page.locator('form[action$="/fetch"]').first();
  const [action, name, value] = await form.evaluate((element: HTMLFormElement) => {
    const hidden = element.querySelector('input');
    return [element.action, hidden?.name ?? '', hidden?.value ?? ''] as const;
  });
  const headers = { origin: new URL(action).origin };
  for (let done = 0; done < times; done += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, times - done) }, () =>
      page.request.post(action, { form: { [name]: value }, headers, maxRedirects: 0 }),
    );
    for (const answer of await Promise.all(some)) assert.equal(answer.status(), 303);
  }
}

/** Fetches until the organisations answer, whatever they do: that one which died is back, the desk notices in its own time. */
export async function fetchReached(page: Page): Promise<string> {
  for (;;) {
    const got = await fetchAgain(page);
    if (!got.includes('The holder was not reached')) return got;
  }
}

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
  await page.getByRole('button', { name: 'Fetch again' }).first().click();
  await page.waitForLoadState();
  return received(page);
}

/** What a person does with the wallet, by the words and roles that they see and hear. The wallet speaks English here. */

import assert from 'node:assert/strict';

import type { Page } from 'playwright-core';

/** People of the demonstration, with their identity codes: nobody has these numbers. */
export const ULLA = 'Ulla Timonen';
export const ULLAS_CODE = '200289-957B';
export const JOUKO = 'Jouko Lähteenmäki';
export const JOUKOS_CODE = '240999-900A';

/** Goes through the three screens of first use. Gives the groups of the recovery code, as they stood on the screen. */
export async function firstUse(page: Page, wallet: string, who: string): Promise<readonly string[]> {
  await page.goto(wallet);
  await page.getByRole('button', { name: 'Start' }).click();
  const groups = await writeDownCode(page);
  await connect(page, who, 'Helsinki');
  await page.getByRole('heading', { name: 'What would you like to do?' }).waitFor();
  return groups;
}

/** Writes down the recovery code, and shows that it was. */
export async function writeDownCode(page: Page): Promise<readonly string[]> {
  const groups = (await page.locator('.paper').innerText()).trim().split(/\s+/);
  assert.equal(groups.length, 6);
  await page.getByLabel('Type the last six characters').fill(groups.at(-1) ?? '');
  await page.getByRole('button', { name: 'The code is safe, go on' }).click();
  return groups;
}

/** Logs in at a city: in another tab, whose last page shows a code that is typed into the wallet. */
export async function connect(page: Page, who: string, city: string): Promise<void> {
  await page.getByRole('button', { name: new RegExp(`Log in: .*${city}`) }).click();
  await confirm(page, await loginCode(page, who));
}

/** Logs in where the wallet leads to. Gives the code that is shown then. */
export async function loginCode(page: Page, who: string): Promise<string> {
  const login = page.context().waitForEvent('page');
  await page.getByRole('link', { name: 'Open the login' }).click();
  return logIn(await login, who);
}

/** Types the code that the login showed. */
export async function confirm(page: Page, code: string): Promise<void> {
  await page.getByLabel('The code from the login page').fill(code);
  await page.getByRole('button', { name: 'Confirm' }).click();
}

async function logIn(tab: Page, who: string): Promise<string> {
  await tab.getByRole('button', { name: who }).click();
  const code = await tab.locator('#code').innerText();
  await tab.close();
  return code;
}

/** Opens a page of the wallet from its home page. */
export async function open(page: Page, door: string): Promise<void> {
  await page.getByRole('link', { name: 'Aitta' }).first().click();
  await page.getByRole('link', { name: new RegExp(`^${door}`) }).click();
  await page.getByRole('heading', { level: 1, name: door }).waitFor();
}

/** The code that a new device shows, as text. */
export async function deviceCode(page: Page): Promise<string> {
  await page.locator('summary').first().click();
  return page.locator('code.code').innerText();
}

/** On a device that is in use: adds another by the code that it shows. */
export async function addDevice(page: Page, code: string, name: string): Promise<void> {
  await page.getByRole('link', { name: 'Add a device' }).click();
  await page.getByRole('textbox').nth(0).fill(code);
  await page.getByRole('textbox').nth(1).fill(name);
  await page.getByRole('button', { name: 'Add this device' }).click();
  await page.getByText('The device is added').waitFor();
}

/** Most presses of the tabulator on one page: a request has some thirty places to stop at. */
const MAX_STOPS = 100;

/** Goes by the keyboard to what has this name. */
export async function tabTo(page: Page, name: string): Promise<void> {
  await page.locator('h1').focus();
  for (let stops = 0; stops < MAX_STOPS; stops += 1) {
    await page.keyboard.press('Tab');
    const reached = await page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');
    if (reached === name) return;
  }
  assert.fail(`the keyboard does not reach ${name}`);
}

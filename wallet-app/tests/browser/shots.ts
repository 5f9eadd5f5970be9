/** Pictures of every page, language and width: for people to look at, and a few for the documents. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Page } from 'playwright-core';

import { WIDTHS } from './chromium.ts';

/** `AITTA_SCREENSHOTS` names another folder. */
const FOLDER = process.env['AITTA_SCREENSHOTS'] ?? 'build/screenshots';
const LANGUAGES = { fi: 'Suomi', sv: 'Svenska', en: 'English' } as const;

/** In each language and width; English again at the end. */
export async function pictures(page: Page, name: string): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  for (const [language, button] of Object.entries(LANGUAGES)) {
    await page.getByRole('banner').getByRole('button', { name: button, exact: true }).click();
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await page.screenshot({ path: join(FOLDER, `${name}-${language}-${width}.png`), fullPage: true });
    }
  }
  await page.setViewportSize({ width: WIDTHS[0], height: 900 });
}

/** As it is now, in each width. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    await page.screenshot({ path: join(FOLDER, `${name}-${width}.png`), fullPage: true });
  }
  await page.setViewportSize({ width: WIDTHS[0], height: 900 });
}

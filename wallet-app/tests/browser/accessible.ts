/** What axe finds wrong on a page (WCAG 2.2 A and AA), and whether it fits the narrowest window. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

import { WIDTHS } from './chromium.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** No finding in any width, by day and by night, and nothing to scroll sideways. */
export async function checkAccessible(page: Page, name: string): Promise<void> {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.evaluate(untilStill);
      assert.deepEqual(await findings(page), [], `${name} at ${width} px, ${colorScheme}`);
    }
    const wider = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    assert.equal(wider, 0, `${name} at ${width} px scrolls sideways`);
  }
  await page.setViewportSize({ width: WIDTHS[0], height: 900 });
}

async function findings(page: Page): Promise<readonly string[]> {
  // By the debugger, which no policy of the page holds back.
  await page.evaluate(AXE);
  const results = await page.evaluate(async (rules) => {
    const { axe } = globalThis as unknown as { axe: { run: (options: object) => Promise<AxeResults> } };
    return axe.run({ runOnly: rules, resultTypes: ['violations'] });
  }, RULES);
  return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
}

/** In the page: until colours that change have changed. What turns for ever, for somebody who waits, goes on. */
async function untilStill(): Promise<void> {
  const passing = document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity);
  await Promise.allSettled(passing.map(({ finished }) => finished));
}

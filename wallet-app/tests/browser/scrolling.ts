/** How smoothly a long page goes by, on a device four times slower than this one; and what of it a screen reader is given. */

import type { Page } from 'playwright-core';

/** An old telephone beside the machine of a developer. */
const SLOWER = 4;
/** One turn of a wheel for each frame, in pixels. */
const TURN = 120;
const TURNS = 200;

/** What was measured, in milliseconds for each frame. */
export interface Scrolled {
  readonly median: number;
  readonly slowest: number;
  /** How far it went, in pixels. */
  readonly way: number;
}

/** Scrolls from the top, frame by frame. */
export async function scrolled(page: Page): Promise<Scrolled> {
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  try {
    return await page.evaluate(
      async ([turn, turns]) => {
        scrollTo(0, 0);
        const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
        const times: number[] = [];
        let before = await frame();
        for (let at = 0; at < turns; at += 1) {
          scrollBy(0, turn);
          const now = await frame();
          times.push(now - before);
          before = now;
        }
        times.sort((one, other) => one - other);
        const rounded = (ms: number | undefined): number => Math.round(ms ?? 0);
        return { median: rounded(times[turns / 2]), slowest: rounded(times.at(-1)), way: scrollY };
      },
      [TURN, TURNS] as const,
    );
  } finally {
    await session.send('Emulation.setCPUThrottlingRate', { rate: 1 });
    await session.detach();
  }
}

/** What a screen reader is given: how many nodes, and how many of them are headings. */
export async function nodesToRead(page: Page): Promise<{ readonly all: number; readonly headings: number }> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  const told = nodes.filter(({ ignored }) => !ignored);
  return { all: told.length, headings: told.filter(({ role }) => role?.value === 'heading').length };
}

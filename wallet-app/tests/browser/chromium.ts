/** Chromium as people have it, with nothing switched off that protects them. */

import { existsSync } from 'node:fs';

import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Debian's; `AITTA_CHROMIUM` names another. */
const PROGRAM = process.env['AITTA_CHROMIUM'] ?? '/usr/bin/chromium';

/** Why nothing can be tried in a browser; null when it can. */
export const NO_BROWSER = existsSync(PROGRAM)
  ? null
  : `there is no ${PROGRAM}: apt-get install chromium, or let AITTA_CHROMIUM name one`;

/** How long one step may take, in milliseconds: debug builds on busy machines. */
const STEP_TIMEOUT_MS = 30_000;

/** How wide the windows are, in CSS pixels: a table's, and the narrowest that WCAG 2.2 (1.4.10) asks for. */
export const WIDTHS = [1280, 320] as const;

// Containers have no user namespaces for Chromium's own sandbox.
const LAUNCH = { executablePath: PROGRAM, args: ['--no-sandbox'] };

/** `more` are arguments for what a test has in place of hardware. */
export function launch(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ ...LAUNCH, args: [...LAUNCH.args, ...more] });
}

/** Somebody's device: storage of its own. What goes wrong on its pages is collected. */
export interface Device {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Faults that no page caught, and what the browser's protections refused. */
  readonly complaints: readonly string[];
}

const WINDOW = { locale: 'en-GB', viewport: { width: WIDTHS[0], height: 900 } };

export async function device(browser: Browser, more: BrowserContextOptions = {}): Promise<Device> {
  return watched(await browser.newContext({ ...WINDOW, ...more }));
}

/** A device whose browser keeps what it stores in this folder: closing its context ends the browser. */
export async function deviceOf(profile: string): Promise<Device> {
  return watched(await chromium.launchPersistentContext(profile, { ...LAUNCH, ...WINDOW }));
}

async function watched(context: BrowserContext): Promise<Device> {
  const complaints: string[] = [];
  context.on('weberror', (error) => complaints.push(error.error().message));
  context.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy|Trusted/i.test(message.text()))
      complaints.push(message.text());
  });
  const page = await context.newPage();
  page.setDefaultTimeout(STEP_TIMEOUT_MS);
  return { context, page, complaints };
}

/** The ways in which people set up their browser: larger, with more space, in their own colours, without motion. Each check can fail on what a person would lose by it. */

import assert from 'node:assert/strict';

import type { Page } from 'playwright-core';

import { WIDTHS } from './chromium.ts';

/** A window of 1280 × 900 pixels at 200 %. */
const ZOOMED = { width: 640, height: 450 };
const USUAL = { width: WIDTHS[0], height: 900 };

/** Text alone at 200 % (WCAG 2.2, 1.4.4): twice the size that the page has. */
const LARGE = 'html { font-size: 225% !important }';
/** The spacing that a page must bear (WCAG 2.2, 1.4.12). */
const SPACED = `
  * { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
  p { margin-bottom: 2em !important }`;

/** Nothing is lost, covered or off the side: zoomed to 200 %, with letters alone at 200 %, and with more space between them. */
export async function checkLarger(page: Page, name: string): Promise<void> {
  await page.setViewportSize(ZOOMED);
  assert.deepEqual(await lost(page), [], `${name} at 200 %`);
  await page.setViewportSize(USUAL);
  for (const [how, style] of [
    ['letters at 200 %', LARGE],
    ['spaced', SPACED],
  ] as const) {
    for (const width of WIDTHS) {
      await page.setViewportSize({ ...USUAL, width });
      await withStyle(page, style, async () => {
        assert.deepEqual(await lost(page), [], `${name} at ${width} px, ${how}`);
      });
    }
  }
  await page.setViewportSize(USUAL);
}

/** With colours that the person chose every control has an edge, and whatever has the focus shows it. */
export async function checkForcedColours(page: Page, name: string): Promise<void> {
  await page.emulateMedia({ forcedColors: 'active' });
  assert.deepEqual(await page.evaluate(withoutEdge), [], `${name} in forced colours`);
  await page.emulateMedia({ forcedColors: 'none' });
}

/** Most presses of the tabulator on one page. */
const MAX_STOPS = 100;

/** In forced colours too, wherever the keyboard stops is seen. */
export async function checkFocus(page: Page, name: string): Promise<void> {
  await page.emulateMedia({ forcedColors: 'active' });
  await page.locator('h1').focus();
  const unseen: string[] = [];
  let stops = 0;
  for (; stops < MAX_STOPS; stops += 1) {
    await page.keyboard.press('Tab');
    const fault = await page.evaluate(focusFault);
    if (fault === null) break;
    if (fault !== '') unseen.push(fault);
  }
  assert.ok(stops > 0, `the keyboard stops nowhere on ${name}`);
  assert.deepEqual(unseen, [], `${name}: the focus is not seen`);
  await page.emulateMedia({ forcedColors: 'none' });
}

/** In the page: what has the focus and does not show it; nothing when it does, null behind the last stop. */
function focusFault(): string | null {
  const focused = document.activeElement;
  if (focused === null || focused === document.body) return null;
  // Around the calendar inside a date's field the browser draws it itself.
  if (focused.matches('input[type=date]:not(:focus-visible)')) return '';
  // What is out of sight shows it on its label.
  const shown = focused.matches('.out-of-sight') ? (focused.nextElementSibling ?? focused) : focused;
  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(shown);
  const isSeen =
    outlineStyle !== 'none' &&
    Number.parseFloat(outlineWidth) >= 2 &&
    outlineColor !== getComputedStyle(document.body).backgroundColor;
  return isSeen ? '' : `${shown.tagName}.${shown.className} “${(shown.textContent ?? '').trim().slice(0, 40)}”`;
}

/** Who wants no motion sees none: nothing is animated, and nothing changes slowly. */
export async function checkStill(page: Page, name: string): Promise<void> {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  assert.deepEqual(await moving(page), [], `${name} without motion`);
  await page.emulateMedia({ reducedMotion: 'no-preference' });
}

/** What moves on a page, or would when it is touched. */
export function moving(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const running = document.getAnimations().map((one) => `${one.constructor.name} ${one.playState}`);
    const slow = [...document.querySelectorAll('*')].flatMap((element) =>
      ['', '::before', '::after'].flatMap((pseudo) => {
        const { transitionDuration, transitionDelay } = getComputedStyle(element, pseudo);
        const secs = `${transitionDuration}, ${transitionDelay}`.split(',').map((one) => Number.parseFloat(one));
        return secs.some((one) => one > 0) ? [`${element.tagName}.${element.className}${pseudo}`] : [];
      }),
    );
    return [...running, ...slow];
  });
}

/** For as long as `deed` takes. By the debugger: the page's own policy takes no style of others. */
async function withStyle(page: Page, style: string, deed: () => Promise<void>): Promise<void> {
  await page.evaluate((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    document.adoptedStyleSheets = [sheet];
  }, style);
  await deed();
  await page.evaluate(() => {
    document.adoptedStyleSheets = [];
  });
}

/** Text that is cut, that lies over other text, or that stands beside the window; and a page that scrolls sideways. */
export function lost(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    /** So much of two lines may lie over each other, in pixels: boxes of letters are taller than the letters. */
    const SLACK = 6;
    const found: string[] = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) found.push(`the page is ${scrollWidth - clientWidth} px too wide`);

    interface Line {
      readonly of: Element;
      readonly box: DOMRect;
    }
    const lines: Line[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const of = node.parentElement;
      if (of === null || node.textContent?.trim() === '' || of.closest('.out-of-sight, .skip, script, style')) continue;
      if (!of.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true })) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const box of range.getClientRects()) if (box.width > 1 && box.height > 1) lines.push({ of, box });
      for (let around: Element | null = of; around !== null; around = around.parentElement) {
        const { overflowX, overflowY } = getComputedStyle(around);
        const isCut =
          (overflowX !== 'visible' && around.scrollWidth > around.clientWidth + 1) ||
          (overflowY !== 'visible' && around.scrollHeight > around.clientHeight + 1);
        if (isCut && around !== document.documentElement && around !== document.body) {
          found.push(`cut: ${around.tagName}.${around.className}`);
        }
      }
    }
    const told = ({ of }: Line): string =>
      `${of.tagName}.${of.className} “${(of.textContent ?? '').trim().slice(0, 40)}”`;
    for (const line of lines) {
      if (line.box.right > clientWidth + 1 || line.box.left < -1) found.push(`off the side: ${told(line)}`);
    }
    lines.sort((one, other) => one.box.top - other.box.top);
    lines.forEach((one, at) => {
      for (const other of lines.slice(at + 1)) {
        if (other.box.top > one.box.bottom - SLACK) break;
        const tall = Math.min(one.box.bottom, other.box.bottom) - other.box.top;
        const wide = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
        if (tall > SLACK && wide > 1) found.push(`one over the other: ${told(one)} and ${told(other)}`);
      }
    });
    return [...new Set(found)];
  });
}

/** In the page: controls that nothing but a background sets apart, and those whose focus is not seen. */
function withoutEdge(): readonly string[] {
  const told = (element: Element): string =>
    `${element.tagName}.${element.className} “${(element.textContent ?? '').trim().slice(0, 40)}”`;
  const background = getComputedStyle(document.body).backgroundColor;
  const isShown = (element: Element): boolean => element.checkVisibility({ visibilityProperty: true });
  const found: string[] = [];
  for (const control of document.querySelectorAll(
    '.hds-button, .hds-text-input__input, select, textarea, .note, .card, .doors a, .people button',
  )) {
    const { borderTopStyle, borderTopWidth, borderTopColor } = getComputedStyle(control);
    const isEdge = borderTopStyle !== 'none' && Number.parseFloat(borderTopWidth) >= 1 && borderTopColor !== background;
    if (isShown(control) && !isEdge) found.push(`no edge: ${told(control)}`);
  }
  for (const pressed of document.querySelectorAll('[aria-pressed="true"]')) {
    const other = pressed.parentElement?.querySelector('[aria-pressed="false"]');
    if (!other || !isShown(pressed)) continue;
    const [one, two] = [getComputedStyle(pressed), getComputedStyle(other)];
    const isTold = one.fontWeight !== two.fontWeight || one.borderBottomWidth !== two.borderBottomWidth;
    if (!isTold) found.push(`as if not pressed: ${told(pressed)}`);
  }
  const { color: usual } = getComputedStyle(document.body);
  for (const disabled of document.querySelectorAll('button:disabled')) {
    if (isShown(disabled) && getComputedStyle(disabled).color === usual) found.push(`as if enabled: ${told(disabled)}`);
  }
  for (const drawn of document.querySelectorAll('svg rect, svg path, svg line')) {
    if (!isShown(drawn) || drawn.closest('defs') || getComputedStyle(drawn).forcedColorAdjust === 'none') continue;
    const { fill, stroke } = getComputedStyle(drawn);
    if ([fill, stroke].every((paint) => paint === 'none' || paint === background))
      found.push(`not seen: ${told(drawn)}`);
  }
  return found;
}

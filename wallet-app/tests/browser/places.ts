/** Where pieces of text stand in the window: what a person reads first, whatever order the characters have. */

import assert from 'node:assert/strict';

import type { Locator } from 'playwright-core';

/** Asserts that these stand in one line, each to the right of the one before, as they follow each other in an element's text. */
export async function standInOrder(element: Locator, parts: readonly string[]): Promise<void> {
  const boxes = await element.evaluate((root, wanted) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const at: { node: Node; offset: number }[] = [];
    let text = '';
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const own = node.textContent ?? '';
      for (let offset = 0; offset < own.length; offset += 1) at.push({ node, offset });
      text += own;
    }
    let from = 0;
    return wanted.map((part) => {
      const found = text.indexOf(part, from);
      const [first, last] = [at[found], at[found + part.length - 1]];
      if (found === -1 || !first || !last) return null;
      from = found + part.length;
      const range = document.createRange();
      range.setStart(first.node, first.offset);
      range.setEnd(last.node, last.offset + 1);
      const { left, right, top, bottom } = range.getBoundingClientRect();
      return { left, right, top, bottom };
    });
  }, parts);
  boxes.forEach((box, nth) => {
    const before = boxes[nth - 1];
    assert.ok(box, `“${parts[nth] ?? ''}” is not there`);
    if (!before) return;
    const told = `“${parts[nth - 1] ?? ''}”, “${parts[nth] ?? ''}”: ${JSON.stringify([before, box])}`;
    assert.ok(box.top < before.bottom && before.top < box.bottom, `not in one line: ${told}`);
    assert.ok(before.right <= box.left + 1, `in another order: ${told}`);
  });
}

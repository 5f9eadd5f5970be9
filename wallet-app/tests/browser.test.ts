/**
 * The wallet in a real browser, against a whole federation, as people use it: by what they see and hear. `AITTA_PROGRAM` names the
 * program `aitta`; without it, or without Chromium, the tests are skipped and say so.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { checkAccessible } from './browser/accessible.ts';
import { device, launch, NO_BROWSER } from './browser/chromium.ts';
import { firstUse, ULLA } from './browser/person.ts';
import { pictures } from './browser/shots.ts';
import { textAt } from './federation/aitta.ts';
import { startDemo } from './federation/demo.ts';

const PROGRAM = process.env['AITTA_PROGRAM'];
const SKIP = NO_BROWSER ?? (PROGRAM === undefined && 'AITTA_PROGRAM does not name the program `aitta`');
/** How long all of it may take, in milliseconds: debug builds on busy machines. */
const TIMEOUT_MS = 15 * 60 * 1000;

test('a family uses the wallet', { skip: SKIP, timeout: TIMEOUT_MS }, async (t) => {
  assert.ok(PROGRAM);
  const demo = await startDemo(t, PROGRAM);
  const wallet = textAt(demo.told, 'wallet');
  const browser = await launch();
  t.after(() => browser.close());
  const ulla = await device(browser);
  const { page } = ulla;

  await t.test('three screens, and the wallet is in use', async () => {
    await page.goto(wallet);
    await page.getByRole('button', { name: 'Start' }).waitFor();
    await checkAccessible(page, 'welcome');
    await pictures(page, 'welcome');
    await firstUse(page, wallet, ULLA);
    await checkAccessible(page, 'home');
    await pictures(page, 'home');
  });

  await t.test('keys cannot be read out of the browser', async () => {
    const tried = await page.evaluate(tryToReadKeys);
    assert.ok(tried.length > 0);
    assert.deepEqual(new Set(tried), new Set(['InvalidAccessError']));
  });

  await t.test('a script that is not of the wallet does not run, nor does text become HTML', async () => {
    const stranger = await device(browser);
    await stranger.page.goto(wallet);
    const outcome = await stranger.page.evaluate(tryToInject);
    await stranger.context.close();
    assert.deepEqual(outcome, { inline: false, html: 'TypeError', elsewhere: 'TypeError' });
  });

  await t.test('nobody puts the wallet into a frame of theirs', async () => {
    const response = await page.request.get(wallet);
    assert.match(response.headers()['content-security-policy'] ?? '', /frame-ancestors 'none'/);
  });

  assert.deepEqual(ulla.complaints, []);
});

/** In the page: the names of the faults with which the browser refuses to give out private keys. */
async function tryToReadKeys(): Promise<readonly string[]> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open('aitta-wallet');
    opening.onsuccess = () => {
      resolve(opening.result);
    };
    opening.onerror = () => {
      reject(new Error('the database does not open'));
    };
  });
  const kept = await new Promise<readonly { value: unknown }[]>((resolve) => {
    const reading = database.transaction('kept').objectStore('kept').getAll();
    reading.onsuccess = () => {
      resolve(reading.result as { value: unknown }[]);
    };
  });
  database.close();
  const keys = kept.flatMap(({ value }) =>
    typeof value === 'object' && value !== null && 'privateKey' in value ? [value.privateKey as CryptoKey] : [],
  );
  const formats = ['pkcs8', 'jwk', 'raw'] as const;
  const attempts = keys.flatMap((key) =>
    formats.map((format) =>
      crypto.subtle.exportKey(format, key).then(
        () => 'read out',
        (fault: unknown) => (fault as Error).name,
      ),
    ),
  );
  return Promise.all(attempts);
}

/** In the page: what becomes of a script in the page, of HTML made from text, and of a call to a stranger. */
async function tryToInject(): Promise<{ inline: boolean; html: string; elsewhere: string }> {
  const script = document.createElement('script');
  let html = 'became HTML';
  try {
    script.text = 'window.injected = true';
    document.head.append(script);
  } catch {
    // Trusted Types refuse the text itself already.
  }
  try {
    document.body.insertAdjacentHTML('beforeend', '<img src="/injected" onerror="window.injected = true">');
  } catch (fault) {
    html = (fault as Error).name;
  }
  const elsewhere = await fetch('https://example.com/injected').then(
    () => 'called',
    (fault: unknown) => (fault as Error).name,
  );
  return { inline: 'injected' in window, html, elsewhere };
}

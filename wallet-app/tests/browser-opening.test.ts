/**
 * The wallet is there before the directory was looked at, and what needs the directory waits for it: a directory that hangs, is away, or
 * shows another log. In a real browser, against a whole federation, by what people see and hear; skipped as `browser.test.ts` is.
 */

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';

import type { Page } from 'playwright-core';

import { headFromBytes } from '../src/protocol/tlog/head.ts';
import { checkAccessible } from './browser/accessible.ts';
import { device, launch } from './browser/chromium.ts';
import { connect, open, ULLA, writeDownCode } from './browser/person.ts';
import { PROGRAM, SKIP, TIMEOUT_MS } from './browser/program.ts';
import { picture } from './browser/shots.ts';
import { hold, whileIt } from './browser/trouble.ts';
import { Aitta, textAt } from './federation/aitta.ts';
import { startDemo } from './federation/demo.ts';

/** Longer than what is kept of the directory counts. */
const TWO_DAYS_MS = 2 * 24 * 3600 * 1000;
/** How often the directory is asked whether its log went on, in milliseconds. */
const ASK_AGAIN_MS = 100;

test('the wallet is there before the directory was looked at', { skip: SKIP, timeout: TIMEOUT_MS }, async (t) => {
  const demo = await startDemo(t, PROGRAM);
  const [wallet, directory] = [textAt(demo.told, 'wallet'), textAt(demo.told, 'directory')];
  const browser = await launch();
  t.after(() => browser.close());
  // What a service worker keeps would come between the wallet and what the test does to its calls.
  const ulla = await device(browser, { serviceWorkers: 'block' });
  const { page } = ulla;
  await ulla.context.clock.install();
  const home = page.getByRole('heading', { level: 1, name: 'What would you like to do?' });
  const again = page.getByRole('button', { name: 'Try again' });

  /** Opens the wallet as if for the first time. */
  async function arrive(at = ''): Promise<void> {
    await page.goto('about:blank');
    await page.goto(wallet + at);
  }
  const firstHead = await headAt(directory);

  await t.test('who is new begins while the directory hangs, and waits where it is needed', async () => {
    const held = await hold(page, directory);
    await arrive();
    await page.getByRole('button', { name: 'Start' }).click();
    await writeDownCode(page);
    await page.locator('.busy').waitFor();
    await checkAccessible(page, 'welcome, waiting');
    await picture(page, 'welcome-waiting');
    await held.release();
    await page.getByRole('heading', { level: 1, name: 'Log in at your city' }).waitFor();
    await page.getByRole('button', { name: /Log in: .*Helsinki/ }).waitFor();
  });

  await t.test('a directory that is away is told where it is needed, and asked again', async () => {
    const other = await device(browser, { serviceWorkers: 'block' });
    await whileIt(other.page, directory, 'nothing', async () => {
      await other.page.goto(wallet);
      await other.page.getByRole('button', { name: 'Start' }).click();
      await writeDownCode(other.page);
      await other.page.getByText("Aitta's directory does not answer right now").waitFor();
      await other.page.getByRole('button', { name: 'Try again' }).waitFor();
      await checkAccessible(other.page, 'welcome, without the directory');
      await picture(other.page, 'welcome-without-directory');

      await other.page.goto(`${wallet}#/devices/new`);
      await other.page.getByRole('heading', { level: 1, name: 'Aitta does not open right now' }).waitFor();
      await other.page.locator('code', { hasText: 'not-reached' }).waitFor();
    });
    await other.page.getByRole('button', { name: 'Try again' }).click();
    await other.page.locator('code.code').waitFor({ state: 'attached' });
    assert.deepEqual(other.complaints, []);
    await other.context.close();
  });

  await t.test('the same where the city is chosen, when what was kept counts no longer', async () => {
    await ulla.context.clock.setSystemTime(Date.now() + TWO_DAYS_MS);
    await whileIt(page, directory, 'nothing', async () => {
      await arrive();
      await page.getByRole('heading', { level: 1, name: 'Log in at your city' }).waitFor();
      await page.locator('code', { hasText: 'not-reached' }).waitFor();
      assert.equal(await page.getByRole('button', { name: /Log in:/ }).count(), 0);
      await checkAccessible(page, 'welcome, login without the directory');
      await picture(page, 'welcome-login-without-directory');
    });
    await ulla.context.clock.setSystemTime(Date.now());
    await again.click();
    await connect(page, ULLA, 'Helsinki');
    await home.waitFor();
  });

  await t.test(
    'who comes back is at home while the directory hangs, and nobody is called before it answered',
    async () => {
      const held = await hold(page, directory);
      const called: string[] = [];
      page.on('request', (request) => called.push(request.url()));
      await arrive();
      await home.waitFor();
      await open(page, 'My data');
      await page.locator('.busy').first().waitFor();
      await page.getByRole('heading', { level: 1, name: 'My data' }).waitFor();
      assert.deepEqual(
        called.filter((url) => !url.startsWith(wallet) && !url.startsWith(directory) && !url.startsWith('about:')),
        [],
      );
      await held.release();
      await page.getByRole('heading', { name: 'Child health' }).waitFor();
    },
  );

  await t.test('another log is found behind what is shown: its proof is kept, and what was kept goes on', async () => {
    await rename(demo.folder);
    new Aitta(PROGRAM, demo.folder).done('node', 'publish-profile', '--profile', 'espoo/profile.toml');
    while (sizeOf(await headAt(directory)) <= sizeOf(firstHead)) await setTimeout(ASK_AGAIN_MS);
    await arrive('#/data');
    await page.getByRole('heading', { name: 'Child health' }).waitFor();
    assert.deepEqual(await evidence(page), []);

    // The log as it was at first.
    await page.route(`${directory}/v1/log/head`, (route) =>
      route.fulfill({
        body: Buffer.from(firstHead),
        contentType: 'application/cbor',
        headers: { 'Access-Control-Allow-Origin': '*' },
      }),
    );
    await arrive();
    await home.waitFor();
    await open(page, 'My data');
    await page.getByRole('heading', { name: 'Child health' }).waitFor();
    assert.deepEqual(await evidence(page), ['log-truncated']);

    await ulla.context.clock.setSystemTime(Date.now() + TWO_DAYS_MS);
    await arrive();
    await page.getByRole('heading', { level: 1, name: 'Aitta does not open right now' }).waitFor();
    await page.locator('code', { hasText: 'log-truncated' }).waitFor();
    await again.waitFor();
    await checkAccessible(page, 'home, another log');
    await picture(page, 'home-another-log');
    assert.deepEqual(await evidence(page), ['log-truncated']);
  });

  assert.deepEqual(ulla.complaints, []);
});

/** The log's head that the directory shows. */
async function headAt(directory: string): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(`${directory}/v1/log/head`)).arrayBuffer());
}

function sizeOf(head: Uint8Array): bigint {
  return headFromBytes(head).checkpoint.unverified.size;
}

/** A service of Espoo's gets another name. */
async function rename(folder: string): Promise<void> {
  const services = join(folder, 'espoo', 'services.toml');
  const registered = await readFile(services, 'utf8');
  await writeFile(services, registered.replaceAll('Early childhood education', 'Early learning'));
}

/** What the wallet has in its memory of a directory that lied. */
function evidence(page: Page): Promise<readonly string[]> {
  return page.evaluate(async () => {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const opening = indexedDB.open('aitta-wallet');
      opening.onsuccess = () => {
        resolve(opening.result);
      };
      opening.onerror = () => {
        reject(new Error('the database does not open'));
      };
    });
    const kept = await new Promise<unknown>((resolve) => {
      const reading = database.transaction('kept').objectStore('kept').get('state');
      reading.onsuccess = () => {
        resolve(reading.result);
      };
    });
    database.close();
    const { value } = kept as { value: { state: { evidence: readonly { code: string }[] } } };
    return value.state.evidence.map(({ code }) => code);
  });
}

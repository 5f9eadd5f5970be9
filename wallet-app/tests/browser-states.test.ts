/**
 * Every page in the states that it can be in, for people who set up their browser in other ways, and with names and texts as the
 * world has them: in Chromium, against a whole federation. What a family does with the wallet is in `browser.test.ts`.
 */

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { checkAccessible } from './browser/accessible.ts';
import { cameraThatSees, film } from './browser/camera.ts';
import { device, launch } from './browser/chromium.ts';
import { answered, ask, fetchOften } from './browser/desk.ts';
import { withReason } from './browser/hostile.ts';
import { checkFocus, checkForcedColours, checkLarger, checkStill, lost, moving } from './browser/modes.ts';
import { connect, firstUse, ULLA } from './browser/person.ts';
import { standInOrder } from './browser/places.ts';
import { nodesToRead, scrolled } from './browser/scrolling.ts';
import { PROGRAM, SKIP, TIMEOUT_MS } from './browser/program.ts';
import { picture } from './browser/shots.ts';
import {
  ARABIC_CITY,
  ARABIC_SERVICE,
  CHILDREN,
  HOSTILE_UNIT,
  LONG_NAME,
  rename,
  strangeRegisters,
} from './browser/strangers.ts';
import { hold, whileIt } from './browser/trouble.ts';
import { Aitta, textAt } from './federation/aitta.ts';
import { startDemo } from './federation/demo.ts';

/** The pages that people come to most. */
const PAGES = ['home', 'requests', 'data', 'looked', 'consents', 'acting', 'devices', 'settings'] as const;

/** As many looks as the wallet must bear. */
const MANY = 1000;
/** What one look has for a screen reader: some twenty names and values, each with its text inside. */
const MOST_NODES_OF_A_LOOK = 80;

/** A request whose texts are as long as the protocol takes them: one word each in Finnish and English. */
const LONG_REQUEST = `
purpose = "dpv:ServiceProvision"
retention_days = 30
validity_days = 30
reason = { fi = "${'Pitkäsana'.repeat(60)}", sv = "${'lång mening '.repeat(46).trim()}", en = "${'Reason'.repeat(100)}" }

[[ask]]
type = "residence"

[[ask.question]]
id = "?seven-by-august"
field = "birth_date"
age = { years = 7, on = "2027-08-01" }
`;

test('the wallet in every state of its pages', { skip: SKIP, timeout: TIMEOUT_MS }, async (t) => {
  assert.ok(PROGRAM);
  const demo = await startDemo(t, PROGRAM, await strangeRegisters(t));
  const [wallet, desk] = [textAt(demo.told, 'wallet'), textAt(demo.told, 'desk')];
  const [helsinki, directory] = [demo.nodeUrl('helsinki'), textAt(demo.told, 'directory')];
  const operators = new Aitta(PROGRAM, demo.folder);
  const browser = await launch();
  t.after(() => browser.close());
  // What a service worker keeps would come between the wallet and what the test does to its calls.
  const ulla = await device(browser, { serviceWorkers: 'block' });
  const clerk = await device(browser);
  const { page } = ulla;

  /** Opens a page as if for the first time. */
  async function arrive(name: string): Promise<void> {
    await page.goto('about:blank');
    await page.goto(`${wallet}#/${name}`);
    await page.locator('h1').waitFor();
  }
  /** As `arrive`, and waits until everybody answered. */
  async function visit(name: string): Promise<void> {
    await arrive(name);
    await page.locator('.busy').first().waitFor({ state: 'detached' });
  }

  await t.test('empty: whoever is new here is told what is not there', async () => {
    await firstUse(page, wallet, ULLA);
    for (const [name, text] of [
      ['requests', 'No request waits for your answer.'],
      ['looked', 'Nobody has looked at the data.'],
      ['consents', 'No consent of yours is in force.'],
    ] as const) {
      await visit(name);
      await page.getByText(text).waitFor();
      await checkAccessible(page, `${name}, empty`);
    }
  });

  await t.test('loading: while somebody is waited for it is said whom, and the rest of the page is there', async () => {
    for (const name of ['data', 'looked', 'requests', 'devices'] as const) {
      const held = await hold(page, helsinki);
      await arrive(name);
      await page.locator('.busy').first().waitFor();
      assert.ok((await moving(page)).length > 0, 'who minds no motion sees that something goes on');
      await checkStill(page, `${name}, loading`);
      await checkAccessible(page, `${name}, loading`);
      await picture(page, `${name}-loading`);
      await held.release();
      await page.locator('.busy').first().waitFor({ state: 'detached' });
      assert.equal(await page.locator('.note.error, .note.warning').count(), 0);
    }
  });

  await t.test('error: whoever fails is named, and can be asked again', async () => {
    for (const how of ['with 500', 'garbage', 'nothing'] as const) {
      for (const name of ['data', 'looked', 'requests', 'devices'] as const) {
        await whileIt(page, helsinki, how, async () => {
          await visit(name);
          await page.locator('.note').getByText('City of Helsinki').first().waitFor();
          await page.getByRole('button', { name: 'Try again' }).first().waitFor();
          if (how === 'garbage') await checkAccessible(page, `${name}, error`);
        });
        await page.getByRole('button', { name: 'Try again' }).first().click();
        await page.getByRole('button', { name: 'Try again' }).waitFor({ state: 'detached' });
      }
    }
    await whileIt(page, directory, 'nothing', async () => {
      await visit('data');
      await page.getByRole('heading', { level: 1 }).waitFor();
      await checkAccessible(page, 'data, without the directory');
      await picture(page, 'data-without-directory');
    });
  });

  await t.test(
    'names: of people, cities and services as they are written anywhere, as long as they may be',
    async () => {
      await visit('data/more');
      await page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
      await page.getByRole('button', { name: ULLA }).click();
      await page.getByLabel('Your identity code').fill('200289-957b');
      await page.getByRole('button', { name: 'Look for them' }).click();
      await connect(page, ULLA, 'Espoo');
      await page.getByText('Now you see what is held').waitFor();
      const profile = await rename(demo.folder, 'espoo', ARABIC_CITY, [ARABIC_SERVICE, LONG_NAME]);
      operators.done('node', 'publish-profile', '--profile', profile);

      await visit('data');
      await page.getByRole('heading', { level: 2, name: ARABIC_CITY }).waitFor();
      for (const name of [CHILDREN.greek, CHILDREN.cyrillic, CHILDREN.chinese, CHILDREN.words, CHILDREN.unbroken]) {
        await page.getByRole('button', { name, exact: true }).waitFor();
      }
      // Those from right to left stand between marks that nobody sees.
      for (const name of [CHILDREN.arabic, CHILDREN.hebrew]) await page.getByRole('button', { name }).waitFor();
      await checkAccessible(page, 'data, names');
      await picture(page, 'data-names');
      await visit('acting');
      await checkAccessible(page, 'acting, names');
      await picture(page, 'acting-names');
    },
  );

  const link = await ask(clerk.page, desk, 'Your child starts');
  await t.test('a name from right to left leaves what stands beside it in its place', async () => {
    await page.goto(link);
    await page.getByRole('heading', { level: 1, name: `${ARABIC_SERVICE}` }).waitFor();
    await standInOrder(page.locator('main h1'), [ARABIC_SERVICE, 'asks for data']);
    await page.getByLabel('Child').check();
    await page.getByText(/may fetch the data above/).waitFor();
    await standInOrder(page.getByText(/may fetch the data above/), [ARABIC_SERVICE, 'may fetch the data above']);
    await checkAccessible(page, 'request, from right to left');
    await picture(page, 'request-from-right-to-left');
  });

  await t.test(
    'hostile values: what hides or turns round is seen, HTML is text, and the answer is in reach',
    async () => {
      await page.getByText('Meri\u{fffd}aliR-\u{fffd} <img src="/injected"').waitFor();
      assert.ok(!(await page.locator('main').innerText()).includes(HOSTILE_UNIT));
      assert.equal(await page.locator('main img, main b').count(), 0);
      await page.getByLabel('Special diet').check();
      await page.getByText(/^(vegan){20,}…$/).waitFor();
      assert.deepEqual(await lost(page), []);
      assert.ok(await page.getByRole('button', { name: 'Allow this much' }).isEnabled());
      await picture(page, 'request-hostile');
      const shown = await page.evaluate(() => 'injected' in globalThis);
      assert.equal(shown, false);
    },
  );

  await t.test('a tick is seen in every colour', async () => {
    await page.emulateMedia({ forcedColors: 'active' });
    const box = page.locator('.hds-checkbox', { hasText: 'Vaccinations' });
    const [empty] = [await box.screenshot()];
    await box.getByRole('checkbox').check();
    await page.mouse.move(0, 0);
    await page.locator('h1').focus();
    assert.notDeepEqual(await box.screenshot(), empty);
    await picture(page, 'request-forced-colours');
    await checkForcedColours(page, 'request');
    await checkFocus(page, 'request');
    await box.getByRole('checkbox').uncheck();
  });

  await t.test('a request with the longest texts keeps its answer in reach', async () => {
    await writeFile(join(demo.folder, 'ask-long.toml'), LONG_REQUEST);
    const long = textAt(operators.done('service', '--service', 'school', 'ask', 'ask-long.toml'), 'link');
    await visit(`request/${encodeURIComponent(long)}`);
    await page.getByRole('button', { name: 'Deny', exact: true }).waitFor();
    await checkAccessible(page, 'request, long');
    await checkLarger(page, 'request, long');
    assert.ok(await page.getByRole('button', { name: 'Allow', exact: true }).isDisabled());
    await checkForcedColours(page, 'request, long');
    await picture(page, 'request-long');
  });

  await t.test('a reason that hides something, or is endless, is not shown at all', async () => {
    const plain = link.slice(link.indexOf('#/request/') + '#/request/'.length);
    for (const reason of ['Safe \u{202e}elpmis', 'endless '.repeat(1250), '\u{200b}<b>x</b>']) {
      const words = { fi: reason, sv: reason, en: reason };
      const other = await withReason(page, join(demo.folder, 'early-education'), decodeURIComponent(plain), words);
      await visit(`request/${encodeURIComponent(other)}`);
      await page.locator('code', { hasText: 'not-believed' }).waitFor();
      assert.equal(await page.getByRole('button', { name: /^(Allow|Deny)/ }).count(), 0);
      assert.ok(!(await page.locator('main').innerText()).includes(reason.slice(0, 8)));
    }
    await checkAccessible(page, 'request, refused');
  });

  await t.test('every page, larger, in own colours and without motion', async () => {
    for (const name of PAGES) {
      await visit(name);
      await checkLarger(page, name);
      await checkForcedColours(page, name);
      await checkStill(page, name);
    }
    await visit('requests');
    await checkFocus(page, 'requests');
  });

  await t.test('nobody puts the wallet or the desk into a frame of theirs', async () => {
    const { port } = await framing(t, [wallet, desk, '/own']);
    const stranger = await device(browser);
    await stranger.page.goto(`http://127.0.0.1:${String(port)}/`);
    await stranger.page.waitForLoadState('networkidle');
    const shown = stranger.page
      .frames()
      .slice(1)
      .map((frame) => frame.url());
    assert.deepEqual(shown, [
      'chrome-error://chromewebdata/',
      'chrome-error://chromewebdata/',
      `http://127.0.0.1:${String(port)}/own`,
    ]);
    await stranger.context.close();
  });

  await t.test(`${String(MANY)} looks: the page opens, is chosen from, and scrolls`, async () => {
    await page.goto(link);
    await page.getByLabel('Child').check();
    await page.getByRole('button', { name: 'Allow this much' }).click();
    await page.getByRole('link', { name: 'To my consents' }).waitFor();
    await answered(clerk.page);
    await fetchOften(clerk.page, MANY);
    const begun = Date.now();
    await visit('looked');
    const all = Number(/^Showing 100 of (\d+)$/.exec(await page.getByText('Showing 100 of').innerText())?.[1]);
    assert.ok(all >= MANY);
    t.diagnostic(`${String(all)} looks fetched, checked and shown in ${String(Date.now() - begun)} ms`);
    await checkAccessible(page, 'looked, many');
    const button = page.getByRole('button', { name: 'Show more' });
    while (await button.isVisible()) await button.click();
    await page.getByText(`Showing ${String(all)} of ${String(all)}`).waitFor();
    assert.equal(await page.locator('main ol > li').count(), all);
    assert.ok(await page.locator('main section > svg').evaluate(areNumbersInside));
    const nodes = await nodesToRead(page);
    assert.ok(nodes.all < all * MOST_NODES_OF_A_LOOK, `${String(nodes.all)} nodes for a screen reader`);
    assert.ok(nodes.headings > all, 'each look is there for a screen reader, also where nobody scrolled to');
    const { median, slowest, way } = await scrolled(page);
    assert.ok(way > 0);
    t.diagnostic(
      `${String(nodes.all)} nodes to read; a frame while scrolling: ${String(median)} ms, at most ${String(slowest)} ms`,
    );
    await page.getByText('Choose what is shown').click();
    await page.getByLabel('Whose data').selectOption({ label: 'Me' });
    await page.getByText('Nothing was found for these choices.').waitFor();
  });

  await t.test('asking about one look of many keeps its controls large enough', async () => {
    await visit('looked');
    await standInOrder(page.locator('main ol h3').first(), [ARABIC_SERVICE, ', ', ARABIC_CITY]);
    for (let nth = 0; nth < 12; nth += 1) {
      await page.locator('summary', { hasText: 'Ask why' }).nth(nth).click();
      await page.getByRole('button', { name: 'Copy' }).nth(nth).waitFor();
    }
    await checkAccessible(page, 'looked, asking');
    await picture(page, 'looked-asking');
  });

  await t.test(
    'a code is read by the camera and from a picture; without a camera it is said what to do',
    async (inner) => {
      const folder = await mkdtemp(join(tmpdir(), 'aitta-camera-'));
      inner.after(() => rm(folder, { recursive: true }));
      await ask(clerk.page, desk, 'Your child starts');
      const code = await clerk.page.locator('svg').screenshot();
      const asked = page.getByRole('heading', { level: 1, name: 'asks for data' });
      const file = page.locator('input[type=file]');

      await visit('requests');
      await file.setInputFiles({ name: 'code.png', mimeType: 'image/png', buffer: code });
      await asked.waitFor();
      await visit('requests');
      const nothing = await page.locator('h1').screenshot();
      await file.setInputFiles({ name: 'none.png', mimeType: 'image/png', buffer: nothing });
      await page.getByText('There is no code in the picture.').waitFor();

      const path = join(folder, 'code.y4m');
      await page.goto('about:blank');
      await film(page, code, path);
      const seeing = await launch(cameraThatSees(path));
      inner.after(() => seeing.close());
      const jouko = await device(seeing);
      await firstUse(jouko.page, wallet, 'Jouko Lähteenmäki');
      await jouko.page.goto(`${wallet}#/requests`);
      const camera = jouko.page.getByRole('button', { name: 'Use the camera' });
      await camera.click();
      await jouko.page.getByText('The camera could not be used. Allow it in the settings of the browser').waitFor();
      await checkAccessible(jouko.page, 'requests, without a camera');
      await jouko.context.grantPermissions(['camera'], { origin: new URL(wallet).origin });
      await camera.click();
      await jouko.page.getByRole('heading', { level: 1, name: 'asks for data' }).waitFor();
      assert.deepEqual(jouko.complaints, []);
    },
  );

  assert.deepEqual(clerk.complaints, []);
  assert.deepEqual(ulla.complaints, []);
});

/** In the page: whether a picture cuts none of its texts. */
function areNumbersInside(picture: SVGElement): boolean {
  const { left, right } = picture.getBoundingClientRect();
  return [...picture.querySelectorAll('text')].every((text) => {
    const box = text.getBoundingClientRect();
    return box.left >= left - 1 && box.right <= right + 1;
  });
}

/** A page of somebody else's, which frames these addresses, and one of its own. */
async function framing(t: TestContext, addresses: readonly string[]): Promise<{ readonly port: number }> {
  const frames = addresses.map((one) => `<iframe src="${one}"></iframe>`).join('');
  const server = createServer(({ url }, answer) => {
    answer.setHeader('content-type', 'text/html');
    answer.end(url === '/own' ? 'own' : `<!doctype html><title>Win a prize</title>${frames}`);
  });
  t.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { port: address.port };
}

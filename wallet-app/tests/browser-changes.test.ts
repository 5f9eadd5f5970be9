/**
 * Things change while somebody is at the wallet: a consent is ended in another tab, a login runs out, an organisation dies and comes
 * back, or shows another log than before. In a real browser, against a whole federation, by what people see and hear; skipped as
 * `browser.test.ts` is.
 */

import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import type { BrowserContext, Page } from 'playwright-core';

import { systemRandom } from '../src/crypto/random.ts';
import { signerFromSeed } from '../src/keys/root.ts';
import { AccessRequest } from '../src/protocol/access-request.ts';
import { fromBase64url } from '../src/protocol/base64.ts';
import { sign, Signed } from '../src/protocol/cose.ts';
import { Cti } from '../src/protocol/ids.ts';
import { checkAccessible } from './browser/accessible.ts';
import { device, launch } from './browser/chromium.ts';
import { answered, ask, fetchAgain, fetchReached } from './browser/desk.ts';
import { DIRECTORY_KEY, fork, HELSINKIS_KEY, publicKey, shownTo } from './browser/forked.ts';
import { confirm, firstUse, JOUKO, JOUKOS_CODE, loginCode, open, ULLA, ULLAS_CODE } from './browser/person.ts';
import { PROGRAM, SKIP, TIMEOUT_MS } from './browser/program.ts';
import { pictures } from './browser/shots.ts';
import { Aitta, textAt } from './federation/aitta.ts';
import { startDemo } from './federation/demo.ts';

/** Stands in what the desk gets of the child, and nowhere else on its pages. */
const DATA = /milk/;
/** What the desk is told of a consent that counts no longer. */
const REFUSED = /the citizen took the consent back/;
/** How long a request can be answered of which a person thinks for too long, in seconds. */
const SHORT_SECS = 120n;
const DAY_MS = 24 * 3600 * 1000;

test('things change while somebody is at the wallet', { skip: SKIP, timeout: TIMEOUT_MS }, async (t) => {
  const demo = await startDemo(t, PROGRAM);
  const wallet = textAt(demo.told, 'wallet');
  const desk = textAt(demo.told, 'desk');
  const directory = textAt(demo.told, 'directory');
  const operators = new Aitta(PROGRAM, demo.folder);
  const browser = await launch();
  t.after(() => browser.close());
  const ulla = await device(browser);
  const { page } = ulla;
  const clerk = await device(browser);

  await t.test('an answer is broken off by a reload, and goes on without being given twice', async () => {
    await firstUse(page, wallet, ULLA);
    await page.goto(await ask(clerk.page, desk, 'Your child starts'));
    await page.getByRole('button', { name: 'Allow this much', disabled: false }).waitFor();
    const lost = await losesNext(ulla.context, '**/v1/command', async () => {
      await page.getByRole('button', { name: 'Allow this much' }).click();
    });
    await page.reload();
    await lost();
    await page.getByText('Your answer has not arrived yet').waitFor();
    assert.equal(await page.getByRole('button', { name: /^Allow|^Deny/ }).count(), 0);
    await checkAccessible(page, 'request-broken-off');
    await pictures(page, 'request-broken-off');
    await page.getByRole('button', { name: 'Send now' }).click();
    await page.getByText('Your answer has now arrived.').waitFor();
    assert.match(await answered(clerk.page), DATA);
  });

  await t.test('the back button leads to the answer, not to the question', async () => {
    await page.getByRole('link', { name: 'To my consents' }).click();
    await page.getByRole('heading', { level: 1, name: 'My consents' }).waitFor();
    await page.goBack();
    await page.getByText(/^You allowed it/).waitFor();
    assert.equal(await page.getByRole('button', { name: /^Allow|^Deny|^Answer/ }).count(), 0);
    await open(page, 'My consents');
    assert.equal(await page.getByRole('button', { name: 'End this consent' }).count(), 1);
  });

  await t.test('data are stopped at their source, and allowed again', async () => {
    await open(page, 'My data');
    const health = page.locator('section.card', { has: page.getByRole('heading', { name: 'Child health' }) });
    await health.getByText('Stop these being given out').click();
    await health.getByRole('button', { name: 'Stop it' }).click();
    await health.getByText('You have stopped these data').waitFor();
    await checkAccessible(page, 'data-stopped');
    await pictures(page, 'data-stopped');
    assert.doesNotMatch(await fetchAgain(clerk.page), DATA);

    await page.reload();
    await health.getByText('You have stopped these data').waitFor();
    await health.getByRole('button', { name: 'Allow it again' }).click();
    await health.getByText('These data may again be given').waitFor();
    await checkAccessible(page, 'data-allowed-again');
    assert.match(await fetchAgain(clerk.page), DATA);
  });

  await t.test('a consent is ended in one tab while the desk fetches: nothing is fetched after it', async () => {
    const other = await ulla.context.newPage();
    await other.goto(wallet);
    await open(other, 'My consents');
    await open(page, 'My consents');
    await page.getByRole('button', { name: 'End this consent' }).click();
    await other.getByRole('button', { name: 'End this consent' }).click();
    await other.getByRole('button', { name: 'Yes, end it' }).waitFor();

    assert.match(await fetchAgain(clerk.page), DATA);
    const fetching = keepsFetching(clerk.page);
    await page.getByRole('button', { name: 'Yes, end it' }).click();
    await page.getByText(/confirmed the end at/).waitFor();
    const last = await fetching.isOver();
    assert.match(last, REFUSED);
    assert.doesNotMatch(last, DATA);

    // Who had the question open in the other tab sees that it is answered.
    await other.getByText(/confirmed the end at/).waitFor();
    assert.equal(await other.getByRole('button', { name: /Yes, end it|End this consent/ }).count(), 0);
    await checkAccessible(other, 'consent-ended-elsewhere');
    await pictures(other, 'consent-ended-elsewhere');
    await other.close();
  });

  await t.test('ended in two tabs at once, it is ended once', async () => {
    await page.goto(await ask(clerk.page, desk, 'Your child starts'));
    await page.getByRole('button', { name: 'Allow this much' }).click();
    await page.getByRole('link', { name: 'To my consents' }).click();
    const tabs = [page, await ulla.context.newPage()];
    await tabs[1]?.goto(`${wallet}#/consents`);
    for (const tab of tabs) await tab.getByRole('button', { name: 'End this consent' }).click();
    // Found first: the tab that is later hears of the other, and takes its button away.
    const yes = await Promise.all(tabs.map((tab) => tab.getByRole('button', { name: 'Yes, end it' }).elementHandle()));
    await Promise.all(yes.map((button) => button?.evaluate((element: HTMLElement) => element.click())));
    for (const tab of tabs) {
      await tab
        .getByText(/confirmed the end at/)
        .locator('visible=true')
        .waitFor();
      assert.equal(await tab.getByRole('alert').count(), 0);
      assert.equal(await tab.getByText('Not everybody has confirmed yet').count(), 0);
    }
    await tabs[1]?.close();
    await answered(clerk.page);
    assert.match(await fetchAgain(clerk.page), REFUSED);
  });

  await t.test('an organisation dies between the question and the answer, and gets it when it is back', async () => {
    await page.goto(await ask(clerk.page, desk, 'Your child starts'));
    await page.getByRole('button', { name: 'Allow this much', disabled: false }).waitFor();
    await demo.kill('helsinki');
    await page.getByRole('button', { name: 'Allow this much' }).click();
    await page.getByText('Your answer has not arrived yet').waitFor();
    await page.getByText('City of Helsinki does not answer right now').first().waitFor();
    await checkAccessible(page, 'request-holder-died');
    await pictures(page, 'request-holder-died');
    await page.getByRole('button', { name: 'Send now' }).click();
    await page.getByText('Not everybody answered').waitFor();
    await checkAccessible(page, 'request-still-unsent');

    // A day later: the window was closed meanwhile.
    await page.goto(wallet);
    await page.reload();
    await open(page, 'Requests');
    await page.getByText('Your answer has not arrived yet').waitFor();
    await demo.startAgain('helsinki');
    await page.getByRole('button', { name: 'Send now' }).click();
    await page.getByText('Your answer has now arrived.').waitFor();
    await answered(clerk.page);
    assert.match(await fetchReached(clerk.page), DATA);
  });

  const jouko = await device(browser);
  await t.test('who waits too long after the login is told so, and logs in again', async () => {
    await jouko.context.clock.install();
    await firstUse(jouko.page, wallet, JOUKO);
    await jouko.page.goto(`${wallet}#/data/more`);
    await logInToFind(jouko.page, JOUKO);
    await jouko.page.getByLabel('Your identity code').fill(JOUKOS_CODE);
    await jouko.context.clock.fastForward('05:30');
    await jouko.page.getByRole('button', { name: 'Look for them' }).click();
    await jouko.page.getByText('Too much time has passed since your login').waitFor();
    await checkAccessible(jouko.page, 'login-over');
    await pictures(jouko.page, 'login-over');
    await jouko.context.clock.setSystemTime(Date.now());
    await logInToFind(jouko.page, JOUKO);
    await jouko.page.getByLabel('Your identity code').fill(JOUKOS_CODE);
    await jouko.page.getByRole('button', { name: 'Look for them' }).click();
    await jouko.page.getByText('Already in use on this device').first().waitFor();
  });

  await t.test('a request that runs out while it is read is answered by nobody', async () => {
    const link = await shortRequest(jouko.context, PROGRAM, demo.folder);
    await jouko.page.goto(`${wallet}#/request/${encodeURIComponent(link)}`);
    await jouko.page.getByRole('button', { name: 'Deny', exact: true }).waitFor();
    await jouko.context.clock.fastForward(Number(SHORT_SECS) * 1000);
    await jouko.page.getByRole('button', { name: 'Deny', exact: true }).click();
    await jouko.page.getByText('its time is over. Ask the service for a new one').waitFor();
    assert.equal(await jouko.page.getByRole('button', { name: /^Allow|^Deny/ }).count(), 0);
    await checkAccessible(jouko.page, 'request-over');
    await pictures(jouko.page, 'request-over');
    await jouko.page.reload();
    await jouko.page.getByText('its time is over. Ask the service for a new one').waitFor();
    await jouko.context.close();
  });

  await t.test('the login at an organisation is forgotten there before its code is typed', async () => {
    await page.goto(`${wallet}#/data/more`);
    await logInToFind(page, ULLA);
    await page.getByLabel('Your identity code').fill(ULLAS_CODE);
    await page.getByRole('button', { name: 'Look for them' }).click();
    await page.getByRole('button', { name: /Log in: .*Espoo/ }).click();
    const code = await loginCode(page, ULLA);
    // As if the page were another organisation's: nothing is sent, and no try is lost.
    await confirm(
      page,
      code.replace(/.$/, (last) => String((Number(last) + 1) % 10)),
    );
    await page.getByText('The code is not from City of Espoo').waitFor();
    await checkAccessible(page, 'login-other-code');
    await pictures(page, 'login-other-code');
    await demo.kill('espoo');
    await confirm(page, code);
    await page.getByText('City of Espoo does not answer right now').waitFor();
    assert.equal(await page.getByLabel('The code from the login page').inputValue(), code);
    await checkAccessible(page, 'login-holder-away');
    await pictures(page, 'login-holder-away');
    await demo.startAgain('espoo');
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.getByText('The login at City of Espoo no longer counts').waitFor();
    await checkAccessible(page, 'login-forgotten');
    await pictures(page, 'login-forgotten');
    await page.getByRole('button', { name: 'Begin again' }).click();
    await confirm(page, await loginCode(page, ULLA));
    await page.getByText('Now you see what is held').waitFor();
  });

  await t.test('everything by a service is stopped with one tap, and its next fetch is refused', async () => {
    assert.match(await fetchAgain(clerk.page), DATA);
    await open(page, 'My consents');
    await page.getByRole('button', { name: 'Stop everything: Early childhood education' }).click();
    await checkAccessible(page, 'stop-asked');
    await page.getByRole('button', { name: 'Yes, stop everything' }).click();
    await page.getByText('Stopped: Early childhood education').waitFor();
    await checkAccessible(page, 'stopped');
    await pictures(page, 'stopped');
    assert.match(await fetchAgain(clerk.page), REFUSED);
  });

  await t.test('a service that changes while its request is read is shown anew before anything is sent', async () => {
    const counter = await clerk.context.newPage();
    const link = await ask(counter, desk, 'Planning menus');
    await page.goto(link);
    await page.getByRole('heading', { name: 'Early childhood education asks for data' }).waitFor();
    const services = join(demo.folder, 'espoo', 'services.toml');
    const registered = await readFile(services, 'utf8');
    await writeFile(services, registered.replaceAll('Early childhood education', 'Early learning'));
    operators.done('node', 'publish-profile', '--profile', 'espoo/profile.toml');
    await seenWith(await ulla.context.newPage(), link, 'Early learning');
    await page.getByRole('button', { name: 'Deny', exact: true }).click();
    await page.getByText('Something about the request changed while you read it').waitFor();
    await page.getByRole('heading', { name: 'Early learning asks for data' }).waitFor();
    await checkAccessible(page, 'request-changed');
    await pictures(page, 'request-changed');
    await page.getByRole('button', { name: 'Deny', exact: true }).click();
    await page.getByText('Nothing was shared.').waitFor();
    assert.equal(await page.getByText('Something about the request changed while you read it').count(), 0);
    await counter.close();
  });

  await t.test('an organisation that shows another log than before is caught, and that is not forgotten', async () => {
    const [data, aside] = [join(demo.folder, 'helsinki', 'data'), join(demo.folder, 'helsinki-before')];
    await demo.kill('helsinki');
    await cp(data, aside, { recursive: true, filter: (path) => !path.endsWith('.sock') });
    await demo.startAgain('helsinki');
    await fetchReached(clerk.page);
    await open(page, 'Who looked');
    await page.getByText('Asked for, not given').locator('visible=true').first().waitFor();

    await demo.kill('helsinki');
    await rm(data, { recursive: true });
    await cp(aside, data, { recursive: true });
    await demo.startAgain('helsinki');
    await fetchReached(clerk.page);
    await page.reload();
    const alarm = page.getByText('The organisation has shown you two lists');
    await alarm.waitFor();
    assert.equal(await alarm.count(), 1);
    await checkAccessible(page, 'looked-alarm');
    await pictures(page, 'looked-alarm');

    // Whatever the organisation does then: what it signed is kept.
    await demo.kill('helsinki');
    await page.reload();
    await page.getByText('City of Helsinki does not answer right now').first().waitFor();
    assert.equal(await alarm.count(), 1);
    const { path: proof } = await saved(page);
    const { contradictions } = JSON.parse(await readFile(proof, 'utf8')) as { contradictions: unknown[] };
    assert.equal(contradictions.length, 1);
    const weighed = operators.run('inspect', proof, '--key', await publicKey(demo.folder, HELSINKIS_KEY));
    assert.equal(weighed.code, 0, JSON.stringify(weighed.json));
    assert.match(textAt(weighed.json, 'object.contradictions.0.proves'), /^(lie|question)$/);
    // Under somebody else's key it accuses nobody.
    assert.equal(operators.run('inspect', proof, '--key', await publicKey(demo.folder, DIRECTORY_KEY)).code, 6);
    await checkAccessible(page, 'looked-alarm-kept');
    await pictures(page, 'looked-alarm-kept');
  });

  await t.test(
    'a directory that shows another history is told of, and what proves it can be given to others',
    async () => {
      const [address, home] = [`${directory}/v1/log/head`, page.getByText('Aitta noticed a contradiction')];
      const shown = await shownTo(ulla.context, address, async () => {
        await page.goto(wallet);
        await page.reload();
        await home.waitFor();
      });
      // Of Helsinki alone until now.
      assert.equal(await page.getByRole('link', { name: 'See what the directory showed' }).count(), 0);
      await fork(ulla.context, address, demo.folder, shown);
      await page.reload();
      await page.getByRole('link', { name: 'See what the directory showed' }).waitFor();
      await checkAccessible(page, 'home-noticed');
      await pictures(page, 'home-noticed');
      await page.getByRole('link', { name: 'See what the directory showed' }).click();
      await page.getByText('the directory has shown two different lists').waitFor();
      await checkAccessible(page, 'warning');
      await pictures(page, 'warning');
      const evidence = await saved(page);
      const weighed = operators.run('inspect', evidence.path, '--key', await publicKey(demo.folder, DIRECTORY_KEY));
      assert.equal(weighed.code, 0, JSON.stringify(weighed.json));
      assert.equal(textAt(weighed.json, 'object.verdict'), 'two-roots');
      assert.equal(textAt(weighed.json, 'object.proves'), 'lie');

      // After a day the wallet has nothing left to go on with: it does not open, and says why.
      await ulla.context.clock.setFixedTime(Date.now() + 2 * DAY_MS);
      await page.reload();
      await page.getByRole('heading', { level: 1, name: 'Aitta does not open right now' }).waitFor();
      await page.getByText('the directory has shown two different lists').waitFor();
      await checkAccessible(page, 'not-opened-fork');
      await pictures(page, 'not-opened-fork');
      assert.equal((await saved(page)).name, evidence.name);

      // Whatever the directory shows then: what it signed is kept.
      await ulla.context.clock.setSystemTime(Date.now());
      await ulla.context.unroute(address);
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByText('the directory has shown two different lists').waitFor();
      await page.getByRole('link', { name: 'Aitta' }).first().click();
      await home.waitFor();
    },
  );

  await t.test('what is forgotten in one window is gone from the others, and none of them brings it back', async () => {
    const other = await ulla.context.newPage();
    await other.goto(`${wallet}#/consents`);
    await other.getByRole('heading', { level: 1, name: 'My consents' }).waitFor();
    // It waits for an answer that it would write down.
    const calls = new EventEmitter();
    const waits = once(calls, 'waits');
    await other.route('**/v1/command', () => void calls.emit('waits'));
    await open(other, 'Who looked');
    await waits;
    await page.goto(`${wallet}#/settings/forget`);
    await page.getByLabel('type FORGET').fill('FORGET');
    await page.getByRole('button', { name: 'Forget for good' }).click();
    for (const window of [page, other]) {
      await window.getByRole('button', { name: 'Start' }).waitFor();
      assert.equal(new URL(window.url()).hash, '');
    }
    for (const window of [other, page]) {
      await window.reload();
      await window.getByRole('button', { name: 'Start' }).waitFor();
    }
    await other.close();
  });

  assert.deepEqual(clerk.complaints, []);
  assert.deepEqual(ulla.complaints, []);
  assert.deepEqual(jouko.complaints, []);
});

/** Saves the proof that the page offers. Gives where it lies, and what it is called. */
async function saved(page: Page): Promise<{ readonly path: string; readonly name: string }> {
  const saving = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Save the proof as a file' }).click();
  const download = await saving;
  return { path: await download.path(), name: download.suggestedFilename() };
}

/** Opens a request in a tab of its own, anew until the directory tells that its service has this name. */
async function seenWith(tab: Page, link: string, service: string): Promise<void> {
  await tab.goto(link);
  for (;;) {
    await tab.getByRole('button', { name: 'Deny', exact: true }).waitFor();
    if ((await tab.getByRole('heading', { level: 1 }).innerText()).startsWith(service)) break;
    await tab.reload();
  }
  await tab.close();
}

/** Does something whose next call to this address arrives, but whose answer comes back to nobody. What it gives lets further calls through. */
async function losesNext(
  context: BrowserContext,
  address: string,
  deed: () => Promise<void>,
): Promise<() => Promise<void>> {
  const calls = new EventEmitter();
  const arrived = once(calls, 'arrived');
  await context.route(address, async (route) => {
    await route.fetch();
    calls.emit('arrived');
  });
  await deed();
  await arrived;
  return () => context.unroute(address);
}

/** Fetches at the desk again and again. `isOver` says that nothing may be had any more; what was fetched begins after that is the last. */
function keepsFetching(page: Page): { readonly isOver: () => Promise<string> } {
  let isOver = false;
  const last = (async () => {
    for (;;) {
      const [isLast, got] = [isOver, await fetchAgain(page)];
      if (isLast) return got;
    }
  })();
  return {
    isOver: () => {
      isOver = true;
      return last;
    },
  };
}

/** Logs in so that other organisations can be found, and comes back. */
async function logInToFind(page: Page, who: string): Promise<void> {
  await page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('button', { name: who }).click();
  await page.getByText('You are logged in.').waitFor();
}

/** The link to a request that can be answered for `SHORT_SECS`: files ask for whole days, so the service's own key signs another one. */
async function shortRequest(context: BrowserContext, program: string, folder: string): Promise<string> {
  const service = new Aitta(program, folder);
  const link = textAt(service.done('service', '--service', 'early-education', 'ask', 'ask-day-care.toml'), 'link');
  const long = Signed.decode(AccessRequest, new Uint8Array(await (await fetch(link)).arrayBuffer())).unverified;
  const seed = /^seed (\S+)$/m.exec(await readFile(join(folder, 'early-education', 'key'), 'utf8'))?.[1];
  const signer = signerFromSeed(fromBase64url(seed ?? '') ?? new Uint8Array());
  const issued = BigInt(Math.floor(Date.now() / 1000));
  const claims = { ...long, issued, expires: issued + SHORT_SECS, cti: Cti.of(systemRandom(Cti.length)) };
  const { id, bytes } = await sign(AccessRequest, claims, signer);
  const address = link.replace(/[^/]+$/, id);
  await context.route(address, (route) =>
    route.fulfill({
      body: Buffer.from(bytes),
      contentType: 'application/cose',
      headers: { 'Access-Control-Allow-Origin': '*' },
    }),
  );
  return address;
}

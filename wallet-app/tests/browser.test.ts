/**
 * The wallet in a real browser, against a whole federation, as people use it: by what they see and hear. `AITTA_PROGRAM` names the
 * program `aitta`; without it, or without Chromium, the tests are skipped and say so.
 */

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { checkAccessible } from './browser/accessible.ts';
import { device, deviceOf, launch } from './browser/chromium.ts';
import { answered, ask, fetchAgain } from './browser/desk.ts';
import { whileListsMore } from './browser/hostile.ts';
import { authenticator, withoutOwnKeys } from './browser/passkeys.ts';
import {
  addDevice,
  connect,
  deviceCode,
  firstUse,
  JOUKO,
  open,
  tabTo,
  ULLA,
  ULLAS_CODE,
  writeDownCode,
} from './browser/person.ts';
import { PROGRAM, SKIP, TIMEOUT_MS } from './browser/program.ts';
import { pictures } from './browser/shots.ts';
import { Aitta, textAt } from './federation/aitta.ts';
import { startDemo } from './federation/demo.ts';

/** Asks for a field that no organisation has, and gives as its reason what is HTML elsewhere. */
const ODD = `
purpose = "dpv:ServiceProvision"
retention_days = 30
validity_days = 30
reason = { fi = '<b>x</b>', sv = '<b>x</b>', en = '<img src="/injected" onerror="x">' }

[[ask]]
type = "child-health"
required = ["shoe_size"]
`;

/** What a service sends into an inbox. */
const ASKED_AGAIN = `
purpose = "dpv:ServiceProvision"
retention_days = 30
validity_days = 30
reason = { fi = 'Anni jatkaa päiväkodissa', sv = 'Anni fortsätter på daghemmet', en = 'Anni goes on at day care' }

[[ask]]
type = "early-education"
required = ["unit"]
`;

/** Nobody has this number. */
const ANNI = '060922D9415';

test('a family uses the wallet', { skip: SKIP, timeout: TIMEOUT_MS }, async (t) => {
  const demo = await startDemo(t, PROGRAM);
  const wallet = textAt(demo.told, 'wallet');
  const browser = await launch();
  t.after(() => browser.close());
  const ulla = await device(browser);
  const { page } = ulla;
  const services = new Aitta(PROGRAM, demo.folder);
  let paper: readonly string[] = [];

  await t.test('three screens, and the wallet is in use', async () => {
    await page.goto(wallet);
    await page.getByRole('button', { name: 'Start' }).waitFor();
    await checkAccessible(page, 'welcome');
    await pictures(page, 'welcome');
    paper = await firstUse(page, wallet, ULLA);
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

  const clerk = await device(browser);
  const desk = textAt(demo.told, 'desk');

  await t.test(
    'a service asks, and the wallet shows what: nothing optional is ticked, too much is not shared',
    async () => {
      await page.goto(await ask(clerk.page, desk, 'Your child starts'));
      await page.getByRole('heading', { name: 'Early childhood education asks for data' }).waitFor();
      await page.getByText('Päiväkoti Meri-Rastila').waitFor();
      assert.equal(await page.getByLabel('Special diet').isChecked(), false);
      assert.equal(await page.getByLabel('Vaccinations').isChecked(), false);
      assert.ok(await page.getByText('The service asks for more than it may').isVisible());
      await checkAccessible(page, 'request');
      await pictures(page, 'request');
    },
  );

  await t.test('less is allowed, by a double click, and once', async () => {
    await page.getByLabel('Special diet').check();
    await page.getByText('vegan').waitFor();
    await page.getByRole('button', { name: 'Allow this much' }).dblclick();
    await page.getByRole('link', { name: 'To my consents' }).waitFor();
    await checkAccessible(page, 'request-answered');
    await pictures(page, 'request-answered');
  });

  await t.test('the desk learns of it by itself, and gets exactly that', async () => {
    const received = await answered(clerk.page);
    assert.match(received, /vegan/);
    assert.match(received, /Päiväkoti Meri-Rastila/);
    assert.match(received, /milk/);
    assert.doesNotMatch(received, /influenza/);
    await checkAccessible(clerk.page, 'desk');
  });

  await t.test('it is seen who looked, at what, and that it is proven', async () => {
    await open(page, 'Who looked');
    await page.getByText('Early childhood education, City of Espoo').first().waitFor();
    assert.ok(await page.getByText('Checked').first().isVisible());
    await checkAccessible(page, 'looked');
    await pictures(page, 'looked');
  });

  await t.test('what is held is shown, and why', async () => {
    await open(page, 'My data');
    await page.getByRole('heading', { name: 'Child health' }).waitFor();
    // The register says `fi`.
    await page.getByText('Finnish', { exact: true }).first().waitFor();
    await page.getByText('Why, and for how long?').first().click();
    await page.getByText('The law requires that these data are kept.').first().waitFor();
    await page.getByText('Register of child health').locator('visible=true').first().waitFor();
    await checkAccessible(page, 'data');
    await pictures(page, 'data');
  });

  await t.test('the consent is ended, and the next fetch is refused', async () => {
    await open(page, 'My consents');
    await checkAccessible(page, 'consents');
    await pictures(page, 'consents');
    await page.getByRole('button', { name: 'End this consent' }).click();
    await page.getByRole('button', { name: 'Yes, end it' }).click();
    await page.getByText(/confirmed the end at/).waitFor();
    assert.match(await fetchAgain(clerk.page), /the citizen took the consent back/);
    await page.reload();
    await page.getByText('Ended', { exact: true }).waitFor();
    await page.getByText('Early childhood education').first().click();
    await page
      .getByText(/was told to stop using the data|has not yet been told/)
      .first()
      .waitFor();
    await checkAccessible(page, 'consent-ended');
    await open(page, 'Who looked');
    await page.getByText('Asked for, not given').locator('visible=true').first().waitFor();
  });

  await t.test('by keyboard alone a request is answered', async () => {
    await page.goto(await ask(clerk.page, desk, 'Planning menus'));
    await page.getByRole('button', { name: 'Deny', exact: true }).waitFor();
    await tabTo(page, 'Deny');
    await page.keyboard.press('Enter');
    await page.getByText('Nothing was shared.').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'H1');
  });

  await t.test('a consent is given that stands', async () => {
    await page.goto(await ask(clerk.page, desk, 'Your child starts'));
    await page.getByRole('button', { name: 'Allow this much', disabled: false }).click();
    await page.getByRole('link', { name: 'To my consents' }).waitFor();
    assert.match(await answered(clerk.page), /milk/);
  });

  await t.test('the back button leads back', async () => {
    await open(page, 'My consents');
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'What would you like to do?' }).waitFor();
  });

  for (const door of [
    'Requests',
    'Acting for others',
    'Devices and recovery',
    'Download everything',
    'Settings and help',
  ]) {
    await t.test(`${door}: without a finding`, async () => {
      await open(page, door);
      const name = door.toLowerCase().replaceAll(' ', '-');
      await checkAccessible(page, name);
      await pictures(page, name);
    });
  }

  await t.test('nothing is agreed to that cannot be shown, and text of others stays text', async () => {
    await writeFile(join(demo.folder, 'ask-odd.toml'), ODD);
    const link = textAt(services.done('service', '--service', 'early-education', 'ask', 'ask-odd.toml'), 'link');
    await page.goto(`${wallet}#/request/${encodeURIComponent(link)}`);
    await page.getByText('This request cannot be agreed to').waitFor();
    await page.getByText('<img src="/injected"').waitFor();
    assert.equal(await page.getByRole('button', { name: /^Allow/ }).count(), 0);
    assert.equal(await page.locator('main img').count(), 0);
    await checkAccessible(page, 'request-unshowable');
  });

  await t.test('other organisations are found by a login and an identity code', async () => {
    await page.goto(`${wallet}#/data/more`);
    await page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('button', { name: ULLA }).click();
    await page.getByLabel('Your identity code').fill(ULLAS_CODE.toLowerCase());
    await page.getByRole('button', { name: 'Look for them' }).click();
    await page.getByRole('heading', { name: 'City of Espoo' }).waitFor();
    await checkAccessible(page, 'found');
    await connect(page, ULLA, 'Espoo');
    await page.getByText('Now you see what is held').waitFor();
  });

  await t.test('what a service sends waits in the wallet, and is denied for good', async () => {
    await writeFile(join(demo.folder, 'ask-inbox.toml'), ASKED_AGAIN);
    await writeFile(join(demo.folder, 'anni.txt'), ANNI);
    const sent = ['ask', 'ask-inbox.toml', '--identity-code', 'anni.txt'];
    services.done('service', '--service', 'early-education', ...sent);
    await page.goto(wallet);
    await page.reload();
    await page.getByText('1 waits for your answer').waitFor();
    await open(page, 'Requests');
    await page.getByRole('link', { name: /Early childhood education/ }).click();
    await page.getByText('Anni goes on at day care').waitFor();
    await page.getByText('I do not want to be asked this again').click();
    await page.getByRole('button', { name: 'Deny for good' }).click();
    await page.getByText('Nothing was shared.').waitFor();
    await open(page, 'Requests');
    await page.getByText('No request waits for your answer.').waitFor();
  });

  await t.test(
    'a child that an organisation does not name is named, and is one with the same child elsewhere',
    async () => {
      await open(page, 'Acting for others');
      await checkAccessible(page, 'acting-unnamed');
      await pictures(page, 'acting-unnamed');
      // Of one birthday is only she.
      await page.getByRole('button', { name: 'The same child as' }).click();
      await page.getByText('Saved: Anni').waitFor();
      assert.equal(await page.getByRole('heading', { name: 'Anni' }).count(), 1);
      await page.getByText('You said yourself who this child is').waitFor();
      await checkAccessible(page, 'acting-named');
    },
  );

  await t.test('another paper takes the place of the first', async () => {
    await open(page, 'Devices and recovery');
    await page.getByRole('link', { name: 'Make a new recovery code' }).click();
    await page.getByRole('button', { name: 'Show the new code' }).click();
    paper = await writeDownCode(page);
    await page.getByText('The new recovery code counts').waitFor();
    await checkAccessible(page, 'new-paper');
    await pictures(page, 'new-paper');
  });

  const tablet = await device(browser);
  await t.test('a second device is added by its code', async () => {
    await tablet.page.goto(wallet);
    await tablet.page.getByRole('link', { name: 'I have Aitta on another device already' }).click();
    await tablet.page.getByRole('link', { name: 'Show the code of this device' }).click();
    await checkAccessible(tablet.page, 'new-device');
    await open(page, 'Devices and recovery');
    await addDevice(page, await deviceCode(tablet.page), 'Tablet');
    await tablet.page.getByRole('button', { name: 'The old device is done' }).click();
    await connect(tablet.page, ULLA, 'Helsinki');
    await tablet.page.getByRole('link', { name: 'Go to the home page' }).click();
    await open(tablet.page, 'My data');
    await tablet.page.getByRole('heading', { name: 'Child health' }).first().waitFor();
  });

  await t.test('what was agreed to on the first device is seen on the second, and ended there', async () => {
    await open(tablet.page, 'My consents');
    await tablet.page
      .getByText(/, on another device$/)
      .locator('visible=true')
      .waitFor();
    await checkAccessible(tablet.page, 'consents-elsewhere');
    await pictures(tablet.page, 'consents-elsewhere');
    assert.equal(await tablet.page.getByRole('button', { name: 'Change this consent' }).count(), 0);
    await tablet.page.getByRole('button', { name: 'End this consent' }).click();
    await tablet.page.getByText('City of Helsinki: at once. Everywhere else within 5 minutes.').waitFor();
    await tablet.page.getByRole('button', { name: 'Yes, end it' }).click();
    await tablet.page.getByText(/confirmed the end at/).waitFor();
    assert.match(await fetchAgain(clerk.page), /the citizen took the consent back/);
    await open(page, 'My consents');
    await page.getByText('No consent of yours is in force.').waitFor();
    assert.equal(await page.getByRole('button', { name: 'End this consent' }).count(), 0);
    await page.locator('summary').first().click();
    await page.getByText('no longer in force.').waitFor();
    await checkAccessible(page, 'consent-ended-on-another-device');
  });

  await t.test('a consent that somebody lists and nobody gave is not shown, and told', async () => {
    await whileListsMore(tablet.page, async () => {
      await tablet.page.goto(`${wallet}#/consents`);
      await tablet.page.reload();
      await tablet.page.getByText('Some consents are not shown').waitFor();
      await tablet.page.getByText('These are not believed').waitFor();
      await checkAccessible(tablet.page, 'consents-not-believed');
      await pictures(tablet.page, 'consents-not-believed');
    });
  });

  await t.test('an organisation that is away is named, and hides nothing of the others', async () => {
    process.kill(demo.nodePid('espoo'), 'SIGKILL');
    await open(page, 'My data');
    await page.getByText('City of Espoo does not answer right now').first().waitFor();
    await checkAccessible(page, 'data-away');
    await page.getByRole('button', { name: 'Anni', exact: true }).click();
    await page.getByRole('heading', { name: 'Child health' }).first().waitFor();
    await checkAccessible(page, 'data-partial');
    await pictures(page, 'data-partial');
  });

  await t.test('somebody with the paper begins a recovery, and the rightful holder cancels it', async () => {
    const thief = await device(browser);
    await thief.page.goto(`${wallet}#/devices/recover`);
    await thief.page.getByLabel('Recovery code').fill(paper.join(' '));
    await thief.page.getByRole('button', { name: 'Begin the recovery' }).click();
    await thief.page.getByRole('heading', { name: 'Your recovery' }).waitFor();
    await page.goto(wallet);
    await page.getByText('Somebody is recovering your Aitta to another device').waitFor();
    await checkAccessible(page, 'home-recovery');
    await page.getByRole('link', { name: 'Look and cancel' }).click();
    await page.getByRole('button', { name: 'This is not me: cancel it' }).first().waitFor();
    await checkAccessible(page, 'recovery-waits');
    await pictures(page, 'recovery-waits');
    await page.getByRole('button', { name: 'This is not me: cancel it' }).first().click();
    await page.getByText('The recovery is cancelled.').waitFor();
    await thief.context.close();
  });

  await t.test('where the browser keeps no keys, a passkey or the paper opens them', async () => {
    const locked = await device(browser);
    await withoutOwnKeys(locked.context);
    const passkey = await authenticator(locked.page);
    await locked.page.goto(wallet);
    await locked.page.getByRole('button', { name: 'Make a recovery code' }).click();
    await checkAccessible(locked.page, 'locked-new');
    const code = await writeDownCode(locked.page);
    await locked.page.getByRole('button', { name: 'Make a passkey' }).click();
    const isOpen = locked.page.getByRole('heading', { level: 1, name: 'Log in at your city' });
    await isOpen.waitFor();

    await locked.page.reload();
    await locked.page.getByRole('button', { name: 'Open', exact: true }).waitFor();
    await checkAccessible(locked.page, 'locked');
    await pictures(locked.page, 'locked');
    await locked.page.getByRole('button', { name: 'Open', exact: true }).click();
    await isOpen.waitFor();

    await locked.page.reload();
    await passkey.knowsThePerson(false);
    await locked.page.getByRole('button', { name: 'Open', exact: true }).click();
    await locked.page.getByText('The device did not confirm it').waitFor();
    await locked.page.getByRole('textbox').fill([...code].reverse().join(' '));
    await locked.page.getByRole('button', { name: 'Open with the code' }).click();
    await locked.page.locator('.mistake').waitFor();
    await locked.page.getByRole('textbox').fill(code.join(' ').toLowerCase());
    await locked.page.getByRole('button', { name: 'Open with the code' }).click();
    await locked.page.getByRole('button', { name: 'Not now, open Aitta' }).click();
    await isOpen.waitFor();
    assert.deepEqual(locked.complaints, []);
    await locked.context.close();
  });

  await t.test('the browser installs it as an app', async () => {
    const debug = await ulla.context.newCDPSession(page);
    await page.goto(wallet);
    const { installabilityErrors } = await debug.send('Page.getInstallabilityErrors');
    // The story's windows are private ones, in which nothing is installed.
    assert.deepEqual(
      installabilityErrors.map(({ errorId }) => errorId),
      ['in-incognito'],
    );
    await debug.detach();
  });

  await t.test('a browser that was closed has its keys when it is opened again', async () => {
    const profile = await mkdtemp(join(tmpdir(), 'aitta-browser-'));
    const evening = await deviceOf(profile);
    await firstUse(evening.page, wallet, JOUKO);
    await evening.context.close();

    const morning = await deviceOf(profile);
    await morning.page.goto(wallet);
    await open(morning.page, 'My data');
    await morning.page.getByText('Lähteenmäki').first().waitFor();
    assert.deepEqual([...evening.complaints, ...morning.complaints], []);
    await morning.context.close();
    await rm(profile, { recursive: true });
  });

  await t.test('without a network the wallet opens all the same', async () => {
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await page.goto(wallet);
    await ulla.context.setOffline(true);
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'What would you like to do?' }).waitFor();
    await open(page, 'My consents');
    await page.getByText('Early childhood education').first().waitFor();
    await ulla.context.setOffline(false);
  });

  assert.deepEqual(clerk.complaints, []);
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

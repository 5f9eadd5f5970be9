/**
 * A mother's part of the story, played by the wallet's core against a federation that runs. A program of its own. Each step that went
 * as it must is told in a line.
 *
 * Arguments: the program `aitta`, the folder of the demonstration, the process of Espoo's node.
 */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { browserCaller } from '../../src/client/caller.ts';
import type { BoundPod } from '../../src/client/node.ts';
import { systemRandom } from '../../src/crypto/random.ts';
import { BrowserCustody } from '../../src/keys/browser-custody.ts';
import { advise, probe } from '../../src/keys/probe.ts';
import { KeysFault } from '../../src/keys/key-log.ts';
import { RecoveryCode } from '../../src/keys/recovery-code.ts';
import { MemoryStorage } from '../../src/keys/storage.ts';
import { utf8 } from '../../src/protocol/bytes.ts';
import type { Principal } from '../../src/protocol/ids.ts';
import { parseShortName } from '../../src/protocol/statement/membership.ts';
import { agreeTo, fetchRequest, inbox, preview, review } from '../../src/wallet/answer.ts';
import type { Core, Parts } from '../../src/wallet/core.ts';
import { addDevice, deviceCode, devices, revokeDevice, rotateKeys } from '../../src/wallet/devices.ts';
import { ChoiceFault } from '../../src/wallet/decide.ts';
import { beginEnrolment, confirmEnrolment, enrolmentStatus, find, notePaper } from '../../src/wallet/enrol.ts';
import { type Federation, readFederation } from '../../src/wallet/federation.ts';
import { exportAll, ownData, whoLooked } from '../../src/wallet/look.ts';
import { type CheckedNotice, type NoticeState, noticesOf } from '../../src/wallet/notices.ts';
import { askWhatIsOnRecord } from '../../src/wallet/on-record.ts';
import { cancelRecovery, recover, recoveries, recoverIdentified } from '../../src/wallet/recovery.ts';
import { boundSecs, finish, object, restrict, stopService, takeBack } from '../../src/wallet/take-back.ts';
import { Purpose, RecordType } from '../../src/protocol/field.ts';
import { lookedCore } from '../support.ts';
import { Aitta, at, textAt } from './aitta.ts';
import { logIn, loginToken } from './login.ts';

/** Nobody has these numbers. */
const ULLA = '200289-957B';
const ANNI = '060922D9415';

/** What Espoo's early education asks: the phone number is not registered for it, over-asked on purpose. */
const ASK = `
purpose = "dpv:ServiceProvision"
retention_days = 365
validity_days = 200
reason = { fi = "Anni aloittaa päiväkodissa Espoossa.", sv = "Anni börjar på daghem i Esbo.", en = "Anni starts day care in Espoo." }

[[ask]]
type = "child-health"
required = ["allergies.substance", "allergies.severity"]
optional = ["vaccinations"]

[[ask]]
type = "early-education"
required = ["unit", "start_date"]
optional = ["special_diet"]

[[ask]]
type = "residence"
required = ["contact.phone"]
`;

const [program = '', folder = '', espooPid = ''] = process.argv.slice(2);
const aitta = new Aitta(program, folder);
const EARLY_EDUCATION = ['service', '--service', 'early-education'];

function step(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** The file that operators hand out, as the JSON that a browser gets. It has strings, whole numbers and one table. */
function federation(): Federation {
  const text = readFileSync(join(folder, 'blinder', 'federation.toml'), 'utf8');
  const json: Record<string, unknown> = {};
  let table = json;
  for (const line of text.split('\n')) {
    const name = /^\[(\w+)\]$/.exec(line)?.[1];
    if (name !== undefined) json[name] = table = {};
    const [, member, value] = /^(\w+) = (.*)$/.exec(line) ?? [];
    if (member !== undefined && value !== undefined) table[member] = JSON.parse(value) as unknown;
  }
  return readFederation(utf8(JSON.stringify(json)));
}

async function enrol(core: Core, organisation: Principal): Promise<readonly BoundPod[]> {
  const enrolling = await beginEnrolment(core, organisation);
  assert.equal((await enrolmentStatus(core, enrolling)).status, 'pending');
  const code = await logIn(enrolling.started.authorizationUrl, ULLA);
  assert.equal((await enrolmentStatus(core, enrolling)).status, 'confirm');
  const ended = await confirmEnrolment(core, enrolling, code);
  assert.equal(ended.status, 'bound');
  return ended.status === 'bound' ? ended.pods : [];
}

function named(core: Core, name: string): Principal {
  const short = parseShortName(name);
  const found = short && core.registry.organisationNamed(short);
  assert.ok(found, `${name} is a member`);
  return found.membership.claims.subject;
}

function child(pods: readonly BoundPod[]): BoundPod {
  const found = pods.find(({ relation, label }) => relation === 'guardian' && (label === null || label === 'Anni'));
  assert.ok(found, 'the wallet acts for the child');
  return found;
}

const storage = new MemoryStorage();
assert.equal(advise(await probe(storage)), 'browser');
const parts: Parts = {
  caller: browserCaller(),
  storage,
  custody: new BrowserCustody(storage, systemRandom),
  federation: federation(),
};
let core = await lookedCore(parts);
assert.equal(core.copy.standing.by, 'log');
assert.deepEqual(core.copy.refused, []);
step('the registry is proven by the log, and two witnesses saw it');

const code = RecoveryCode.generate(systemRandom);
await notePaper(core, code);
const blinder = parts.federation.blinder;
assert.ok(blinder);
const token = await loginToken(blinder, ULLA);
const names = (await find(core, ANNI, token)).map(({ name }) => name).toSorted();
assert.deepEqual(names, ['espoo', 'helsinki']);
step('who holds something about the child is found, and nobody learned who asked');

const [helsinki, espoo] = [named(core, 'helsinki'), named(core, 'espoo')];
const atHelsinki = child(await enrol(core, helsinki)).pod;
const atEspoo = child(await enrol(core, espoo)).pod;
step('the wallet is bound at two organisations, with a code that the login showed');

const records = await ownData(core, helsinki, atHelsinki, RecordType.parse('child-health'));
assert.equal(records.length, 1);
step('what is held is read');

writeFileSync(join(folder, 'ask-story.toml'), ASK);
const link = textAt(aitta.done(...EARLY_EDUCATION, 'ask', 'ask-story.toml'), 'link');
const asked = await review(core, await fetchRequest(core, link));
assert.deepEqual(
  asked.overAsked.map(({ code }) => code),
  ['over-ask-field'],
);
assert.deepEqual(asked.problems, []);
assert.equal(asked.types[0]?.words?.en, 'Child health');
step('the request is reviewed: what is over-asked is named');

const optional = [{ recordType: RecordType.parse('early-education')!, name: 'special_diet' }];
const wanted = {
  optional,
  holders: [
    { holder: helsinki, pod: atHelsinki },
    { holder: espoo, pod: atEspoo },
  ],
  untilSecs: core.caller.nowSecs() + asked.request.claims.validitySecs,
  depth: null,
  leaveOutOverAsked: false,
};
await assert.rejects(
  agreeTo(core, asked, wanted),
  (thrown) => thrown instanceof ChoiceFault && thrown.code === 'over-asked',
);
assert.equal(core.state.grants.length, 0);
step('nothing is signed of what asks for too much');

const shown = await preview(core, asked, { optional }, helsinki, atHelsinki);
const diet = shown.find(({ recordType }) => recordType === 'early-education');
assert.ok(JSON.stringify(diet?.values.map((value) => [...(value as Map<string, unknown>)])).includes('vegan'));
assert.ok(!shown.some(({ recordType }) => recordType === 'residence'));
step('what would be shared right now is shown with its values');

const { grants } = await agreeTo(core, asked, { ...wanted, leaveOutOverAsked: true });
assert.equal(grants.length, 2);
const given = core.state.grants.find(({ holder }) => holder === helsinki);
assert.ok(given?.deposited);
assert.equal(core.state.decisions[0]?.untold, null);
const collected = aitta.done(...EARLY_EDUCATION, 'collect', asked.request.id);
assert.equal((at(collected, 'grants') as unknown[]).length, 2);
step('less is agreed to, and the service opens the sealed decision');

const fetched = aitta.done(...EARLY_EDUCATION, 'fetch', '--grant', given.id);
const data = at(fetched, 'items.0.data') as Record<string, unknown>;
assert.deepEqual(Object.keys(data).toSorted(), ['child-health', 'early-education']);
assert.ok(!JSON.stringify(data).includes('vaccin'));
step('the service fetches exactly that');

const looked = await whoLooked(core, helsinki, atHelsinki);
const disclosure = looked.entries.findLast(({ opened }) => opened.kind === 'disclosure');
assert.ok(disclosure);
assert.equal(disclosure.opened.grant, given.id);
assert.ok(disclosure.opened.released.some(({ names }) => names.includes('special_diet')));
step('the fetch is seen in the log, with a proof that holds');

// The wallet is closed and opened again: all of it lies in the storage.
core = await lookedCore(parts);
const taken = await takeBack(core, given.id);
assert.equal(taken.by, 'holder');
assert.ok((await boundSecs(core, helsinki)) !== null);
const refused = aitta.run(...EARLY_EDUCATION, 'fetch', '--grant', given.id);
assert.equal(at(refused.json, 'items.0.outcome'), 'denied');
step('it is taken back, and the next fetch is refused');

const after = await whoLooked(core, helsinki, atHelsinki, disclosure.index);
assert.ok(after.entries.some(({ opened }) => opened.purpose === 'revoke'));
assert.ok(after.entries.some(({ opened }) => opened.kind === 'refusal' && opened.outcome === 'revoked'));
step('revocation and refusal stand in the log, which went on from the head that was seen before');

/** Asks again until it is so: holders tell services and log recoveries in their own time. */
async function until<T>(ask: () => Promise<T | null>): Promise<T> {
  for (;;) {
    const found = await ask();
    if (found !== null) return found;
    await setTimeout(100);
  }
}

const back = core.state.grants.find(({ id }) => id === given.id);
assert.ok(back);
const notice = (state: NoticeState): Promise<CheckedNotice> =>
  until(async () => {
    assert.deepEqual(await askWhatIsOnRecord(core), []);
    const [one] = noticesOf(core, back);
    return one !== undefined && one.state !== 'not-believed' && one.state === state ? one : null;
  });
const heard = await notice('awaited');
assert.equal(heard.notice.service, asked.request.claims.service);
// It ends with a code of its own while a notice is unanswered.
const toAnswer = textAt(aitta.run(...EARLY_EDUCATION, 'notices').json, 'notices.0.id');
aitta.done(...EARLY_EDUCATION, 'notices', 'answer', toAnswer, '--deleted');
assert.equal((await notice('answered')).answer?.outcome.kind, 'deleted');
step('the service was told that it is taken back, and answered that it deleted what it had');

const federationFile = join('blinder', 'federation.toml');
writeFileSync(join(folder, 'ulla.login'), ULLA, { mode: 0o600 });
const TABLET = ['wallet', '--wallet', 'wallet-tablet'];
aitta.done(...TABLET, 'init', '--federation', federationFile, '--another-device');
const tabletCode = textAt(aitta.done(...TABLET, 'devices', 'show'), 'device_code');
const added = await addDevice(core, tabletCode, { label: 'tablet', manages: true });
assert.deepEqual([added.done.map(({ name }) => name).toSorted(), added.missing], [['espoo', 'helsinki'], []]);
const onTablet = aitta.done(...TABLET, 'enrol', 'helsinki', '--login-as', 'ulla.login');
assert.equal(textAt(onTablet, 'principal'), (await core.signer(helsinki)).principal);
aitta.done(...TABLET, 'enrol', 'espoo', '--login-as', 'ulla.login');
step("another wallet's program is a second device: this one took its code in");

const newStorage = (): Parts => {
  const own = new MemoryStorage();
  return { ...parts, storage: own, custody: new BrowserCustody(own, systemRandom) };
};
const laptop = await lookedCore(newStorage());
writeFileSync(join(folder, 'laptop.code'), await deviceCode(laptop));
aitta.done(...TABLET, 'devices', 'add', '--code', 'laptop.code');
await enrol(laptop, helsinki);
assert.equal((await laptop.signer(helsinki)).principal, (await core.signer(helsinki)).principal);
step('and it took in the code of a third, which logs in as the same person');

const rotated = await rotateKeys(core, null);
assert.deepEqual([rotated.done.length, rotated.missing], [2, []]);
const { devices: all } = await devices(core);
assert.deepEqual(
  all.map(({ isThis, label, keys }) => [isThis, label, keys.length]),
  [
    [true, null, 2],
    [false, 'tablet', 2],
    [false, null, 1],
    [false, null, 1],
  ],
);
assert.ok((await ownData(core, helsinki, atHelsinki, null)).length > 0);
step('fresh keys are in the place of the old ones, and all devices are shown');

const lost = await lookedCore(newStorage());
const begun = await recover(lost, code, null);
// One holder of the demonstration has an address at which nobody answers.
assert.deepEqual(
  begun.missing.map(({ name }) => name),
  ['ruokapalvelu'],
);
const waits = begun.stands.flatMap(({ name, at: { state } }) => (state === 'nothing' ? [] : [`${name} ${state}`]));
assert.deepEqual(waits.toSorted(), ['espoo waits', 'helsinki waits']);
const seen = await until(async () => {
  const { waiting, missing } = await recoveries(core);
  assert.deepEqual([waiting.length, missing], [2, []]);
  return waiting.every(({ countsFromSecs }) => countsFromSecs !== null) ? waiting : null;
});
for (const one of seen) {
  assert.ok(one.by === 'code' && one.deviceCancels && !one.toThisDevice);
  assert.equal(one.dueSecs, (one.countsFromSecs ?? 0n) + 72n * 3600n);
}
step('a recovery with the paper waits: its 72 hours count from when it stood in the log');

for (const one of seen) assert.deepEqual((await cancelRecovery(core, one, null)).missing, []);
assert.deepEqual((await recoveries(core)).waiting, []);
await assert.rejects(recoverIdentified(lost, RecoveryCode.generate(systemRandom), helsinki, null), KeysFault);
const identified = await recoverIdentified(lost, code, helsinki, null);
await until(async () => {
  const shownCode = await logIn(identified.started.authorizationUrl, ULLA);
  return (await confirmEnrolment(lost, identified, shownCode)).status === 'bound' ? true : null;
});
const [second] = (await recoveries(core)).waiting;
assert.ok(second?.by === 'code-and-login' && !second.deviceCancels);
assert.deepEqual((await cancelRecovery(core, second, code)).missing, []);
assert.deepEqual((await recoveries(core)).waiting, []);
step('a device cancels it; one for which somebody logged in, the paper cancels');

await restrict(core, helsinki, atHelsinki, [RecordType.parse('child-health')!], true);
await object(core, helsinki, atHelsinki, Purpose.parse('dpv:ServiceOptimisation')!, null, true);
assert.deepEqual(await inbox(core, helsinki, atHelsinki), []);
step('a record type is restricted, a purpose objected to, and the inbox read');

process.kill(Number(espooPid), 'SIGKILL');
const isAway = async (): Promise<boolean> => {
  const { missing } = await exportAll(core);
  return missing.length > 0;
};
while (!(await isAway())) await setTimeout(100);
const exported = await exportAll(core);
assert.ok(exported.missing.every(({ name }) => name === 'espoo'));
assert.ok(exported.arrived.some(({ name, records }) => name === 'helsinki' && records.length > 0));
step('everything is downloaded: the holder that is down is named');

const stopped = await stopService(core, asked.request.claims.service);
const [byLog] = stopped.done;
assert.ok(byLog?.how.by === 'log' && byLog.how.proven);
const goneOn = await finish(core);
assert.ok(goneOn.done.every(({ how }) => how.by === 'log'));
step('all by the service is stopped: the holder that is away hears of it through the log');

const [, tablet] = (await devices(core)).devices;
assert.ok(tablet?.label === 'tablet');
const revoked = await revokeDevice(core, tablet.keys, null);
assert.deepEqual(revoked.done.map(({ name, how }) => [name, how.by, how.by === 'log' && how.proven]).toSorted(), [
  ['espoo', 'log', true],
  ['helsinki', 'holder', false],
]);
assert.notEqual(aitta.run(...TABLET, 'log', 'helsinki').code, 0);
step('a lost device is revoked with one act, through the log where the holder is away');

writeFileSync(join(folder, 'paper.code'), code.toPaper(), { mode: 0o600 });
const recoverArguments = ['recover', '--federation', federationFile, '--code', 'paper.code', '--dry-run'];
const recovered = aitta.run('wallet', '--wallet', 'wallet-lost', ...recoverArguments);
assert.ok(JSON.stringify(recovered.json).includes('helsinki'), JSON.stringify(recovered));
step("the printed code is one that the other wallet's program knows");

/**
 * The devices of this wallet, at every organisation: which there are, one more, and one that is lost or sold is revoked with one act.
 *
 * - `devices(core)` lists them: this one, those whose code this one took in, the one that took this one in, and keys that others added.
 * - `deviceCode(core)`, on the new device, gives the text that `addDevice(core, text, …)`, on the one that has the wallet, takes in:
 *   it signs at every organisation. The new device logs in there afterwards (`beginEnrolment`).
 * - `revokeDevice(core, keys, since)` revokes keys everywhere; `rotateKeys(core, paper)` puts fresh ones in the place of this device's,
 *   which only one device may: `unrotatable(core)` names where this one may not.
 *
 * Whoever was not reached is `Missing` in what these give; what is to be done there is remembered, and `finish` goes on with it.
 */

import { deviceCodeToText, DeviceCodeFault, type DeviceKeys, parseDeviceCode } from '../keys/device-code.ts';
import { mayRotate } from '../keys/key-change.ts';
import { keyAmong, ownKey, replay } from '../keys/key-log.ts';
import type { RecoveryCode } from '../keys/recovery-code.ts';
import { RecoveryRoot } from '../keys/root.ts';
import { Signed } from '../protocol/cose.ts';
import type { PublicKey } from '../protocol/crypto/signing.ts';
import type { Kid, Principal } from '../protocol/ids.ts';
import { KeyEvent, type KeyState } from '../protocol/key-event/index.ts';
import { type Core, isMissing, type Missing } from './core.ts';
import { notePaper } from './enrol.ts';
import { allHolders, allLogs, knownHolders, type KnownLog, ownLog } from './key-logs.ts';
import { changeKeys, type KeysChanged } from './key-tasks.ts';
import { codeShown, deviceKnown, type KeyTask } from './state.ts';

/** A key that speaks for the citizen at one organisation now. */
export interface DeviceKeyAt {
  readonly holder: Principal;
  /** The organisation's short name. */
  readonly name: string;
  readonly key: Kid;
  readonly signs: boolean;
  /** Whether it adds and revokes devices. */
  readonly manages: boolean;
}

/** A device, as far as this one can tell that several keys are one device's. */
export interface WalletDevice {
  readonly isThis: boolean;
  /** What the person called it here; null for this one, and for what this one did not take in. */
  readonly label: string | null;
  /** At most one at each organisation. */
  readonly keys: readonly DeviceKeyAt[];
}

/** All devices. Where an organisation was not reached, what was last seen there is told. @throws {StorageFault} */
export async function devices(
  core: Core,
): Promise<{ readonly devices: readonly WalletDevice[]; readonly missing: readonly Missing[] }> {
  const { logs, missing } = await allLogs(core);
  const known = core.state.knownDevices;
  const own: DeviceKeyAt[] = [];
  const taken = known.map((): DeviceKeyAt[] => []);
  const adder: DeviceKeyAt[] = [];
  const others: WalletDevice[] = [];
  for (const log of logs) {
    const keys = keysIn(log);
    const mine = await keyAmong(
      core.custody,
      log.holder,
      log.state,
      keys.map(({ key }) => key),
    );
    const placeOf = new Map(
      known.flatMap((device, at): readonly [Kid, number][] => {
        const first = device.keys.get(log.holder);
        return first === undefined ? [] : [[keyNow(log, first), at]];
      }),
    );
    const addedBy = mine && adderOf(log, mine.signer.key);
    for (const key of keys) {
      const place = taken[placeOf.get(key.key) ?? -1];
      if (mine?.signer.key.kid === key.key) own.push(key);
      else if (place !== undefined) place.push(key);
      else if (key.key === addedBy) adder.push(key);
      else others.push({ isThis: false, label: null, keys: [key] });
    }
  }
  const labelled = known.flatMap(({ label }, at) => {
    const keys = taken[at] ?? [];
    return keys.length > 0 ? [{ isThis: false, label, keys }] : [];
  });
  const unlabelled = adder.length > 0 ? [{ isThis: false, label: null, keys: adder }, ...others] : others;
  return { devices: [{ isThis: true, label: null, keys: own }, ...labelled, ...unlabelled], missing };
}

/** Which key the device has now that took this one in: its code was shown to one device, so that it is the same one everywhere. */
function adderOf(log: KnownLog, own: PublicKey): Kid | null {
  for (const { bytes } of log.events) {
    const { kid, unverified } = Signed.decode(KeyEvent, bytes);
    if (unverified.change.kind === 'add' && unverified.change.device.key.equals(own)) return keyNow(log, kid);
  }
  return null;
}

function keysIn({ holder, name, state }: KnownLog): readonly DeviceKeyAt[] {
  return state.devices
    .filter(({ revokedSeq }) => revokedSeq === null)
    .map(({ device: { key, roles } }) => ({ holder, name, key: key.kid, signs: roles.sign, manages: roles.manage }));
}

/** Which key a device has now: a rotation that replaces one key by one other was made by the device that had it. */
function keyNow({ events, state }: KnownLog, first: Kid): Kid {
  const rotations = new Set(
    events.flatMap(({ bytes }) => {
      const { change, seq } = Signed.decode(KeyEvent, bytes).unverified;
      return change.kind === 'rotation' ? [seq] : [];
    }),
  );
  let now = first;
  for (let next: Kid | null = first; next !== null; next = successor(state, rotations, next)) now = next;
  return now;
}

function successor({ devices: all }: KeyState, rotations: ReadonlySet<bigint>, key: Kid): Kid | null {
  const seq = all.find(({ device }) => device.key.kid === key)?.revokedSeq ?? null;
  if (seq === null || !rotations.has(seq)) return null;
  const [came, more] = all.filter(({ addedSeq }) => addedSeq === seq);
  const isReplaced = all.filter(({ revokedSeq }) => revokedSeq === seq).length === 1 && more === undefined;
  return isReplaced && came !== undefined ? came.device.key.kid : null;
}

/** This device's code, for the device that has the wallet; for all that hold something of anybody. It holds no secret. @throws {StorageFault} */
export async function deviceCode(core: Core): Promise<string> {
  const keys = await Promise.all(
    allHolders(core).map(async (one) => [one, (await core.custody.signer(one, 'device', 0)).key] as const),
  );
  await core.keep(codeShown);
  return deviceCodeToText(new Map(keys));
}

/** What a person says of a device whose code they take in. */
export interface NewDevice {
  /** What they call it. */
  readonly label: string;
  /** Whether it may add and revoke devices, as this one may. */
  readonly manages: boolean;
}

/**
 * Takes another device's code in: it may sign wherever this wallet is enrolled now. @throws {DeviceCodeFault} @throws {StorageFault}
 */
export async function addDevice(core: Core, text: string, { label, manages }: NewDevice): Promise<KeysChanged> {
  const keys = await keysOfOther(core, text);
  const here = knownHolders(core).flatMap((holder): readonly KeyTask[] => {
    const key = keys.get(holder);
    return key === undefined ? [] : [{ kind: 'add', holder, key: key.bytes, manages }];
  });
  if (here.length === 0) throw new DeviceCodeFault('device-code-elsewhere');
  await core.keep(deviceKnown(knownDevice(label, keys)));
  return changeKeys(core, here);
}

async function keysOfOther(core: Core, text: string): Promise<DeviceKeys> {
  const keys = parseDeviceCode(text);
  for (const [organisation, key] of keys) {
    const own = await core.custody.signer(organisation, 'device', 0);
    if (own.key.equals(key)) throw new DeviceCodeFault('device-code-own');
  }
  return keys;
}

function knownDevice(label: string, keys: DeviceKeys): Parameters<typeof deviceKnown>[0] {
  return { label, keys: new Map([...keys].map(([organisation, key]) => [organisation, key.kid])) };
}

/**
 * Revokes these keys, each at its organisation: what they sign from now on counts nowhere, nor what they signed from
 * `compromisedSince` on. Given all keys of a device, it is one act. @throws {StorageFault}
 */
export function revokeDevice(
  core: Core,
  keys: readonly Pick<DeviceKeyAt, 'holder' | 'key'>[],
  compromisedSince: bigint | null,
): Promise<KeysChanged> {
  return changeKeys(
    core,
    keys.map(({ holder, key }) => ({ kind: 'revoke', holder, key, compromisedSince })),
  );
}

/**
 * Where this device may not put fresh keys, nor another paper, in place now: another device has the controlling keys, or something
 * waits to replace all of them. Asked before a paper is printed, since one that counts in some places only is worth little.
 */
export async function unrotatable(core: Core): Promise<readonly Principal[]> {
  const { logs } = await allLogs(core);
  const asked = await Promise.all(
    logs.map(async ({ holder }) => ((await mayRotate(ownLog(core, holder))) ? [] : holder)),
  );
  return asked.flat();
}

/**
 * Puts fresh keys in the place of this device's, at every organisation. With `paper` another printed code counts from now on; the old
 * one no more, once 72 hours have passed: its lines are printed before this is called. @throws {StorageFault}
 */
export async function rotateKeys(core: Core, paper: RecoveryCode | null): Promise<KeysChanged> {
  if (paper !== null) await notePaper(core, paper);
  const root = paper && new RecoveryRoot(paper);
  const tasks = await Promise.all(
    knownHolders(core).map((holder) =>
      core.orMissing(holder, null, async (): Promise<{ readonly task: KeyTask }> => {
        const { custody, events, nowSecs } = ownLog(core, holder);
        const { signer } = await ownKey(custody, holder, replay(holder, events, nowSecs));
        return { task: { kind: 'rotate', holder, from: signer.key.kid, recovery: root && root.digest(holder) } };
      }),
    ),
  );
  const changed = await changeKeys(
    core,
    tasks.flatMap((one) => (isMissing(one) ? [] : [one.task])),
  );
  return { ...changed, missing: [...tasks.filter(isMissing), ...changed.missing] };
}

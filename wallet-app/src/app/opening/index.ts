/** From a page that was loaded to an open wallet: what this browser can keep, where the federation is, and the wallet's memory. */

import { browserCaller } from '../../client/caller.ts';
import { systemRandom } from '../../crypto/random.ts';
import { BrowserCustody } from '../../keys/browser-custody.ts';
import type { Custody } from '../../keys/custody.ts';
import { openIndexedDb } from '../../keys/indexed-db.ts';
import { browserPersistence } from '../../keys/persistence.ts';
import { advise, type Advice, probe } from '../../keys/probe.ts';
import type { RecoveryCode } from '../../keys/recovery-code.ts';
import type { Storage } from '../../keys/storage.ts';
import { Core } from '../../wallet/core.ts';
import { notePaper } from '../../wallet/enrol.ts';
import { type Federation, readFederation } from '../../wallet/federation.ts';
import type { Theme } from '../browser/theme.ts';
import { readTheme } from './theme.ts';

/** Before any keys are touched. */
export interface Ground {
  readonly storage: Storage | null;
  readonly advice: Advice;
  readonly federation: Federation;
  readonly theme: Theme;
}

/** The wallet's own files did not come. */
export class NotServed extends Error {
  override readonly name = 'NotServed';
  readonly code = 'not-served';
}

/** @throws {NotServed} @throws {ShapeFault} when what the city wrote does not read. */
export async function layGround(): Promise<Ground> {
  const [federation, theme, browser] = await Promise.all([own('/federation.json'), own('/theme.json'), tried()]);
  return { ...browser, federation: readFederation(federation), theme: readTheme(theme) };
}

/** What this browser keeps. Never fails. */
async function tried(): Promise<Pick<Ground, 'storage' | 'advice'>> {
  const storage = await openIndexedDb(indexedDB).catch(() => null);
  return { storage, advice: advise(await probe(storage)) };
}

/**
 * Opens the wallet. With the printed code that its keys were locked under, a wallet that knows of none yet takes it for its own, once
 * the directory was looked at: there is one paper. @throws {CallFault} @throws {StorageFault} @throws {FormatFault}
 */
export async function openCore(
  storage: Storage,
  federation: Federation,
  custody: Custody,
  paper: RecoveryCode | null,
): Promise<Core> {
  const core = await Core.open({
    caller: browserCaller(),
    storage,
    custody,
    federation,
    persistence: browserPersistence(),
  });
  if (paper !== null && core.state.recoveryDigests.size === 0) {
    await core.looked();
    await notePaper(core, paper);
  }
  return core;
}

/** Keys that the browser keeps. */
export function keptByBrowser(storage: Storage): Custody {
  return new BrowserCustody(storage, systemRandom);
}

async function own(path: string): Promise<Uint8Array> {
  try {
    const response = await fetch(path);
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw new NotServed('the wallet cannot be reached', { cause });
  }
  throw new NotServed('the wallet is not served as it must be');
}

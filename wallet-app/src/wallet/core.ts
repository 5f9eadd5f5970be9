/** An open wallet: its keys, its memory, and the federation that it belongs to. */

import { BlinderClient } from '../client/blinder.ts';
import type { Caller } from '../client/caller.ts';
import { DirectoryClient, type RegistryCopy } from '../client/directory/index.ts';
import { forkBetween, joinKept, type Kept, laterView, NOTHING_KEPT } from '../client/directory/held.ts';
import type { View } from '../protocol/tlog/view.ts';
import { CallFault } from '../client/fault.ts';
import { ShapeFault } from '../client/json.ts';
import { type CommandOutcome, NodeClient } from '../client/node.ts';
import type { Custody } from '../keys/custody.ts';
import { KeysFault, type OrganisationSigner, signerIn } from '../keys/key-log.ts';
import { askToPersist, type Persistence } from '../keys/persistence.ts';
import { type Storage, type Stored, writeOver } from '../keys/storage.ts';
import { equalBytes } from '../protocol/bytes.ts';
import { sha256 } from '../protocol/crypto/hash.ts';
import type { PodId, Principal } from '../protocol/ids.ts';
import type { Registry } from '../protocol/registry/index.ts';
import { type Order, signOrder } from './commands.ts';
import type { Federation } from './federation.ts';
import { Labels } from './labels.ts';
import { FormatFault, Memory } from './memory.ts';
import { acknowledged, all, type Act, deposited, evidenceSeen, type WalletState } from './state.ts';

/** Under which key the directory's last good copy lies. */
const REGISTRY_KEY = 'registry';
const REGISTRY_FORMAT = 1;

interface KeptRegistry {
  readonly format: number;
  readonly kept: Kept;
}

/** @throws {FormatFault} */
function keptRegistry(stored: Stored | null): Kept | null {
  // This program wrote it, and pages of other origins cannot.
  const found = stored && (stored.value as KeptRegistry);
  if (found !== null && found.format !== REGISTRY_FORMAT) throw new FormatFault();
  // What came later is missing from a copy of before.
  return found && { ...NOTHING_KEPT, ...found.kept };
}

/**
 * How long a look at the directory stands, in seconds: before anything is done after that, the directory is looked at again. Nodes look
 * each 30 s, and what is taken back reaches all of them within 5 minutes; and one that hangs is waited for once in this time.
 */
export const LOOK_STANDS_SECS = 60n;

/**
 * Most pages of one answer: with more than half of an answer on each, 64 megabytes of records, or 12,800 entries of a log at once. A
 * holder that goes on after that answers without end.
 */
export const MAX_PAGES = 128;

/** What a wallet is made of. */
export interface Parts {
  readonly caller: Caller;
  readonly storage: Storage;
  readonly custody: Custody;
  readonly federation: Federation;
  /** What asks the browser to keep the storage; without it nobody is asked. */
  readonly persistence?: Persistence | null;
}

/** An organisation that did not do its part: named, and the rest goes on. */
export interface Missing {
  readonly holder: Principal;
  /** Its short name. */
  readonly name: string;
  readonly pod: PodId | null;
  /** Why: it was not reached, refused or is not believed; or no key of this device counts there any more. */
  readonly fault: CallFault | KeysFault;
}

export class Core {
  readonly caller: Caller;
  readonly custody: Custody;
  readonly federation: Federation;
  readonly directory: DirectoryClient;
  readonly #storage: Storage;
  readonly #persistence: Persistence | null;
  readonly #memory: Memory;
  #copy: RegistryCopy;
  #registryRevision: number | null;
  /** The look that goes on. */
  #looking: Promise<void> | null = null;
  /** When the last one ended. */
  #lookedSecs: bigint | null = null;
  readonly #labels: Map<Principal, { readonly digest: Uint8Array; readonly labels: Labels }> = new Map();

  private constructor(
    parts: Parts,
    directory: DirectoryClient,
    memory: Memory,
    copy: RegistryCopy,
    revision: number | null,
  ) {
    this.caller = parts.caller;
    this.custody = parts.custody;
    this.federation = parts.federation;
    this.directory = directory;
    this.#storage = parts.storage;
    this.#persistence = parts.persistence ?? null;
    this.#memory = memory;
    this.#copy = copy;
    this.#registryRevision = revision;
  }

  /**
   * Opens the wallet with what it kept; nobody is called. Its registry is good to show while it is not a day old. Before anything is
   * done with it, the directory is looked at: `looked`. @throws {StorageFault} @throws {FormatFault} @throws {CallFault}
   */
  static async open(parts: Parts): Promise<Core> {
    const { caller, storage, federation } = parts;
    const memory = await Memory.open(storage);
    const stored = await storage.read(REGISTRY_KEY);
    const { directory: url, witnesses, mirrors } = federation;
    const directory = new DirectoryClient(caller, url, witnesses, mirrors);
    const copy = directory.before(federation.anchor, keptRegistry(stored) ?? NOTHING_KEPT);
    return new Core(parts, directory, memory, copy, stored?.revision ?? null);
  }

  /**
   * Looks at the directory unless somebody did a moment ago (`LOOK_STANDS_SECS`): before anything is done. One look is for all that ask
   * meanwhile; one that failed is begun again by whoever comes next. @throws {CallFault} @throws {StorageFault}
   */
  looked(): Promise<void> {
    if (this.#stands()) return Promise.resolve();
    this.#looking ??= this.refresh().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  #stands(): boolean {
    if (this.#lookedSecs === null) return false;
    const ageSecs = this.caller.nowSecs() - this.#lookedSecs;
    // A clock that was set back says nothing.
    return ageSecs >= 0n && ageSecs < LOOK_STANDS_SECS;
  }

  /** Takes in what another window has remembered. @throws {StorageFault} @throws {FormatFault} */
  recall(): Promise<void> {
    return this.#memory.refresh();
  }

  /**
   * Looks at the directory; what is kept stands in for one that is away, until it is a day old. @throws {CallFault}
   * @throws {StorageFault}
   */
  async refresh(): Promise<void> {
    await this.recall();
    const before = this.#copy.kept;
    const looked = await this.keepingEvidence(() => this.directory.registry(this.federation.anchor, before));
    const meanwhile = this.#copy.kept;
    this.#copy = looked;
    if (meanwhile !== before) await this.#join(meanwhile);
    await this.keepEvidence(looked.troubles);
    await this.#keepRegistry();
    // From its end, so that one that took long is not begun again by the next act.
    this.#lookedSecs = this.caller.nowSecs();
  }

  /** Whether the browser keeps what is stored, also when its disk fills. Asks for that once; a person may be asked. Never fails. */
  isPersistent(): Promise<boolean> {
    return askToPersist(this.#storage, this.#persistence);
  }

  get state(): WalletState {
    return this.#memory.state;
  }

  get copy(): RegistryCopy {
    return this.#copy;
  }

  get registry(): Registry {
    return this.#copy.registry;
  }

  /** @throws {StorageFault} */
  keep(...acts: readonly Act[]): Promise<void> {
    return this.#memory.keep(all(acts));
  }

  /** Keeps what proves to others that somebody lied. @throws {StorageFault} */
  async keepEvidence(faults: readonly CallFault[]): Promise<void> {
    const found = faults.flatMap(({ evidence }) => (evidence === null ? [] : [evidenceSeen(evidence)]));
    if (found.length > 0) await this.keep(...found);
  }

  /** What a call brings; when it fails since somebody lied, what proves it is kept before the fault goes on. @throws {CallFault} */
  async keepingEvidence<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (thrown) {
      if (thrown instanceof CallFault) await this.keepEvidence([thrown]);
      throw thrown;
    }
  }

  /** Remembers how far the directory's log was seen: never less far than before. @throws {StorageFault} */
  async viewed(view: View | null): Promise<void> {
    await this.#join({ ...this.#copy.kept, view });
    await this.#keepRegistry();
  }

  /** @throws {StorageFault} */
  #keepRegistry(): Promise<void> {
    const write = async (): Promise<void> => {
      const value: KeptRegistry = { format: REGISTRY_FORMAT, kept: this.#copy.kept };
      const replaces = this.#registryRevision;
      await this.#storage.write([{ key: REGISTRY_KEY, value, replaces }]);
      this.#registryRevision = (replaces ?? 0) + 1;
    };
    // Another tab looked too: what it saw was checked as well, and neither takes back what the other saw.
    return writeOver(write, async () => {
      const stored = await this.#storage.read(REGISTRY_KEY);
      this.#registryRevision = stored?.revision ?? null;
      const theirs = keptRegistry(stored);
      if (theirs !== null) await this.#join(theirs);
    });
  }

  /** Joins what was seen elsewhere with what this window holds. */
  async #join(theirs: Kept): Promise<void> {
    const { kept: ours } = this.#copy;
    const nowSecs = this.caller.nowSecs();
    const fork = forkBetween(ours.view, theirs.view, nowSecs);
    const joined =
      theirs.statements === ours.statements
        ? { kept: { ...ours, view: laterView(ours.view, theirs.view) } }
        : joinKept(this.federation.anchor, ours, theirs, nowSecs);
    this.#copy = { ...this.#copy, ...joined };
    if (fork !== null) await this.keep(evidenceSeen(fork));
  }

  /** What people and files call an organisation. */
  nameOf(principal: Principal): string {
    return this.registry.organisation(principal)?.membership.claims.name ?? principal;
  }

  /** @throws {CallFault} */
  node(principal: Principal): NodeClient {
    return NodeClient.find(this.caller, this.registry, principal);
  }

  /** @throws {CallFault} when the federation names none. */
  blinder(): BlinderClient {
    const known = this.federation.blinder;
    if (known === null) throw new CallFault('ours', 'the blinder', 'the federation names no blinder');
    return new BlinderClient(this.caller, known.url, { public: known.public, epoch: known.epoch });
  }

  /** What signs at an organisation. @throws {KeysFault} */
  signer(organisation: Principal): Promise<OrganisationSigner> {
    const enrolled = this.state.organisations.get(organisation);
    if (enrolled === undefined) throw new KeysFault('not-enrolled');
    return signerIn(this.custody, organisation, enrolled.events, this.caller.nowSecs());
  }

  /** Where the wallet is enrolled, with the pods there. */
  enrolled(): readonly { readonly holder: Principal; readonly name: string; readonly pods: readonly PodId[] }[] {
    return [...this.state.organisations].flatMap(([holder, { name, pods }]) =>
      pods.length > 0 ? [{ holder, name, pods: pods.map(({ pod }) => pod) }] : [],
    );
  }

  /** Has a holder do something, and remembers its signed word. @throws {CallFault} @throws {KeysFault} @throws {StorageFault} */
  async order(order: Order, ...more: readonly Act[]): Promise<CommandOutcome> {
    const by = await this.signer(order.holder);
    const make = (bound: Parameters<typeof signOrder>[2]): ReturnType<typeof signOrder> =>
      signOrder(order, by, bound, this.caller.nowSecs(), this.caller.random);
    const outcome = await this.node(order.holder).command(this.registry, make);
    await this.keep(acknowledged(order.pod, outcome.acknowledgement), ...more);
    return outcome;
  }

  /** Deposits a grant, and remembers that its holder has it. */
  async deposit(grant: {
    id: Parameters<typeof deposited>[0];
    holder: Principal;
    pod: PodId;
    bytes: Uint8Array;
  }): Promise<void> {
    const { holder, pod, bytes } = grant;
    await this.order({ holder, pod, action: { kind: 'deposit', grant: bytes } }, deposited(grant.id));
  }

  /**
   * All pages of what a command brings, read one by one. @throws {CallFault} also when a page does not read, leads on with nothing on
   * it, or comes after `MAX_PAGES` others.
   */
  async pages<T extends { readonly count: number; readonly nextSkip: bigint | null }>(
    order: (skip: bigint) => Order,
    read: (result: Uint8Array) => T,
  ): Promise<readonly T[]> {
    const pages: T[] = [];
    for (let skip: bigint | null = 0n; skip !== null;) {
      const asked: bigint = skip;
      const one = order(asked);
      const { result } = await this.order(one);
      const page = this.reading(one.holder, () => {
        const page = read(result);
        const { count, nextSkip } = page;
        if (nextSkip === null) return page;
        if (count === 0 || nextSkip <= asked) throw new ShapeFault('a page leads nowhere further');
        if (pages.length + 1 >= MAX_PAGES) throw new ShapeFault(`there are more than ${MAX_PAGES} pages`);
        return page;
      });
      pages.push(page);
      skip = page.nextSkip;
    }
    return pages;
  }

  /** Reads what a holder sent; what has no such shape is not believed. @throws {CallFault} */
  reading<T>(holder: Principal, read: () => T): T {
    try {
      return read();
    } catch (thrown) {
      if (!(thrown instanceof ShapeFault)) throw thrown;
      const whom = this.nameOf(holder);
      throw new CallFault('not-believed', whom, `the answer of ${whom} is not believed: ${thrown.message}`, {
        cause: thrown,
      });
    }
  }

  /** What these holders call record types and fields, as `labelling` says. */
  labels(holders: readonly Principal[]): Promise<Labels> {
    return this.labelling()(holders);
  }

  /**
   * For one look: what holders call record types and fields, the first named first; a holder that does not answer is asked once. Only
   * a holder speaks for what it holds: not a suspended one, nor a member that is none; and a catalogue that is not the one whose digest
   * it signed could mislead, so it is left out. Those that do not answer are left out too.
   */
  labelling(): (holders: readonly Principal[]) => Promise<Labels> {
    const asked = new Map<Principal, Promise<Labels | null>>();
    const labelsOf = (holder: Principal): Promise<Labels | null> => {
      const labels = asked.get(holder) ?? this.#labelsOf(holder);
      asked.set(holder, labels);
      return labels;
    };
    return async (holders) => {
      const found = await Promise.all(holders.map(labelsOf));
      return found.reduce<Labels>((labels, more) => (more === null ? labels : labels.with(more)), Labels.none());
    };
  }

  async #labelsOf(holder: Principal): Promise<Labels | null> {
    const member = this.registry.organisation(holder);
    const digest = member?.profile?.claims.catalogue ?? null;
    if (member === undefined || digest === null || !member.membership.claims.roles.includes('holder')) return null;
    const known = this.#labels.get(holder);
    // Those of the very catalogue that it signed: they hold, whether or not it answers now.
    if (known !== undefined && equalBytes(known.digest, digest)) return known.labels;
    try {
      const catalogue = await NodeClient.of(this.caller, member).catalogue();
      if (!equalBytes(sha256(catalogue), digest)) return null;
      const labels = Labels.of(catalogue);
      this.#labels.set(holder, { digest, labels });
      return labels;
    } catch (thrown) {
      if (thrown instanceof CallFault || thrown instanceof ShapeFault) return null;
      throw thrown;
    }
  }

  /** What came, or the holder's fault as somebody who is missing. Faults of our own go on as exceptions. */
  async orMissing<T>(holder: Principal, pod: PodId | null, call: () => Promise<T>): Promise<T | Missing> {
    try {
      return await call();
    } catch (thrown) {
      if (!(thrown instanceof CallFault || thrown instanceof KeysFault)) throw thrown;
      return { holder, name: this.nameOf(holder), pod, fault: thrown };
    }
  }
}

/** Whether it is somebody who is missing. */
export function isMissing(found: object): found is Missing {
  return 'fault' in found && (found.fault instanceof CallFault || found.fault instanceof KeysFault);
}

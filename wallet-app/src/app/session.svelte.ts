/** The wallet that is open in this window, and what the pages see of it. */

import type { RecoveryCode } from '../keys/recovery-code.ts';
import type { Registry } from '../protocol/registry/index.ts';
import type { Core } from '../wallet/core.ts';
import type { WalletState } from '../wallet/state.ts';
import { beginForgotten } from './browser/anew.ts';
import { type Theme, wear } from './browser/theme.ts';
import type { Ground } from './opening/index.ts';

/** How far the wallet is. */
export type Phase =
  | { readonly is: 'opening' }
  /** This browser keeps nothing: another one is needed. */
  | { readonly is: 'unusable' }
  /** This browser keeps no keys: what they are made of lies locked, or is to be made. */
  | { readonly is: 'locked' }
  | { readonly is: 'failed'; readonly fault: unknown }
  | { readonly is: 'open' };

/** On which channel windows of the wallet tell each other of what they have in common. */
const CHANNEL = 'aitta-remembered';
/** What they tell: that something is remembered anew, or that all of it was forgotten. Nothing else. */
type ToldOthers = 'remembered' | 'forgotten';

class Session {
  phase: Phase = $state.raw({ is: 'opening' });
  theme: Theme | null = $state.raw(null);
  /** What the wallet remembers, as of the last act. */
  state: WalletState | null = $state.raw(null);
  /** The registry that is gone by: what was kept until the directory was looked at; null while nothing that counts is there. */
  registry: Registry | null = $state.raw(null);
  ground: Ground | null = null;
  #core: Core | null = null;
  readonly #others = new BroadcastChannel(CHANNEL);

  constructor() {
    this.#others.addEventListener('message', ({ data }: MessageEvent<ToldOthers>) => {
      if (data === 'forgotten') beginForgotten();
      else void this.#recall();
    });
    document.addEventListener('visibilitychange', () => void this.#comeBack());
  }

  get core(): Core {
    if (this.#core === null) throw new Error('pages are shown once the wallet is open');
    return this.#core;
  }

  async open(): Promise<void> {
    this.phase = { is: 'opening' };
    try {
      const { layGround, keptByBrowser } = await import('./opening/index.ts');
      const ground = await layGround();
      this.ground = ground;
      this.theme = ground.theme;
      wear(ground.theme);
      if (ground.storage === null || ground.advice === 'unusable') this.phase = { is: 'unusable' };
      else if (ground.advice === 'wrapped') this.phase = { is: 'locked' };
      else await this.openWith(keptByBrowser(ground.storage));
    } catch (fault) {
      this.phase = { is: 'failed', fault };
    }
  }

  /** Opens the wallet with whatever keeps its keys; `paper` when these were locked under it and it was just typed or made. */
  async openWith(custody: Core['custody'], paper: RecoveryCode | null = null): Promise<void> {
    const storage = this.ground?.storage ?? null;
    if (this.ground === null || storage === null) throw new Error('the ground is laid first');
    this.phase = { is: 'opening' };
    try {
      const { openCore } = await import('./opening/index.ts');
      this.#core = await openCore(storage, this.ground.federation, custody, paper);
      this.#seen();
      this.phase = { is: 'open' };
    } catch (fault) {
      this.phase = { is: 'failed', fault };
      return;
    }
    // Nobody waits for it yet: whoever does something hears of a failure.
    void this.looked().catch(() => undefined);
  }

  /** The directory was looked at a moment ago. */
  looked(): Promise<void> {
    return this.act(() => Promise.resolve());
  }

  /**
   * Does something with the wallet, by a look at the directory that was a moment ago; pages see what is remembered since, also when it
   * failed half-way.
   */
  async act<T>(deed: (core: Core) => Promise<T>): Promise<T> {
    const { core } = this;
    try {
      await core.looked();
      return await deed(core);
    } finally {
      this.#seen();
    }
  }

  /** The wallet is forgotten on this device: no other window goes on with it. */
  tellForgotten(): void {
    this.#tell('forgotten');
  }

  #tell(what: ToldOthers): void {
    this.#others.postMessage(what);
  }

  #seen(): void {
    if (this.state !== this.core.state) this.#tell('remembered');
    this.state = this.core.state;
    this.registry = this.core.copy.standing.by === 'nobody' ? null : this.core.registry;
  }

  /** Shows what another window did: nobody is offered to do it once more. One that nobody sees waits until somebody does. */
  async #recall(): Promise<void> {
    if (this.phase.is !== 'open' || document.visibilityState !== 'visible') return;
    await this.core.recall().catch(() => undefined);
    this.state = this.core.state;
  }

  async #comeBack(): Promise<void> {
    await this.#recall();
    if (this.phase.is !== 'open' || document.visibilityState !== 'visible') return;
    // Nothing is shown of a failure: what a person does next says whether there is one.
    await this.looked().catch(() => undefined);
  }
}

export const session = new Session();

/** Whether the wallet can be installed as an app here, and asking for it. */

/** What Chromium's browsers send when they would install; no standard describes it, so TypeScript does not know it. */
interface InstallOffer extends Event {
  prompt(): Promise<unknown>;
}

class Installer {
  #offer: InstallOffer | null = $state.raw(null);
  #installed = $state(matchMedia('(display-mode: standalone)').matches);

  constructor() {
    // It comes once, soon after the start: whoever waits for the page that shows it misses it.
    addEventListener('beforeinstallprompt', (event) => {
      event.preventDefault();
      this.#offer = event as InstallOffer;
    });
    addEventListener('appinstalled', () => {
      this.#installed = true;
      this.#offer = null;
    });
  }

  get isInstalled(): boolean {
    return this.#installed;
  }

  /** Whether the browser asks the person when it is told to. Others have it in their menu. */
  get isOffered(): boolean {
    return this.#offer !== null;
  }

  async install(): Promise<void> {
    const offer = this.#offer;
    // An offer can be taken up once.
    this.#offer = null;
    await offer?.prompt();
  }
}

export const installer = new Installer();

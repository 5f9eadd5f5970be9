/** The service worker, with which the wallet opens without a network. */

/** The part of Trusted Types that is used here; TypeScript does not know them yet. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ): { createScriptURL(url: string): string };
}

const WORKER = '/sw.js';

/** Registers it. A browser that has none shows the wallet all the same. */
export async function keepOffline(): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  const policy = types?.createPolicy('aitta-worker', {
    createScriptURL: (url) => {
      if (url !== WORKER) throw new TypeError('there is one worker');
      return url;
    },
  });
  try {
    await navigator.serviceWorker.register(policy?.createScriptURL(WORKER) ?? WORKER);
  } catch {
    // Private windows refuse: then the wallet needs the network, which is said when it is away.
  }
}

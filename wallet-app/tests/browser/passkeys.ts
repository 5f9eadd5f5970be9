/** A browser that keeps no keys, on a device with a passkey: the way in through WebAuthn's PRF extension, by a virtual authenticator. */

import type { BrowserContext, CDPSession, Page } from 'playwright-core';

/** As lockdown modes and older browsers: Ed25519 keys are not made here. */
export async function withoutOwnKeys(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const generate = crypto.subtle.generateKey.bind(crypto.subtle) as (...given: unknown[]) => Promise<unknown>;
    Object.defineProperty(crypto.subtle, 'generateKey', {
      value: (algorithm: unknown, ...more: unknown[]) =>
        algorithm === 'Ed25519'
          ? Promise.reject(new DOMException('not here', 'NotSupportedError'))
          : generate(algorithm, ...more),
    });
  });
}

/** A built-in authenticator, whose person is there and is who they are. */
export async function authenticator(page: Page): Promise<Authenticator> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      hasPrf: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return new Authenticator(session, authenticatorId);
}

export class Authenticator {
  readonly #session: CDPSession;
  readonly #id: string;

  constructor(session: CDPSession, id: string) {
    this.#session = session;
    this.#id = id;
  }

  /** Whether whoever holds the device is known to it: a finger, a face, a PIN. */
  async knowsThePerson(isKnown: boolean): Promise<void> {
    await this.#session.send('WebAuthn.setUserVerified', { authenticatorId: this.#id, isUserVerified: isKnown });
  }
}

/**
 * Passkeys as far as the wallet needs them: 32 bytes that one authenticator alone makes again, once it has verified whose it is (WebAuthn
 * Level 3, the PRF extension of §10.1.4). Nobody logs in with them: there is no server that a challenge could be of, and nothing that
 * the authenticator signs is looked at.
 */

import { own } from '../crypto/aead.ts';
import type { Random } from '../crypto/random.ts';

/** Bytes of a challenge, a user handle and a salt: as many as WebAuthn asks for at least, and more than anybody guesses. */
const RANDOM_BYTES = 32;
/** ES256, EdDSA and RS256: one of them every authenticator has. */
const ALGORITHMS = [-7, -8, -257];

/** The browser's part of it: `navigator.credentials`. */
export type Credentials = Pick<CredentialsContainer, 'create' | 'get'>;

/** Whose passkeys they are. */
export interface RelyingParty {
  /** The host of the wallet: no other site gets at them. */
  readonly id: string;
  /** What the person's list of passkeys calls it. */
  readonly name: string;
}

/** Which passkey it is, and for what it is asked. Neither is a secret. */
export interface Passkey {
  readonly credential: Uint8Array;
  readonly salt: Uint8Array;
}

export type PasskeyCode =
  /** The person stopped it, was too slow, or the passkey is gone: browsers do not tell these apart. */
  | 'passkey-stopped'
  /** What keeps passkeys here cannot do it. */
  | 'passkey-unable';

const WHAT: Readonly<Record<PasskeyCode, string>> = {
  'passkey-stopped': 'no passkey was used: try again, or use the recovery code',
  'passkey-unable': 'this device keeps no passkeys that could unlock the wallet: use the recovery code',
};

/** Why a passkey did not give its bytes. */
export class PasskeyFault extends Error {
  override readonly name = 'PasskeyFault';
  readonly code: PasskeyCode;

  constructor(code: PasskeyCode, cause?: unknown) {
    super(WHAT[code], cause === undefined ? {} : { cause });
    this.code = code;
  }
}

/** Making and asking them. */
export class Passkeys {
  readonly #credentials: Credentials;
  readonly #party: RelyingParty;
  readonly #random: Random;

  constructor(credentials: Credentials, party: RelyingParty, random: Random) {
    this.#credentials = credentials;
    this.#party = party;
    this.#random = random;
  }

  /** Makes one, and what it gives. @throws {PasskeyFault} */
  async make(): Promise<{ readonly passkey: Passkey; readonly secret: Uint8Array }> {
    const salt = this.#random(RANDOM_BYTES);
    const { id, name } = this.#party;
    const made = await asked(
      this.#credentials.create({
        publicKey: {
          rp: { id, name },
          user: { id: own(this.#random(RANDOM_BYTES)), name, displayName: name },
          challenge: own(this.#random(RANDOM_BYTES)),
          pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
          // Resident: then the person sees it in their list of passkeys, and it goes along to what they keep there.
          authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
          extensions: { prf: { eval: { first: own(salt) } } },
        },
      }),
    );
    const passkey = { credential: new Uint8Array(made.rawId), salt };
    const { prf } = made.getClientExtensionResults();
    if (prf?.enabled !== true) throw new PasskeyFault('passkey-unable');
    // Most authenticators give it only when they are asked once more.
    return { passkey, secret: bytesOf(prf.results?.first) ?? (await this.ask(passkey)) };
  }

  /** What the passkey gives, the same each time. @throws {PasskeyFault} */
  async ask({ credential, salt }: Passkey): Promise<Uint8Array> {
    const found = await asked(
      this.#credentials.get({
        publicKey: {
          rpId: this.#party.id,
          challenge: own(this.#random(RANDOM_BYTES)),
          allowCredentials: [{ type: 'public-key', id: own(credential) }],
          userVerification: 'required',
          extensions: { prf: { eval: { first: own(salt) } } },
        },
      }),
    );
    const secret = bytesOf(found.getClientExtensionResults().prf?.results?.first);
    if (secret === null) throw new PasskeyFault('passkey-unable');
    return secret;
  }
}

async function asked(answer: Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const credential = await answer;
    if (credential !== null) return credential as PublicKeyCredential;
  } catch (thrown) {
    const name = thrown instanceof DOMException ? thrown.name : '';
    const isStopped = name === 'NotAllowedError' || name === 'AbortError';
    throw new PasskeyFault(isStopped ? 'passkey-stopped' : 'passkey-unable', thrown);
  }
  throw new PasskeyFault('passkey-stopped');
}

function bytesOf(source: BufferSource | undefined): Uint8Array | null {
  if (source === undefined) return null;
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice()
    : new Uint8Array(source).slice();
}

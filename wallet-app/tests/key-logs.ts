/** The key logs of one holder: found by a key's digest, and changed by whoever sends an event that holds. */

import { type HeldEvent, replay } from '../src/keys/key-log.ts';
import { base64url, fromBase64url } from '../src/protocol/base64.ts';
import { Signed } from '../src/protocol/cose.ts';
import type { PublicKey } from '../src/protocol/crypto/signing.ts';
import type { ObjectId, Principal } from '../src/protocol/ids.ts';
import { KeyEvent, type KeyChange, keyDigest, KeyState } from '../src/protocol/key-event/index.ts';
import { Refusal } from '../src/protocol/refusal.ts';
import { jsonOf, NOW, problemOf } from './server.ts';

export class KeyLogs {
  readonly organisation: Principal;
  readonly logs: Map<Principal, readonly HeldEvent[]> = new Map();
  /** What the desk binds in place of any log here. */
  desk: { readonly target: ObjectId; readonly due: number } | null = null;
  /** When events are logged that come now; null while the directory is away. */
  loggedSecs: bigint | null = NOW;
  /** Whether the person identified themselves for what comes now. */
  identified = false;
  readonly #clock: () => bigint;

  constructor(organisation: Principal, clock: () => bigint) {
    this.organisation = organisation;
    this.#clock = clock;
  }

  /** Binds a log. */
  bind(events: readonly HeldEvent[]): void {
    this.logs.set(replay(this.organisation, events, this.#clock()).principal, events);
  }

  /** What the log says now. */
  state(principal: Principal): KeyState {
    return replay(this.organisation, this.logs.get(principal) ?? [], this.#clock());
  }

  find(body: Uint8Array): Response {
    const { digest } = JSON.parse(new TextDecoder().decode(body)) as { readonly digest: string };
    const found = [...this.logs].filter(([, events]) =>
      events.some(({ bytes }) =>
        digestsIn(Signed.decode(KeyEvent, bytes).unverified.change).some((one) => base64url(one) === digest),
      ),
    );
    return jsonOf({
      logs: found.map(([principal, events]) => ({
        principal,
        events: events.map(({ bytes, taken }) => ({
          event: base64url(bytes),
          taken: Number(taken.takenSecs),
          logged: taken.loggedSecs === null ? null : Number(taken.loggedSecs),
          identified: taken.identified,
        })),
        desk: this.desk && { ...this.desk, ground: 'passport' },
      })),
    });
  }

  send(body: Uint8Array): Response {
    const { principal, event } = JSON.parse(new TextDecoder().decode(body)) as { principal: Principal; event: string };
    return this.take(principal, fromBase64url(event) ?? new Uint8Array(0)) ?? jsonOf({});
  }

  /** Takes an event in; gives the refusal. */
  take(principal: Principal, bytes: Uint8Array): Response | null {
    const taken = { takenSecs: this.#clock(), loggedSecs: this.loggedSecs, identified: this.identified };
    try {
      const event = Signed.decode(KeyEvent, bytes);
      this.state(principal).apply(event, taken);
      const { change } = event.unverified;
      if (change.kind === 'cancel' && change.target === this.desk?.target) this.desk = null;
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      return problemOf(403, { code: 'denied', title: 'No', detail: `${thrown.code}: no.` });
    }
    this.logs.set(principal, [...(this.logs.get(principal) ?? []), { bytes, taken }]);
    return null;
  }
}

function digestsIn(change: KeyChange): readonly Uint8Array[] {
  const devices = (keys: readonly { readonly key: PublicKey }[]): readonly Uint8Array[] =>
    keys.map(({ key }) => keyDigest(key));
  switch (change.kind) {
    case 'inception':
      return [...devices(change.devices), ...change.controls.recovery.map(({ digest }) => digest)];
    case 'add':
      return devices([change.device]);
    case 'rotation':
      return [...devices(change.devices ?? []), ...(change.recovery ?? []).map(({ digest }) => digest)];
    case 'recovery':
      return devices(change.devices);
    default:
      return [];
  }
}

/** The first step of a request: is it whom it says it is, meant for us, on this connection, now, and for the first time? */

import { equalBytes } from '../bytes.ts';
import type { Signed, Verified } from '../cose.ts';
import type { PublicKey } from '../crypto/signing.ts';
import type { Cti, Kid, Principal } from '../ids.ts';
import { CLOCK_SKEW_SECS, MAX_REQUEST_LIFETIME_SECS } from '../limits.ts';
import { refuse } from '../refusal.ts';
import type { Binding, Request } from '../request.ts';

/** The registered service that a request's key belongs to. */
export interface Caller {
  readonly service: Principal;
  readonly organisation: Principal;
  readonly key: PublicKey;
}

/** The connection that a request came on. */
export interface Channel {
  /** The libp2p peer's Ed25519 key. */
  readonly peer: Uint8Array | null;
  /** The TLS exporter (RFC 9266). */
  readonly exporter: Uint8Array | null;
  /** The holder's own origins. */
  readonly origins: readonly string[];
  /** The nonce that the holder handed out for this message. */
  readonly nonce: Cti | null;
}

/** Notes that an object was seen. @throws {Refusal} `replay`. */
export type Admit = (kid: Kid, cti: Cti, expires: bigint) => void;

/**
 * Judges a request in the order of `docs/protocol/request.md`, Rules 1 to 4. What was seen before is asked last, so that forgeries
 * fill no memory. @throws {Refusal}
 */
export function verifyRequest(
  signed: Signed<Request>,
  caller: Caller | null,
  holder: Principal,
  channel: Channel,
  nowSecs: bigint,
  admit: Admit,
): Verified<Request> {
  if (caller === null) refuse('key-unknown');
  const request = signed.verify(caller.key);
  const { issuer, audience, issued, expires, binding, nonce, cti } = request.claims;
  if (issuer !== caller.service) refuse('key-unknown');
  if (audience !== holder) refuse('audience');
  checkTime(issued, expires, nowSecs);
  checkChannel(binding, nonce, request.key, channel);
  admit(request.key.kid, cti, expires);
  return request;
}

function checkTime(issued: bigint, expires: bigint, nowSecs: bigint): void {
  if (issued > nowSecs + CLOCK_SKEW_SECS) refuse('issued-in-future');
  if (expires <= issued || expires - issued > MAX_REQUEST_LIFETIME_SECS) refuse('lifetime');
  if (expires <= nowSecs) refuse('expired');
}

function checkChannel(binding: Binding, nonce: Cti | null, key: PublicKey, channel: Channel): void {
  if (nonce !== channel.nonce || (binding.kind === 'origin' && nonce === null)) refuse('nonce');
  if (!isBound(binding, key, channel)) refuse('binding');
}

function isBound(binding: Binding, key: PublicKey, channel: Channel): boolean {
  switch (binding.kind) {
    case 'peer':
      return channel.peer !== null && equalBytes(channel.peer, binding.key) && equalBytes(key.bytes, binding.key);
    case 'exporter':
      return channel.exporter !== null && equalBytes(channel.exporter, binding.exporter);
    case 'origin':
      return channel.origins.includes(binding.origin);
  }
}

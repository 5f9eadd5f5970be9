/** What a wallet tells a holder: each command built from typed values, and signed for one connection. */

import type { Bound } from '../client/target.ts';
import type { Random } from '../crypto/random.ts';
import type { OrganisationSigner } from '../keys/key-log.ts';
import { type Action, Command } from '../protocol/command.ts';
import { sign, type Verified } from '../protocol/cose.ts';
import { Cti, type PodId, type Principal } from '../protocol/ids.ts';
import { Revocation, type Target } from '../protocol/revocation.ts';

/** How long a command counts, in seconds: a slow mobile network and clocks that differ; the protocol allows 120. */
export const COMMAND_LIFETIME_SECS = 60n;

/** Something to tell a holder, before it is known on which connection. */
export interface Order {
  readonly holder: Principal;
  readonly pod: PodId;
  readonly action: Action;
}

/** Signs it for the holder's origin with a nonce that the holder gave. */
export function signOrder(
  { holder, pod, action }: Order,
  by: OrganisationSigner,
  { binding, nonce }: Bound,
  nowSecs: bigint,
  random: Random,
): Promise<Verified<Command>> {
  const command: Command = {
    issuer: by.principal,
    subject: pod,
    audience: holder,
    expires: nowSecs + COMMAND_LIFETIME_SECS,
    issued: nowSecs,
    cti: Cti.of(random(Cti.length)),
    nonce,
    action,
    binding,
  };
  return sign(Command, command, by.signer);
}

/** Takes back, at the organisation whose key `by` is. It needs no connection: it counts whenever it arrives. */
export function signRevocation(
  target: Target,
  by: OrganisationSigner,
  nowSecs: bigint,
  random: Random,
): Promise<Verified<Revocation>> {
  const revocation: Revocation = {
    issuer: by.principal,
    audience: by.organisation,
    issued: nowSecs,
    cti: Cti.of(random(Cti.length)),
    target,
  };
  return sign(Revocation, revocation, by.signer);
}

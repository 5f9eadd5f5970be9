/** The federation as a wallet knows it before it calls anybody: handed out with the wallet, never asked of whoever is called. */

import { fixed, id, list, Members, parseJson, type ReadJson, ShapeFault, text, uint } from '../client/json.ts';
import { PublicKey } from '../protocol/crypto/signing.ts';
import { Principal } from '../protocol/ids.ts';
import type { Anchor } from '../protocol/registry/index.ts';

/** How many other organisations must have seen what the directory shows, unless said. */
export const USUAL_WITNESSES = 2;
/** Most witnesses that can be asked for: a note has so many signatures. */
const MAX_WITNESSES = 63n;
/** The largest epoch: it is written in 16 bits. */
const MAX_EPOCH = 0xffffn;

/** Where a federation is, and whom its statements begin with. */
export interface Federation {
  readonly directory: string;
  readonly mirrors: readonly string[];
  readonly witnesses: number;
  readonly anchor: Anchor;
  /** The blinder; without one no holder is found. */
  readonly blinder: KnownBlinder | null;
}

/** A blinder as those know it who call it. */
export interface KnownBlinder {
  readonly url: string;
  /** 32 bytes: what it evaluates is proved against it. */
  readonly public: Uint8Array;
  readonly epoch: number;
  /** The login provider for citizens, and under which id it knows the blinder. */
  readonly issuer: string;
  readonly clientId: string;
}

/** Reads the JSON form of `federation.toml`: the same members with the same names. @throws {ShapeFault} */
export function readFederation(json: Uint8Array): Federation {
  const members = new Members(parseJson(json));
  const key = PublicKey.register(members.need('anchor_key', fixed(32)));
  if (key === null) throw new ShapeFault("the trust anchor's key is not acceptable");
  return {
    directory: members.need('directory', text),
    mirrors: members.maybe('mirrors', list(text)) ?? [],
    witnesses: Number(members.maybe('witnesses', upTo(MAX_WITNESSES)) ?? USUAL_WITNESSES),
    anchor: { principal: members.need('anchor', id(Principal)), key },
    blinder: members.maybe('blinder', knownBlinder),
  };
}

const knownBlinder: ReadJson<KnownBlinder> = (json) => {
  const members = new Members(json);
  return {
    url: members.need('url', text),
    public: members.need('public', fixed(32)),
    epoch: Number(members.need('epoch', upTo(MAX_EPOCH))),
    issuer: members.need('issuer', text),
    clientId: members.need('client_id', text),
  };
};

function upTo(most: bigint): ReadJson<bigint> {
  return (json) => {
    const number = uint(json);
    if (number > most) throw new ShapeFault(`a number is above ${most}`);
    return number;
  };
}

/** Where an organisation's node answers. */

import type { Identifier } from '../ids.ts';

/** An `https://` URL, an `http://127.0.0.1` URL for one machine alone, or a libp2p multiaddr. */
export type Endpoint = Identifier<'Endpoint'>;

/** Longest endpoint, in bytes: a host name of 253 and a short path. */
export const MAX_ENDPOINT_BYTES = 300;
const MAX_HOST_BYTES = 253;
const MAX_PORT = 65535;

const PLAIN = /^[A-Za-z0-9/\-._~:%]*$/;
const LABEL = /^[a-z0-9-]{1,63}$/;
const PORT = /^[1-9][0-9]{0,4}$/;
const HEXTET = /^[0-9A-Fa-f]{1,4}$/;
const OCTET = /^(?:0|[1-9][0-9]{0,2})$/;

/** From its text; null when it is none. */
export function parseEndpoint(text: string): Endpoint | null {
  // All that is let through is ASCII, so that this is the length in bytes too.
  return text.length <= MAX_ENDPOINT_BYTES && isEndpoint(text) ? (text as Endpoint) : null;
}

/** Whether it is a libp2p multiaddr; otherwise it is a URL. */
export function isMultiaddr(endpoint: Endpoint): boolean {
  return endpoint.startsWith('/');
}

function isEndpoint(text: string): boolean {
  if (text.startsWith('https://')) return isUrl(text.slice('https://'.length), isHost);
  if (text.startsWith('http://')) return isUrl(text.slice('http://'.length), (host) => host === '127.0.0.1');
  return text.length > 1 && text.startsWith('/') && PLAIN.test(text);
}

/**
 * Judges what follows the scheme. Written out because readers of URLs disagree about users, backslashes and empty hosts; none of
 * these can occur here.
 */
function isUrl(rest: string, isGoodHost: (host: string) => boolean): boolean {
  const slash = rest.indexOf('/');
  const authority = slash === -1 ? rest : rest.slice(0, slash);
  const path = slash === -1 ? '' : rest.slice(slash);
  const colon = authority.lastIndexOf(':');
  const hasPort = colon !== -1 && !authority.endsWith(']');
  const host = hasPort ? authority.slice(0, colon) : authority;
  return isGoodHost(host) && (!hasPort || isPort(authority.slice(colon + 1))) && PLAIN.test(path);
}

function isPort(digits: string): boolean {
  return PORT.test(digits) && Number(digits) <= MAX_PORT;
}

function isHost(name: string): boolean {
  if (name.startsWith('[') && name.endsWith(']')) return isIpv6(name.slice(1, -1));
  return name.length <= MAX_HOST_BYTES && name.split('.').every((label) => LABEL.test(label));
}

/** An IPv6 address as RFC 4291 §2.2 writes it, without a zone. */
function isIpv6(text: string): boolean {
  const [before = '', after, ...more] = text.split('::');
  if (more.length > 0) return false;
  const head = hextets(before, after === undefined);
  if (head === null) return false;
  if (after === undefined) return head === 8;
  const tail = hextets(after, true);
  // `::` stands for one group at least.
  return tail !== null && head + tail <= 7;
}

/** How many groups of 16 bits there are; an IPv4 address may stand for the last two. Null for anything else. */
function hextets(text: string, mayEndInIpv4: boolean): number | null {
  if (text === '') return 0;
  const groups = text.split(':');
  const last = groups.at(-1) ?? '';
  if (mayEndInIpv4 && last.includes('.')) {
    return isIpv4(last) && groups.slice(0, -1).every((group) => HEXTET.test(group)) ? groups.length + 1 : null;
  }
  return groups.every((group) => HEXTET.test(group)) ? groups.length : null;
}

function isIpv4(text: string): boolean {
  const octets = text.split('.');
  return octets.length === 4 && octets.every((octet) => OCTET.test(octet) && Number(octet) <= 255);
}

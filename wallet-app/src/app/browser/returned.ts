/**
 * A login that leads away from the wallet and back. What is kept meanwhile lies in this window's storage; what came back in the
 * address is taken out of it at once, so that it is in no history, and lives in memory alone.
 */

import type { LoginKept } from '../../client/login.ts';
import { to } from '../router.svelte.ts';

const KEPT = 'aitta-login';

let returned: URLSearchParams | null = null;

/** At the start of the page: takes an answer of the login out of the address, and leads to where it was begun. */
export function takeReturned(): void {
  const answer = new URLSearchParams(location.search);
  if (!answer.has('state') || !(answer.has('code') || answer.has('error'))) return;
  returned = answer;
  history.replaceState(null, '', location.pathname);
  location.hash = to('data', 'more');
}

/** Leaves for the login. */
export function leave(url: string, kept: LoginKept): void {
  sessionStorage.setItem(KEPT, JSON.stringify(kept));
  location.assign(url);
}

/** What the person came back with, once, and what was kept of the login that they began in this window, if any. */
export function cameBack(): { readonly answer: URLSearchParams; readonly kept: LoginKept | null } | null {
  if (returned === null) return null;
  const answer = returned;
  returned = null;
  const kept = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  // This program wrote it, and pages of other origins cannot.
  return { answer, kept: kept === null ? null : (JSON.parse(kept) as LoginKept) };
}

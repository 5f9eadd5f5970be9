/** What a client keeps of the directory: the statements that it has seen, of which snapshot they are, and the view of the log. */

import { equalBytes } from '../../protocol/bytes.ts';
import { Signed, kindOf } from '../../protocol/cose.ts';
import { type Checked, CheckedSignatures, NOTHING_CHECKED } from '../../protocol/crypto/checked.ts';
import { KeyEvent } from '../../protocol/key-event/index.ts';
import { MAX_STATEMENT_LIFETIME_SECS } from '../../protocol/limits.ts';
import { attempt } from '../../protocol/refusal.ts';
import {
  type Anchor,
  keysIn,
  MAX_REGISTRY_AGE_SECS,
  type RefusedStatement,
  Registry,
} from '../../protocol/registry/index.ts';
import { Membership } from '../../protocol/statement/membership.ts';
import { Profile } from '../../protocol/statement/profile.ts';
import { signedCheckpointFromBytes } from '../../protocol/tlog/checkpoint.ts';
import type { Evidence } from '../../protocol/tlog/evidence.ts';
import { evidenceOf, type View } from '../../protocol/tlog/view.ts';

/** As it lies in the wallet's storage. */
export interface Kept {
  /** When it was last known to be the newest, in seconds since 1970; 0 for nothing. */
  readonly fetchedSecs: bigint;
  /** SHA-256 of the snapshot that was fetched last; what is held can be more. */
  readonly digest: Uint8Array | null;
  /** The statements in force, and those that keep out what they replaced. */
  readonly statements: readonly Uint8Array[];
  /** The last head that was believed. */
  readonly view: View | null;
  /** What of the statements need not be checked again: their signatures and keys, never whether they count. */
  readonly checked: Checked;
}

/** Before anything was fetched. */
export const NOTHING_KEPT: Kept = {
  fetchedSecs: 0n,
  digest: null,
  statements: [],
  view: null,
  checked: NOTHING_CHECKED,
};

/** Whether it still counts while nothing newer is to be had. */
export function counts(kept: Kept, nowSecs: bigint): boolean {
  return kept.fetchedSecs > 0n && nowSecs - kept.fetchedSecs < MAX_REGISTRY_AGE_SECS;
}

/** A registry, and what was checked for it. */
export interface Made {
  readonly registry: Registry;
  readonly checked: Checked;
}

/** The last registry that was made of some statements: some thousand need not be read twice in one look. */
const MADE = new WeakMap<readonly Uint8Array[], Made & { readonly nowSecs: bigint }>();

/** The registry that is made of what is kept. */
export function madeOf(anchor: Anchor, { statements, checked }: Kept, nowSecs: bigint): Made {
  const known = MADE.get(statements);
  if (known?.nowSecs === nowSecs && known.registry.anchor === anchor) return known;
  const signatures = new CheckedSignatures(checked);
  const { registry } = Registry.build(anchor, statements, nowSecs, signatures.check);
  return remember(statements, registry, signatures, nowSecs);
}

function remember(
  statements: readonly Uint8Array[],
  registry: Registry,
  signatures: CheckedSignatures,
  nowSecs: bigint,
): Made {
  const made = { registry, checked: signatures.with(keysIn(registry)), nowSecs };
  MADE.set(statements, made);
  return made;
}

/** What comes of statements that were kept and of others that were fetched. */
export interface Joined extends Made {
  /** What is to be kept from now on. */
  readonly statements: readonly Uint8Array[];
  /** Of the fetched statements those that were turned down, by their place among them. */
  readonly refused: readonly RefusedStatement[];
}

/** Joins both: of each statement the newest counts, whatever the fetched copy leaves out, so that nobody undoes a suspension. */
export function join(
  anchor: Anchor,
  held: readonly Uint8Array[],
  fetched: readonly Uint8Array[],
  nowSecs: bigint,
  before: Checked,
): Joined {
  // What is held comes first: of two key events with one number, the one that was seen before stands.
  const all = [...held, ...fetched];
  const signatures = new CheckedSignatures(before);
  const { registry, refused } = Registry.build(anchor, all, nowSecs, signatures.check);
  const dormant = refused
    // What is held was in force once. Of the rest only what expired is known to be its issuer's word.
    .filter(({ index, refusal }) => index < held.length || refusal.code === 'expired')
    .flatMap(({ index }) => dormantOf(all[index], nowSecs));
  const distinct = new Map([...registry.statements, ...dormant].map((bytes) => [bytes.join(), bytes]));
  const statements = [...distinct.values()];
  return {
    // What is left out counts for nothing, so that what is kept makes the same.
    ...remember(statements, registry, signatures, nowSecs),
    statements,
    refused: refused.flatMap(({ index, refusal }) =>
      index < held.length ? [] : [{ index: index - held.length, refusal }],
    ),
  };
}

/**
 * What two windows kept, as one: neither takes back what the other was shown. Both checked what they kept; that the later view goes
 * on from the other is for the next look to find.
 */
export function joinKept(
  anchor: Anchor,
  one: Kept,
  other: Kept,
  nowSecs: bigint,
): { readonly kept: Kept; readonly registry: Registry } {
  const { registry, statements, checked } = join(anchor, one.statements, other.statements, nowSecs, one.checked);
  // What is held now is at least the snapshot of either.
  const { fetchedSecs, digest } = other.fetchedSecs > one.fetchedSecs ? other : one;
  return { kept: { fetchedSecs, digest, statements, view: laterView(one.view, other.view), checked }, registry };
}

/** Of two views of the log the one that saw more of it; the first when both saw as much. */
export function laterView(one: View | null, other: View | null): View | null {
  if (one === null || other === null) return one ?? other;
  return other.checkpoint.size > one.checkpoint.size ? other : one;
}

/** The proof that two views are of two logs, when they say so by themselves: one size with two roots. */
export function forkBetween(one: View | null, other: View | null, nowSecs: bigint): Evidence | null {
  if (one === null || other === null || one.checkpoint.size !== other.checkpoint.size) return null;
  if (equalBytes(one.checkpoint.root, other.checkpoint.root)) return null;
  return evidenceOf(one, signedCheckpointFromBytes(other.note), 'log-fork', nowSecs);
}

/** Nothing once nothing that the statement replaced could count any more. Key events stay for good. */
function dormantOf(bytes: Uint8Array | undefined, nowSecs: bigint): readonly Uint8Array[] {
  if (bytes === undefined) return [];
  const found = attempt(() => {
    switch (kindOf(bytes)) {
      case KeyEvent.typ:
        return nowSecs;
      case Membership.typ:
        return Signed.decode(Membership, bytes).unverified.issued;
      case Profile.typ:
        return Signed.decode(Profile, bytes).unverified.issued;
      default:
        return 0n;
    }
  });
  return found.accepted && found.value + MAX_STATEMENT_LIFETIME_SECS > nowSecs ? [bytes] : [];
}

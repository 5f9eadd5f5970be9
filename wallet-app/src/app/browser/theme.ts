/** How a city dresses the wallet: its names, colours, logo and whom to ask (`docs/operating/serve-the-wallet.md`). */

import type { Words } from '../../protocol/words.ts';

export interface Theme {
  /** What the city calls itself. */
  readonly names: Words;
  /** Short name of the organisation at which people log in first; null when they choose. */
  readonly home: string | null;
  readonly logo: Logo | null;
  /** Whom to ask. */
  readonly contact: Words | null;
  /** The address of the privacy notice. */
  readonly privacyNotice: string | null;
  readonly colours: { readonly light: Pair; readonly dark: Pair };
}

/** A drawing in one colour. */
export interface Logo {
  readonly width: bigint;
  readonly height: bigint;
  /** As the `d` of an SVG path. */
  readonly path: string;
}

/** What stands out, and what is written on it. */
export interface Pair {
  readonly accent: string;
  readonly onAccent: string;
}

/** Puts the colours on the page; the style sheet says where they go. */
export function wear({ colours }: Theme): void {
  const { style } = document.documentElement;
  for (const [scheme, { accent, onAccent }] of Object.entries(colours)) {
    style.setProperty(`--accent-${scheme}`, accent);
    style.setProperty(`--on-accent-${scheme}`, onAccent);
  }
}

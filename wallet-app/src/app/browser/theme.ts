/** How a city dresses the wallet: its names, colours, mark and how to reach it. */

import type { Words } from '../../protocol/words.ts';

export interface Theme {
  /** What the city calls itself. */
  readonly names: Words;
  /** Short name of the organisation at which people log in first. */
  readonly home: string;
  readonly logo: { readonly path: string; readonly viewBox: string } | null;
  readonly contact: { readonly phone: string | null; readonly email: string | null; readonly url: string | null };
  /** Where the privacy notice stands. */
  readonly privacy: string | null;
  /** Custom properties of the style sheet and their colours. */
  readonly colours: readonly (readonly [property: string, colour: string])[];
}

/** Puts the colours on the page. */
export function wear({ colours }: Theme): void {
  for (const [property, colour] of colours) document.documentElement.style.setProperty(property, colour);
}

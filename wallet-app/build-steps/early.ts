/**
 * What opening the wallet needs is asked for by the page itself, all at once. Found one in the other, each file would be a way to the
 * server and back before the next is known of.
 */

import type { HtmlTagDescriptor, Plugin } from 'vite';

/** What the first view is made of, beside the page's own script. */
const FIRST = ['/frame.js', '/runtime.js'];
/** What opens the wallet, and the page that is shown then. */
const NEXT = ['/core.js', '/home.js'];
/** What the wallet's server says of itself, as `src/app/opening` fetches it. */
const SAID = ['/federation.json', '/theme.json'];

export function early(): Plugin {
  return {
    name: 'early',
    apply: 'build',
    transformIndexHtml: () => [
      ...FIRST.map((href) => link({ rel: 'modulepreload', href })),
      // Nothing of it is seen yet: what is seen goes first.
      ...NEXT.map((href) => link({ rel: 'modulepreload', href, fetchpriority: 'low' })),
      ...SAID.map((href) => link({ rel: 'preload', as: 'fetch', href, fetchpriority: 'low' })),
    ],
  };
}

function link(attrs: Record<string, string>): HtmlTagDescriptor {
  return { tag: 'link', attrs: { ...attrs, crossorigin: true }, injectTo: 'head' };
}

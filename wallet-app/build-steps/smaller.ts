/**
 * Scripts are minified once more, by Terser: over what Vite's own minifier leaves it saves more than one per cent as they are sent
 * (`docs/decisions/0030-size-of-the-wallet.md`). Before the service worker is told what the files are.
 */

import { minify, type MinifyOptions } from 'terser';
import type { Plugin } from 'vite';

const OPTIONS: MinifyOptions = { module: true, compress: { passes: 3 }, format: { ecma: 2020 } };

export function smaller(): Plugin {
  return {
    name: 'smaller',
    apply: 'build',
    async generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== 'chunk') continue;
        const { code } = await minify(file.code, OPTIONS);
        if (code !== undefined) file.code = code;
      }
    },
  };
}

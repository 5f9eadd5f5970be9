import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

import { early } from './build-steps/early.ts';
import { serviceWorker } from './build-steps/service-worker.ts';
import { smaller } from './build-steps/smaller.ts';
import { sources } from './build-steps/sources.ts';
import { unusedSymbols } from './build-steps/unused-style.ts';

/** Pages are loaded when they are opened; what they share is loaded once. Names are fixed: `aitta wallet serve` has each by its own. */
export default defineConfig({
  plugins: [svelte({ compilerOptions: { runes: true } }), early(), smaller(), serviceWorker(), sources()],
  css: { lightningcss: { unusedSymbols: unusedSymbols() } },
  build: {
    target: 'es2023',
    // All of them know `light-dark`: nothing is written in two ways.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // What is to come early is named in `build-steps/early.ts`; a page's own file needs nothing that is not there then.
    modulePreload: false,
    cssCodeSplit: false,
    // Pictures and fonts inside the style sheet would need `data:` where nothing else does.
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        entryFileNames: 'app.js',
        chunkFileNames: ({ name }) => `${name.toLowerCase().replace('rolldown-', '')}.js`,
        assetFileNames: 'app[extname]',
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            // What the first view needs before the wallet is open.
            {
              name: 'frame',
              priority: 2,
              test: /node_modules\/(svelte|clsx)\/|preload-helper|src\/app\/([^/]+$|text\/(?!purposes)|browser\/|parts\/(Busy|Frame|Note|Page|Trouble)\.)|src\/(wallet\/show|protocol\/hidden)\.ts/,
            },
            {
              name: 'core',
              priority: 1,
              test: /src\/(wallet|client|keys|protocol|crypto|app\/opening)\/|node_modules\/@noble\//,
            },
            // Also in place of a wallet that does not open.
            { name: 'warning', test: /src\/app\/pages\/warning\// },
            // What a wallet opens with, and what several pages show: one file is smaller than twenty, and comes before it is wanted.
            {
              name: 'home',
              test: /src\/app\/(parts\/(?!Square|scanning)|text\/purposes|pages\/(acting|home|requests|welcome)\/)/,
            },
            // Pages that are opened one after the other, and that have much in common, are smaller together.
            { name: 'daily', test: /src\/app\/pages\/(consents|data|looked|request)\// },
            { name: 'seldom', test: /src\/app\/pages\/(devices|download|locked|settings)\// },
            { name: 'square', test: /src\/app\/parts\/Square|node_modules\/qr\/index/ },
          ],
        },
      },
    },
  },
});

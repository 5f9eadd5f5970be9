import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

import { serviceWorker } from './build-steps/service-worker.ts';
import { sources } from './build-steps/sources.ts';

/** Pages are loaded when they are opened; what they share is loaded once. Names are fixed: `aitta wallet serve` has each by its own. */
export default defineConfig({
  plugins: [svelte({ compilerOptions: { runes: true } }), serviceWorker(), sources()],
  build: {
    target: 'es2023',
    // All of them know `light-dark`: nothing is written in two ways.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    modulePreload: false,
    cssCodeSplit: false,
    // Pictures and fonts inside the style sheet would need `data:` where nothing else does.
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        entryFileNames: 'app.js',
        chunkFileNames: ({ name }) => `${name.toLowerCase()}.js`,
        assetFileNames: 'app[extname]',
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            // What the first view needs before the wallet is open.
            {
              name: 'frame',
              priority: 2,
              test: /node_modules\/(svelte|clsx)\/|preload-helper|rolldown\/runtime|src\/app\/([^/]+$|text\/(?!purposes)|browser\/|parts\/(Busy|Frame|Note|Page|Trouble)\.)|src\/(wallet\/show|protocol\/hidden)\.ts/,
            },
            {
              name: 'core',
              priority: 1,
              test: /src\/(wallet|client|keys|protocol|crypto|app\/opening)\/|node_modules\/@noble\//,
            },
          ],
        },
      },
    },
  },
});

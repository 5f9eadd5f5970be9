/** The last step of a build: the service worker is told which files there are, and what they are together. */

import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Plugin } from 'vite';

/** What the worker's source has in the places of the two. */
const FILES = '__FILES__';
const VERSION = '__VERSION__';
const SOURCE = 'src/app/browser/service-worker.js';
const NAME = 'sw.js';

export function serviceWorker(): Plugin {
  return {
    name: 'service-worker',
    apply: 'build',
    async writeBundle({ dir = '' }) {
      const files = (await readdir(dir)).filter((file) => file !== NAME).toSorted();
      const hash = createHash('sha256');
      for (const file of files) hash.update(file).update(await readFile(join(dir, file)));
      const paths = files.map((file) => (file === 'index.html' ? '/' : `/${file}`));
      const source = await readFile(SOURCE, 'utf8');
      const told = source.replace(FILES, JSON.stringify(paths)).replace(VERSION, hash.digest('hex').slice(0, 16));
      await writeFile(join(dir, NAME), told);
    },
  };
}

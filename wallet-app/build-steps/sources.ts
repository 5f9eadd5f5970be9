/**
 * Says beside `dist/` of which sources it was built, so that a forgotten build is found where there is no Node: `aitta`'s own tests
 * compare.
 */

import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Plugin } from 'vite';

/** What goes into a build: folders with all that is in them, and files. */
const SOURCES = ['build-steps', 'index.html', 'package-lock.json', 'public', 'src', 'vite.config.ts'];
const TOLD = 'dist.sources';

export function sources(): Plugin {
  return {
    name: 'sources',
    apply: 'build',
    async closeBundle() {
      await writeFile(TOLD, `${await hashOfSources()}\n`);
    },
  };
}

/** SHA-256 of the lines that `sha256sum` would write of them, in the order of their paths' bytes. */
async function hashOfSources(): Promise<string> {
  const found = await Promise.all(SOURCES.map(filesIn));
  const lines = createHash('sha256');
  for (const path of found.flat().toSorted((one, other) => (one < other ? -1 : 1))) {
    const hash = createHash('sha256').update(await readFile(path));
    lines.update(`${hash.digest('hex')}  ${path}\n`);
  }
  return lines.digest('hex');
}

async function filesIn(source: string): Promise<readonly string[]> {
  if (source.includes('.')) return [source];
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

/**
 * Of the Helsinki Design System's parts the wallet shows a few. Classes that no source names, and tokens that nothing asks for, are left
 * out of the style sheet.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = 'src/app';
const STYLE = join(SOURCES, 'style.css');
const IMPORT = /@import '(hds-core\/[^']+)'/g;
const CLASS = /\.(-?[A-Za-z_][\w-]*)/g;
const RULE = /([^{}]*)\{([^{}]*)\}/g;
const TOKEN = /(--[\w-]+)\s*:([^;}]*)/g;
const ASKED = /var\(\s*(--[\w-]+)/g;

/** The classes and custom properties of hds-core that are not used, as Lightning CSS takes them. */
export function unusedSymbols(): string[] {
  const own = sources();
  const imported = [...readFileSync(STYLE, 'utf8').matchAll(IMPORT)].map(([, path]) =>
    readFileSync(join('node_modules', path ?? ''), 'utf8'),
  );
  const rules = [...imported.join('\n').matchAll(RULE)].map(([, selectors = '', body = '']) => ({ selectors, body }));
  const classes = new Set(rules.flatMap(({ selectors }) => found(selectors, CLASS)));
  const unusedClasses = [...classes].filter((name) => !own.includes(name));
  // A rule counts while one of its selectors does.
  const counts = (selectors: string): boolean =>
    selectors.split(',').some((one) => found(one, CLASS).every((name) => !unusedClasses.includes(name)));
  const counting = rules.filter(({ selectors }) => counts(selectors)).map(({ body }) => body);
  const tokens = new Map<string, string[]>();
  for (const [, name = '', value = ''] of counting.flatMap((body) => [...body.matchAll(TOKEN)])) {
    tokens.set(name, [...(tokens.get(name) ?? []), value]);
  }
  const asked = new Set([...found(own, ASKED), ...counting.flatMap((body) => found(body.replace(TOKEN, ''), ASKED))]);
  // What is asked for asks for others; a set is gone through to what was added last.
  for (const name of asked)
    for (const value of tokens.get(name) ?? []) for (const more of found(value, ASKED)) asked.add(more);
  return [...unusedClasses, ...[...tokens.keys()].filter((name) => !asked.has(name))];
}

function found(text: string, what: RegExp): readonly string[] {
  return [...text.matchAll(what)].map(([, name = '']) => name);
}

function sources(): string {
  const entries = readdirSync(SOURCES, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'))
    .join('\n');
}

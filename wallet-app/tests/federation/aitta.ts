/** The program `aitta`, as services and operators run it. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

/** How a command ended. */
export interface Said {
  readonly code: number;
  readonly json: unknown;
}

export class Aitta {
  readonly #program: string;
  readonly #folder: string;

  /** In the folder of a demonstration. */
  constructor(program: string, folder: string) {
    this.#program = program;
    this.#folder = folder;
  }

  run(...args: readonly string[]): Said {
    const { status, stdout } = spawnSync(this.#program, [...args, '--json'], {
      cwd: this.#folder,
      env: { ...process.env, AITTA_LOG: 'error' },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const last = stdout.trim().split('\n').at(-1) ?? '';
    return { code: status ?? -1, json: last === '' ? null : JSON.parse(last) };
  }

  /** For what must succeed. */
  done(...args: readonly string[]): unknown {
    const { code, json } = this.run(...args);
    assert.equal(code, 0, `aitta ${args.join(' ')}: ${JSON.stringify(json)}`);
    return json;
  }
}

/** What stands at this path of a JSON document, such as `items.0.outcome`. */
export function at(json: unknown, path: string): unknown {
  return path.split('.').reduce((found: unknown, name) => {
    return typeof found === 'object' && found !== null ? (Reflect.get(found, name) as unknown) : undefined;
  }, json);
}

/** The text there. */
export function textAt(json: unknown, path: string): string {
  const found = at(json, path);
  assert.equal(typeof found, 'string', `${path} of ${JSON.stringify(json)}`);
  return String(found);
}

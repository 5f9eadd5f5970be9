/** What a story in a browser needs besides the browser: the program `aitta`, and time. */

import { NO_BROWSER } from './chromium.ts';

/** Where the program `aitta` is; the empty text when nobody said. */
export const PROGRAM = process.env['AITTA_PROGRAM'] ?? '';
/** Why a story is skipped; false when it is not. */
export const SKIP = NO_BROWSER ?? (PROGRAM === '' && 'AITTA_PROGRAM does not name the program `aitta`');
/** How long a whole story may take, in milliseconds: debug builds on busy machines. */
export const TIMEOUT_MS = 15 * 60 * 1000;

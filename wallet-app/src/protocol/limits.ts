/** Limits that several objects share (`docs/protocol/README.md`, Limits). Those of one object stand beside it. */

const DAY_SECS = 24n * 3600n;

/** How far in the future something may be issued: clocks differ. */
export const CLOCK_SKEW_SECS = 60n;
/** Longest life of a grant: a school year and the summers around it. */
export const MAX_GRANT_LIFETIME_SECS = 400n * DAY_SECS;
/** Longest life of a membership or a profile: a year and the weeks in which it is renewed. */
export const MAX_STATEMENT_LIFETIME_SECS = 400n * DAY_SECS;
/** Most times that a grant may be passed on: a chain has at most 4 links. */
export const MAX_DEPTH_OF_GRANT = 3n;
/** Most links of a chain. */
export const MAX_LINKS = 4;
/** Longest life of a request or a command: they are answered at once. */
export const MAX_REQUEST_LIFETIME_SECS = 120n;

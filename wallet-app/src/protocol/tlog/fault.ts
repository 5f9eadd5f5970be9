/** What is wrong with what a directory shows: a closed set with stable codes (`docs/protocol/log.md`, Refusals). */

/** The stable code of a fault of a log. */
export type LogCode =
  | 'log-note'
  | 'log-origin'
  | 'log-signature'
  | 'log-witnesses'
  | 'log-fork'
  | 'log-truncated'
  | 'log-future'
  | 'log-stale'
  | 'log-state'
  | 'log-proof'
  | 'log-leaves'
  | 'log-leaf'
  | 'log-replay'
  | 'log-registry'
  | 'map-place'
  | 'map-root'
  | 'map-thin'
  | 'entry-replayed';

/** Two of these from one directory cannot both be true: they are kept, and shown to others. */
const EVIDENCE: ReadonlySet<LogCode> = new Set<LogCode>([
  'log-fork',
  'log-leaves',
  'log-replay',
  'map-place',
  'map-root',
  'map-thin',
  'entry-replayed',
]);

/** Why what a directory shows is not believed. */
export class LogFault extends Error {
  override readonly name = 'LogFault';
  readonly code: LogCode;

  constructor(code: LogCode) {
    super(code);
    this.code = code;
  }

  /** Whether it shows that the directory lied. */
  get isEvidence(): boolean {
    return EVIDENCE.has(this.code);
  }
}

/** Does not believe it. @throws {LogFault} */
export function distrust(code: LogCode): never {
  throw new LogFault(code);
}

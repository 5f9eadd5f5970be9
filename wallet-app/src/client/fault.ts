/** Why a call gave nothing: by who is at fault, with a stable code and with what to do. */

import type { Evidence } from '../protocol/tlog/evidence.ts';

/** Who is at fault. */
export type FaultKind =
  /** What we were asked to send, or where to. */
  | 'ours'
  /** Nobody: the other side was not reached, or was too slow. It may have taken effect. */
  | 'not-reached'
  /** The other side turned us down. */
  | 'refused'
  /** The other side failed. */
  | 'failed'
  /** The other side's answer does not hold. Nothing of it is used. */
  | 'not-believed';

const ADVICE: Readonly<Record<FaultKind, string>> = {
  ours: 'Correct what was asked for.',
  'not-reached': 'Check the connection to the network and try again later; what was asked may have been done.',
  refused: 'Read the code and the detail: they say what about the request.',
  failed: "Try again later; if it goes on, tell the other side's operator the trace id.",
  'not-believed': "Ask again; if it goes on, report it: the other side's answer is wrong or forged.",
};

/** What another side said when it turned us down (RFC 9457). Its texts are a stranger's: shown only through `visible`. */
export interface RemoteRefusal {
  readonly status: number;
  /** The stable code; null when it was no Aitta server that answered. */
  readonly code: string | null;
  readonly title: string;
  readonly detail: string | null;
  /** Under which the other operator finds the call. */
  readonly traceId: string | null;
}

/** A call that gave nothing. */
export class CallFault extends Error {
  override readonly name = 'CallFault';
  readonly kind: FaultKind;
  /** The stable code: that of the other side when it gave one. */
  readonly code: string;
  /** Who was called. */
  readonly whom: string;
  readonly refusal: RemoteRefusal | null;
  /** What proves to others that somebody was lied to: to be kept and shown to them. */
  readonly evidence: Evidence | null;

  constructor(
    kind: FaultKind,
    whom: string,
    what: string,
    more: {
      readonly code?: string;
      readonly refusal?: RemoteRefusal;
      readonly evidence?: Evidence | null;
      readonly cause?: unknown;
    } = {},
  ) {
    super(what, more.cause === undefined ? {} : { cause: more.cause });
    this.kind = kind;
    this.whom = whom;
    this.code = more.code ?? (kind === 'ours' ? 'own-input' : kind);
    this.refusal = more.refusal ?? null;
    this.evidence = more.evidence ?? null;
  }

  /** What to do about it, in one sentence. */
  get advice(): string {
    return this.evidence === null
      ? ADVICE[this.kind]
      : 'Keep the evidence and give it to the trust anchor and other organisations; nothing new is used until it is settled.';
  }

  /** Whether it is worth trying again later without changing anything. */
  get mayPass(): boolean {
    return this.kind === 'not-reached' || this.kind === 'failed';
  }

  /**
   * Whether the other side said no, and would say so again. Too many calls are no such no; nor is what came without a code, since
   * no Aitta server said it, but something in front of one that may be gone in a minute.
   */
  get isFinal(): boolean {
    const isItsOwn = this.refusal !== null && this.refusal.code !== null;
    return this.kind === 'refused' && isItsOwn && this.code !== 'limit' && this.code !== 'use-nonce';
  }

  /** Whether a log's head is only not vouched for, and contradicts nothing: nobody need have lied. */
  get isLate(): boolean {
    return this.code === 'log-witnesses' || this.code === 'log-stale';
  }
}

/** What came, or the call's fault as a value. Faults of our own go on as exceptions. */
export async function caught<T>(call: Promise<T>): Promise<T | CallFault> {
  try {
    return await call;
  } catch (thrown) {
    if (thrown instanceof CallFault) return thrown;
    throw thrown;
  }
}

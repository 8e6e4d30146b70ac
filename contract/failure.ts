import type { Usage } from './outcome.ts';

/**
 * One table, three readers: `retry` by `activities/to-failure.ts`, `fallback` by `registry/policy/plan-candidates.ts`,
 * `status` by the API. Class identity does not survive Temporal, so the type string is the contract.
 */
export const failures = {
  'model.unauthorized': { retry: 'no', fallback: 'yes', status: 401 },
  'model.forbidden': { retry: 'no', fallback: 'yes', status: 403 },
  'model.not-found': { retry: 'no', fallback: 'yes', status: 404 },
  'model.quota-exhausted': { retry: 'no', fallback: 'yes', status: 402 },
  'model.rate-limited': { retry: 'yes', fallback: 'yes', status: 429 },
  'model.overloaded': { retry: 'yes', fallback: 'yes', status: 503 },
  'model.server-error': { retry: 'yes', fallback: 'yes', status: 502 },
  'model.timed-out': { retry: 'once', fallback: 'yes', status: 504 },
  'model.unreachable': { retry: 'yes', fallback: 'yes', status: 502 },
  'model.rejected': { retry: 'no', fallback: 'yes', status: 422 },
  'model.context-too-long': { retry: 'no', fallback: 'larger-window', status: 422 },
  'model.content-filtered': { retry: 'no', fallback: 'no', status: 422 },
  'model.invalid-answer': { retry: 'no', fallback: 'yes', status: 502 },
  'model.misconfigured': { retry: 'no', fallback: 'yes', status: 422 },
  'model.unknown': { retry: 'once', fallback: 'yes', status: 502 },
  'policy.forbidden': { retry: 'no', fallback: 'no', status: 403 },
  'policy.no-model': { retry: 'no', fallback: 'no', status: 409 },
  'hop.refused': { retry: 'no', fallback: 'again', status: 409 },
  'registry.unavailable': { retry: 'yes', fallback: 'again', status: 503 },
  'worker.lost': { retry: 'yes', fallback: 'again', status: 503 },
  'worker.busy': { retry: 'yes', fallback: 'again', status: 503 },
  'budget.exhausted': { retry: 'no', fallback: 'wait', status: 429 },
  'action.failed': { retry: 'no', fallback: 'no', status: 502 },
  'action.undone': { retry: 'no', fallback: 'no', status: 409 },
  'run.invalid': { retry: 'no', fallback: 'no', status: 422 },
  'run.too-large': { retry: 'no', fallback: 'no', status: 413 },
  'run.unsigned': { retry: 'no', fallback: 'no', status: 403 },
  'run.aborted': { retry: 'no', fallback: 'no', status: 409 },
} as const satisfies Record<string, FailureRow>;

/** What follows from one type of failure. */
export interface FailureRow {
  /** Is the same model asked again? `once`: one more try at most. */
  readonly retry: 'yes' | 'once' | 'no';
  /**
   * May another model be asked? `larger-window`: only one with more context · `again`: it was not the model's fault, so
   * it counts as untried · `wait`: nobody else can help, but waiting may.
   */
  readonly fallback: 'yes' | 'larger-window' | 'again' | 'wait' | 'no';
  /** The HTTP status under which the API shows it. */
  readonly status: number;
}

/** The type of a failure: the same word in Temporal, the ledger, the outcome and the API. */
export type FailureType = keyof typeof failures;

export function isFailureType(value: unknown): value is FailureType {
  return typeof value === 'string' && Object.hasOwn(failures, value);
}

/**
 * What one call knows about its own failure, beyond the type. Typed facts only: a vendor's wording never enters, because
 * vendors echo parts of keys and prompts.
 */
export interface FailureHints {
  /** The vendor's own wish when to come back (`Retry-After` in any of its forms), milliseconds. */
  readonly retryAfterMs?: number;
  /** Did the request leave this machine? Decides whether a lost answer may have been billed. */
  readonly sent?: 'no' | 'maybe' | 'yes';
  /** False where this one must not be retried although its type may (a silent stream, a certificate error). */
  readonly retry?: false;
  /** Tokens that were billed for nothing. */
  readonly usage?: Usage;
  /** HTTP status of the vendor's answer. */
  readonly httpStatus?: number;
  /** The vendor refused the structured-output mode, not the prompt: the next mode may do. */
  readonly refusedMode?: true;
}

/** The one error of this package. The message is ours; nothing is ever attached as `cause`. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly type: FailureType;
  readonly hints: FailureHints;

  constructor(type: FailureType, message: string = type, hints: FailureHints = {}) {
    super(message);
    this.type = type;
    this.hints = hints;
  }
}

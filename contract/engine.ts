import type { RunOutcome } from './outcome.ts';
import type { Action } from './run.ts';

/** What an engine implements, in any language with a Temporal SDK, on its own task queue. */
export interface EngineActivities {
  /** Carries one action out, once per `idempotencyKey`. A permanent fault is a non-retryable failure `action.failed`. */
  executeAction(request: ActionRequest): Promise<ActionDone>;
  /**
   * Takes one action back and raises a fence: an execution requested no later than this is refused, `action.undone`. Does
   * nothing where the action was executed, or answered `already-done`, for a later request: somebody relies on it.
   */
  compensateAction(request: CompensateRequest): Promise<void>;
  /** Optional, for runs with `notify: true`. */
  behaviorFinished(news: { readonly workflowId: string; readonly outcome: RunOutcome }): Promise<void>;
}

export interface ActionRequest {
  readonly version: 1;
  readonly org: string;
  readonly pipe: string;
  readonly card: string;
  readonly behavior: string;
  readonly workflowId: string;
  readonly runId: string;
  /** RFC 3339, workflow time. */
  readonly requestedAt: string;
  readonly action: Action;
  /** Every field is filled: by the model, or by us for `fixed_value` and `copy_from`. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** `<workflow id>/<referenceId>/<n>`, opaque to engines; the same after a reset. */
  readonly idempotencyKey: string;
}

export interface ActionDone {
  /** `already-done`: the key was known, and `fields` are what was applied then. */
  readonly status: 'done' | 'skipped' | 'already-done';
  readonly detail?: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Whatever the engine needs to take it back; opaque to us. */
  readonly undo?: unknown;
}

/** `undo` is null when nobody knows whether the action took effect: the engine looks its key up. */
export interface CompensateRequest extends ActionRequest {
  readonly undo: unknown;
}

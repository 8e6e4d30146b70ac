import type { OutcomeDraft } from '../contract/index.ts';

/** The part of a workflow's last event that says who ended it; absent for one that timed out. */
export interface CloseEvent {
  readonly workflowExecutionTerminatedEventAttributes?: { readonly reason?: string | null } | null;
}

const reasonMaxCharacters = 500;

/**
 * What can be said from outside of a run that Temporal ended: a terminated one was somebody's decision, one that timed out
 * has used its time up. Its hops are in the ledger, and its actions were not taken back.
 */
export function lostDraft({
  workflowExecutionTerminatedEventAttributes: terminated,
}: CloseEvent): OutcomeDraft {
  const reason = (terminated?.reason ?? '').slice(0, reasonMaxCharacters);
  return {
    version: 1,
    status: terminated ? 'aborted' : 'failed',
    answeredBy: null,
    requested: null,
    reason: null,
    failure: terminated ? null : { type: 'budget.exhausted', lastModelFailure: null },
    abort: terminated ? { by: 'operator', reason: `terminated${reason === '' ? '' : `: ${reason}`}` } : null,
    hops: [],
    skipped: [],
    actions: [],
    summary: '',
  };
}

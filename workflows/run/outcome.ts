import { completeOutcome } from '../../contract/index.ts';
import type {
  BehaviorRun,
  Effect,
  Hop,
  HopReport,
  OutcomeDraft,
  RunOutcome,
  RunState,
} from '../../contract/index.ts';

/** What the run amounts to as far as the workflow knows; the ledger fills in calls, usage, cost and credits. */
export function draftOf(state: RunState): OutcomeDraft {
  const answered = state.hops.find(({ outcome }) => outcome === 'answered') ?? null;
  return {
    version: 1,
    status: statusOf(state),
    answeredBy: answered && {
      layer: answered.layer,
      provider: answered.provider,
      model: answered.model,
      vendor: answered.vendor,
    },
    requested: state.requested,
    reason: reasonOf(state, answered),
    failure: failureOf(state),
    abort: state.ending?.how === 'aborted' ? { by: state.ending.by, reason: state.ending.reason } : null,
    hops: state.hops.map(reportOf),
    skipped: state.skipped,
    actions: state.effects.map(({ referenceId, actionType, status, fields }) => ({
      referenceId,
      actionType,
      status,
      fields,
    })),
    summary: state.answer?.kind === 'plan' ? state.answer.summary : '',
    ...(state.answer?.kind === 'text' ? { text: state.answer.text } : {}),
  };
}

/** The outcome of a run that nobody may write down, because nobody vouches for it. */
export function unrecorded(state: RunState): RunOutcome {
  return completeOutcome(draftOf(state), { hops: [], usage: null, cost: null, credits: null });
}

function statusOf({ ending, effects }: RunState): RunOutcome['status'] {
  switch (ending?.how) {
    case 'failed':
    case 'refused':
      return 'failed';
    case 'aborted':
      return 'aborted';
    case 'ran':
      return ending.outcome.status;
    case 'finished':
    case undefined:
      return effects.some(({ status }) => status === 'failed' || status === 'unknown')
        ? 'partial'
        : 'completed';
  }
}

/**
 * What has to be taken back, last first: after an abort always, after a failed action where the Behavior asks for it.
 * An action that nobody answered for may have been done, so it is among them.
 */
export function owedUndos(run: BehaviorRun, { ending, effects }: RunState): readonly Effect[] {
  const owed =
    ending?.how === 'aborted' || (ending?.how === 'failed' && run.behavior.onActionFailure === 'compensate');
  const undoable: readonly Effect['status'][] = ['done', 'already-done', 'unknown'];
  return owed ? effects.filter(({ status }) => undoable.includes(status)).toReversed() : [];
}

function reportOf(hop: Hop): HopReport {
  const { layer, provider, model, outcome, failure, calls, durationMs, usage } = hop;
  return { layer, provider, model, outcome, failure, calls, durationMs, usage };
}

function reasonOf({ answer }: RunState, answered: Hop | null): OutcomeDraft['reason'] {
  return answer?.kind === 'text' && answer.truncated ? 'truncated' : (answered?.reason ?? null);
}

function failureOf({ ending }: RunState): OutcomeDraft['failure'] {
  switch (ending?.how) {
    case 'failed':
      return { type: ending.failure, lastModelFailure: ending.lastModelFailure };
    case 'refused':
      return { type: ending.failure, lastModelFailure: null };
    case 'aborted':
    case 'finished':
    case 'ran':
    case undefined:
      return null;
  }
}

import type { Abort, ModelOrder, RetryNow, RunState } from '../../contract/index.ts';

/**
 * Why an operator's order cannot be followed now, or null. An update is refused with these words. The orders are typed
 * by hand in the Temporal UI, so nothing about their shape is taken for granted.
 */
export function whyNotRetry(state: RunState, order?: RetryNow): string | null {
  if (state.phase !== 'parked') return `The run is ${state.phase}, not parked: there is nothing to retry.`;
  if (order?.round !== undefined && order.round !== state.round)
    return `The run is in round ${state.round} by now.`;
  return null;
}

export function whyNotOverride(state: RunState, order?: Partial<ModelOrder>): string | null {
  if (!isText(order?.model)) return 'Name the model: {"model": "<slug>"}.';
  return (
    whyNotOpen(state) ??
    (state.answer === null ? null : 'A model has answered; replay the run on another instead.')
  );
}

export function whyNotAbort(state: RunState, order?: Partial<Abort>): string | null {
  if (!isText(order?.reason)) return 'Say why: {"reason": "…"}; it is kept in the outcome.';
  return whyNotOpen(state);
}

function whyNotOpen({ ending, outcome, phase }: RunState): string | null {
  if (outcome !== null) return `The outcome is already recorded: ${outcome.status}.`;
  return ending === null ? null : `The run is already ending: ${phase}.`;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}

import { metricMeter } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { Candidate } from '../contract/index.ts';

/**
 * A run that finds its organization's share taken has tried nobody, however often it comes back. No organization,
 * provider or model name is ever a label: those are tenants' data and have no bound.
 */
export function countAttempt({ vendor, layer }: Candidate, failure: Error | null): void {
  const outcome = outcomeOf(failure);
  if (outcome === 'worker.busy') return;
  metricMeter
    .createCounter('byom_attempts', 'call', 'Tries of a model by how they ended.')
    .add(1, { vendor, layer, outcome });
}

/** Counts a call that another model should have answered, by what became of that one. */
export function countFallback({ layer, reason }: Candidate): void {
  if (!reason.startsWith('after:')) return;
  metricMeter
    .createCounter('byom_fallbacks', 'call', 'Answers of a model after another failed.')
    .add(1, { layer, reason });
}

function outcomeOf(failure: Error | null): string {
  if (failure === null) return 'answered';
  if (failure instanceof CancelledFailure) return 'cancelled';
  return (failure instanceof ApplicationFailure ? failure.type : null) ?? 'unknown';
}

import { failures } from '../../contract/index.ts';
import type { FailureHints, FailureType } from '../../contract/index.ts';
import { callsOf, hasCallLeft } from './budget.ts';
import type { Budget, CallCounts } from './rows.ts';

/** Where a hop stands when one of its calls has failed. */
export interface HopStanding {
  readonly model: string;
  readonly counts: CallCounts;
  readonly ceiling: number;
  readonly budget: Budget;
  /** Since the hop's first `sent`. */
  readonly hopMs: number;
  /** Since the round began. */
  readonly roundMs: number;
  /** From 0 inclusive to 1 exclusive: the jitter. */
  readonly random: number;
}

/**
 * After how many milliseconds the same model is asked again, or null when this failure is final. A vendor's hint is
 * followed as it is; one beyond what is left ends the hop at once, under the failure's true type.
 */
export function retryDelayMs(
  failure: FailureType,
  hints: FailureHints,
  standing: HopStanding,
): number | null {
  const { model, counts, ceiling, budget, hopMs, roundMs, random } = standing;
  const { retry } = failures[failure];
  if (retry === 'no' || hints.retry === false) return null;
  if (retry === 'once' && callsOf(counts, model) > 1) return null;
  if (!hasCallLeft(counts, budget, model, ceiling)) return null;
  const doublings = Math.max(0, callsOf(counts, model) - 1);
  const backoffMs = Math.min(budget.backoffMaxMs, budget.backoffMs * 2 ** doublings) * (0.8 + 0.4 * random);
  const delayMs = Math.ceil(hints.retryAfterMs ?? backoffMs);
  return hopMs + delayMs > budget.hopMs || roundMs + delayMs > budget.roundMs ? null : delayMs;
}

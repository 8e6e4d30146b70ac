import type { Budget, CallCounts } from './rows.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** Smallest, usual and largest value of each limit. One budget for the whole chain, counted by the ledger. */
const bounds = {
  callsPerRound: [1, 5, 20],
  callsPerModel: [1, 3, 20],
  hopMs: [second, minute, hour],
  roundMs: [second, 30 * minute, 24 * hour],
  heartbeatMs: [second, 30 * second, 10 * minute],
  backoffMs: [10, second, minute],
  backoffMaxMs: [10, 10 * second, 10 * minute],
  actionDeadlineMs: [second, 24 * hour, 30 * 24 * hour],
} as const satisfies Record<keyof Budget, readonly [number, number, number]>;

/** The limits where an organization says nothing. */
export const defaultBudget: Budget = clampBudget({});

/**
 * Whatever stands in the registry, brought into bounds: an option that Temporal refuses would not fail a run but wedge
 * it. What is not a number takes the usual value.
 */
export function clampBudget(raw: unknown): Budget {
  const given: Readonly<Record<string, unknown>> = isRecord(raw) ? raw : {};
  const clamp = (name: keyof Budget): number => {
    const [min, usual, max] = bounds[name];
    const value = given[name];
    if (typeof value !== 'number' || Number.isNaN(value)) return usual;
    return Math.round(Math.min(max, Math.max(min, value)));
  };
  const callsPerRound = clamp('callsPerRound');
  const backoffMs = clamp('backoffMs');
  return {
    callsPerRound,
    callsPerModel: Math.min(clamp('callsPerModel'), callsPerRound),
    hopMs: clamp('hopMs'),
    roundMs: clamp('roundMs'),
    heartbeatMs: clamp('heartbeatMs'),
    backoffMs,
    backoffMaxMs: Math.max(clamp('backoffMaxMs'), backoffMs),
    actionDeadlineMs: clamp('actionDeadlineMs'),
  };
}

/** How many calls the round may have made when this hop is done, so that each permitted hop after it has one left. */
export function ceilingOf(budget: Budget, hopsToCome: number): number {
  return Math.max(1, budget.callsPerRound - hopsToCome);
}

/** Is there a call left for this model? `counts` are the calls made before it. */
export function hasCallLeft(counts: CallCounts, budget: Budget, model: string, ceiling: number): boolean {
  return counts.round < ceiling && callsOf(counts, model) < budget.callsPerModel;
}

export function callsOf(counts: CallCounts, model: string): number {
  return counts.byModel[model] ?? 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

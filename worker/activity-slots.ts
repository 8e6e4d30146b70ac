import type { WorkerOptions } from '@temporalio/worker';

/** Temporal's own default. */
const usualSlots = 100;

/**
 * How many activities a worker carries out at once, so that an organization's share can be a part of them. What a tuner
 * decides only while the worker runs, by resources or by somebody's own code, counts as Temporal's default.
 */
export function activitySlotsOf(
  options: Pick<WorkerOptions, 'maxConcurrentActivityTaskExecutions' | 'tuner'>,
): number {
  const { maxConcurrentActivityTaskExecutions = usualSlots, tuner } = options;
  const supplier =
    tuner !== undefined && 'activityTaskSlotSupplier' in tuner ? tuner.activityTaskSlotSupplier : null;
  return supplier?.type === 'fixed-size' ? supplier.numSlots : maxConcurrentActivityTaskExecutions;
}

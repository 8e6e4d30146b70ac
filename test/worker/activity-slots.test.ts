import type { WorkerOptions } from '@temporalio/worker';
import { activitySlotsOf } from '../../worker/activity-slots.ts';

const fixed = (numSlots: number) => ({ type: 'fixed-size', numSlots }) as const;
const tuned = (activities: number): Pick<WorkerOptions, 'tuner'> => ({
  tuner: {
    workflowTaskSlotSupplier: fixed(7),
    activityTaskSlotSupplier: fixed(activities),
    localActivityTaskSlotSupplier: fixed(7),
    nexusTaskSlotSupplier: fixed(7),
  },
});
const byResources: Pick<WorkerOptions, 'tuner'> = {
  tuner: { tunerOptions: { targetMemoryUsage: 0.8, targetCpuUsage: 0.9 } },
};

test.each([
  ['nothing said: as many as Temporal gives by default', {}, 100],
  ['a number of activities at once', { maxConcurrentActivityTaskExecutions: 12 }, 12],
  ['a tuner with a fixed number of activities', tuned(8), 8],
  ['a tuner that decides by resources: the usual number', byResources, 100],
])('%s', (_, options, slots) => {
  expect(activitySlotsOf(options)).toBe(slots);
});

import { asyncLocalStorage } from '@temporalio/activity';
import type { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { countAttempt } from '../../activities/metrics.ts';
import type { Candidate } from '../../contract/index.ts';

const candidate: Candidate = {
  layer: 'behavior',
  provider: 'secret-project',
  model: 'own',
  vendor: 'custom',
  reason: 'assigned',
};

/** What is counted while an activity runs, as the tags of each count. */
function countedWith(failure: Error | null): readonly unknown[] {
  const counted: unknown[] = [];
  const metricMeter = {
    createCounter: (name: string) => ({ add: (_: number, tags: object) => counted.push({ name, ...tags }) }),
  };
  asyncLocalStorage.run({ metricMeter } as unknown as Context, () => countAttempt(candidate, failure));
  return counted;
}

test.each([
  ['an answer', null, 'answered'],
  ['a failure of the model', ApplicationFailure.create({ type: 'model.overloaded' }), 'model.overloaded'],
  ['a cancellation', new CancelledFailure('CANCELLED'), 'cancelled'],
])('%s is counted once, and no name of an organization with it', (_, failure, outcome) => {
  expect(countedWith(failure)).toEqual([
    { name: 'byom_attempts', vendor: 'custom', layer: 'behavior', outcome },
  ]);
});

test("a run that found its organization's share taken has tried nobody, and is not counted", () => {
  expect(countedWith(ApplicationFailure.create({ type: 'worker.busy' }))).toEqual([]);
});

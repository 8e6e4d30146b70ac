import { ApplicationFailureCategory } from '@temporalio/common';
import type { ApplicationFailure } from '@temporalio/common';
import { toFailure } from '../../activities/to-failure.ts';
import { Failure } from '../../contract/index.ts';
import type { FailureType } from '../../contract/index.ts';

function typed(type: FailureType, attempt: number): ApplicationFailure {
  const progress = { facts: { calls: 0, usage: null }, standing: null, attempt };
  return toFailure(new Failure(type, 'Ours.'), progress) as ApplicationFailure;
}

const delayMs = (type: FailureType, attempt: number) => Number(typed(type, attempt).nextRetryDelay);

describe('a run that finds the share of its organization taken', () => {
  test("comes back, and is no error in anybody's dashboards", () => {
    expect(typed('worker.busy', 1)).toMatchObject({
      type: 'worker.busy',
      nonRetryable: false,
      category: ApplicationFailureCategory.BENIGN,
      details: [{ calls: 0, usage: null }],
    });
    expect(typed('registry.unavailable', 1).category).not.toBe(ApplicationFailureCategory.BENIGN);
  });

  test('comes back soon at first, then less and less often, but never later than 45 s', () => {
    const middle = [1, 2, 3, 4, 5, 6, 7, 8].map((attempt) => 100 * 2 ** attempt);
    for (const [index, usualMs] of middle.entries()) {
      const ms = delayMs('worker.busy', index + 1);
      expect(ms).toBeGreaterThanOrEqual(usualMs * 0.5);
      expect(ms).toBeLessThanOrEqual(usualMs * 1.5);
    }
    for (const attempt of [9, 50, 100_000]) {
      expect(delayMs('worker.busy', attempt)).toBeGreaterThanOrEqual(15_000);
      expect(delayMs('worker.busy', attempt)).toBeLessThanOrEqual(45_000);
    }
  });

  test('does not come back at the same moment as the others', () => {
    expect(new Set(Array.from({ length: 50 }, () => delayMs('worker.busy', 9))).size).toBeGreaterThan(40);
  });
});

test('while the registry is away, a look is never more than 7.5 s ahead', () => {
  for (const attempt of [1, 6, 50, 100_000])
    expect(delayMs('registry.unavailable', attempt)).toBeLessThanOrEqual(7_500);
});

import { ApplicationFailureCategory } from '@temporalio/common';
import type { ApplicationFailure } from '@temporalio/common';
import { toFailure } from '../../activities/to-failure.ts';
import { Failure } from '../../contract/index.ts';

function typed(failure: Failure, attempt: number): ApplicationFailure {
  const progress = { facts: { calls: 0, usage: null }, standing: null, attempt };
  return toFailure(failure, progress) as ApplicationFailure;
}

test('a busy worker says itself when to look again, and is no error in a dashboard', () => {
  expect(typed(new Failure('worker.busy', 'Taken.', { retryAfterMs: 1_234 }), 1)).toMatchObject({
    type: 'worker.busy',
    nonRetryable: false,
    nextRetryDelay: 1_234,
    category: ApplicationFailureCategory.BENIGN,
    details: [{ calls: 0, usage: null }],
  });
});

test('a registry that is away is looked for soon at first, then every few seconds, and is an error', () => {
  const away = (attempt: number) => typed(new Failure('registry.unavailable', 'Away.'), attempt);
  expect(away(1).category).not.toBe(ApplicationFailureCategory.BENIGN);
  expect(away(1).nextRetryDelay).toBeLessThanOrEqual(300);
  for (const attempt of [8, 50, 100_000]) {
    expect(away(attempt).nextRetryDelay).toBeGreaterThanOrEqual(2_500);
    expect(away(attempt).nextRetryDelay).toBeLessThanOrEqual(7_500);
  }
});

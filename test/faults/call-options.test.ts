import fc from 'fast-check';
import { clampBudget, planCandidates } from '../../registry/index.ts';
import { begin } from '../../workflows/run/state.ts';
import { actionTimeoutMs, callOptions } from '../../workflows/run/requests.ts';
import { modelRow, planQuestion, planRows, policyRow } from '../support/policy-rows.ts';

/** Whatever a column of JSON may hold where a number is meant. */
const absurd = fc.oneof(
  fc.constantFrom(0, -0, -1, 1e12, Number.MAX_VALUE, Number.MIN_VALUE, NaN, Infinity, -Infinity, 1.5),
  fc.constantFrom('NaN', '5', '', null, undefined, true, [], {}),
  fc.double(),
  fc.integer(),
);
const limitNames = ['heartbeatMs', 'tryMs', 'withinMs', 'backoffMs', 'backoffMaxMs'] as const;
const limits = fc.record(Object.fromEntries(limitNames.map((name) => [name, absurd]))) as fc.Arbitrary<
  Parameters<typeof callOptions>[0]
>;

const dayMs = 86_400_000;
const isDuration = (ms: number) => Number.isInteger(ms) && ms >= 1 && ms <= dayMs;

/** What the server checks of a scheduled activity, so that a task of the workflow is not failed again and again. */
function expectAccepted({ retry, ...timeouts }: ReturnType<typeof callOptions>): void {
  for (const ms of Object.values(timeouts)) expect(isDuration(ms)).toBe(true);
  expect(timeouts.scheduleToCloseTimeout).toBeGreaterThanOrEqual(1_000);
  expect(timeouts.startToCloseTimeout).toBeLessThanOrEqual(timeouts.scheduleToCloseTimeout);
  expect(timeouts.heartbeatTimeout).toBeLessThanOrEqual(timeouts.scheduleToCloseTimeout);
  expect(timeouts.heartbeatTimeout).toBeGreaterThanOrEqual(1_000);
  expect(isDuration(retry.initialInterval)).toBe(true);
  expect(isDuration(retry.maximumInterval)).toBe(true);
  expect(retry.maximumInterval).toBeGreaterThanOrEqual(retry.initialInterval);
  expect(retry.backoffCoefficient).toBeGreaterThanOrEqual(1);
}

test('whatever the registry answers, every option of a call is one that Temporal accepts', () => {
  fc.assert(
    fc.property(limits, (given) => expectAccepted(callOptions(given))),
    { numRuns: 2_000 },
  );
});

test('limits within bounds are passed on as they are', () => {
  const given = {
    heartbeatMs: 30_000,
    tryMs: 60_000,
    withinMs: 1_800_000,
    backoffMs: 1_000,
    backoffMaxMs: 10_000,
  };
  expect(callOptions(given)).toEqual({
    heartbeatTimeout: 30_000,
    startToCloseTimeout: 60_000,
    scheduleToCloseTimeout: 1_800_000,
    retry: { initialInterval: 1_000, backoffCoefficient: 2, maximumInterval: 10_000 },
  });
});

test('whatever stands in the registry, an action may be tried for a second at least and thirty days at most', () => {
  fc.assert(
    fc.property(absurd, (actionDeadlineMs) => {
      const ms = actionTimeoutMs({ ...begin(0), actionDeadlineMs: actionDeadlineMs as number });
      expect(Number.isInteger(ms) && ms >= 1_000 && ms <= 30 * dayMs).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test('whatever stands in the registry, what policy plans are options that Temporal accepts', () => {
  const budgetNames = Object.keys(clampBudget({}));
  const budgets = fc.record(Object.fromEntries(budgetNames.map((name) => [name, absurd])));
  fc.assert(
    fc.property(budgets, fc.integer({ min: 0, max: 2 * dayMs }), (budget, roundMs) => {
      const rows = planRows({
        policy: policyRow({ budget: clampBudget(budget) }),
        assigned: modelRow('assigned', { totalTimeoutMs: dayMs }),
      });
      const next = planCandidates(rows, planQuestion({ roundMs }));
      if (next.next === 'call') expectAccepted(callOptions(next.limits));
      else expect(next.next).toBe('fail');
    }),
    { numRuns: 2_000 },
  );
});

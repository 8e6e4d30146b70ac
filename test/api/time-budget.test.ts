import { createTimeBudget } from '../../api/time-budget.ts';

const never = () => new Promise<never>(() => {});

test('what outlasts the budget is not waited for, is told so, and the caller is asked to come back', async () => {
  const budget = createTimeBudget(10);
  await expect(budget.spend(never)).rejects.toMatchObject({
    type: 'unavailable',
    details: { headers: { 'retry-after': '1' } },
  });
  expect(budget.signal.aborted).toBe(true);
});

test('what was spent once is gone for what comes after', async () => {
  const budget = createTimeBudget(10);
  await budget.spend(never).catch(() => {});
  await expect(budget.spend(never)).rejects.toMatchObject({ type: 'unavailable' });
});

test('time in which nothing is spent is not counted', async () => {
  const budget = createTimeBudget(1_000);
  await budget.spend(async () => {});
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  expect(await budget.spend(async () => 'served')).toBe('served');
  expect(budget.signal.aborted).toBe(false);
});

test('an error within the budget stays what it is', async () => {
  const budget = createTimeBudget(1_000);
  await expect(budget.spend(() => Promise.reject(new RangeError('own')))).rejects.toThrow(RangeError);
});

import { randomRuns } from '../support/random-runs.ts';

test('a hundred thousand random runs: no forbidden call, no call above the budget, one outcome each', async () => {
  expect(await randomRuns(100_000, 11)).toBeNull();
});

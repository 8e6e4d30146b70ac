import { toTable } from '../../bench/figure.ts';
import type { Figure } from '../../bench/figure.ts';
import { compare, median, quantile } from '../../bench/statistics.ts';
import { inParallel, takeTurns } from '../../bench/take-turns.ts';

test('a quantile is the nearest rank of the samples, in whatever order they came', () => {
  const samples = [40, 10, 30, 20];
  expect([quantile(samples, 0.25), median(samples), quantile(samples, 0.99)]).toEqual([10, 20, 40]);
  expect(() => median([])).toThrow('needs samples');
});

test('a comparison is of the medians, with the rounds as its range', () => {
  expect(compare('ratio', [10, 30, 20], [10, 10, 10])).toEqual({ how: 'ratio', value: 2, low: 1, high: 3 });
  expect(compare('difference', [5, 7, 6], [4, 4, 4])).toEqual({
    how: 'difference',
    value: 2,
    low: 1,
    high: 3,
  });
});

test('arms take turns, and every second time in the other order', async () => {
  const order: string[] = [];
  const arm = (name: string) => async () => order.push(name);
  expect(await takeTurns(3, { a: arm('a'), b: arm('b') })).toEqual({ a: [1, 4, 5], b: [2, 3, 6] });
  expect(order.join('')).toBe('abbaab');
});

test('as many are under way as asked for, and no more are begun than wanted', async () => {
  let [underWay, most, begun] = [0, 0, 0];
  await inParallel(10, 4, async () => {
    begun += 1;
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise(setImmediate);
    underWay -= 1;
  });
  expect({ begun, most }).toEqual({ begun: 10, most: 4 });
});

test('the table says of each target whether it was met, and nothing where there is none', () => {
  const figure: Figure = {
    what: 'a run',
    unit: 'ms',
    ours: 30.04,
    beside: { what: 'bare', value: 25 },
    compared: { how: 'ratio', value: 1.2, low: 1.1, high: 1.3 },
    target: { text: '≤ 1.10 ×', met: false },
  };
  const alone: Figure = { ...figure, beside: null, compared: null, target: null, ours: 0.3124 };
  const [, missed, met, told] = toTable([figure, { ...figure, target: { text: '≤ 2 ×', met: true } }, alone])
    .split('\n')
    .map((line) => line.split(/ {2,}/));
  expect(missed).toEqual([
    'a run',
    '30.0 ms',
    '25.0 ms bare',
    '1.20 × (1.10 to 1.30)',
    '≤ 1.10 ×',
    'NOT met',
  ]);
  expect(met?.at(-1)).toBe('met');
  expect(told).toEqual(['a run', '0.312 ms']);
});

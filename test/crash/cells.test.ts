import { crashes, isSlow, points, scenarios, scenariosAt, sliceOf, victims, whyImpossible } from './cells.ts';

const matrix = ['success', 'fallback', 'compensation'] as const;

describe('the cells of the crash matrix', () => {
  test('75 of 81 exist: nothing is taken back in a run that succeeds or falls back', () => {
    const existing = crashes.flatMap(({ point }) =>
      matrix.filter((scenario) => scenariosAt(point).includes(scenario)),
    );
    expect([crashes.length * matrix.length, existing.length]).toEqual([81, 75]);
    const missing = points.flatMap((point) =>
      matrix.filter((scenario) => whyImpossible(point, scenario) !== null).map((one) => [point, one]),
    );
    expect(missing).toEqual([
      ['during compensation', 'success'],
      ['during compensation', 'fallback'],
    ]);
  });

  test('runs that only answer, and calls that fail, add 36: they have no engine to crash at', () => {
    const more = crashes.flatMap(({ point }) => scenariosAt(point)).length - 75;
    expect(more).toBe(6 * victims.length * (scenarios.length - matrix.length));
  });

  test('every slice has one crash of each victim, none of them slow, and the seeds reach all of those', () => {
    const slices = Array.from({ length: 200 }, (_, seed) => sliceOf(seed));
    expect(slices.every((slice) => slice.map(({ victim }) => victim).join() === victims.join())).toBe(true);
    const reached = new Set(slices.flat());
    expect(crashes.filter((one) => reached.has(one) === isSlow(one))).toEqual([]);
  });
});

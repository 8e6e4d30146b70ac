/** The value that `share` of the samples do not exceed: the nearest rank, so it is one of them. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new Error('A quantile needs samples.');
  return value;
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** Ours against what stands beside it: of the medians, with the lowest and the highest round. */
export interface Compared {
  readonly how: 'ratio' | 'difference';
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** One value a round for each; both lists are of the same rounds. */
export function compare(how: Compared['how'], ours: readonly number[], beside: readonly number[]): Compared {
  const of = (a: number, b: number) => (how === 'ratio' ? a / b : a - b);
  const rounds = ours.map((value, round) => of(value, beside[round] ?? Number.NaN));
  return {
    how,
    value: of(median(ours), median(beside)),
    low: Math.min(...rounds),
    high: Math.max(...rounds),
  };
}

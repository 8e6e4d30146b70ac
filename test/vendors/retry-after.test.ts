import { readRetryAfterMs } from '../../vendors/errors/retry-after.ts';

const nowMs = Date.parse('2026-11-24T10:00:00Z');
const dayMs = 24 * 60 * 60 * 1000;

describe('when a vendor wants us back', () => {
  it.each<[string, Record<string, string>, number | null]>([
    ['seconds', { 'retry-after': '2' }, 2_000],
    ['parts of a second', { 'retry-after': '0.25' }, 250],
    ['a date', { 'retry-after': 'Tue, 24 Nov 2026 10:00:30 GMT' }, 30_000],
    ['a date of the old form', { 'retry-after': 'Tuesday, 24-Nov-26 10:00:30 GMT' }, 30_000],
    ['a date that has passed', { 'retry-after': 'Tue, 24 Nov 2026 09:00:00 GMT' }, 0],
    ['a negative number', { 'retry-after': '-5' }, 0],
    ['an absurd number', { 'retry-after': '1000000000' }, dayMs],
    ['an absurd date', { 'retry-after': 'Tue, 24 Nov 2099 10:00:00 GMT' }, dayMs],
    ['milliseconds, which win', { 'retry-after-ms': '1500', 'retry-after': '9' }, 1_500],
    ['milliseconds nobody can read, which do not', { 'retry-after-ms': 'soon', 'retry-after': '9' }, 9_000],
    ["Amazon's milliseconds", { 'x-amz-retry-after': '700' }, 700],
    ['the reset of requests', { 'x-ratelimit-reset-requests': '1s' }, 1_000],
    ['minutes and seconds', { 'x-ratelimit-reset-tokens': '6m0s' }, 360_000],
    ['milliseconds with their unit', { 'x-ratelimit-reset-tokens': '20ms' }, 20],
    ['hours and parts', { 'x-ratelimit-reset-tokens': '1h1.5s' }, 3_601_500],
    [
      'the reset of the limit that is used up',
      {
        'x-ratelimit-reset-requests': '1s',
        'x-ratelimit-remaining-requests': '9',
        'x-ratelimit-reset-tokens': '30s',
        'x-ratelimit-remaining-tokens': '0',
      },
      30_000,
    ],
    [
      'the nearer reset of two',
      { 'x-ratelimit-reset-requests': '4s', 'x-ratelimit-reset-tokens': '30s' },
      4_000,
    ],
    ['nothing', {}, null],
    ['words', { 'retry-after': 'in 5 minutes', 'x-ratelimit-reset-tokens': 'later' }, null],
    ['what only looks like a number', { 'retry-after': '1e9' }, null],
  ])('%s', (_form, headers, expected) => {
    expect(readRetryAfterMs(new Headers(headers), nowMs)).toBe(expected);
  });
});

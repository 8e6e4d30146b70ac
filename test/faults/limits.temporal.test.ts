import type { RunOutcome } from '../../contract/index.ts';
import { ask } from '../support/database.ts';
import { registryOf, serve, textRun, usualOrganization } from '../support/served.ts';
import type { Served } from '../support/served.ts';

let served: Served;

beforeAll(async () => {
  served = await serve();
});
afterEach(() => served.vendors.reset());
afterAll(() => served.close());

describe('what a vendor wants us to wait', () => {
  beforeAll(() =>
    served.apply(
      registryOf({
        acme: usualOrganization,
        strict: usualOrganization.replace('{', '{ onFailure: none,'),
      }),
    ),
  );

  test.each([
    ['two minutes, in seconds', 120_000, 'seconds'],
    ['an hour, in milliseconds', 3_600_000, 'milliseconds'],
    ['a day, as a date', 86_400_000, 'date'],
    ['thirty years', 1e12, 'milliseconds'],
  ] as const)(
    '%s: that is beyond the limit, so the hop ends at once, and the next is asked',
    async (_, ms, form) => {
      served.vendors.fault('acme-own', { kind: 'status', status: 429, retryAfter: { ms, form } });
      const outcome = await served.run(textRun('acme'));
      expect(outcome).toMatchObject({
        status: 'completed',
        answeredBy: { layer: 'platform' },
        reason: 'after:model.rate-limited',
        hops: [{ failure: 'model.rate-limited', calls: 1 }, { outcome: 'answered' }],
      });
      // Who waits asks again: the second call would be the sign of it.
      expect(served.vendors.callsTo('acme-own')).toHaveLength(1);
    },
  );

  test('where nobody else may be asked, the run fails at once under the true type', async () => {
    served.vendors.fault('strict-own', {
      kind: 'status',
      status: 503,
      retryAfter: { ms: 120_000, form: 'seconds' },
    });
    expect(await served.run(textRun('strict'))).toMatchObject({
      status: 'failed',
      failure: { type: 'model.overloaded', lastModelFailure: 'model.overloaded' },
      hops: [{ model: 'own', calls: 1 }],
    });
    expect(served.vendors.log).toHaveLength(1);
  });

  test('a moment is waited for, and the same model asked again', async () => {
    served.vendors.fault('acme-own', {
      kind: 'status',
      status: 429,
      retryAfter: { ms: 700, form: 'milliseconds' },
      times: 1,
    });
    expect(await served.run(textRun('acme'))).toMatchObject({ answeredBy: { layer: 'behavior' } });
    const [first, second] = served.vendors.callsTo('acme-own');
    expect((second?.receivedAtMs ?? 0) - (first?.receivedAtMs ?? 0)).toBeGreaterThanOrEqual(700);
  });
});

describe('limits that nobody can have meant', () => {
  const orgs = Array.from({ length: 50 }, (_, index) => `absurd-${index}`);
  const names = [
    'callsPerRound',
    'callsPerModel',
    'hopMs',
    'roundMs',
    'heartbeatMs',
    'backoffMs',
    'backoffMaxMs',
    'actionDeadlineMs',
  ];
  const modelLimits = [
    'firstTokenTimeoutMs',
    'idleTimeoutMs',
    'totalTimeoutMs',
    'maxOutputTokens',
    'contextTokens',
  ];
  /** As JSON: whatever a superuser, or a bug of somebody's, could write past every check of ours. */
  const values = [
    '0',
    '-1',
    '-1e12',
    '1e12',
    '1e300',
    '0.5',
    '"NaN"',
    '"Infinity"',
    '"5"',
    '""',
    'null',
    'true',
    '[]',
    '{}',
  ];

  /** The same sequence in every run of the test. */
  function createDice(seed: number): (sides: number) => number {
    let state = seed;
    return (sides) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * sides);
    };
  }

  beforeAll(async () => {
    const roll = createDice(20_261_124);
    const bad = (keys: readonly string[]): string =>
      `{${keys
        .filter(() => roll(3) > 0)
        .map((key) => `"${key}": ${values[roll(values.length)]}`)
        .join(', ')}}`;
    await served.apply(registryOf(Object.fromEntries(orgs.map((org) => [org, usualOrganization]))));
    // Where an object is meant, now and then there is none at all.
    const absurd = (keys: readonly string[]) => (roll(6) === 0 ? values[roll(values.length)] : bad(keys));
    for (const org of orgs) {
      await ask(served.urls.superuser, 'update byom.organizations set budget = $2 where org_id = $1', [
        org,
        absurd(names),
      ]);
      await ask(
        served.urls.superuser,
        'update byom.models set limits = $2, supports = $3 where org_id = $1',
        [org, absurd(modelLimits), absurd(['structuredOutput', 'streaming', 'maxTokensField'])],
      );
      if (roll(2) === 0) served.vendors.fault(`${org}-own`, { kind: 'status', status: 404 });
    }
  });

  test('50 organizations with such rows: every run ends, in one of the ways a run can end', async () => {
    const outcomes = await Promise.all(orgs.map((org) => served.run(textRun(org))));
    const ends = outcomes.map(
      ({ status, answeredBy, failure }) => `${status} ${answeredBy?.layer ?? failure?.type}`,
    );
    expect(new Set(ends)).toEqual(
      new Set(['completed behavior', 'completed platform', 'failed budget.exhausted']),
    );
    // A hop may end before its first call, as where its round is over by then; who answered was asked.
    const strange = ({ calls, outcome }: RunOutcome['hops'][number]) =>
      calls > 20 || (outcome === 'answered' && calls === 0);
    expect(outcomes.flatMap(({ hops }) => hops.filter(strange))).toEqual([]);
  });
});

import { createRegistry, parseOpenKeys } from '../registry/index.ts';
import type { OpenRegistry, Question } from '../registry/index.ts';
import type { Figure } from './figure.ts';
import type { Grounds } from './grounds.ts';
import type { Closers } from '../sandbox/index.ts';
import { behaviorsPerPipe, organizationOf, seedRegistry } from './seed-registry.ts';
import type { RegistrySize } from './seed-registry.ts';
import type { Sizes } from './sizes.ts';
import { compare, median, quantile } from './statistics.ts';
import { takeTurns, timed } from './take-turns.ts';

/** Ten times the organizations with ten times the Behaviors each. */
const small: RegistrySize = { organizations: 10, assignments: 100 };
const large: RegistrySize = { organizations: 100, assignments: 1_000 };

const p99AtMostMs = 2;
/** What counts as the same: a p50 that grew by no more. A p99 on a shared machine tells of its scheduler first. */
const growthAtMost = 1.15;

/** `registry.resolve`, asked in turns of a small and a large registry on the same Postgres. */
export async function measureResolution(
  { postgres, openRing }: Grounds,
  { rounds, warmUp, questions }: Sizes['resolution'],
  closers: Closers,
): Promise<readonly Figure[]> {
  const open = async (name: string, size: RegistrySize) => {
    await seedRegistry(postgres, name, size);
    const workerUrl = postgres.url('byom_worker', name);
    const registry = createRegistry({ workerUrl, openKeys: parseOpenKeys(openRing) });
    closers.onClose(() => registry.close());
    return asker(registry, size);
  };
  const arms = { small: await open('bench_small', small), large: await open('bench_large', large) };
  await takeTurns(warmUp, arms);
  const taken: Record<keyof typeof arms, number[][]> = { small: [], large: [] };
  for (let round = 0; round < rounds; round += 1) {
    const asked = await takeTurns(questions, arms);
    taken.small.push(asked.small);
    taken.large.push(asked.large);
  }
  return toFigures(taken.small, taken.large);
}

/** Asks about another assigned Behavior each time, and answers how long it took, milliseconds. */
function asker(registry: OpenRegistry, size: RegistrySize): () => Promise<number> {
  let asked = 0;
  return () => {
    const question = questionAbout(size, asked);
    asked += 1;
    return timed(async () => {
      const { next } = await registry.resolve(question);
      if (next !== 'call') throw new Error(`The registry answered ${next} where a model is assigned.`);
    });
  };
}

function questionAbout({ organizations, assignments }: RegistrySize, asked: number): Question {
  // A step that is prime to the number of Behaviors visits all of them, near and far in turn.
  const behavior = (asked * 7_919) % assignments;
  const id = `${asked}`;
  return {
    org: organizationOf(asked % organizations),
    pipe: `pipe-${Math.floor(behavior / behaviorsPerPipe)}`,
    behavior: `behavior-${behavior}`,
    dataClass: null,
    workflowId: `byom:bench:${id}`,
    runId: id,
    firstRunId: id,
    askedAtMs: Date.now(),
    round: 1,
    hops: 0,
    tried: [],
    refused: [],
    roundMs: 0,
    waited: { times: 0, totalMs: 0 },
    order: null,
  };
}

function toFigures(
  ofSmall: readonly (readonly number[])[],
  ofLarge: readonly (readonly number[])[],
): readonly Figure[] {
  const [smallName, largeName] = [small, large].map(({ organizations, assignments }) =>
    (organizations * assignments).toLocaleString('en'),
  );
  const p50 = compare('ratio', ofLarge.map(median), ofSmall.map(median));
  const [smallP99, largeP99] = [quantile(ofSmall.flat(), 0.99), quantile(ofLarge.flat(), 0.99)];
  const alone = (what: string, p99: number): Figure => ({
    what,
    unit: 'ms',
    ours: p99,
    beside: null,
    compared: null,
    target: { text: `≤ ${p99AtMostMs} ms`, met: p99 <= p99AtMostMs },
  });
  return [
    {
      what: `resolution, ${largeName} assignments: p50`,
      unit: 'ms',
      ours: median(ofLarge.map(median)),
      beside: { what: `at ${smallName}`, value: median(ofSmall.map(median)) },
      compared: p50,
      target: { text: `the same: ≤ ${growthAtMost} ×`, met: p50.value <= growthAtMost },
    },
    alone(`resolution, ${largeName} assignments: p99`, largeP99),
    alone(`resolution, ${smallName} assignments: p99`, smallP99),
  ];
}

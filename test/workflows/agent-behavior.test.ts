import type { Candidate } from '../../contract/index.ts';
import { boundaryRefusal, classesOf, permit } from '../../registry/policy/permit.ts';
import { planCandidates } from '../../registry/policy/plan-candidates.ts';
import type { PlanRows } from '../../registry/policy/rows.ts';
import { Aborted, aRun, openWorld, runInMemory } from '../support/memory-world.ts';
import { modelRow, planRows, policyRow } from '../support/policy-rows.ts';

const failing =
  (...names: string[]) =>
  ({ model }: { readonly model: string }) =>
    names.includes(model) ? ('model.server-error' as const) : ('ok' as const);

async function run(over: Partial<Parameters<typeof openWorld>[0]> = {}, behavior = aRun()) {
  const world = openWorld({ rows: planRows(), ...over });
  const { outcome, trail } = await runInMemory(world, behavior);
  return { world, outcome, trail, asked: world.bill.map(({ candidate }) => candidate.model) };
}

describe('a run, with its steps carried out in memory', () => {
  test('the assigned model answers and the three actions are done in order', async () => {
    const { world, outcome, asked } = await run();
    expect(asked).toEqual(['assigned']);
    expect(outcome).toMatchObject({
      status: 'completed',
      answeredBy: { layer: 'behavior' },
      reason: 'assigned',
    });
    expect(world.done).toEqual(['wf/a1/1', 'wf/a2/1', 'wf/a3/1']);
  });

  test('a failing model is retried, then the platform answers', async () => {
    const { asked, outcome } = await run({ vendor: failing('assigned') });
    expect(asked).toEqual(['assigned', 'assigned', 'assigned', 'platform/ai']);
    expect(outcome).toMatchObject({ status: 'completed', reason: 'after:model.server-error' });
  });

  test('three dead layers under cascade are asked at most five times, each of them at least once', async () => {
    const rows = planRows({ policy: policyRow({ onFailure: 'cascade' }) });
    const { asked, outcome } = await run({ rows, vendor: () => 'model.overloaded' });
    expect(asked).toEqual(['assigned', 'assigned', 'assigned', 'default', 'platform/ai']);
    expect(outcome.failure).toEqual({ type: 'model.overloaded', lastModelFailure: 'model.overloaded' });
  });

  test('an approval withdrawn between plan and call stops the call', async () => {
    const rows = planRows({
      assigned: modelRow('assigned', { approvedFor: ['financial'] }),
      policy: policyRow({ classes: ['financial'] }),
    });
    const world = openWorld({ rows });
    world.before = (step) => {
      if (step === 'begin') world.rows = { ...rows, assigned: modelRow('assigned') };
    };
    const { outcome } = await runInMemory(world, aRun());
    expect(world.bill).toEqual([]);
    expect(outcome.failure?.type).toBe('policy.forbidden');
    expect(outcome.skipped[0]).toEqual({
      layer: 'behavior',
      model: 'assigned',
      reason: 'not-approved-for:financial',
    });
  });

  test('a lost worker leads to the same model again, under one hop', async () => {
    let lost = 2;
    const { asked, outcome } = await run({ vendor: () => (lost-- > 0 ? 'worker.lost' : 'ok') });
    expect(asked).toEqual(['assigned', 'assigned', 'assigned']);
    expect(outcome.hops).toHaveLength(1);
  });

  test('workers that are lost for good end the run as a used-up budget, never with somebody else', async () => {
    const { asked, outcome } = await run({ vendor: () => 'worker.lost' });
    expect(new Set(asked)).toEqual(new Set(['assigned']));
    expect(outcome.failure?.type).toBe('budget.exhausted');
  });

  test('a failed action is kept by default and the others still run', async () => {
    const { world, outcome } = await run({ engine: (key) => (key.includes('/a2/') ? 'failed' : 'done') });
    expect(outcome.status).toBe('partial');
    expect(world.done).toEqual(['wf/a1/1', 'wf/a3/1']);
    expect(world.undone).toEqual([]);
  });

  test('under compensate the earlier actions are taken back, last first', async () => {
    const engine = (key: string) => (key.includes('/a3/') ? ('failed' as const) : ('done' as const));
    const { world, outcome } = await run({ engine }, aRun({ onActionFailure: 'compensate' }));
    expect(outcome).toMatchObject({ status: 'failed', failure: { type: 'action.failed' } });
    expect(world.undone).toEqual(['wf/a2/1', 'wf/a1/1']);
  });

  test('an action nobody answered for may have happened, so it is taken back too', async () => {
    const engine = (key: string) => (key.includes('/a2/') ? ('unknown' as const) : ('done' as const));
    const { world } = await run({ engine }, aRun({ onActionFailure: 'compensate' }));
    expect(world.undone).toEqual(['wf/a2/1', 'wf/a1/1']);
  });

  test('an abort between two actions takes back what was done and what may have been done', async () => {
    const world = openWorld({ rows: planRows() });
    world.before = (step) => {
      if (step === 'act' && world.done.length === 1) throw new Aborted();
    };
    const { outcome } = await runInMemory(world, aRun());
    expect(outcome).toMatchObject({ status: 'aborted', abort: { by: 'operator', reason: 'test' } });
    expect(world.undone).toEqual(['wf/a2/1', 'wf/a1/1']);
  });

  test('an action used twice in one plan has a key for each use, whatever the order of a later answer', async () => {
    const twice = aRun();
    const [a1, a2] = twice.behavior.actions;
    const plan = aRun({ actions: [a1!, a2!, { ...a1! }] });
    const { world } = await run({}, plan);
    expect(world.done).toEqual(['wf/a1/1', 'wf/a2/1', 'wf/a1/2']);
  });
});

interface Defect {
  readonly name: string;
  readonly plant: (world: ReturnType<typeof openWorld>) => void;
}

/** Each of these must make the random runs fail, or they prove nothing. */
const defects: readonly Defect[] = [
  {
    name: 'begin does not judge',
    plant: (world) => (world.judge = () => ({ verdict: 'permitted', ceiling: 5 })),
  },
  {
    name: 'classes of the rules are forgotten at the call',
    plant: (world) => {
      const real = world.judge;
      world.judge = (rows, question, candidate) =>
        real({ ...rows, policy: { ...rows.policy, classes: [] } }, question, candidate);
    },
  },
  {
    name: 'provider lists are forgotten at the call',
    plant: (world) => {
      const real = world.judge;
      world.judge = (rows, question, candidate) =>
        real({ ...rows, policy: { ...rows.policy, providers: null } }, question, candidate);
    },
  },
  {
    name: 'the calls of a round are not counted',
    plant: (world) => (world.count = () => ({ round: 0, byModel: {} })),
  },
  {
    name: 'a disabled model is called',
    plant: (world) => {
      const real = world.judge;
      const on = (row: typeof world.rows.assigned) => row && { ...row, modelEnabled: true };
      world.judge = (rows, question, candidate) =>
        real({ ...rows, ordered: on(rows.ordered) }, question, candidate);
    },
  },
  {
    name: 'onFailure none is overlooked',
    plant: (world) =>
      (world.plan = (rows, question) =>
        planCandidates({ ...rows, policy: { ...rows.policy, onFailure: 'cascade' } }, question)),
  },
];

const results = [
  'ok',
  'model.server-error',
  'model.timed-out',
  'model.rate-limited',
  'model.context-too-long',
  'model.content-filtered',
  'model.unauthorized',
  'worker.lost',
] as const;

/** Runs `count` random runs against a registry that changes between any two steps, and returns what was wrong. */
async function randomRuns(
  count: number,
  seed: number,
  plant: Defect['plant'] = () => {},
): Promise<string | null> {
  const random = mulberry32(seed);
  const pick = <T>(...choices: readonly T[]): T => choices[Math.floor(random() * choices.length)]!;
  const anyModel = (name: string) =>
    random() < 0.25
      ? null
      : modelRow(name, {
          modelEnabled: random() > 0.15,
          providerEnabled: random() > 0.1,
          credential: pick('active', 'active', 'active', 'revoked', 'missing', 'not-needed'),
          contextTokens: pick(null, 4_000, 8_000, 32_000),
          approvedFor: pick([], ['financial'], ['financial', 'medical']),
        });
  const anyRows = () =>
    planRows({
      assigned: anyModel('assigned'),
      byDefault: anyModel('default'),
      platform: anyModel('platform/ai'),
      policy: policyRow({
        whenMissing: pick('platform', 'fail'),
        onFailure: pick('platform', 'cascade', 'none'),
        classes: pick([], [], ['financial'], ['medical']),
        unclassified: pick(null, null, 'financial'),
        providers: pick(null, null, ['p-assigned', 'platform'], ['p-default']),
      }),
    });
  for (let n = 0; n < count; n += 1) {
    const world = openWorld({
      rows: anyRows(),
      vendor: () => pick(...results),
      engine: () => pick('done', 'failed'),
    });
    let steps = 0;
    world.before = () => {
      if ((steps += 1) > 200) throw new Error('a run that never ends');
      if (random() < 0.3) world.rows = anyRows();
    };
    plant(world);
    const dataClass = pick(null, null, 'financial');
    const fault = await faultOf(world, dataClass);
    if (fault !== null) return fault;
  }
  return null;
}

async function faultOf(
  world: ReturnType<typeof openWorld>,
  dataClass: string | null,
): Promise<string | null> {
  try {
    await runInMemory(world, aRun({ dataClass }));
  } catch (error) {
    return String(error);
  }
  for (const { candidate, rows } of world.bill) {
    const row = [rows.assigned, rows.byDefault, rows.platform].find((one) => one?.model === candidate.model);
    if (!row) return 'a model was called that is not there';
    const classes = classesOf(rows.policy, { dataClass });
    if (boundaryRefusal(row, rows.policy, classes) !== null) return 'a boundary was crossed';
    if (permit(row, rows.policy, classes) !== null) return 'a model was called that was not ready';
  }
  if (world.bill.some(({ candidate, planned }) => strays(candidate, planned)))
    return 'somebody else was asked';
  const filtered = world.bill.findIndex(({ result }) => result === 'model.content-filtered');
  if (filtered !== -1 && filtered !== world.bill.length - 1) return 'a laxer model was asked';
  const { callsPerRound } = world.rows.policy.budget;
  if (world.bill.length > callsPerRound) return 'more calls than the budget has';
  return world.recorded.length === 1 ? null : `${world.recorded.length} outcomes`;
}

/** A layer that `onFailure` closes while a model before it is configured. */
function strays({ layer }: Candidate, { assigned, byDefault, policy }: PlanRows): boolean {
  const firstLayer = assigned === null ? (byDefault === null ? 'platform' : 'organization') : 'behavior';
  if (layer === firstLayer) return false;
  return policy.onFailure === 'none' || (policy.onFailure === 'platform' && layer === 'organization');
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe('random runs while the registry changes', () => {
  test('a hundred thousand: no forbidden call, no call above the budget, one outcome each', async () => {
    expect(await randomRuns(100_000, 7)).toBeNull();
  });

  test.each(defects)('the planted defect is seen: $name', async ({ plant }) => {
    expect(await randomRuns(20_000, 7, plant)).not.toBeNull();
  });
});

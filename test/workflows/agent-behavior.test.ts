import { Aborted, aRun, openWorld, runInMemory } from '../support/memory-world.ts';
import { defects, randomRuns } from '../support/random-runs.ts';
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

describe('random runs while the registry changes', () => {
  test('ten thousand: no forbidden call, no call above the budget, one outcome each', async () => {
    expect(await randomRuns(10_000, 7)).toBeNull();
  });

  test.each(defects)('the planted defect is seen: $name', async ({ plant }) => {
    expect(await randomRuns(20_000, 7, plant)).not.toBeNull();
  });
});

import { startBehavior } from '../../client/index.ts';
import type { BehaviorRun } from '../../contract/index.ts';
import { startCountingProxy } from '../support/counting-proxy.ts';
import type { CountingProxy } from '../support/counting-proxy.ts';
import { startScriptedEngine } from '../support/scripted-engine.ts';
import type { ScriptedEngine } from '../support/scripted-engine.ts';
import { planRun, registryOf, serve, textRun, usualOrganization } from '../support/served.ts';
import type { Served } from '../support/served.ts';

let served: Served;
let engine: ScriptedEngine;
let proxy: CountingProxy;

beforeAll(async () => {
  proxy = await startCountingProxy(Number(process.env['BYOM_TEST_POSTGRES_PORT']));
  served = await serve({
    through: (url) => {
      const through = new URL(url);
      through.port = String(proxy.port);
      return through.href;
    },
  });
  await served.apply(registryOf({ acme: usualOrganization }));
  engine = await startScriptedEngine(`scripted-${served.taskQueue}`);
  await served.run(textRun('acme')); // The first run opens the pool.
});
afterAll(async () => {
  await engine.close();
  await served.close();
  await proxy.close();
});

async function shapeOf(run: BehaviorRun) {
  proxy.reset();
  const { client, runKeys: keys, taskQueue } = served;
  const handle = await startBehavior(client, run, { keys, taskQueue });
  await handle.result();
  const types = ((await handle.fetchHistory()).events ?? []).map(({ eventType }) => eventType);
  const workflowTaskCompleted = 7;
  return {
    events: types.length,
    workflowTasks: types.filter((type) => type === workflowTaskCompleted).length,
    roundTrips: proxy.answered(),
  };
}

test('a text run is 2 workflow tasks, 12 events and 2 for the search attributes, and 3 SQL round trips', async () => {
  expect(await shapeOf(textRun('acme'))).toEqual({ workflowTasks: 2, events: 14, roundTrips: 3 });
});

test('a plan with k actions is 2 + k workflow tasks, 13 + 6k events and 2 for the search attributes, 4 round trips', async () => {
  const one = planRun('acme', engine.taskQueue, { instruction: 'Do %{action:a}.' });
  const single = { ...one, behavior: { ...one.behavior, actions: one.behavior.actions.slice(0, 1) } };
  expect(await shapeOf(single)).toEqual({ workflowTasks: 3, events: 21, roundTrips: 4 });
  expect(await shapeOf(planRun('acme', engine.taskQueue))).toEqual({
    workflowTasks: 5,
    events: 33,
    roundTrips: 4,
  });
});

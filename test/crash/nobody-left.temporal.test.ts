import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunOutcome } from '../../contract/index.ts';
import { eventually } from '../support/eventually.ts';
import type { Cell, Scenario } from './cells.ts';
import { openCrashSite } from './crash-site.ts';
import type { CrashSite } from './crash-site.ts';
import { gatherTrail } from './evidence.ts';
import type { Trail } from './evidence.ts';
import { expectedEnd, expectedTrail } from './expected.ts';
import { createHolds } from './holds.ts';
import type { Holds } from './holds.ts';
import { brokenRoute, crashRegistry, crashRun, pipeFor, pipes } from './runs.ts';
import type { CrashRun } from './runs.ts';
import { startWorkerProcess } from './start-worker-process.ts';
import type { Reached, WorkerProcess } from './start-worker-process.ts';

/** `npm run matrix` has no engine for a minute, `npm test` for as long as it takes to see that the run waits. */
const withoutEngineMs = process.env['BYOM_MATRIX'] === 'all' ? 60_000 : 0;

const betweenActions = { point: 'between two actions', victim: 'worker' } as const;

let site: CrashSite;
let left: {
  readonly inCall: readonly Left[];
  readonly betweenUndos: Left & { readonly undos: readonly string[] };
  readonly withoutEngine: Left;
};

beforeAll(async () => {
  site = await openCrashSite(crashRegistry);
  site.vendors.fault(brokenRoute, { kind: 'status', status: 404 });
  for (const pipe of pipes) await site.engine.install(pipe);
  const [inCall, betweenUndos, withoutEngine] = await Promise.all([
    onOwnQueues(dieInCall),
    onOwnQueues(dieBetweenUndos),
    onOwnQueues(dieWithoutEngine),
  ]);
  left = { inCall, betweenUndos, withoutEngine };
}, 150_000);
afterAll(() => site?.close());

/** Worker processes that a story starts and ends one by one, on task queues of its own. */
type Queues = ReturnType<typeof openQueues>;

async function onOwnQueues<T>(story: (queues: Queues) => Promise<T>): Promise<T> {
  const queues = openQueues();
  try {
    return await story(queues);
  } finally {
    await queues.close();
  }
}

function openQueues() {
  const own = randomUUID().slice(0, 8);
  const queues = { runs: `byom-${own}`, engine: `engine-${own}` } as const;
  const hired: WorkerProcess[] = [];
  return {
    async hire(role: 'runs' | 'engine', { arrive }: Pick<Holds, 'arrive'> = createHolds()) {
      const worker = await startWorkerProcess({ ...site.settings, role, taskQueue: queues[role] }, arrive);
      hired.push(worker);
      await worker.serve();
      return worker;
    },
    async run(scenario: Scenario): Promise<CrashRun> {
      const card = await site.engine.createCard(pipeFor(scenario), { fields: {} });
      return crashRun(scenario, card, queues.engine);
    },
    start: ({ run }: CrashRun) => site.start(run, queues.runs),
    close: () => Promise.all(hired.map((one) => one.end('SIGKILL'))),
  };
}

async function pendingActivity({ workflowId }: CrashRun) {
  const { raw } = await site.client.workflow.getHandle(workflowId).describe();
  return raw.pendingActivities?.[0];
}

interface Left {
  readonly outcome: RunOutcome;
  readonly trail: Trail;
}

async function lookAt(run: CrashRun): Promise<Left> {
  const outcome = await site.outcome(run.workflowId);
  return { outcome, trail: await gatherTrail(site, run) };
}

/** What has to come of a run is what comes of it where another worker stands by. */
function expectLeft({ outcome, trail }: Left, cell: Cell): void {
  expect(outcome).toMatchObject(expectedEnd(cell, trail));
  expect(trail).toEqual(expectedTrail(cell));
}

/** `temporal.api.enums.v1.TimeoutType` */
const heartbeat = 4;
const scenarios: readonly Scenario[] = ['success', 'text', 'fallback'];

async function dieInCall(queues: Queues): Promise<readonly Left[]> {
  const holds = createHolds();
  const [worker] = await Promise.all([queues.hire('runs', holds), queues.hire('engine')]);
  const runs = await Promise.all(scenarios.map((scenario) => queues.run(scenario)));
  const inCall = runs.map(({ workflowId, model }) =>
    holds.hold({ point: 'bytes sent', at: model, workflowId }),
  );
  await Promise.all([...inCall, ...runs.map((run) => queues.start(run))]);
  await worker.end('SIGKILL');
  for (const run of runs) {
    await eventually(async () => (await pendingActivity(run))?.attempt === 2);
    const { lastFailure } = (await pendingActivity(run)) ?? {};
    expect(lastFailure?.timeoutFailureInfo?.timeoutType).toBe(heartbeat);
  }
  await queues.hire('runs');
  return Promise.all(runs.map(lookAt));
}

async function dieBetweenUndos(queues: Queues): Promise<Left & { readonly undos: readonly string[] }> {
  const undos: string[] = [];
  const holds = createHolds();
  const arrive = (reached: Reached) => {
    if (reached.point === 'after undo') undos.push(reached.at);
    return holds.arrive(reached);
  };
  const [worker] = await Promise.all([queues.hire('runs'), queues.hire('engine', { arrive })]);
  const run = await queues.run('compensation');
  const undone = holds.hold({ point: 'after undo', at: 'b', workflowId: run.workflowId });
  await Promise.all([undone, queues.start(run)]);
  await worker.end('SIGKILL');
  holds.release();
  await queues.hire('runs');
  return { ...(await lookAt(run)), undos };
}

async function dieWithoutEngine(queues: Queues): Promise<Left> {
  const worker = await queues.hire('runs');
  const run = await queues.run('success');
  await queues.start(run);
  await eventually(async () => (await pendingActivity(run))?.activityType?.name === 'executeAction');
  await sleep(withoutEngineMs);
  await worker.end('SIGKILL');
  await Promise.all([queues.hire('runs'), queues.hire('engine')]);
  return lookAt(run);
}

test.each(scenarios)(
  'the only worker dies in a call, and there is none until its heartbeats are missed: the same model is asked again, and nobody else (%s)',
  (scenario) => {
    expectLeft(left.inCall[scenarios.indexOf(scenario)]!, {
      point: 'bytes sent',
      victim: 'worker',
      scenario,
    });
  },
);

test('the worker dies between two undos: the second action was taken back, then the first is, once each', () => {
  expectLeft(left.betweenUndos, { ...betweenActions, scenario: 'compensation' });
  expect(left.betweenUndos.undos).toEqual(['b', 'a']);
});

test('there is no engine, and the worker that waits for one dies: when both are back, each action is done once', () => {
  expectLeft(left.withoutEngine, { ...betweenActions, scenario: 'success' });
});

// A worker as a process of its own. It says where it stands and goes on when it is told to, so that whoever started it can
// kill it, Temporal or Postgres at exactly that point. It runs from `dist/`, and gets in between by what every host may
// hand to `createActivities`: the product has no hook for this.
import { AsyncLocalStorage } from 'node:async_hooks';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { beatMs, createActivities } from '../../dist/activities/index.js';
import { parseRunKeys } from '../../dist/client/index.js';
import { createRegistry, parseOpenKeys } from '../../dist/registry/index.js';
import { createEngine } from '../../dist/sandbox/engine/engine.js';
import { createGuard } from '../../dist/vendors/index.js';
import { ByomPlugin } from '../../dist/worker/index.js';

// Nothing of this process may outlive the one that started it.
process.on('disconnect', () => process.exit());
Runtime.install({ logger: new DefaultLogger('ERROR', () => {}) });

const leave = new Map();
let asked = 0;
process.on('message', (message) => {
  if (message.kind === 'go on') leave.get(message.number)?.();
  if (message.kind === 'prepare') run(message.settings).catch(fail);
});
const toldToServe = new Promise((resolve) => {
  process.on('message', ({ kind }) => kind === 'serve' && resolve());
});

/** Waits at a point until it is told to go on. */
async function reach(point, workflowId, at) {
  asked += 1;
  const number = asked;
  const allowed = new Promise((resolve) => leave.set(number, resolve));
  process.send({ kind: 'reached', number, point, workflowId, at });
  await allowed;
  leave.delete(number);
}

async function run(settings) {
  const connection = await NativeConnection.connect({ address: settings.address });
  const part = { runs: runsPart, deployed: deployedPart, engine: enginePart }[settings.role];
  const { close = async () => {}, ...options } = await part(settings);
  const { graceMs, slots } = settings;
  const asked = {
    ...(graceMs === undefined ? {} : { shutdownGraceTime: graceMs }),
    // As few polls as can be: those of a process that is stopped go on, and Temporal hands it work.
    ...(slots === undefined
      ? {}
      : { maxConcurrentActivityTaskExecutions: slots, maxConcurrentWorkflowTaskPolls: 2 }),
  };
  process.send({ kind: 'standing by' });
  await toldToServe;
  const worker = await Worker.create({ connection, taskQueue: settings.taskQueue, ...options, ...asked });
  const ended = worker.run();
  process.send({ kind: 'serving' });
  await ended;
  await close();
  process.disconnect();
}

function fail(error) {
  process.send({ kind: 'failed', message: String(error?.stack ?? error) }, () => process.exit(1));
}

/** Our worker, with a stop at each step of a call. */
async function runsPart({ workerUrl, openRing, runRing, codePath }) {
  const registry = createRegistry({ workerUrl, openKeys: parseOpenKeys(openRing) });
  const guard = createGuard({ allowedRanges: ['127.0.0.0/8'] });
  await registry.ready();
  const calls = new AsyncLocalStorage();
  const stop = async (point) => {
    const { workflowId, model } = calls.getStore();
    await reach(point, workflowId, model);
  };
  const activities = createActivities({
    registry: {
      resolve: (question) => registry.resolve(question),
      async recordOutcome(record) {
        await reach('before record', record.workflowId, record.draft.status);
        const outcome = await registry.recordOutcome(record);
        await reach('after record', record.workflowId, record.draft.status);
        return outcome;
      },
      async begin(call) {
        calls.getStore().workflowId = call.workflowId;
        await stop('before begin');
        const begun = await registry.begin(call);
        await stop('after sent');
        return begun;
      },
      async settle(call) {
        await stop('answer received');
        const outcome = await registry.settle(call);
        await stop('after settle');
        return outcome;
      },
    },
    guard: {
      wellKnown: guard.wellKnown,
      fetch: (hosts) => async (input, init) => {
        const response = await guard.fetch(hosts)(input, init);
        await stop('bytes sent');
        return response;
      },
      close: () => guard.close(),
    },
    runKeys: parseRunKeys(runRing),
    slotsPerOrganization: 25,
  });
  const invokeModel = (request) =>
    calls.run({ workflowId: null, model: request.candidate.model }, async () => {
      try {
        return await activities.invokeModel(request);
      } finally {
        await stop('activity completed');
      }
    });
  return {
    activities: { ...activities, invokeModel },
    workflowBundle: { codePath },
    maxHeartbeatThrottleInterval: beatMs,
    // A dead worker's workflow tasks wait for it this long, 10 s by default.
    stickyQueueScheduleToStartTimeout: '1s',
  };
}

/** Our worker as a host runs it. */
async function deployedPart({ workerUrl, openRing, runRing, codePath }) {
  const plugin = new ByomPlugin({
    databaseUrl: workerUrl,
    credentialKeys: parseOpenKeys(openRing),
    runKeys: parseRunKeys(runRing),
    guard: { allowedRanges: ['127.0.0.0/8'] },
  });
  return { plugins: [plugin], workflowBundle: { codePath } };
}

/** The sandbox's engine, with a stop before and after each effect. */
async function enginePart({ ownerUrl }) {
  const start = () => Promise.reject(new Error('This engine starts nothing.'));
  const engine = await createEngine({ databaseUrl: ownerUrl, start, delivers: false });
  const { executeAction, compensateAction } = engine.activities;
  const activities = {
    ...engine.activities,
    async executeAction(request) {
      const { workflowId, action } = request;
      await reach('before effect', workflowId, action.referenceId);
      try {
        const done = await executeAction(request);
        await reach('after effect', workflowId, action.referenceId);
        return done;
      } finally {
        await reach('action over', workflowId, action.referenceId);
      }
    },
    async compensateAction(request) {
      const { workflowId, action } = request;
      await reach('before undo', workflowId, action.referenceId);
      await compensateAction(request);
      await reach('after undo', workflowId, action.referenceId);
    },
  };
  return { activities, close: () => engine.close() };
}

import { randomBytes, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Worker, bundleWorkflowCode } from '@temporalio/worker';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { abortRun, outcome, runState, startBehavior } from '../../client/index.ts';
import type { ActionRequest, BehaviorRun } from '../../contract/index.ts';
import { createRegistry } from '../../registry/index.ts';
import { createSweep } from '../../worker/sweep.ts';
import { findPackageRoot } from '../../sandbox/package-root.ts';
import { ask } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { startWorker } from '../support/own-worker.ts';
import type { OwnWorker } from '../support/own-worker.ts';
import { planRun, registryOf, serve, textRun, usualOrganization } from '../support/served.ts';
import type { Served } from '../support/served.ts';
import { createAesCodec } from './aes-codec.ts';

const canary = 'canary words of the finance department';
const payloadConverterPath = fileURLToPath(new URL('own-converter.cjs', import.meta.url));
const dataConverter = { payloadConverterPath, payloadCodecs: [createAesCodec(randomBytes(32))] };
const taskQueue = `codec-${randomUUID()}`;
const engineTaskQueue = `codec-engine-${randomUUID()}`;

let served: Served;
let client: Client;
let connection: NativeConnection;
let bundle: WorkflowBundleWithSourceMap;
let ours: OwnWorker;
let engine: { readonly worker: Worker; readonly ended: Promise<void> };
const acted: ActionRequest[] = [];

beforeAll(async () => {
  served = await serve();
  await served.apply(registryOf({ acme: usualOrganization }));
  client = new Client({ connection: served.client.connection, dataConverter });
  connection = await NativeConnection.connect({ address: served.temporal.address });
  bundle = await bundleWorkflowCode({
    workflowsPath: `${findPackageRoot()}/workflows/index.ts`,
    payloadConverterPath,
    logger: new DefaultLogger('ERROR'),
  });
  ours = await startWorker(served, { taskQueue, dataConverter, workflowBundle: bundle });
  const worker = await Worker.create({
    connection,
    taskQueue: engineTaskQueue,
    dataConverter,
    activities: {
      executeAction: async (request: ActionRequest) => {
        acted.push(request);
        return { status: 'done', undo: null };
      },
    },
  });
  engine = { worker, ended: worker.run() };
});
afterEach(() => served.vendors.reset());
afterAll(async () => {
  await ours.close();
  engine.worker.shutdown();
  await engine.ended;
  await connection.close();
  await served.close();
});

const start = (run: BehaviorRun) => startBehavior(client, run, { keys: served.runKeys, taskQueue });
const told = (org: string) => textRun(org, { instruction: `Summarize: ${canary}.` });

/** The history as the server keeps it, with every payload as text. */
async function historyText(workflowId: string): Promise<string> {
  const json = historyToJSON(await client.workflow.getHandle(workflowId).fetchHistory());
  const payloads = [...json.matchAll(/"data": ?"([A-Za-z0-9+/=]+)"/g)];
  return [json, ...payloads.map(([, data]) => Buffer.from(data ?? '', 'base64').toString('latin1'))].join(
    '\n',
  );
}

async function replay(workflowId: string): Promise<void> {
  const history = await client.workflow.getHandle(workflowId).fetchHistory();
  await Worker.runReplayHistory({ workflowBundle: bundle, dataConverter }, history, workflowId);
}

test("with a host's own converter and codec a plan is carried out, and the history holds nothing in the clear", async () => {
  const handle = await start(
    planRun('acme', engineTaskQueue, {
      instruction: `Summarize: ${canary}. Do %{action:a}, then %{action:b}, then %{action:c}.`,
    }),
  );
  const ended = await handle.result();
  expect(ended).toMatchObject({ status: 'completed', answeredBy: { model: 'own' } });
  expect(await outcome(client, handle.workflowId)).toEqual(ended);
  expect(acted.map(({ action }) => action.referenceId)).toEqual(['a', 'b', 'c']);
  const text = await historyText(handle.workflowId);
  expect(text).not.toContain('finance department');
  expect(text).not.toContain('"host"');
  await replay(handle.workflowId);
});

test('without them the same history would hold the words: the search finds what is there', async () => {
  const handle = await startBehavior(served.client, told('acme'), {
    keys: served.runKeys,
    taskQueue: served.taskQueue,
  });
  await handle.result();
  expect(await historyText(handle.workflowId)).toContain('finance department');
});

test('a second start of the same event attaches, and for another run it is refused', async () => {
  const run = told('acme');
  const first = await start(run);
  const ended = await first.result();
  expect(await outcome(client, (await start(run)).workflowId)).toEqual(ended);
  await expect(start({ ...run, card: { ...run.card, title: 'Another' } })).rejects.toThrow(/run-differs/);
  expect(served.vendors.log).toHaveLength(1);
});

test('a failed run and a cancelled one tell their outcome, and both replay', async () => {
  served.vendors.fault('acme-own', { kind: 'status', status: 404 });
  served.vendors.fault('platform', { kind: 'status', status: 401 });
  const failed = await start(told('acme'));
  expect(await outcome(client, failed.workflowId)).toMatchObject({
    status: 'failed',
    failure: { type: 'model.unauthorized' },
    hops: [{ failure: 'model.not-found' }, { failure: 'model.unauthorized' }],
  });
  await replay(failed.workflowId);

  served.vendors.reset();
  served.vendors.fault('acme-own', { kind: 'silence' });
  const cancelled = await start(told('acme'));
  await eventually(() => served.vendors.log.length === 1);
  await cancelled.cancel();
  expect(await outcome(client, cancelled.workflowId)).toMatchObject({
    status: 'aborted',
    abort: { by: 'cancellation' },
  });
  await replay(cancelled.workflowId);
});

test('query and update work, and a terminated run gets its row', async () => {
  served.vendors.fault('acme-own', { kind: 'silence' });
  const [aborted, terminated] = [await start(told('acme')), await start(told('acme'))];
  await eventually(() => served.vendors.log.length === 2);
  expect(await runState(client, aborted.workflowId)).toMatchObject({ phase: 'invoking' });
  await abortRun(client, aborted.workflowId, { reason: 'seen' });
  expect(await outcome(client, aborted.workflowId)).toMatchObject({
    abort: { by: 'operator', reason: 'seen' },
  });

  await terminated.terminate('not needed');
  const { urls, openKeys, runKeys } = served;
  const registry = createRegistry({ workerUrl: urls.worker, openKeys });
  const sweep = createSweep({ client, taskQueue, runKeys, registry, graceMs: 0 });
  await eventually(async () => (await sweep.look()) === 1);
  await registry.close();
  const rows = await ask(urls.superuser, 'select status from byom.runs where workflow_id = $1', [
    terminated.workflowId,
  ]);
  expect(rows).toEqual([{ status: 'aborted' }]);
});

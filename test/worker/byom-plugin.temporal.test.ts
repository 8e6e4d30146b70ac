import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { WorkerOptions, WorkerPlugin } from '@temporalio/worker';
import { createRunKeys, outcome, startBehavior } from '../../client/index.ts';
import { generateKeys, parseOpenKeys } from '../../registry/index.ts';
import { ByomPlugin } from '../../worker/index.ts';
import type { ByomPluginOptions } from '../../worker/index.ts';
import { freshDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { textRun } from '../support/served.ts';

const runKeys = createRunKeys([{ id: 'k', secret: Buffer.alloc(32, 1), orgs: null }]);
const credentialKeys = parseOpenKeys(generateKeys('k').openRing);
const address = process.env['BYOM_TEST_TEMPORAL_ADDRESS'] ?? '';
const workflowBundle = { codePath: process.env['BYOM_TEST_BUNDLE'] ?? '' };
let database: TestDatabase;
let connection: NativeConnection;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  database = await freshDatabase();
  connection = await NativeConnection.connect({ address });
});
afterAll(async () => {
  await connection.close();
  await database.drop();
});

const ours = ['resolveModel', 'invokeModel', 'recordOutcome', 'testProvider'];

const plugin = (over: Partial<ByomPluginOptions> = {}) =>
  new ByomPlugin({
    databaseUrl: database.workerUrl,
    credentialKeys,
    runKeys,
    readableHistory: 'allow',
    ...over,
  });
const create = (options: Partial<WorkerOptions>) =>
  Worker.create({ connection, taskQueue: `plugin-${Math.random()}`, workflowBundle, ...options });

test('runs that nobody signs are refused unless the operator says so', () => {
  expect(() => plugin({ runKeys: null })).toThrow(/not signed.*byom keys generate/);
  expect(() => plugin({ runKeys: null, unsignedRuns: 'allow' })).not.toThrow();
});

test('an activity of the same name on the worker is refused before anything runs', async () => {
  await expect(create({ plugins: [plugin()], activities: { invokeModel: () => {} } })).rejects.toThrow(
    /activity name invokeModel is taken/,
  );
});

test('a worker that is refused takes nothing from another one of the same plugin', async () => {
  const shared = plugin();
  const taskQueue = `plugin-${Math.random()}`;
  const worker = await create({ plugins: [shared], taskQueue });
  await worker.runUntil(async () => {
    await expect(create({ plugins: [shared], activities: { invokeModel: () => {} } })).rejects.toThrow(
      /is taken/,
    );
    const own = await Connection.connect({ address });
    const client = new Client({ connection: own });
    const { workflowId } = await startBehavior(client, textRun('nobody'), { keys: runKeys, taskQueue });
    // The registry's own word: so it was asked, and is not closed.
    await expect(outcome(client, workflowId)).resolves.toMatchObject({ failure: { type: 'run.invalid' } });
    await own.close();
  });
});

test('a plugin that comes later and takes one of our names is refused when the worker runs', async () => {
  const thief: WorkerPlugin = {
    name: 'thief',
    configureWorker: (options) => ({
      ...options,
      activities: { ...options.activities, invokeModel: () => {} },
    }),
  };
  const worker = await create({ plugins: [plugin(), thief] });
  await expect(worker.run()).rejects.toThrow(/Another plugin took the activity name invokeModel/);
});

test('registered twice it is there once: its own names do not collide', async () => {
  const twice = plugin();
  const worker = await create({ plugins: [twice, twice] });
  expect([...worker.options.activities.keys()]).toEqual(ours);
  await worker.runUntil(Promise.resolve());
});

test("a user's own options are kept, and ours stand where none are given", async () => {
  const usual = await create({ plugins: [plugin()], activities: { own: () => {} } });
  expect(usual.options).toMatchObject({ shutdownGraceTimeMs: 90_000, maxHeartbeatThrottleIntervalMs: 500 });
  expect([...usual.options.activities.keys()]).toEqual(['own', ...ours]);
  await usual.runUntil(Promise.resolve());
  const configured = await create({ plugins: [plugin()], shutdownGraceTime: '5s' });
  expect(configured.options.shutdownGraceTimeMs).toBe(5_000);
  await configured.runUntil(Promise.resolve());
  expect(plugin().configureReplayWorker({}).workflowsPath).toMatch(/workflows\/index\.js$/);
  expect(plugin().configureReplayWorker({ workflowsPath: '/own.js' }).workflowsPath).toBe('/own.js');
});

test.each([
  ['the owner', () => database.ownerUrl, /owns table/],
  ['a superuser', () => database.superuserUrl, /superuser/],
])('%s of the database serves nobody', async (_, url, message) => {
  await expect(create({ plugins: [plugin({ databaseUrl: url() })] })).rejects.toThrow(message);
});

import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { WorkerOptions, WorkerPlugin } from '@temporalio/worker';
import { createRunKeys } from '../../client/index.ts';
import { generateKeys, parseOpenKeys } from '../../registry/index.ts';
import { ByomPlugin } from '../../worker/index.ts';
import type { ByomPluginOptions } from '../../worker/index.ts';
import { freshDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';

const runKeys = createRunKeys([{ id: 'k', secret: Buffer.alloc(32, 1), orgs: null }]);
const credentialKeys = parseOpenKeys(generateKeys('k').openRing);
const workflowBundle = { codePath: process.env['BYOM_TEST_BUNDLE'] ?? '' };
let database: TestDatabase;
let connection: NativeConnection;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  database = await freshDatabase();
  connection = await NativeConnection.connect({ address: process.env['BYOM_TEST_TEMPORAL_ADDRESS'] ?? '' });
});
afterAll(async () => {
  await connection.close();
});

const plugin = (over: Partial<ByomPluginOptions> = {}) =>
  new ByomPlugin({ databaseUrl: database.workerUrl, credentialKeys, runKeys, ...over });
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

test('registered twice it is there once', async () => {
  const twice = plugin();
  const worker = await create({ plugins: [twice, twice] });
  await worker.runUntil(Promise.resolve());
});

test("a user's own options are kept, and ours stand where none are given", async () => {
  const usual = await create({ plugins: [plugin()], activities: { own: () => {} } });
  expect(usual.options).toMatchObject({ shutdownGraceTimeMs: 90_000, maxHeartbeatThrottleIntervalMs: 500 });
  expect([...usual.options.activities.keys()]).toEqual([
    'own',
    'resolveModel',
    'invokeModel',
    'recordOutcome',
    'testProvider',
  ]);
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

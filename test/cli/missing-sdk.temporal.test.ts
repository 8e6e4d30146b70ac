import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { workflowIdOf } from '../../contract/index.ts';
import { freshDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { textRun } from '../support/served.ts';
import {
  buildByom,
  generateRings,
  installWithout,
  openFolder,
  runByom,
  startByom,
} from '../support/run-byom.ts';
import type { RunningByom, TestFolder } from '../support/run-byom.ts';

let database: TestDatabase;
let folder: TestFolder;
let worker: RunningByom;
let env: NodeJS.ProcessEnv;
const address = process.env['BYOM_TEST_TEMPORAL_ADDRESS'] ?? '';

beforeAll(async () => {
  buildByom();
  [database, folder] = await Promise.all([freshDatabase(), openFolder()]);
  env = {
    ...(await generateRings()),
    BYOM_API_DATABASE_URL: database.apiUrl,
    BYOM_WORKER_DATABASE_URL: database.workerUrl,
    TEMPORAL_ADDRESS: address,
    BYOM_TASK_QUEUE: `byom-${randomUUID().slice(0, 8)}`,
    KEY: 'nobody-is-asked',
  };
  const registry = await folder.write(
    'registry.yaml',
    `version: 1
organizations:
  acme:
    policy: { onFailure: none }
    providers: { main: { vendor: openai, credential: { apiKey: '\${env:KEY}' } } }
    models: { mini: { provider: main, upstreamId: gpt-4o-mini } }
    default: mini
`,
  );
  expect(await runByom(['apply', registry], env)).toMatchObject({ code: 0 });
  worker = startByom(['worker'], env, await installWithout('openai', folder.path));
});
afterAll(async () => {
  worker.kill('SIGTERM');
  await worker.ended;
  await database.drop();
  await folder.remove();
});

test('a worker without the SDK of a vendor serves, and a run that needs it names the line that installs it', async () => {
  const event = { id: randomUUID(), type: 'card_created' };
  const input = await folder.write('run.json', JSON.stringify({ ...textRun('acme'), event }));
  const options = ['--org', 'acme', '--pipe', 'p1', '--behavior', 'b1', '--input', input];
  const ran = await runByom(['run', ...options], env);
  expect(ran.code).toBe(1);
  expect(JSON.parse(ran.stdout)).toMatchObject({
    status: 'failed',
    failure: { type: 'model.misconfigured' },
  });
  const remedy = 'The package openai is not installed where the worker runs: npm install openai';
  await eventually(() => worker.said().stdout.includes(remedy));

  const client = new Client({ connection: await Connection.connect({ address }) });
  const history = await client.workflow.getHandle(workflowIdOf('acme', 'b1', event.id)).fetchHistory();
  await client.connection.close();
  const failed = (history.events ?? []).map(
    ({ activityTaskFailedEventAttributes }) => activityTaskFailedEventAttributes?.failure?.message,
  );
  expect(failed.filter(Boolean)).toEqual([remedy]);
});

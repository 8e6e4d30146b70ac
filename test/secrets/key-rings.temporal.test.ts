import { randomUUID } from 'node:crypto';
import { Connection } from '@temporalio/client';
import { generateKeys } from '../../registry/index.ts';
import { freshDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import {
  buildByom,
  canary,
  expectRefused,
  generateRings,
  openFolder,
  runByom,
  startByom,
} from '../support/run-byom.ts';
import type { Ran, TestFolder } from '../support/run-byom.ts';
import { createFindLeaks } from './find-leaks.ts';

const [first, second] = [generateKeys('first'), generateKeys('second')] as const;
const namesake = generateKeys('first');

let database: TestDatabase;
let folder: TestFolder;
let connection: Connection;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  buildByom();
  [database, folder] = await Promise.all([freshDatabase(), openFolder()]);
  const address = process.env['BYOM_TEST_TEMPORAL_ADDRESS'] ?? '';
  connection = await Connection.connect({ address });
  const { BYOM_RUN_KEYS } = await generateRings();
  env = {
    BYOM_API_DATABASE_URL: database.apiUrl,
    BYOM_WORKER_DATABASE_URL: database.workerUrl,
    TEMPORAL_ADDRESS: address,
    BYOM_RUN_KEYS,
    BYOM_DEBUG: '1',
    SECRET: canary,
  };
  const path = await folder.write(
    'sealed.yaml',
    `version: 1
organizations:
  acme: { providers: { o: { vendor: openai, credential: { apiKey: '\${env:SECRET}' } } } }
`,
  );
  const sealed = { ...env, BYOM_CREDENTIAL_PUBLIC_KEYS: first.sealRing };
  expect(await runByom(['apply', path], sealed)).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await connection.close();
  await folder.remove();
  await database.drop();
});

const findLeaks = createFindLeaks(
  [first, second, namesake].flatMap(({ openRing }, index) => {
    const text = openRing.slice(openRing.indexOf(':') + 1);
    return [text, Buffer.from(text, 'base64url')].map((value) => ({ name: `ring ${index}`, value }));
  }),
);

/** The refusal without the stack that `BYOM_DEBUG` adds, where nothing of the ring is either. */
function refusalOnly({ code, stdout, stderr }: Ran): Ran {
  expect(findLeaks(stdout + stderr)).toEqual([]);
  return { code, stdout, stderr: `${stderr.split('\n')[0]}\n` };
}

test('byom worker polls with the ring that opens what is stored', async () => {
  const taskQueue = `rings-${randomUUID().slice(0, 8)}`;
  const ring = { BYOM_CREDENTIAL_KEYS: first.openRing, BYOM_TASK_QUEUE: taskQueue };
  const worker = startByom(['worker'], { ...env, ...ring });
  await eventually(async () => (await pollersOf(taskQueue)) > 0, 20_000);
  worker.kill('SIGTERM');
  const { stdout, stderr } = await worker.ended;
  expect(findLeaks(stdout + stderr)).toEqual([]);
});

const rings = {
  'was never there': second.openRing,
  'has the right name and is another one': `${namesake.openRing},${second.openRing}`,
} as const;

describe.each(Object.entries(rings))('where the key of a stored credential %s', (_, BYOM_CREDENTIAL_KEYS) => {
  test('byom worker names it in one line, ends, and never polls', async () => {
    const taskQueue = `rings-${randomUUID().slice(0, 8)}`;
    const ran = await runByom(['worker'], { ...env, BYOM_CREDENTIAL_KEYS, BYOM_TASK_QUEUE: taskQueue });
    expectRefused(
      refusalOnly(ran),
      'BYOM_CREDENTIAL_KEYS does not open key first, to which 1 credentials are sealed. Add it.',
    );
    expect(await pollersOf(taskQueue)).toBe(0);
  });

  test('byom keys status says what would break, and ends with code 1', async () => {
    const ran = await runByom(['keys', 'status'], { ...env, BYOM_CREDENTIAL_KEYS });
    expect(ran).toMatchObject({ code: 1, stdout: 'first: 1 credentials, NOT in this ring.\n' });
    expect(findLeaks(ran.stdout + ran.stderr)).toEqual([]);
  });
});

test('a key may be added before the old one, and taken away only when nothing is sealed to it any more', async () => {
  const both = `${second.openRing},${first.openRing}`;
  const status = async (ring: string) => {
    const { code, stdout } = await runByom(['keys', 'status'], { ...env, BYOM_CREDENTIAL_KEYS: ring });
    return { code, stdout };
  };
  expect(await status(both)).toEqual({ code: 0, stdout: 'first: 1 credentials, this ring opens them.\n' });
  const path = await folder.write(
    'sealed-anew.yaml',
    `version: 1
organizations:
  acme: { providers: { p: { vendor: openai, credential: { apiKey: '\${env:SECRET}' } } } }
`,
  );
  const sealed = { ...env, BYOM_CREDENTIAL_PUBLIC_KEYS: second.sealRing };
  expect(await runByom(['apply', path], sealed)).toMatchObject({ code: 0 });
  expect(await status(both)).toEqual({
    code: 0,
    stdout: 'first: 1 credentials, this ring opens them.\nsecond: 1 credentials, this ring opens them.\n',
  });
  expect(await status(second.openRing)).toEqual({
    code: 1,
    stdout: 'first: 1 credentials, NOT in this ring.\nsecond: 1 credentials, this ring opens them.\n',
  });
});

/** How many workers ask Temporal for workflow tasks of a queue. */
async function pollersOf(name: string): Promise<number> {
  const taskQueueType = 1; // temporal.api.enums.v1.TaskQueueType: workflow
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace: 'default',
    taskQueue: { name },
    taskQueueType,
  });
  return (pollers ?? []).length;
}

import { randomUUID } from 'node:crypto';
import { schemaVersion } from '../../registry/index.ts';
import { startSandboxVendors } from '../../testing/index.ts';
import type { SandboxVendors } from '../../testing/index.ts';
import { ask, emptyDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { textRun } from '../support/served.ts';
import { buildByom, canary, generateRings, openFolder, runByom, startByom } from '../support/run-byom.ts';
import type { Ran, RunningByom, TestFolder } from '../support/run-byom.ts';

let vendors: SandboxVendors;
let database: TestDatabase;
let byHand: TestDatabase;
let folder: TestFolder;
let env: NodeJS.ProcessEnv;
let worker: RunningByom | null = null;

beforeAll(async () => {
  buildByom();
  [vendors, database, byHand, folder] = await Promise.all([
    startSandboxVendors(),
    emptyDatabase(),
    emptyDatabase(),
    openFolder(),
  ]);
  env = {
    BYOM_DATABASE_URL: database.ownerUrl,
    BYOM_API_DATABASE_URL: database.apiUrl,
    BYOM_WORKER_DATABASE_URL: database.workerUrl,
    TEMPORAL_ADDRESS: process.env['BYOM_TEST_TEMPORAL_ADDRESS'],
    BYOM_TASK_QUEUE: `byom-${randomUUID().slice(0, 8)}`,
    BYOM_ALLOWED_RANGES: '127.0.0.0/8',
    OPENAI_KEY: canary,
  };
});
afterAll(async () => {
  worker?.kill('SIGKILL');
  await worker?.ended;
  await vendors.close();
  await database.drop();
  await byHand.drop();
  await folder.remove();
});

async function run(org: string, over: object = {}): Promise<Ran> {
  const input = await folder.write('run.json', JSON.stringify({ ...textRun(org), ...over }));
  return runByom(['run', '--org', org, '--pipe', 'p1', '--behavior', 'b1', '--input', input], env);
}

// Each of these builds on the one before, as somebody does who sets the product up.

test('byom migrate brings an empty database up, and says where it stands before and after', async () => {
  const said = async (verb: string) => (await runByom(['migrate', verb], env)).stdout;
  expect(await said('status')).toMatch(
    new RegExp(`at version 0 of ${schemaVersion}: pending: 0001-[\\w, -]+; run \`byom migrate up\`\\.\n$`),
  );
  expect(await said('up')).toMatch(
    new RegExp(`^Applied 0001-[\\w, -]+; the registry is at version ${schemaVersion}\\.\n$`),
  );
  expect(await said('status')).toBe(
    `The registry is at version ${schemaVersion} of ${schemaVersion}: up to date.\n`,
  );
  expect(await said('up')).toBe(`Nothing to do; the registry is at version ${schemaVersion}.\n`);
});

test('what byom migrate sql prints, applied by hand, is the same to byom migrate status', async () => {
  const { stdout } = await runByom(['migrate', 'sql']);
  await ask(byHand.ownerUrl, stdout);
  const status = await runByom(['migrate', 'status'], { BYOM_DATABASE_URL: byHand.ownerUrl });
  expect(status).toEqual({
    code: 0,
    stdout: `The registry is at version ${schemaVersion} of ${schemaVersion}: up to date.\n`,
    stderr: '',
  });
});

test('byom keys generate prints three variables that the other commands take', async () => {
  const rings = await generateRings();
  expect(Object.keys(rings)).toEqual([
    'BYOM_CREDENTIAL_KEYS',
    'BYOM_CREDENTIAL_PUBLIC_KEYS',
    'BYOM_RUN_KEYS',
  ]);
  Object.assign(env, rings);
  expect(await runByom(['keys', 'status'], env)).toEqual({
    code: 0,
    stdout: 'No credential is sealed yet.\n',
    stderr: '',
  });
});

test('byom apply registers from a file, and the second time changes nothing', async () => {
  const path = await folder.write(
    'registry.yaml',
    `version: 1
organizations:
  acme:
    policy: { onFailure: none, budget: { backoffMs: 20, backoffMaxMs: 50 } }
    providers:
      main:
        vendor: openai
        settings: { baseUrl: '${vendors.url('main')}' }
        credential: { apiKey: '\${env:OPENAI_KEY}' }
    models: { mini: { provider: main, upstreamId: gpt-4o-mini } }
    default: mini
`,
  );
  const first = await runByom(['apply', path], env);
  expect(first).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^acme: \d created/),
    stderr: '',
  });
  const second = await runByom(['apply', path], env);
  expect(second).toMatchObject({ code: 0, stdout: expect.stringMatching(/^acme: 0 created, 0 changed/) });
  const keys = await runByom(['keys', 'status'], env);
  expect(keys).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/: 1 credentials, this ring opens them\.\n$/),
  });
});

test('byom run waits for the worker and prints the outcome', async () => {
  worker = startByom(['worker'], env);
  const ran = await run('acme', {});
  expect(ran.code).toBe(0);
  expect(JSON.parse(ran.stdout)).toMatchObject({
    status: 'completed',
    answeredBy: { layer: 'organization', provider: 'main', model: 'mini', vendor: 'openai' },
    text: expect.any(String),
  });
  expect(ran.stderr).toMatch(/^byom:acme:b1:\S+ is running …\n$/);
  expect(vendors.callsTo('main')).toHaveLength(1);
});

test('a run that fails prints its outcome, says why in one line, and ends with code 1', async () => {
  vendors.fault('main', { kind: 'status', status: 401 });
  const ran = await run('acme');
  vendors.clear();
  expect(ran.code).toBe(1);
  expect(JSON.parse(ran.stdout)).toMatchObject({
    status: 'failed',
    failure: { type: 'model.unauthorized' },
  });
  expect(ran.stderr).toMatch(/ is running …\nbyom: model\.unauthorized\. [^\n]+\n$/);
});

test('an organization that is not registered ends the run with the remedy', async () => {
  const ran = await run('stranger');
  expect(ran.code).toBe(1);
  expect(JSON.parse(ran.stdout)).toMatchObject({
    status: 'failed',
    failure: { type: 'run.invalid' },
    hops: [],
  });
  expect(ran.stderr).toMatch(
    /\nbyom: Organization stranger is not registered; an operator adds it with `byom apply`\.\n$/,
  );
  const rows = await ask(database.superuserUrl, `select from byom.runs where org_id = 'stranger'`);
  expect(rows).toEqual([]);
});

test('a run that nobody signed is refused by a worker with keys', async () => {
  const { BYOM_RUN_KEYS: _, ...keyless } = env;
  const input = await folder.write('run.json', JSON.stringify(textRun('acme')));
  const options = ['--org', 'acme', '--pipe', 'p1', '--behavior', 'b1', '--input', input];
  const ran = await runByom(['run', ...options], keyless);
  expect(ran.code).toBe(1);
  expect(JSON.parse(ran.stdout)).toMatchObject({ failure: { type: 'run.unsigned' } });
});

test('SIGTERM ends the worker with code 0; its log is lines of JSON without prompt or secret', async () => {
  const prompt = `prompt-${canary}`;
  const ran = await run('acme', textRun('acme', { instruction: prompt }));
  expect(ran.code).toBe(0);
  worker!.kill('SIGTERM');
  const { code, stdout, stderr } = await worker!.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map(({ state }) => state).filter(Boolean)).toEqual([
    'RUNNING',
    'STOPPING',
    'DRAINING',
    'DRAINED',
    'STOPPED',
  ]);
  // The failed run above is in the log, by type and in our words.
  expect(lines).toContainEqual(
    expect.objectContaining({ failure: expect.objectContaining({ type: 'model.unauthorized' }) }),
  );
  for (const secret of [canary, String(env['BYOM_CREDENTIAL_KEYS']), String(env['BYOM_RUN_KEYS'])])
    expect(stdout).not.toContain(secret);
});

import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { workflowIdOf } from '../../contract/index.ts';
import { eventually } from '../support/eventually.ts';
import { buildByom, expectRefused, openFolder, runByom, startByom } from '../support/run-byom.ts';
import type { RunningByom, TestFolder } from '../support/run-byom.ts';
import { registryOf, serve, textRun, usualOrganization } from '../support/served.ts';
import type { Served } from '../support/served.ts';

const prompt = 'Say who asked for the ergonomic chair.';
const backwards = fileURLToPath(new URL('backwards.mjs', import.meta.url));
let served: Served;
let folder: TestFolder;
let env: NodeJS.ProcessEnv;
const workers: RunningByom[] = [];

beforeAll(async () => {
  buildByom();
  [served, folder] = await Promise.all([serve(), openFolder()]);
  await served.apply(registryOf({ acme: usualOrganization }));
  env = {
    BYOM_WORKER_DATABASE_URL: served.urls.worker,
    BYOM_CREDENTIAL_KEYS: served.rings.open,
    BYOM_RUN_KEYS: served.rings.run,
    BYOM_ALLOWED_RANGES: '127.0.0.0/8',
    TEMPORAL_ADDRESS: served.temporal.address,
  };
});
afterAll(async () => {
  for (const worker of workers) worker.kill('SIGTERM');
  await Promise.all(workers.map(({ ended }) => ended));
  await served.close();
  await folder.remove();
});

/** A worker of the command and one run that it serves: what Temporal keeps of it, and what the worker said. */
async function playRun(own: NodeJS.ProcessEnv): Promise<{ readonly history: string; readonly said: string }> {
  const settings = { ...env, ...own, BYOM_TASK_QUEUE: `converter-${randomUUID()}` };
  const worker = startByom(['worker'], settings);
  workers.push(worker);
  const event = { id: randomUUID(), type: 'card_created' };
  const run = textRun('acme');
  const input = await folder.write(
    `${event.id}.json`,
    JSON.stringify({ ...run, event, behavior: { ...run.behavior, instruction: prompt } }),
  );
  const options = ['--org', 'acme', '--pipe', 'p1', '--behavior', 'b1', '--input', input];
  const ran = await runByom(['run', ...options], settings);
  expect([ran.code, JSON.parse(ran.stdout).status]).toEqual([0, 'completed']);
  await eventually(() => worker.said().stdout.includes('RUNNING'));
  const handle = served.client.workflow.getHandle(workflowIdOf('acme', 'b1', event.id));
  return { history: historyToJSON(await handle.fetchHistory()), said: worker.said().stdout };
}

/** Payloads are base64 in a history's JSON. */
function plainIn(history: string): string {
  return history.replaceAll(/"data": ?"([^"]*)"/g, (_all, data: string) =>
    String(Buffer.from(data, 'base64')),
  );
}

test('byom worker and byom run use the data converter of the host: its histories cannot be read without it', async () => {
  const { history, said } = await playRun({ BYOM_DATA_CONVERTER: backwards });
  expect(plainIn(history)).not.toContain(prompt);
  expect(plainIn(history)).toContain([...prompt].toReversed().join(''));
  expect(said).not.toContain("Temporal's histories");
});

test('without one the worker says that histories can be read, and they can', async () => {
  const { history, said } = await playRun({});
  expect(plainIn(history)).toContain(prompt);
  expect(said).toContain("Temporal's histories hold card text and prompts as they are");
});

test.each([
  ['is not there', 'nowhere.mjs', null, /cannot be loaded; `node .*nowhere\.mjs` shows why\.$/m],
  [
    'fails',
    'failing.mjs',
    `throw new Error('key-1234')`,
    /cannot be loaded; `node .*failing\.mjs` shows why\.$/m,
  ],
  ['exports none', 'other.mjs', 'export const codec = {};', /other\.mjs exports no `dataConverter`/],
])('a module that %s is refused in one line', async (_what, name, text, line) => {
  const module = text === null ? name : await folder.write(name, text);
  const settings = { ...env, BYOM_DATA_CONVERTER: module };
  const refused = await runByom(['worker'], settings);
  expectRefused(refused, line);
  expect(refused.stderr).not.toContain('key-1234');
});

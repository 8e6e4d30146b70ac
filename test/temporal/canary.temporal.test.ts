import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { readRegistryFile } from '../../registry/index.ts';
import { outcome, startBehavior } from '../../client/index.ts';
import { ask } from '../support/database.ts';
import { registryOf, serve, textRun, usualOrganization } from '../support/served.ts';
import type { Served } from '../support/served.ts';

const secret = 'sk-canary-7Qx2vN9pLr4TzW8kYb3M';
const promptWords = 'canary prompt of the finance department';

let served: Served;
beforeAll(async () => {
  served = await serve();
  const text = registryOf({ acme: usualOrganization }).replace(
    "acme-own/v1' } }",
    "acme-own/v1' }, credential: { apiKey: '${env:KEY}' } }",
  );
  const env = { VENDORS: served.vendors.origin, KEY: secret };
  await served.register(readRegistryFile(text, { env, readFile: () => '', name: 'canary' }));
});
afterAll(() => served.close());
afterEach(() => served.vendors.reset());

/** The planted text in every encoding that something might have put it into. */
function findLeaks(haystack: string, planted: string): readonly string[] {
  const bytes = Buffer.from(planted);
  const forms = {
    plain: planted,
    'a piece': planted.slice(4, 20),
    base64: bytes.toString('base64').replaceAll('=', '').slice(2, -2),
    base64url: bytes.toString('base64url').slice(2, -2),
    hex: bytes.toString('hex'),
    'url-encoded': encodeURIComponent(planted),
    reversed: [...planted].toReversed().join(''),
  };
  return Object.entries(forms).flatMap(([form, text]) => (haystack.includes(text) ? [form] : []));
}

/** A history as JSON, and once more with every payload decoded. */
async function historyText(workflowId: string): Promise<string> {
  const json = historyToJSON(await served.client.workflow.getHandle(workflowId).fetchHistory());
  const decoded = [...json.matchAll(/"data": ?"([A-Za-z0-9+/=]+)"/g)].map(([, data]) =>
    Buffer.from(data ?? '', 'base64').toString(),
  );
  return [json, ...decoded].join('\n');
}

async function dumpText(without = ''): Promise<string> {
  const tables = await ask<{ name: string }>(
    served.urls.superuser,
    "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'byom' and tablename <> $1",
    [without],
  );
  const rows = await Promise.all(
    tables.map(({ name }) =>
      ask<{ row: string }>(served.urls.superuser, `select t::text as row from ${name} t`),
    ),
  );
  return rows
    .flat()
    .map(({ row }) => row)
    .join('\n');
}

async function play(): Promise<string> {
  const { client, runKeys: keys, taskQueue } = served;
  const handle = await startBehavior(client, textRun('acme', { instruction: `Summarize: ${promptWords}.` }), {
    keys,
    taskQueue,
  });
  await outcome(client, handle.workflowId);
  return handle.workflowId;
}

test.each([
  ['answers', null],
  ['quotes the key in its refusal', { kind: 'require-key', key: 'another' }],
  [
    'quotes the prompt in its refusal',
    { kind: 'status', status: 400, body: { error: { message: promptWords } } },
  ],
  [
    'quotes key and prompt in a page',
    { kind: 'status', status: 502, body: `<html>${secret} ${promptWords}</html>` },
  ],
] as const)('a vendor that %s: no history and no table of ours has the secret', async (_, fault) => {
  if (fault !== null) served.vendors.fault('acme-own', fault);
  const workflowId = await play();
  expect(served.vendors.callsTo('acme-own').length).toBeGreaterThan(0);
  expect(findLeaks(await historyText(workflowId), secret)).toEqual([]);
  expect(findLeaks(await dumpText(), secret)).toEqual([]);
});

test('the prompt is in the history of its run; of our tables only the outcome may quote it, in the answer', async () => {
  const workflowId = await play();
  expect(findLeaks(await historyText(workflowId), promptWords)).toContain('plain');
  expect(findLeaks(await dumpText('runs'), promptWords)).toEqual([]);
});

test('a planted leak is found, in a history and in a table', async () => {
  const run = textRun('acme', { agentInstruction: `The key is ${secret}.` });
  const { client, runKeys: keys, taskQueue } = served;
  const { workflowId } = await startBehavior(client, run, { keys, taskQueue });
  await outcome(client, workflowId);
  expect(findLeaks(await historyText(workflowId), secret)).toContain('plain');
  await ask(served.urls.superuser, 'update byom.runs set status = $1 where workflow_id = $2', [
    Buffer.from(secret).toString('base64'),
    workflowId,
  ]);
  expect(findLeaks(await dumpText(), secret)).toContain('base64');
});

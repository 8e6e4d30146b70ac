import { randomUUID } from 'node:crypto';
import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import { workflowIdOf } from '../../contract/index.ts';
import { textRun } from '../support/served.ts';
import { buildByom, canary, expectRefused, openFolder, runByom } from '../support/run-byom.ts';
import type { TestFolder } from '../support/run-byom.ts';

let client: Client;
let folder: TestFolder;
const address = process.env['BYOM_TEST_TEMPORAL_ADDRESS'] ?? '';

beforeAll(async () => {
  buildByom();
  client = new Client({ connection: await Connection.connect({ address }) });
  folder = await openFolder();
});
afterAll(async () => {
  await client.connection.close();
  await folder.remove();
});

const behaviorOptions = ['--org', 'acme', '--pipe', 'p1', '--behavior', 'b1'];

async function run(text: string, env: NodeJS.ProcessEnv = { TEMPORAL_ADDRESS: address }) {
  return runByom(['run', ...behaviorOptions, '--input', await folder.write('run.json', text)], env);
}

test.each([
  [[], 0, 'Usage: byom'],
  [['--help'], 0, 'Usage: byom'],
  [['run', '--help'], 0, 'Usage: byom run'],
  [['--version'], 0, /^\d+\.\d+\.\d+\n$/],
])('byom %j tells what there is', async (args, code, said) => {
  const ran = await runByom(args.length === 0 ? ['help'] : args);
  expect(ran).toEqual({ code, stdout: expect.stringMatching(said), stderr: '' });
});

test.each([
  [['serve'], "unknown command 'serve': see `byom --help`."],
  [['wroker'], "unknown command 'wroker' (Did you mean worker?): see `byom --help`."],
  [['keys', 'make'], "unknown command 'make': see `byom keys --help`."],
  [['apply'], "missing required argument 'registry.yaml': see `byom apply --help`."],
  [['migrate', 'up', 'now'], "too many arguments for 'up'. Expected 0 arguments but got 1"],
  [['run', '--pipe', 'p1'], "required option '--org <id>' not specified: see `byom run --help`."],
  [['run', '--org'], "option '--org <id>' argument missing: see `byom run --help`."],
  [['dev', '--port', '1'], "unknown option '--port': see `byom dev --help`."],
])('byom %j is told how it goes', async (args, line) => {
  expectRefused(await runByom(args), line);
});

test('an input that cannot be read, or is no JSON object, is named', async () => {
  const missing = await runByom(['run', ...behaviorOptions, '--input', 'nowhere.json'], {
    TEMPORAL_ADDRESS: address,
  });
  expectRefused(missing, '--input: cannot read nowhere.json: ENOENT.');
  for (const text of ['', '[]', `{ "card": ${canary} }`]) {
    expectRefused(
      await run(text),
      /--input: \S+run\.json is not a JSON object \(docs\/run\.v1\.schema\.json/,
    );
  }
});

const action = {
  referenceId: 'a1',
  actionType: 'update_card',
  name: 'Fill',
  metadata: { pipeId: 'p1', fieldsAttributes: [{ fieldId: '1', inputMode: 'fill_with_ai', value: '' }] },
};
const planned = { answer: 'plan', actions: [action], instruction: `Do %{action:a1}. ${canary}` } as const;

test.each([
  [
    'an action type that does not exist',
    { ...planned, actions: [{ ...action, actionType: 'delete_card' }] },
    /behavior\.actions\[0\]\.actionType: .*update_card/,
  ],
  [
    'a token of a field that is not on the card',
    { instruction: `Read %{field:900}. ${canary}` },
    /behavior\.instruction: the token %\{field:…\} names a field that is not in card\.fields\./,
  ],
  [
    'a token with a slug',
    { instruction: `Read %{field:title}. ${canary}` },
    /behavior\.instruction: a field token needs the numeric internal id/,
  ],
  [
    'a field to fill that is defined nowhere',
    planned,
    /behavior\.actions\[0\]\.metadata\.fieldsAttributes\[0\]\.fieldId: not on the card: add its definition/,
  ],
  ['a key that does not exist', { temperature: 0, instruction: canary }, /behavior: .*temperature/],
  [
    'more than 512 KiB',
    { knowledge: [{ name: 'Policy', text: `${canary} `.repeat(25_000) }] },
    'the run is over 524288 bytes as JSON: send less knowledge or attachment text.',
  ],
])('a run with %s is refused with the place of the fault, and starts nothing', async (_what, over, line) => {
  const event = { id: randomUUID(), type: 'card_created' };
  const good = textRun('acme');
  expectRefused(await run(JSON.stringify({ ...good, event, behavior: { ...good.behavior, ...over } })), line);
  const handle = client.workflow.getHandle(workflowIdOf('acme', 'b1', event.id));
  await expect(handle.describe()).rejects.toThrow(WorkflowNotFoundError);
});

describe('without a Temporal server', () => {
  const good = JSON.stringify(textRun('acme'));

  test('byom run names the setting', async () => {
    expectRefused(await run(good, {}), /No Temporal server is named\. Set TEMPORAL_ADDRESS .*byom dev/);
  });

  test('byom worker names the setting', async () => {
    expectRefused(await runByom(['worker']), /No Temporal server is named\. Set TEMPORAL_ADDRESS .*byom dev/);
  });

  test('the address where nobody answers is named', async () => {
    const env = { TEMPORAL_ADDRESS: '127.0.0.1:1' };
    expectRefused(await run(good, env), /Temporal does not answer at 127\.0\.0\.1:1\. Set TEMPORAL_ADDRESS/);
  });

  test('the namespace that is not there is named', async () => {
    const env = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: 'nowhere' };
    expectRefused(
      await run(good, env),
      /no namespace nowhere: correct TEMPORAL_NAMESPACE, or create it with/,
    );
  });
});

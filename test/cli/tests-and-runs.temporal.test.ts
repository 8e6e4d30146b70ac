import { createApi, listen, type Api, type Listening } from '../../api/index.ts';
import { parseSealKeys } from '../../registry/index.ts';
import { buildByom, expectRefused, runByom } from '../support/run-byom.ts';
import { startScriptedEngine } from '../support/scripted-engine.ts';
import { planRun, serve, type Served } from '../support/served.ts';

let served: Served;
const opened: { readonly api: Api; readonly listening: Listening }[] = [];
let token: string;

beforeAll(async () => {
  buildByom();
  served = await serve();
  // A test's workflow is named by organization and provider, and one of these waits for a worker for good: no other suite on
  // this Temporal may test a provider of the same name.
  await served.apply(`version: 1
organizations:
  acme:
    providers:
      sound: { vendor: custom, settings: { baseUrl: '\${env:VENDORS}/good/v1' } }
      refused: { vendor: custom, settings: { baseUrl: '\${env:VENDORS}/refused/v1' } }
    models:
      light: { provider: sound, upstreamId: light-1 }
      heavy: { provider: refused, upstreamId: heavy-1 }
    default: light
`);
  const bootstrap = ['tokens', 'bootstrap', '--org', 'acme', '--role', 'org-admin'];
  const { stdout } = await runByom(bootstrap, { BYOM_DATABASE_URL: served.urls.owner });
  token = stdout.trim();
});
afterAll(async () => {
  for (const { api, listening } of opened) {
    await listening.close();
    await api.close();
  }
  await served?.close();
});

/** An API whose tests are taken up by the workers of `taskQueue`. */
async function openApi(taskQueue: string): Promise<NodeJS.ProcessEnv> {
  const { client, runKeys, urls, rings } = served;
  const api = createApi({
    databaseUrl: urls.api,
    sealKeys: parseSealKeys(rings.seal),
    client,
    runKeys,
    taskQueue,
  });
  const listening = await listen(api, { host: '127.0.0.1', port: 0 });
  opened.push({ api, listening });
  return { BYOM_API_URL: listening.url, BYOM_API_TOKEN: token };
}

const testOf = (provider: string, ...more: readonly string[]) => [
  'providers',
  'test',
  provider,
  '--org',
  'acme',
  ...more,
];

test('byom providers test says stage by stage how a provider stands, and fails with the remedy where it would not serve', async () => {
  const env = await openApi(served.taskQueue);
  const good = await runByom(testOf('sound', '--model', 'light'), env);
  expect(good).toEqual({
    code: 0,
    stdout: expect.stringMatching(
      /^stage +status +ms +failure\naddress +passed[^]*\n\nsound would serve; structured output: json_schema\.\n$/,
    ),
    stderr: '',
  });
  served.vendors.fault('refused', { kind: 'status', status: 401 });
  const refused = await runByom(testOf('refused'), env);
  expect(refused).toEqual({
    code: 1,
    stdout: expect.stringMatching(/\nauth +failed +\d+ +model\.unauthorized\n/),
    stderr: 'byom: refused: The vendor does not take the credential. Set a new one.\n',
  });
  const asJson = await runByom(testOf('refused', '--json'), env);
  expect([asJson.code, asJson.stderr]).toEqual([1, '']);
  expect(JSON.parse(asJson.stdout)).toMatchObject({ provider: 'refused', status: 'failed' });
  expectRefused(
    await runByom(testOf('sound', '--model', 'heavy'), env),
    '?model: is no model of this provider',
  );
});

test('byom providers test says that no worker takes it up, and waits no longer than it was told', async () => {
  const env = await openApi(`${served.taskQueue}-nobody`);
  expectRefused(
    await runByom(testOf('sound', '--wait', '1'), env),
    '--wait: no worker has taken up the test in 1 s',
  );
});

test('byom runs get shows which model answered, what it wrote, its actions and its calls', async () => {
  const env = await openApi(served.taskQueue);
  const engine = await startScriptedEngine(`scripted-${served.taskQueue}`);
  const run = planRun('acme', engine.taskQueue);
  const { status } = await served.run(run);
  await engine.close();
  expect(status).toBe('completed');
  const got = await runByom(['runs', 'get', `byom:acme:b1:${run.event.id}`, '--org', 'acme'], env);
  expect(got).toMatchObject({ code: 0, stderr: '' });
  const [facts = '', summary, ...tables] = got.stdout.trimEnd().split('\n\n');
  expect(facts).toMatch(
    /\nstatus +completed\nmodel +light\nprovider +sound\nlayer +organization\nreason +not-assigned\nfailure +-$/,
  );
  expect(summary).toMatch(/\S/);
  expect(tables).toEqual([
    expect.stringMatching(/^actions\naction +type +status\na +move_card +done\nb +move_card +done\nc /),
    expect.stringMatching(/^calls\ncall +layer +model .*\n1 +organization +light +not-assigned +answered /),
  ]);
});

import type { ZodType } from 'zod';
import { startSandboxVendors, type SandboxVendors } from '../../testing/index.ts';
import { vendors } from '../../vendors/index.ts';
import { failureOf, openBench, type Bench } from './calling.ts';
import { azureDialects } from './dialects/azure-openai.ts';
import { event, jsonPrompt, type Meant } from './dialects/dialect.ts';
import { conforms } from './suite.ts';

Object.values(azureDialects).forEach(conforms);

const azure = vendors['azure-openai'];
const { responses, chat, dated } = azureDialects;
const meant: Meant = { words: ['ok'], end: 'stop', usage: true };
const endpoint = 'https://acme.openai.azure.com';
const messageOf = (schema: ZodType, value: unknown) => {
  const [issue] = schema.safeParse(value).error?.issues ?? [];
  return issue === undefined ? null : `${issue.path.join('.')}: ${issue.message}`;
};

let [bench, sandbox]: [Bench, SandboxVendors] = [undefined as never, undefined as never];
beforeAll(async () => {
  [bench, sandbox] = await Promise.all([openBench(), startSandboxVendors()]);
});
afterEach(() => sandbox.reset());
afterAll(() => Promise.all([bench.close(), sandbox.close()]));

describe('the credential of azure-openai', () => {
  const client = { tenantId: 'contoso.onmicrosoft.com', clientId: 'some-client', clientSecret: 'se~cret' };

  it('goes into the header api-key where it is a key, and nowhere else', async () => {
    bench.server.play({ chunks: [responses.whole(meant)] });
    await bench.call(responses);
    const [request] = bench.server.requests;
    expect(request?.headers).toMatchObject({ 'api-key': 'planted-azure-key' });
    expect(request?.headers).not.toHaveProperty('authorization');
  });

  it('goes into Authorization where it is a token that the operator lent', async () => {
    bench.server.play({ chunks: [chat.whole(meant)] });
    await bench.call(chat);
    const [request] = bench.server.requests;
    expect(request?.headers).toMatchObject({ authorization: 'Bearer planted.lent.token' });
    expect(request?.headers).not.toHaveProperty('api-key');
  });

  it.each([
    [{ apiKey: 'any shape of key' }],
    [client],
    [{ ...client, tenantId: '72f988bf-86f1-41af-91ab-2d7cd011db47' }],
    [{ ...client, scope: 'https://cognitiveservices.azure.us/.default' }],
    [{ workload: true }],
  ])('may be %j', (given) => {
    expect(messageOf(azure.credential, given)).toBeNull();
  });

  const either = ': must hold either apiKey, or tenantId, clientId and clientSecret';
  const tenant = 'tenantId: must be the id of the tenant (a UUID) or one of its domains';
  it.each([
    [{}, either],
    [{ ...client, apiKey: 'k' }, either],
    [{ apiKey: 'k', scope: 's' }, either],
    [{ tenantId: client.tenantId, clientId: 'c' }, either],
    [{ apiKey: 'k\n' }, 'apiKey: must be printable ASCII, without line breaks or spaces around it'],
    ...['common', '../other', 'a.b/c', 'a.b?c', 'a..b', 'evil.example#', 'a.b\\c'].map(
      (tenantId): [object, string] => [{ ...client, tenantId }, tenant],
    ),
    [
      { ...client, scope: 'one two' },
      'scope: must be one scope, such as https://cognitiveservices.azure.com/.default',
    ],
    [{ accessToken: 'only a broker lends tokens' }, ': Unrecognized key: "accessToken"'],
  ])('must not be %j', (given, message) => {
    expect(messageOf(azure.credential, given)).toBe(message);
  });

  it('that names an identity of the operator calls nobody without a broker', async () => {
    bench.server.play({});
    const failure = await failureOf(bench.call(dated, { credential: { workload: true } }));
    expect([failure.type, failure.message.includes('broker')]).toEqual(['model.misconfigured', true]);
    expect(bench.server.requests).toHaveLength(0);
  });
});

describe('the settings of azure-openai', () => {
  it.each([
    [{ endpoint }],
    [{ endpoint: 'https://acme.services.ai.azure.com/', api: 'chat' }],
    [{ endpoint: 'https://gateway.example.com/openai', apiVersion: '2024-10-21', api: 'chat' }],
    [{ endpoint, apiVersion: '2025-04-01-preview' }],
  ])('may be %j', (given) => {
    expect(messageOf(azure.settings, given)).toBeNull();
  });

  const tooLong = 'endpoint: must end before /openai/…: everything from there on is added';
  it.each([
    [
      { endpoint, apiVersion: '2024-10-21', api: 'responses' },
      'api: must not be responses beside apiVersion: dated versions serve chat. Leave out one of the two',
    ],
    [{ endpoint, apiVersion: 'v1' }, 'apiVersion: must be a date such as 2024-10-21; leave it out for v1'],
    [
      { endpoint, apiVersion: '2024-10-21&x=y' },
      'apiVersion: must be a date such as 2024-10-21; leave it out for v1',
    ],
    [{ endpoint: `${endpoint}/openai/v1/` }, tooLong],
    [{ endpoint: `${endpoint}/openai/deployments/gpt/chat/completions` }, tooLong],
    [
      { endpoint: `${endpoint}/openai/deployments/gpt?api-version=2024-10-21` },
      'endpoint: must have no user name, password, query or fragment',
    ],
  ])('must not be %j', (given, message) => {
    expect(messageOf(azure.settings, given)).toBe(message);
  });

  it('open the endpoint and the authority of Entra, and bind the key to the endpoint', () => {
    expect(azure.hosts({ endpoint: `${endpoint}/x` }, bench.guard.wellKnown)).toEqual([
      endpoint,
      'https://login.microsoftonline.com',
    ]);
    expect(azure.audience({ endpoint: `${endpoint}/` })).toBe(`azure-openai:${endpoint}:443`);
  });
});

describe('a deployment', () => {
  it.each(['gpt 4/o?x=1#y', 'größe', '../models', '%2e%2e'])(
    'named %s stays one segment of the path',
    async (name) => {
      bench.server.play({ chunks: [dated.whole(meant)] });
      await bench.call(dated, { upstreamId: name, settings: { endpoint: `${bench.server.url}/prefix/` } });
      const [request] = bench.server.requests;
      const segments = request?.path.split('?')[0]?.split('/') ?? [];
      expect(segments.slice(0, 4)).toEqual(['', 'prefix', 'openai', 'deployments']);
      expect(segments.slice(5)).toEqual(['chat', 'completions']);
      expect(decodeURIComponent(segments[4] ?? '')).toBe(name);
    },
  );

  it.each(['.', '..'])('cannot be named %s, which a URL would drop', async (name) => {
    bench.server.play({ chunks: [dated.whole(meant)] });
    const failure = await failureOf(bench.call(dated, { upstreamId: name }));
    expect([failure.type, failure.hints]).toEqual(['model.misconfigured', { sent: 'no' }]);
    expect(failure.message).toContain('upstreamId');
    expect(bench.server.requests).toHaveLength(0);
  });

  it('of an old version takes the field for the token limit that its model says', async () => {
    bench.server.play({ chunks: [dated.whole(meant)] });
    await bench.call(dated, { maxTokensField: 'max_tokens' });
    expect(bench.server.requests[0]?.body).toMatchObject({ max_tokens: 256 });
    expect(bench.server.requests[0]?.body).not.toHaveProperty('max_completion_tokens');
  });

  it('of a version without JSON schemas refuses the mode, not the prompt', async () => {
    const message = 'planted: response_format json_schema is for later api versions';
    bench.server.play({ status: 400, chunks: [JSON.stringify({ error: { code: 'BadRequest', message } })] });
    const failure = await failureOf(bench.call(dated, { prompt: jsonPrompt('json_schema') }));
    expect(failure.hints).toMatchObject({ refusedMode: true });
  });
});

it('a filter that did not run takes nothing from an answer', async () => {
  const notRun = { content_filter_results: { error: { code: 'content_filter_error', message: 'planted' } } };
  const [first, ...rest] = dated.events(meant);
  const chunk = event({ choices: [{ index: 0, delta: { content: '' }, finish_reason: null, ...notRun }] });
  bench.server.play({ headers: dated.streamHeaders, chunks: [first ?? '', chunk, ...rest] });
  expect(await bench.call(dated)).toMatchObject({ text: 'ok', finish: 'stop' });
});

describe.each(Object.values(azureDialects))('the stand-in and $name', (dialect) => {
  const lent = async () =>
    'accessToken' in dialect.credential ? { accessToken: await issueToken() } : dialect.credential;
  const issueToken = async (): Promise<string> => {
    const { tenantId, clientId, clientSecret } = (await sandbox.accounts()).entra;
    const response = await fetch(`${sandbox.wellKnown.entraAuthority}/${tenantId}/oauth2/v2.0/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
        scope: 'https://ai.azure.com/.default',
      }),
    });
    return ((await response.json()) as { access_token: string }).access_token;
  };
  const settings = () => ({ ...dialect.settings(''), endpoint: sandbox.endpoint('azure-reasoning') });

  it.each(['json_schema', 'json_object', 'prompt'] as const)(
    'agree on an answer in mode %s, streamed and whole',
    async (mode) => {
      const [prompt, credential] = [jsonPrompt(mode), await lent()];
      const ask = (streaming: boolean) =>
        bench.call(dialect, { prompt, credential, settings: settings(), streaming });
      const streamed = await ask(true);
      expect(streamed).toEqual(await ask(false));
      expect(streamed.finish).toBe('stop');
      expect(sandbox.callsTo('azure-reasoning').map(({ status }) => status)).toEqual([200, 200]);
    },
  );

  it('agree on a filtered prompt', async () => {
    sandbox.fault('azure-reasoning', { kind: 'status', status: 400, code: 'content_filter' });
    const failure = await failureOf(bench.call(dialect, { credential: await lent(), settings: settings() }));
    expect(failure.type).toBe('model.content-filtered');
  });
});

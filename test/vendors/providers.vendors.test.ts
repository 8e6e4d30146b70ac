import { createServer } from 'node:net';
import { vendorOf, vendors } from '../../vendors/index.ts';
import { failureOf, openBench, type Bench } from './calling.ts';
import type { Dialect } from './dialects/dialect.ts';
import { customDialects, openaiDialects } from './dialects/openai.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const { responses: openaiResponses, chat: openaiChat } = openaiDialects;
const { chat: customChat } = customDialects;
const answer = (dialect: Dialect) =>
  bench.server.play({ chunks: [dialect.whole({ words: ['ok'], end: 'stop', usage: false })] });
const seen = () => bench.server.requests[0]!;

describe('a provider of openai', () => {
  it('sends key, organization and project', async () => {
    answer(openaiChat);
    await bench.call(openaiChat, { settings: { organization: 'org-1', project: 'proj-1' } });
    expect(seen().headers).toMatchObject({
      authorization: 'Bearer sk-planted-key',
      'openai-organization': 'org-1',
      'openai-project': 'proj-1',
    });
  });

  it('keeps nothing at the vendor', async () => {
    answer(openaiResponses);
    await bench.call(openaiResponses);
    expect(seen().body).toMatchObject({ store: false });
  });

  it('without a credential calls nobody', async () => {
    answer(openaiChat);
    const failure = await failureOf(bench.call(openaiChat, { credential: null }));
    expect(failure.message).toBe('The provider has no credential. Set one.');
    expect(bench.server.requests).toHaveLength(0);
  });

  it('reaches the public service where it names no address', () => {
    expect(vendors.openai.hosts({}, bench.guard.wellKnown)).toEqual(['https://api.openai.com']);
    expect(vendors.openai.audience({})).toBe('openai:https://api.openai.com:443/v1');
  });
});

describe('a provider of custom', () => {
  it('that was never given a credential sends no Authorization', async () => {
    answer(customChat);
    await bench.call(customChat);
    expect(seen().headers).not.toHaveProperty('authorization');
  });

  it('sends its open and its sealed headers, and the sealed one wins', async () => {
    answer(customChat);
    await bench.call(customChat, {
      settings: { headers: { 'X-Team': 'open', 'X-Route': 'a' } },
      credential: { apiKey: 'key', headers: { 'x-team': 'sealed', 'X-Api-Key': 'second' } },
    });
    expect(seen().headers).toMatchObject({
      authorization: 'Bearer key',
      'x-team': 'sealed',
      'x-route': 'a',
      'x-api-key': 'second',
    });
  });

  it('uses the field for the token limit that its model needs', async () => {
    answer(customChat);
    await bench.call(customChat, { maxTokensField: 'max_completion_tokens' });
    expect(seen().body).toHaveProperty('max_completion_tokens', 256);
    expect(seen().body).not.toHaveProperty('max_tokens');
  });

  it('whose row no longer fits is told which field, and never the value', async () => {
    const failure = await failureOf(bench.call(customChat, { credential: { apiKey: 'planted\nsecret' } }));
    expect(failure.type).toBe('model.misconfigured');
    expect(failure.message).toContain('credential.apiKey');
    expect(failure.message).not.toContain('planted');
  });
});

describe('a server that is not there', () => {
  const closedPort = async (): Promise<number> => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    return port;
  };

  it.each([
    ['a closed port', async () => `http://127.0.0.1:${await closedPort()}/v1`, { sent: 'no' }],
    [
      'a server without TLS',
      async () => `https://127.0.0.1:${bench.server.port}/v1`,
      { sent: 'no', retry: false },
    ],
    ['a name that does not exist', async () => 'https://no-such-host.invalid/v1', { sent: 'no' }],
  ])('%s is unreachable, and nothing was sent', async (_name, url, hints) => {
    const failure = await failureOf(bench.call(customChat, { settings: { baseUrl: await url() } }));
    expect(failure.type).toBe('model.unreachable');
    expect(failure.hints).toEqual(hints);
  });
});

it('a vendor that this version does not know is model.misconfigured', async () => {
  expect((await failureOf(Promise.resolve().then(() => vendorOf('toString')))).type).toBe(
    'model.misconfigured',
  );
  expect(vendorOf('custom')).toBe(vendors.custom);
});

import { createServer, Socket } from 'node:net';
import { createGuard, vendorOf, vendors, type Guard } from '../../vendors/index.ts';
import { failureOf, openBench, type Bench } from './calling.ts';
import { dialects, prompt } from './dialects.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const [openaiResponses, openaiChat, customChat] = dialects;
const answer = (dialect: (typeof dialects)[number]) =>
  bench.server.play({ chunks: [dialect.whole({ words: ['ok'], end: 'stop', usage: false })] });
const seen = () => bench.server.requests[0]!;

describe('the environment of the worker', () => {
  const planted = {
    OPENAI_API_KEY: 'env-key',
    OPENAI_ADMIN_KEY: 'env-admin-key',
    OPENAI_ORG_ID: 'env-org',
    OPENAI_PROJECT_ID: 'env-project',
    OPENAI_BASE_URL: 'http://127.0.0.1:1/env',
    OPENAI_CUSTOM_HEADERS: 'Authorization: Bearer env-header\nX-Env: env-header',
    OPENAI_LOG: 'debug',
  };
  afterEach(() => {
    for (const name of Object.keys(planted)) delete process.env[name];
  });

  it.each(dialects)('changes nothing of what $name sends', async (dialect) => {
    answer(dialect);
    await bench.call(dialect);
    const before = seen();
    Object.assign(process.env, planted);
    answer(dialect);
    await bench.call(dialect);
    expect({ ...seen(), port: 0 }).toEqual({ ...before, port: 0 });
    expect(JSON.stringify(seen())).not.toContain('env-');
  });
});

describe('a provider of openai', () => {
  it('sends key, organization and project', async () => {
    answer(openaiChat!);
    await bench.call(openaiChat!, { settings: { organization: 'org-1', project: 'proj-1' } });
    expect(seen().headers).toMatchObject({
      authorization: 'Bearer sk-planted-key',
      'openai-organization': 'org-1',
      'openai-project': 'proj-1',
    });
  });

  it('keeps nothing at the vendor', async () => {
    answer(openaiResponses!);
    await bench.call(openaiResponses!);
    expect(seen().body).toMatchObject({ store: false });
  });

  it('without a credential calls nobody', async () => {
    answer(openaiChat!);
    const failure = await failureOf(bench.call(openaiChat!, { credential: null }));
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
    answer(customChat!);
    await bench.call(customChat!);
    expect(seen().headers).not.toHaveProperty('authorization');
  });

  it('sends its open and its sealed headers, and the sealed one wins', async () => {
    answer(customChat!);
    await bench.call(customChat!, {
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
    answer(customChat!);
    await bench.call(customChat!, { maxTokensField: 'max_completion_tokens' });
    expect(seen().body).toHaveProperty('max_completion_tokens', 256);
    expect(seen().body).not.toHaveProperty('max_tokens');
  });

  it('whose row no longer fits is told which field, and never the value', async () => {
    const failure = await failureOf(bench.call(customChat!, { credential: { apiKey: 'planted\nsecret' } }));
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
    const failure = await failureOf(bench.call(customChat!, { settings: { baseUrl: await url() } }));
    expect(failure.type).toBe('model.unreachable');
    expect(failure.hints).toEqual(hints);
  });
});

it('no vendor opens a socket past the guard', async () => {
  const { connect } = Socket.prototype;
  let sockets = 0;
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
    sockets += 1;
    return Reflect.apply(connect, this, args) as Socket;
  };
  const asked: string[] = [];
  try {
    for (const dialect of dialects) {
      const guard: Guard = {
        wellKnown: bench.guard.wellKnown,
        fetch: (hosts) => async () => {
          asked.push(...hosts);
          const said = dialect.whole({ words: ['ok'], end: 'stop', usage: false });
          return new Response(said, { headers: { 'content-type': 'application/json' } });
        },
        close: async () => {},
      };
      await dialect.vendor.invoke(
        prompt,
        {
          settings: dialect.settings(bench.server.url),
          credential: dialect.credential,
          upstreamId: 'm',
          maxOutputTokens: 16,
          streaming: true,
          maxTokensField: null,
        },
        {
          signal: new AbortController().signal,
          limits: { firstTokenMs: 9_000, idleMs: 9_000, totalMs: 9_000 },
          guard,
          onProgress: () => {},
        },
      );
    }
    expect([asked.length, sockets]).toEqual([dialects.length, 0]);
    // The count would see one: a real guard opens it.
    const real = createGuard({ allowedRanges: ['127.0.0.0/8'] });
    bench.server.play({});
    await (await real.fetch([bench.server.url])(bench.server.url)).text();
    await real.close();
    expect(sockets).toBe(1);
  } finally {
    Socket.prototype.connect = connect;
  }
});

it('a vendor that this version does not know is model.misconfigured', async () => {
  expect((await failureOf(Promise.resolve().then(() => vendorOf('toString')))).type).toBe(
    'model.misconfigured',
  );
  expect(vendorOf('custom')).toBe(vendors.custom);
});

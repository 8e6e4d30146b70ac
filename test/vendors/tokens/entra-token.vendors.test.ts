import { startSandboxVendors, type SandboxVendors } from '../../../testing/index.ts';
import { createGuard, type Guard } from '../../../vendors/index.ts';
import { failureOf, openBench, type Bench } from '../calling.ts';
import { azureDialects } from '../dialects/azure-openai.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { plantEnvironment } from '../planted-environment.ts';
import type { Script } from '../scripted-server.ts';

const { chat, dated } = azureDialects;

let [bench, sandbox]: [Bench, SandboxVendors] = [undefined as never, undefined as never];
beforeAll(async () => {
  [bench, sandbox] = await Promise.all([openBench(), startSandboxVendors()]);
});
afterEach(async () => {
  sandbox.reset();
  await Promise.all(guards.splice(0).map((guard) => guard.close()));
});
afterAll(() => Promise.all([bench.close(), sandbox.close()]));

const guards: Guard[] = [];
/** A real guard that notes where it was sent to. */
function guardOf(entraAuthority: string) {
  const guard = createGuard({ allowedRanges: ['127.0.0.0/8'], wellKnown: { entraAuthority } });
  guards.push(guard);
  const asked: string[] = [];
  const watched: Guard = {
    ...guard,
    fetch: (hosts) => {
      const reach = guard.fetch(hosts);
      return (input, init) => {
        asked.push(String(input));
        return reach(input, init);
      };
    },
  };
  return { guard: watched, tokenRequests: () => asked.filter((url) => url.endsWith('/token')).length };
}

const route = 'azure-reasoning';
const settings = () => ({ endpoint: sandbox.endpoint(route) });
/** Another client each time, so that no token of another test is at hand. */
let clients = 0;
const unknownClient = () => ({
  tenantId: 'contoso.onmicrosoft.com',
  clientId: `client-${(clients += 1)}`,
  clientSecret: 'planted/secret +&=%',
});
const knownClient = async () => {
  const { entra } = await sandbox.accounts();
  // The scope is part of what a token is kept under.
  return { ...entra, scope: `https://ai.azure.com/${(clients += 1)}/.default` };
};

describe('a client of Entra', () => {
  it('calls with one token for many calls, of both APIs and at the same time', async () => {
    const credential = await knownClient();
    const { guard, tokenRequests } = guardOf(sandbox.wellKnown.entraAuthority);
    const call = (dialect: Dialect) => bench.call(dialect, { credential, guard, settings: settings() });
    await Promise.all([call(chat), call(dated), call(chat)]);
    await call(dated);
    expect(tokenRequests()).toBe(1);
    const calls = sandbox.callsTo(route);
    expect(calls.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(new Set(calls.map(({ authorization }) => authorization)).size).toBe(1);
  });

  it('whose token is refused asks for another one at the next call', async () => {
    const credential = await knownClient();
    const { guard, tokenRequests } = guardOf(sandbox.wellKnown.entraAuthority);
    const call = () => bench.call(chat, { credential, guard, settings: settings() });
    await call();
    sandbox.fault(route, { kind: 'status', status: 401, times: 1 });
    expect((await failureOf(call())).type).toBe('model.unauthorized');
    expect(tokenRequests()).toBe(1);
    await call();
    expect(tokenRequests()).toBe(2);
  });

  it('with another secret gains nothing from a token that is at hand', async () => {
    const credential = await knownClient();
    const { guard } = guardOf(sandbox.wellKnown.entraAuthority);
    const call = (clientSecret: string) =>
      bench.call(chat, { credential: { ...credential, clientSecret }, guard, settings: settings() });
    await call(credential.clientSecret);
    expect((await failureOf(call('another'))).type).toBe('model.unauthorized');
    expect(sandbox.callsTo(route)).toHaveLength(1);
  });

  it.each([
    ['an unknown tenant', { tenantId: 'nobody.example.com' }, 'model.unauthorized'],
    ['an unknown client', { clientId: 'nobody' }, 'model.unauthorized'],
    ['a wrong secret', { clientSecret: 'planted-secret' }, 'model.unauthorized'],
    ['a scope that Entra does not know', { scope: 'https://ai.azure.com/some' }, 'model.misconfigured'],
  ])('with %s is told so, and no model is asked', async (_what, wrong, type) => {
    const credential = { ...(await knownClient()), ...wrong };
    const { guard } = guardOf(sandbox.wellKnown.entraAuthority);
    const failure = await failureOf(bench.call(chat, { credential, guard, settings: settings() }));
    expect([failure.type, failure.hints.sent]).toEqual([type, 'no']);
    expect(failure.message).toMatch(/^Microsoft Entra issued no token\. /);
    expect(failure.message).not.toMatch(/planted|AADSTS|nobody/);
    expect(failure.cause).toBeUndefined();
    expect(sandbox.callsTo(route)).toHaveLength(0);
  });
});

describe('a token request', () => {
  /** The scripted server is Entra; the model is the stand-in. */
  const ask = (options: Partial<Parameters<Bench['call']>[1]> = {}, dialect: Dialect = chat) =>
    bench.call(dialect, {
      credential: unknownClient(),
      guard: guardOf(`${bench.server.url}/authority`).guard,
      settings: settings(),
      ...options,
    });
  const issued = (token: string, lifeS: unknown = 3_599): Script => ({
    chunks: [JSON.stringify({ token_type: 'Bearer', expires_in: lifeS, access_token: token })],
  });

  it('is a form with exactly what RFC 6749 asks for, in the headers of ours', async () => {
    for (const [dialect, scope] of [
      [chat, 'https://ai.azure.com/.default'],
      [dated, 'https://cognitiveservices.azure.com/.default'],
    ] as const) {
      bench.server.play(issued('some-token'));
      const credential = unknownClient();
      // The stand-in refuses this token; the request for it is what counts here.
      await ask({ credential }, dialect).catch(() => {});
      expect(bench.server.requests).toHaveLength(1);
      const [request] = bench.server.requests;
      expect(request?.path).toBe('/authority/contoso.onmicrosoft.com/oauth2/v2.0/token');
      expect(request?.headers).toMatchObject({ 'user-agent': 'pipe-byom' });
      expect(request?.body).toEqual({
        grant_type: 'client_credentials',
        client_id: credential.clientId,
        client_secret: credential.clientSecret,
        scope,
      });
    }
  });

  it('is the same whatever the environment of the worker says', async () => {
    const credential = unknownClient();
    const seen = async () => {
      bench.server.play(issued('some.token'));
      await ask({ credential }).catch(() => {});
      const [{ path, headers, body } = { path: '', headers: {}, body: {} }] = bench.server.requests;
      return { path, headers, body };
    };
    const before = await seen();
    expect(before.path).not.toBe('');
    const planted = await plantEnvironment();
    try {
      expect(await seen()).toEqual(before);
      expect(planted.visitors()).toBe(0);
    } finally {
      await planted.remove();
    }
  });

  const entraError = (error: string) => [JSON.stringify({ error, error_description: 'planted AADSTS1' })];
  const quick = { firstTokenMs: 100 };
  it.each<[string, Script, string, object]>([
    [
      'is told that its secret is wrong',
      { status: 401, chunks: entraError('invalid_client') },
      'model.unauthorized',
      {},
    ],
    ['is refused by a rule', { status: 400, chunks: entraError('access_denied') }, 'model.forbidden', {}],
    [
      'is asked to wait',
      { status: 429, headers: { 'retry-after': '9' } },
      'model.rate-limited',
      { retryAfterMs: 9_000 },
    ],
    [
      'finds the authority overloaded',
      { status: 503, headers: { 'retry-after': '3' } },
      'model.overloaded',
      { retryAfterMs: 3_000 },
    ],
    ['finds the authority broken', { status: 500, chunks: ['<html>'] }, 'model.server-error', {}],
    ['gets a page', { chunks: ['<html>planted</html>'] }, 'model.server-error', {}],
    ['gets no token', { chunks: ['{"expires_in":3599}'] }, 'model.server-error', {}],
    ['gets a token that fits into no header', issued('a\nb'), 'model.server-error', {}],
    ['gets a token without an end', issued('some.token', null), 'model.server-error', {}],
    [
      'is sent elsewhere',
      { status: 307, headers: { location: 'http://127.0.0.1:1/' } },
      'model.misconfigured',
      { retry: false },
    ],
    ['loses its connection', { ending: 'drop' }, 'model.unreachable', {}],
  ])('that %s fails, and was no call of the model', async (_what, script, type, hints) => {
    bench.server.play(script);
    const failure = await failureOf(ask());
    expect([failure.type, failure.hints]).toMatchObject([type, { sent: 'no', ...hints }]);
    expect(failure.message).not.toContain('planted');
    expect(bench.server.requests).toHaveLength(1);
    expect(sandbox.callsTo(route)).toHaveLength(0);
  });

  it('that nobody answers passes the limit of the first token, and lets go', async () => {
    bench.server.play({ ending: 'silence' });
    const failure = await failureOf(ask({ limits: quick }));
    expect([failure.type, failure.hints.retry]).toEqual(['model.timed-out', false]);
    await bench.server.abandoned();
  });

  it('is let go by a cancellation, whose reason is rethrown', async () => {
    bench.server.play({ ending: 'silence' });
    const [abort, reason] = [new AbortController(), new Error('the run was aborted')];
    const calling = ask({ signal: abort.signal });
    await bench.server.requested();
    abort.abort(reason);
    await expect(calling).rejects.toBe(reason);
    await bench.server.abandoned();
  });
});

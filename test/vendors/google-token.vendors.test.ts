import { generateKeyPairSync } from 'node:crypto';
import { createGuard, vendors, type CallControl, type Guard } from '../../vendors/index.ts';
import { startSandboxVendors, type SandboxAccounts, type SandboxVendors } from '../../testing/index.ts';
import { failureOf } from './calling.ts';
import { jsonPrompt, prompt } from './dialects/dialect.ts';
import { vertexDialects } from './dialects/google-vertex-ai.ts';
import { startScriptedServer, type Script, type ScriptedServer } from './scripted-server.ts';

const vertex = vendors['google-vertex-ai'];
const answer = vertexDialects.project.whole({ words: ['ok'], end: 'stop', usage: false });

let [vendor, issuer]: [ScriptedServer, ScriptedServer] = [undefined as never, undefined as never];
let sandbox: SandboxVendors;
let account: SandboxAccounts['google'];
let guard: Guard;
beforeAll(async () => {
  [vendor, issuer, sandbox] = await Promise.all([
    startScriptedServer(),
    startScriptedServer(),
    startSandboxVendors(),
  ]);
  account = (await sandbox.accounts()).google;
  guard = guardTo(`${issuer.url}/token`);
});
afterAll(() => Promise.all([guard.close(), vendor.close(), issuer.close(), sandbox.close()]));

const guardTo = (googleToken: string) =>
  createGuard({ allowedRanges: ['127.0.0.0/8'], wellKnown: { googleToken } });

interface Options {
  readonly settings?: object;
  readonly limits?: Partial<CallControl['limits']>;
  readonly signal?: AbortSignal;
  readonly guard?: Guard;
  readonly streaming?: boolean;
  readonly prompt?: typeof prompt;
}

const call = (credential: object, options: Options = {}) =>
  vertex.invoke(
    options.prompt ?? prompt,
    {
      settings: options.settings ?? { project: 'p', location: 'l', endpoint: vendor.url },
      credential,
      upstreamId: 'gemini-2.5-flash',
      maxOutputTokens: 256,
      streaming: options.streaming ?? false,
      maxTokensField: null,
    },
    {
      signal: options.signal ?? new AbortController().signal,
      limits: { firstTokenMs: 10_000, idleMs: 10_000, totalMs: 10_000, ...options.limits },
      guard: options.guard ?? guard,
      onProgress: () => {},
    },
  );

/** Every account of its own, so that no test finds the token of another. */
let made = 0;
const anotherAccount = () => {
  made += 1;
  return { serviceAccount: { ...account, client_email: `account-${made}@acme.iam.gserviceaccount.com` } };
};

const issues = (token: string, more: object = { expires_in: 3599 }) =>
  issuer.play({ chunks: [JSON.stringify({ access_token: token, token_type: 'Bearer', ...more })] });
const answers = (script: Script = { chunks: [answer] }) => vendor.play(script);
const bearers = () => vendor.requests.map(({ headers }) => headers.authorization);

describe('the token of a service account', () => {
  it('is asked for once and used until it is about to expire', async () => {
    const credential = anotherAccount();
    issues('one');
    answers();
    await call(credential);
    await call(credential);
    expect(bearers()).toEqual(['Bearer one', 'Bearer one']);
    expect(issuer.requests).toHaveLength(1);
  });

  it('is asked for with a signed assertion, and the prompt goes nowhere with it', async () => {
    issues('one');
    answers();
    const credential = anotherAccount();
    await call(credential);
    const { path, headers, body } = issuer.requests[0]!;
    expect(path).toBe('/token');
    expect(headers).toMatchObject({
      'content-type': 'application/x-www-form-urlencoded',
      'user-agent': 'pipe-byom',
    });
    expect(Object.keys(body)).toEqual(['grant_type', 'assertion']);
    const [header, claims] = String(body['assertion'])
      .split('.')
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>);
    expect(header).toEqual({ alg: 'RS256', typ: 'JWT', kid: account.private_key_id });
    expect(claims).toEqual({
      iss: credential.serviceAccount.client_email,
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      aud: `${issuer.url}/token`,
      iat: expect.any(Number),
      exp: Number(claims?.['iat']) + 3600,
    });
  });

  it('is asked for once by calls that come together', async () => {
    const credential = anotherAccount();
    issues('one');
    answers();
    await Promise.all([call(credential), call(credential), call(credential)]);
    expect(issuer.requests).toHaveLength(1);
    expect(bearers()).toEqual(['Bearer one', 'Bearer one', 'Bearer one']);
  });

  it('is another one for another account', async () => {
    answers();
    for (const token of ['one', 'two']) {
      issues(token);
      await call(anotherAccount());
    }
    expect(bearers()).toEqual(['Bearer one', 'Bearer two']);
  });

  it('is forgotten once Vertex refuses it, and kept through any other refusal', async () => {
    const credential = anotherAccount();
    issues('one');
    for (const [status, type] of [
      [403, 'model.forbidden'],
      [401, 'model.unauthorized'],
    ] as const) {
      answers({ status });
      expect((await failureOf(call(credential))).type).toBe(type);
      expect(bearers()).toEqual(['Bearer one']);
    }
    issues('two');
    answers();
    await call(credential);
    expect(bearers()).toEqual(['Bearer two']);
  });

  it('without a word on its life is used once', async () => {
    const credential = anotherAccount();
    answers();
    for (const token of ['one', 'two']) {
      issues(token, {});
      await call(credential);
    }
    expect(bearers()).toEqual(['Bearer one', 'Bearer two']);
  });
});

describe('a token endpoint that gives no token', () => {
  const refusal = (error: string) => JSON.stringify({ error, error_description: 'planted' });
  it.each([
    [400, refusal('invalid_grant'), 'model.unauthorized'],
    [400, refusal('unauthorized_client'), 'model.unauthorized'],
    [401, refusal('invalid_client'), 'model.unauthorized'],
    [401, refusal('deleted_client'), 'model.unauthorized'],
    [400, refusal('invalid_scope'), 'model.rejected'],
    [403, '', 'model.forbidden'],
    [404, '<html>', 'model.misconfigured'],
    [429, '', 'model.rate-limited'],
    [500, '', 'model.server-error'],
    [503, '', 'model.overloaded'],
    [200, '{}', 'model.invalid-answer'],
    [200, '<html>', 'model.invalid-answer'],
    [200, '{"access_token":"planted\\nX-Evil: 1","expires_in":3599}', 'model.invalid-answer'],
  ])('%i %s is %s: one request, nothing sent to the model', async (status, body, type) => {
    issuer.play({ status, chunks: [body] });
    answers();
    const failure = await failureOf(call(anotherAccount()));
    expect([failure.type, failure.hints.sent]).toEqual([type, 'no']);
    expect(failure.message).toMatch(/^Google gave no access token\. /);
    expect(JSON.stringify(failure) + failure.message).not.toContain('planted');
    expect([issuer.requests.length, vendor.requests.length]).toEqual([1, 0]);
  });

  it('tells when it wants us back', async () => {
    issuer.play({ status: 503, headers: { 'retry-after': '7' } });
    expect((await failureOf(call(anotherAccount()))).hints.retryAfterMs).toBe(7_000);
  });

  it('is asked again by the next call', async () => {
    const credential = anotherAccount();
    issuer.play({ status: 500 });
    await failureOf(call(credential));
    issues('one');
    answers();
    await call(credential);
    expect(bearers()).toEqual(['Bearer one']);
  });

  it('is no way to another host: a redirect is not followed', async () => {
    issuer.play({ status: 307, headers: { location: `${vendor.url}/elsewhere` } });
    answers();
    expect((await failureOf(call(anotherAccount()))).type).toBe('model.misconfigured');
    expect(vendor.requests).toHaveLength(0);
  });

  it('that breaks the connection is unreachable', async () => {
    issuer.play({ ending: 'drop' });
    const failure = await failureOf(call(anotherAccount()));
    expect([failure.type, failure.hints.sent]).toEqual(['model.unreachable', 'no']);
  });

  it('that says nothing counts within the limits of the call', async () => {
    issuer.play({ ending: 'silence' });
    const failure = await failureOf(
      call(anotherAccount(), { limits: { firstTokenMs: 60 }, streaming: true }),
    );
    expect([failure.type, failure.hints.retry]).toEqual(['model.timed-out', false]);
    await issuer.abandoned();
  });

  it('is let go of by a cancellation, which fails no other call', async () => {
    const credential = anotherAccount();
    issuer.play({ ending: 'silence' });
    const abort = new AbortController();
    const cancelled = call(credential, { signal: abort.signal });
    await issuer.requested();
    const reason = new Error('the run was aborted');
    abort.abort(reason);
    await expect(cancelled).rejects.toBe(reason);
    await issuer.abandoned();
    issues('one');
    answers();
    await call(credential);
    expect(bearers()).toEqual(['Bearer one']);
  });
});

describe('the key of a service account', () => {
  const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  it.each([
    ['no key at all', '-----BEGIN PRIVATE KEY-----\nplanted\n-----END PRIVATE KEY-----\n'],
    ['a key of another kind', String(elliptic.export({ type: 'pkcs8', format: 'pem' }))],
  ])('that is %s is told by its field', async (_what, privateKey) => {
    issues('one');
    const { serviceAccount } = anotherAccount();
    const failure = await failureOf(call({ serviceAccount: { ...serviceAccount, private_key: privateKey } }));
    expect([failure.type, failure.hints.sent]).toEqual(['model.misconfigured', 'no']);
    expect(failure.message).toContain('credential.serviceAccount.private_key');
    expect(failure.message).not.toContain('planted');
    expect(issuer.requests).toHaveLength(0);
  });
});

it.each(['json_schema', 'json_object', 'prompt'] as const)(
  'the stand-in gives the same answer streamed and whole in mode %s, for a service account',
  async (mode) => {
    const real = guardTo(sandbox.wellKnown.googleToken);
    const settings = { project: 'p', location: 'l', endpoint: sandbox.endpoint('gemini') };
    const ask = (streaming: boolean) =>
      call({ serviceAccount: account }, { prompt: jsonPrompt(mode), settings, guard: real, streaming });
    const streamed = await ask(true);
    expect(streamed).toEqual(await ask(false));
    await real.close();
    expect(streamed.usage?.inputTokens).toBeGreaterThan(0);
    expect(streamed.text).not.toBe('');
    expect(sandbox.callsTo('gemini').at(-1)).toMatchObject({ status: 200, streamed: false });
  },
);

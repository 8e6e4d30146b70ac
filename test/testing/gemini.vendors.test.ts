import { generateKeyPairSync, sign, type KeyLike } from 'node:crypto';
import { ApiError, GoogleGenAI } from '@google/genai';
import { startSandboxVendors, type SandboxVendors } from '../../testing/index.ts';

/** The package of Google, used the ordinary way and reading the answers itself: a witness for the stand-in. */
let sandbox: SandboxVendors;
beforeAll(async () => {
  sandbox = await startSandboxVendors();
});
afterAll(() => sandbox.close());
beforeEach(() => sandbox.reset());

const publicTokens = 'https://oauth2.googleapis.com/token';
/** `fetch` is named because the package looks for Node's dispatcher, which is not in sight of a module in a test. */
const express = () =>
  new GoogleGenAI({
    vertexai: true,
    apiKey: 'any-key',
    httpOptions: { baseUrl: sandbox.endpoint('gemini'), fetch },
  });
const ask = { model: 'gemini-2.5-flash', contents: 'Say what you read: a lamp is broken.' };

/** With a service account: the token is fetched by Google's own library, led to the stand-in's endpoint. */
async function belowProject(asked: string[] = []): Promise<GoogleGenAI> {
  const fetchImplementation = (url: string | URL | Request, init?: RequestInit) => {
    asked.push(String(url));
    return fetch(String(url) === publicTokens ? sandbox.wellKnown.googleToken : url, init);
  };
  return new GoogleGenAI({
    vertexai: true,
    project: 'sandbox-project',
    location: 'europe-west4',
    googleAuthOptions: {
      credentials: { ...(await sandbox.accounts()).google },
      clientOptions: { transporterOptions: { fetchImplementation } },
    },
    httpOptions: { baseUrl: sandbox.endpoint('gemini'), apiVersion: 'v1', fetch },
  });
}

describe('the stand-in, read by @google/genai', () => {
  const { debug } = console;
  beforeAll(() => {
    // It prints that it prefers what it was given to what the environment says.
    console.debug = () => {};
  });
  afterAll(() => {
    console.debug = debug;
  });

  it('answers with text, an end and usage', async () => {
    const answer = await express().models.generateContent(ask);
    expect(answer.text).toContain('a lamp is broken');
    expect(answer.candidates?.[0]?.finishReason).toBe('STOP');
    const { billed } = sandbox.log[0]!;
    expect(answer.usageMetadata).toMatchObject({
      promptTokenCount: billed?.inputTokens,
      candidatesTokenCount: billed?.outputTokens,
    });
    expect(answer.modelVersion).toBe('gemini-2.5-flash');
    expect(answer.sdkHttpResponse?.headers).toHaveProperty('x-byom-sandbox', '1');
    expect(sandbox.log.at(-1)?.path).toBe(
      'v1beta1/publishers/google/models/gemini-2.5-flash:generateContent',
    );
  });

  it('streams the same text, with the end and the usage in the last event', async () => {
    const { text } = await express().models.generateContent(ask);
    const events = [];
    for await (const one of await express().models.generateContentStream(ask)) events.push(one);
    expect(events.length).toBeGreaterThan(10);
    expect(events.map((one) => one.text ?? '').join('')).toBe(text);
    expect(events.map((one) => one.candidates?.[0]?.finishReason).filter(Boolean)).toEqual(['STOP']);
    expect(events.at(-1)?.usageMetadata?.candidatesTokenCount).toBeGreaterThan(10);
  });

  it('answers under a JSON schema, and in JSON without one', async () => {
    const responseJsonSchema = {
      type: 'object',
      properties: { color: { type: 'string', enum: ['red', 'blue'] } },
      required: ['color'],
    };
    const config = { responseMimeType: 'application/json', responseJsonSchema };
    const answer = await express().models.generateContent({ ...ask, config });
    expect(['red', 'blue']).toContain((JSON.parse(answer.text ?? '') as { color: string }).color);
    const free = await express().models.generateContent({
      ...ask,
      config: { responseMimeType: 'application/json' },
    });
    expect(typeof JSON.parse(free.text ?? '')).toBe('object');
  });

  it('counts tokens for nothing', async () => {
    expect(await express().models.countTokens(ask)).toMatchObject({ totalTokens: 9 });
    expect(sandbox.log.at(-1)).toMatchObject({ status: 200, billed: null });
  });

  it.each([
    [{ kind: 'status', status: 429 }, 429, 'RESOURCE_EXHAUSTED'],
    [{ kind: 'status', status: 503 }, 503, 'UNAVAILABLE'],
    [{ kind: 'status', status: 400, code: 'context_length_exceeded' }, 400, 'INVALID_ARGUMENT'],
    [{ kind: 'refuse-mode', modes: ['json_object'] }, 400, 'INVALID_ARGUMENT'],
  ] as const)('refuses with %j as Google does', async (fault, status, name) => {
    sandbox.fault('gemini', fault);
    const config = { responseMimeType: 'application/json' };
    const error = await express()
      .models.generateContent({ ...ask, config })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    const { status: seen, message } = error as ApiError;
    expect(seen).toBe(status);
    expect((JSON.parse(message) as { error: object }).error).toMatchObject({ code: status, status: name });
  });

  it('ends at the token limit, and at a filter, with the reason for it', async () => {
    const ends = [];
    for (const kind of ['truncated', 'content-filter'] as const) {
      sandbox.fault('gemini', { kind, times: 1 });
      const answer = await express().models.generateContent(ask);
      ends.push(answer.candidates?.[0]?.finishReason);
    }
    expect(ends).toEqual(['MAX_TOKENS', 'SAFETY']);
  });

  it('takes a service account below a project: Google signs, and its token is known', async () => {
    const asked: string[] = [];
    const { models } = await belowProject(asked);
    expect((await models.generateContent(ask)).text).toContain('a lamp is broken');
    expect(asked).toEqual([publicTokens]);
    expect(sandbox.log.at(-1)?.path).toBe(
      'v1/projects/sandbox-project/locations/europe-west4/publishers/google/models/gemini-2.5-flash:generateContent',
    );
  });
});

describe('the stand-in for Google', () => {
  const url = () => `${sandbox.endpoint('gemini')}/v1/publishers/google/models/m:generateContent`;
  const post = (headers: Record<string, string>) =>
    fetch(url(), { method: 'POST', headers, body: '{"contents":[]}' });

  it.each([
    ['no credential', {}],
    ['a token that nobody issued', { authorization: 'Bearer made-up' }],
  ])('refuses %s', async (_what, headers) => {
    const response = await post(headers);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: { code: 401, status: 'UNAUTHENTICATED' } });
  });

  it.each([
    ['another grant', { grant_type: 'client_credentials' }, 'unsupported_grant_type'],
    ['no assertion', {}, 'invalid_grant'],
    ['an assertion that is none', { assertion: 'a.b.c' }, 'invalid_grant'],
  ])('issues no token for %s', async (_what, form, error) => {
    const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', ...form };
    const body = new URLSearchParams(grant);
    const response = await fetch(sandbox.wellKnown.googleToken, { method: 'POST', body });
    expect([response.status, await response.json()]).toEqual([400, expect.objectContaining({ error })]);
  });

  it.each([
    ['another account', { iss: 'other@acme.example' }, 'account not found'],
    ['another audience', { aud: 'https://evil.example' }, 'audience'],
    ['an assertion that is over', { exp: 1, iat: 0 }, 'short-lived'],
    ['an assertion that lives too long', { exp: Date.now() }, 'short-lived'],
    ['another scope', { scope: 'openid' }, 'scope'],
    ['a foreign key', null, 'Signature'],
  ])('issues no token for %s', async (_what, changed, description) => {
    const response = await askForToken(changed);
    expect(response.status).toBe(400);
    expect((await response.json()) as object).toMatchObject({
      error: 'invalid_grant',
      error_description: expect.stringContaining(description),
    });
  });

  it('issues a token for what its account signed', async () => {
    const { access_token: token } = (await (await askForToken({})).json()) as { access_token: string };
    expect((await post({ authorization: `Bearer ${token}` })).status).not.toBe(401);
  });

  async function askForToken(changed: object | null): Promise<Response> {
    const { google } = await sandbox.accounts();
    const nowS = Math.floor(Date.now() / 1000);
    const claims = {
      iss: google.client_email,
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      aud: sandbox.wellKnown.googleToken,
      iat: nowS,
      exp: nowS + 600,
      ...changed,
    };
    const key =
      changed === null ? generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey : google.private_key;
    const body = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: signed({ alg: 'RS256', typ: 'JWT' }, claims, key),
    });
    return fetch(sandbox.wellKnown.googleToken, { method: 'POST', body });
  }
});

function signed(header: object, claims: object, key: KeyLike): string {
  const text = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
}

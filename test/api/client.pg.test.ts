import { ApiError, createApiClient, type ApiClient } from '../../api/client.ts';
import { ask } from '../support/database.ts';
import { textRun } from '../support/served.ts';
import { openApiWorld, orgAdmin, type ApiWorld, type As } from './world.ts';

let world: ApiWorld;
let api: ApiClient;
const platformAdmin: As = { org: 'platform', role: 'platform-admin' };

beforeAll(async () => {
  world = await openApiWorld();
  api = await clientOf(orgAdmin);
});
afterAll(() => world.close());

async function clientOf(as: As): Promise<ApiClient> {
  return createApiClient({
    url: 'http://api.test/',
    token: await world.tokenOf(as),
    fetch: (input, init) => world.api.fetch(new Request(input, init)),
  });
}

async function errorOf(asked: Promise<unknown>): Promise<ApiError> {
  return asked.then(
    () => {
      throw new Error('It was answered.');
    },
    (error: unknown) => error as ApiError,
  );
}

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

test('what was read can be changed with its ETag, and of two writers with the same one the second is refused', async () => {
  const { body, etag } = await api.providers.get('acme', 'main');
  expect(body).toMatchObject({ provider: 'main', vendor: 'custom', credential: 'set' });
  const wanted = { vendor: 'custom', name: 'First', settings: body.settings };
  const written = await api.providers.put('acme', 'main', wanted, { ifMatch: etag ?? '' });
  expect(written).toEqual({
    created: false,
    body: expect.objectContaining({ name: 'First' }),
    etag: expect.stringMatching(/^"\d+"$/),
    dryRun: null,
  });
  expect(written.etag).not.toBe(etag);
  const late = await errorOf(
    api.providers.put('acme', 'main', { ...wanted, name: 'Second' }, { ifMatch: etag ?? '' }),
  );
  expect(late).toBeInstanceOf(ApiError);
  expect(late).toMatchObject({ status: 412, type: 'stale', etag: written.etag });
});

test('what is made says so, a dry run says what it would do, and a deletion leaves nothing', async () => {
  const wanted = { provider: 'legal', upstreamId: 'next-1' };
  const dry = await api.models.put('acme', 'next', wanted, { dryRun: true });
  expect(dry).toMatchObject({ created: false, body: null, dryRun: { changed: true, before: null } });
  expect((await errorOf(api.models.get('acme', 'next'))).status).toBe(404);
  const made = await api.models.put('acme', 'next', wanted);
  expect(made).toMatchObject({ created: true, dryRun: null, body: { model: 'next', name: 'next' } });
  const gone = await api.models.delete('acme', 'next', { ifMatch: made.etag ?? '' });
  expect(gone).toEqual({ created: false, body: null, etag: null, dryRun: null });
});

test('an answer that refuses comes with every fault in it and the id of its request', async () => {
  const error = await errorOf(
    api.models.put('acme', 'broken', { provider: 'legal', upstreamId: '', limits: { contextTokens: -1 } }),
  );
  expect(error).toMatchObject({
    name: 'ApiError',
    status: 422,
    type: 'invalid',
    requestId: expect.stringMatching(/^[\w-]{36}$/),
    errors: [{ pointer: '/upstreamId' }, { pointer: '/limits/contextTokens' }],
  });
});

test('what is in use names its dependents and the requests that would make room', async () => {
  const { etag } = await api.models.get('acme', 'light');
  const error = await errorOf(api.models.delete('acme', 'light', { ifMatch: etag ?? '' }));
  expect(error).toMatchObject({ status: 409, type: 'in-use' });
  expect(error.dependents.length).toBeGreaterThan(0);
  expect(error.resolutions.length).toBeGreaterThan(0);
});

test('a list goes on over all pages', async () => {
  await ask(
    world.database.superuserUrl,
    `insert into byom.data_classes (org_id, class, platform)
     select 'globex', 'class-' || lpad(n::text, 3, '0'), false from generate_series(1, 120) n`,
  );
  const globex = await clientOf({ org: 'globex', role: 'org-admin' });
  const found = (await all(globex.dataClasses.list('globex'))).map((one) => one.class);
  expect(found).toHaveLength(121);
  expect(new Set(found).size).toBe(121);
});

test('ids with any character in them find their place, and one that would lead elsewhere is not sent', async () => {
  const place = { pipe: 'a/b ?#%', behavior: 'ü…' };
  const put = await api.assignments.put('acme', place, 'light');
  expect(put.created).toBe(true);
  expect((await api.assignments.get('acme', place)).body).toEqual({ model: 'light' });
  expect(() => api.rules.get('acme', { pipe: '..' })).toThrow('".." is no id that a path can hold.');
});

test('every group reaches its routes', async () => {
  const admin = await clientOf(platformAdmin);
  expect((await all(admin.orgs.list())).map(({ org }) => org)).toEqual(
    expect.arrayContaining(['acme', 'globex']),
  );
  expect((await api.orgs.get('acme')).body.name).toContain('canary-acme');
  const policy = await api.policy.get('acme');
  expect(policy.body.onFailure).toBe('platform');
  await api.policy.patch('acme', { onFailure: 'cascade' }, { ifMatch: policy.etag ?? '' });
  expect((await api.policy.get('acme')).body.onFailure).toBe('cascade');
  expect((await api.credentials.get('acme', 'main')).body).toMatchObject({ set: true, generation: 1 });
  expect((await api.defaultModel.get('acme')).body).toEqual({ model: 'light' });
  const rules = await api.rules.get('acme', { pipe: 'p-2', behavior: 'b-rate' });
  expect(rules.body).toEqual({ onFailure: 'none' });
  expect((await api.rules.get('acme', { pipe: 'p-2' })).body).toEqual({ dataClass: 'financial' });
  const place = { pipe: 'p-2', behavior: 'b-rate' };
  expect((await api.resolution.get('acme', place)).body).toMatchObject({
    model: 'strict',
    layer: 'behavior',
  });
  expect((await api.resolution.options('acme', place)).body.assigned).toBe('strict');
  expect(await all(api.assignments.list('acme', { pipe: 'p-2' }))).toHaveLength(1);
  expect(await all(api.runs.list('acme', { status: 'failed' }))).toEqual([]);
  expect((await api.usage.get('acme')).body).toEqual({ items: [] });
  expect((await api.attention.get('acme')).body.items).toEqual(expect.any(Array));
  expect((await all(api.audit.list('acme')))[0]).toMatchObject({ seq: expect.any(String) });
  expect((await errorOf(api.tests.start('acme', 'main', { model: 'light' }))).status).toBe(503);
  expect((await errorOf(api.tests.startDraft('acme', { vendor: 'openai' }))).status).toBe(503);
  const unknown = '0b1a4bd0-6f3f-4f6e-9f57-0d3f6a1c9f10';
  expect((await errorOf(api.tests.get('acme', unknown))).status).toBe(404);
  expect((await errorOf(api.runs.start('acme', textRun('acme')))).status).toBe(503);
});

test('a token is made, listed without itself, and revoked', async () => {
  const made = await api.tokens.make('acme', { name: 'ci', role: 'viewer', expiresInDays: 1 });
  expect(made.body?.token).toMatch(/^byom_st_/);
  const id = made.body?.id ?? '';
  const listed = (await all(api.tokens.list('acme'))).find((one) => one.id === id);
  expect(listed).toMatchObject({ name: 'ci', role: 'viewer', revokedAt: null });
  expect(JSON.stringify(listed)).not.toContain(made.body?.token);
  await api.tokens.revoke('acme', id);
  expect((await api.tokens.get('acme', id)).body.revokedAt).not.toBeNull();
  const subject = 'https://id.example#someone';
  await api.bindings.put('acme', subject, { role: 'operator' });
  expect((await api.bindings.get('acme', subject)).body).toMatchObject({ role: 'operator' });
});

test('what is no answer of the API is told as such, and nothing of it is repeated', async () => {
  const at = (answer: () => Promise<Response>) =>
    createApiClient({ url: 'http://user:secret@proxy.test/x', token: 't', fetch: answer });
  const page = await errorOf(at(async () => new Response('<b>secret</b>', { status: 502 })).orgs.get('acme'));
  expect(page).toMatchObject({ status: 502, type: 'unexpected' });
  const text = await errorOf(at(async () => new Response('secret')).orgs.get('acme'));
  expect(text).toMatchObject({ status: 200, type: 'unexpected' });
  const nobody = await errorOf(at(() => Promise.reject(new Error('secret'))).orgs.get('acme'));
  expect(nobody).toMatchObject({
    status: 0,
    type: 'unreachable',
    detail: 'No API answers at http://proxy.test.',
  });
  for (const error of [page, text, nobody])
    expect(`${error.message} ${String(error.cause)}`).not.toContain('secret');
});

import { ask } from '../support/database.ts';
import { openApiWorld, orgAdmin, type ApiWorld, type As, type Said } from './world.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await openApiWorld();
});
afterAll(() => world.close());

const path = '/v1/orgs/acme/service-tokens';
const platformPath = '/v1/orgs/platform/service-tokens';
const platformAdmin: As = { org: 'platform', role: 'platform-admin' };
const viewer = { name: 'dashboard', role: 'viewer', expiresInDays: 30 };

function make(body: object, as: As = orgAdmin, at = path, headers = {}): Promise<Said> {
  return world.call('POST', at, { body, as, headers });
}

async function countTokens(): Promise<number> {
  const [row] = await ask<{ count: string }>(
    world.database.superuserUrl,
    'select count(*) from byom.service_tokens',
  );
  return Number(row?.count);
}

test('a token is shown once, works as its role says, and is nobody after it was revoked', async () => {
  const made = await make(viewer);
  expect([made.status, made.body]).toMatchObject([
    201,
    { name: 'dashboard', role: 'viewer', pipes: null, orgs: null },
  ]);
  const { id, token } = made.body;
  expect(made.headers.get('location')).toBe(`${path}/${id}`);

  const as = { token };
  expect((await world.call('GET', '/v1/orgs/acme/models', { as })).status).toBe(200);
  expect((await world.call('GET', path, { as })).status).toBe(403);
  expect((await world.call('GET', '/v1/orgs/globex/models', { as })).status).toBe(404);

  const [one, list] = [await world.call('GET', `${path}/${id}`), await world.call('GET', path)];
  expect(one.body).toMatchObject({ id, name: 'dashboard', role: 'viewer', revokedAt: null });
  expect(list.body.items[0]).toEqual(one.body);
  expect(one.text + list.text).not.toContain(token.slice(21, 64));

  expect((await world.call('DELETE', `${path}/${id}`)).status).toBe(204);
  expect((await world.call('GET', '/v1/orgs/acme/models', { as })).status).toBe(401);
  expect((await world.call('DELETE', `${path}/${id}`)).status).toBe(204);
  expect((await world.call('GET', `${path}/${id}`)).body.revokedAt).not.toBeNull();
  expect((await world.call('DELETE', `${path}/aaaaaaaaaaaa`)).status).toBe(404);
});

test('a second token serves beside the first, so that a rotation has no gap', async () => {
  const [first, second] = [await make(viewer), await make(viewer)];
  const ask = async (said: Said) =>
    (await world.call('GET', '/v1/orgs/acme/models', { as: { token: said.body.token } })).status;
  expect([await ask(first), await ask(second)]).toEqual([200, 200]);
  await world.call('DELETE', `${path}/${first.body.id}`);
  expect([await ask(first), await ask(second)]).toEqual([401, 200]);
});

test('neither the audit nor any row holds the token', async () => {
  const { body } = await make(viewer, orgAdmin, path, { 'idempotency-key': 'kept-1' });
  const secret = body.token.slice(21, 64);
  const rows = await ask<{ row: string }>(
    world.database.superuserUrl,
    `select to_jsonb(t)::text as row from byom.service_tokens t union all select to_jsonb(e)::text from byom.audit_events e
     union all select to_jsonb(i)::text from byom.idempotency_keys i`,
  );
  const told = rows.filter(({ row }) => row.includes(body.id)).map(({ row }) => row);
  expect(told.length).toBe(3);
  expect(told.filter((row) => row.includes(secret))).toEqual([]);
  expect(told.filter((row) => row.includes('service-token.make'))).toHaveLength(1);
});

test('a repeated request makes nothing, shows no token and says so; another one under its key is refused', async () => {
  const headers = { 'idempotency-key': 'key-1' };
  const before = await countTokens();
  const three = await Promise.all([1, 2, 3].map(() => make(viewer, orgAdmin, path, headers)));
  expect(three.map(({ status }) => status).toSorted()).toEqual([200, 200, 201]);
  expect(new Set(three.map(({ body }) => body.id)).size).toBe(1);
  for (const { body } of three.filter(({ status }) => status === 200))
    expect(body).toMatchObject({ token: null, note: expect.stringContaining('shown in the first answer') });

  const reordered = await make(
    { expiresInDays: 30, role: 'viewer', name: 'dashboard' },
    orgAdmin,
    path,
    headers,
  );
  expect([reordered.status, reordered.body.token]).toEqual([200, null]);
  const other = await make({ ...viewer, role: 'org-admin' }, orgAdmin, path, headers);
  expect([other.status, other.body.type]).toEqual([422, 'urn:byom:problem:invalid']);
  expect((await countTokens()) - before).toBe(1);

  // The key is the caller's own: somebody else's is another one.
  const someoneElse = await make(viewer, platformAdmin, path, headers);
  expect(someoneElse.status).toBe(201);
  expect((await make(viewer, orgAdmin, path, { 'idempotency-key': 'a b' })).status).toBe(400);
});

test('a key can be used anew after a day', async () => {
  const headers = { 'idempotency-key': 'key-2' };
  const first = await make(viewer, orgAdmin, path, headers);
  await ask(
    world.database.superuserUrl,
    `update byom.idempotency_keys set created_at = now() - interval '25 hours' where key = 'key-2'`,
  );
  const later = await make(viewer, orgAdmin, path, headers);
  expect([first.status, later.status, later.body.id === first.body.id]).toEqual([201, 201, false]);
});

test('a dry run makes no token and uses up no key', async () => {
  const before = await countTokens();
  const headers = { 'idempotency-key': 'key-3' };
  const tried = await make(viewer, orgAdmin, `${path}?dry_run=true`, headers);
  expect([tried.status, tried.body]).toMatchObject([200, { dryRun: true, changed: true, before: null }]);
  expect(tried.text).not.toContain('byom_st_');
  expect(await countTokens()).toBe(before);
  expect((await make(viewer, orgAdmin, path, headers)).status).toBe(201);
});

test.each([
  ['a pipe-admin without pipes', { role: 'pipe-admin' }, '/pipes'],
  ['a pipe-admin of no pipe', { role: 'pipe-admin', pipes: [] }, '/pipes'],
  ['a viewer with pipes', { pipes: ['p-1'] }, '/pipes'],
  ['an engine with organizations outside the platform', { role: 'engine', orgs: ['acme'] }, '/orgs'],
  ['no day', { expiresInDays: 0 }, '/expiresInDays'],
  ['more than a year', { expiresInDays: 367 }, '/expiresInDays'],
  ['no end', { expiresInDays: undefined }, '/expiresInDays'],
  ['a role of nobody', { role: 'owner' }, '/role'],
  ['a name that cannot be read', { name: 'a\u0000b' }, '/name'],
])('%s is refused with the place of the fault', async (_what, change, pointer) => {
  const before = await countTokens();
  const said = await make({ ...viewer, ...change });
  expect([said.status, said.body.errors?.[0].pointer]).toEqual([422, pointer]);
  expect(await countTokens()).toBe(before);
});

test('nobody gives more than he has', async () => {
  const admin = { ...viewer, role: 'platform-admin' };
  expect((await make(admin)).status).toBe(403);
  const misplaced = await make(admin, platformAdmin);
  expect([misplaced.status, misplaced.body.errors[0].pointer]).toEqual([422, '/role']);
  expect((await make(admin, platformAdmin, platformPath)).status).toBe(201);
  expect((await make({ ...viewer, role: 'org-admin' })).status).toBe(201);
  expect((await make({ ...viewer, role: 'org-admin' }, { org: 'globex', role: 'org-admin' })).status).toBe(
    404,
  );
});

test('what is granted under platform is for a platform-admin alone to give and to take', async () => {
  const houseAdmin: As = { org: 'platform', role: 'org-admin' };
  const { body } = await make(viewer, platformAdmin, platformPath);
  expect((await make(viewer, houseAdmin, platformPath)).status).toBe(403);
  const one = `${platformPath}/${body.id}`;
  expect((await world.call('DELETE', one, { as: houseAdmin })).status).toBe(403);
  expect((await world.call('DELETE', one, { as: platformAdmin })).status).toBe(204);
});

test("an engine's token reaches exactly the organizations that a platform-admin named", async () => {
  const engine = { name: 'engine', role: 'engine', expiresInDays: 1 };
  const forTwo = { ...engine, orgs: ['globex', 'acme', 'acme'] };
  const made = await make(forTwo, platformAdmin, platformPath);
  expect([made.status, made.body.orgs]).toEqual([201, ['acme', 'globex']]);
  const as = { token: made.body.token };
  const statusIn = async (org: string) => (await world.call('GET', `/v1/orgs/${org}/models`, { as })).status;
  // It may not read models, where it is somebody; elsewhere it is nobody.
  expect(await Promise.all(['acme', 'globex', 'platform'].map(statusIn))).toEqual([403, 403, 404]);

  const unknown = await make({ ...engine, orgs: ['acme', 'nobody'] }, platformAdmin, platformPath);
  expect([unknown.status, unknown.body.errors[0].pointer]).toEqual([422, '/orgs/1']);
  for (const change of [{}, { orgs: ['platform'] }, { orgs: ['acme'], role: 'viewer' }]) {
    const said = await make({ ...engine, ...change }, platformAdmin, platformPath);
    expect([said.status, said.body.errors[0].pointer]).toEqual([422, '/orgs']);
  }
});

test('a list comes newest first in pages, each token once', async () => {
  const seen: string[] = [];
  let query = 'limit=3';
  for (;;) {
    const page = await world.call('GET', `${path}?${query}`);
    seen.push(...page.body.items.map((item: { id: string }) => item.id));
    if (page.body.nextCursor === null) break;
    query = `limit=3&cursor=${page.body.nextCursor}`;
  }
  const rows = await ask<{ id: string }>(
    world.database.superuserUrl,
    `select id from byom.service_tokens where org_id = 'acme' order by created_at desc, id desc`,
  );
  expect(seen.length).toBeGreaterThan(6);
  expect(seen).toEqual(rows.map(({ id }) => id));
});

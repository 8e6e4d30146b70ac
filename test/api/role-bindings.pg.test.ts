import { openApiWorld, orgAdmin, type ApiWorld, type As, type Asking, type Said } from './world.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await openApiWorld();
});
afterAll(() => world.close());

const list = '/v1/orgs/acme/role-bindings';
const platformAdmin: As = { org: 'platform', role: 'platform-admin' };
const subject = 'https://login.example/tenant#user 7/ü%23';

function at(who: string, org = 'acme'): string {
  return `/v1/orgs/${org}/role-bindings/${encodeURIComponent(who)}`;
}

function put(who: string, body: object, asking: Asking = {}, org = 'acme'): Promise<Said> {
  return world.call('PUT', at(who, org), { body, ...asking });
}

const whatever = { headers: { 'if-match': '*' } };

test('a subject gets a role, another one only from who knows the first, and loses it', async () => {
  const made = await put(subject, { role: 'viewer' });
  expect([made.status, made.body]).toMatchObject([201, { subject, role: 'viewer', pipes: null }]);
  const again = await put(subject, { role: 'viewer' });
  expect([again.status, again.headers.get('etag')]).toEqual([200, made.headers.get('etag')]);
  expect((await put(subject, { role: 'operator' })).status).toBe(428);

  const headers = { 'if-match': made.headers.get('etag') as string };
  const changed = await put(subject, { role: 'pipe-admin', pipes: ['p-2', 'p-1', 'p-2'] }, { headers });
  expect([changed.status, changed.body]).toMatchObject([200, { role: 'pipe-admin', pipes: ['p-1', 'p-2'] }]);
  expect((await put(subject, { role: 'viewer' }, { headers })).status).toBe(412);

  const read = await world.call('GET', at(subject));
  expect([read.body, read.headers.get('etag')]).toEqual([changed.body, changed.headers.get('etag')]);
  expect((await world.call('DELETE', at(subject))).status).toBe(428);
  expect((await world.call('DELETE', at(subject), whatever)).status).toBe(204);
  expect((await world.call('GET', at(subject))).status).toBe(404);
  expect((await world.call('DELETE', at(subject), whatever)).status).toBe(404);
});

test('a dry run says what it would do and does nothing', async () => {
  const tried = await world.call('PUT', `${at('i#dry')}?dry_run=true`, { body: { role: 'viewer' } });
  expect([tried.status, tried.body]).toEqual([
    200,
    { dryRun: true, changed: true, before: null, after: { role: 'viewer' } },
  ]);
  expect((await world.call('GET', at('i#dry'))).status).toBe(404);
});

test.each([
  ['a pipe-admin without pipes', 'i#x', { role: 'pipe-admin' }, '/pipes'],
  ['a viewer with pipes', 'i#x', { role: 'viewer', pipes: ['p'] }, '/pipes'],
  ['a role of nobody', 'i#x', { role: 'owner' }, '/role'],
  ['a subject without an issuer', 'x', { role: 'viewer' }, '{subject}'],
  ['a subject of nothing', 'i#', { role: 'viewer' }, '{subject}'],
])('%s is refused with the place of the fault', async (_what, who, body, pointer) => {
  const said = await put(who, body);
  expect([said.status, said.body.errors[0].pointer]).toEqual([422, pointer]);
});

test('nobody gives more than he has, and the platform is its admins’ alone', async () => {
  expect((await put('i#x', { role: 'platform-admin' })).status).toBe(403);
  const misplaced = await put('i#x', { role: 'platform-admin' }, { as: platformAdmin });
  expect([misplaced.status, misplaced.body.errors[0].pointer]).toEqual([422, '/role']);
  const bound = await put('i#boss', { role: 'platform-admin' }, { as: platformAdmin }, 'platform');
  expect(bound.status).toBe(201);
  expect((await put('i#e', { role: 'engine' }, { as: platformAdmin }, 'platform')).status).toBe(422);

  const as: As = { org: 'platform', role: 'org-admin' };
  expect((await put('i#y', { role: 'viewer' }, { as }, 'platform')).status).toBe(403);
  expect((await put('i#boss', { role: 'viewer' }, { as, ...whatever }, 'platform')).status).toBe(403);
  const taken = await world.call('DELETE', at('i#boss', 'platform'), { as, ...whatever });
  expect(taken.status).toBe(403);
  expect((await world.call('GET', at('i#boss', 'platform'), { as: platformAdmin })).body.role).toBe(
    'platform-admin',
  );
});

test('the last org-admin may go; a dry run warns, and a platform-admin makes another', async () => {
  await put('i#last', { role: 'org-admin' });
  await put('i#other', { role: 'org-admin' });
  const dry = (who: string) => world.call('DELETE', `${at(who)}?dry_run=true`, whatever);
  expect((await dry('i#other')).body.warnings).toBeUndefined();
  await world.call('DELETE', at('i#other'), whatever);
  expect((await dry('i#last')).body.warnings).toEqual([expect.stringContaining('platform-admin can make')]);
  const demoted = await world.call('PUT', `${at('i#last')}?dry_run=true`, {
    body: { role: 'viewer' },
    ...whatever,
  });
  expect(demoted.body.warnings).toHaveLength(1);
  expect((await world.call('DELETE', at('i#last'), whatever)).status).toBe(204);
  expect((await put('i#next', { role: 'org-admin' }, { as: platformAdmin })).status).toBe(201);
});

test('a list comes by subject in pages, each one once', async () => {
  for (const who of ['j#1', 'j#2', 'j#3']) await put(who, { role: 'viewer' }, { as: orgAdmin });
  const seen: string[] = [];
  let query = 'limit=2';
  for (;;) {
    const page = await world.call('GET', `${list}?${query}`);
    seen.push(...page.body.items.map((item: { subject: string }) => item.subject));
    if (page.body.nextCursor === null) break;
    query = `limit=2&cursor=${page.body.nextCursor}`;
  }
  expect(seen.filter((who) => who.startsWith('j#'))).toEqual(['j#1', 'j#2', 'j#3']);
  expect(new Set(seen).size).toBe(seen.length);
});

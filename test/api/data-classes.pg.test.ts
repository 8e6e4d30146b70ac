import { ask } from '../support/database.ts';
import { openApiWorld, type ApiWorld } from './world.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await openApiWorld();
});
afterAll(() => world.close());

const path = '/v1/orgs/acme/data-classes/medical';

test('a class is made once, made again without a word, changed only by who knows it, and deleted', async () => {
  const body = { providers: ['legal'], platform: false };
  const made = await world.call('PUT', path, { body });
  expect([made.status, made.body]).toMatchObject([201, { class: 'medical', ...body }]);
  const again = await world.call('PUT', path, { body });
  expect([again.status, again.headers.get('etag')]).toEqual([200, made.headers.get('etag')]);

  const other = { providers: ['legal', 'main'], platform: true };
  const blind = await world.call('PUT', path, { body: other });
  expect([blind.status, blind.body.type]).toEqual([428, 'urn:byom:problem:precondition-required']);
  const etag = made.headers.get('etag') as string;
  const changed = await world.call('PUT', path, { body: other, headers: { 'if-match': etag } });
  expect(changed.status).toBe(200);
  const late = await world.call('PUT', path, { body, headers: { 'if-match': etag } });
  expect([late.status, late.headers.get('etag')]).toEqual([412, changed.headers.get('etag')]);

  const read = await world.call('GET', path);
  expect([read.body, read.headers.get('etag')]).toEqual([
    { class: 'medical', ...other },
    changed.headers.get('etag'),
  ]);
  const known = await world.call('GET', path, {
    headers: { 'if-none-match': read.headers.get('etag') as string },
  });
  expect([known.status, known.text]).toEqual([304, '']);

  expect((await world.call('DELETE', path)).status).toBe(428);
  expect((await world.call('DELETE', path, { headers: { 'if-match': '*' } })).status).toBe(204);
  expect((await world.call('GET', path)).status).toBe(404);
  const remade = await world.call('PUT', path, { body });
  expect(remade.status).toBe(201);
  expect((await world.call('PUT', path, { body: other, headers: { 'if-match': etag } })).status).toBe(412);
  await world.call('DELETE', path, { headers: { 'if-match': '*' } });
});

test('a dry run says what it would do and does nothing', async () => {
  const before = await dump();
  const tried = await world.call('PUT', `${path}?dry_run=true`, { body: { providers: ['main'] } });
  expect([tried.status, tried.body]).toEqual([
    200,
    { dryRun: true, changed: true, before: null, after: { providers: ['main'], platform: false } },
  ]);
  const gone = await world.call('DELETE', '/v1/orgs/acme/data-classes/financial?dry_run=true', {
    headers: { 'if-match': '*' },
  });
  expect(gone.body).toMatchObject({ dryRun: true, after: null, before: { providers: ['legal'] } });
  expect(await dump()).toEqual(before);
});

test('a list comes in pages, each thing once', async () => {
  for (const name of ['a', 'b', 'c'])
    await world.call('PUT', `/v1/orgs/acme/data-classes/${name}`, { body: { providers: [] } });
  const seen: string[] = [];
  let query = 'limit=2';
  for (;;) {
    const page = await world.call('GET', `/v1/orgs/acme/data-classes?${query}`);
    seen.push(...page.body.items.map((item: { class: string }) => item.class));
    if (page.body.nextCursor === null) break;
    query = `limit=2&cursor=${page.body.nextCursor}`;
  }
  expect(seen).toEqual(['a', 'b', 'c', 'financial']);
});

test.each([
  [{}, '/providers'],
  [{ providers: 'legal' }, '/providers'],
  [{ providers: ['nobody'] }, '/providers/0'],
  [{ providers: [], secret: 'x' }, ''],
])('%j is refused with the place of the fault', async (body, pointer) => {
  const said = await world.call('PUT', path, { body });
  expect([said.status, said.body.errors[0].pointer]).toEqual([422, pointer]);
  expect((await world.call('GET', path)).status).toBe(404);
});

test('every change is in the audit with who made it, and a refused one is not', async () => {
  const rows = await ask<{ action: string; actor: string; before: object | null; after: object | null }>(
    world.database.superuserUrl,
    "select action, actor, before, after from byom.audit_events where org_id = 'acme' and resource = 'data-classes/medical' order by seq",
  );
  expect(rows.map(({ action }) => action)).toEqual([
    'data-class.put',
    'data-class.put',
    'data-class.delete',
    'data-class.put',
    'data-class.delete',
  ]);
  expect(rows[0]).toMatchObject({ before: null, after: { providers: ['legal'], platform: false } });
  expect(rows[0]?.actor).toMatch(/^token:[a-z0-9]{12}$/);
});

async function dump(): Promise<readonly object[]> {
  return ask(
    world.database.superuserUrl,
    `select c.*, (select count(*) from byom.audit_events) as audited, (select sum(revision) from byom.organizations) as revisions
     from byom.data_classes c order by org_id, class`,
  );
}

test('the same providers are the same in a database that sorts as people do, too', async () => {
  const { superuserUrl } = world.database;
  await ask(superuserUrl, "create collation byom.as_people_do (provider = icu, locale = 'und-u-ka-shifted')");
  await ask(superuserUrl, 'alter table byom.providers alter column slug type text collate byom.as_people_do');
  for (const slug of ['a-b', 'aa'])
    await world.call('PUT', `/v1/orgs/acme/providers/${slug}`, { body: { vendor: 'openai' } });
  const path = '/v1/orgs/acme/data-classes/secret';
  const body = { providers: ['a-b', 'aa'] };
  expect((await world.call('PUT', path, { body })).status).toBe(201);
  expect((await world.call('PUT', path, { body })).status).toBe(200);
});

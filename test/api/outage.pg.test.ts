import { Client } from 'pg';
import { openApiWorld, type ApiWorld } from './world.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await openApiWorld({ connectionsMax: 2 });
});
afterAll(() => world.close());

const path = '/v1/orgs/acme/models/light';

async function holding(sql: string, work: () => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: world.database.superuserUrl });
  await client.connect();
  try {
    await client.query('begin');
    await client.query(sql);
    await work();
  } finally {
    await client.query('rollback');
    await client.end();
  }
}

const expectUnavailable = (said: Awaited<ReturnType<ApiWorld['call']>>): void => {
  expect([said.status, said.body.type, said.headers.get('retry-after')]).toEqual([
    503,
    'urn:byom:problem:unavailable',
    '1',
  ]);
};

test('a write that waits for a lock is told to come back, and leaves nothing behind', async () => {
  const body = { provider: 'main', upstreamId: 'other' };
  const before = (await world.call('GET', path)).headers.get('etag');
  await holding("select 1 from byom.organizations where org_id = 'acme' for update", async () => {
    expectUnavailable(await world.call('PUT', path, { body, headers: { 'if-match': '*' } }));
    expect((await world.call('GET', path)).headers.get('etag')).toBe(before);
  });
  expect((await world.call('PUT', path, { body, headers: { 'if-match': '*' } })).status).toBe(200);
});

test('where every connection is held up, callers are told to come back, and served as soon as one is free', async () => {
  await holding('lock table byom.service_tokens in access exclusive mode', async () => {
    const said = await Promise.all(Array.from({ length: 6 }, () => world.call('GET', path)));
    for (const one of said) expectUnavailable(one);
  });
  expect((await world.call('GET', path)).status).toBe(200);
});

test('without Postgres the process lives, is not ready, and answers 503', async () => {
  const url = new URL(world.database.apiUrl);
  url.port = '1';
  const away = await openApiWorld({ databaseUrl: url.href });
  try {
    expectUnavailable(await away.call('GET', path));
    const ready = await away.api.fetch(new Request('http://api.test/readyz'));
    expect([ready.status, await ready.json()]).toMatchObject([503, { registry: 'unavailable' }]);
    expect((await away.api.fetch(new Request('http://api.test/healthz'))).status).toBe(200);
  } finally {
    await away.close();
  }
});

test('a ready process says whether the platform has an AI of its own', async () => {
  const ready = await world.api.fetch(new Request('http://api.test/readyz'));
  expect([ready.status, await ready.json()]).toMatchObject([200, { registry: 'ok', platform: 'present' }]);
});

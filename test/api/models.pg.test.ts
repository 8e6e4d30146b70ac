import { ask } from '../support/database.ts';
import { openApiWorld, type ApiWorld } from './world.ts';

let world: ApiWorld;
beforeEach(async () => {
  world = await openApiWorld();
});
afterEach(() => world.close());

const at = (slug: string): string => `/v1/orgs/acme/models/${slug}`;
const any = { 'if-match': '*' };

test('a model is made, read as it was written, changed and deleted', async () => {
  const body = {
    provider: 'main',
    upstreamId: 'm-1',
    price: { input: '0.150', output: '1' },
    limits: { maxOutputTokens: 9 },
  };
  const made = await world.call('PUT', at('new'), { body });
  expect(made.status).toBe(201);
  const read = await world.call('GET', at('new'));
  expect(read.body).toEqual({
    model: 'new',
    name: 'new',
    provider: 'main',
    upstreamId: 'm-1',
    enabled: true,
    supports: {},
    limits: { maxOutputTokens: 9 },
    price: { input: '0.15', output: '1' },
  });
  expect(read.headers.get('etag')).toBe(made.headers.get('etag'));
  const again = await world.call('PUT', at('new'), {
    body: { ...body, price: { input: '0.15', output: '1.0' } },
  });
  expect([again.status, again.headers.get('etag')]).toEqual([200, made.headers.get('etag')]);
  expect((await world.call('DELETE', at('new'), { headers: any })).status).toBe(204);
  expect((await world.call('GET', at('new'))).status).toBe(404);
});

test('a model that is used is not deleted, and each way out that is offered works as it is sent', async () => {
  const refused = await world.call('DELETE', at('light'), { headers: any });
  expect([refused.status, refused.body.type]).toEqual([409, 'urn:byom:problem:in-use']);
  expect(refused.body.dependents).toEqual([
    { kind: 'default-model' },
    { kind: 'assignment', pipe: 'p-1', behavior: 'b-1' },
  ]);
  const ways = refused.body.resolutions as { method: string; path: string; ifMatch: string; body: unknown }[];
  expect(ways.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /v1/orgs/acme/models/light/disable',
    'POST /v1/orgs/acme/models/light/replace',
    'DELETE /v1/orgs/acme/models/light?unassign=true',
  ]);
  for (const way of ways) {
    const fresh = await openApiWorld();
    try {
      const etag = (await fresh.call('GET', at('light'))).headers.get('etag') as string;
      const said = await fresh.call(way.method, way.path, {
        ...(way.body === null ? {} : { body: way.body }),
        headers: { 'if-match': etag },
      });
      expect([way.path, Math.floor(said.status / 100)]).toEqual([way.path, 2]);
    } finally {
      await fresh.close();
    }
  }
});

test('a replacement moves the default and every assignment, and the model can then go', async () => {
  const moved = await world.call('POST', `${at('light')}/replace`, {
    body: { model: 'strict' },
    headers: any,
  });
  expect([moved.status, moved.body]).toEqual([200, { moved: 2 }]);
  expect((await world.call('GET', `${at('strict')}/dependents`)).body).toMatchObject({
    isDefault: true,
    assignmentCount: 3,
  });
  expect((await world.call('DELETE', at('light'), { headers: any })).status).toBe(204);
});

test('a model of the platform that an organization chose is not deleted from under it', async () => {
  await ask(
    world.database.superuserUrl,
    `insert into byom.assignments (org_id, pipe_id, behavior_id, model_org, model_id)
     select 'acme', 'p', 'b', 'platform', id from byom.models where org_id = 'platform'`,
  );
  const said = await world.call('DELETE', '/v1/orgs/platform/models/ai?unassign=true', {
    as: { org: 'platform', role: 'platform-admin' },
    headers: any,
  });
  expect([said.status, said.body.dependents]).toEqual([409, [{ kind: 'organizations' }]]);
  expect(said.text).not.toContain('acme');
});

test('two writers who know the same state: one is told that he is late', async () => {
  const etag = (await world.call('GET', at('light'))).headers.get('etag') as string;
  const write = (upstreamId: string) =>
    world.call('PUT', at('light'), { body: { provider: 'main', upstreamId }, headers: { 'if-match': etag } });
  const said = await Promise.all([write('a'), write('b')]);
  expect(said.map(({ status }) => status).toSorted()).toEqual([200, 412]);
});

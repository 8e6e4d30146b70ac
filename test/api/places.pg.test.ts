import { openApiWorld, type ApiWorld, type As } from './world.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await openApiWorld();
});
afterAll(() => world.close());

const any = { 'if-match': '*' };
const platformAdmin: As = { org: 'platform', role: 'platform-admin' };
const pipeAdmin: As = { org: 'acme', role: 'pipe-admin', pipes: ['p-1'] };
const assignment = (behavior: string, pipe = 'p-1'): string =>
  `/v1/orgs/acme/pipes/${pipe}/behaviors/${behavior}/assignment`;

test('an organization is made by whoever runs the platform, and lists come in pages', async () => {
  const body = { name: 'Initech', engineQueues: ['engine'] };
  expect((await world.call('PUT', '/v1/orgs/initech', { body })).status).toBe(404);
  const made = await world.call('PUT', '/v1/orgs/initech', { body, as: platformAdmin });
  expect([made.status, made.body]).toEqual([201, { org: 'initech', ...body }]);
  const again = await world.call('PUT', '/v1/orgs/initech', { body, as: platformAdmin });
  expect([again.status, again.headers.get('etag')]).toEqual([200, made.headers.get('etag')]);
  const page = await world.call('GET', '/v1/orgs?limit=3', { as: platformAdmin });
  expect(page.body.items.map(({ org }: { org: string }) => org)).toEqual(['acme', 'globex', 'initech']);
  expect((await world.call('GET', '/v1/orgs')).status).toBe(404);
});

test('a policy is changed setting by setting', async () => {
  const before = await world.call('GET', '/v1/orgs/acme/policy');
  expect(before.body).toMatchObject({ whenMissing: 'platform', onFailure: 'platform', currency: 'USD' });
  const etag = before.headers.get('etag') as string;
  const said = await world.call('PATCH', '/v1/orgs/acme/policy', {
    body: { onFailure: 'cascade' },
    headers: { 'if-match': etag },
  });
  expect([said.status, said.body]).toMatchObject([200, { ...before.body, onFailure: 'cascade' }]);
  expect(
    (
      await world.call('PATCH', '/v1/orgs/acme/policy', {
        body: { onFailure: 'none' },
        headers: { 'if-match': etag },
      })
    ).status,
  ).toBe(412);
  expect(
    (await world.call('PATCH', '/v1/orgs/acme/policy', { body: { onFailure: 'sometimes' }, headers: any }))
      .status,
  ).toBe(422);
});

test('the default is chosen by name, also one of the platform, and can be taken away', async () => {
  const path = '/v1/orgs/acme/default-model';
  expect((await world.call('GET', path)).body).toEqual({ model: 'light' });
  expect((await world.call('PUT', path, { body: { model: 'platform/ai' }, headers: any })).status).toBe(200);
  expect((await world.call('GET', path)).body).toEqual({ model: 'platform/ai' });
  const unknown = await world.call('PUT', path, { body: { model: 'nobody' }, headers: any });
  expect([unknown.status, unknown.body.errors[0].pointer]).toEqual([422, '/model']);
  expect((await world.call('DELETE', path, { headers: any })).status).toBe(204);
  expect((await world.call('GET', path)).status).toBe(404);
  expect((await world.call('PUT', path, { body: { model: 'light' } })).status).toBe(201);
});

test('a pipe-admin assigns models in its own pipes, and nothing else', async () => {
  const body = { model: 'strict' };
  expect((await world.call('PUT', assignment('b-new'), { body, as: pipeAdmin })).status).toBe(201);
  expect((await world.call('PUT', assignment('b-1'), { body, as: pipeAdmin, headers: any })).body).toEqual(
    body,
  );
  expect((await world.call('PUT', assignment('b-new', 'p-2'), { body, as: pipeAdmin })).status).toBe(403);
  for (const path of [
    '/v1/orgs/acme/pipes/p-1/rules',
    '/v1/orgs/acme/default-model',
    '/v1/orgs/acme/models/light',
  ]) {
    expect((await world.call('PUT', path, { body: {}, as: pipeAdmin, headers: any })).status).toBe(403);
  }
  expect((await world.call('DELETE', assignment('b-new'), { as: pipeAdmin, headers: any })).status).toBe(204);
});

test('many assignments change together or not at all', async () => {
  const path = '/v1/orgs/acme/pipes/p-3/assignments/apply';
  const items = [
    { behavior: 'b-1', model: 'light' },
    { behavior: 'b-2', model: 'strict' },
  ];
  expect((await world.call('POST', path, { body: { items } })).body).toEqual({ changed: true });
  expect((await world.call('POST', path, { body: { items } })).body).toEqual({ changed: false });
  const faulty = [
    { behavior: 'b-1', model: 'strict' },
    { behavior: 'b-2', model: 'nobody' },
  ];
  const refused = await world.call('POST', path, { body: { items: faulty } });
  expect([refused.status, refused.body.errors[0].pointer]).toEqual([422, '/items/1/model']);
  expect((await world.call('GET', assignment('b-1', 'p-3'))).body).toEqual({ model: 'light' });
  const late = await world.call('POST', path, {
    body: { items: [{ behavior: 'b-1', model: null, ifMatch: '"1"' }] },
  });
  expect(late.status).toBe(412);
  const tried = await world.call('POST', `${path}?dry_run=true`, {
    body: { items: [{ behavior: 'b-1', model: null }] },
  });
  expect(tried.body).toMatchObject({ dryRun: true, before: { 'b-1': 'light' }, after: { 'b-1': null } });
  expect((await world.call('GET', assignment('b-1', 'p-3'))).status).toBe(200);
});

test('rules are replaced as a whole, of a pipe and of a Behavior', async () => {
  for (const path of ['/v1/orgs/acme/pipes/p-9/rules', '/v1/orgs/acme/pipes/p-9/behaviors/b/rules']) {
    const body = { dataClass: 'financial', providers: ['legal'], onFailure: 'none' };
    expect((await world.call('PUT', path, { body })).status).toBe(201);
    expect((await world.call('GET', path)).body).toEqual(body);
    const poorer = await world.call('PUT', path, { body: { onFailure: 'cascade' }, headers: any });
    expect(poorer.body).toEqual({ onFailure: 'cascade' });
    expect((await world.call('GET', path)).body).toEqual({ onFailure: 'cascade' });
    const unknown = await world.call('PUT', path, { body: { providers: ['legal', 'nobody'] }, headers: any });
    expect([unknown.status, unknown.body.errors[0].pointer]).toEqual([422, '/providers/1']);
    expect((await world.call('DELETE', path, { headers: any })).status).toBe(204);
  }
});

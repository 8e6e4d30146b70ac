import { openApiWorld, type ApiWorld, type As } from './world.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await openApiWorld();
});
afterAll(() => world.close());

const path = '/v1/orgs/acme/data-classes/financial';
const as = (role: As['role'], org = 'acme'): { readonly as: As } => ({ as: { org, role } });

test.each([
  ['no token', 401, { as: { token: '' } }],
  ['a token that is none', 401, { as: { token: 'byom_st_aaaaaaaaaaaa_x_1' } }],
  ['a token that nobody was given', 401, { as: { token: 'something-else' } }],
  ['an expired token', 401, { as: { org: 'acme', role: 'org-admin', expired: true } as As }],
  ["another organization's admin", 404, as('org-admin', 'globex')],
  ['an engine', 403, as('engine')],
  ['a viewer', 200, as('viewer')],
  ['an org-admin', 200, as('org-admin')],
  ['a platform-admin', 200, as('platform-admin', 'platform')],
])('%s is answered %i', async (_who, status, asking) => {
  expect((await world.call('GET', path, asking)).status).toBe(status);
});

test('whoever may not do it is told so before what he sent is looked at', async () => {
  const faulty = { body: { providers: 7 } };
  expect((await world.call('PUT', path, { ...faulty, ...as('viewer') })).status).toBe(403);
  expect((await world.call('PUT', path, { ...faulty, ...as('org-admin', 'globex') })).status).toBe(404);
  expect((await world.call('PUT', path, { ...faulty, as: { token: '' } })).status).toBe(401);
  expect((await world.call('PUT', path, faulty)).status).toBe(422);
});

test('an organization that is not there looks like one that is not yours', async () => {
  const [theirs, nobodys] = await Promise.all([
    world.call('GET', '/v1/orgs/globex/data-classes'),
    world.call('GET', '/v1/orgs/no-such-org/data-classes'),
  ]);
  expect({ ...theirs.body, requestId: '' }).toEqual({ ...nobodys.body, requestId: '' });
  expect(
    (await world.call('GET', '/v1/orgs/no-such-org/data-classes', as('platform-admin', 'platform'))).status,
  ).toBe(404);
});

test('every answer that is a problem is problem+json, also of the router', async () => {
  for (const [method, at, status] of [
    ['GET', '/nowhere', 404],
    ['POST', path, 405],
    ['GET', '/v1/orgs/acme/data-classes?limit=0', 422],
    ['GET', '/v1/orgs/acme/data-classes?cursor=x', 400],
    ['GET', '/v1/orgs/acme/data-classes?other=1', 422],
  ] as const) {
    const said = await world.call(method, at);
    expect([at, said.status, said.headers.get('content-type')]).toEqual([
      at,
      status,
      'application/problem+json',
    ]);
    expect(said.body).toMatchObject({
      status,
      type: expect.stringMatching(/^urn:byom:problem:/),
      requestId: expect.any(String),
    });
  }
});

test('a fault of our own says nothing to the caller, and to the log where it happened, without its words', async () => {
  const broken = await openApiWorld({
    authenticate: () => {
      throw new TypeError('sk-a-secret-in-a-message');
    },
  });
  try {
    const said = await broken.call('GET', path);
    expect([said.status, said.body.type]).toEqual([500, 'urn:byom:problem:internal']);
    const [line] = broken.lines;
    expect(line?.bug).toMatch(/^TypeError\n\s+at .*authenticate/);
    expect(said.text + JSON.stringify(broken.lines)).not.toContain('sk-a-secret');
  } finally {
    await broken.close();
  }
});

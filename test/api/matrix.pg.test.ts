import { routes, type Role } from '../../api/index.ts';
import { ask } from '../support/database.ts';
import { checksumOf } from './checksum.ts';
import {
  exampleOf,
  furnish,
  hasExample,
  nameOf,
  needsTemporal,
  ownNames,
  platformAdmin,
  takesDryRun,
} from './examples.ts';
import { openApiWorld, type ApiWorld, type Asking } from './world.ts';

/** Who may do what, read out of the product's description once more; never derived from the API's own table. */
type May = keyof typeof mayOf;

const mayOf = {
  host: ['platform-admin'],
  admins: ['platform-admin', 'org-admin'],
  readers: ['platform-admin', 'org-admin', 'operator', 'viewer'],
  'readers and pipe': ['platform-admin', 'org-admin', 'operator', 'viewer', 'pipe-admin'],
  'readers and any pipe': ['platform-admin', 'org-admin', 'operator', 'viewer', 'pipe-admin'],
  'admins and pipe': ['platform-admin', 'org-admin', 'pipe-admin'],
  'admins and engine': ['platform-admin', 'org-admin', 'engine'],
  'admins and operator': ['platform-admin', 'org-admin', 'operator'],
  'readers, engine and any pipe': [
    'platform-admin',
    'org-admin',
    'operator',
    'viewer',
    'engine',
    'pipe-admin',
  ],
  'readers, engine and pipe': ['platform-admin', 'org-admin', 'operator', 'viewer', 'engine', 'pipe-admin'],
} as const satisfies Readonly<Record<string, readonly Role[]>>;

const behavior = '/v1/orgs/{org}/pipes/{pipe}/behaviors/{behavior}';
const table: Readonly<Record<string, May>> = {
  'GET /v1/orgs': 'host',
  'GET /v1/orgs/{org}': 'readers',
  'PUT /v1/orgs/{org}': 'host',
  'GET /v1/orgs/{org}/policy': 'readers',
  'PATCH /v1/orgs/{org}/policy': 'admins',
  'GET /v1/orgs/{org}/providers': 'readers',
  'GET /v1/orgs/{org}/providers/{provider}': 'readers',
  'PUT /v1/orgs/{org}/providers/{provider}': 'admins',
  'DELETE /v1/orgs/{org}/providers/{provider}': 'admins',
  'POST /v1/orgs/{org}/providers/{provider}/enable': 'admins',
  'POST /v1/orgs/{org}/providers/{provider}/disable': 'admins',
  'GET /v1/orgs/{org}/providers/{provider}/credential': 'admins',
  'PUT /v1/orgs/{org}/providers/{provider}/credential': 'admins',
  'DELETE /v1/orgs/{org}/providers/{provider}/credential': 'admins',
  'GET /v1/orgs/{org}/models': 'readers',
  'GET /v1/orgs/{org}/models/{model}': 'readers',
  'PUT /v1/orgs/{org}/models/{model}': 'admins',
  'DELETE /v1/orgs/{org}/models/{model}': 'admins',
  'GET /v1/orgs/{org}/models/{model}/dependents': 'readers',
  'POST /v1/orgs/{org}/models/{model}/enable': 'admins',
  'POST /v1/orgs/{org}/models/{model}/disable': 'admins',
  'POST /v1/orgs/{org}/models/{model}/replace': 'admins',
  'GET /v1/orgs/{org}/default-model': 'readers',
  'PUT /v1/orgs/{org}/default-model': 'admins',
  'DELETE /v1/orgs/{org}/default-model': 'admins',
  [`GET ${behavior}/assignment`]: 'readers and pipe',
  [`PUT ${behavior}/assignment`]: 'admins and pipe',
  [`DELETE ${behavior}/assignment`]: 'admins and pipe',
  'POST /v1/orgs/{org}/pipes/{pipe}/assignments/apply': 'admins and pipe',
  'GET /v1/orgs/{org}/pipes/{pipe}/rules': 'readers',
  'PUT /v1/orgs/{org}/pipes/{pipe}/rules': 'admins',
  'DELETE /v1/orgs/{org}/pipes/{pipe}/rules': 'admins',
  [`GET ${behavior}/rules`]: 'readers',
  [`PUT ${behavior}/rules`]: 'admins',
  [`DELETE ${behavior}/rules`]: 'admins',
  'GET /v1/orgs/{org}/data-classes': 'readers',
  'GET /v1/orgs/{org}/data-classes/{dataClass}': 'readers',
  'PUT /v1/orgs/{org}/data-classes/{dataClass}': 'admins',
  'DELETE /v1/orgs/{org}/data-classes/{dataClass}': 'admins',
  [`GET ${behavior}/resolution`]: 'readers and pipe',
  [`GET ${behavior}/model-options`]: 'readers and pipe',
  'GET /v1/orgs/{org}/assignments': 'readers and any pipe',
  'GET /v1/orgs/{org}/attention': 'readers',
  'GET /v1/orgs/{org}/usage': 'readers',
  'GET /v1/orgs/{org}/audit-events': 'admins',
  'POST /v1/orgs/{org}/runs': 'admins and engine',
  'GET /v1/orgs/{org}/runs': 'readers, engine and any pipe',
  'GET /v1/orgs/{org}/runs/{workflowId}': 'readers, engine and pipe',
  'POST /v1/orgs/{org}/runs/{workflowId}/abort': 'admins and operator',
  'POST /v1/orgs/{org}/providers/{provider}/test': 'admins',
  'POST /v1/orgs/{org}/provider-tests': 'admins',
  'GET /v1/orgs/{org}/provider-tests/{test}': 'readers',
  'GET /v1/orgs/{org}/providers/{provider}/available-models': 'readers',
  'GET /v1/orgs/{org}/service-tokens': 'admins',
  'GET /v1/orgs/{org}/service-tokens/{token}': 'admins',
  'POST /v1/orgs/{org}/service-tokens': 'admins',
  'DELETE /v1/orgs/{org}/service-tokens/{token}': 'admins',
  'GET /v1/orgs/{org}/role-bindings': 'admins',
  'GET /v1/orgs/{org}/role-bindings/{subject}': 'admins',
  'PUT /v1/orgs/{org}/role-bindings/{subject}': 'admins',
  'DELETE /v1/orgs/{org}/role-bindings/{subject}': 'admins',
};

const acme = ownNames('acme');
const globex = ownNames('globex');

interface Identity {
  readonly who: string;
  readonly as: NonNullable<Asking['as']>;
  /** In acme; null where the organization is not even seen. */
  readonly role: Role | null;
  readonly ofThePipe?: boolean;
}

const identities: readonly Identity[] = [
  { who: 'platform-admin', as: platformAdmin, role: 'platform-admin' },
  ...(['org-admin', 'operator', 'viewer', 'engine'] as const).map((role) => ({
    who: role,
    as: { org: 'acme', role },
    role,
  })),
  {
    who: 'pipe-admin of the pipe',
    as: { org: 'acme', role: 'pipe-admin', pipes: ['p-x', acme.pipe] },
    role: 'pipe-admin',
    ofThePipe: true,
  },
  {
    who: 'pipe-admin of another pipe',
    as: { org: 'acme', role: 'pipe-admin', pipes: ['p-1'] },
    role: 'pipe-admin',
  },
  { who: 'pipe-admin of no pipe', as: { org: 'acme', role: 'pipe-admin', pipes: [] }, role: 'pipe-admin' },
  { who: "another organization's org-admin", as: { org: 'globex', role: 'org-admin' }, role: null },
  {
    who: "another organization's pipe-admin of a pipe of that name",
    as: { org: 'globex', role: 'pipe-admin', pipes: [acme.pipe] },
    role: null,
  },
];

const unknown = ['no token', 'malformed', 'wrong sum', 'expired', 'revoked', 'a JWT'] as const;

let world: ApiWorld;
const tokens = new Map<string, string>();
beforeAll(async () => {
  world = await openApiWorld();
  await furnish(world, 'acme');
  await furnish(world, 'globex');
  const expired = await world.tokenOf({ org: 'acme', role: 'org-admin', expired: true });
  // A caller of its own, so that no other one shares the token that is taken away.
  const revoked = await world.tokenOf({ org: 'acme', role: 'org-admin', pipes: ['revoked'] });
  const { superuserUrl } = world.database;
  await ask(superuserUrl, `update byom.service_tokens set revoked_at = now() where pipes = '{revoked}'`);
  const good = await world.tokenOf({ org: 'acme', role: 'org-admin' });
  for (const [name, token] of [
    ['no token', ''],
    ['malformed', 'byom_st_x'],
    ['wrong sum', `${good.slice(0, -8)}00000000`],
    ['expired', expired],
    ['revoked', revoked],
    ['a JWT', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.'],
  ] as const)
    tokens.set(name, token);
  for (const { as } of identities) if ('role' in as) await world.tokenOf(as);
});
afterAll(() => world.close());

/** 401, 404 for what is not yours to see, 403 for what you may not do; else it is done. */
function expectedFor(name: string, { role, ofThePipe }: Identity): number {
  const may = table[name] as May;
  if (role === null) return 404;
  // A route about no organization is one about the platform, which only its own principals see.
  if (!name.includes('{org}')) return role === 'platform-admin' ? 200 : 404;
  if (!(mayOf[may] as readonly Role[]).includes(role)) return 403;
  const needsPipe = role === 'pipe-admin' && !may.endsWith('any pipe');
  if (!needsPipe || ofThePipe === true) return 200;
  // What its path does not name the pipe of is not forbidden but, like anything of others', not there.
  return name.includes('{pipe}') ? 403 : 404;
}

test('every route stands in the table of this test and has an example', () => {
  const names = routes.map(nameOf);
  expect(names.filter((name) => !Object.hasOwn(table, name))).toEqual([]);
  expect(routes.filter((route) => !hasExample(route)).map(nameOf)).toEqual([]);
  expect(Object.keys(table).filter((name) => !names.includes(name))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
});

// One that stands in no table fails above.
const known = routes.filter((route) => Object.hasOwn(table, nameOf(route)) && hasExample(route));

describe.each(known.map((route) => [nameOf(route), route] as const))('%s', (name, route) => {
  const refused = identities.filter((one) => expectedFor(name, one) >= 400);
  const allowed = identities.filter((one) => expectedFor(name, one) < 400);

  test('is refused to whoever may not, and nothing is written', async () => {
    const before = await checksumOf(world.database);
    const { method, path, ...asking } = exampleOf(route, acme);
    const said: unknown[] = [];
    for (const who of unknown) {
      const token = tokens.get(who) as string;
      const { status, headers } = await world.call(method, path, { ...asking, as: { token } });
      said.push([who, status, headers.get('www-authenticate')]);
    }
    for (const { who, as } of refused) {
      const answer = await world.call(method, path, { ...asking, as });
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      said.push([who, answer.status, answer.body.type]);
    }
    expect(said).toEqual([
      ...unknown.map((who) => [who, 401, 'Bearer']),
      ...refused.map((one) => [
        one.who,
        expectedFor(name, one),
        `urn:byom:problem:${expectedFor(name, one) === 403 ? 'forbidden' : 'not-found'}`,
      ]),
    ]);
    expect(await checksumOf(world.database)).toEqual(before);
  });

  test('is open to whoever may', async () => {
    const { method, path, ...asking } = exampleOf(route, acme, takesDryRun(route) ? { dry_run: 'true' } : {});
    const said: unknown[] = [];
    for (const { who, as } of allowed) {
      const { status, text } = await world.call(method, path, { ...asking, as });
      said.push([who, status < 300 || status === 503 ? status : text]);
    }
    const status = needsTemporal(route) ? 503 : expect.any(Number);
    expect(said).toEqual(allowed.map(({ who }) => [who, status]));
  });

  const things = [...route.path.matchAll(/\{(\w+)\}/g)].flatMap(([, one]) => (one === 'org' ? [] : [one]));
  // A PUT under a name that is free makes a thing of one's own; a place without rules or assignments resolves all the same.
  const makes = /^PUT|\/(resolution|model-options|apply)$/.test(name);
  if (things.length > 0 && !makes && !needsTemporal(route)) {
    test("does not find another organization's things from within one's own", async () => {
      const before = await checksumOf(world.database);
      const { method, path, ...asking } = exampleOf(route, { ...globex, org: 'acme' });
      const { status, text } = await world.call(method, path, asking);
      expect([status, text.includes('canary-globex')]).toEqual([404, false]);
      expect(await checksumOf(world.database)).toEqual(before);
    });
  }
});

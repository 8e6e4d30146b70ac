import fc from 'fast-check';
import { routes } from '../../api/index.ts';
import { ask } from '../support/database.ts';
import { canaryOf, exampleOf, furnish, nameOf, ownNames } from './examples.ts';
import { openApiWorld, type ApiWorld, type As } from './world.ts';

const seed = Number(process.env['BYOM_SEED'] ?? 1);
const acme = ownNames('acme');
const globex = ownNames('globex');

/** Of one pipe, in which it may assign what it likes. */
const pipeAdmin: As = { org: 'acme', role: 'pipe-admin', pipes: [acme.pipe] };

let world: ApiWorld;
beforeAll(async () => {
  world = await openApiWorld();
  await furnish(world, 'acme');
  await furnish(world, 'globex');
  await world.tokenOf(pipeAdmin);
});
afterAll(() => world.close());

const protectedTables = [
  'providers',
  'credentials',
  'models',
  'default_models',
  'rules',
  'data_classes',
  'data_class_providers',
  'model_observations',
  'role_bindings',
  'service_tokens',
  'provider_tests',
  'attempts',
  'runs',
];

/** Everything but the assignments of its own pipe: rules, policies, classes, models, access, and every other pipe. */
async function dump(): Promise<readonly unknown[]> {
  const statements = [
    ...protectedTables.map((table) => `select to_jsonb(t) as row from byom.${table} t`),
    // The revision counts every change, and it may change assignments.
    `select to_jsonb(o) - 'revision' - 'updated_at' from byom.organizations o`,
    `select to_jsonb(a) from byom.assignments a where not (a.org_id = 'acme' and a.pipe_id = '${acme.pipe}')`,
  ];
  const rows = await ask<{ row: unknown }>(
    world.database.superuserUrl,
    `select row from (${statements.join(' union all ')}) t order by row::text`,
  );
  return rows.map(({ row }) => row);
}

const bodies = routes.map((route) => exampleOf(route, acme).body).filter((body) => body !== undefined);

/** Names that a path can be given: its own, others', and such as might be read as several. */
const spellings = (mine: string, theirs: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(mine) },
    fc.constantFrom(
      ...theirs,
      ...theirs.flatMap((other) => [
        `${mine}/../${other}`,
        `${mine}%2F..%2F${other}`,
        `${other}/`,
        ` ${other}`,
      ]),
    ),
  );

const aCall = fc.record({
  route: fc.oneof(
    fc.constantFrom(...routes.map(nameOf)),
    fc.constantFrom(...routes.map(nameOf).filter((name) => /assignment|options/.test(name))),
  ),
  names: fc.record({
    org: fc.oneof({ weight: 8, arbitrary: fc.constant('acme') }, spellings('acme', ['globex', 'platform'])),
    pipe: spellings(acme.pipe, ['p-1', 'p-2', globex.pipe]),
    behavior: spellings(acme.behavior, ['b-1', 'b-2', '__proto__']),
    model: fc.constantFrom(acme.model, 'light', 'strict', globex.model),
    provider: fc.constantFrom(acme.provider, 'main', 'legal'),
    dataClass: fc.constantFrom(acme.dataClass, 'financial'),
  }),
  body: fc.oneof(
    { weight: 4, arbitrary: fc.constant('its own' as const) },
    fc.constantFrom<unknown>(...bodies),
    fc.record({ model: fc.constantFrom('light', 'strict', acme.model, globex.model, 'platform/ai') }),
    fc.record({
      items: fc.array(
        fc.record({
          behavior: fc.constantFrom(acme.behavior, 'b-1', 'new', '__proto__', '../p-1/b-2'),
          model: fc.constantFrom('light', 'strict', null),
        }),
        { minLength: 1, maxLength: 4 },
      ),
    }),
    fc.jsonValue(),
  ),
  query: fc.constantFrom('', '', '', '', '', '', '?dry_run=true', '?unassign=true', '?pipe=p-2'),
  ifMatch: fc.constantFrom('*', '*', '', '"1"'),
});

const routeOf = new Map(routes.map((route) => [nameOf(route), route]));

type ACall = typeof aCall extends fc.Arbitrary<infer T> ? T : never;

const statuses = new Map<number, number>();
const reached = new Set<string>();

async function send({ route: name, names, body, query, ifMatch }: ACall): Promise<void> {
  const route = routeOf.get(name)!;
  const { method, path, body: own } = exampleOf(route, { ...acme, ...names });
  const sent = body === 'its own' ? own : body;
  const said = await world.call(method, `${path}${query}`, {
    as: pipeAdmin,
    ...(method === 'GET' || sent === undefined ? {} : { body: sent }),
    headers: ifMatch === '' ? {} : { 'if-match': ifMatch },
  });
  statuses.set(said.status, (statuses.get(said.status) ?? 0) + 1);
  if (said.status < 300) reached.add(name);
  expect(said.status).toBeLessThan(500);
  expect(said.text).not.toContain(canaryOf('globex'));
  // Where others are assigned is none of its business, and neither is what anybody's provider looks like.
  expect(said.text).not.toMatch(/"b-rate"|canary-acme\.example/);
}

test('no sequence of calls lets a pipe-admin loosen a rule or reach into another pipe', async () => {
  const before = await dump();
  await fc.assert(
    fc.asyncProperty(fc.array(aCall, { minLength: 20, maxLength: 20 }), async (calls) => {
      for (const call of calls) await send(call);
      expect(await dump()).toEqual(before);
    }),
    { seed, numRuns: 60, endOnFailure: true },
  );
  // It was no deaf ear: what is its own it read, wrote and took away.
  expect([...reached]).toEqual(
    expect.arrayContaining([
      'PUT /v1/orgs/{org}/pipes/{pipe}/behaviors/{behavior}/assignment',
      'DELETE /v1/orgs/{org}/pipes/{pipe}/behaviors/{behavior}/assignment',
      'POST /v1/orgs/{org}/pipes/{pipe}/assignments/apply',
      'GET /v1/orgs/{org}/pipes/{pipe}/behaviors/{behavior}/model-options',
    ]),
  );
  expect(statuses.get(403)).toBeGreaterThan(100);
}, 120_000);

test('every write of a pipe-admin is in the audit, also of a Behavior with a strange name', async () => {
  const events = async (): Promise<number> => {
    const [row] = await ask<{ count: string }>(
      world.database.superuserUrl,
      `select count(*) from byom.audit_events where org_id = 'acme'`,
    );
    return Number(row?.count);
  };
  const path = `/v1/orgs/acme/pipes/${acme.pipe}/assignments/apply`;
  const item = { behavior: '__proto__', model: 'strict' };
  await world.call('POST', path, { as: pipeAdmin, body: { items: [{ ...item, model: null }] } });
  const before = await events();
  const made = await world.call('POST', path, { as: pipeAdmin, body: { items: [item] } });
  expect([made.body, await events()]).toEqual([{ changed: true }, before + 1]);
  const twice = { items: [item, { ...item, model: 'light' }, { ...item, model: 'light' }] };
  const refused = await world.call('POST', path, { as: pipeAdmin, body: twice });
  expect([refused.status, refused.body.errors[0].pointer, await events()]).toEqual([
    422,
    '/items/1/behavior',
    before + 1,
  ]);
});

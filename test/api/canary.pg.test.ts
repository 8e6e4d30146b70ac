import fc from 'fast-check';
import { routes, type Role } from '../../api/index.ts';
import { ask } from '../support/database.ts';
import { createFindLeaks } from '../secrets/find-leaks.ts';
import {
  canaryOf,
  carriedSecret,
  exampleOf,
  furnish,
  nameOf,
  needsTemporal,
  ownNames,
  platformAdmin,
} from './examples.ts';
import { openApiWorld, secrets, type ApiWorld } from './world.ts';

/** `BYOM_LONG` plays five times as many. */
const operations = process.env['BYOM_LONG'] === undefined ? 2_000 : 10_000;
const inParallel = 20;
const seed = Number(process.env['BYOM_SEED'] ?? 1);
const orgs = ['acme', 'globex', 'initech'] as const;
type Org = (typeof orgs)[number];

let world: ApiWorld;
beforeAll(async () => {
  // Two connections for twenty callers: whatever one leaves behind on a connection, the next one of others finds.
  world = await openApiWorld({ connectionsMax: 2 });
  await world.call('PUT', '/v1/orgs/initech', {
    as: platformAdmin,
    body: { name: `Name of ${canaryOf('initech')}` },
  });
  const settings = { baseUrl: 'https://main.canary-initech.example/v1' };
  for (const [path, body] of [
    ['providers/main', { vendor: 'custom', name: 'Provider of canary-initech', settings }],
    ['providers/legal', { vendor: 'openai', settings: {} }],
    ['models/light', { provider: 'main', upstreamId: 'light-1', name: 'Light of canary-initech' }],
    ['models/strict', { provider: 'legal', upstreamId: 'strict-1', name: 'Strict of canary-initech' }],
    ['default-model', { model: 'light' }],
  ] as const) {
    const said = await world.call('PUT', `/v1/orgs/initech/${path}`, { as: platformAdmin, body });
    expect([path, said.status]).toEqual([path, 201]);
  }
  for (const org of orgs) await furnish(world, org);
});
afterAll(() => world.close());

const played = routes.filter((route) => route.path.includes('{org}') && !needsTemporal(route));

const anOperation = fc.record({
  route: fc.constantFrom(...played),
  org: fc.constantFrom(...orgs),
  role: fc.constantFrom<Role>('org-admin', 'org-admin', 'viewer', 'operator', 'pipe-admin'),
  /** Whose things the path names: mostly one's own, sometimes another organization's, or those that all have. */
  whose: fc.constantFrom<Org | 'own' | 'all'>('own', 'own', 'all', ...orgs),
  dryRun: fc.boolean(),
});
type Operation = typeof anOperation extends fc.Arbitrary<infer T> ? T : never;

const common = { provider: 'main', model: 'light', dataClass: 'financial', pipe: 'p-1', behavior: 'b-1' };

/** What a write makes under another organization's names would be one's own from then on. */
function whoseOf(method: string, whose: Org | 'own', org: Org): Org {
  return whose === 'own' || !['get', 'delete'].includes(method) ? org : whose;
}

const answers: string[] = [];
const ends = new Map<number, number>();

async function play({ route, org, role, whose, dryRun }: Operation): Promise<void> {
  const own = ownNames(org);
  const names =
    whose === 'all' ? { ...own, ...common } : { ...ownNames(whoseOf(route.method, whose, org)), org };
  const takesDryRun = route.method !== 'get' && dryRun;
  const { method, path, body, headers } = exampleOf(route, names, takesDryRun ? { dry_run: 'true' } : {});
  const as = { org, role, ...(role === 'pipe-admin' ? { pipes: [own.pipe, 'p-1'] } : {}) };
  const said = await world.call(method, path, { as, headers, ...(body === undefined ? {} : { body }) });
  ends.set(said.status, (ends.get(said.status) ?? 0) + 1);
  answers.push(said.text);
  expect([nameOf(route), said.status < 500]).toEqual([nameOf(route), true]);
  // What a caller sends himself he may read back: the names that he put into his own path or body.
  const sent = `${decodeURIComponent(path)}${JSON.stringify(body) ?? ''}`;
  for (const other of orgs.filter((one) => one !== org && !sent.includes(canaryOf(one)))) {
    expect([nameOf(route), said.text.includes(canaryOf(other))]).toEqual([nameOf(route), false]);
  }
}

test(
  `${operations} operations of three organizations over two connections never mix`,
  async () => {
    const [all] = fc.sample(fc.array(anOperation, { minLength: operations, maxLength: operations }), {
      seed,
      numRuns: 1,
    });
    const left = [...(all ?? [])];
    const work = async (): Promise<void> => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) await play(next);
    };
    await Promise.all(Array.from({ length: inParallel }, work));
    expect(answers.length).toBe(operations);
    // Enough of them were done, and enough refused, to mean something.
    expect(ends.get(200)).toBeGreaterThan(operations / 4);
    expect(ends.get(403)).toBeGreaterThan(operations / 50);
    expect(ends.get(404)).toBeGreaterThan(operations / 50);
  },
  10 * 60_000,
);

test('no answer, no line of the log and no row of the audit holds a secret', async () => {
  const planted = [...Object.entries(secrets), ['carried in', carriedSecret] as const].map(
    ([name, value]) => ({ name, value }),
  );
  // Pieces of a secret are looked for, and each of these has an organization's canary in its middle.
  const scan = createFindLeaks(planted);
  const findLeaks = (text: string) => scan(text.replaceAll(/canary-[a-z]+/g, '…'));
  const audit = await ask<{ row: string }>(
    world.database.superuserUrl,
    `select to_jsonb(e)::text as row from byom.audit_events e`,
  );
  expect(audit.length).toBeGreaterThan(50);
  expect(answers.length).toBeGreaterThan(1_000);
  expect(findLeaks([...new Set(answers)].join('\n'))).toEqual([]);
  expect(findLeaks(world.lines.map((line) => JSON.stringify(line)).join('\n'))).toEqual([]);
  expect(findLeaks(audit.map(({ row }) => row).join('\n'))).toEqual([]);
  // The scanner is not blind.
  for (const { value } of planted) expect(findLeaks(`{"a":"${value}"}`)).not.toEqual([]);
});

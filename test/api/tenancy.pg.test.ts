import { routes } from '../../api/index.ts';
import { hotReads } from '../../registry/management/hot-reads.ts';
import { ask } from '../support/database.ts';
import { canaryOf, exampleOf, furnish, nameOf, needsTemporal, ownNames, platformAdmin } from './examples.ts';
import { openApiWorld, orgAdmin, type ApiWorld } from './world.ts';

/** Two walls stand between organizations: row-level security, and the filter that `ofOrg` writes into every read. */
const reads = routes.filter(({ method, path }) => method === 'get' && path.includes('{org}'));
const acme = ownNames('acme');
const globex = ownNames('globex');
const foreign = Buffer.from(canaryOf('globex'));

let world: ApiWorld;
let functions: readonly string[];
let tables: readonly string[];
beforeAll(async () => {
  world = await openApiWorld();
  await furnish(world, 'acme');
  await furnish(world, 'globex');
  const { superuserUrl } = world.database;
  const sources = await ask<{ source: string }>(
    superuserUrl,
    `select pg_get_functiondef(oid) as source from pg_proc where pronamespace = 'byom'::regnamespace
       and (proname = 'within' or proname = any($1))`,
    [hotReads.map(([name]) => name)],
  );
  functions = sources.map(({ source }) => source);
  const secured = await ask<{ name: string }>(
    superuserUrl,
    `select relname as name from pg_class where relnamespace = 'byom'::regnamespace and relrowsecurity`,
  );
  tables = secured.map(({ name }) => name);
});
afterAll(() => world.close());

async function stand(walls: { readonly security: boolean; readonly filter: boolean }): Promise<void> {
  const { superuserUrl } = world.database;
  const words = walls.security ? ['enable', 'force'] : ['no force', 'disable'];
  const statements = tables.flatMap((table) =>
    words.map((word) => `alter table byom.${table} ${word} row level security`),
  );
  await ask(superuserUrl, statements.join(';'));
  // The one filter, blanked where reads go through: in the query of most, and in the functions of the frequent ones.
  const blanked = functions.map((source) =>
    source
      .replace(
        'execute query into',
        String.raw`execute regexp_replace(query, '\w+\.org_id = \$2', 'true', 'g') into`,
      )
      .replaceAll(/(?<!where o\.org_id = )\b(?!o\.)\w+\.org_id = \$2/g, 'true'),
  );
  // A resolution asks functions that runs use too; the filter is theirs.
  const kept = blanked.filter((source, index) => source === functions[index]);
  expect(kept.every((source) => source.includes('byom.plan_rows('))).toBe(true);
  for (const source of walls.filter ? functions : blanked) await ask(superuserUrl, source);
}

/** Every read of acme, of its own things and of globex's by their real names: which of them showed something of globex. */
async function leaks(): Promise<readonly string[]> {
  const leaking: string[] = [];
  for (const route of reads) {
    for (const [whose, names] of [
      ['its own', acme],
      ['foreign', { ...globex, org: 'acme' }],
      ['common', { ...acme, provider: 'main', model: 'light', dataClass: 'financial', pipe: 'p-1' }],
    ] as const) {
      for (const as of [orgAdmin, platformAdmin]) {
        const { method, path } = exampleOf(route, names);
        const { status, text } = await world.call(method, path, { as });
        if (status >= 500 && !needsTemporal(route))
          throw new Error(`${nameOf(route)} was answered ${status}.`);
        if (Buffer.from(text).includes(foreign)) leaking.push(`${nameOf(route)} of ${whose}`);
      }
    }
  }
  return [...new Set(leaking)];
}

test('with both walls no read shows a byte of another organization', async () => {
  await stand({ security: true, filter: true });
  expect(reads.length).toBeGreaterThan(15);
  expect(await leaks()).toEqual([]);
});

test('without row-level security no read shows a byte of another organization', async () => {
  await stand({ security: false, filter: true });
  expect(await leaks()).toEqual([]);
});

test('without the filter of the reads none shows a byte of another organization', async () => {
  await stand({ security: true, filter: false });
  expect(await leaks()).toEqual([]);
});

test('without either they do: each wall was what held', async () => {
  await stand({ security: false, filter: false });
  const leaking = (await leaks()).map((line) => line.replace(/ of [\w ]+$/, ''));
  expect(new Set(leaking).size).toBeGreaterThan(reads.length / 2);
});

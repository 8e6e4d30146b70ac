import { randomUUID } from 'node:crypto';
import { outcome, startBehavior } from '../../client/index.ts';
import { readRegistryFile } from '../../registry/index.ts';
import { createClosers } from '../../sandbox/closers.ts';
import { startStack } from '../../sandbox/stack.ts';
import type { Stack } from '../../sandbox/stack.ts';
import { ask, emptyDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { registryOf, textRun, usualOrganization } from '../support/served.ts';

const closers = createClosers();
let database: TestDatabase;
let stack: Stack;
let before: readonly object[];

/** A host's own database: tables and functions under the names that ours have, in `public` and in a schema of its own. */
const hostsOwn = `
create schema host;
alter database :database set search_path = host, public;
create table public.organizations (org_id text primary key, name text);
create table public.runs (org_id text, workflow_id text, status text);
create table host.models (id int primary key, name text);
create table host.attempts (id int primary key);
create function public.resolve(q jsonb) returns jsonb language sql as $$ select '{"host": true}'::jsonb $$;
create function host.begin(q jsonb) returns jsonb language sql as $$ select '{"host": true}'::jsonb $$;
create view host.everything as select name from public.organizations;
insert into public.organizations values ('acme', 'The host''s Acme');
insert into public.runs values ('acme', 'w', 'of the host');
insert into host.models values (1, 'of the host');
`;

/** Every object and every row of the host's, as text. */
const inventory = () =>
  ask(
    database.superuserUrl,
    `select 'table' as kind, c.oid::regclass::text as name, c.relacl::text as rights, c.relrowsecurity as secured
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname in ('public', 'host') and c.relkind in ('r', 'v')
     union all
     select 'function', p.oid::regprocedure::text, p.proacl::text, false
       from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname in ('public', 'host')
     union all
     select 'schema', nspname, nspacl::text, false from pg_namespace where nspname in ('public', 'host')
     union all select 'row', o::text, '', false from public.organizations o
     union all select 'row', r::text, '', false from public.runs r
     union all select 'row', m::text, '', false from host.models m
     order by 1, 2`,
  );

beforeAll(async () => {
  database = await emptyDatabase();
  const name = new URL(database.ownerUrl).pathname.slice(1);
  await ask(database.ownerUrl, hostsOwn.replace(':database', name));
  before = await inventory();
  const own = randomUUID().slice(0, 8);
  stack = await startStack({
    env: {
      TEMPORAL_ADDRESS: process.env['BYOM_TEST_TEMPORAL_ADDRESS'],
      BYOM_DATABASE_URL: database.ownerUrl,
    },
    closers,
    headless: true,
    onProgress: () => {},
    registryFile: ({ origin }) =>
      readRegistryFile(registryOf({ acme: usualOrganization }), {
        env: { VENDORS: origin },
        readFile: () => '',
        name: 'test',
      }),
    taskQueues: { runs: `byom-${own}`, engine: `engine-${own}` },
    workflowBundle: { codePath: process.env['BYOM_TEST_BUNDLE'] ?? '' },
  });
});
afterAll(async () => {
  await closers.closeAll();
  await database.drop();
});

test("beside a host's tables of the same names, whatever its search path, runs are served from ours", async () => {
  const { client, runKeys: keys, taskQueue } = stack;
  const { workflowId } = await startBehavior(client, textRun('acme'), { keys, taskQueue });
  expect(await outcome(client, workflowId)).toMatchObject({
    status: 'completed',
    answeredBy: { layer: 'behavior', model: 'own' },
  });
  expect(await ask(database.superuserUrl, 'select status from byom.runs')).toEqual([{ status: 'completed' }]);
});

test("the host's objects, rights and rows are what they were", async () => {
  expect(before.length).toBeGreaterThan(10);
  expect(await inventory()).toEqual(before);
});

test("a worker may do nothing with what is the host's", async () => {
  for (const table of ['public.organizations', 'public.runs', 'host.models'])
    await expect(ask(database.workerUrl, `select from ${table}`)).rejects.toMatchObject({ code: '42501' });
});

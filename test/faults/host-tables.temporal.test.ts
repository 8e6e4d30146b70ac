import { ask, emptyDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { registryOf, serve, textRun, usualOrganization } from '../support/served.ts';
import type { Served } from '../support/served.ts';

let database: TestDatabase;
let served: Served;
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
  served = await serve({ database });
  await served.apply(registryOf({ acme: usualOrganization }));
});
afterAll(async () => {
  await served.close();
  await database.drop();
});

test("beside a host's tables of the same names, whatever its search path, runs are served from ours", async () => {
  expect(await served.run(textRun('acme'))).toMatchObject({
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

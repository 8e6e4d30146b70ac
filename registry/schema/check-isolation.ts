import type { Knex } from 'knex';
import { Failure } from '../../contract/index.ts';
import { openDatabase } from './open-database.ts';

/** Refuses a role or a schema under which one organization could see another's rows. Throws `registry.unavailable`. */
export async function checkIsolation(url: string): Promise<void> {
  const database = openDatabase(url, { max: 1 });
  try {
    await checkIsolationOf(database);
  } finally {
    await database.destroy();
  }
}

export async function checkIsolationOf(database: Knex): Promise<void> {
  const { rows } = await database.raw<{ rows: { fault: string }[] }>(faults);
  const [first] = rows;
  if (first) throw new Failure('registry.unavailable', first.fault);
}

/** The migrations' own account holds nobody's data, and key checks belong to all. */
const faults = /* sql */ `
with ours as (
  select c.oid, c.relname, c.relowner, c.relacl, c.relrowsecurity, c.relforcerowsecurity
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname = 'byom' and c.relkind in ('r', 'p') and c.relname not like 'byom\\_migrations%'
)
select fault from (
  select 1 as rank, 'Role ' || rolname || ' is a superuser: connect as byom_api or byom_worker.' as fault
    from pg_catalog.pg_roles where rolname = current_user and rolsuper
  union all
  select 2, 'Role ' || rolname || ' has BYPASSRLS: take it away, or connect as byom_api or byom_worker.'
    from pg_catalog.pg_roles where rolname = current_user and rolbypassrls
  union all
  select 3, 'Role ' || current_user || ' owns table ' || relname || ': connect as byom_api or byom_worker.'
    from ours where pg_has_role(current_user, relowner, 'usage')
  union all
  select 4, 'Row-level security is not forced on table ' || relname || ': run \`byom migrate sql\` and compare.'
    from ours where not (relrowsecurity and relforcerowsecurity)
  union all
  select 5, 'Table ' || relname || ' is open to PUBLIC: revoke it, or run \`byom migrate up\`.'
    from ours where exists (select from aclexplode(relacl) a where a.grantee = 0)
  union all
  select 6, 'Function ' || p.proname || ' may be executed by PUBLIC: revoke it, or run \`byom migrate up\`.'
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'byom'
      and exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee = 0)
) found order by rank, fault limit 1`;

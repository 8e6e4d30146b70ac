import type { Knex } from 'knex';
import { isDeepStrictEqual } from 'node:util';
import { writeDataClass } from '../apply/apply-organization.ts';
import { changeAs, type Changed, type ChangeOptions } from './change.ts';
import { permitPut, requireMatch, type IfMatch } from './precondition.ts';
import { needProviders } from './need-providers.ts';
import { findOne, ofOrg, type OrgQuery } from './read.ts';
import { Refused } from './refused.ts';

/** Who is approved for a class of data. */
export interface DataClass {
  readonly class: string;
  readonly providers: readonly string[];
  readonly platform: boolean;
  readonly revision: string;
}

const columns = `jsonb_build_object('class', c.class, 'platform', c.platform, 'revision', c.revision::text,
  'providers', (select coalesce(jsonb_agg(p.slug order by p.slug), '[]')
    from byom.data_class_providers a join byom.providers p on p.org_id = a.org_id and p.id = a.provider_id
    where ${ofOrg('a')} and a.class = c.class))`;

export function readDataClass(name: string): OrgQuery {
  return {
    sql: `select ${columns} from byom.data_classes c where ${ofOrg('c')} and c.class = $1->>'class'`,
    args: { class: name },
  };
}

/** By name, after `after`; one more than `limit`, so that the caller sees whether there is more. */
export function listDataClasses(page: { readonly after: string; readonly limit: number }): OrgQuery {
  return {
    sql: `select coalesce(jsonb_agg(one order by one->>'class'), '[]') from (
      select ${columns} as one from byom.data_classes c
        where ${ofOrg('c')} and c.class > $1->>'after' order by c.class limit ($1->>'limit')::int + 1) found`,
    args: page,
  };
}

/** Names the providers that are approved, and whether the platform is. A provider that is unknown is `invalid`. */
export async function putDataClass(
  database: Knex,
  options: ChangeOptions,
  name: string,
  wanted: { readonly providers: readonly string[]; readonly platform: boolean },
  ifMatch: IfMatch,
): Promise<Changed<{ readonly current: DataClass | null }>> {
  return changeAs(database, options, async (transaction) => {
    const { org } = options;
    const current = await find(transaction, org, name);
    const before = current && toValues(current);
    const after = toValues(wanted);
    permitPut(current, ifMatch, isDeepStrictEqual(before, after));
    await needProviders(transaction, org, wanted.providers, '/providers');
    await writeDataClass(
      transaction,
      org,
      { class: name, ...wanted, providers: [...wanted.providers] },
      '/providers',
    );
    return {
      action: 'data-class.put',
      resource: `data-classes/${name}`,
      before,
      after,
      result: { current },
    };
  });
}

/** From its commit on, runs of this class are permitted nowhere. */
export async function deleteDataClass(
  database: Knex,
  options: ChangeOptions,
  name: string,
  ifMatch: IfMatch,
): Promise<Changed<null>> {
  return changeAs(database, options, async (transaction) => {
    const current = await find(transaction, options.org, name);
    if (current === null) throw new Refused('not-found', 'There is no such data class.');
    requireMatch(current, ifMatch);
    await transaction('byom.data_classes').where({ org_id: options.org, class: name }).delete();
    return {
      action: 'data-class.delete',
      resource: `data-classes/${name}`,
      before: toValues(current),
      after: null,
      result: null,
    };
  });
}

/** Sorted here, since a database sorts by its own collation. */
function toValues({ providers, platform }: Pick<DataClass, 'providers' | 'platform'>) {
  return { providers: providers.toSorted(), platform };
}

async function find(transaction: Knex.Transaction, org: string, name: string): Promise<DataClass | null> {
  return findOne<DataClass>(transaction, org, readDataClass(name));
}

import type { Knex } from 'knex';
import { toRegistryFailure } from '../queries/ask-postgres.ts';
import { queryOnce } from '../queries/query-once.ts';
import { Refused } from './refused.ts';
import { isFaultyValue } from './to-management-failure.ts';

/** How a caller made himself known: a service token by its SHA-256 (hex), or the subject of a verified JWT. */
export type Identity = { readonly tokenHash: string } | { readonly subject: string };

/** Who asks, as the registry knows them. */
export interface KnownPrincipal {
  readonly kind: 'token' | 'user';
  readonly id: string;
  readonly grants: readonly {
    readonly org: string;
    readonly role: string;
    readonly pipes: readonly string[] | null;
  }[];
}

/**
 * One read within one organization. `sql` gives one value of jsonb; `$1` are the arguments (jsonb), `$2` is the
 * organization. Every table in it is filtered by `ofOrg`.
 */
export interface OrgQuery {
  readonly sql: string;
  /** The function that answers it, for one of `hotReads`. */
  readonly hot?: string;
  readonly args?: object;
}

/** The filter that every read of a tenant's table carries beside row-level security: `p.org_id = $2`. */
export function ofOrg(alias: string): string {
  return `${alias}.org_id = $2`;
}

/**
 * Asks who the caller is and what he wants to know in one round trip. What was found may only be shown once the
 * principal turned out to be allowed. Throws `registry.unavailable`, and `Refused` (`invalid`) where a value of the question
 * cannot be compared with what it should: a date that is none, a cursor that was written by hand.
 */
export async function readAs<T>(
  database: Knex,
  identity: Identity | null,
  org: string,
  query: OrgQuery,
): Promise<{ readonly principal: KnownPrincipal | null; readonly found: T | null }> {
  const read =
    query.hot === undefined ? 'byom.within($2, $4, $3::jsonb)' : `byom.${query.hot}($3::jsonb, $2)`;
  const values = [identity && JSON.stringify(identity), org, JSON.stringify(query.args ?? {})];
  try {
    const row = await queryOnce<{ principal: KnownPrincipal | null; found: T | null }>(
      database,
      `select case when $1::jsonb is null then null else byom.principal($1::jsonb) end as principal, ${read} as found`,
      query.hot === undefined ? [...values, query.sql] : values,
    );
    return row ?? { principal: null, found: null };
  } catch (error) {
    if (isFaultyValue(error))
      throw new Refused('invalid', 'The query holds a value that cannot be, such as a cursor of no page.');
    throw toRegistryFailure(error);
  }
}

/** Who the caller is, for requests that read nothing else first. Throws `registry.unavailable`. */
export async function findPrincipal(database: Knex, identity: Identity): Promise<KnownPrincipal | null> {
  try {
    const row = await queryOnce<{ principal: KnownPrincipal | null }>(
      database,
      'select byom.principal($1::jsonb) as principal',
      [JSON.stringify(identity)],
    );
    return row?.principal ?? null;
  } catch (error) {
    throw toRegistryFailure(error);
  }
}

/** The same read inside a transaction that changes something. */
export async function findOne<T>(
  transaction: Knex.Transaction,
  org: string,
  query: OrgQuery,
): Promise<T | null> {
  const { rows } = await transaction.raw<{ rows: { found: T | null }[] }>(
    'select byom.within(?, ?, ?::jsonb) as found',
    [org, query.sql, JSON.stringify(query.args ?? {})],
  );
  return rows[0]?.found ?? null;
}

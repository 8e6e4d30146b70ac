import type { Knex } from 'knex';
import { Failure } from '../../contract/index.ts';
import { enterOrganization } from '../apply/within-organization.ts';
import { toRegistryFailure } from '../queries/ask-postgres.ts';
import { openDatabase } from '../schema/open-database.ts';
import { retired, shred, stale, staleSecret, wipeTest } from '../schema/stale.ts';
import { listEveryOrganization } from './list-every-organization.ts';

export interface PruneRegistryOptions {
  /** One organization; null: every one. */
  readonly org: string | null;
  /** Older rows go; days. */
  readonly attemptsDays: number;
  readonly runsDays: number;
  /** Counts what would go. */
  readonly dryRun: boolean;
}

/** How many of each went, or would go. */
export interface PrunedCounts {
  readonly attempts: number;
  readonly runs: number;
  readonly answers: number;
  readonly tests: number;
  readonly idempotencyKeys: number;
  /** Secrets that were wiped while their rows stay: of tests, and credentials that another has replaced. */
  readonly testSecrets: number;
  readonly credentials: number;
}

export interface PrunedOrganization extends PrunedCounts {
  readonly org: string;
}

interface Kind {
  readonly table: string;
  /** Of a row `t`. */
  readonly condition: string;
  /** Whose age decides, in days; none where it is not a setting. */
  readonly days?: 'attemptsDays' | 'runsDays';
  /** What is set instead of a deletion. */
  readonly wipe?: string;
}

/** Rows per transaction: nobody who serves waits long for a prune. */
const batch = 1_000;

/** In this order: secrets first, and a run after its attempts. */
const kinds: Readonly<Record<keyof PrunedCounts, Kind>> = {
  credentials: { table: 'credentials', condition: retired, wipe: shred },
  testSecrets: { table: 'provider_tests', condition: staleSecret, wipe: wipeTest },
  answers: { table: 'attempt_answers', condition: stale.attempt_answers },
  tests: { table: 'provider_tests', condition: stale.provider_tests },
  idempotencyKeys: { table: 'idempotency_keys', condition: stale.idempotency_keys },
  attempts: {
    table: 'attempts',
    // A run without an outcome on record may go on, and counts its calls.
    condition: `t.sent_at < now() - make_interval(days => ?) and not exists (select from byom.runs r
      where r.org_id = t.org_id and r.workflow_id = t.workflow_id and r.recorded_at is null)`,
    days: 'attemptsDays',
  },
  runs: { table: 'runs', condition: `t.recorded_at < now() - make_interval(days => ?)`, days: 'runsDays' },
};

/**
 * Deletes what nobody needs any more, one organization after the other, and yields what went. Two at once share the work. As
 * `byom_maintenance`, or as the owner. Throws `run.invalid` for an organization that is not there, and `registry.unavailable`.
 */
export async function* pruneRegistry(
  url: string,
  options: PruneRegistryOptions,
): AsyncGenerator<PrunedOrganization> {
  const database = openDatabase(url, { max: 1 });
  try {
    for await (const org of options.org === null ? listEveryOrganization(database) : [options.org])
      yield { org, ...(await pruneOrganization(database, org, options)) };
  } catch (error) {
    throw toPruneFailure(error);
  } finally {
    await database.destroy();
  }
}

async function pruneOrganization(
  database: Knex,
  org: string,
  options: PruneRegistryOptions,
): Promise<PrunedCounts> {
  const entries: [string, number][] = [];
  for (const [name, kind] of Object.entries(kinds)) {
    const values = kind.days === undefined ? [org] : [org, options[kind.days]];
    const once = () =>
      database.transaction(async (transaction) => {
        await enterExisting(transaction, org);
        return options.dryRun ? count(transaction, kind, values) : take(transaction, kind, values);
      });
    let taken = await once();
    let all = taken;
    while (!options.dryRun && taken === batch) {
      taken = await once();
      all += taken;
    }
    entries.push([name, all]);
  }
  return Object.fromEntries(entries) as unknown as PrunedCounts;
}

async function enterExisting(transaction: Knex.Transaction, org: string): Promise<void> {
  await enterOrganization(transaction, org);
  const found: unknown = await transaction('byom.organizations').where({ org_id: org }).first('org_id');
  if (found === undefined) throw new Failure('run.invalid', `There is no organization ${org}.`);
}

type Values = readonly (string | number)[];

async function count(transaction: Knex.Transaction, kind: Kind, values: Values): Promise<number> {
  const { rows } = await transaction.raw<{ rows: { found: number }[] }>(
    `select count(*)::int as found from byom.${kind.table} t where t.org_id = ? and ${kind.condition}`,
    [...values],
  );
  return rows[0]?.found ?? 0;
}

/** One batch. Under a lock, so that what two of them choose is never the same rows. */
async function take(transaction: Knex.Transaction, kind: Kind, values: Values): Promise<number> {
  const { table, condition, wipe } = kind;
  await transaction.raw(`select pg_advisory_xact_lock(hashtext('byom'), hashtext('prune ' || ?))`, [
    values[0] ?? '',
  ]);
  const { rowCount } = await transaction.raw<{ rowCount: number }>(
    `${wipe === undefined ? `delete from byom.${table} t` : `update byom.${table} t set ${wipe}`}
     where t.ctid = any (array(select t.ctid from byom.${table} t where t.org_id = ? and ${condition} limit ${batch}))`,
    [...values],
  );
  return rowCount;
}

function toPruneFailure(error: unknown): Failure {
  if ((error as { code?: unknown } | null)?.code !== '42501') return toRegistryFailure(error);
  return new Failure(
    'registry.unavailable',
    'This role may not prune: connect as byom_maintenance, or as the owner.',
  );
}

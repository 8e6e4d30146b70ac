import type { Knex } from 'knex';
import { toRegistryFailure } from '../queries/ask-postgres.ts';
import { openDatabase } from '../schema/open-database.ts';

/** Row-level security shows this organization's rows from here on, until the transaction ends or another is set. */
export async function enterOrganization(transaction: Knex.Transaction, org: string): Promise<void> {
  await transaction.raw(`select set_config('app.org_id', ?, true)`, [org]);
}

/** One transaction, on a connection of its own. Throws what `work` throws, and `registry.unavailable`. */
export async function inTransaction<T>(
  url: string,
  work: (transaction: Knex.Transaction) => Promise<T>,
): Promise<T> {
  const database = openDatabase(url, { max: 1, statementTimeoutMs: 30_000 });
  try {
    return await database.transaction(work);
  } catch (error) {
    throw toRegistryFailure(error);
  } finally {
    await database.destroy();
  }
}

export async function countRevision(transaction: Knex.Transaction, org: string): Promise<void> {
  await transaction('byom.organizations')
    .where({ org_id: org })
    .update({ revision: transaction.raw('revision + 1'), updated_at: transaction.fn.now() });
}

export interface FoundModel {
  readonly model_org: string;
  readonly model_id: string;
}

/** The model under this name, of the organization that the transaction is in or of the platform; undefined: none. */
export async function findModel(
  transaction: Knex.Transaction,
  org: string,
  name: string,
): Promise<FoundModel | undefined> {
  const owner = name.startsWith('platform/') ? 'platform' : org;
  await enterOrganization(transaction, owner);
  const slug = name.replace(/^platform\//, '');
  const found = (await transaction('byom.models').where({ org_id: owner, slug }).first('id')) as
    | { id: string }
    | undefined;
  await enterOrganization(transaction, org);
  return found && { model_org: owner, model_id: found.id };
}

export async function findProviderId(
  transaction: Knex.Transaction,
  org: string,
  slug: string,
): Promise<string | undefined> {
  const found = (await transaction('byom.providers').where({ org_id: org, slug }).first('id')) as
    | { id: string }
    | undefined;
  return found?.id;
}

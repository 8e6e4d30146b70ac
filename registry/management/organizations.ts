import type { Knex } from 'knex';
import { isDeepStrictEqual } from 'node:util';
import { writePolicy } from '../apply/apply-organization.ts';
import type { PolicyEntry } from '../apply/registry-file.ts';
import { toRegistryFailure } from '../queries/ask-postgres.ts';
import { changeAs, type Changed, type ChangeOptions } from './change.ts';
import { permitPut, requireMatch, type IfMatch } from './precondition.ts';
import { findOne, ofOrg, type OrgQuery } from './read.ts';

export interface Organization {
  readonly org: string;
  readonly name: string;
  /** Task queues of engines to which runs of this organization may be sent; `*` for any. */
  readonly engineQueues: readonly string[];
  readonly revision: string;
}

/** The settings of an organization that decide what failure may do. */
export interface Policy extends Required<Omit<PolicyEntry, 'budget'>> {
  readonly budget: NonNullable<PolicyEntry['budget']>;
  readonly revision: string;
}

export function readOrganization(): OrgQuery {
  return {
    sql: `select jsonb_build_object('org', o.org_id, 'name', o.name, 'engineQueues', to_jsonb(o.engine_queues),
      'revision', o.revision::text) from byom.organizations o where ${ofOrg('o')}`,
  };
}

export function readPolicy(): OrgQuery {
  return {
    sql: `select jsonb_build_object('whenMissing', o.when_missing, 'onFailure', o.on_failure, 'onExhausted', o.on_exhausted,
      'unclassified', o.unclassified, 'currency', o.currency, 'budget', o.budget, 'revision', o.revision::text)
      from byom.organizations o where ${ofOrg('o')}`,
  };
}

/** By id, after `after`, for whoever runs the platform; one more than `limit`. Throws `registry.unavailable`. */
export async function listOrganizations(
  database: Knex,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<readonly Organization[]> {
  try {
    const { rows } = await database.raw<{ rows: { found: Organization[] }[] }>(
      'select byom.list_organizations(?, ?) as found',
      [after, limit + 1],
    );
    return rows[0]?.found ?? [];
  } catch (error) {
    throw toRegistryFailure(error);
  }
}

export interface OrganizationValues {
  readonly name: string;
  readonly engineQueues: readonly string[];
}

/** Makes an organization, or changes what it is called and where its runs may go. */
export async function putOrganization(
  database: Knex,
  options: ChangeOptions,
  values: OrganizationValues,
  ifMatch: IfMatch,
): Promise<Changed<{ readonly current: Organization | null }>> {
  const { org } = options;
  let isNew = false;
  const change = async (transaction: Knex.Transaction) => {
    const found = await findOne<Organization>(transaction, org, readOrganization());
    const current = isNew ? null : found;
    const before = current && { name: current.name, engineQueues: current.engineQueues };
    const after = { name: values.name, engineQueues: values.engineQueues };
    permitPut(current, ifMatch, isDeepStrictEqual(before, after));
    await transaction('byom.organizations')
      .where({ org_id: org })
      .update({ name: values.name, engine_queues: [...values.engineQueues] });
    return { action: 'organization.put', resource: '', before, after, result: { current } };
  };
  return changeAs(database, options, change, async (transaction) => {
    isNew = await insert(transaction, org, values.name);
  });
}

/** Changes the settings that are named (RFC 7396); what is left out stays. */
export async function patchPolicy(
  database: Knex,
  options: ChangeOptions,
  policy: PolicyEntry,
  ifMatch: IfMatch,
): Promise<Changed<{ readonly current: Policy }>> {
  return changeAs(database, options, async (transaction) => {
    const { org } = options;
    const current = (await findOne<Policy>(transaction, org, readPolicy())) as Policy;
    requireMatch(current, ifMatch);
    const { revision, ...before } = current;
    void revision;
    const named = Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== undefined));
    const after = { ...before, ...named };
    await writePolicy(transaction, org, policy, null);
    return { action: 'policy.patch', resource: 'policy', before, after, result: { current } };
  });
}

/** True where it was not there. Whoever makes the same one at the same time waits for the first to end. */
async function insert(transaction: Knex.Transaction, org: string, name: string): Promise<boolean> {
  const inserted: unknown[] = await transaction('byom.organizations')
    .insert({ org_id: org, name })
    .onConflict('org_id')
    .ignore()
    .returning('org_id');
  return inserted.length > 0;
}

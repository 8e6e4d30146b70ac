import type { Knex } from 'knex';
import { refusal } from './read-registry-file.ts';
import type {
  DataClassEntry,
  ModelEntry,
  ModelReference,
  OrganizationEntry,
  PolicyEntry,
  RuleValues,
} from './registry-file.ts';
import { upsert } from './upsert.ts';
import type { Written } from './upsert.ts';
import { findModel, findProviderId } from './within-organization.ts';
import type { FoundModel } from './within-organization.ts';

/** Everything of an organization that comes after its providers. */
export async function applyOrganization(
  transaction: Knex.Transaction,
  entry: OrganizationEntry,
): Promise<readonly Written[]> {
  const { org } = entry;
  const written: Written[] = [await writePolicy(transaction, org, entry.policy, entry.name)];
  for (const model of entry.models) written.push(await writeModel(transaction, org, model));
  for (const dataClass of entry.dataClasses)
    written.push(await writeDataClass(transaction, org, dataClass, dataClass.place));
  for (const { pipe, behavior, values, place } of entry.rules) {
    await refuseUnknownProviders(transaction, org, values.providers ?? [], place);
    written.push(await writeRules(transaction, { org, pipe, behavior }, values));
  }
  if (entry.default) {
    const model = await needModel(transaction, org, entry.default);
    written.push(await upsert(transaction, 'default_models', { org_id: org }, { ...model }));
  }
  for (const { pipe, behavior, ...reference } of entry.assignments) {
    const model = await needModel(transaction, org, reference);
    const key = { org_id: org, pipe_id: pipe, behavior_id: behavior };
    written.push(await upsert(transaction, 'assignments', key, { ...model }));
  }
  return written;
}

/** Writes the settings that are named and leaves the others. */
export async function writePolicy(
  transaction: Knex.Transaction,
  org: string,
  policy: PolicyEntry,
  name: string | null,
): Promise<Written> {
  const named = Object.entries({
    name: name ?? undefined,
    when_missing: policy.whenMissing,
    on_failure: policy.onFailure,
    on_exhausted: policy.onExhausted,
    unclassified: policy.unclassified,
    currency: policy.currency,
    budget: policy.budget && JSON.stringify(policy.budget),
  }).filter((column): column is [string, string | null] => column[1] !== undefined);
  if (named.length === 0) return 'unchanged';
  const changed = await transaction('byom.organizations')
    .where({ org_id: org })
    .whereRaw(`(${named.map(() => '??').join(', ')}) is distinct from (${named.map(castOf).join(', ')})`, [
      ...named.map(([column]) => column),
      ...named.map(([, value]) => value as string),
    ])
    .update(Object.fromEntries(named));
  return changed > 0 ? 'changed' : 'unchanged';
}

function castOf([column]: readonly [string, unknown]): string {
  return column === 'budget' ? '?::jsonb' : '?::text';
}

export async function writeModel(
  transaction: Knex.Transaction,
  org: string,
  { slug, provider, upstreamId, name, enabled, supports, limits, price, place }: ModelEntry,
): Promise<Written> {
  const providerId = await findProviderId(transaction, org, provider);
  if (providerId === undefined)
    throw refusal(place, `models.${slug}.provider: ${provider} is no provider of ${org}`);
  return upsert(
    transaction,
    'models',
    { org_id: org, slug },
    {
      provider_id: providerId,
      upstream_id: upstreamId,
      name: name ?? slug,
      enabled,
      supports,
      limits,
      input_price: price?.input ?? null,
      output_price: price?.output ?? null,
      cached_input_price: price?.cachedInput ?? null,
    },
  );
}

/** The providers are the class's whole list: one that is no longer named is no longer approved. */
export async function writeDataClass(
  transaction: Knex.Transaction,
  org: string,
  { class: name, platform, providers }: Omit<DataClassEntry, 'place'>,
  place: string,
): Promise<Written> {
  const key = { org_id: org, class: name };
  await refuseUnknownProviders(transaction, org, providers, place);
  const ids = await Promise.all(providers.map((slug) => findProviderId(transaction, org, slug)));
  const own = await upsert(transaction, 'data_classes', key, { platform });
  const dropped = await transaction('byom.data_class_providers')
    .where(key)
    .whereNotIn('provider_id', ids as string[])
    .delete();
  const added: Written[] = [];
  for (const id of ids)
    added.push(await upsert(transaction, 'data_class_providers', { ...key, provider_id: id as string }, {}));
  const listChanged = dropped > 0 || added.includes('created');
  return own === 'unchanged' && listChanged ? 'changed' : own;
}

export async function writeRules(
  transaction: Knex.Transaction,
  { org, pipe, behavior }: { readonly org: string; readonly pipe: string; readonly behavior: string | null },
  { dataClass, providers, onFailure, onExhausted }: RuleValues,
): Promise<Written> {
  return upsert(
    transaction,
    'rules',
    { org_id: org, pipe_id: pipe, behavior_id: behavior ?? '' },
    {
      data_class: dataClass ?? null,
      providers: providers ?? null,
      on_failure: onFailure ?? null,
      on_exhausted: onExhausted ?? null,
    },
  );
}

async function refuseUnknownProviders(
  transaction: Knex.Transaction,
  org: string,
  providers: readonly string[],
  place: string,
): Promise<void> {
  for (const slug of providers) {
    const known = slug === 'platform' || (await findProviderId(transaction, org, slug)) !== undefined;
    if (!known) throw refusal(place, `${slug} is no provider of ${org}`);
  }
}

/** Throws `run.invalid` where there is no such model. */
async function needModel(
  transaction: Knex.Transaction,
  org: string,
  { model, place }: ModelReference,
): Promise<FoundModel> {
  const found = await findModel(transaction, org, model);
  if (found === undefined) {
    const owner = model.startsWith('platform/') ? 'the platform' : org;
    throw refusal(place, `${model} is no model of ${owner}`);
  }
  return found;
}

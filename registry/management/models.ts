import type { Knex } from 'knex';
import type { z } from 'zod';
import { writeModel } from '../apply/apply-organization.ts';
import type { modelShape } from '../apply/registry-file.ts';
import { findProviderId } from '../apply/within-organization.ts';
import { changeAs, type Change, type Changed, type ChangeOptions } from './change.ts';
import {
  isUsed,
  listDependents,
  readDependents,
  resolutionsFor,
  toPlaces,
  type Dependents,
} from './dependents.ts';
import { needModel } from './need-model.ts';
import { permitPut, requireMatch, type IfMatch } from './precondition.ts';
import { findOne, ofOrg, type OrgQuery } from './read.ts';
import { Refused } from './refused.ts';

/** What may be said of a model. */
export type ModelValues = z.infer<typeof modelShape>;

/** A model of an organization, as it is shown. */
export interface Model extends Omit<ModelValues, 'name' | 'price'> {
  readonly model: string;
  readonly name: string;
  readonly price: ModelValues['price'] | null;
  readonly revision: string;
}

const columns = `jsonb_build_object('model', m.slug, 'name', m.name, 'upstreamId', m.upstream_id, 'enabled', m.enabled,
  'supports', m.supports, 'limits', m.limits, 'revision', m.revision::text,
  'provider', (select p.slug from byom.providers p where ${ofOrg('p')} and p.id = m.provider_id),
  'price', case when m.input_price is null then null else jsonb_strip_nulls(jsonb_build_object(
    'input', trim_scale(m.input_price)::text, 'output', trim_scale(m.output_price)::text,
    'cachedInput', trim_scale(m.cached_input_price)::text)) end)`;

export function readModel(slug: string): OrgQuery {
  return {
    hot: 'read_model',
    sql: `select ${columns} from byom.models m where ${ofOrg('m')} and m.slug = $1->>'slug'`,
    args: { slug },
  };
}

/** By slug, after `after`; one more than `limit`. `provider` keeps those of one provider. */
export function listModels(page: {
  readonly after: string;
  readonly limit: number;
  readonly provider?: string | undefined;
}): OrgQuery {
  return {
    sql: `select coalesce(jsonb_agg(one order by one->>'model'), '[]') from (
      select ${columns} as one from byom.models m
        where ${ofOrg('m')} and m.slug > $1->>'after'
          and ($1->>'provider' is null or m.provider_id =
            (select p.id from byom.providers p where ${ofOrg('p')} and p.slug = $1->>'provider'))
        order by m.slug limit ($1->>'limit')::int + 1) found`,
    args: page,
  };
}

/** Makes or replaces a model. A provider that is unknown is `invalid`. */
export async function putModel(
  database: Knex,
  options: ChangeOptions,
  slug: string,
  values: ModelValues,
  ifMatch: IfMatch,
): Promise<Changed<{ readonly current: Model | null }>> {
  return changeAs(database, options, async (transaction) => {
    const { org } = options;
    const current = await find(transaction, org, slug);
    const after = toValues({ ...values, name: values.name ?? slug, price: values.price ?? null });
    const before = current && toValues(current);
    permitPut(current, ifMatch, JSON.stringify(before) === JSON.stringify(after));
    if ((await findProviderId(transaction, org, values.provider)) === undefined) {
      throw new Refused('invalid', `${values.provider} is no provider of this organization.`, {
        pointer: '/provider',
      });
    }
    await writeModel(transaction, org, { ...values, slug, place: '' });
    return { action: 'model.put', resource: `models/${slug}`, before, after, result: { current } };
  });
}

/** Switches a model on or off. Its assignments stay; while it is off, they count as failed, never as missing. */
export async function setModelEnabled(
  database: Knex,
  options: ChangeOptions,
  slug: string,
  enabled: boolean,
  ifMatch: IfMatch,
): Promise<Changed<{ readonly current: Model }>> {
  return changeAs(database, options, async (transaction) => {
    const current = await need(transaction, options.org, slug);
    requireMatch(current, ifMatch);
    if (current.enabled !== enabled) await rowsOf(transaction, options.org, slug).update({ enabled });
    const before = toValues(current);
    const action = enabled ? 'model.enable' : 'model.disable';
    return { action, resource: `models/${slug}`, before, after: { ...before, enabled }, result: { current } };
  });
}

/** Lets another model take over the default and every assignment of this one. */
export async function replaceModel(
  database: Knex,
  options: ChangeOptions,
  slug: string,
  other: string,
  ifMatch: IfMatch,
): Promise<Changed<{ readonly current: Model; readonly moved: number }>> {
  return changeAs(database, options, async (transaction) => {
    const { org } = options;
    const current = await need(transaction, org, slug);
    requireMatch(current, ifMatch);
    if (other === slug)
      throw new Refused('invalid', 'A model cannot take its own place.', { pointer: '/model' });
    const target = await needModel(transaction, org, other, '/model');
    const used = await dependentsOf(transaction, org, slug);
    const from = await referenceTo(transaction, org, slug);
    await transaction('byom.default_models')
      .where({ org_id: org, ...from })
      .update({ ...target });
    await transaction('byom.assignments')
      .where({ org_id: org, ...from })
      .update({ ...target });
    const moved = used.assignmentCount + Number(used.isDefault);
    return {
      action: 'model.replace',
      resource: `models/${slug}`,
      before: { usedBy: moved },
      after: { usedBy: 0, ...(moved > 0 ? { by: other } : {}) },
      result: { current, moved },
    };
  });
}

/**
 * Deletes a model. One that is in use is refused with who uses it and what would help, unless `unassign` lets its users
 * fall to the default.
 */
export async function deleteModel(
  database: Knex,
  options: ChangeOptions,
  slug: string,
  ifMatch: IfMatch,
  unassign: boolean,
): Promise<Changed<null>> {
  return changeAs(database, options, async (transaction): Promise<Change<null>> => {
    const { org } = options;
    const current = await need(transaction, org, slug);
    requireMatch(current, ifMatch);
    const used = await dependentsOf(transaction, org, slug);
    if (isUsed(used) && !unassign) throw await inUse(transaction, org, current, used);
    const reference = { org_id: org, ...(await referenceTo(transaction, org, slug)) };
    await transaction('byom.default_models').where(reference).delete();
    await transaction('byom.assignments').where(reference).delete();
    await deleteRow(transaction, org, slug);
    const before = { ...toValues(current), usedBy: used.assignmentCount + Number(used.isDefault) };
    return { action: 'model.delete', resource: `models/${slug}`, before, after: null, result: null };
  });
}

/** A model of the platform may be chosen by organizations that nobody here may look into; the foreign key sees them. */
async function deleteRow(transaction: Knex.Transaction, org: string, slug: string): Promise<void> {
  try {
    await rowsOf(transaction, org, slug).delete();
  } catch (error) {
    if ((error as { code?: unknown }).code !== '23503') throw error;
    throw new Refused('in-use', 'Other organizations chose this model. Switch it off instead.', {
      dependents: [{ kind: 'organizations' }],
      resolutions: [],
    });
  }
}

async function inUse(
  transaction: Knex.Transaction,
  org: string,
  model: Model,
  used: Dependents,
): Promise<Refused> {
  const others = (await transaction('byom.models')
    .where({ org_id: org, enabled: true })
    .whereNot({ slug: model.model })
    .orderBy('slug')
    .limit(5)
    .pluck('slug')) as string[];
  const uses = used.assignmentCount + Number(used.isDefault);
  return new Refused(
    'in-use',
    `${model.model} is used in ${toPlaces(uses)}. Choose what should happen there.`,
    {
      dependents: listDependents(used),
      resolutions: resolutionsFor(org, { slug: model.model, revision: model.revision }, others),
    },
  );
}

async function dependentsOf(transaction: Knex.Transaction, org: string, slug: string): Promise<Dependents> {
  return (await findOne<Dependents>(transaction, org, readDependents(slug))) as Dependents;
}

async function referenceTo(
  transaction: Knex.Transaction,
  org: string,
  slug: string,
): Promise<{ model_org: string; model_id: string }> {
  const { id } = (await rowsOf(transaction, org, slug).first('id')) as { id: string };
  return { model_org: org, model_id: id };
}

function rowsOf(transaction: Knex.Transaction, org: string, slug: string): Knex.QueryBuilder {
  return transaction('byom.models').where({ org_id: org, slug });
}

async function need(transaction: Knex.Transaction, org: string, slug: string): Promise<Model> {
  const model = await find(transaction, org, slug);
  if (model === null) throw new Refused('not-found', 'There is no such model.');
  return model;
}

async function find(transaction: Knex.Transaction, org: string, slug: string): Promise<Model | null> {
  return findOne<Model>(transaction, org, readModel(slug));
}

/** In one order of keys and one spelling of decimals, so that the same is the same. */
function toValues(model: Omit<Model, 'model' | 'revision'>) {
  const { provider, upstreamId, name, enabled, supports, limits, price } = model;
  return {
    provider,
    upstreamId,
    name,
    enabled,
    supports: sorted(supports),
    limits: sorted(limits),
    price: price && {
      input: plain(price.input),
      output: plain(price.output),
      ...(price.cachedInput === undefined ? {} : { cachedInput: plain(price.cachedInput) }),
    },
  };
}

function sorted<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))) as T;
}

function plain(decimal: string): string {
  return decimal
    .replace(/^0+(?=\d)/, '')
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
}

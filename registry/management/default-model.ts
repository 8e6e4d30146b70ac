import type { Knex } from 'knex';
import { upsert } from '../apply/upsert.ts';
import { changeAs, type Changed, type ChangeOptions } from './change.ts';
import { needModel } from './need-model.ts';
import { permitPut, requireMatch, type IfMatch } from './precondition.ts';
import { findOne, ofOrg, type OrgQuery } from './read.ts';
import { Refused } from './refused.ts';

/** The one model that an organization uses where nothing is assigned; under `platform`, the platform's. */
export interface DefaultModel {
  readonly model: string;
  readonly revision: string;
}

export function readDefaultModel(): OrgQuery {
  return {
    sql: `select jsonb_build_object('model', byom.model_slug($2, d.model_org, d.model_id), 'revision', d.revision::text)
      from byom.default_models d where ${ofOrg('d')}`,
  };
}

export async function putDefaultModel(
  database: Knex,
  options: ChangeOptions,
  model: string,
  ifMatch: IfMatch,
): Promise<Changed<{ readonly current: DefaultModel | null }>> {
  return changeAs(database, options, async (transaction) => {
    const { org } = options;
    const current = await findOne<DefaultModel>(transaction, org, readDefaultModel());
    permitPut(current, ifMatch, current?.model === model);
    const found = await needModel(transaction, org, model, '/model');
    await upsert(transaction, 'default_models', { org_id: org }, { ...found });
    const before = current && { model: current.model };
    return {
      action: 'default-model.put',
      resource: 'default-model',
      before,
      after: { model },
      result: { current },
    };
  });
}

/** From then on Behaviors without an assignment go by `whenMissing`. */
export async function deleteDefaultModel(
  database: Knex,
  options: ChangeOptions,
  ifMatch: IfMatch,
): Promise<Changed<null>> {
  return changeAs(database, options, async (transaction) => {
    const { org } = options;
    const current = await findOne<DefaultModel>(transaction, org, readDefaultModel());
    if (current === null) throw new Refused('not-found', 'There is no default.');
    requireMatch(current, ifMatch);
    await transaction('byom.default_models').where({ org_id: org }).delete();
    const before = { model: current.model };
    return { action: 'default-model.delete', resource: 'default-model', before, after: null, result: null };
  });
}

import type { Knex } from 'knex';
import { findModel, type FoundModel } from '../apply/within-organization.ts';
import { Refused } from './refused.ts';

/** The model that an organization chooses under this name, its own or `platform/<slug>`. Throws `invalid` with the pointer. */
export async function needModel(
  transaction: Knex.Transaction,
  org: string,
  name: string,
  pointer: string,
): Promise<FoundModel> {
  const found = await findModel(transaction, org, name);
  if (found !== undefined) return found;
  const owner = name.startsWith('platform/') ? 'the platform' : 'this organization';
  throw new Refused('invalid', `${name} is no model of ${owner}.`, { pointer });
}

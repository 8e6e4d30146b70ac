import type { Knex } from 'knex';
import { findProviderId } from '../apply/within-organization.ts';
import { Refused } from './refused.ts';

/** Throws `invalid`, with the pointer of the first one that is no provider of this organization. */
export async function needProviders(
  transaction: Knex.Transaction,
  org: string,
  slugs: readonly string[],
  pointer: string,
): Promise<void> {
  for (const [index, slug] of slugs.entries()) {
    if ((await findProviderId(transaction, org, slug)) === undefined) {
      throw new Refused('invalid', `${slug} is no provider of this organization.`, {
        pointer: `${pointer}/${index}`,
      });
    }
  }
}

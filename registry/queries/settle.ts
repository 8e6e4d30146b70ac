import type { Knex } from 'knex';
import { completeOutcome } from '../../contract/index.ts';
import type { LedgerSums, RunOutcome } from '../../contract/index.ts';
import type { CallToSettle } from '../registry.ts';
import { sealAnswer } from '../secrets/answer-box.ts';
import type { OpenKeys } from '../secrets/key-ring.ts';
import { askPostgres } from './ask-postgres.ts';

export async function settle(
  database: Knex,
  keys: OpenKeys,
  { result, ...call }: CallToSettle,
): Promise<RunOutcome | null> {
  if (result.state !== 'answered') {
    await askPostgres(database, 'settle', { ...call, result });
    return null;
  }
  const { reply, valid, ends, state } = result;
  // An answer that ends its run is kept as the outcome's text.
  const kept = ends === null ? sealAnswer(reply, call, keys, new Date()) : null;
  const sums = await askPostgres<LedgerSums | null>(database, 'settle', {
    ...call,
    result: { state, valid, ends, usage: reply.usage, ...kept },
  });
  return ends === null || sums === null ? null : completeOutcome(ends.draft, sums);
}

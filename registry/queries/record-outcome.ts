import type { Knex } from 'knex';
import { completeOutcome } from '../../contract/index.ts';
import type { LedgerSums, RunOutcome } from '../../contract/index.ts';
import type { RecordToKeep } from '../registry.ts';
import { askPostgres } from './ask-postgres.ts';

export async function recordOutcome(database: Knex, record: RecordToKeep): Promise<RunOutcome> {
  const sums = await askPostgres<LedgerSums>(database, 'record_outcome', record);
  return completeOutcome(record.draft, sums);
}

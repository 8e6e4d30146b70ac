import type { Knex } from 'knex';
import type { LostRun } from '../registry.ts';
import { askPostgres } from './ask-postgres.ts';

export function recordLost(database: Knex, lost: LostRun): Promise<boolean> {
  return askPostgres<boolean>(database, 'record_lost', lost);
}

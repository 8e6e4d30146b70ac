import type { Knex } from 'knex';
import { askPostgres } from './ask-postgres.ts';

/** Rows of each kind: an answer may have a mebibyte, and a statement a second and a half. */
const most = 100;

export function sweepStale(database: Knex): Promise<boolean> {
  return askPostgres<boolean>(database, 'sweep_stale', { most });
}

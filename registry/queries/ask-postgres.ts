import type { Knex } from 'knex';
import { Failure } from '../../contract/index.ts';
import { queryOnce } from './query-once.ts';

/** The SQL functions that serve runs. */
export type SqlFunction =
  | 'resolve'
  | 'begin'
  | 'settle'
  | 'record_outcome'
  | 'record_lost'
  | 'begin_test'
  | 'record_test'
  | 'sweep_stale';

/** Asks one SQL function in one round trip. Throws our own failures and, for everything else, `registry.unavailable`. */
export async function askPostgres<T>(database: Knex, name: SqlFunction, question: object): Promise<T> {
  try {
    const sql = `select byom.${name}($1::jsonb) as answer`;
    const row = await queryOnce<{ answer: T }>(database, sql, [toJsonb(question)]);
    return row?.answer as T;
  } catch (error) {
    throw toRegistryFailure(error, question);
  }
}

/** Whatever went wrong on the way to Postgres, in our words; its own may hold values of the statement. */
export function toRegistryFailure(error: unknown, question: object = {}): Failure {
  if (error instanceof Failure) return error;
  const code = (error as { code?: unknown } | null)?.code;
  if (code === 'BY001')
    return new Failure(
      'run.invalid',
      `Organization ${String((question as { org?: unknown }).org)} is not registered; an operator adds it with \`byom apply\`.`,
    );
  const known = typeof code === 'string' && /^[A-Z0-9_]{3,20}$/.test(code) ? ` (${code})` : '';
  return new Failure('registry.unavailable', `The registry does not answer${known}.`);
}

/** jsonb takes neither U+0000 nor half of a surrogate pair, and a model's text may hold both. */
function toJsonb(value: object): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'string' ? part.toWellFormed().replaceAll('\0', '\uFFFD') : part,
  );
}

import knex from 'knex';
import type { Knex } from 'knex';

export interface PoolOptions {
  readonly max?: number;
  /** Per statement, milliseconds. */
  readonly statementTimeoutMs?: number;
}

/**
 * A pool of connections. Nothing is sent at start-up that PgBouncer does not know: the time limit on statements is set
 * afterwards, and none is a named one.
 */
export function openDatabase(url: string, { max = 10, statementTimeoutMs }: PoolOptions = {}): Knex {
  const limitMs = statementTimeoutMs ?? 0;
  return knex({
    client: 'pg',
    log: silent,
    connection: {
      connectionString: url,
      application_name: 'pipe-byom',
      connectionTimeoutMillis: 1_500,
      // The server's limit comes first; this one is for a server that has gone silent.
      ...(limitMs > 0 ? { query_timeout: limitMs + 300 } : {}),
    },
    acquireConnectionTimeout: limitMs > 0 ? limitMs + 300 : 10_000,
    pool: {
      min: 0,
      max,
      afterCreate: (connection: RawConnection, done: (error: Error | null, connection: unknown) => void) => {
        connection.query(`set statement_timeout = ${limitMs}`, (error) => done(error, connection));
      },
    },
  });
}

/** knex would print the driver's messages, which may hold hosts and values; every error is thrown anyway. */
const silent = { warn: () => {}, error: () => {}, deprecate: () => {}, debug: () => {} };

interface RawConnection {
  query(text: string, done: (error: Error | null) => void): void;
}

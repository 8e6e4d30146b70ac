import type { Knex } from 'knex';
import type { Client, QueryResultRow } from 'pg';

/**
 * One statement with `$1`, `$2` … on a connection of the pool, straight through the driver. What knex builds around a raw
 * statement (names to numbers, events, the statement printed into its errors) costs more than the driver itself.
 */
export async function queryOnce<Row extends QueryResultRow>(
  database: Knex,
  text: string,
  values: readonly (string | null)[],
): Promise<Row | undefined> {
  const pool = database.client as Pick<Knex.Client, 'acquireConnection' | 'releaseConnection'>;
  const connection = (await pool.acquireConnection()) as Client;
  try {
    const { rows } = await connection.query<Row>(text, [...values]);
    return rows[0];
  } finally {
    await pool.releaseConnection(connection);
  }
}

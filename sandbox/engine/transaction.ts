import type { Pool, PoolClient } from 'pg';

/** Where SQL may be sent: a pool, or a client inside of a transaction. */
export type Sql = Pick<PoolClient, 'query'>;

/** All of it or nothing. */
export async function inTransaction<T>(pool: Pool, work: (sql: Sql) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken = false;
  // The pool listens to idle ones alone, and an error that nobody listens to ends the process; the query tells it as well.
  const breaks = (): void => {
    broken = true;
  };
  client.on('error', breaks);
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => {
      broken = true;
    });
    throw error;
  } finally {
    client.off('error', breaks);
    client.release(broken);
  }
}

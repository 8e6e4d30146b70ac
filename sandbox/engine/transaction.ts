import type { Pool, PoolClient } from 'pg';

/** Where SQL may be sent: a pool, or a client inside of a transaction. */
export type Sql = Pick<PoolClient, 'query'>;

/** All of it or nothing. */
export async function inTransaction<T>(pool: Pool, work: (sql: Sql) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken = false;
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
    client.release(broken);
  }
}

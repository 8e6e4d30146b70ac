import { changeAs, openDatabase } from '../../registry/index.ts';
import { ask, freshDatabase } from '../support/database.ts';

test('a change for which nobody waits any more is rolled back, and said to be none', async () => {
  const database = await freshDatabase();
  const pool = openDatabase(database.apiUrl, { max: 1 });
  const waiting = new AbortController();
  const options = { org: 'platform', actor: 'user:a', requestId: 'r', dryRun: false, signal: waiting.signal };
  const change = (requestId: string, work: () => void) =>
    changeAs(pool, { ...options, requestId }, async () => {
      work();
      return { action: 'model.put', resource: 'models/a', before: null, after: { a: 1 }, result: null };
    });
  const audited = async () =>
    (await ask(database.superuserUrl, "select 1 from byom.audit_events where org_id = 'platform'")).length;
  try {
    await change('in-time', () => {});
    const before = await audited();
    await expect(change('late', () => waiting.abort())).rejects.toMatchObject({
      type: 'registry.unavailable',
    });
    expect([before, await audited()]).toEqual([1, 1]);
  } finally {
    await pool.destroy();
    await database.drop();
  }
});

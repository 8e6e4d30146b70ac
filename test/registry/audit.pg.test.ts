import {
  changeAs,
  openDatabase,
  pruneAudit,
  readAuditHead,
  verifyAudit,
  type AuditHead,
  type VerifiedAudit,
} from '../../registry/index.ts';
import { ask, freshDatabase, refusalOf, type TestDatabase } from '../support/database.ts';

const opened: TestDatabase[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.drop()));
});

async function open(): Promise<TestDatabase> {
  const database = await freshDatabase();
  opened.push(database);
  await ask(
    database.superuserUrl,
    `insert into byom.organizations (org_id, name) values ('a', 'A'), ('b', 'B')`,
  );
  return database;
}

/** Writes `count` events by `writers` at once, with values that are hard to write down twice in the same way. */
async function write(
  { apiUrl }: TestDatabase,
  { org = 'a', count, writers = 1 }: { org?: string; count: number; writers?: number },
): Promise<void> {
  const pool = openDatabase(apiUrl, { max: writers });
  const one = async (index: number): Promise<void> => {
    const options = { org, actor: 'user:i#ü "quoted"', requestId: `r-${index}`, dryRun: false };
    const after = { index, price: '0.10', number: 1.5, text: 'a\n\u2028"\\', list: [null, {}], none: null };
    const before = index % 3 === 0 ? null : { b: 1, a: { z: 1e21, y: -0.0001 } };
    const change = { action: 'thing.put', resource: `things/${index}`, before, after, result: null };
    await changeAs(pool, options, () => Promise.resolve(change));
  };
  try {
    for (let from = 0; from < count; from += writers)
      await Promise.all(
        Array.from({ length: Math.min(writers, count - from) }, (_unused, n) => one(from + n + 1)),
      );
  } finally {
    await pool.destroy();
  }
}

function maintenanceOf({ ownerUrl }: TestDatabase): string {
  const url = new URL(ownerUrl);
  url.username = 'byom_maintenance';
  return url.href;
}

async function verify(
  database: TestDatabase,
  exported: AuditHead | null = null,
  url = maintenanceOf(database),
): Promise<VerifiedAudit> {
  const all: VerifiedAudit[] = [];
  for await (const one of verifyAudit(url, { org: 'a', exported })) all.push(one);
  expect(all).toHaveLength(1);
  return all[0] as VerifiedAudit;
}

/** As somebody with all rights in the database would, past every trigger. */
async function tamper({ superuserUrl }: TestDatabase, sql: string): Promise<void> {
  await ask(superuserUrl, `begin; set local session_replication_role = replica; ${sql}; commit`);
}

test('twenty writers at once make one chain, with times that go up', async () => {
  const database = await open();
  await write(database, { count: 60, writers: 20 });
  const rows = await ask<{ seq: string; request_id: string }>(
    database.superuserUrl,
    `select seq, request_id from byom.audit_events where org_id = 'a' order by at`,
  );
  expect(rows.map(({ seq }) => Number(seq))).toEqual(Array.from({ length: 60 }, (_unused, n) => n + 1));
  expect(new Set(rows.map(({ request_id }) => request_id)).size).toBe(60);
  const verified = await verify(database);
  expect(verified).toMatchObject({ events: 60, fault: null, head: { seq: '60' } });
});

test('what was written verifies whatever the time zone and the date style of who asks, also for the owner', async () => {
  const database = await open();
  await write(database, { count: 5 });
  for (const role of ['byom_maintenance', 'byom_owner'])
    await ask(
      database.superuserUrl,
      `alter role ${role} in database ${new URL(database.ownerUrl).pathname.slice(1)} set timezone = 'Asia/Kathmandu'`,
    );
  expect((await verify(database)).fault).toBeNull();
  const asOwner = await verify(database, null, database.ownerUrl);
  expect(asOwner).toMatchObject({ events: 5, fault: null });
});

test('every organization is verified when none is named, and one that is not there is said', async () => {
  const database = await open();
  await write(database, { count: 3 });
  await write(database, { org: 'b', count: 2 });
  await tamper(database, `update byom.audit_events set actor = 'x' where org_id = 'b' and seq = 2`);
  for (const url of [maintenanceOf(database), database.ownerUrl]) {
    const found: unknown[] = [];
    for await (const { org, fault } of verifyAudit(url, { org: null, exported: null }))
      found.push([org, fault]);
    expect(found).toEqual([
      ['a', null],
      ['b', { seq: '2', what: 'edited' }],
      ['platform', null],
    ]);
  }
  await expect(readAuditHead(database.ownerUrl, 'nobody')).rejects.toMatchObject({ type: 'run.invalid' });
});

const where = `where org_id = 'a' and seq = 4`;
test.each([
  ['the actor', `update byom.audit_events set actor = 'user:i#somebody' ${where}`],
  ['the action', `update byom.audit_events set action = 'thing.delete' ${where}`],
  ['the resource', `update byom.audit_events set resource = 'things/5' ${where}`],
  ['the time', `update byom.audit_events set at = at + interval '1 microsecond' ${where}`],
  ['the request', `update byom.audit_events set request_id = 'r-5' ${where}`],
  ['what was before', `update byom.audit_events set before = '{"b": 2}' ${where}`],
  [
    'no value before into a JSON null',
    `update byom.audit_events set before = 'null' where org_id = 'a' and seq = 3`,
  ],
  ['what came after', `update byom.audit_events set after = after || '{"index": 9}' ${where}`],
  ['the last digit of a number', `update byom.audit_events set after = after || '{"number": 1.50}' ${where}`],
  ['the hash', `update byom.audit_events set hash = sha256('x') ${where}`],
])('an edit of %s is named', async (what, sql) => {
  const database = await open();
  await write(database, { count: 6 });
  expect((await verify(database)).fault).toBeNull();
  await tamper(database, sql);
  const seq = what.startsWith('no value') ? '3' : '4';
  expect((await verify(database)).fault).toEqual({ seq, what: 'edited' });
});

const rehash = `update byom.audit_events e set hash = byom.audit_hash(e)`;
test.each([
  ['the first event is deleted', `delete from byom.audit_events where seq = 1`, '1', 'deleted'],
  ['one in the middle is deleted', `delete from byom.audit_events where seq = 4`, '4', 'deleted'],
  [
    'one is deleted and the others close up',
    `delete from byom.audit_events where seq = 4; update byom.audit_events set seq = seq - 1 where seq > 4`,
    '4',
    'edited',
  ],
  [
    'two change places',
    `update byom.audit_events set seq = -seq where seq in (3, 4); update byom.audit_events set seq = 7 + seq where seq < 0`,
    '3',
    'edited',
  ],
  [
    'one is edited and its hash made to fit',
    `update byom.audit_events set actor = 'x' where seq = 4; ${rehash} where seq = 4`,
    '5',
    'moved',
  ],
  ['the last one is cut off', `delete from byom.audit_events where seq = 6`, '6', 'cut-off'],
  ['the tail is cut off', `delete from byom.audit_events where seq > 2`, '3', 'cut-off'],
  [
    'the last one is edited and its hash made to fit',
    `update byom.audit_events set actor = 'x' where seq = 6; ${rehash} where seq = 6`,
    '6',
    'unknown-to-head',
  ],
  ['the head is deleted', `delete from byom.audit_heads where org_id = 'a'`, '6', 'unknown-to-head'],
  [
    'the beginning is dropped and the head told so',
    `update byom.audit_heads h set pruned_seq = 3, pruned_hash = e.hash from byom.audit_events e
       where h.org_id = 'a' and e.org_id = 'a' and e.seq = 3;
     delete from byom.audit_events where seq <= 3`,
    '3',
    'dropped',
  ],
])('when %s, the first event concerned is named', async (_what, sql, seq, what) => {
  const database = await open();
  await write(database, { count: 6 });
  await tamper(database, sql);
  expect((await verify(database)).fault).toEqual({ seq, what });
});

test('whoever rewrites the whole chain and its head is found out by a head that was exported', async () => {
  const database = await open();
  await write(database, { count: 6 });
  const exported = await readAuditHead(maintenanceOf(database), 'a');
  expect((await verify(database, exported)).fault).toBeNull();
  await write(database, { count: 2 });
  expect((await verify(database, exported)).fault).toBeNull();

  await tamper(
    database,
    `delete from byom.audit_events where seq > 4;
     update byom.audit_heads h set seq = 4, hash = e.hash from byom.audit_events e where h.org_id = 'a' and e.seq = 4`,
  );
  expect((await verify(database)).fault).toBeNull();
  expect((await verify(database, exported)).fault).toEqual({ seq: '5', what: 'cut-off' });

  await write(database, { count: 3 });
  expect((await verify(database)).fault).toBeNull();
  expect((await verify(database, exported)).fault).toEqual({ seq: '6', what: 'not-as-exported' });
});

test('what is old is dropped through one function, which says so, and the rest still verifies', async () => {
  const database = await open();
  await write(database, { count: 4 });
  const early = await readAuditHead(database.ownerUrl, 'a');
  const rows = await ask<{ now: Date }>(database.superuserUrl, 'select clock_timestamp() as now');
  await write(database, { count: 3 });
  const late = await readAuditHead(database.ownerUrl, 'a');
  const prune = (before: Date) =>
    pruneAudit(maintenanceOf(database), { org: 'a', before, actor: 'database:m', requestId: 'r' });

  const [row] = rows;
  expect(await prune(row?.now as Date)).toEqual({ events: 4, seq: '4' });
  expect(await verify(database)).toMatchObject({ events: 4, fault: null });
  const told = await ask(
    database.superuserUrl,
    `select seq, actor, after from byom.audit_events where org_id = 'a' and action = 'audit.prune'`,
  );
  expect(told).toEqual([{ seq: '8', actor: 'database:m', after: early }]);
  expect((await verify(database, early)).fault).toBeNull();
  expect((await verify(database, late)).fault).toBeNull();
  expect(await prune(row?.now as Date)).toEqual({ events: 0, seq: '4' });

  expect(await prune(new Date(Date.now() + 60_000))).toEqual({ events: 4, seq: '8' });
  expect(await verify(database)).toMatchObject({ events: 1, fault: null, head: { seq: '9' } });
  expect((await verify(database, late)).fault).toEqual({ seq: '7', what: 'pruned' });
  await write(database, { count: 2 });
  expect(await verify(database)).toMatchObject({ events: 3, fault: null });
});

test('nobody who serves or owns changes or deletes an event in any other way', async () => {
  const database = await open();
  await write(database, { count: 2 });
  const urls = [database.apiUrl, database.workerUrl, maintenanceOf(database)];
  for (const url of urls) {
    expect(await refusalOf(url, `delete from byom.audit_events`)).toBe('42501');
    expect(await refusalOf(url, `update byom.audit_events set actor = 'x'`)).toBe('42501');
    expect(await refusalOf(url, `update byom.audit_heads set seq = 0`)).toBe('42501');
  }
  for (const url of [database.ownerUrl, database.superuserUrl])
    for (const sql of [
      'delete from byom.audit_events',
      `update byom.audit_events set actor = 'x'`,
      'truncate byom.audit_events',
    ])
      expect(await refusalOf(url, sql)).toBe('BY002');
  const prune = `select byom.prune_audit('a', now(), 10, 'x', 'x')`;
  expect(await refusalOf(database.apiUrl, prune)).toBe('42501');
  expect(await refusalOf(database.workerUrl, prune)).toBe('42501');
  expect(await verify(database)).toMatchObject({ events: 2, fault: null });
});

test('a chain with a hole is not pruned past it', async () => {
  const database = await open();
  await write(database, { count: 3 });
  await tamper(database, `delete from byom.audit_events where seq = 3`);
  const options = { org: 'a', before: new Date(), actor: 'database:m', requestId: 'r' };
  await expect(pruneAudit(maintenanceOf(database), options)).rejects.toMatchObject({
    type: 'run.invalid',
    message: expect.stringContaining('`byom audit verify`') as unknown,
  });
  expect((await verify(database)).fault).toEqual({ seq: '3', what: 'cut-off' });
});

import { createApi } from '../../api/index.ts';
import { generateKeys, parseSealKeys } from '../../registry/index.ts';
import { ask, emptyDatabase, freshDatabase, type TestDatabase } from '../support/database.ts';
import { buildByom, expectRefused, runByom, type Ran } from '../support/run-byom.ts';

let database: TestDatabase;
let empty: TestDatabase;
beforeAll(async () => {
  buildByom();
  [database, empty] = await Promise.all([freshDatabase(), emptyDatabase()]);
  await ask(
    database.superuserUrl,
    `insert into byom.organizations (org_id, name) values ('acme', 'Acme'), ('globex', 'Globex')`,
  );
});
afterAll(() => Promise.all([database.drop(), empty.drop()]));

const asPlatform = ['--org', 'platform', '--role', 'platform-admin'];

function asOwner(...args: string[]): Promise<Ran> {
  return runByom(args, { BYOM_DATABASE_URL: database.ownerUrl });
}

function asMaintenance(...args: string[]): Promise<Ran> {
  const url = new URL(database.ownerUrl);
  url.username = 'byom_maintenance';
  return runByom(args, { BYOM_MAINTENANCE_DATABASE_URL: url.href });
}

async function statusWith(token: string, path: string): Promise<number> {
  const sealKeys = parseSealKeys(generateKeys('test').sealRing);
  const api = createApi({ databaseUrl: database.apiUrl, sealKeys });
  try {
    const headers = { authorization: `Bearer ${token}` };
    return (await api.fetch(new Request(`http://api.test${path}`, { headers }))).status;
  } finally {
    await api.close();
  }
}

test('the first token opens the API, is alone on stdout, and stands in the audit without itself', async () => {
  const { code, stdout, stderr } = await asOwner('tokens', 'bootstrap', ...asPlatform);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^byom_st_\S+\n$/)]);
  const token = stdout.trim();
  expect(stderr).not.toContain(token);
  expect(await statusWith(token, '/v1/orgs')).toBe(200);
  expect(await statusWith(token, '/v1/orgs/acme/models')).toBe(200);
  const events = await ask<{ actor: string; row: string }>(
    database.superuserUrl,
    `select actor, to_jsonb(e)::text as row from byom.audit_events e where org_id = 'platform'`,
  );
  expect(events).toMatchObject([{ actor: 'database:byom_owner' }]);
  expect(events[0]?.row).toContain('platform-admin');
  expect(events[0]?.row).not.toContain(token.slice(21, 64));
});

test('with --json it is one line of JSON, and it lives as long as was said', async () => {
  const options = ['--org', 'acme', '--role', 'viewer', '--hours', '2', '--json'];
  const { stdout, stderr } = await asOwner('tokens', 'bootstrap', ...options);
  const said = JSON.parse(stdout) as { token: string; id: string; role: string; expiresAt: string };
  expect([stderr, stdout.split('\n').length, said.role]).toEqual(['', 2, 'viewer']);
  expect(await statusWith(said.token, '/v1/orgs/acme/models')).toBe(200);
  expect(await statusWith(said.token, '/v1/orgs/globex/models')).toBe(404);
  const rows = await ask<{ hours: number }>(
    database.superuserUrl,
    'select extract(epoch from expires_at - created_at)::int / 3600 as hours from byom.service_tokens where id = $1',
    [said.id],
  );
  expect(rows).toEqual([{ hours: 2 }]);
});

test.each([
  [['--org', 'acme', '--role', 'platform-admin'], '--role: a platform-admin belongs to the platform'],
  [['--org', 'acme', '--role', 'pipe-admin'], '--role: can be platform-admin, org-admin'],
  [['--org', 'nobody', '--role', 'viewer'], '--org: there is no organization nobody'],
  [[...asPlatform, '--hours', '25'], '--hours: a whole number from 1 to 24'],
  [[...asPlatform, '--hours', 'x'], '--hours: a whole number from 1 to 24'],
])('byom tokens bootstrap %j says what is wrong', async (args, what) => {
  expectRefused(await asOwner('tokens', 'bootstrap', ...args), what);
});

test('no token is made where the owner is not named or no registry is', async () => {
  expectRefused(await runByom(['tokens', 'bootstrap', ...asPlatform]), 'BYOM_DATABASE_URL is not set');
  const onEmpty = { BYOM_DATABASE_URL: empty.ownerUrl };
  expectRefused(await runByom(['tokens', 'bootstrap', ...asPlatform], onEmpty), 'run `byom migrate up`');
  const asApi = { BYOM_DATABASE_URL: database.apiUrl };
  const refused = await runByom(['audit', 'prune', '--org', 'acme', '--before', '2026-01-01'], asApi);
  expectRefused(refused, 'connect as byom_maintenance, or as the owner');
});

test('an exported head, a verified chain, a beginning dropped for its age, and a forgery that is named', async () => {
  for (let made = 0; made < 3; made += 1)
    await asOwner('tokens', 'bootstrap', '--org', 'globex', '--role', 'viewer');
  const head = (await asMaintenance('audit', 'head', '--org', 'globex')).stdout.trim();
  expect(head).toMatch(/^3:[0-9a-f]{64}$/);
  const good = await asMaintenance('audit', 'verify', '--org', 'globex', '--head', head);
  expect(good).toMatchObject({
    code: 0,
    stdout: `globex: 3 events as they were written; the head is ${head}.\n`,
  });
  const asJson = await asOwner('audit', 'head', '--org', 'globex', '--json');
  expect(JSON.parse(asJson.stdout)).toEqual({ org: 'globex', seq: '3', hash: head.slice(2) });

  const early = await asMaintenance('audit', 'prune', '--org', 'globex', '--before', '2020-01-01');
  expect(early).toMatchObject({ code: 0, stdout: 'globex: nothing is that old.\n' });
  const before = new Date().toISOString();
  const pruned = await asMaintenance('audit', 'prune', '--org', 'globex', '--before', before);
  expect(pruned).toMatchObject({ code: 0, stdout: 'globex: 3 events dropped, up to 3.\n' });
  const after = await asMaintenance('audit', 'verify', '--json');
  const lines = after.stdout.trim().split('\n');
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { org: 'acme', fault: null },
    { org: 'globex', events: 1, fault: null },
    { org: 'platform', fault: null },
  ]);

  await ask(
    database.superuserUrl,
    `begin; set local session_replication_role = replica;
     update byom.audit_events set actor = 'x' where org_id = 'globex'; commit`,
  );
  const forged = await asOwner('audit', 'verify');
  expect([forged.code, forged.stdout]).toEqual([1, expect.stringContaining('globex: event 4 was edited.\n')]);
  expect(forged.stdout.split('\n')).toHaveLength(4);
});

test.each([
  [['verify', '--head', `1:${'0'.repeat(64)}`], '--head: is the head of one organization: add `--org`'],
  [['verify', '--org', 'acme', '--head', '1'], '--head: <seq>:<hash>'],
  [['verify', '--org', 'nobody'], 'There is no organization nobody'],
  [['head', '--org', 'nobody'], 'There is no organization nobody'],
  [['prune', '--org', 'nobody', '--before', '2026-01-01'], 'There is no organization nobody'],
  [['prune', '--org', 'acme', '--before', 'yesterday'], '--before: a date such as 2026-01-31'],
  [['prune', '--org', 'acme', '--before', '2026-01-31T12:00:00'], '--before: a date such as 2026-01-31'],
  [['prune', '--org', 'acme', '--before', '2999-01-01'], '--before: lies ahead'],
])('byom audit %j says what is wrong', async (args, what) => {
  expectRefused(await asOwner('audit', ...args), what);
});

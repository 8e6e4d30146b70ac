import { ask, freshDatabase, type TestDatabase } from '../support/database.ts';
import { insertOldAnswer, insertOldKey, insertOldRun, insertOldTest, leftOf } from '../support/old-rows.ts';
import { buildByom, expectRefused, runByom, type Ran } from '../support/run-byom.ts';

beforeAll(buildByom);

let database: TestDatabase;
let url: string;
beforeEach(async () => {
  database = await freshDatabase();
  url = database.superuserUrl;
  await ask(
    url,
    `insert into byom.organizations (org_id, name) values ('acme', 'Acme'), ('globex', 'Globex')`,
  );
});
afterEach(() => database.drop());

function prune(...args: string[]): Promise<Ran> {
  const asMaintenance = new URL(database.ownerUrl);
  asMaintenance.username = 'byom_maintenance';
  return runByom(['prune', ...args], { BYOM_MAINTENANCE_DATABASE_URL: asMaintenance.href });
}

async function countsOf(ran: Promise<Ran>): Promise<readonly object[]> {
  const { code, stdout, stderr } = await ran;
  expect([code, stderr]).toEqual([0, '']);
  const lines = stdout.trim().split('\n');
  return lines.map((line) => JSON.parse(line) as object);
}

const nothing = {
  attempts: 0,
  runs: 0,
  answers: 0,
  tests: 0,
  idempotencyKeys: 0,
  testSecrets: 0,
  credentials: 0,
};

async function fill(org: string): Promise<void> {
  await insertOldRun(url, { org, id: `${org}-old`, days: 401 });
  await insertOldRun(url, { org, id: `${org}-open`, days: 401, open: true });
  await insertOldRun(url, { org, id: `${org}-young`, days: 399 });
  await insertOldAnswer(url, org, `${org}-old`, 1);
  await insertOldAnswer(url, org, `${org}-open`, 25);
  await insertOldAnswer(url, org, `${org}-young`, 23);
  await insertOldKey(url, org, `${org}-old`, 25);
  await insertOldKey(url, org, `${org}-young`, 23);
  await insertOldTest(url, org, 'month-old', 24 * 30 + 1);
  await insertOldTest(url, org, 'day-old', 24);
  await ask(
    url,
    `with made as (
       insert into byom.providers (org_id, slug, vendor, name, needs_credential, audience)
         values ($1, 'x', 'custom', 'X', true, 'a') returning id)
     insert into byom.credentials
         (org_id, provider_id, generation, state, key_id, audience, wrapped_key, ciphertext, fingerprint, created_at)
       select $1, id, n, case n when 1 then 'retiring' else 'active' end, 'k', 'a', '\\x01', '\\x01', '\\x01',
         now() - interval '16 minutes' from made, generate_series(1, 2) n`,
    [org],
  );
}

test('what is old goes, in all organizations; a run without an outcome keeps its row and its call', async () => {
  await fill('acme');
  await fill('globex');
  const gone = {
    attempts: 1,
    runs: 1,
    answers: 1,
    tests: 1,
    idempotencyKeys: 1,
    testSecrets: 2,
    credentials: 1,
    dryRun: false,
  };
  expect(await countsOf(prune('--json'))).toEqual([
    { org: 'acme', ...gone },
    { org: 'globex', ...gone },
    { org: 'platform', ...nothing, dryRun: false },
  ]);
  const kept = ['acme-open', 'acme-young', 'globex-open', 'globex-young'];
  const young = ['acme-young', 'globex-young'];
  expect(await leftOf(url)).toEqual({
    attempts: kept,
    runs: kept,
    answers: young,
    keys: young,
    tests: ['day-old failed', 'day-old failed'],
  });
  expect(
    await ask(
      url,
      `select from byom.credentials where state = 'retiring' or (generation = 1 and ciphertext is not null)`,
    ),
  ).toHaveLength(0);
  expect(await countsOf(prune('--org', 'acme', '--json'))).toEqual([
    { org: 'acme', ...nothing, dryRun: false },
  ]);
});

test('a dry run counts the same and takes nothing; one organization is not another', async () => {
  await fill('acme');
  await fill('globex');
  const before = await leftOf(url);
  const { code, stdout } = await prune('--dry-run', '--org', 'acme', '--attempts-days', '400');
  expect([code, stdout]).toEqual([
    0,
    'acme: 1 calls, 1 runs, 1 answers, 1 tests and 1 idempotency keys would be deleted; 2 secrets of tests and 1 replaced credentials would be wiped.\n',
  ]);
  expect(await leftOf(url)).toEqual(before);
  await prune('--org', 'acme');
  const after = await leftOf(url);
  expect(after['runs']?.filter((run) => run.startsWith('globex'))).toHaveLength(3);
  expect(after['runs']).not.toContain('acme-old');
});

test('calls and runs have ages of their own', async () => {
  await insertOldRun(url, { org: 'acme', id: 'a', days: 31 });
  const ran = prune('--org', 'acme', '--attempts-days', '30', '--json');
  expect(await countsOf(ran)).toMatchObject([{ attempts: 1, runs: 0 }]);
  expect(await leftOf(url)).toMatchObject({ attempts: [], runs: ['a'] });
});

test('two at once take everything between them, and no more than was there', async () => {
  await ask(
    url,
    `insert into byom.runs (org_id, workflow_id, run_id, first_run_id, asked_at_ms, pipe_id, behavior_id, created_at, recorded_at)
       select 'acme', n::text, n::text, n::text, 1, 'p', 'b', now() - interval '2 years', now() - interval '2 years'
         from generate_series(1, 2500) n`,
  );
  const both = [prune('--org', 'acme', '--json'), prune('--org', 'acme', '--json')];
  const counts = (await Promise.all(both.map(countsOf))).flat() as { runs: number }[];
  expect(counts.map(({ runs }) => runs).reduce((sum, runs) => sum + runs, 0)).toBe(2_500);
  expect((await leftOf(url))['runs']).toEqual([]);
});

test('the owner can do it where no other role may log in; whoever serves cannot', async () => {
  await fill('acme');
  const asOwner = await runByom(['prune', '--json'], { BYOM_DATABASE_URL: database.ownerUrl });
  expect(await countsOf(Promise.resolve(asOwner))).toMatchObject([
    { org: 'acme', attempts: 1, runs: 1, credentials: 1 },
    { org: 'globex', ...nothing },
    { org: 'platform', ...nothing },
  ]);
  const refused = await runByom(['prune'], { BYOM_DATABASE_URL: database.apiUrl });
  expectRefused(refused, 'This role may not prune: connect as byom_maintenance, or as the owner');
});

test('its help says what a run that is gone allows', async () => {
  const { stdout } = await prune('--help');
  expect(stdout).toContain('can run again');
  expect(stdout).toContain("Temporal's retention");
});

test.each([
  [['--attempts-days', '0'], '--attempts-days: a whole number from 1 to 99999'],
  [['--runs-days', '1.5'], '--runs-days: a whole number from 1'],
  [['--org', 'nobody'], 'There is no organization nobody'],
])('byom prune %j says what is wrong', async (args, what) => {
  expectRefused(await prune(...args), what);
});

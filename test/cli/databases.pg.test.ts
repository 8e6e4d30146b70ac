import { schemaVersion } from '../../registry/index.ts';
import { ask, emptyDatabase, freshDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { buildByom, canary, expectRefused, generateRings, openFolder, runByom } from '../support/run-byom.ts';
import type { TestFolder } from '../support/run-byom.ts';

let database: TestDatabase;
let empty: TestDatabase;
let folder: TestFolder;
let rings: NodeJS.ProcessEnv;
let registryFile: string;

beforeAll(async () => {
  buildByom();
  [database, empty, folder, rings] = await Promise.all([
    freshDatabase(),
    emptyDatabase(),
    openFolder(),
    generateRings(),
  ]);
  registryFile = await folder.write('registry.yaml', 'version: 1\norganizations: { acme: {} }\n');
});
afterAll(async () => {
  await database.drop();
  await empty.drop();
  await folder.remove();
});

/** A URL with something else in it, and a password that must not be printed. */
function changed(url: string, change: (url: URL) => void): string {
  const other = new URL(url);
  other.password = canary;
  change(other);
  return other.href;
}

/** Each command that opens a database, with the setting it takes. */
const commands = {
  'migrate up': ['BYOM_DATABASE_URL', () => ['migrate', 'up']],
  'migrate status': ['BYOM_DATABASE_URL', () => ['migrate', 'status']],
  apply: ['BYOM_API_DATABASE_URL', () => ['apply', registryFile]],
  'keys status': ['BYOM_WORKER_DATABASE_URL', () => ['keys', 'status']],
  worker: ['BYOM_WORKER_DATABASE_URL', () => ['worker']],
} as const;
type CommandName = keyof typeof commands;
const all = Object.keys(commands) as CommandName[];

function urlFor(name: CommandName, of: TestDatabase): string {
  const [setting] = commands[name];
  if (setting === 'BYOM_DATABASE_URL') return of.ownerUrl;
  return setting === 'BYOM_API_DATABASE_URL' ? of.apiUrl : of.workerUrl;
}

function run(name: CommandName, url: string | undefined, env: NodeJS.ProcessEnv = {}) {
  const [setting, args] = commands[name];
  // Nobody listens at that address: the database is looked at before Temporal is.
  return runByom(args(), { TEMPORAL_ADDRESS: '127.0.0.1:1', ...rings, [setting]: url, ...env });
}

describe.each(['migrate up', 'apply', 'worker'] as const)('byom %s', (name) => {
  const [setting] = commands[name];

  test('says which setting is missing, or is no URL, without printing it', async () => {
    const [missing, other, broken] = await Promise.all([
      run(name, undefined),
      run(name, `mysql://${canary}`),
      run(name, `postgres://%zz:${canary}@h/d`),
    ]);
    expectRefused(missing, `${setting} is not set: set it to the URL of`);
    expectRefused(other, `${setting} is not a URL like postgres://`);
    expectRefused(broken, `${setting} is not a URL like postgres://`);
  });

  test('says whether it is the port, the name or the role that is not there', async () => {
    const [port, databaseName, role] = await Promise.all([
      run(
        name,
        changed(urlFor(name, database), (url) => (url.port = '1')),
      ),
      run(
        name,
        changed(urlFor(name, database), (url) => (url.pathname = '/nowhere')),
      ),
      run(
        name,
        changed(urlFor(name, database), (url) => (url.username = 'stranger')),
      ),
    ]);
    expectRefused(port, `${setting}: no Postgres answers at 127.0.0.1:1 (ECONNREFUSED): start it`);
    expectRefused(databaseName, `${setting}: there is no database nowhere at 127.0.0.1:`);
    expectRefused(role, `${setting}: role stranger may not log in at 127.0.0.1:`);
  });
});

describe.each(['apply', 'worker'] as const)('byom %s', (name) => {
  const [setting] = commands[name];

  test('refuses a database that was never migrated, and names the command', async () => {
    const url = changed(urlFor(name, empty), () => {});
    expectRefused(
      await run(name, url),
      `${setting}: the registry there is at version 0, and this byom needs ${schemaVersion}: run \`byom migrate up\``,
    );
    expect(await ask(empty.superuserUrl, `select to_regnamespace('byom') as schema`)).toEqual([
      { schema: null },
    ]);
  });

  test('refuses the owner, whom row-level security binds only by force', async () => {
    const url = changed(database.ownerUrl, () => {});
    expectRefused(await run(name, url), new RegExp(`${setting}: Role byom_owner owns table .*connect as`));
  });

  test('refuses a superuser, whom row-level security does not bind', async () => {
    const url = changed(database.superuserUrl, () => {});
    expectRefused(await run(name, url), `${setting}: Role postgres is a superuser: connect as byom_`);
  });

  test("refuses the role of another's work", async () => {
    const other = name === 'apply' ? database.workerUrl : database.apiUrl;
    const meant = name === 'apply' ? 'byom_api' : 'byom_worker';
    const url = changed(other, () => {});
    expectRefused(await run(name, url), `${setting}: the role there is neither ${meant} nor a member of it`);
  });
});

describe('a registry of a newer version', () => {
  let newer: TestDatabase;
  beforeAll(async () => {
    newer = await freshDatabase();
    await ask(
      newer.superuserUrl,
      `insert into byom.byom_migrations (name, batch, migration_time) values ('9999-later', 2, now())`,
    );
  });
  afterAll(() => newer.drop());

  test('is refused by every command, with the remedy, and nothing is written', async () => {
    const rans = await Promise.all(all.map((name) => run(name, urlFor(name, newer))));
    for (const ran of rans) expectRefused(ran, /upgrade pipe-byom\./);
    const written = `select org_id from byom.organizations where org_id <> 'platform'`;
    expect(await ask(newer.superuserUrl, written)).toEqual([]);
  });
});

test('an owner that may not create roles is told what it needs, and leaves nothing behind', async () => {
  expectRefused(await run('migrate up', empty.apiUrl), /give it CREATEROLE.*byom migrate sql/);
  expect(await ask(empty.superuserUrl, `select to_regnamespace('byom') as schema`)).toEqual([
    { schema: null },
  ]);
});

describe('key rings', () => {
  test.each([
    ['worker', 'BYOM_CREDENTIAL_KEYS'],
    ['keys status', 'BYOM_CREDENTIAL_KEYS'],
    ['apply', 'BYOM_CREDENTIAL_PUBLIC_KEYS'],
  ] as const)('byom %s needs %s, and says what makes one', async (name, ring) => {
    const url = urlFor(name, database);
    const env = { TEMPORAL_ADDRESS: '127.0.0.1:1' };
    const [missing, short, shapeless] = await Promise.all(
      ['', `first:${canary}`, canary].map((text) => run(name, url, { ...env, [ring]: text })),
    );
    expectRefused(missing!, `${ring} is not set: \`byom keys generate\` prints a key ring`);
    expectRefused(short!, `${ring}: key first does not have 32 bytes`);
    expectRefused(shapeless!, `${ring}: key 1 does not have the form id:base64url`);
  });

  test('a bad ring of run keys is named by its position', async () => {
    const env = { BYOM_RUN_KEYS: `first:${canary}` };
    expectRefused(
      await run('worker', database.workerUrl, env),
      'BYOM_RUN_KEYS: Run key 1: its secret is not',
    );
  });

  test('unsigned runs are refused where Temporal is on another machine', async () => {
    // An address for documentation: nobody is asked before the refusal.
    const env = { BYOM_RUN_KEYS: '', TEMPORAL_ADDRESS: '192.0.2.1:7233' };
    expectRefused(
      await run('worker', database.workerUrl, env),
      /BYOM_RUN_KEYS is not set.*byom keys generate.*BYOM_UNSIGNED_RUNS=allow/,
    );
    expectRefused(
      await run('worker', database.workerUrl, { ...env, BYOM_UNSIGNED_RUNS: 'yes' }),
      'BYOM_UNSIGNED_RUNS can only be "allow"',
    );
  });

  test('a ring without the key of a stored credential is not ready, and names the key', async () => {
    const sealed = await freshDatabase();
    try {
      const path = await folder.write(
        'sealed.yaml',
        `version: 1
organizations:
  acme: { providers: { o: { vendor: openai, credential: { apiKey: '\${env:SECRET}' } } } }
`,
      );
      const env = { ...rings, BYOM_API_DATABASE_URL: sealed.apiUrl, SECRET: canary };
      expect(await runByom(['apply', path], env)).toMatchObject({ code: 0, stderr: '' });
      const { BYOM_CREDENTIAL_KEYS } = await generateRings();
      const other = {
        BYOM_CREDENTIAL_KEYS: BYOM_CREDENTIAL_KEYS?.replace(/^[^:]+/, 'another'),
        TEMPORAL_ADDRESS: process.env['BYOM_TEST_TEMPORAL_ADDRESS'],
      };
      expectRefused(
        await run('worker', sealed.workerUrl, other),
        /BYOM_CREDENTIAL_KEYS does not open key \d{4}-\d\d-\d\d, to which 1 credentials are sealed. Add it./,
      );
      const status = await run('keys status', sealed.workerUrl, other);
      expect(status).toMatchObject({
        code: 1,
        stdout: expect.stringContaining('1 credentials, NOT in this ring'),
      });
    } finally {
      await sealed.drop();
    }
  });
});

test('address ranges that are none are named with their setting', async () => {
  const env = { BYOM_ALLOWED_RANGES: '10.0.0.0/8, everything' };
  expectRefused(
    await run('worker', database.workerUrl, env),
    'BYOM_ALLOWED_RANGES: "everything" is no address range',
  );
});

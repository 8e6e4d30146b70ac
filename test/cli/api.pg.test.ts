import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { Client } from 'pg';
import { ask, emptyDatabase, freshDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { buildByom, canary, expectRefused, generateRings, runByom, startByom } from '../support/run-byom.ts';
import type { RunningByom } from '../support/run-byom.ts';

let database: TestDatabase;
let env: NodeJS.ProcessEnv;
let openRing: string;
let token: string;
let running: RunningByom | null = null;

beforeAll(async () => {
  buildByom();
  database = await freshDatabase();
  const { BYOM_CREDENTIAL_KEYS, ...rings } = await generateRings();
  openRing = String(BYOM_CREDENTIAL_KEYS);
  env = { ...rings, BYOM_API_DATABASE_URL: database.apiUrl, BYOM_API_PORT: '0' };
  const made = await runByom(
    ['tokens', 'bootstrap', '--org', 'platform', '--role', 'platform-admin', '--json'],
    { BYOM_DATABASE_URL: database.ownerUrl },
  );
  ({ token } = JSON.parse(made.stdout) as { token: string });
});
afterEach(async () => {
  running?.kill('SIGKILL');
  await running?.ended;
  running = null;
});
afterAll(() => database.drop());

type Line = Readonly<Record<string, unknown>>;

function linesOf(stdout: string): readonly Line[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

async function untilUp(byom: RunningByom): Promise<string> {
  const urlOf = () => linesOf(byom.said().stdout.replace(/[^\n]*$/, '')).find(({ url }) => url)?.['url'];
  await eventually(() => urlOf() !== undefined || byom.said().code !== null, 40_000);
  return String(urlOf());
}

function send(url: string, method: string, path: string, body?: object): Promise<Response> {
  return fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

test('byom api serves alone, and says where on one line; its log has a line per request and nothing of what was in it', async () => {
  running = startByom(['api'], env);
  const url = await untilUp(running);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect((await send(url, 'PUT', '/v1/orgs/acme', { name: canary })).status).toBe(201);
  const credential = '/v1/orgs/acme/providers/main/credential';
  await send(url, 'PUT', '/v1/orgs/acme/providers/main', { vendor: 'openai' });
  expect((await send(url, 'PUT', credential, { apiKey: canary })).status).toBe(201);
  expect((await send(url, 'GET', `/v1/orgs/acme/models?cursor=${canary}`)).status).toBe(400);
  running.kill('SIGTERM');
  const { code, stdout, stderr } = await running.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(linesOf(stdout).filter(({ msg }) => msg === 'request')).toEqual(
    [
      '/v1/orgs/{org}',
      '/v1/orgs/{org}/providers/{provider}',
      '/v1/orgs/{org}/providers/{provider}/credential',
      '/v1/orgs/{org}/models',
    ].map((route) =>
      expect.objectContaining({ route, actor: expect.stringMatching(/^token:/), org: 'acme' }),
    ),
  );
  for (const secret of [canary, token]) expect(stdout).not.toContain(secret);
});

test('without Temporal runs cannot be started, and everything else works', async () => {
  running = startByom(['api'], env);
  const url = await untilUp(running);
  await send(url, 'PUT', '/v1/orgs/acme', { name: 'Acme' });
  expect((await send(url, 'GET', '/v1/orgs/acme/runs')).status).toBe(200);
  expect((await send(url, 'POST', '/v1/orgs/acme/runs', {})).status).toBe(503);
  running.kill('SIGTERM');
  expect(linesOf((await running.ended).stdout)).toContainEqual(
    expect.objectContaining({ msg: 'TEMPORAL_ADDRESS is not set: no run is started or stopped here.' }),
  );
});

test('SIGTERM takes no more requests and finishes the one under way', async () => {
  running = startByom(['api'], env);
  const url = await untilUp(running);
  await send(url, 'PUT', '/v1/orgs/slow', { name: 'Slow' });
  const locker = new Client({ connectionString: database.superuserUrl });
  await locker.connect();
  await locker.query(`begin; select from byom.organizations where org_id = 'slow' for update`);
  const underWay = send(url, 'PUT', '/v1/orgs/slow/data-classes/secret', { providers: [] });
  await eventually(async () => {
    const waiting = 'select from pg_locks where not granted';
    return (await ask(database.superuserUrl, waiting)).length > 0;
  });
  running.kill('SIGTERM');
  await eventually(() => running!.said().stdout.includes('Stopping.'));
  await eventually(() =>
    fetch(`${url}/healthz`).then(
      () => false,
      () => true,
    ),
  );
  await locker.query('commit');
  await locker.end();
  expect((await underWay).status).toBe(201);
  expect((await running.ended).code).toBe(0);
});

test('the key that opens credentials is refused, so that nobody who takes the API over could open one', async () => {
  const ran = await runByom(['api'], { ...env, BYOM_CREDENTIAL_KEYS: openRing });
  expectRefused(
    ran,
    /^byom: BYOM_CREDENTIAL_KEYS is set: the API must not hold the key that opens credentials\./,
  );
  expect(ran.stderr).not.toContain(openRing);
});

test.each([
  [
    'a superuser',
    () => database.superuserUrl,
    /BYOM_API_DATABASE_URL: Role postgres is a superuser: connect as byom_api/,
  ],
  [
    'the owner',
    () => database.ownerUrl,
    /BYOM_API_DATABASE_URL: Role byom_owner owns table \w+: connect as byom_api/,
  ],
  [
    'a worker',
    () => database.workerUrl,
    /BYOM_API_DATABASE_URL: the role there is neither byom_api nor a member of it/,
  ],
])('%s is no role to serve as', async (_who, urlOf, line) => {
  expectRefused(await runByom(['api'], { ...env, BYOM_API_DATABASE_URL: urlOf() }), line);
});

test('a table whose row-level security is not forced is not served', async () => {
  const broken = await freshDatabase();
  try {
    await ask(broken.superuserUrl, 'alter table byom.models no force row level security');
    expectRefused(
      await runByom(['api'], { ...env, BYOM_API_DATABASE_URL: broken.apiUrl }),
      /Row-level security is not forced on table models/,
    );
  } finally {
    await broken.drop();
  }
});

test('a database without a registry is named with its remedy', async () => {
  const empty = await emptyDatabase();
  try {
    expectRefused(
      await runByom(['api'], { ...env, BYOM_API_DATABASE_URL: empty.apiUrl }),
      /BYOM_API_DATABASE_URL: the registry there is at version 0, .*: run `byom migrate up`\.$/m,
    );
  } finally {
    await empty.drop();
  }
});

test.each([
  [{ BYOM_API_PORT: 'http' }, /^byom: BYOM_API_PORT is not a port/],
  [{ BYOM_API_HOST: '192.0.2.1' }, /^byom: BYOM_API_HOST: cannot listen on 192\.0\.2\.1 \(EADDRNOTAVAIL\)/],
  [{ BYOM_CREDENTIAL_PUBLIC_KEYS: '' }, /^byom: BYOM_CREDENTIAL_PUBLIC_KEYS is not set/],
  [{ BYOM_OIDC_ISSUER: 'https://id.example' }, /^byom: BYOM_OIDC_AUDIENCE is not set/],
  [
    { BYOM_OIDC_ISSUER: 'http://id.example', BYOM_OIDC_AUDIENCE: 'byom' },
    /^byom: BYOM_OIDC_JWKS_URL or BYOM_OIDC_ISSUER: oidc\.jwksUrl must be an https URL/,
  ],
])('%j is refused by name', async (wrong, line) => {
  expectRefused(await runByom(['api'], { ...env, ...wrong }), line);
});

test('a port that is taken is named', async () => {
  const other = createServer();
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  try {
    expectRefused(
      await runByom(['api'], { ...env, BYOM_API_PORT: String(port) }),
      `BYOM_API_PORT: ${port} is taken on 127.0.0.1`,
    );
  } finally {
    other.close();
  }
});

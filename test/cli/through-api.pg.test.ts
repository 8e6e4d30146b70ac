import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { listen, type Listening } from '../../api/index.ts';
import { findPackageRoot } from '../../sandbox/package-root.ts';
import { openApiWorld, type ApiWorld } from '../api/world.ts';
import { ask } from '../support/database.ts';
import { buildByom, canary, expectRefused, generateRings, openFolder, runByom } from '../support/run-byom.ts';
import type { Ran, TestFolder } from '../support/run-byom.ts';

let world: ApiWorld;
let listening: Listening;
let folder: TestFolder;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  buildByom();
  [world, folder] = await Promise.all([openApiWorld(), openFolder()]);
  listening = await listen(world.api, { host: '127.0.0.1', port: 0 });
  const token = await world.tokenOf({ org: 'platform', role: 'platform-admin' });
  env = { BYOM_API_URL: listening.url, BYOM_API_TOKEN: token, SECRET: canary };
});
afterAll(async () => {
  await listening.close();
  await world.close();
  await folder.remove();
});

function byom(...args: readonly string[]): Promise<Ran> {
  return runByom(args, env);
}

async function said(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await byom(...args);
  expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
  return stdout;
}

async function json(...args: readonly string[]): Promise<unknown> {
  return JSON.parse(await said(...args, '--json'));
}

const atB1 = ['--org', 'acme', '--pipe', 'p-1', '--behavior', 'b-1'];

test('a provider with its credential and its model are set up, and each repetition changes nothing', async () => {
  const key = await folder.write('key.txt', `${canary}\n`);
  const secret = ['providers', 'credential', 'fresh', '--org', 'acme', '--from-file', key];
  const provider = ['providers', 'put', 'fresh', '--org', 'acme', '--vendor', 'openai', '--name', 'Fresh'];
  const model = [
    'models',
    'put',
    'f1',
    '--org',
    'acme',
    '--provider',
    'fresh',
    '--upstream-id',
    'gpt-4o-mini',
  ];
  expect(await said(...provider, '--dry-run')).toBe('Provider fresh would be created.\n');
  expect(await said(...provider)).toBe('Provider fresh is created.\n');
  expect(await said(...provider)).toBe('Provider fresh is unchanged.\n');
  expect(await said(...secret, '--dry-run')).toMatch(/would be created/);
  expect(await said(...secret)).toBe('The credential of fresh is created.\n');
  expect(await said(...secret)).toBe('The credential of fresh is unchanged.\n');
  expect(await said(...model)).toBe('Model f1 is created.\n');
  expect(await said(...model, '--name', 'Other')).toBe('Model f1 is changed.\n');
  expect(await json('providers', 'get', 'fresh', '--org', 'acme')).toMatchObject({ credential: 'set' });
  expect(await said('providers', 'list', '--org', 'acme')).toMatch(
    /^provider +vendor +name +credential +enabled\nfresh +openai +Fresh +set +yes\n/,
  );
  expect(await said('models', 'disable', 'f1', '--org', 'acme')).toBe('Model f1 is changed.\n');
  expect(await said('models', 'delete', 'f1', '--org', 'acme')).toBe('Model f1 is gone.\n');
  expect(await said('providers', 'revoke', 'fresh', '--org', 'acme')).toBe(
    'The credential of fresh is gone.\n',
  );
  expect(await said('providers', 'delete', 'fresh', '--org', 'acme')).toBe('Provider fresh is gone.\n');
});

test('the default, an assignment and rules are set, explained and taken away again', async () => {
  expect(await said('default', 'set', 'strict', '--org', 'acme')).toBe('The default of acme is changed.\n');
  expect(await said('default', 'get', '--org', 'acme')).toBe('model  strict\n');
  expect(await said('assign', 'set', 'strict', ...atB1)).toBe('The assignment of b-1 is changed.\n');
  expect(await json('resolve', ...atB1)).toMatchObject({
    model: 'strict',
    layer: 'behavior',
    reason: 'assigned',
  });
  const rules = [
    'rules',
    'set',
    ...atB1,
    '--on-failure',
    'none',
    '--provider',
    'main',
    '--provider',
    'legal',
  ];
  expect(await said(...rules)).toBe('Rules of b-1 is created.\n');
  expect(await json('rules', 'get', ...atB1)).toEqual({ onFailure: 'none', providers: ['main', 'legal'] });
  expect(await said('assign', 'clear', ...atB1)).toBe('The assignment of b-1 is gone.\n');
  expect(await said('resolve', ...atB1)).toMatch(
    /^decision +call\nmodel +strict\nprovider +legal\nlayer +organization\n/,
  );
  expect(await said('rules', 'clear', ...atB1)).toBe('Rules of b-1 is gone.\n');
  expect(await said('assign', 'list', '--org', 'acme', '--pipe', 'p-1')).toMatch(/\np-1 +b-2 +strict +yes/);
});

test('the policy is changed setting by setting, and a setting can be taken away', async () => {
  const set = ['policy', 'set', '--org', 'acme'];
  const file = await folder.write('policy.json', '{ "whenMissing": "fail", "onFailure": "none" }');
  expect(await said(...set, '--from-file', file, '--on-failure', 'cascade', '--dry-run')).toBe(
    'The policy of acme would be changed.\n',
  );
  expect(await said(...set, '--from-file', file, '--on-failure', 'cascade')).toBe(
    'The policy of acme is changed.\n',
  );
  expect(await said(...set, '--on-failure', 'cascade')).toBe('The policy of acme is unchanged.\n');
  await said(...set, '--unclassified', 'financial');
  expect(await said('policy', 'get', '--org', 'acme')).toMatch(
    /^whenMissing +fail\nonFailure +cascade\nonExhausted +fail\nunclassified +financial\n/,
  );
  await said(...set, '--no-unclassified', '--when-missing', 'platform', '--on-failure', 'platform');
  expect(await json('policy', 'get', '--org', 'acme')).toMatchObject({
    whenMissing: 'platform',
    onFailure: 'platform',
    unclassified: null,
  });
});

test('a class of data is made, listed, replaced as a whole and deleted', async () => {
  const put = ['classes', 'put', 'personal', '--org', 'acme'];
  const approvals = ['--provider', 'legal', '--provider', 'main'];
  expect(await said(...put, ...approvals, '--dry-run')).toBe('Class personal would be created.\n');
  expect(await said(...put, ...approvals)).toBe('Class personal is created.\n');
  expect(await said(...put, ...approvals)).toBe('Class personal is unchanged.\n');
  expect(await said('classes', 'list', '--org', 'acme')).toMatch(
    /^class +approved providers +platform\nfinancial +legal +no\npersonal +(legal, main|main, legal) +no\n$/,
  );
  expect(await said(...put, '--platform')).toBe('Class personal is changed.\n');
  const get = ['classes', 'get', 'personal', '--org', 'acme'];
  expect(await json(...get)).toEqual({ class: 'personal', providers: [], platform: true });
  expect(await said('classes', 'delete', 'personal', '--org', 'acme')).toBe('Class personal is gone.\n');
  expectRefused(await byom(...get), 'There is no such thing');
});

test('organizations, runs, usage and the audit are listed', async () => {
  expect(await said('orgs', 'put', 'initech', '--name', 'Initech', '--engine-queue', '*')).toMatch(
    /is created/,
  );
  expect(await said('orgs', 'put', 'initech', '--name', 'New')).toMatch(/is changed/);
  expect(await json('orgs', 'get', 'initech')).toEqual({ org: 'initech', name: 'New', engineQueues: ['*'] });
  expect(await said('orgs', 'list')).toMatch(/\ninitech +New +\*\n/);
  expect(await json('runs', 'list', '--org', 'acme', '--status', 'failed')).toEqual([]);
  expect(await said('usage', '--org', 'acme')).toMatch(/^day +pipe +behavior/);
  const audit = await said('audit', 'list', '--org', 'initech', '--limit', '1');
  expect(audit.trimEnd().split('\n')).toHaveLength(2);
  expect(audit).toMatch(/organization\.put/);
});

test('a token is made, shown alone and once, used, listed without itself and revoked', async () => {
  const make = ['tokens', 'make', '--org', 'acme', '--name', 'ci', '--role', 'pipe-admin', '--pipe', 'p-1'];
  expect(await said(...make, '--dry-run')).toBe('A token for pipe-admin would be made.\n');
  const { code, stdout, stderr } = await byom(...make);
  const [token, id] = [stdout.trim(), /: ([a-z0-9]{12})\. /.exec(stderr)?.[1] ?? ''];
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^byom_st_\S+\n$/) });
  const asked = ['assign', 'list', '--org', 'acme'];
  expect((await runByom(asked, { ...env, BYOM_API_TOKEN: token })).code).toBe(0);
  expectRefused(
    await runByom(['default', 'clear', '--org', 'acme'], { ...env, BYOM_API_TOKEN: token }),
    'You may not do this here: the role of BYOM_API_TOKEN does not include it.',
  );
  const listed = await said('tokens', 'list', '--org', 'acme');
  expect(listed).toMatch(new RegExp(`${id} +ci +pipe-admin +p-1 `));
  expect(listed).not.toContain(token);
  expect(await said('tokens', 'revoke', id, '--org', 'acme')).toBe(`Token ${id} is gone.\n`);
  expectRefused(
    await runByom(asked, { ...env, BYOM_API_TOKEN: token }),
    'BYOM_API_TOKEN: nobody is known by it',
  );
});

const fileOf = (name: string) => `version: 1
organizations:
  hooli:
    name: ${name}
    policy: { onFailure: cascade }
    providers:
      main: { vendor: openai, credential: { apiKey: '\${env:SECRET}' } }
      own: { vendor: custom, settings: { baseUrl: 'https://llm.example/v1' } }
    models:
      mini: { provider: main, upstreamId: gpt-4o-mini, price: { input: '0.15', output: '0.60' } }
    default: mini
    dataClasses: { financial: { providers: [own] } }
    rules: { p1: { dataClass: financial, behaviors: { b1: { providers: [own] } } } }
    assignments: { p1: { b1: mini } }
`;

const changedFile = fileOf('Hooli XYZ')
  .replace('gpt-4o-mini', 'gpt-4o')
  .replace('llm.example', 'other.example');

test('byom apply through the API counts as it does straight to the database, dry and for real, again and after a change', async () => {
  const steps = [
    [fileOf('Hooli'), '--dry-run'],
    [fileOf('Hooli')],
    [fileOf('Hooli')],
    [changedFile],
    [changedFile, '--dry-run'],
    [`${changedFile}    # nothing else\n`],
  ] as const;
  const straight = {
    ...(await generateRings()),
    BYOM_API_DATABASE_URL: world.database.apiUrl,
    SECRET: canary,
  };
  for (const [text, ...options] of steps) {
    const there = text.replace('  hooli:', '  hooli-straight:');
    const direct = await runByom(['apply', await folder.write('there.yaml', there), ...options], straight);
    const through = await byom('apply', await folder.write('here.yaml', text), ...options);
    expect(direct).toMatchObject({ code: 0, stderr: '' });
    const counts = /[^ ]+ created.*\n/.exec(direct.stdout)?.[0];
    expect(through).toEqual({ code: 0, stdout: `hooli: ${counts}`, stderr: '' });
  }
  const rows = await ask(
    world.database.superuserUrl,
    `select org_id, name from byom.organizations where org_id like 'hooli%' order by 1`,
  );
  expect(rows).toEqual([
    { org_id: 'hooli', name: 'Hooli XYZ' },
    { org_id: 'hooli-straight', name: 'Hooli XYZ' },
  ]);
});

test('a dry run of byom apply leaves nothing behind, either way', async () => {
  const text = fileOf('Dry').replace('hooli:', 'dry:');
  const path = await folder.write('dry.yaml', text);
  const straight = {
    ...(await generateRings()),
    BYOM_API_DATABASE_URL: world.database.apiUrl,
    SECRET: canary,
  };
  for (const ran of [
    await byom('apply', path, '--dry-run'),
    await runByom(['apply', path, '--dry-run'], straight),
  ])
    expect(ran).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^dry: 10 created, .* Nothing was written\.\n$/),
    });
  expect(
    await ask(world.database.superuserUrl, `select from byom.organizations where org_id = 'dry'`),
  ).toEqual([]);
});

test('what the API refuses in a file is told with its place in the file', async () => {
  const text = fileOf('Hooli').replace('vendor: openai', 'vendor: closedai').replace('hooli:', 'broken:');
  const path = await folder.write('broken.yaml', text);
  expectRefused(await byom('apply', path), /broken\.yaml:7:7: \/vendor: .*/);
});

test.each([
  [
    ['models', 'get', 'none', '--org', 'acme'],
    /^byom: There is no such thing, or it is not yours to see: check its name and the organization's\.$/m,
  ],
  [
    ['models', 'put', 'x', '--org', 'acme', '--provider', 'none', '--upstream-id', 'x'],
    /^byom: \/provider: /,
  ],
  [['models', 'put', 'x', '--org', 'acme'], /^byom: --provider and --upstream-id: /],
  [
    ['models', 'delete', 'light', '--org', 'globex'],
    /^byom: light is used in (one place|\d+ places)\. .* Switch it off and keep it\. Let strict take its place everywhere\./,
  ],
  [
    ['providers', 'put', 'x', '--org', 'acme', '--vendor', 'openai', '--set', canary],
    /^byom: --set: <key>=<value>/,
  ],
  [
    ['providers', 'credential', 'main', '--org', 'acme', '--from-file', '/gone'],
    /^byom: --from-file: cannot read \/gone: ENOENT\.$/m,
  ],
  [['runs', 'list', '--org', 'acme', '--limit', 'all'], /^byom: --limit: a whole number from 1\.$/m],
  [['runs', 'list', '--org', 'acme', '--status', 'odd'], /^byom: \?status: /],
  [
    ['tokens', 'make', '--org', 'acme', '--name', 'x', '--role', 'viewer', '--days', 'x'],
    /^byom: --days: a whole number from 1\.$/m,
  ],
  [['policy', 'set', '--org', 'acme'], /^byom: --on-failure or another setting: /],
  [['policy', 'set', '--org', 'acme', '--on-failure', 'odd'], /^byom: \/onFailure: /],
  [['policy', 'set', '--org', 'nobody', '--on-failure', 'none'], /^byom: There is no such thing/],
  [['rules', 'set', '--org', 'acme', '--pipe', 'p-1'], /^byom: --on-failure or another rule: /],
  [
    ['classes', 'put', 'x', '--org', 'acme', '--provider', 'none'],
    /^byom: \/providers\/0: none is no provider/,
  ],
  [['classes', 'delete', 'none', '--org', 'acme'], /^byom: There is no such thing/],
  [['providers', 'test', 'main', '--org', 'acme', '--wait', '0'], /^byom: --wait: a whole number from 1/],
])('%j is refused in one line', async (args, line) => {
  expectRefused(await byom(...args), line);
});

test('an API that is not named, not there, not one, or knows nobody is told by the name of the setting', async () => {
  const asked = ['orgs', 'list'];
  expectRefused(await runByom(asked, {}), 'BYOM_API_URL is not set');
  expectRefused(await runByom(asked, { BYOM_API_URL: listening.url }), 'BYOM_API_TOKEN is not set');
  expectRefused(await runByom(asked, { ...env, BYOM_API_URL: 'localhost' }), 'BYOM_API_URL is not a URL');
  expectRefused(
    await runByom(asked, { ...env, BYOM_API_TOKEN: `byom_st_${canary}` }),
    'BYOM_API_TOKEN: nobody is known by it',
  );
  const page = createServer((_request, response) => response.end(canary));
  page.listen(0, '127.0.0.1');
  await once(page, 'listening');
  const elsewhere = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
  expectRefused(
    await runByom(asked, { ...env, BYOM_API_URL: elsewhere }),
    'BYOM_API_URL: Something else than the API answered',
  );
  page.close();
  await once(page, 'close');
  expectRefused(
    await runByom(asked, { ...env, BYOM_API_URL: elsewhere }),
    `BYOM_API_URL: No API answers at ${elsewhere}.`,
  );
});

test('a command whose reader has seen enough ends without a word, as a signal would end it', async () => {
  const child = spawn(
    process.execPath,
    [join(findPackageRoot(), 'dist', 'cli', 'byom.js'), 'migrate', 'sql'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  child.stdout.destroy();
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  expect({ code, stderr }).toEqual({ code: 141, stderr: '' });
});

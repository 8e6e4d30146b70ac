import { createHash } from 'node:crypto';
import { createApi, makeToken, type Api, type Role } from '../../api/index.ts';
import { outcome, runState } from '../../client/index.ts';
import { generateKeys, parseSealKeys } from '../../registry/index.ts';
import type { Attention } from '../../worker/index.ts';
import { ask } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { registryOf, serve, textRun, usualOrganization, type Served } from '../support/served.ts';

const told: Attention[] = [];
let served: Served;
let api: Api;
beforeAll(async () => {
  served = await serve({ onAttention: (one) => told.push(one) });
  await served.apply(registryOf({ acme: usualOrganization, globex: usualOrganization }));
  const { client, runKeys, taskQueue, urls } = served;
  const sealKeys = parseSealKeys(generateKeys('test').sealRing);
  api = createApi({ databaseUrl: urls.api, sealKeys, client, runKeys, taskQueue });
  await ask(
    urls.superuser,
    "update byom.organizations set engine_queues = '{nobody}' where org_id in ('acme', 'globex')",
  );
});
afterAll(async () => {
  await api.close();
  await served.close();
});
afterEach(() => served.vendors.reset());

const tokens = new Map<string, string>();

async function tokenOf(org: string, role: Role, pipes: readonly string[] | null): Promise<string> {
  const key = `${org} ${role} ${pipes?.join()}`;
  const known = tokens.get(key);
  if (known !== undefined) return known;
  const { id, token } = makeToken();
  await ask(
    served.urls.superuser,
    `insert into byom.service_tokens (org_id, id, token_hash, name, role, pipes, expires_at, created_by)
     values ($1, $2, $3, 'test', $4, $5, now() + interval '1 hour', 'test')`,
    [org, id, createHash('sha256').update(token).digest(), role, pipes],
  );
  tokens.set(key, token);
  return token;
}

async function call(
  method: string,
  path: string,
  {
    role = 'engine',
    org = 'acme',
    pipes = null,
    body,
  }: { role?: Role; org?: string; pipes?: string[] | null; body?: unknown } = {},
) {
  const response = await api.fetch(
    new Request(`http://api.test${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await tokenOf(org, role, pipes)}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );
  const text = await response.text();
  // oxlint-disable-next-line typescript/no-explicit-any
  return { status: response.status, text, body: JSON.parse(text) as any };
}

const at = (workflowId: string): string => `/v1/orgs/acme/runs/${encodeURIComponent(workflowId)}`;

test('an engine starts a run, asks what became of it, and starts it once only', async () => {
  const run = textRun('acme');
  const started = await call('POST', '/v1/orgs/acme/runs', { body: run });
  expect([started.status, started.body]).toEqual([202, { workflowId: `byom:acme:b1:${run.event.id}` }]);
  const { workflowId } = started.body as { workflowId: string };
  await outcome(served.client, workflowId);
  const read = await call('GET', at(workflowId));
  expect(read.body).toMatchObject({
    workflowId,
    status: 'completed',
    outcome: { answeredBy: { model: 'own' } },
  });
  expect(read.body.outcome.text).not.toBe('');
  expect(read.body.attempts).toHaveLength(1);
  expect((await call('POST', '/v1/orgs/acme/runs', { body: run })).status).toBe(202);
  const other = { ...run, card: { ...run.card, title: 'Another' } };
  const differs = await call('POST', '/v1/orgs/acme/runs', { body: other });
  expect([differs.status, differs.body.type]).toEqual([409, 'urn:byom:problem:run-differs']);
  expect(served.vendors.callsTo('acme-own')).toHaveLength(1);
});

test('what a model said is shown to engines, operators and org-admins, and to nobody else', async () => {
  const { workflowId } = (await call('POST', '/v1/orgs/acme/runs', { body: textRun('acme') })).body;
  const { text } = await outcome(served.client, workflowId);
  for (const [role, shown] of [
    ['engine', true],
    ['operator', true],
    ['org-admin', true],
    ['viewer', false],
  ] as const) {
    const said = await call('GET', at(workflowId), { role });
    expect([role, said.status, said.text.includes(JSON.stringify(text))]).toEqual([role, 200, shown]);
  }
  const list = await call('GET', '/v1/orgs/acme/runs', { role: 'org-admin' });
  expect(list.text).not.toContain(JSON.stringify(text));
  expect((await call('GET', at(workflowId), { role: 'pipe-admin', pipes: ['p1'] })).status).toBe(200);
  expect((await call('GET', at(workflowId), { role: 'pipe-admin', pipes: ['p2'] })).status).toBe(404);
});

test('runs are listed newest first, by what became of them, in pages', async () => {
  served.vendors.fault('acme-default', { kind: 'status', status: 401 });
  const ids = [];
  for (let time = 0; time < 3; time += 1) {
    const { workflowId } = (
      await call('POST', '/v1/orgs/acme/runs', { body: textRun('acme', { id: 'b-list' }) })
    ).body;
    await outcome(served.client, workflowId);
    ids.unshift(workflowId);
  }
  const page = await call('GET', '/v1/orgs/acme/runs?behavior=b-list&layer=platform&limit=2', {
    role: 'viewer',
  });
  expect(page.body.items.map((one: { workflowId: string }) => one.workflowId)).toEqual(ids.slice(0, 2));
  const rest = await call(
    'GET',
    `/v1/orgs/acme/runs?behavior=b-list&limit=2&cursor=${page.body.nextCursor}`,
    { role: 'viewer' },
  );
  expect([
    rest.body.items.map((one: { workflowId: string }) => one.workflowId),
    rest.body.nextCursor,
  ]).toEqual([ids.slice(2), null]);
  expect(
    (await call('GET', '/v1/orgs/acme/runs?behavior=b-list&status=failed', { role: 'viewer' })).body.items,
  ).toEqual([]);
});

test('nothing is started for another organization, for the platform, or on a queue that is not open to it', async () => {
  const before = served.vendors.log.length;
  const foreign = await call('POST', '/v1/orgs/acme/runs', { body: textRun('globex') });
  expect([foreign.status, foreign.body.errors[0].pointer]).toEqual([422, '/org']);
  expect((await call('POST', '/v1/orgs/globex/runs', { body: textRun('globex') })).status).toBe(404);
  const platform = await call('POST', '/v1/orgs/platform/runs', {
    body: textRun('platform'),
    role: 'platform-admin',
    org: 'platform',
  });
  expect(platform.status).toBe(422);
  const queue = await call('POST', '/v1/orgs/acme/runs', {
    body: { ...textRun('acme'), engineTaskQueue: 'byom' },
  });
  expect([queue.status, queue.body.errors[0].pointer]).toEqual([422, '/engineTaskQueue']);
  const faulty = await call('POST', '/v1/orgs/acme/runs', {
    body: { ...textRun('acme'), card: { id: 'c' } },
  });
  expect([faulty.status, faulty.body.errors[0].pointer]).toEqual([422, '/card/title']);
  expect(served.vendors.log.length).toBe(before);
});

test('a run of another organization is not found, whatever its id or a filter says', async () => {
  const { workflowId } = (
    await call('POST', '/v1/orgs/globex/runs', { body: textRun('globex'), org: 'globex' })
  ).body;
  await outcome(served.client, workflowId);
  expect((await call('GET', at(workflowId))).status).toBe(404);
  expect(
    (await call('POST', `${at(workflowId)}/abort`, { body: { reason: 'x' }, role: 'operator' })).status,
  ).toBe(404);
  for (const hostile of ["b1' or '1'='1", 'b1%', '*', 'b1" OR ByomOrg="globex']) {
    const said = await call('GET', `/v1/orgs/acme/runs?behavior=${encodeURIComponent(hostile)}`, {
      role: 'viewer',
    });
    expect([said.status, said.body.items]).toEqual([200, []]);
  }
});

test('an operator stops a run that hangs; a run that is over is not stopped', async () => {
  served.vendors.fault('acme-own', { kind: 'silence' });
  const { workflowId } = (await call('POST', '/v1/orgs/acme/runs', { body: textRun('acme') })).body;
  await eventually(() => served.vendors.callsTo('acme-own').length > 0);
  expect((await call('GET', at(workflowId))).body.status).toBe('running');
  expect(
    (await call('POST', `${at(workflowId)}/abort`, { body: { reason: 'too slow' }, role: 'viewer' })).status,
  ).toBe(403);
  expect(
    (await call('POST', `${at(workflowId)}/abort`, { body: { reason: 'too slow' }, role: 'operator' }))
      .status,
  ).toBe(202);
  expect((await outcome(served.client, workflowId)).abort).toEqual({ by: 'operator', reason: 'too slow' });
  expect((await runState(served.client, workflowId)).phase).toBeDefined();
  const late = await call('POST', `${at(workflowId)}/abort`, { body: { reason: 'again' }, role: 'operator' });
  expect([late.status, late.body.type]).toEqual([409, 'urn:byom:problem:conflict']);
});

test('an admin learns of a refused credential while the platform answers, and it is gone once that is mended', async () => {
  const organization = `    policy: { onFailure: platform }
    assignments: { p1: { b1: own } }`;
  await served.apply(
    registryOf({ initech: organization }).replace(
      "initech-own/v1' } }",
      "initech-own/v1' }, credential: { apiKey: '${env:KEY}' } }",
    ),
  );
  await ask(
    served.urls.superuser,
    "update byom.organizations set engine_queues = '{*}' where org_id = 'initech'",
  );
  const items = async () => {
    const said = await call('GET', '/v1/orgs/initech/attention', { org: 'initech', role: 'viewer' });
    return said.body.items as { kind: string }[];
  };
  expect((await items()).map(({ kind }) => kind)).toEqual(['no-default']);
  served.vendors.fault('initech-own', { kind: 'status', status: 401, times: 1 });
  const run = async () => {
    const started = await call('POST', '/v1/orgs/initech/runs', { body: textRun('initech'), org: 'initech' });
    return outcome(served.client, started.body.workflowId);
  };
  expect((await run()).answeredBy?.layer).toBe('platform');
  expect(told.filter(({ org }) => org === 'initech')).toEqual([
    { org: 'initech', provider: 'p-own', model: 'own', vendor: 'custom', failure: 'model.unauthorized' },
  ]);
  expect(await items()).toEqual([
    { kind: 'credential-refused', provider: 'p-own', since: expect.any(String), calls: 1 },
    { kind: 'no-default' },
    { kind: 'fallback', model: 'own', reason: 'after:model.unauthorized', runs: 1, share: 1 },
  ]);
  expect((await run()).answeredBy?.layer).toBe('behavior');
  expect((await items()).map(({ kind }) => kind)).toEqual(['no-default', 'fallback']);
});

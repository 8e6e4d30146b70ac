import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { ask } from '../support/database.ts';
import { serve, type Served } from '../support/served.ts';
import { failedOf, openTestDesk, statusesOf, type TestDesk } from './provider-test-desk.ts';

/** Planted: no answer, row, history or payload may hold it. */
const key = 'sk-planted-in-a-provider-test-4711';
const vendorWords = 'The sandbox was told';

let served: Served;
let desk: TestDesk;
beforeAll(async () => {
  served = await serve();
  await served.apply(`version: 1
organizations:
  platform:
    providers: { ai: { vendor: custom, settings: { baseUrl: '\${env:VENDORS}/platform/v1' } } }
    models: { ai: { provider: ai, upstreamId: ai } }
    default: ai
  acme:
    providers:
      good: { vendor: custom, settings: { baseUrl: '\${env:VENDORS}/good/v1' }, credential: { apiKey: '\${env:KEY}' } }
      bare: { vendor: openai, settings: { baseUrl: '\${env:VENDORS}/bare/v1' }, credential: { apiKey: '\${env:KEY}' } }
      claude: { vendor: anthropic, settings: { baseUrl: '\${env:VENDORS}/claude' }, credential: { apiKey: '\${env:KEY}' } }
    models:
      light: { provider: good, upstreamId: light-1 }
      haiku: { provider: claude, upstreamId: haiku-1 }
`);
  desk = openTestDesk(served);
});
afterAll(async () => {
  await desk?.close();
  await served?.close();
});
afterEach(() => served.vendors.reset());

async function testProvider(path = 'providers/good/test') {
  const asked = await desk.call('POST', path);
  expect(asked.status).toBe(202);
  return desk.ended(asked.body.testId as string);
}

const draftOf = (over: object = {}) => ({
  vendor: 'custom',
  settings: { baseUrl: served.vendors.url('drafted') },
  credential: { apiKey: key },
  upstreamId: 'any-1',
  ...over,
});

const testDraft = (over: object = {}) => desk.testDraft(draftOf(over));

test('a provider that works passes every stage, each with its time, and shows what it supports', async () => {
  const test = await testProvider();
  expect(test).toMatchObject({
    provider: 'good',
    status: 'passed',
    supports: { structuredOutput: 'json_schema' },
  });
  expect(statusesOf(test)).toEqual({
    address: 'passed',
    tls: 'passed',
    auth: 'passed',
    model: 'passed',
    'structured-output': 'passed',
  });
  expect(
    test.stages.every(
      ({ ms, hint }: { ms: unknown; hint: unknown }) => Number.isInteger(ms) && hint === null,
    ),
  ).toBe(true);
  expect(served.vendors.callsTo('good').map(({ body }) => (body as { model: string }).model)).toEqual([
    'light-1',
    'light-1',
  ]);
  const { body: provider } = await desk.call('GET', 'providers/good', { role: 'viewer' });
  expect(provider.lastTest).toEqual({ testId: test.testId, status: 'passed', finishedAt: test.finishedAt });
});

test('a mode that the server refuses is passed over, and the next one is suggested', async () => {
  served.vendors.fault('good', { kind: 'refuse-mode', modes: ['json_schema'] });
  expect(await testProvider()).toMatchObject({
    status: 'passed',
    supports: { structuredOutput: 'json_object' },
  });
  served.vendors.reset();
  served.vendors.fault('good', { kind: 'refuse-mode', modes: ['json_schema', 'json_object'] });
  const none = await testProvider();
  expect([none.status, none.supports]).toEqual(['failed', null]);
  expect(failedOf(none)).toMatchObject({
    stage: 'structured-output',
    failure: 'model.invalid-answer',
    hint: expect.stringContaining('choose another model'),
  });
});

test.each([
  ['a key that is refused', { kind: 'status', status: 401 }, 'auth', 'model.unauthorized', 'Set a new one'],
  [
    'a right that is missing',
    { kind: 'status', status: 403 },
    'auth',
    'model.forbidden',
    'Give it the right',
  ],
  ['an unknown model', { kind: 'status', status: 404 }, 'model', 'model.not-found', 'upstreamId'],
  ['an empty purse', { kind: 'status', status: 402 }, 'model', 'model.quota-exhausted', 'billing'],
  ['a vendor that is down', { kind: 'status', status: 503 }, 'model', 'model.overloaded', 'later'],
  [
    'a page instead of an answer',
    { kind: 'garbage', form: 'html' },
    'model',
    'model.invalid-answer',
    'base URL',
  ],
  [
    'a redirect',
    { kind: 'status', status: 307, headers: { location: 'https://example.com/' } },
    'tls',
    'model.misconfigured',
    'redirect',
  ],
] as const)(
  '%s fails at its own stage, and what comes after is skipped',
  async (_what, fault, stage, failure, hint) => {
    served.vendors.fault('drafted', fault);
    const test = await testDraft();
    expect(test.status).toBe('failed');
    expect(failedOf(test)).toMatchObject({ stage, failure, hint: expect.stringContaining(hint) });
    const names = test.stages.map((one: { stage: string }) => one.stage);
    const after = test.stages.slice(names.indexOf(stage) + 1);
    expect(after.every((one: { status: string }) => one.status === 'skipped')).toBe(true);
    if (['model.not-found', 'model.quota-exhausted'].includes(failure))
      expect(statusesOf(test)['auth']).toBe('passed');
    expect(test.supports).toBeNull();
  },
);

test('a port where nobody listens fails at the connection, a name that leads nowhere at the address', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const { port } = server.address() as { port: number };
  await new Promise((closed) => server.close(closed));
  const closed = await testDraft({ settings: { baseUrl: `http://127.0.0.1:${port}/v1` } });
  expect([statusesOf(closed)['address'], failedOf(closed)]).toMatchObject([
    'passed',
    { stage: 'tls', failure: 'model.unreachable' },
  ]);
  const nowhere = await testDraft({ settings: { baseUrl: 'https://nowhere.invalid/v1' } });
  expect(failedOf(nowhere)).toMatchObject({ stage: 'address', failure: 'model.unreachable' });
});

test('every address that may not be reached is answered with the same bytes, without a time', async () => {
  const port = served.urls.owner.match(/:(\d+)\//)?.[1];
  const bodies = new Set<string>();
  for (const baseUrl of [
    'https://169.254.169.254/v1',
    'https://10.0.0.1/v1',
    'https://[::1]:9/v1',
    `http://127.0.0.1:${port}/v1`,
    'http://192.168.7.7:8080/v1',
  ]) {
    const test = await testDraft({ settings: { baseUrl } });
    bodies.add(JSON.stringify({ ...test, testId: '' }));
    expect(test.stages.map((one: { ms: unknown }) => one.ms)).toEqual([null, null, null, null, null]);
  }
  expect(bodies.size).toBe(1);
  expect([...bodies][0]).toContain('"createdAt":null,"finishedAt":null');
});

test('two tests at once are one, and the next one after it is another', async () => {
  served.vendors.fault('good', { kind: 'slow-first-token', ms: 1_000 });
  const [one, two] = await Promise.all([
    desk.call('POST', 'providers/good/test'),
    desk.call('POST', 'providers/good/test'),
  ]);
  expect(one.body).toEqual(two.body);
  await desk.ended(one.body.testId as string);
  expect(served.vendors.callsTo('good')).toHaveLength(2);
  served.vendors.reset();
  const third = await testProvider();
  expect(third.testId).not.toBe(one.body.testId);
  expect(third.status).toBe('passed');
});

test('while no worker is there a test waits, and the API answers at once', async () => {
  const asked = await desk.call('POST', 'providers/claude/test', { through: desk.lonely });
  expect(asked.status).toBe(202);
  const { body } = await desk.read(asked.body.testId as string);
  expect(body).toMatchObject({ status: 'waiting', stages: [], finishedAt: null });
  const again = await desk.call('POST', 'providers/claude/test', { through: desk.lonely });
  expect(again.body).toEqual(asked.body);
});

test('a draft uses a stored credential for the address it was given for, and for no other', async () => {
  const { credential: _own, ...bare } = draftOf({
    provider: 'good',
    settings: { baseUrl: served.vendors.url('good') },
  });
  const same = await desk.call('POST', 'provider-tests', { body: bare });
  expect((await desk.ended(same.body.testId as string)).status).toBe('passed');
  expect(served.vendors.callsTo('good')[0]?.authorization).toBe(
    createHash('sha256').update('test-key').digest('hex'),
  );
  const openai = { vendor: 'openai', provider: 'bare', upstreamId: 'x' };
  const other = await desk.call('POST', 'provider-tests', {
    body: { ...openai, settings: { baseUrl: served.vendors.url('elsewhere') } },
  });
  expect([other.status, other.body.errors[0].pointer]).toEqual([422, '/credential']);
  const custom = await desk.call('POST', 'provider-tests', {
    body: { ...bare, settings: { baseUrl: served.vendors.url('elsewhere') } },
  });
  expect((await desk.ended(custom.body.testId as string)).status).toBe('passed');
  expect(served.vendors.callsTo('elsewhere')[0]?.authorization).toBeNull();
});

test('what cannot be tested is refused with its place', async () => {
  for (const [body, pointer] of [
    [draftOf({ vendor: 'nobody' }), '/vendor'],
    [draftOf({ settings: { baseUrl: 'ftp://x' } }), '/settings/baseUrl'],
    [draftOf({ credential: { apiKey: '' } }), '/credential/apiKey'],
    [draftOf({ provider: 'unknown' }), '/provider'],
    [{ vendor: 'openai', upstreamId: 'x' }, '/credential'],
    [{ vendor: 'anthropic', credential: { apiKey: key } }, '/upstreamId'],
  ] as const) {
    const refused = await desk.call('POST', 'provider-tests', { body });
    expect([refused.status, refused.body.errors?.[0].pointer]).toEqual([422, pointer]);
    expect(refused.text).not.toContain(key);
  }
  expect((await desk.call('POST', 'providers/unknown/test')).status).toBe(404);
  expect((await desk.call('POST', 'providers/good/test?model=haiku')).status).toBe(422);
  expect((await desk.call('POST', 'providers/good/test', { role: 'viewer' })).status).toBe(403);
  const dry = await desk.call('POST', 'provider-tests?dry_run=true', { body: draftOf() });
  expect([dry.status, dry.body.dryRun]).toEqual([200, true]);
});

test('neither key nor vendor text is in an answer, in a row or in a history, and the secret is wiped', async () => {
  served.vendors.fault('drafted', {
    kind: 'status',
    status: 400,
    body: { error: { message: `${vendorWords} about ${key}` } },
  });
  const asked = await desk.call('POST', 'provider-tests', { body: draftOf() });
  const test = await desk.ended(asked.body.testId as string);
  const rows = await ask<Record<string, unknown>>(
    served.urls.superuser,
    'select * from byom.provider_tests where id = $1',
    [test.testId],
  );
  expect(rows[0]).toMatchObject({ status: 'failed', key_id: null, wrapped_key: null, ciphertext: null });
  const id = `byom-provider-test:acme:draft:${test.testId}`;
  const history = await served.client.workflow.getHandle(id).fetchHistory();
  const shown = JSON.stringify([asked, test, rows, history], (_name, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
  );
  expect(shown).toContain(test.testId);
  for (const secret of [key, Buffer.from(key).toString('base64').slice(0, 20), vendorWords]) {
    expect(shown).not.toContain(secret);
  }
});

test('the models of a vendor are read by a worker, kept for a while, and read anew for another credential', async () => {
  const lists = () =>
    served.vendors.log.filter(({ method, route }) => method === 'GET' && route === 'good').length;
  const first = await desk.call('GET', 'providers/good/available-models', { role: 'viewer' });
  expect([first.status, first.body.items]).toEqual([
    200,
    [{ upstreamId: 'sandbox-small' }, { upstreamId: 'sandbox-large' }],
  ]);
  const second = await desk.call('GET', 'providers/good/available-models');
  expect([second.body, lists()]).toEqual([first.body, 1]);
  await ask(served.urls.superuser, "update byom.credentials set created_at = now() where org_id = 'acme'");
  await desk.call('GET', 'providers/good/available-models');
  expect(lists()).toBe(2);
  const none = await desk.call('GET', 'providers/claude/available-models');
  expect([none.status, none.body.type]).toEqual([404, 'urn:byom:problem:not-listed']);
  served.vendors.fault('bare', { kind: 'status', status: 401 });
  const refused = await desk.call('GET', 'providers/bare/available-models');
  expect([refused.status, refused.body.detail]).toEqual([
    409,
    'The vendor does not take the credential. Set a new one.',
  ]);
});

test('a provider without a model is tried by the list of its vendor', async () => {
  const test = await testProvider('providers/bare/test');
  expect([test.status, statusesOf(test)]).toEqual([
    'passed',
    { address: 'passed', tls: 'passed', auth: 'passed', model: 'skipped', 'structured-output': 'skipped' },
  ]);
});

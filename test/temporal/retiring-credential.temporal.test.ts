import type { RunOutcome } from '../../contract/index.ts';
import { openDatabase, parseSealKeys, putCredential, readAs, readAttention } from '../../registry/index.ts';
import type { AttentionItem } from '../../registry/index.ts';
import type { Attention } from '../../worker/index.ts';
import { ask } from '../support/database.ts';
import { startScriptedEngine } from '../support/scripted-engine.ts';
import type { ScriptedEngine } from '../support/scripted-engine.ts';
import { planRun, registryOf, serve, textRun, usualOrganization } from '../support/served.ts';
import type { Served } from '../support/served.ts';

const oldKey = 'sk-the-key-that-still-works';
const newKey = 'sk-the-key-that-is-not-known-yet';

let served: Served;
let engine: ScriptedEngine;
const told: Attention[] = [];
let organizations = 0;

beforeAll(async () => {
  served = await serve({ onAttention: (attention) => told.push(attention) });
  engine = await startScriptedEngine(`${served.taskQueue}-cards`);
});
afterEach(() => served.vendors.reset());
afterAll(async () => {
  await engine.close();
  await served.close();
});

async function register(org: string, key: string, budget: string): Promise<void> {
  const text = registryOf({ [org]: usualOrganization.replace('budget: {', `budget: {${budget}`) }).replace(
    `${org}-own/v1' } }`,
    `${org}-own/v1' }, credential: { apiKey: '\${env:KEY}' } }`,
  );
  await served.apply(text, { KEY: key });
}

/** An organization of the test's own, whose key was replaced by one that the vendor refuses. */
async function rotated(budget = ''): Promise<string> {
  organizations += 1;
  const org = `org-${organizations}`;
  await register(org, oldKey, budget);
  await register(org, newKey, budget);
  served.vendors.fault(`${org}-own`, { kind: 'require-key', key: oldKey });
  return org;
}

async function ledgerOf(org: string): Promise<readonly string[]> {
  const rows = await ask<{ line: string }>(
    served.urls.superuser,
    `select concat_ws(' ', model, purpose, credential_generation, state, failure) as line
       from byom.attempts where org_id = $1 order by call`,
    [org],
  );
  return rows.map(({ line }) => line);
}

/** What an admin is shown. */
async function attentionOf(org: string): Promise<readonly AttentionItem[] | null> {
  const database = openDatabase(served.urls.api);
  try {
    return (await readAs<readonly AttentionItem[]>(database, null, org, readAttention())).found;
  } finally {
    await database.destroy();
  }
}

const calledOwn = (org: string): number => served.vendors.callsTo(`${org}-own`).length;
const plainHops = ({ hops }: RunOutcome) =>
  hops.map(({ model, outcome, failure, calls }) => [model, outcome, failure, calls]);

const toPlatform = [
  ['own', 'failed', 'model.unauthorized', 1],
  ['platform/ai', 'answered', null, 1],
];

test('where the new key is refused, the one before it answers: on the same model, in a row of its own, and the host hears of it', async () => {
  const org = await rotated();
  const ended = await served.run(textRun(org));
  expect([ended.status, plainHops(ended)]).toEqual(['completed', [['own', 'answered', null, 2]]]);
  expect(await ledgerOf(org)).toEqual(['own answer 2 failed model.unauthorized', 'own answer 1 answered']);
  expect(told.filter((one) => one.org === org)).toEqual([
    { org, provider: 'p-own', model: 'own', vendor: 'custom', failure: 'model.unauthorized' },
  ]);
  // The answer of the spare says nothing of the key that replaced it.
  expect(await attentionOf(org)).toContainEqual(
    expect.objectContaining({ kind: 'credential-refused', provider: 'p-own', calls: 1 }),
  );
});

test('an answer of the key before is repaired with that key at once', async () => {
  const org = await rotated();
  served.vendors.fault(`${org}-own`, { kind: 'invalid-answer', times: 1 });
  const ended = await served.run(planRun(org, engine.taskQueue));
  expect([ended.status, plainHops(ended)]).toEqual(['completed', [['own', 'answered', null, 3]]]);
  expect(await ledgerOf(org)).toEqual([
    'own answer 2 failed model.unauthorized',
    'own answer 1 answered',
    'own repair 1 answered',
  ]);
});

test('a mode that the key before finds refused is followed by the next one, with that key', async () => {
  const org = await rotated();
  served.vendors.fault(`${org}-own`, { kind: 'refuse-mode', modes: ['json_schema'] });
  const ended = await served.run(planRun(org, engine.taskQueue));
  expect([ended.status, ended.answeredBy?.model]).toEqual(['completed', 'own']);
  expect(await ledgerOf(org)).toEqual([
    'own answer 2 failed model.unauthorized',
    'own answer 1 failed model.rejected',
    'own mode 1 answered',
  ]);
});

test('a quarter of an hour after the rotation the key before is not tried', async () => {
  const org = await rotated();
  await ask(
    served.urls.superuser,
    `update byom.credentials set created_at = now() - interval '16 minutes' where org_id = $1 and generation = 2`,
    [org],
  );
  const ended = await served.run(textRun(org));
  expect([plainHops(ended), calledOwn(org)]).toEqual([toPlatform, 1]);
});

test('a compromised key is not tried', async () => {
  const org = await rotated();
  const api = openDatabase(served.urls.api, { max: 1 });
  const who = { org, actor: 'user:test', requestId: 'test', dryRun: false };
  const put = { provider: 'p-own', secret: { apiKey: `${newKey}-either` }, compromised: true };
  try {
    await putCredential(api, who, put, parseSealKeys(served.rings.seal), '*');
  } finally {
    await api.destroy();
  }
  const ended = await served.run(textRun(org));
  expect([plainHops(ended), calledOwn(org)]).toEqual([toPlatform, 1]);
});

test('the key before has no budget of its own: without a call left it is not tried', async () => {
  const org = await rotated(' callsPerModel: 1,');
  const ended = await served.run(textRun(org));
  expect([plainHops(ended), calledOwn(org)]).toEqual([toPlatform, 1]);
  expect(await ledgerOf(org)).toEqual([
    'own answer 2 failed model.unauthorized',
    'own answer 1 refused',
    'platform/ai answer answered',
  ]);
});

test('its call counts for the round: with three calls in all, one is left for the platform and none for a repair', async () => {
  const org = await rotated(' callsPerRound: 3,');
  served.vendors.fault(`${org}-own`, { kind: 'invalid-answer', times: 1 });
  const ended = await served.run(planRun(org, engine.taskQueue));
  expect([ended.answeredBy?.model, calledOwn(org)]).toEqual(['platform/ai', 2]);
});

test.each([
  ['is refused too', { kind: 'status', status: 401 }],
  ['meets a vendor that is overloaded', { kind: 'status', status: 503 }],
] as const)(
  'where the key before %s, the refusal of the new one is the failure, and the next layer answers',
  async (_, fault) => {
    const org = await rotated();
    served.vendors.fault(`${org}-own`, fault);
    const ended = await served.run(textRun(org));
    expect([plainHops(ended), calledOwn(org)]).toEqual([
      [
        ['own', 'failed', 'model.unauthorized', 2],
        ['platform/ai', 'answered', null, 1],
      ],
      2,
    ]);
  },
);

test('a prompt that is filtered with the key before is offered to nobody else', async () => {
  const org = await rotated();
  served.vendors.fault(`${org}-own`, { kind: 'content-filter' });
  const ended = await served.run(textRun(org));
  expect([ended.status, ended.failure?.type]).toEqual(['failed', 'model.content-filtered']);
  expect(served.vendors.callsTo('platform')).toHaveLength(0);
});

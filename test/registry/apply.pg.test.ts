import { revokeCredential } from '../support/change-registry.ts';
import { ask } from '../support/database.ts';
import { callOf, identity, openWorld, question, registryText } from './world.ts';
import type { World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

const revisions = async () =>
  ask(world.database.superuserUrl, 'select org_id, revision from byom.organizations order by org_id');

async function generations(): Promise<readonly string[]> {
  const rows = await ask<{ line: string }>(
    world.database.superuserUrl,
    `select generation || ' ' || state as line from byom.credentials where org_id = 'acme' order by generation`,
  );
  return rows.map(({ line }) => line);
}

test('applying the same file again changes nothing, no revision and no credential', async () => {
  const before = [await revisions(), await generations()];
  const applied = await world.apply(registryText);
  expect(applied.map(({ created, changed }) => created + changed)).toEqual([0, 0, 0]);
  expect(applied.find(({ org }) => org === 'acme')?.unchanged).toBeGreaterThan(8);
  expect([await revisions(), await generations()]).toEqual(before);
});

test('one changed value is one change and one revision of that organization', async () => {
  const applied = await world.apply(registryText.replace("input: '0.15'", "input: '0.20'"));
  expect(applied.filter(({ changed }) => changed > 0)).toEqual([
    { org: 'acme', created: 0, changed: 1, unchanged: expect.any(Number) as number },
  ]);
  expect(await revisions()).toEqual([
    { org_id: 'acme', revision: '3' },
    { org_id: 'globex', revision: '2' },
    { org_id: 'platform', revision: '2' },
  ]);
});

test('each organization that a file changes has it in its audit, and a file that changes nothing leaves no trace', async () => {
  const events = () =>
    ask(
      world.database.superuserUrl,
      `select org_id, seq, actor, action, resource, after from byom.audit_events order by org_id, seq`,
    );
  const event = { actor: 'host:byom apply', action: 'file.apply', resource: 'registry' };
  const first = await events();
  expect(first).toEqual(
    ['acme', 'globex', 'platform'].map((org_id) => ({
      ...event,
      org_id,
      seq: '1',
      after: { created: expect.any(Number) as number, changed: expect.any(Number) as number },
    })),
  );
  await world.apply(registryText);
  expect(await events()).toEqual(first);
  await world.apply(registryText.replace("input: '0.15'", "input: '0.20'"));
  expect(await events()).toEqual([
    first[0],
    { ...event, org_id: 'acme', seq: '2', after: { created: 0, changed: 1 } },
    ...first.slice(1),
  ]);
});

test('what the file does not name stays', async () => {
  await world.apply('version: 1\norganizations:\n  acme: {}\n');
  await expect(world.registry.resolve(question())).resolves.toMatchObject({ candidate: { model: 'light' } });
});

test.each([
  [
    'a model whose provider is unknown',
    ['provider: fast, upstreamId: flash-1', 'provider: none, upstreamId: flash-1'],
    'registry.yaml:11:7: models.flash.provider: none is no provider of acme.',
  ],
  [
    'an assignment of an unknown model',
    ['b-1: light,', 'b-1: none,'],
    'registry.yaml:19:14: none is no model of acme.',
  ],
  [
    'a default that is unknown',
    ['default: flash', 'default: platform/none'],
    'registry.yaml:13:5: platform/none is no model of the platform.',
  ],
  [
    'a class of an unknown provider',
    ['providers: [legal]', 'providers: [none]'],
    'registry.yaml:15:7: none is no provider of acme.',
  ],
  [
    'an unknown vendor',
    ['legal: { vendor: custom', 'legal: { vendor: acme-ai'],
    'registry.yaml:8:7: providers.legal.vendor: acme-ai is none of custom.',
  ],
  [
    'settings that do not fit',
    ['https://legal.example', 'nowhere'],
    'registry.yaml:8:7: providers.legal.settings.baseUrl:',
  ],
])(
  '%s is an error with line and column, and nothing is written',
  async (_what, [from = '', to = ''], message) => {
    const before = await revisions();
    const broken = registryText.replace(from, to).replace("input: '0.15'", "input: '0.99'");
    await expect(world.apply(broken)).rejects.toMatchObject({
      type: 'run.invalid',
      message: expect.stringContaining(message) as unknown,
    });
    expect(await revisions()).toEqual(before);
    const prices = await ask(world.database.superuserUrl, 'select from byom.models where input_price = 0.99');
    expect(prices).toHaveLength(0);
  },
);

test('a changed secret is a new generation, and calls begin with it', async () => {
  await world.apply(registryText.replaceAll('${env:KEY}', 'new-${env:KEY}'));
  expect(await generations()).toEqual(['1 retiring', '2 active']);
  const begun = await world.registry.begin(callOf(identity()));
  expect(begun.kind === 'open' && begun.openCredential()).toEqual({
    apiKey: 'new-a-secret-of-twenty-six-signs',
  });
});

test('a changed address revokes the credential; given with it, it is sealed for the new one', async () => {
  const moved = registryText.replace('https://fast.example', 'https://moved.example');
  await world.apply(moved);
  expect(await generations()).toEqual(['1 revoked', '2 active']);
  const elsewhere = registryText
    .replace('https://fast.example', 'https://elsewhere.example')
    .replace("' }, credential: { apiKey: '${env:KEY}' }", "' }");
  await world.apply(elsewhere);
  expect(await generations()).toEqual(['1 revoked', '2 revoked']);
  const next = await world.registry.resolve(question());
  expect(next.skipped).toContainEqual({ layer: 'behavior', model: 'light', reason: 'credential-revoked' });
});

test('a revoked credential is a failure of the model, and applying its file again sets it anew', async () => {
  await revokeCredential(world.database.apiUrl, 'acme', 'fast');
  const next = await world.registry.resolve(question());
  expect(next).toMatchObject({ candidate: { model: 'platform/ai', reason: 'credential-revoked' } });
  await world.apply(registryText);
  await expect(world.registry.resolve(question())).resolves.toMatchObject({ candidate: { model: 'light' } });
});

test('no secret stands in any column that can be read as text', async () => {
  const [row] = await ask<{ all_rows: string }>(
    world.database.superuserUrl,
    `select string_agg(c::text, '') || (select string_agg(p::text, '') from byom.providers p) as all_rows
       from byom.credentials c`,
  );
  const secret = 'a-secret-of-twenty-six-signs';
  expect(row?.all_rows).not.toContain(secret);
  expect(row?.all_rows).not.toContain(Buffer.from(secret).toString('hex'));
});

test('a provider that was never given a credential is served without one', async () => {
  const candidate = {
    vendor: 'custom',
    reason: 'assigned',
    layer: 'platform',
    model: 'platform/ai',
    provider: 'house',
  } as const;
  const call = await world.registry.begin(callOf(identity(), { candidate }));
  expect(call.kind === 'open' && call.openCredential()).toBeNull();
});

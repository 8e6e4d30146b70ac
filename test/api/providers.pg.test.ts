import { ask } from '../support/database.ts';
import { openApiWorld, secrets, type ApiWorld } from './world.ts';

let world: ApiWorld;
beforeEach(async () => {
  world = await openApiWorld();
});
afterEach(() => world.close());

const at = (slug: string): string => `/v1/orgs/acme/providers/${slug}`;
const any = { 'if-match': '*' };
const credentialRows = () =>
  ask<{ generation: number; state: string; wiped: boolean }>(
    world.database.superuserUrl,
    `select c.generation, c.state, c.ciphertext is null as wiped from byom.credentials c
     join byom.providers p on p.org_id = c.org_id and p.id = c.provider_id
     where p.org_id = 'acme' and p.slug = 'main' order by c.generation`,
  );

test('a provider is checked by its vendor, and the fault has its place', async () => {
  const cases = [
    [{ vendor: 'nobody' }, '/vendor'],
    [{ vendor: 'custom', settings: { baseUrl: 'ftp://x' } }, '/settings/baseUrl'],
    [{ vendor: 'custom', settings: { baseUrl: 'https://user:pass@x.example' } }, '/settings/baseUrl'],
    [
      { vendor: 'custom', settings: { baseUrl: 'https://x.example', headers: { Authorization: 'x' } } },
      '/settings/headers/Authorization',
    ],
    [{ vendor: 'openai', settings: { other: 1 } }, '/settings'],
  ] as const;
  for (const [body, pointer] of cases) {
    const said = await world.call('PUT', at('new'), { body });
    expect([said.status, said.body.errors[0].pointer]).toEqual([422, pointer]);
  }
  expect((await world.call('GET', at('new'))).status).toBe(404);
});

test('a provider says how its credential stands, and nobody reads the secret back', async () => {
  const made = await world.call('PUT', at('own'), { body: { vendor: 'openai' } });
  expect([made.status, made.body.credential]).toEqual([201, 'missing']);
  const set = await world.call('PUT', `${at('own')}/credential`, {
    body: { apiKey: 'sk-a-brand-new-secret-of-mine' },
  });
  expect([set.status, set.body]).toEqual([201, { set: true, generation: 1 }]);
  expect((await world.call('GET', at('own'))).body.credential).toBe('set');
  const shown = await world.call('GET', `${at('own')}/credential`);
  expect(shown.body).toMatchObject({ set: true, generation: 1, state: 'active', hint: '…mine' });
  expect(shown.text).not.toContain('brand-new');
  expect((await world.call('DELETE', `${at('own')}/credential`, { headers: any })).status).toBe(204);
  expect((await world.call('GET', at('own'))).body.credential).toBe('revoked');
});

test('a credential is only replaced by who knows the one there; the one before is a spare, unless it is compromised', async () => {
  const path = `${at('main')}/credential`;
  const body = { apiKey: 'sk-the-second-of-them-123456' };
  expect((await world.call('PUT', path, { body })).status).toBe(428);
  const etag = (await world.call('GET', path)).headers.get('etag') as string;
  expect((await world.call('PUT', path, { body, headers: { 'if-match': etag } })).body).toEqual({
    set: true,
    generation: 2,
  });
  expect((await world.call('PUT', path, { body, headers: { 'if-match': etag } })).status).toBe(412);
  expect(await credentialRows()).toEqual([
    { generation: 1, state: 'retiring', wiped: false },
    { generation: 2, state: 'active', wiped: false },
  ]);
  await world.call('PUT', `${path}?compromised=true`, {
    body: { apiKey: 'sk-the-third-of-them-1234567' },
    headers: any,
  });
  expect(await credentialRows()).toEqual([
    { generation: 1, state: 'revoked', wiped: true },
    { generation: 2, state: 'revoked', wiped: true },
    { generation: 3, state: 'active', wiped: false },
  ]);
});

test('the secret that is there already changes nothing, and a dry run knows it', async () => {
  const path = `${at('spare')}/credential`;
  await world.call('PUT', at('spare'), { body: { vendor: 'openai', name: 'Spare' } });
  await world.call('PUT', path, { body: { apiKey: 'sk-first' } });
  await world.call('PUT', path, { body: { apiKey: 'sk-second' }, headers: any });
  const put = async (apiKey: string, query: string) =>
    (await world.call('PUT', `${path}${query}`, { body: { apiKey }, headers: any })).body;
  expect(await put('sk-second', '?dry_run=true')).toMatchObject({ changed: false });
  expect(await put('sk-third', '?dry_run=true')).toMatchObject({ changed: true, after: { generation: 3 } });
  expect(await put('sk-second', '')).toEqual({ set: true, generation: 2 });
  const audited = async () => (await world.call('GET', '/v1/orgs/acme/audit-events?limit=1')).body.items[0];
  expect(await audited()).toMatchObject({ after: { generation: 2, state: 'active' } });
  // The one before is still a spare, and wiping it is a change of its own.
  expect(await put('sk-second', '?compromised=true&dry_run=true')).toMatchObject({ changed: true });
  const etag = (await world.call('GET', path)).headers.get('etag');
  const wiping = await world.call('PUT', `${path}?compromised=true`, {
    body: { apiKey: 'sk-second' },
    headers: any,
  });
  expect([wiping.body, wiping.headers.get('etag')]).toEqual([{ set: true, generation: 2 }, etag]);
  expect(await audited()).toMatchObject({ after: { generation: 2, compromised: true } });
  expect(await put('sk-second', '?compromised=true&dry_run=true')).toMatchObject({ changed: false });
});

test('a new address revokes the credential, and a dry run says so first', async () => {
  const body = { vendor: 'custom', settings: { baseUrl: 'https://elsewhere.example/v1' } };
  const tried = await world.call('PUT', `${at('main')}?dry_run=true`, { body, headers: any });
  expect(tried.body.warnings).toEqual([expect.stringContaining('credential is revoked')]);
  expect(await credentialRows()).toMatchObject([{ state: 'active' }]);
  const moved = await world.call('PUT', at('main'), { body, headers: any });
  expect(moved.body.credential).toBe('revoked');
  expect(await credentialRows()).toEqual([{ generation: 1, state: 'revoked', wiped: true }]);
});

test('a provider that is used is not deleted, and its vendor does not change', async () => {
  const refused = await world.call('DELETE', at('legal'), { headers: any });
  expect([refused.status, refused.body.dependents]).toEqual([
    409,
    [
      { kind: 'data-class', name: 'financial' },
      { kind: 'model', name: 'strict' },
    ],
  ]);
  const changed = await world.call('PUT', at('legal'), {
    body: { vendor: 'custom', settings: { baseUrl: 'https://x.example' } },
    headers: any,
  });
  expect([changed.status, changed.body.type]).toEqual([409, 'urn:byom:problem:conflict']);
});

test('no answer and no audit row holds a secret, also where a body was refused', async () => {
  const faulty = { apiKey: 'sk-a-secret\nwith-a-break', extra: 'sk-another-secret' };
  const said = [
    await world.call('PUT', `${at('main')}/credential`, { body: faulty, headers: any }),
    await world.call('GET', `${at('main')}/credential`),
    await world.call('GET', '/v1/orgs/acme/providers'),
  ];
  const audit = await ask(
    world.database.superuserUrl,
    'select before::text, after::text from byom.audit_events',
  );
  const all = said.map(({ text }) => text).join() + JSON.stringify(audit);
  for (const secret of [...Object.values(secrets), 'sk-a-secret', 'sk-another-secret'])
    expect(all).not.toContain(secret);
  expect(said[0]?.status).toBe(422);
});

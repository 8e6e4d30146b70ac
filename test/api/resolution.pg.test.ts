import { openApiWorld, type ApiWorld } from './world.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await openApiWorld();
});
afterAll(() => world.close());

const behavior = (pipe: string, name: string): string => `/v1/orgs/acme/pipes/${pipe}/behaviors/${name}`;
const any = { 'if-match': '*' };

test('an admin is told which model would serve and why, before there is a run', async () => {
  const assigned = await world.call('GET', `${behavior('p-1', 'b-1')}/resolution`);
  expect(assigned.body).toMatchObject({
    decision: 'call',
    model: 'light',
    layer: 'behavior',
    reason: 'assigned',
  });
  const byDefault = await world.call('GET', `${behavior('p-7', 'b-any')}/resolution`);
  expect(byDefault.body).toMatchObject({
    decision: 'call',
    model: 'light',
    layer: 'organization',
    reason: 'not-assigned',
  });
  const classed = await world.call('GET', `${behavior('p-7', 'b-any')}/resolution?dataClass=financial`);
  expect(classed.body).toMatchObject({ decision: 'fail', model: null, reason: 'policy.forbidden' });
  expect(classed.body.skipped).toContainEqual({
    layer: 'organization',
    model: 'light',
    reason: 'not-approved-for:financial',
  });
});

test('the dropdown lists every model, says what stands in the way, and keeps a disabled one that is assigned', async () => {
  await world.call('POST', '/v1/orgs/acme/models/strict/disable', { headers: any });
  const said = await world.call('GET', `${behavior('p-1', 'b-2')}/model-options`, {
    as: { org: 'acme', role: 'pipe-admin', pipes: ['p-1'] },
  });
  expect(said.body).toEqual({
    assigned: 'strict',
    default: 'light',
    effective: { model: 'platform/ai', layer: 'platform', reason: 'model-disabled' },
    options: [
      {
        model: 'light',
        name: 'Light of canary-acme',
        vendor: 'custom',
        provider: 'main',
        group: 'organization',
        selectable: true,
        why: null,
      },
      {
        model: 'strict',
        name: 'strict',
        vendor: 'openai',
        provider: 'legal',
        group: 'organization',
        selectable: false,
        why: 'model-disabled',
      },
      {
        model: 'platform/ai',
        name: 'ai',
        vendor: 'custom',
        provider: 'house',
        group: 'platform',
        selectable: true,
        why: null,
      },
    ],
  });
  await world.call('POST', '/v1/orgs/acme/models/strict/enable', { headers: any });
  const classed = await world.call('GET', `${behavior('p-2', 'b-rate')}/model-options`);
  expect(
    classed.body.options.map(({ model, selectable, why }: Record<string, unknown>) => [
      model,
      selectable,
      why,
    ]),
  ).toEqual([
    ['light', true, 'not-approved-for:financial'],
    ['strict', true, null],
    ['platform/ai', true, 'not-approved-for:financial'],
  ]);
});

test('assignments are listed with their models, by pipe and by model; a pipe-admin sees its own pipes', async () => {
  const all = await world.call('GET', '/v1/orgs/acme/assignments');
  expect(
    all.body.items.map(({ pipe, behavior: name, model }: Record<string, unknown>) => [pipe, name, model]),
  ).toEqual([
    ['p-1', 'b-1', 'light'],
    ['p-1', 'b-2', 'strict'],
    ['p-2', 'b-rate', 'strict'],
  ]);
  const strict = await world.call('GET', '/v1/orgs/acme/assignments?model=strict&limit=1');
  expect(strict.body.items).toHaveLength(1);
  expect(strict.body.nextCursor).not.toBeNull();
  const own = await world.call('GET', '/v1/orgs/acme/assignments', {
    as: { org: 'acme', role: 'pipe-admin', pipes: ['p-2'] },
  });
  expect(own.body.items.map(({ pipe }: { pipe: string }) => pipe)).toEqual(['p-2']);
});

test('the audit is read newest first, in pages', async () => {
  const first = await world.call('GET', '/v1/orgs/acme/audit-events?limit=1');
  expect(first.body.items[0]).toMatchObject({ action: 'model.enable', resource: 'models/strict' });
  const second = await world.call(
    'GET',
    `/v1/orgs/acme/audit-events?limit=1&cursor=${first.body.nextCursor}`,
  );
  expect(second.body.items[0]).toMatchObject({ action: 'model.disable' });
  expect(
    (await world.call('GET', '/v1/orgs/acme/audit-events', { as: { org: 'acme', role: 'viewer' } })).status,
  ).toBe(403);
});

test('usage of an organization that used nothing is empty', async () => {
  expect((await world.call('GET', '/v1/orgs/acme/usage')).body).toEqual({ items: [] });
});

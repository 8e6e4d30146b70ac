import { createRegistry, parseOpenKeys } from '../../registry/index.ts';
import { removeAssignment, setAssignment, setModelEnabled, setRules } from '../support/change-registry.ts';
import { startCountingProxy } from '../support/counting-proxy.ts';
import { ask } from '../support/database.ts';
import { openWorld, question } from './world.ts';
import type { World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

test('a worker on a migrated registry with the right ring is ready', async () => {
  await expect(world.registry.ready()).resolves.toBeUndefined();
});

test('the model assigned to the Behavior serves it', async () => {
  await expect(world.registry.resolve(question())).resolves.toMatchObject({
    next: 'call',
    hop: 1,
    candidate: { layer: 'behavior', provider: 'fast', model: 'light', vendor: 'custom', reason: 'assigned' },
    requested: { layer: 'behavior', model: 'light' },
  });
});

test('without an assignment the default of the organization serves', async () => {
  const next = await world.registry.resolve(question({ behavior: 'b-unknown' }));
  expect(next).toMatchObject({
    next: 'call',
    candidate: { layer: 'organization', model: 'flash', reason: 'not-assigned' },
  });
});

test('an organization with nothing configured is served by the platform', async () => {
  const next = await world.registry.resolve(question({ org: 'globex' }));
  expect(next).toMatchObject({ next: 'call', candidate: { layer: 'platform', model: 'platform/ai' } });
});

test('a model of the platform can be chosen by name', async () => {
  const next = await world.registry.resolve(question({ behavior: 'b-named' }));
  expect(next).toMatchObject({ next: 'call', candidate: { layer: 'behavior', model: 'platform/ai' } });
});

test('an assignment under another pipe serves nothing', async () => {
  const next = await world.registry.resolve(question({ pipe: 'p-9' }));
  expect(next).toMatchObject({ candidate: { layer: 'organization', model: 'flash' } });
});

test('data of a class goes to approved providers alone, whatever fails', async () => {
  const run = question({ pipe: 'p-2', behavior: 'b-rate' });
  await expect(world.registry.resolve(run)).resolves.toMatchObject({ candidate: { model: 'strict' } });
  const tried = [{ hop: 1, model: 'strict', failure: 'model.overloaded' }] as const;
  await expect(world.registry.resolve({ ...run, hops: 1, tried })).resolves.toMatchObject({
    next: 'fail',
    because: 'policy.forbidden',
    lastModelFailure: 'model.overloaded',
  });
});

test('rules of pipe and Behavior are merged: lists intersected, classes united, the more specific word wins', async () => {
  const at = { org: 'acme', pipe: 'p-3' };
  await setAssignment(world.database.apiUrl, { ...at, behavior: 'b-m', model: 'light' });
  await setRules(
    world.database.apiUrl,
    { ...at, behavior: null },
    { providers: ['fast', 'legal'], onFailure: 'cascade' },
  );
  await setRules(
    world.database.apiUrl,
    { ...at, behavior: 'b-m' },
    { providers: ['legal', 'platform'], onFailure: 'none' },
  );
  const next = await world.registry.resolve(question({ pipe: 'p-3', behavior: 'b-m' }));
  expect(next).toMatchObject({ next: 'fail', because: 'policy.forbidden' });
  expect(next.skipped).toContainEqual({ layer: 'behavior', model: 'light', reason: 'provider-not-allowed' });
});

test('a change of the registry is seen by the next question', async () => {
  const at = { org: 'acme', pipe: 'p-4', behavior: 'b-4' };
  const asked = async () => {
    const next = await world.registry.resolve(question(at));
    return next.next === 'call' ? next.candidate.model : next.next;
  };
  await setAssignment(world.database.apiUrl, { ...at, model: 'strict' });
  expect(await asked()).toBe('strict');
  await setModelEnabled(world.database.apiUrl, 'acme', 'strict', false);
  expect(await asked()).toBe('platform/ai');
  await setModelEnabled(world.database.apiUrl, 'acme', 'strict', true);
  await removeAssignment(world.database.apiUrl, at);
  expect(await asked()).toBe('flash');
});

test('an unknown organization is named, with the remedy', async () => {
  await expect(world.registry.resolve(question({ org: 'nobody' }))).rejects.toMatchObject({
    type: 'run.invalid',
    message: 'Organization nobody is not registered; an operator adds it with `byom apply`.',
  });
});

test('the platform itself runs nothing', async () => {
  await expect(world.registry.resolve(question({ org: 'platform' }))).rejects.toMatchObject({
    type: 'run.invalid',
  });
});

test('a question is one round trip, and prepares no statement by name', async () => {
  const url = new URL(world.database.workerUrl);
  const proxy = await startCountingProxy(Number(url.port));
  url.port = String(proxy.port);
  const registry = createRegistry({
    workerUrl: url.href,
    openKeys: parseOpenKeys(world.rings.openRing),
    connectionsMax: 1,
  });
  await registry.resolve(question());
  proxy.reset();
  await registry.resolve(question());
  expect(proxy.answered()).toBe(1);
  expect(proxy.sent()).toContain('\0select byom.resolve($1::jsonb) as answer\0');
  await registry.close();
  await proxy.close();
});

test('no setting of an organization outlives its statement', async () => {
  await world.registry.resolve(question());
  const [row] = await ask<{ org: string | null }>(
    world.database.workerUrl,
    `select byom.resolve($1)::text as answer, nullif(current_setting('app.org_id', true), '') as org`,
    [JSON.stringify({ ...question(), wanted: null })],
  );
  expect(row?.org).toBe('acme');
  const rows = await ask(world.database.workerUrl, 'select from byom.organizations');
  expect(rows).toHaveLength(0);
});

test('when Postgres is away it is the registry that is unavailable, in our words', async () => {
  const registry = createRegistry({
    workerUrl: 'postgres://byom_worker@127.0.0.1:1/none',
    openKeys: parseOpenKeys(world.rings.openRing),
  });
  await expect(registry.resolve(question())).rejects.toMatchObject({
    type: 'registry.unavailable',
    message: 'The registry does not answer (ECONNREFUSED).',
  });
  await registry.close();
});

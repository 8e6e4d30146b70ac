import { openDatabase, parseSealKeys, putCredential } from '../../registry/index.ts';
import type { CallToBegin, OpenCall, RunIdentity } from '../../registry/index.ts';
import { ask } from '../support/database.ts';
import { callOf, env, identity, openWorld, registryText } from './world.ts';
import type { World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

/** The same secret for everybody, so that a credential of the wrong owner would be believed if it were found. */
const rotated = registryText.replaceAll('${env:KEY}', 'new-${env:KEY}');
const replaced = { apiKey: env.KEY };

async function open(run: RunIdentity, over: Partial<CallToBegin> = {}): Promise<OpenCall> {
  const begun = await world.registry.begin(callOf(run, over));
  if (begun.kind !== 'open') throw new Error(`The call is ${begun.kind}.`);
  return begun;
}

async function generationsOf({ runId }: RunIdentity): Promise<readonly (number | null)[]> {
  const rows = await ask<{ generation: number | null }>(
    world.database.superuserUrl,
    'select credential_generation as generation from byom.attempts where run_id = $1 order by call',
    [runId],
  );
  return rows.map(({ generation }) => generation);
}

function ageNewest(age: string): Promise<unknown> {
  const sql = `update byom.credentials set created_at = now() - $1::interval where generation = 2`;
  return ask(world.database.superuserUrl, sql, [age]);
}

const retiring = { resume: false, credential: 'retiring' } as const;

test('after a rotation a call can be begun with either credential, each with its generation in the ledger', async () => {
  await world.apply(rotated);
  const run = identity();
  const active = await open(run);
  expect([active.hasRetiring, active.openCredential()]).toEqual([true, { apiKey: `new-${env.KEY}` }]);
  const spare = await open(run, retiring);
  expect(spare.openCredential()).toEqual(replaced);
  expect(spare.counts).toEqual({ round: 2, byModel: { light: 2 } });
  expect(await generationsOf(run)).toEqual([2, 1]);
});

test('a provider whose credential was never replaced, or that has none, has no other to begin with', async () => {
  const run = identity();
  expect((await open(run)).hasRetiring).toBe(false);
  await expect(world.registry.begin(callOf(run, retiring))).resolves.toEqual({ kind: 'retired' });
  const named = { layer: 'behavior', provider: 'house', model: 'platform/ai', vendor: 'custom' } as const;
  const candidate = { ...named, reason: 'assigned' } as const;
  const unkeyed = identity({ behavior: 'b-named' });
  expect((await open(unkeyed, { candidate })).hasRetiring).toBe(false);
  await expect(world.registry.begin(callOf(unkeyed, { candidate, ...retiring }))).resolves.toEqual({
    kind: 'retired',
  });
  expect([await generationsOf(run), await generationsOf(unkeyed)]).toEqual([[1], [null]]);
});

test.each([
  ['14 minutes', true],
  ['16 minutes', false],
])('%s after the rotation, the credential before can be begun with: %s', async (age, isThere) => {
  await world.apply(rotated);
  await ageNewest(age);
  const run = identity();
  expect((await open(run)).hasRetiring).toBe(isThere);
  const begun = await world.registry.begin(callOf(run, retiring));
  expect([begun.kind, (await generationsOf(run)).length]).toEqual(isThere ? ['open', 2] : ['retired', 1]);
});

test('a rotation because of a compromised credential leaves none to begin with', async () => {
  const api = openDatabase(world.database.apiUrl, { max: 1 });
  const who = { org: 'acme', actor: 'user:test', requestId: 'test', dryRun: false };
  const secret = { apiKey: 'the-one-after-the-leak' };
  try {
    const seal = parseSealKeys(world.rings.sealRing);
    await putCredential(api, who, { provider: 'fast', secret, compromised: true }, seal, '*');
  } finally {
    await api.destroy();
  }
  const run = identity();
  const call = await open(run);
  expect([call.hasRetiring, call.openCredential()]).toEqual([false, secret]);
  await expect(world.registry.begin(callOf(run, retiring))).resolves.toEqual({ kind: 'retired' });
});

test('a retiring credential of another provider or organization, or for another address, is none of this one', async () => {
  const keyed = (text: string) =>
    text.replace(
      "'https://legal.example' } }",
      "'https://legal.example' }, credential: { apiKey: '${env:KEY}' } }",
    );
  await world.apply(keyed(registryText));
  await world.apply(keyed(registryText).replaceAll('${env:KEY}', 'new-${env:KEY}'));
  const { superuserUrl } = world.database;
  // Two providers of one vendor's host: their credentials are told apart by the provider alone.
  await ask(superuserUrl, `update byom.credentials set audience = 'custom https://fast.example'`);
  const run = identity();
  const ofFast = `org_id = 'acme' and generation = 1
    and provider_id = (select id from byom.providers where org_id = 'acme' and slug = 'fast')`;
  await ask(
    superuserUrl,
    `update byom.credentials set audience = 'custom https://other.example' where ${ofFast}`,
  );
  await expect(world.registry.begin(callOf(run, retiring))).resolves.toEqual({ kind: 'retired' });
  await ask(superuserUrl, `delete from byom.credentials where ${ofFast}`);
  await expect(world.registry.begin(callOf(run, retiring))).resolves.toEqual({ kind: 'retired' });
  const left = await ask<{ owner: string }>(
    superuserUrl,
    `select c.org_id || ' ' || p.slug as owner from byom.credentials c join byom.providers p on p.id = c.provider_id
       where c.state = 'retiring' order by owner`,
  );
  expect(left).toEqual([{ owner: 'acme legal' }, { owner: 'globex fast' }]);
});

test('a call that is begun with the retiring credential is judged and counted like every other', async () => {
  await world.apply(rotated);
  const run = identity();
  for (const _ of [1, 2, 3]) await open(run, { resume: false });
  await expect(world.registry.begin(callOf(run, retiring))).resolves.toEqual({ kind: 'exhausted' });
});

import { revokeCredential } from '../support/change-registry.ts';
import type { CallToBegin } from '../../registry/index.ts';
import { callOf, identity, lightCandidate, openWorld, registryText } from '../registry/world.ts';
import type { World } from '../registry/world.ts';
import { ask, refusalOf } from '../support/database.ts';

let world: World;
const open = async () => {
  world = await openWorld();
};
const close = () => world.close();

const sql = (text: string, values: readonly unknown[] = []) =>
  ask<Record<string, unknown>>(world.database.superuserUrl, text, values);

const boxColumns = 'key_id, wrapped_key, ciphertext, fingerprint';

async function opened(over: Partial<CallToBegin> = {}): Promise<unknown> {
  const begun = await world.registry.begin(callOf(identity(over), over));
  if (begun.kind !== 'open') throw new Error(`It was not begun, but ${begun.kind}.`);
  return begun.openCredential();
}

const refused = {
  type: 'model.misconfigured',
  message: 'The stored credential does not open with key test at its place. Set it again.',
};

describe('what is moved by whoever may write to the database', () => {
  beforeEach(open);
  afterEach(close);

  test('a credential opens where it was sealed for', async () => {
    expect(await opened()).toEqual({ apiKey: 'a-secret-of-twenty-six-signs' });
  });

  test('a credential does not open in the row of another provider', async () => {
    await sql(
      `insert into byom.credentials (org_id, provider_id, generation, state, audience, ${boxColumns})
         select c.org_id, p.id, 1, 'active', p.audience, c.key_id, c.wrapped_key, c.ciphertext, c.fingerprint
         from byom.credentials c, byom.providers p
         where c.org_id = 'acme' and p.org_id = 'acme' and p.slug = 'legal'`,
    );
    const candidate = { ...lightCandidate, provider: 'legal', model: 'strict' };
    await expect(opened({ candidate })).rejects.toMatchObject(refused);
  });

  test('a credential does not open in the row of another organization, at the same vendor and address', async () => {
    await sql(
      `update byom.credentials g set (${boxColumns}) =
         (select ${boxColumns} from byom.credentials a where a.org_id = 'acme') where g.org_id = 'globex'`,
    );
    const globex = { org: 'globex', candidate: { ...lightCandidate, layer: 'organization' as const } };
    await sql(
      `insert into byom.default_models (org_id, model_org, model_id)
         select org_id, org_id, id from byom.models where org_id = 'globex'`,
    );
    await expect(opened(globex)).rejects.toMatchObject(refused);
  });

  test('a credential does not open as another generation', async () => {
    await sql(`update byom.credentials set generation = 2 where org_id = 'acme'`);
    await expect(opened()).rejects.toMatchObject(refused);
  });

  test('a credential does not open when an old generation is put in place of the new one', async () => {
    await world.apply(registryText.replaceAll('${env:KEY}', 'new-${env:KEY}'));
    await sql(
      `update byom.credentials c set (${boxColumns}) =
         (select ${boxColumns} from byom.credentials o where o.org_id = 'acme' and o.generation = 1)
         where c.org_id = 'acme' and c.generation = 2`,
    );
    await expect(opened()).rejects.toMatchObject(refused);
  });

  test('a credential does not open for another address, wherever that was written', async () => {
    await sql(`update byom.providers set audience = 'custom https://thief.example',
      settings = '{"baseUrl":"https://thief.example"}' where org_id = 'acme' and slug = 'fast'`);
    await expect(opened()).rejects.toThrow('It was not begun, but refused.');
    await sql(`update byom.credentials set audience = 'custom https://thief.example' where org_id = 'acme'`);
    await expect(opened()).rejects.toMatchObject(refused);
  });

  test('a credential is not served again when it was revoked', async () => {
    await revokeCredential(world.database.apiUrl, 'acme', 'fast');
    await expect(opened()).rejects.toThrow('It was not begun, but refused.');
  });

  test('an answer that is moved to another call, run or organization is not returned as its answer', async () => {
    const calls = [identity(), identity()] as const;
    for (const run of calls) {
      const begun = await world.registry.begin(callOf(run));
      if (begun.kind !== 'open') throw new Error('It was not begun.');
      const reply = { text: '{}', finish: 'stop', usage: null } as const;
      const result = { state: 'answered', reply, valid: true, ends: null } as const;
      await world.registry.settle({ ...run, call: begun.call, result });
    }
    const [first, second] = calls;
    await expect(world.registry.begin(callOf(first))).resolves.toMatchObject({ kind: 'answered' });
    await sql(
      `update byom.attempt_answers a set sealed = b.sealed from byom.attempt_answers b
         where a.run_id = $1 and b.run_id = $2`,
      [first.runId, second.runId],
    );
    await expect(world.registry.begin(callOf(first))).rejects.toMatchObject({
      type: 'registry.unavailable',
      message: 'A stored answer does not open with key test.',
    });
  });
});

describe("the API's role", () => {
  beforeAll(open);
  afterAll(close);

  test('may read no column that holds something sealed: Postgres says so of each one', async () => {
    const columns = await sql(
      `select c.relname || '.' || a.attname as name,
         has_column_privilege('byom_api', c.oid, a.attnum, 'select') as readable
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
         join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and a.atttypid = 'bytea'::regtype
       where n.nspname = 'byom' and c.relkind in ('r', 'p', 'v', 'm') order by 1`,
    );
    const names = (wanted: boolean) =>
      columns.filter(({ readable }) => readable === wanted).map(({ name }) => String(name));
    expect(names(false)).toEqual(
      expect.arrayContaining([
        'attempt_answers.sealed',
        'credentials.ciphertext',
        'credentials.wrapped_key',
        'key_checks.ciphertext',
        'key_checks.wrapped_key',
      ]),
    );
    // Digests tell that something is the same as before, and open nothing.
    expect(names(true).filter((name) => !/(hash|fingerprint)$/.test(name))).toEqual([]);
    expect(names(true)).toContain('credentials.fingerprint');
  });

  test.each([
    'select ciphertext from byom.credentials',
    'select wrapped_key from byom.credentials',
    'select * from byom.credentials',
    'select c from byom.credentials c',
    'select to_jsonb(c) from byom.credentials c',
    'select 1 from byom.credentials where ciphertext is not null',
    'select state from byom.credentials order by ciphertext',
    'copy (select ciphertext from byom.credentials) to stdout',
    `update byom.credentials set state = 'active' returning ciphertext`,
    `update byom.credentials set state = encode(ciphertext, 'hex')`,
    'delete from byom.credentials returning ciphertext',
    'select sealed from byom.attempt_answers',
    'select count(*) from byom.attempt_answers',
    'select ciphertext from byom.key_checks',
    `select byom.begin('{}')`,
    'set role byom_worker',
    'alter table byom.credentials disable row level security',
    'create view byom.seen as select * from byom.credentials',
    'create trigger t after update on byom.credentials execute function byom.count_credentials()',
  ])('is refused: %s', async (statement) => {
    expect(await refusalOf(world.database.apiUrl, statement)).toBe('42501');
  });

  test('reads what it may of the same rows, so that it was not refused for another reason', async () => {
    await ask(world.database.apiUrl, 'select state, generation, key_id, hint from byom.credentials');
    await ask(world.database.apiUrl, 'select key_id, credentials from byom.key_checks');
  });

  test('sees no sample of it among the statistics of Postgres', async () => {
    await sql('analyze byom.credentials');
    const seen = `select attname from pg_stats where tablename = 'credentials' and attname in ('ciphertext', 'wrapped_key')`;
    expect(await ask(world.database.apiUrl, seen)).toEqual([]);
    expect(await sql(seen)).not.toEqual([]);
  });
});

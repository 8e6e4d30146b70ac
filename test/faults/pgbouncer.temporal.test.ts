import { applyRegistry, parseSealKeys, readRegistryFile } from '../../registry/index.ts';
import { vendors } from '../../vendors/index.ts';
import { ask } from '../support/database.ts';
import { registryOf, serve, textRun, usualOrganization } from '../support/served.ts';
import type { Served } from '../support/served.ts';
import { findBouncer, startTransactionBouncer } from './transaction-bouncer.ts';
import type { TransactionBouncer } from './transaction-bouncer.ts';

const program = findBouncer();
const whereInstalled = program === null ? describe.skip : describe;
const hint = program === null ? ' (skipped: there is no PgBouncer here; Debian has it as `pgbouncer`)' : '';

whereInstalled(`behind PgBouncer in transaction mode${hint}`, () => {
  const orgs = ['acme', 'globex', 'initech'];
  let bouncer: TransactionBouncer;
  let served: Served;

  beforeAll(async () => {
    const port = Number(process.env['BYOM_TEST_POSTGRES_PORT']);
    bouncer = await startTransactionBouncer(program ?? '', port);
    served = await serve({ through: (url) => bouncer.through(url) });
    const file = readRegistryFile(
      registryOf(Object.fromEntries(orgs.map((org) => [org, usualOrganization]))),
      {
        env: { VENDORS: served.vendors.origin },
        readFile: () => '',
        name: 'test',
      },
    );
    const seal = parseSealKeys(served.rings.seal);
    await applyRegistry(bouncer.through(served.urls.api), file, { vendors, seal });
  });
  afterAll(async () => {
    await served.close();
    await bouncer.close();
  });

  test('60 runs of three organizations share two connections, and each is served by its own model', async () => {
    const runs = Array.from({ length: 60 }, (_, index) => orgs[index % orgs.length] ?? '');
    const outcomes = await Promise.all(runs.map((org) => served.run(textRun(org))));
    expect(
      outcomes.every(({ status, answeredBy }) => status === 'completed' && answeredBy?.model === 'own'),
    ).toBe(true);
    for (const org of orgs) expect(served.vendors.callsTo(`${org}-own`)).toHaveLength(20);
    expect(served.vendors.log).toHaveLength(60);
    const ledger = await ask(
      served.urls.superuser,
      'select org_id as org, state, count(*)::int as calls from byom.attempts group by 1, 2 order by 1',
    );
    expect(ledger).toEqual(orgs.map((org) => ({ org, state: 'answered', calls: 20 })));
  });

  test('it was there in between, and it was in transaction mode', async () => {
    const database = new URL(served.urls.worker).pathname.slice(1);
    const pools = (await bouncer.pools()).filter((pool) => pool.database === database);
    expect(pools.map(({ user }) => user).toSorted()).toEqual(['byom_api', 'byom_worker']);
    expect(new Set(pools.map((pool) => pool.pool_mode))).toEqual(new Set(['transaction']));
  });

  test("a connection that others have used shows nobody's rows", async () => {
    for (const role of ['worker', 'api'] as const) {
      const url = bouncer.through(served.urls[role]);
      expect(await ask(url, "select org_id from byom.models where org_id <> ''")).toEqual([]);
      expect(await ask(url, "select coalesce(current_setting('app.org_id', true), '') as org")).toEqual([
        { org: '' },
      ]);
    }
  });
});

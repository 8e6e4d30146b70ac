import type { LayersCase } from '../support/three-layers.ts';
import { layersCases, layersExpected, layersName } from '../support/three-layers.ts';
import { revokeCredential } from '../support/change-registry.ts';
import { serve, textRun } from '../support/served.ts';
import type { Served } from '../support/served.ts';

/**
 * Every 13th row of the table, so that each value of each column is met with many of the others; the whole table runs in
 * memory. The platform is one for a database, so there is a world for each of its states.
 */
const chosen = layersCases.filter((_, index) => index % 13 === 5);

function registryText(rows: ReadonlyMap<string, LayersCase>, platform: LayersCase['platform']): string {
  const custom = (route: string) =>
    `{ vendor: custom, settings: { baseUrl: '\${env:VENDORS}/${route}/v1' }, credential: { apiKey: '\${env:KEY}' } }`;
  const organizations = [...rows].map(([org, row]) => {
    const all = row.classes === 'all approved';
    const own = row.classes === 'only the assigned approved';
    const approved = [...(all || own ? ['p-assigned'] : []), ...(all ? ['p-default'] : [])];
    const assigned = row.assigned === 'platform' ? 'platform/ai' : 'assigned';
    return `
  ${org}:
    policy: { onFailure: ${row.onFailure} }
    providers: { p-assigned: ${custom(`${org}-assigned`)}, p-default: ${custom(`${org}-default`)} }
    models:
      assigned: { provider: p-assigned, upstreamId: a, enabled: ${row.assigned !== 'disabled'} }
      default: { provider: p-default, upstreamId: d }
    ${row.byDefault === 'none' ? '' : 'default: default'}
    dataClasses: { financial: { providers: [${approved.join(', ')}], platform: ${all || (own && row.assigned === 'platform')} } }
    ${row.assigned === 'none' ? '' : `assignments: { p1: { b1: ${assigned} } }`}`;
  });
  return `version: 1
organizations:
  platform:
    providers: { ai: ${custom('platform')} }
    models: { ai: { provider: ai, upstreamId: ai } }
    ${platform === 'absent' ? '' : 'default: ai'}
${organizations.join('')}
`;
}

describe.each(['ok', 'failing', 'absent'] as const)('with a platform that is %s', (platform) => {
  const rows = new Map(
    chosen.filter((row) => row.platform === platform).map((row, index) => [`o${index}`, row]),
  );
  let served: Served;

  beforeAll(async () => {
    served = await serve();
    await served.apply(registryText(rows, platform));
    const gone = { kind: 'status', status: 404 } as const;
    if (platform === 'failing') served.vendors.fault('platform', gone);
    for (const [org, row] of rows) {
      if (row.assigned === 'failing') served.vendors.fault(`${org}-assigned`, gone);
      if (row.byDefault === 'failing') served.vendors.fault(`${org}-default`, gone);
      if (row.assigned === 'revoked') await revokeCredential(served.urls.api, org, 'p-assigned');
    }
  });
  afterAll(() => served.close());

  test.each([...rows].map(([org, row]) => [layersName(row), org, row] as const))(
    '%s',
    async (_, org, row) => {
      const before = served.vendors.log.length;
      const dataClass = row.classes === 'none' ? null : 'financial';
      const outcome = await served.run(textRun(org, { dataClass }));
      const routes: Readonly<Record<string, string>> = {
        [`${org}-assigned`]: 'assigned',
        [`${org}-default`]: 'default',
        platform: 'platform/ai',
      };
      expect({
        called: served.vendors.log.slice(before).map(({ route }) => routes[route]),
        answered: outcome.answeredBy?.layer ?? null,
        failure: outcome.failure?.type ?? null,
      }).toEqual(layersExpected(row));
    },
  );
});

test('at least thirty rows of the table ran on a real server', () => {
  expect(chosen.length).toBeGreaterThanOrEqual(30);
});

import type { Candidate } from '../../contract/index.ts';
import type { ModelRow } from '../../registry/policy/rows.ts';
import { aRun, openWorld, runInMemory } from '../support/memory-world.ts';
import { modelRow, planRows, policyRow } from '../support/policy-rows.ts';
import { layersCases, layersExpected, layersName } from '../support/three-layers.ts';
import type { LayersCase } from '../support/three-layers.ts';

function rowsOf({ assigned, byDefault, platform, onFailure, classes }: LayersCase) {
  const approved = (yes: boolean): Pick<ModelRow, 'approvedFor'> => ({
    approvedFor: yes ? ['financial'] : [],
  });
  const all = classes === 'all approved';
  const own = classes === 'only the assigned approved';
  const platformRow = modelRow('platform/ai', approved(all || (own && assigned === 'platform')));
  const assignedRow = modelRow('assigned', {
    ...approved(all || own),
    modelEnabled: assigned !== 'disabled',
    credential: assigned === 'revoked' ? 'revoked' : 'active',
  });
  return planRows({
    assigned: assigned === 'none' ? null : assigned === 'platform' ? platformRow : assignedRow,
    byDefault: byDefault === 'none' ? null : modelRow('default', approved(all)),
    platform: platform === 'absent' ? null : platformRow,
    policy: policyRow({ onFailure, classes: classes === 'none' ? [] : ['financial'] }),
  });
}

function fails(row: LayersCase, { model }: Candidate): boolean {
  const states = { assigned: row.assigned, default: row.byDefault, 'platform/ai': row.platform };
  return states[model as keyof typeof states] === 'failing';
}

test('each of the 612 rows of the three layers calls exactly whom it may, and ends as the rules say', async () => {
  const wrong: string[] = [];
  for (const row of layersCases) {
    const world = openWorld({
      rows: rowsOf(row),
      vendor: (candidate) => (fails(row, candidate) ? 'model.not-found' : 'ok'),
    });
    const { outcome } = await runInMemory(world, aRun());
    const got = {
      called: world.bill.map(({ candidate }) => candidate.model),
      answered: outcome.answeredBy?.layer ?? null,
      failure: outcome.failure?.type ?? null,
    };
    if (JSON.stringify(got) !== JSON.stringify(layersExpected(row)))
      wrong.push(`${layersName(row)}: ${JSON.stringify(got)}, not ${JSON.stringify(layersExpected(row))}`);
  }
  expect(wrong).toEqual([]);
  expect(layersCases).toHaveLength(612);
});

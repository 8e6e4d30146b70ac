import type { CreditsOf } from '../../worker/index.ts';
import { actionFailed, startScriptedEngine } from '../support/scripted-engine.ts';
import { planRun, registryOf, serve, textRun, usualOrganization } from '../support/served.ts';

const asked: { readonly workflowId: string; readonly status: string; readonly layer: string | null }[] = [];
const creditsOf: CreditsOf = ({ workflowId }, { status, answeredBy }) => {
  asked.push({ workflowId, status, layer: answeredBy?.layer ?? null });
  if (answeredBy === null) return null;
  return answeredBy.layer === 'platform' ? 2 : 0;
};

test('the host says what a run costs: by the layer that answered, also for a partial one, never for a refused one', async () => {
  const served = await serve({ creditsOf });
  await served.apply(registryOf({ acme: usualOrganization }));
  const engine = await startScriptedEngine(`scripted-${served.taskQueue}`);
  try {
    expect(await served.run(textRun('acme'))).toMatchObject({ credits: 0 });
    engine.on('b', () => Promise.reject(actionFailed()));
    served.vendors.fault('acme-own', { kind: 'status', status: 404 });
    expect(await served.run(planRun('acme', engine.taskQueue))).toMatchObject({
      status: 'partial',
      credits: 2,
    });
    expect(await served.run(textRun('stranger'))).toMatchObject({ status: 'failed', credits: null });
    expect(asked.map(({ status, layer }) => [status, layer])).toEqual([
      ['completed', 'behavior'],
      ['partial', 'platform'],
    ]);
  } finally {
    await engine.close();
    await served.close();
  }
});

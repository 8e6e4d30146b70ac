import { outcome, startBehavior } from '../../client/index.ts';
import type { RunOutcome } from '../../contract/index.ts';
import { createAssumeRole, createRoleBroker } from '../../worker/index.ts';
import { ask } from '../support/database.ts';
import { startWorker } from '../support/own-worker.ts';
import type { OwnWorker } from '../support/own-worker.ts';
import { serve, textRun, type Served } from '../support/served.ts';

let served: Served;
let worker: OwnWorker;

/** Two organizations name one role, which trusts the first of them. */
beforeAll(async () => {
  served = await serve();
  const { vendors } = served;
  const organization = `
    providers:
      legal:
        vendor: amazon-bedrock
        settings: { region: us-east-1, endpoint: '${vendors.endpoint('legal')}' }
        credential: { roleArn: '\${env:ROLE}' }
    models: { legal: { provider: legal, upstreamId: us.amazon.nova-lite-v1:0 } }
    assignments: { p1: { b1: legal } }`;
  const text = `version: 1
organizations:
  platform:
    providers: { ai: { vendor: custom, settings: { baseUrl: '${vendors.url('platform')}' } } }
    models: { ai: { provider: ai, upstreamId: ai } }
    default: ai
  owner: ${organization}
  rival: ${organization}
`;
  const register = (name: string) => served.apply(text, { ROLE: `arn:aws:iam::123456789012:role/${name}` });
  // An organization has to be there before its owner can make a role that trusts it.
  await register('unknown-yet');
  await register(`trusts-${await externalIdOf('owner')}`);

  const { aws } = await vendors.accounts();
  worker = await startWorker(served, {
    plugin: {
      guard: { allowedRanges: ['127.0.0.0/8'], wellKnown: vendors.wellKnown },
      broker: (guard) =>
        createRoleBroker({
          assumeRole: createAssumeRole({ guard, region: 'us-east-1', baseKeys: aws }),
          organizations: ['owner', 'rival'],
        }),
    },
  });
});
afterEach(() => served.vendors.reset());
afterAll(async () => {
  await worker.close();
  await served.close();
});

async function externalIdOf(org: string): Promise<string> {
  const [row] = await ask<{ id: string }>(
    served.urls.superuser,
    'select external_id as id from byom.organizations where org_id = $1',
    [org],
  );
  return row?.id ?? '';
}

async function runWithBroker(org: string): Promise<RunOutcome> {
  const { client, runKeys: keys } = served;
  const { taskQueue } = worker;
  const { workflowId } = await startBehavior(client, textRun(org), { keys, taskQueue });
  return outcome(client, workflowId);
}

describe('a provider that names a role in place of keys', () => {
  it('is served with what the broker of the operator lends', async () => {
    const { answeredBy } = await runWithBroker('owner');
    expect(answeredBy).toMatchObject({ layer: 'behavior', provider: 'legal', vendor: 'amazon-bedrock' });
    expect(served.vendors.callsTo('legal')).toHaveLength(1);
  });

  it('is not served where the role trusts another organization, and the platform answers', async () => {
    const { answeredBy, hops } = await runWithBroker('rival');
    expect(hops[0]).toMatchObject({ provider: 'legal', outcome: 'failed', failure: 'model.forbidden' });
    expect(answeredBy?.layer).toBe('platform');
    expect(served.vendors.callsTo('legal')).toHaveLength(0);
  });

  it('is misconfigured on a worker without a broker, and the platform answers', async () => {
    const { answeredBy, hops } = await served.run(textRun('owner'));
    expect(hops[0]).toMatchObject({ provider: 'legal', outcome: 'failed', failure: 'model.misconfigured' });
    expect(answeredBy?.layer).toBe('platform');
    expect(served.vendors.callsTo('legal')).toHaveLength(0);
  });
});

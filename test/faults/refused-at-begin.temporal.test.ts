import { outcome } from '../../client/index.ts';
import type { BehaviorRun, RunOutcome } from '../../contract/index.ts';
import {
  revokeCredential,
  setAssignment,
  setDataClass,
  setModelEnabled,
  setProviderEnabled,
  setRules,
} from '../support/change-registry.ts';
import { ask } from '../support/database.ts';
import { registryOf, serve, textRun, usualOrganization } from '../support/served.ts';
import type { Served } from '../support/served.ts';
import { hold, release, untilHeld } from './held-calls.ts';

let served: Served;
let organizations = 0;

beforeAll(async () => {
  served = await serve();
});
afterEach(() => served.vendors.reset());
afterAll(() => served.close());

/** An organization of the test's own, with a credential, a class of data that all may see, and every layer. */
async function register(onFailure: 'cascade' | 'none'): Promise<string> {
  organizations += 1;
  const org = `org-${organizations}`;
  const text = registryOf({
    [org]: `${usualOrganization.replace('policy: {', `policy: { onFailure: ${onFailure},`)}
    dataClasses: { financial: { providers: [p-own, p-default], platform: true } }
`,
  }).replace(`${org}-own/v1' } }`, `${org}-own/v1' }, credential: { apiKey: '\${env:KEY}' } }`);
  await served.apply(text);
  return org;
}

const financial = (org: string): BehaviorRun => textRun(org, { dataClass: 'financial' });

/** Starts a run, lets it plan its first call, changes the registry, and lets the call begin. */
async function changeBetweenPlanAndCall(run: BehaviorRun, change: () => Promise<void>): Promise<RunOutcome> {
  await hold(served, 'begin');
  const workflowId = await served.start(run);
  try {
    await untilHeld(served, workflowId, 'invokeModel');
    await change();
  } finally {
    await release(served, 'begin');
  }
  return outcome(served.client, workflowId);
}

/** What an admin may do between a run's plan and its call, and the reason that the trail has to show. */
const changes: readonly (readonly [string, string, (org: string, api: string) => Promise<void>])[] = [
  [
    'the approval is withdrawn',
    'not-approved-for:financial',
    (org, api) => setDataClass(api, org, { class: 'financial', providers: ['p-default'], platform: true }),
  ],
  [
    'another provider is prescribed',
    'provider-not-allowed',
    (org, api) =>
      setRules(api, { org, pipe: 'p1', behavior: 'b1' }, { providers: ['p-default', 'platform'] }),
  ],
  ['the model is disabled', 'model-disabled', (org, api) => setModelEnabled(api, org, 'own', false)],
  [
    'the provider is disabled',
    'provider-disabled',
    (org, api) => setProviderEnabled(api, org, 'p-own', false),
  ],
  ['the credential is revoked', 'credential-revoked', (org, api) => revokeCredential(api, org, 'p-own')],
];

test.each(changes)(
  'between plan and call %s: it is not made (%s), and the next permitted model answers',
  async (_, reason, change) => {
    const org = await register('cascade');
    const ended = await changeBetweenPlanAndCall(financial(org), () => change(org, served.urls.api));
    expect(ended).toMatchObject({
      status: 'completed',
      requested: { layer: 'behavior', model: 'own' },
      answeredBy: { layer: 'organization', model: 'usual' },
      hops: [{ model: 'usual', outcome: 'answered', calls: 1 }],
      skipped: [{ layer: 'behavior', model: 'own', reason }],
    });
    expect(served.vendors.log.map(({ route }) => route)).toEqual([`${org}-default`]);
    const ledger = await ask(
      served.urls.superuser,
      'select model, state from byom.attempts where org_id = $1 order by call',
      [org],
    );
    expect(ledger).toEqual([
      { model: 'own', state: 'refused' },
      { model: 'usual', state: 'answered' },
    ]);
  },
);

test.each(changes)(
  'between plan and call %s, and nobody else may answer: the run fails and no vendor is asked',
  async (_, reason, change) => {
    const org = await register('none');
    const ended = await changeBetweenPlanAndCall(financial(org), () => change(org, served.urls.api));
    expect(ended).toMatchObject({ status: 'failed', answeredBy: null, hops: [] });
    expect(ended.skipped).toContainEqual({ layer: 'behavior', model: 'own', reason });
    expect(served.vendors.log).toEqual([]);
  },
);

test('a reassignment between plan and call is no refusal: it takes effect at the next hop', async () => {
  const org = await register('cascade');
  const where = { org, pipe: 'p1', behavior: 'b1' };
  const ended = await changeBetweenPlanAndCall(financial(org), () =>
    setAssignment(served.urls.api, { ...where, model: 'usual' }),
  );
  expect(ended).toMatchObject({ status: 'completed', answeredBy: { model: 'own' } });
});

import { checkRun } from '../../client/index.ts';
import { setPolicy, setProviderEnabled, setRules } from '../support/change-registry.ts';
import { sandboxRegistry } from '../../sandbox/sandbox-registry.ts';
import { allUseCases } from '../../sandbox/use-cases/all-use-cases.ts';
import { playCard } from '../../sandbox/use-cases/play-card.ts';
import type { UseCase, UseCaseCard } from '../../sandbox/use-cases/use-case.ts';
import { ask } from '../support/database.ts';
import { registryOf, serve, textRun, usualOrganization } from '../support/served.ts';
import type { Served } from '../support/served.ts';

let served: Served;
const [triage, procurement, onboarding, support, governance] = allUseCases as [
  UseCase,
  UseCase,
  UseCase,
  UseCase,
  UseCase,
];
const cardOf = ({ cards }: UseCase, index: number): UseCaseCard => cards[index]!;

beforeAll(async () => {
  served = await serve();
  await served.register(await sandboxRegistry(served.vendors));
  for (const { pipes } of allUseCases) for (const pipe of pipes) await served.engine.install(pipe);
});
afterAll(() => served.close());
afterEach(async () => {
  served.vendors.reset();
  await setPolicy(served.urls.api, 'acme', {
    onFailure: 'platform',
    budget: { backoffMs: 20, backoffMaxMs: 50 },
  });
});
beforeEach(() => setPolicy(served.urls.api, 'acme', { budget: { backoffMs: 20, backoffMaxMs: 50 } }));

const play = (useCase: UseCase, card: UseCaseCard) => playCard(served.engine, useCase, card);
const lastOutcome = async (card: string) => (await served.engine.runs(card)).at(-1)?.outcome;
const calls = (route: string) => served.vendors.callsTo(route).length;
const overloaded = { kind: 'status', status: 503 } as const;

describe('IT triage', () => {
  test('an assigned model that answers 503 every time falls back to the platform, and the default is not called', async () => {
    served.vendors.fault('azure-reasoning', overloaded);
    const card = await play(triage, cardOf(triage, 1));
    expect(await lastOutcome(card)).toMatchObject({
      status: 'completed',
      answeredBy: { layer: 'platform', model: 'platform/pipe-ai' },
      reason: 'after:model.overloaded',
      hops: [
        { model: 'reasoning', calls: 3, failure: 'model.overloaded' },
        { calls: 1, outcome: 'answered' },
      ],
    });
    expect([calls('azure-reasoning'), calls('vertex-flash'), calls('pipe-ai')]).toEqual([3, 0, 1]);
  });

  test('under cascade the default answers and the platform is not called', async () => {
    await setPolicy(served.urls.api, 'acme', { onFailure: 'cascade' });
    served.vendors.fault('azure-reasoning', overloaded);
    const card = await play(triage, cardOf(triage, 1));
    expect(await lastOutcome(card)).toMatchObject({ answeredBy: { layer: 'organization', model: 'flash' } });
    expect([calls('azure-reasoning'), calls('vertex-flash'), calls('pipe-ai')]).toEqual([3, 1, 0]);
  });

  test('a card that stays in triage starts no second Behavior', async () => {
    const card = await play(triage, cardOf(triage, 0));
    expect(await served.engine.runs(card)).toHaveLength(1);
    expect([calls('openai-light'), calls('azure-reasoning')]).toEqual([1, 0]);
  });
});

describe('procurement', () => {
  test('the four fields are written before the move, so that the condition of the next Behavior holds', async () => {
    const card = await play(procurement, cardOf(procurement, 0));
    const [extract, check] = await served.engine.runs(card);
    expect(extract?.outcome?.actions.map(({ actionType }) => actionType)).toEqual([
      'update_card',
      'move_card',
    ]);
    expect(Object.keys(extract?.outcome?.actions[0]?.fields ?? {})).toHaveLength(4);
    expect(check?.behavior).toBe('b-check-policy');
  });

  test('31 pages are too many: no run, no call, no credits', async () => {
    const attachment = { name: 'offer.pdf', mediaType: 'application/pdf', pages: 31, text: 'An offer.' };
    const run = { ...textRun('acme'), attachments: [attachment] };
    expect(() => checkRun(run)).toThrow(expect.objectContaining({ type: 'run.too-large' }));
    await expect(served.run(run)).rejects.toMatchObject({ type: 'run.too-large' });
    expect(served.vendors.log).toEqual([]);
    const workflowId = `byom:acme:b1:${run.event.id}`;
    await expect(served.client.workflow.getHandle(workflowId).describe()).rejects.toThrow(/not found/);
  });
});

describe('onboarding', () => {
  test('the policy reaches only the Behavior it is attached to', async () => {
    await play(onboarding, cardOf(onboarding, 0));
    const withPolicy = served.vendors.log
      .filter(({ body }) => JSON.stringify(body).includes('25 days'))
      .map(({ route }) => route);
    expect(new Set(withPolicy)).toEqual(new Set(['azure-reasoning']));
    expect(new Set(served.vendors.log.map(({ route }) => route))).toEqual(
      new Set(['openai-light', 'oci-grok', 'azure-reasoning']),
    );
  });

  test('a provider that is switched off is a failure of its model: the platform answers, for that reason', async () => {
    await setProviderEnabled(served.urls.api, 'acme', 'oci-grok', false);
    const card = await play(onboarding, cardOf(onboarding, 0));
    const checklist = (await served.engine.runs(card)).find(({ behavior }) => behavior === 'b-checklist');
    expect(checklist?.outcome).toMatchObject({
      answeredBy: { layer: 'platform' },
      reason: 'provider-disabled',
      skipped: [{ layer: 'behavior', model: 'grok', reason: 'provider-disabled' }],
    });
    expect(calls('oci-grok')).toBe(0);
    await setProviderEnabled(served.urls.api, 'acme', 'oci-grok', true);
  });
});

describe('support routing', () => {
  test('an endpoint that refuses the connection: the platform answers and the routing is unchanged', async () => {
    served.vendors.fault('self-hosted', { kind: 'refuse-connection' });
    const card = await play(support, cardOf(support, 0));
    const [classify] = await served.engine.runs(card);
    expect(classify?.outcome).toMatchObject({
      answeredBy: { layer: 'platform' },
      reason: 'after:model.unreachable',
    });
    expect((await served.engine.card(card))?.phase).toBe(cardOf(support, 0).expected.phase);
    expect(await served.engine.emails(card)).toEqual(['tmpl-reset']);
  });

  test('an endpoint that refuses json_schema is asked again in json_object, and never in json_schema after that', async () => {
    served.vendors.fault('self-hosted', { kind: 'refuse-mode', modes: ['json_schema'] });
    const first = await play(support, cardOf(support, 1));
    const [classify] = await served.engine.runs(first);
    expect(classify?.outcome).toMatchObject({
      answeredBy: { layer: 'behavior', model: 'local' },
      hops: [{ calls: 2 }],
    });
    expect(calls('pipe-ai')).toBe(0);
    const before = calls('self-hosted');
    await play(support, cardOf(support, 1));
    expect(calls('self-hosted')).toBe(before + 1);
  });
});

describe('governance', () => {
  const iban = 'DE00 0000 0000 0000 0000 00';

  test('only the approved provider ever receives a string of the finance pipe', async () => {
    for (const card of governance.cards) await play(governance, card);
    const seen = served.vendors.log
      .filter(({ body }) => JSON.stringify(body).includes(iban))
      .map(({ route }) => route);
    expect(seen).toEqual(['bedrock-legal']);
  });

  test('the approved provider answers 503: the run is forbidden to go on, the card is unchanged, nobody else is called', async () => {
    served.vendors.fault('bedrock-legal', overloaded);
    const card = await play(governance, cardOf(governance, 0));
    expect(await lastOutcome(card)).toMatchObject({
      status: 'failed',
      answeredBy: null,
      failure: { type: 'policy.forbidden', lastModelFailure: 'model.overloaded' },
      actions: [],
    });
    expect(Object.keys((await served.engine.card(card))?.fields ?? {}).toSorted()).toEqual([
      '900005101',
      '900005102',
    ]);
    expect(served.vendors.log.map(({ route }) => route)).toEqual(Array(3).fill('bedrock-legal'));
  });

  test('without the rule the announcement holds to the letter: the platform answers', async () => {
    const where = { org: 'acme', pipe: '900005000', behavior: 'b-rate-risk' };
    await setRules(served.urls.api, where, {});
    served.vendors.fault('bedrock-legal', overloaded);
    expect(await lastOutcome(await play(governance, cardOf(governance, 0)))).toMatchObject({
      status: 'completed',
      answeredBy: { layer: 'platform' },
    });
    await setRules(served.urls.api, where, { dataClass: 'financial', onFailure: 'none' });
  });

  test('another default in the file changes the office at its next run and leaves finance alone', async () => {
    const edit = (text: string) => text.replace('default: flash', 'default: grok');
    await served.register(await sandboxRegistry(served.vendors, edit));
    expect(await lastOutcome(await play(governance, cardOf(governance, 1)))).toMatchObject({
      answeredBy: { model: 'grok' },
    });
    expect(await lastOutcome(await play(governance, cardOf(governance, 0)))).toMatchObject({
      answeredBy: { model: 'legal' },
    });
    await served.register(await sandboxRegistry(served.vendors));
  });

  test('two organizations in one worker: what one has is not there for the other', async () => {
    await served.apply(registryOf({ globex: usualOrganization }));
    const ours = await served.run(textRun('globex'));
    expect(ours.answeredBy).toMatchObject({ provider: 'p-own' });
    const attempts = await ask<{ org_id: string }>(
      served.urls.superuser,
      'select distinct org_id from byom.attempts where provider = $1',
      ['p-own'],
    );
    expect(attempts).toEqual([{ org_id: 'globex' }]);
    const stranger = await served.run(textRun('globex', { id: 'b-classify' }));
    expect(stranger.answeredBy).toMatchObject({ layer: 'organization', model: 'usual' });
  });

  test('an organization that is not registered gets a typed end that names the remedy', async () => {
    expect(await served.run(textRun('nobody'))).toMatchObject({
      status: 'failed',
      failure: { type: 'run.invalid' },
    });
    expect(served.vendors.log).toEqual([]);
  });
});

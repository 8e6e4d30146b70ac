import { randomUUID } from 'node:crypto';
import type { ApplicationFailure } from '@temporalio/common';
import { outcome, signTicket, startBehavior } from '../../client/index.ts';
import type { InvokeRequest } from '../../contract/index.ts';
import { ask } from '../support/database.ts';
import { startWorker } from '../support/own-worker.ts';
import type { OwnWorker } from '../support/own-worker.ts';
import { registryOf, serve, textRun, usualOrganization } from '../support/served.ts';
import type { Served } from '../support/served.ts';
import { bundleOwnWorkflows } from './own-bundle.ts';

let served: Served;
let worker: OwnWorker;

/** A worker of a host that has workflows of its own beside ours: whoever can start workflows can call our activities. */
beforeAll(async () => {
  served = await serve();
  const text = registryOf({ acme: usualOrganization, victim: usualOrganization }).replace(
    "victim-own/v1' } }",
    "victim-own/v1' }, credential: { apiKey: '${env:KEY}' } }",
  );
  await served.apply(text, { KEY: 'key-of-the-victim' });
  worker = await startWorker(served, { workflowBundle: await bundleOwnWorkflows() });
});
afterEach(() => served.vendors.reset());
afterAll(async () => {
  await worker.close();
  await served.close();
});

/** A call of the victim's model, as only the victim's own run may ask for it. */
function callOf(ticket: string | null, over: Partial<InvokeRequest> = {}): InvokeRequest {
  const run = textRun('victim');
  return {
    ticket,
    claimed: { org: 'victim', pipe: 'p1', behavior: 'b1', dataClass: null },
    firstRunId: randomUUID(),
    askedAtMs: Date.now(),
    round: 0,
    run,
    hop: 1,
    candidate: { layer: 'behavior', provider: 'p-own', model: 'own', vendor: 'custom', reason: 'assigned' },
    tried: [],
    roundMs: 0,
    order: null,
    draft: null,
    ...over,
  };
}

/** What a workflow of the host's own gets when it asks for the call by itself. */
async function callFromOwnWorkflow(request: InvokeRequest, workflowId = `own-${randomUUID()}`) {
  try {
    return await served.client.workflow.execute('callsInvokeModel', {
      workflowId,
      taskQueue: worker.taskQueue,
      args: [request],
    });
  } catch (error) {
    // WorkflowFailedError, then ActivityFailure, then the activity's own.
    return (error as { cause: { cause: ApplicationFailure } }).cause.cause;
  }
}

const refused = { type: 'run.unsigned', nonRetryable: true };

/** No vendor was asked, and Postgres was not even told of a call: so no credential can have been opened. */
async function expectNothingHappened(): Promise<void> {
  expect(served.vendors.log).toEqual([]);
  expect(await ask(served.urls.superuser, 'select from byom.attempts')).toEqual([]);
  expect(await ask(served.urls.superuser, 'select from byom.runs')).toEqual([]);
}

describe('an activity scheduled by a workflow that is none of ours', () => {
  test('without a ticket is refused', async () => {
    expect(await callFromOwnWorkflow(callOf(null))).toMatchObject(refused);
    await expectNothingHappened();
  });

  test('with the genuine ticket of another workflow is refused', async () => {
    const run = textRun('victim');
    const ticket = signTicket(run, `byom:victim:b1:${run.event.id}`, served.runKeys);
    expect(await callFromOwnWorkflow(callOf(ticket, { run }))).toMatchObject(refused);
    await expectNothingHappened();
  });

  test("with another organization's genuine ticket for this very workflow is refused", async () => {
    const workflowId = `own-${randomUUID()}`;
    const run = textRun('acme');
    const ticket = signTicket(run, workflowId, served.runKeys);
    const stolen = callOf(ticket, { run: { ...run, org: 'victim' } });
    expect(await callFromOwnWorkflow(stolen, workflowId)).toMatchObject(refused);
    await expectNothingHappened();
  });

  test('with a ticket that was changed by hand is refused', async () => {
    const workflowId = `own-${randomUUID()}`;
    const run = textRun('acme');
    const [version, body = '', mac] = signTicket(run, workflowId, served.runKeys).split('.');
    const claims = { ...JSON.parse(Buffer.from(body, 'base64url').toString()), org: 'victim' };
    const forged = [version, Buffer.from(JSON.stringify(claims)).toString('base64url'), mac].join('.');
    expect(await callFromOwnWorkflow(callOf(forged), workflowId)).toMatchObject(refused);
    await expectNothingHappened();
  });

  test('and a ticket of its own reaches only the models of its own organization, whatever the candidate claims', async () => {
    const workflowId = `own-${randomUUID()}`;
    const run = textRun('acme');
    const ticket = signTicket(run, workflowId, served.runKeys);
    const forged = {
      layer: 'behavior',
      provider: 'p-own',
      model: 'own',
      vendor: 'custom',
      reason: 'assigned',
    } as const;
    const claimed = { org: 'victim', pipe: 'p1', behavior: 'b1', dataClass: null };
    await callFromOwnWorkflow(callOf(ticket, { run, claimed, candidate: forged }), workflowId);
    expect(served.vendors.callsTo('victim-own')).toEqual([]);
    expect(served.vendors.callsTo('acme-own')).toHaveLength(1);
    expect(served.vendors.log).toHaveLength(1);
    expect(await ask(served.urls.superuser, 'select distinct org_id from byom.attempts')).toEqual([
      { org_id: 'acme' },
    ]);
  });
});

describe('a run started straight at Temporal', () => {
  test("with another organization's ticket ends run.unsigned, and nothing is recorded of it", async () => {
    const own = textRun('acme');
    const run = textRun('victim');
    const workflowId = `byom:victim:b1:${run.event.id}`;
    await served.client.workflow.start('agentBehavior', {
      workflowId,
      taskQueue: worker.taskQueue,
      args: [run, signTicket(own, workflowId, served.runKeys)],
    });
    expect(await outcome(served.client, workflowId)).toMatchObject({
      status: 'failed',
      failure: { type: 'run.unsigned' },
    });
    expect(served.vendors.log).toEqual([]);
    expect(
      await ask(served.urls.superuser, 'select from byom.runs where workflow_id = $1', [workflowId]),
    ).toEqual([]);
  });

  test('with a ticket under another workflow id ends run.unsigned', async () => {
    const run = textRun('victim');
    const ticket = signTicket(run, `byom:victim:b1:${run.event.id}`, served.runKeys);
    const workflowId = `byom:victim:b1:${run.event.id}-again`;
    const { taskQueue } = worker;
    await served.client.workflow.start('agentBehavior', { workflowId, taskQueue, args: [run, ticket] });
    expect((await outcome(served.client, workflowId)).failure?.type).toBe('run.unsigned');
    expect(served.vendors.log).toEqual([]);
  });

  test('the same run with its own ticket is served', async () => {
    const { workflowId } = await startBehavior(served.client, textRun('victim'), {
      keys: served.runKeys,
      taskQueue: worker.taskQueue,
    });
    expect(await outcome(served.client, workflowId)).toMatchObject({ status: 'completed' });
    expect(served.vendors.callsTo('victim-own')).toHaveLength(1);
  });
});

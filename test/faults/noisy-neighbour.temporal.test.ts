import { Client, WorkflowNotFoundError } from '@temporalio/client';
import type { WorkflowClientInterceptor } from '@temporalio/client';
import { abortRun, outcome, startBehavior } from '../../client/index.ts';
import { ask } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { withWorker } from '../support/own-worker.ts';
import { registryOf, serve, textRun, usualOrganization } from '../support/served.ts';
import type { Served } from '../support/served.ts';

/** Temporal's default, which the plugin leaves as it is; one organization may hold a quarter of them. */
const slots = 100;
const share = slots / 4;
const quietRuns = 20;
/** Hundreds of runs take their time on a machine that does something else as well. */
const patienceMs = 60_000;

/** Takes the organization out of each start, so that the server has nothing to be fair by. */
const withoutFairness: WorkflowClientInterceptor = {
  start(input, next) {
    const { priority: _organization, ...options } = input.options;
    return next({ ...input, options });
  },
};

let served: Served;
let client: Client;

beforeAll(async () => {
  served = await serve();
  // One call is all that a run of the noisy organization may make, so that whatever counted as one would show. It is
  // given up on late: not when the machine is too busy for a beat, nor after 30 s in which the vendor is silent.
  const noisy = usualOrganization
    .replace('budget: {', 'budget: { callsPerRound: 1, hopMs: 1000,')
    .replace('heartbeatMs: 3000', 'heartbeatMs: 60000');
  const patient = 'upstreamId: own, limits: { firstTokenTimeoutMs: 300000 } }';
  await served.apply(
    registryOf({ noisy, quiet: usualOrganization }).replaceAll('upstreamId: own }', patient),
  );
  client = new Client({
    connection: served.client.connection,
    interceptors: { workflow: [withoutFairness] },
  });
});
afterEach(() => served.vendors.reset());
afterAll(() => served.close());

/** What hangs at the end of a test is not waited for. */
const impatient = { shutdownGraceTime: '1s' } as const;

function startMany(count: number, org: string, taskQueue: string): Promise<readonly string[]> {
  const start = async () =>
    (await startBehavior(client, textRun(org), { keys: served.runKeys, taskQueue })).workflowId;
  return Promise.all(Array.from({ length: count }, start));
}

/** Calls of the noisy organization that its vendor has not answered. */
const hanging = (): number =>
  served.vendors.callsTo('noisy-own').filter(({ finishedAtMs }) => finishedAtMs === null).length;

/** Runs of the noisy organization, of which as many hang in their call as it takes to fill what it may hold. */
async function startNoise(runs: number, taskQueue: string, held: number) {
  served.vendors.fault('noisy-own', { kind: 'silence' });
  const all = await startMany(runs, 'noisy', taskQueue);
  await eventually(() => hanging() === held, patienceMs);
  const rows = await ask<{ id: string }>(
    served.urls.superuser,
    "select workflow_id as id from byom.attempts where workflow_id = any($1) and state = 'sent'",
    [all],
  );
  const inCall = rows.map(({ id }) => id);
  return { all, inCall, waiting: all.filter((one) => !inCall.includes(one)) };
}

/** Stops the runs whose calls will never be answered, and lets the vendor answer the others. */
async function endNoise(inCall: readonly string[]): Promise<void> {
  served.vendors.clear('noisy-own');
  await Promise.all(inCall.map((one) => abortRun(client, one, { reason: 'heard enough' })));
}

/** Whatever is left of them, so that nothing waits on a queue that nobody serves any more. */
async function terminate(workflowIds: readonly string[]): Promise<void> {
  const ended = (error: unknown) => {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  };
  await Promise.all(workflowIds.map((one) => client.workflow.getHandle(one).terminate().catch(ended)));
}

/** Where the call of a run stands in Temporal: whether a worker has it, and why the last one gave it back. */
async function pendingCall(workflowId: string) {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const [pending] = raw.pendingActivities ?? [];
  return {
    activity: pending?.activityType?.name,
    isWithWorker: pending?.state === 2,
    tries: pending?.attempt ?? 0,
    givenBackAs: pending?.lastFailure?.applicationFailureInfo?.type,
  };
}

test('while 200 runs of one organization hang, every run of another ends, on one worker and without fairness', async () => {
  await withWorker(served, impatient, async (taskQueue) => {
    const { all } = await startNoise(200, taskQueue, share);
    const quiet = await startMany(quietRuns, 'quiet', taskQueue);
    const seen = await Promise.all(
      quiet.map(async (workflowId) => {
        const { status, answeredBy } = await outcome(client, workflowId);
        return { status, by: answeredBy?.model, hanging: hanging() };
      }),
    );
    expect(seen).toEqual(Array(quietRuns).fill({ status: 'completed', by: 'own', hanging: share }));
    // No call of the noisy organization came and went meanwhile: not one of its runs had ended before.
    expect(served.vendors.callsTo('noisy-own').length).toBe(share);

    for (const workflowId of [all[0], quiet[0]]) {
      const { events } = await client.workflow.getHandle(workflowId ?? '').fetchHistory();
      const started = events?.[0]?.workflowExecutionStartedEventAttributes;
      expect(started?.priority?.fairnessKey ?? '').toBe('');
    }
    await terminate(all);
  });
}, 180_000);

test('a run that finds the share taken gives its slot back and has spent nothing: later its own model answers, in one call', async () => {
  await withWorker(served, impatient, async (taskQueue) => {
    const { inCall, waiting } = await startNoise(share + 15, taskQueue, share);
    const refused = async (workflowId: string) => {
      const { isWithWorker, tries, givenBackAs } = await pendingCall(workflowId);
      return !isWithWorker && tries > 3 && givenBackAs === 'worker.busy';
    };
    for (const workflowId of waiting) await eventually(() => refused(workflowId), patienceMs);
    expect(served.vendors.callsTo('noisy-own').length).toBe(share);

    await endNoise(inCall);
    const outcomes = await Promise.all(waiting.map((one) => outcome(client, one)));
    for (const one of outcomes) {
      expect(one).toMatchObject({
        status: 'completed',
        reason: 'assigned',
        hops: [{ model: 'own', outcome: 'answered', failure: null, calls: 1 }],
      });
    }
    expect(served.vendors.callsTo('noisy-own').length).toBe(share + waiting.length);
    expect(served.vendors.callsTo('platform')).toEqual([]);
    const rows = await ask(
      served.urls.superuser,
      'select state from byom.attempts where workflow_id = any($1)',
      [waiting],
    );
    expect(rows).toEqual(Array(waiting.length).fill({ state: 'answered' }));
  });
}, 180_000);

test('where one organization may hold every slot, no run of another is served before it lets go', async () => {
  await withWorker(served, { ...impatient, plugin: { slotsPerOrganization: slots } }, async (taskQueue) => {
    const { all, inCall } = await startNoise(slots + 20, taskQueue, slots);
    const quiet = await startMany(quietRuns, 'quiet', taskQueue);
    const queued = async (workflowId: string) => (await pendingCall(workflowId)).activity === 'invokeModel';
    for (const workflowId of quiet) await eventually(() => queued(workflowId), patienceMs);
    const stands = await Promise.all(quiet.map(pendingCall));
    expect(stands.map(({ isWithWorker }) => isWithWorker)).toEqual(Array(quietRuns).fill(false));
    expect(hanging()).toBe(slots);
    expect(served.vendors.callsTo('quiet-own')).toEqual([]);

    await endNoise(inCall);
    const outcomes = await Promise.all(quiet.map((one) => outcome(client, one)));
    expect(outcomes.map(({ status }) => status)).toEqual(Array(quietRuns).fill('completed'));
    await terminate(all);
  });
}, 180_000);

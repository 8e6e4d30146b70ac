import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { registryOf, textRun, usualOrganization } from '../support/served.ts';
import { openCrashSite } from './crash-site.ts';
import type { CrashSite } from './crash-site.ts';
import { startWorkerProcess } from './start-worker-process.ts';
import type { WorkerProcess } from './start-worker-process.ts';

/** `npm run matrix` deploys for half a minute, `npm test` for a few seconds. */
const runs = process.env['BYOM_MATRIX'] === 'all' ? 200 : 40;
const startEveryMs = 150;
const deployEveryMs = 3_000;
/** A summary has some 60 tokens, so that a call takes more than half a second. */
const tokenDelayMs = 10;

let site: CrashSite;

beforeAll(async () => {
  site = await openCrashSite(registryOf({ acme: usualOrganization }), { vendors: { tokenDelayMs } });
}, 60_000);
afterEach(() => site.vendors.reset());
afterAll(() => site?.close());

async function hire(taskQueue: string, grace: { readonly graceMs?: number } = {}): Promise<WorkerProcess> {
  const settings = { ...site.settings, role: 'deployed', taskQueue, ...grace } as const;
  const worker = await startWorkerProcess(settings, async () => {});
  await worker.serve();
  return worker;
}

async function ledgerOf(workflowIds: readonly string[]) {
  return ask<{ state: string }>(
    site.superuserUrl,
    'select state from byom.attempts where workflow_id = any($1) order by workflow_id, call',
    [workflowIds],
  );
}

const isInCall = (): boolean => site.vendors.log.some(({ finishedAtMs }) => finishedAtMs === null);

/** Ends the older of two workers with SIGTERM, again and again; the newer one serves meanwhile. */
function deployUntil(done: Promise<unknown>, taskQueue: string) {
  const exitCodes: (number | null)[] = [];
  const stoppedAtMs: number[] = [];
  let isDone = false;
  void done.finally(() => (isDone = true)).catch(() => {});
  async function deploy(): Promise<void> {
    let older = await hire(taskQueue);
    let newer = await hire(taskQueue);
    const stopping: Promise<unknown>[] = [];
    while (!isDone) {
      await Promise.race([sleep(deployEveryMs), done]);
      await eventually(() => isDone || isInCall());
      if (isDone) break;
      const stopped = older;
      stoppedAtMs.push(Date.now());
      stopping.push(stopped.end('SIGTERM').then((code) => exitCodes.push(code)));
      [older, newer] = [newer, await hire(taskQueue)];
    }
    await Promise.all([...stopping, older.end('SIGTERM'), newer.end('SIGTERM')]);
  }
  return { deployed: deploy(), exitCodes, stoppedAtMs };
}

test(`a deploy every 3 s over ${runs} runs repeats no call and fails no run`, async () => {
  const taskQueue = `byom-${randomUUID()}`;
  const started = (async () => {
    const ids: string[] = [];
    for (let count = 0; count < runs; count += 1) {
      ids.push(await site.start(textRun('acme'), taskQueue));
      await sleep(startEveryMs);
    }
    return Promise.all(ids.map(async (id) => ({ id, outcome: await site.outcome(id) })));
  })();
  const { deployed, exitCodes, stoppedAtMs } = deployUntil(started, taskQueue);
  const ended = await started;
  await deployed;

  expect(ended.filter(({ outcome }) => outcome.status !== 'completed')).toEqual([]);
  const calls = site.vendors.callsTo('acme-own');
  const rows = await ledgerOf(ended.map(({ id }) => id));
  expect(calls).toHaveLength(runs);
  expect(rows).toHaveLength(runs);
  expect(rows.filter(({ state }) => state !== 'answered')).toEqual([]);
  // Workers left by themselves, and while there were calls: else this would show nothing.
  expect(exitCodes.filter((code) => code !== 0)).toEqual([]);
  const inCalls = stoppedAtMs.filter((atMs) =>
    calls.some(({ receivedAtMs, finishedAtMs }) => receivedAtMs < atMs && (finishedAtMs ?? 0) > atMs),
  );
  expect(inCalls.length).toBeGreaterThan(runs / 80);
  const callMs = calls.map(({ billed }) => (billed?.outputTokens ?? Infinity) * tokenDelayMs);
  expect(Math.max(...callMs)).toBeLessThan(1_000);
}, 300_000);

test('a call that outlasts the grace time of a deploy becomes unknown and is made again, each with its row', async () => {
  const taskQueue = `byom-${randomUUID()}`;
  const leaving = await hire(taskQueue, { graceMs: 300 });
  site.vendors.fault('acme-own', { kind: 'slow-first-token', ms: 5_000, times: 1 });
  const workflowId = await site.start(textRun('acme'), taskQueue);
  await eventually(() => site.vendors.callsTo('acme-own').length === 1);
  const staying = await hire(taskQueue);
  expect(await leaving.end('SIGTERM')).toBe(0);

  expect(await site.outcome(workflowId)).toMatchObject({
    status: 'completed',
    answeredBy: { model: 'own' },
    hops: [{ model: 'own', outcome: 'answered', calls: 2 }],
  });
  expect(site.vendors.callsTo('acme-own')).toHaveLength(2);
  expect((await ledgerOf([workflowId])).map(({ state }) => state)).toEqual(['unknown', 'answered']);
  await staying.end('SIGTERM');
}, 60_000);

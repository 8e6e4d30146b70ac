import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { abortRun, outcome, startBehavior } from '../../client/index.ts';
import type { BehaviorRun } from '../../contract/index.ts';
import { eventually } from '../support/eventually.ts';
import { actionFailed, startScriptedEngine } from '../support/scripted-engine.ts';
import type { ScriptedEngine } from '../support/scripted-engine.ts';
import { planRun, registryOf, serve, textRun, usualOrganization } from '../support/served.ts';
import type { Served } from '../support/served.ts';

/**
 * One history per way that a run can go. They are kept, and each of them has to replay on every later version of the
 * workflow: `npm run record` writes those that are missing, and never one that is there.
 */
const folder = 'test/replay';
const record = process.env['BYOM_RECORD'] === '1';

let served: Served;
let engine: ScriptedEngine;

beforeAll(async () => {
  served = await serve();
  await served.apply(
    registryOf({ acme: usualOrganization, strict: usualOrganization.replace('{', '{ onFailure: none,') }),
  );
  engine = await startScriptedEngine(`scripted-${served.taskQueue}`);
});
afterAll(async () => {
  await engine.close();
  await served.close();
});
afterEach(() => served.vendors.reset());

async function start(run: BehaviorRun): Promise<string> {
  const { client, runKeys: keys, taskQueue } = served;
  return (await startBehavior(client, run, { keys, taskQueue })).workflowId;
}

async function startAndAbortInTheCall(): Promise<string> {
  served.vendors.fault('acme-own', { kind: 'silence' });
  const workflowId = await start(textRun('acme'));
  await eventually(() => served.vendors.callsTo('acme-own').length === 1);
  await abortRun(served.client, workflowId, { reason: 'wrong card' });
  return workflowId;
}

const scenarios: Readonly<Record<string, () => Promise<string>>> = {
  'text-run': () => start(textRun('acme')),
  'plan-run': () => start(planRun('acme', engine.taskQueue)),
  'plan-run-with-notify': () => start(planRun('acme', engine.taskQueue, { notify: true })),
  'fallback-to-the-platform': () => {
    served.vendors.fault('acme-own', { kind: 'status', status: 503 });
    return start(planRun('acme', engine.taskQueue));
  },
  'failed-under-none': () => {
    served.vendors.fault('strict-own', { kind: 'status', status: 401 });
    return start(textRun('strict'));
  },
  'partial-plan': () => {
    engine.on('b', () => Promise.reject(actionFailed()));
    return start(planRun('acme', engine.taskQueue));
  },
  'compensated-plan': () => {
    engine.on('b', () => Promise.reject(actionFailed()));
    return start(planRun('acme', engine.taskQueue, { onActionFailure: 'compensate' }));
  },
  'aborted-in-the-call': startAndAbortInTheCall,
  'cancelled-in-the-call': async () => {
    served.vendors.fault('acme-own', { kind: 'silence' });
    const workflowId = await start(textRun('acme'));
    await eventually(() => served.vendors.callsTo('acme-own').length === 1);
    await served.client.workflow.getHandle(workflowId).cancel();
    return workflowId;
  },
  'refused-without-a-ticket': async () => {
    const run = textRun('acme');
    const workflowId = `byom:acme:b1:${run.event.id}`;
    await served.client.workflow.start('agentBehavior', {
      workflowId,
      taskQueue: served.taskQueue,
      args: [run, null],
    });
    return workflowId;
  },
};

const workflowBundle = { codePath: process.env['BYOM_TEST_BUNDLE'] ?? '' };

test.each(Object.entries(scenarios))('%s: the run of today replays', async (name, play) => {
  const workflowId = await play();
  await outcome(served.client, workflowId);
  const history = await served.client.workflow.getHandle(workflowId).fetchHistory();
  await Worker.runReplayHistory({ workflowBundle }, history, workflowId);
  if (record && !readdirSync(folder).includes(`${name}.json`)) keep(name, historyToJSON(history));
});

test.each(readdirSync(folder).filter((file) => file.endsWith('.json')))(
  '%s: the recorded run replays',
  async (file) => {
    const history: unknown = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'));
    await Worker.runReplayHistory({ workflowBundle }, history);
  },
);

test('there is a recorded history of every way a run can go', () => {
  const kept = readdirSync(folder).map((file) => file.replace(/\.json$/, ''));
  expect(kept).toEqual(expect.arrayContaining(Object.keys(scenarios)));
});

/** Without the name and the paths of the machine that it ran on. */
function keep(name: string, json: string): void {
  const clean: unknown = JSON.parse(json, (key, value: unknown) => (key === 'stackTrace' ? '' : value));
  writeFileSync(
    `${folder}/${name}.json`,
    `${JSON.stringify(clean, null, 1).replaceAll(/\d+@[^"-]+/g, 'recorded')}\n`,
  );
}

import { readFileSync, readdirSync } from 'node:fs';
import { Worker } from '@temporalio/worker';
import { outcome } from '../../client/index.ts';
import { keepHistory } from './keep-history.ts';
import { scenarios } from './recorded-scenarios.ts';
import { openStage } from './recorded-stage.ts';
import type { Stage } from './recorded-stage.ts';

/**
 * One history per way that a run can go. They are kept, and each of them has to replay on every later version of the
 * workflow: `npm run record` writes those that are missing, and never one that is there. Those that are named `before-…`
 * were recorded by an earlier version, right before the change that they name.
 */
const folder = 'test/replay';
const record = process.env['BYOM_RECORD'] === '1';
const workflowBundle = { codePath: process.env['BYOM_TEST_BUNDLE'] ?? '' };

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});
beforeEach(() => stage.clear());
afterAll(() => stage.close());

test.each(Object.entries(scenarios))('%s: the run of today replays', async (name, { play, ends }) => {
  const { client } = stage.served;
  const workflowId = await play(stage);
  expect(await outcome(client, workflowId)).toMatchObject(ends);
  const history = await client.workflow.getHandle(workflowId).fetchHistory();
  await Worker.runReplayHistory({ workflowBundle }, history, workflowId);
  if (record && !kept().includes(name)) keepHistory(`${folder}/${name}.json`, history);
});

test.each(kept())('%s: the recorded run replays', async (name) => {
  await Worker.runReplayHistory({ workflowBundle }, readHistory(name));
});

test('there is a recorded history of every way a run can go', () => {
  expect(kept()).toEqual(expect.arrayContaining(Object.keys(scenarios)));
});

test.each(['plan-run', 'fallback'])('there is a %s of an earlier version of the workflow', (way) => {
  expect(kept()).toContainEqual(expect.stringMatching(new RegExp(`^before-.*-${way}$`)));
});

test.each(kept())('%s: the recorded run tells nothing of the machine that it ran on', (name) => {
  const history = JSON.stringify(readHistory(name), (key, value: unknown) =>
    key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString() : value,
  );
  expect(history).not.toMatch(/\d@|node_modules|[a-z]:\/\/|\/(home|root|tmp|usr|var|work|Users)\//);
});

function kept(): readonly string[] {
  return readdirSync(folder).flatMap((file) => (file.endsWith('.json') ? [file.replace(/\.json$/, '')] : []));
}

function readHistory(name: string): unknown {
  return JSON.parse(readFileSync(`${folder}/${name}.json`, 'utf8'));
}

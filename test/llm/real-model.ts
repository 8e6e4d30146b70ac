import { spawn } from 'node:child_process';
import type { Action } from '../../contract/index.ts';
import { startScriptedEngine } from '../support/scripted-engine.ts';
import type { ScriptedEngine } from '../support/scripted-engine.ts';
import { planRun, serve, textRun } from '../support/served.ts';
import type { Served } from '../support/served.ts';
import { startLlamaServer } from './llama-server.ts';
import type { LlamaServer } from './llama-server.ts';

/** `npm run test:llm`: Gemma 3 with 270 million parameters. It answers in the right shape, and rarely with the right words. */
const modes = ['json_schema', 'json_object', 'prompt'] as const;

let llama: LlamaServer;
let served: Served;
let engine: ScriptedEngine;

beforeAll(async () => {
  llama = await startLlamaServer();
  served = await serve();
  await served.apply(registryAt(llama.baseUrl));
  engine = await startScriptedEngine(`scripted-${served.taskQueue}`);
}, 120_000);
afterAll(async () => {
  await engine?.close();
  await served?.close();
  await llama?.stop();
});

test.each([
  ['chat', 'b-json_schema', 'llama', 'json-schema'],
  ['responses', 'b-responses', 'llama-responses', 'in-responses'],
])(
  'a text run is answered through %s, with the tokens that it took',
  async (_api, id, provider, model) => {
    const run = textRun('acme', { id, instruction: 'Write one short sentence about laptops.' });
    const ended = await served.run(run);
    expect(ended).toMatchObject({
      status: 'completed',
      answeredBy: { layer: 'behavior', provider, model, vendor: 'custom' },
      text: expect.stringMatching(/\w{2}/),
    });
    expect(ended.usage?.inputTokens).toBeGreaterThan(10);
    expect(ended.usage?.outputTokens).toBeGreaterThan(2);
  },
  120_000,
);

test.each(modes)(
  'a plan run is answered in the mode %s, repaired once at most',
  async (mode) => {
    const ended = await served.run(sortCard(mode));
    expect(ended).toMatchObject({
      status: 'completed',
      failure: null,
      hops: [{ outcome: 'answered', model: slugOf(mode) }],
    });
    expect(ended.hops[0]?.calls).toBeLessThanOrEqual(2);
    expect(ended.actions).toEqual([
      { referenceId: 'sort', actionType: 'move_card', status: 'done', fields: {} },
    ]);
  },
  300_000,
);

test('the demo plays the five use cases on it to their end, and says of each run how it ended', async () => {
  const { code, stdout } = await runDemo(llama.baseUrl);
  const runs = [...stdout.matchAll(/^ {4}\S.* (completed|partial|failed|aborted|running)$/gm)];
  const count = (status: string) => runs.filter(([, ended]) => ended === status).length;
  process.stderr.write(`${stdout}\n${count('completed')} of ${runs.length} runs completed.\n`);
  expect(code).toBe(0);
  // A model this small may write too much or choose badly: then the run ends with a type that says so.
  for (const [line, ended] of runs)
    if (ended !== 'completed') expect(line).toMatch(/model\.(invalid-answer|context-too-long)/);
  expect(count('completed')).toBeGreaterThan(runs.length / 2);
}, 900_000);

function registryAt(baseUrl: string): string {
  const limits =
    '{ contextTokens: 8192, maxOutputTokens: 1024, firstTokenTimeoutMs: 120000, idleTimeoutMs: 60000 }';
  const models = modes.map(
    (mode) => `
      ${slugOf(mode)}: { provider: llama, upstreamId: gemma, supports: { structuredOutput: ${mode} }, limits: ${limits} }`,
  );
  return `version: 1
organizations:
  acme:
    policy: { onFailure: none }
    providers:
      llama: { vendor: custom, settings: { baseUrl: '${baseUrl}' } }
      llama-responses: { vendor: custom, settings: { baseUrl: '${baseUrl}', api: responses } }
    models:${models.join('')}
      in-responses: { provider: llama-responses, upstreamId: gemma, limits: ${limits} }
    assignments: { p1: { b-responses: in-responses, ${modes.map((mode) => `b-${mode}: ${slugOf(mode)}`).join(', ')} } }
`;
}

function slugOf(mode: string): string {
  return mode.replace('_', '-');
}

const sort: Action = {
  referenceId: 'sort',
  actionType: 'move_card',
  name: 'Move to hardware',
  metadata: { destinationPhaseId: '1' },
};

function sortCard(mode: string): ReturnType<typeof planRun> {
  return planRun('acme', engine.taskQueue, {
    id: `b-${mode}`,
    instruction: 'Dead keys: %{action:sort}.',
    actions: [sort],
  });
}

/** As a user starts it: `BYOM_DEMO_BASE_URL=… npm run demo`. */
function runDemo(baseUrl: string): Promise<{ readonly code: number | null; readonly stdout: string }> {
  const demo = spawn(process.execPath, ['scripts/demo.mjs'], {
    env: { ...process.env, NODE_OPTIONS: '', BYOM_DEMO_BASE_URL: baseUrl },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  demo.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  return new Promise((resolve) => demo.once('close', (code) => resolve({ code, stdout })));
}

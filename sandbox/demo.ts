import { createClosers, closeOnExit } from './closers.ts';
import type { UseCase } from './use-cases/use-case.ts';
import { allUseCases } from './use-cases/all-use-cases.ts';
import { findDifferences } from './use-cases/find-differences.ts';
import { playCard } from './use-cases/play-card.ts';
import { printHeading, printRuns, runTable } from './print-runs.ts';
import { showRealEndpoint } from './real-endpoint-demo.ts';
import { atRealEndpoint, findRealEndpoint, rangesOf, sandboxRegistry } from './sandbox-registry.ts';
import { startStack } from './stack.ts';
import type { Stack } from './stack.ts';

/**
 * The main job from end to end: five use cases through real Temporal and real Postgres, then an outage with fallback and
 * a governed run that refuses to fall back. Returns the exit code: 0 when everything came out as expected.
 */
export async function runDemo(env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const startedMs = Date.now();
  const closers = createClosers();
  const leaveSignals = closeOnExit(closers);
  try {
    const differences = await show(await bootForDemo(env, closers), env);
    const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
    say(
      differences === 0
        ? `\nAll as expected, in ${seconds} s.`
        : `\n${differences} not as expected, in ${seconds} s.`,
    );
    return differences === 0 ? 0 : 1;
  } catch (error) {
    say(`\nThe demo stopped: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    await closers.closeAll();
    leaveSignals();
  }
}

async function bootForDemo(
  env: NodeJS.ProcessEnv,
  closers: ReturnType<typeof createClosers>,
): Promise<Stack> {
  const endpoint = findRealEndpoint(env);
  say(
    'Five use cases, each run a workflow on a real Temporal server over a real Postgres; then two outages.',
  );
  say(
    endpoint === null
      ? 'The vendors are stand-ins on this machine. It takes 10 to 30 s, and leaves nothing running.'
      : 'Every model is the endpoint that you named: it takes as long as that needs, and leaves nothing running.',
  );
  const stack = await startStack({
    env,
    closers,
    headless: true,
    onProgress: (line) => say(`  ${line}`),
    ...(endpoint === null ? {} : { allowedRanges: rangesOf(endpoint) }),
    registryFile: async (vendors) => {
      const file = await sandboxRegistry(vendors);
      return endpoint === null ? file : atRealEndpoint(file, endpoint);
    },
  });
  for (const { pipes } of allUseCases) for (const pipe of pipes) await stack.engine.install(pipe);
  return stack;
}

async function show(stack: Stack, env: NodeJS.ProcessEnv): Promise<number> {
  if (findRealEndpoint(env) !== null) return showRealEndpoint(stack.engine, say);
  let differences = 0;
  for (const useCase of allUseCases) differences += await showUseCase(stack, useCase);
  differences += await showOutage(stack);
  differences += await showGovernance(stack);
  return differences;
}

async function showUseCase(stack: Stack, useCase: UseCase): Promise<number> {
  say(`\n${useCase.name}`);
  printHeading(say);
  let differences = 0;
  for (const card of useCase.cards) {
    const id = await playCard(stack.engine, useCase, card);
    say(`  ${card.name}`);
    printRuns(say, await stack.engine.runs(id), useCase);
    const found = await findDifferences(stack.engine, id, card);
    for (const one of found) say(`    NOT as expected: ${one}`);
    differences += found.length;
  }
  return differences;
}

async function showOutage(stack: Stack): Promise<number> {
  const triage = useCaseOf('b-root-cause');
  const card = triage.cards[1];
  if (card === undefined) throw new Error('IT triage has two cards.');
  say('\nAn outage: azure-reasoning answers 503; the run falls back to the platform');
  printHeading(say);
  stack.vendors.fault('azure-reasoning', { kind: 'status', status: 503 });
  const id = await playCard(stack.engine, triage, card);
  stack.vendors.clear('azure-reasoning');
  const runs = await stack.engine.runs(id);
  printRuns(say, runs, triage);
  return expectRun(runTable(runs, triage).at(-1), {
    layer: 'platform',
    why: 'after:model.overloaded',
    status: 'completed',
  });
}

async function showGovernance(stack: Stack): Promise<number> {
  const governance = useCaseOf('b-rate-risk');
  const card = governance.cards[0];
  if (card === undefined) throw new Error('Governance has two cards.');
  say('\nGovernance: bedrock-legal answers 503; financial data may go nowhere else, so the run fails');
  printHeading(say);
  stack.vendors.fault('bedrock-legal', { kind: 'status', status: 503 });
  const id = await playCard(stack.engine, governance, card);
  stack.vendors.clear('bedrock-legal');
  const runs = await stack.engine.runs(id);
  printRuns(say, runs, governance);
  return expectRun(runTable(runs, governance).at(-1), { why: 'policy.forbidden', status: 'failed' });
}

function useCaseOf(behaviorId: string): UseCase {
  const found = allUseCases.find(({ pipes }) =>
    pipes.some(({ agents }) => agents.some(({ behaviors }) => behaviors.some(({ id }) => id === behaviorId))),
  );
  if (found === undefined) throw new Error(`No use case has the Behavior ${behaviorId}.`);
  return found;
}

function expectRun(
  row: ReturnType<typeof runTable>[number] | undefined,
  wanted: Readonly<Record<string, string>>,
): number {
  const wrong = Object.entries(wanted).filter(([name, value]) => row?.[name as keyof typeof row] !== value);
  for (const [name, value] of wrong) say(`    NOT as expected: ${name} should be ${value}`);
  return wrong.length;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
